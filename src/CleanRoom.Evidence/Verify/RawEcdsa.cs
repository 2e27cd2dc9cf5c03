using System.Security.Cryptography;

namespace CleanRoom.Evidence.Verify;

/// <summary>ECDSA P-256 with SHA-256 over raw big-endian values, as Intel's quotes hold them: key x ‖ y, signature r ‖ s.</summary>
internal static class RawEcdsa
{
    private const int CoordinateSize = 32;

    /// <summary>Verifies; a point that is not on the curve is a false.</summary>
    public static bool Verify(ReadOnlySpan<byte> point, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        try
        {
            using var key = ECDsa.Create(new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint { X = point[..CoordinateSize].ToArray(), Y = point[CoordinateSize..].ToArray() },
            });
            return key.VerifyData(data, signature, HashAlgorithmName.SHA256);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>Verifies with a certificate's key.</summary>
    public static bool VerifyWith(ReadOnlySpan<byte> spki, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        try
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(spki, out _);
            return key.KeySize == 8 * CoordinateSize && key.VerifyData(data, signature, HashAlgorithmName.SHA256);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
