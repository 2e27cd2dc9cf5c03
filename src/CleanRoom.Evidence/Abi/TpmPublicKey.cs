using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace CleanRoom.Evidence.Abi;

/// <summary>
/// TPMT_PUBLIC of a signing key (TCG TPM 2.0 Part 2 §12.2.4): RSA 2048 to 4096, or ECC P-256 or P-384. Its attributes tell whether it can sign
/// anything but what the TPM itself made.
/// </summary>
internal sealed class TpmPublicKey
{
    private const uint FixedTpm = 1 << 1;
    private const uint FixedParent = 1 << 4;
    private const uint SensitiveDataOrigin = 1 << 5;
    private const uint Restricted = 1 << 16;
    private const uint Decrypt = 1 << 17;
    private const uint Sign = 1 << 18;
    private const ushort P256 = 0x0003;
    private const ushort P384 = 0x0004;
    private const uint DefaultExponent = 65537;
    private const int MaxSize = 2048;

    private TpmPublicKey(byte[] spki, uint attributes, byte[] name)
    {
        Spki = spki;
        Attributes = attributes;
        Name = name;
    }

    /// <summary>SubjectPublicKeyInfo.</summary>
    public byte[] Spki { get; }

    /// <summary>TPMA_OBJECT.</summary>
    public uint Attributes { get; }

    /// <summary>The object's name: hash algorithm and hash over the public area.</summary>
    public byte[] Name { get; }

    /// <summary>True for a key that was made in this TPM, cannot leave it, and signs only what the TPM made: an attestation key.</summary>
    public bool IsAttestationKey => (Attributes & (FixedTpm | FixedParent | SensitiveDataOrigin | Restricted | Sign)) == (FixedTpm | FixedParent | SensitiveDataOrigin | Restricted | Sign)
        && (Attributes & Decrypt) == 0;

    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out TpmPublicKey? key)
    {
        key = null;
        if (bytes.Length > MaxSize)
        {
            return false;
        }

        try
        {
            key = Parse(bytes);
        }
        catch (FormatException)
        {
            return false;
        }
        catch (CryptographicException)
        {
            return false;
        }

        return key is not null;
    }

    private static TpmPublicKey? Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new TpmReader(bytes);
        var type = reader.Short();
        var nameAlgorithm = reader.Short();
        var attributes = reader.Word();
        _ = reader.Sized();
        if (reader.Short() != TpmAlgorithms.Null)
        {
            // A symmetric algorithm: a storage key, which signs nothing.
            return null;
        }

        if (reader.Short() != TpmAlgorithms.Null)
        {
            _ = reader.Short();
        }

        var spki = type switch { TpmAlgorithms.Rsa => ReadRsa(ref reader), TpmAlgorithms.Ecc => ReadEcc(ref reader), _ => null };
        if (spki is null || !reader.AtEnd || TpmAlgorithms.Hash(nameAlgorithm) is not { } hash)
        {
            return null;
        }

        byte[] name = [(byte)(nameAlgorithm >> 8), (byte)nameAlgorithm, .. CryptographicOperations.HashData(hash, bytes)];
        return new TpmPublicKey(spki, attributes, name);
    }

    private static byte[]? ReadRsa(ref TpmReader reader)
    {
        var bits = reader.Short();
        var exponent = reader.Word();
        var modulus = reader.Sized();
        if (bits is < 2048 or > 4096 || modulus.Length != bits / 8 || exponent is not (0 or DefaultExponent))
        {
            return null;
        }

        using var rsa = RSA.Create(new RSAParameters { Modulus = modulus, Exponent = [1, 0, 1] });
        return rsa.ExportSubjectPublicKeyInfo();
    }

    private static byte[]? ReadEcc(ref TpmReader reader)
    {
        var curve = reader.Short();
        var kdf = reader.Short();
        var x = reader.Sized();
        var y = reader.Sized();
        if (curve is not (P256 or P384) || kdf != TpmAlgorithms.Null)
        {
            return null;
        }

        var size = curve == P256 ? 32 : 48;
        if (x.Length > size || y.Length > size)
        {
            return null;
        }

        using var key = ECDsa.Create(new ECParameters
        {
            Curve = curve == P256 ? ECCurve.NamedCurves.nistP256 : ECCurve.NamedCurves.nistP384,
            Q = new ECPoint { X = Padded(x, size), Y = Padded(y, size) },
        });
        return key.ExportSubjectPublicKeyInfo();
    }

    private static byte[] Padded(byte[] value, int size)
    {
        var padded = new byte[size];
        value.CopyTo(padded, size - value.Length);
        return padded;
    }
}
