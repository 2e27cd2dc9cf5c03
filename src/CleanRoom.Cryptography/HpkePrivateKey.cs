using System.Security.Cryptography;

namespace CleanRoom.Cryptography;

/// <summary>
/// A private key that opens what is sealed to it: a P-256 scalar for DHKEM(P-256, HKDF-SHA256) (RFC 9180 §7.1.2).
/// Safe for concurrent use. Zeroed on <see cref="Dispose"/>.
/// </summary>
public sealed class HpkePrivateKey : IDisposable
{
    /// <summary>Bytes of the key: the scalar, big-endian.</summary>
    public const int Size = P256.ScalarSize;

    /// <summary>Fewest bytes of input keying material for <see cref="Derive"/> (RFC 9180 §7.1.3: at least Nsk).</summary>
    public const int MinimumInputSize = 32;

    private readonly SecretBytes _scalar;
    private readonly HandlePool<ECDiffieHellman> _handles;

    private HpkePrivateKey(ReadOnlySpan<byte> checkedScalar)
    {
        _scalar = new SecretBytes(checkedScalar);
        _handles = new HandlePool<ECDiffieHellman>(CreateHandle);
        using var handle = CreateHandle();
        PublicKey = HpkePublicKey.FromBytes(P256.ToPoint(handle.ExportParameters(includePrivateParameters: false).Q));
    }

    /// <summary>The public half.</summary>
    public HpkePublicKey PublicKey { get; }

    /// <summary>Makes a new random key.</summary>
    public static HpkePrivateKey Generate()
    {
        Span<byte> input = stackalloc byte[MinimumInputSize];
        RandomNumberGenerator.Fill(input);
        try
        {
            return Derive(input);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(input);
        }
    }

    /// <summary>Derives the key pair of input keying material: DeriveKeyPair of RFC 9180 §7.1.3.</summary>
    /// <param name="ikm">Secret with at least 256 bits of entropy, at least 32 bytes.</param>
    /// <exception cref="ArgumentException">It is shorter.</exception>
    public static HpkePrivateKey Derive(ReadOnlySpan<byte> ikm)
    {
        if (ikm.Length < MinimumInputSize)
        {
            throw new ArgumentException("The input keying material must have at least 32 bytes.", nameof(ikm));
        }

        Span<byte> prk = stackalloc byte[HpkeKdf.HashSize];
        Span<byte> candidate = stackalloc byte[Size];
        try
        {
            HpkeKdf.Extract(HpkeKdf.KemSuite, [], "dkp_prk"u8, ikm, prk);
            for (var counter = 0; counter <= byte.MaxValue; counter++)
            {
                HpkeKdf.Expand(HpkeKdf.KemSuite, prk, "candidate"u8, [(byte)counter], candidate);
                if (P256.IsScalar(candidate))
                {
                    return new HpkePrivateKey(candidate);
                }
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(prk);
            CryptographicOperations.ZeroMemory(candidate);
        }

        // RFC 9180 §7.1.3 DeriveKeyPairError: 256 candidates out of range in a row have probability 2^-8192.
        throw new CryptographicException("No key can be derived from this input.");
    }

    /// <summary>Reads the 32 bytes of a scalar.</summary>
    /// <exception cref="CryptographicException">They are not 32 bytes with a value from 1 to the order of the group less 1.</exception>
    public static HpkePrivateKey Import(ReadOnlySpan<byte> scalar) =>
        P256.IsScalar(scalar)
            ? new HpkePrivateKey(scalar)
            : throw new CryptographicException("The HPKE private key is not a P-256 scalar of 32 bytes.");

    /// <summary>Writes the 32 bytes of the scalar; the caller zeroes them after use.</summary>
    /// <param name="destination">Exactly 32 bytes.</param>
    public void Export(Span<byte> destination)
    {
        if (destination.Length != Size)
        {
            throw new ArgumentException("The destination must have 32 bytes.", nameof(destination));
        }

        using var secret = _scalar.Borrow();
        secret.Span.CopyTo(destination);
    }

    /// <summary>DH of RFC 9180 §4.1: the x coordinate, 32 bytes; the caller zeroes it.</summary>
    internal byte[] Agree(HpkePublicKey peer)
    {
        using var other = ECDiffieHellman.Create(P256.ToParameters(peer.Span));
        using var publicKey = other.PublicKey;
        var handle = _handles.Rent();
        try
        {
            return handle.DeriveRawSecretAgreement(publicKey);
        }
        finally
        {
            _handles.Return(handle);
        }
    }

    /// <summary>Zeroes the private key. Calls under way finish.</summary>
    public void Dispose()
    {
        _handles.Close();
        _scalar.Dispose();
    }

    private ECDiffieHellman CreateHandle()
    {
        using var secret = _scalar.Borrow();
        var scalar = secret.Span.ToArray();
        try
        {
            return ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = scalar });
        }
        finally
        {
            CryptographicOperations.ZeroMemory(scalar);
        }
    }
}
