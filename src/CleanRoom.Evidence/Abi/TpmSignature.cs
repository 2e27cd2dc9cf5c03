using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace CleanRoom.Evidence.Abi;

/// <summary>TPMT_SIGNATURE (TCG TPM 2.0 Part 2 §11.3.4): RSASSA or ECDSA, with SHA-256 or SHA-384.</summary>
internal sealed class TpmSignature
{
    private const int MaxSize = 1024;

    private TpmSignature(bool isRsa, HashAlgorithmName hash, byte[] value)
    {
        IsRsa = isRsa;
        Hash = hash;
        Value = value;
    }

    /// <summary>True for RSASSA-PKCS1-v1_5, false for ECDSA.</summary>
    public bool IsRsa { get; }

    /// <summary>The scheme's hash; the digest over the registers is made with it too.</summary>
    public HashAlgorithmName Hash { get; }

    /// <summary>The signature; for ECDSA r ‖ s of one length.</summary>
    public byte[] Value { get; }

    /// <summary>A bare RSASSA signature with SHA-256, as some clients keep it.</summary>
    public static TpmSignature OfRsaSha256(ReadOnlySpan<byte> value) => new(true, HashAlgorithmName.SHA256, value.ToArray());

    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out TpmSignature? signature)
    {
        signature = null;
        if (bytes.Length > MaxSize)
        {
            return false;
        }

        try
        {
            signature = Parse(bytes);
        }
        catch (FormatException)
        {
            return false;
        }

        return signature is not null;
    }

    private static TpmSignature? Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new TpmReader(bytes);
        var scheme = reader.Short();
        if (TpmAlgorithms.Hash(reader.Short()) is not { } hash)
        {
            return null;
        }

        TpmSignature? signature = null;
        if (scheme == TpmAlgorithms.RsaSsa)
        {
            signature = new TpmSignature(true, hash, reader.Sized());
        }
        else if (scheme == TpmAlgorithms.EcDsa)
        {
            var r = reader.Sized();
            var s = reader.Sized();

            // A TPM may leave leading zeros out; r ‖ s wants both of one length.
            var size = Math.Max(r.Length, s.Length) switch { <= 32 => 32, <= 48 => 48, _ => throw new FormatException("A longer signature than the curves have.") };
            var value = new byte[2 * size];
            r.CopyTo(value, size - r.Length);
            s.CopyTo(value, (2 * size) - s.Length);
            signature = new TpmSignature(false, hash, value);
        }

        return reader.AtEnd ? signature : null;
    }
}
