using System.Security.Cryptography;
using CleanRoom.Cryptography;

namespace CleanRoom.Evidence;

/// <summary>
/// What an enclave instance puts into the report data of its evidence: it ties one nonce, both instance keys and one charter together.
/// SHA-512("cleanroom/v1/report-data" ‖ nonce ‖ SHA-256(signing SPKI) ‖ SHA-256(release SPKI) ‖ charter hash); keys as DER, never PEM.
/// </summary>
public sealed class ReportBinding
{
    /// <summary>Size of a binding: 64 bytes, the report data field of SEV-SNP, TDX and SGX.</summary>
    public const int Size = SHA512.HashSizeInBytes;

    /// <summary>Size of a broker's nonce: 32 bytes.</summary>
    public const int NonceSize = 32;

    private readonly byte[] _value;

    private ReportBinding(byte[] value) => _value = value;

    /// <summary>The 64 bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _value;

    private static ReadOnlySpan<byte> Label => "cleanroom/v1/report-data"u8;

    /// <summary>Computes the binding.</summary>
    /// <param name="nonce">The broker's nonce, 32 bytes.</param>
    /// <param name="signing">The instance's signing key.</param>
    /// <param name="release">The instance's release key; another key than the signing key.</param>
    /// <param name="charter">SHA-256 of the charter that the instance enforces.</param>
    /// <exception cref="ArgumentException">The nonce has another size, or both keys are the same.</exception>
    public static ReportBinding Compute(ReadOnlySpan<byte> nonce, VerifyingKey signing, HpkePublicKey release, Digest charter)
    {
        ArgumentNullException.ThrowIfNull(signing);
        ArgumentNullException.ThrowIfNull(release);
        ArgumentNullException.ThrowIfNull(charter);
        if (nonce.Length != NonceSize)
        {
            throw new ArgumentException($"A nonce has {NonceSize} bytes, not {nonce.Length}.", nameof(nonce));
        }

        if (signing.Id == release.Id)
        {
            throw new ArgumentException("The release key must be another key than the signing key.", nameof(release));
        }

        return new ReportBinding(Hash(nonce, signing.Id, release.Id, charter));
    }

    /// <summary>What attestation services expect of data that they are shown: SHA-256, then 32 zero bytes.</summary>
    internal static ReportBinding OfRuntimeData(ReadOnlySpan<byte> data)
    {
        var value = new byte[Size];
        _ = SHA256.HashData(data, value);
        return new ReportBinding(value);
    }

    /// <summary>Hashes what a token names, to be compared with the binding that is expected.</summary>
    internal static byte[] Hash(ReadOnlySpan<byte> nonce, KeyId signing, KeyId release, Digest charter)
    {
        // A key id is the SHA-256 of the SubjectPublicKeyInfo.
        byte[] input = [.. Label, .. nonce, .. signing.Span, .. release.Span, .. charter.Span];
        return SHA512.HashData(input);
    }

    /// <summary>Compares with the report data of evidence, in constant time.</summary>
    /// <param name="reportData">Report data; another length than 64 never matches.</param>
    public bool Matches(ReadOnlySpan<byte> reportData) => CryptographicOperations.FixedTimeEquals(_value, reportData);

    /// <summary>
    /// Compares with the report data of a platform that hashes what it is given: SHA-256 of the binding, then 32 zero bytes (the sidecar of Azure's confidential
    /// containers has no other way). Whoever can make that value has the binding.
    /// </summary>
    /// <param name="reportData">Report data; another length than 64 never matches.</param>
    public bool MatchesHashed(ReadOnlySpan<byte> reportData) => OfRuntimeData(_value).Matches(reportData);
}
