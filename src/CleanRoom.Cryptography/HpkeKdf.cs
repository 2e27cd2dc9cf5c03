using System.Buffers.Binary;
using System.Security.Cryptography;

namespace CleanRoom.Cryptography;

/// <summary>LabeledExtract and LabeledExpand (RFC 9180 §4) with HKDF-SHA256, and the identifiers of our one suite (§5.1).</summary>
internal static class HpkeKdf
{
    /// <summary>Nh of HKDF-SHA256.</summary>
    public const int HashSize = 32;

    /// <summary>"KEM" ‖ 0x0010: DHKEM(P-256, HKDF-SHA256).</summary>
    public static ReadOnlySpan<byte> KemSuite => "KEM\x00\x10"u8;

    /// <summary>"HPKE" ‖ 0x0010 ‖ 0x0001 (HKDF-SHA256) ‖ 0x0002 (AES-256-GCM).</summary>
    public static ReadOnlySpan<byte> HpkeSuite => "HPKE\x00\x10\x00\x01\x00\x02"u8;

    private static ReadOnlySpan<byte> Version => "HPKE-v1"u8;

    public static void Extract(ReadOnlySpan<byte> suite, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> label, ReadOnlySpan<byte> ikm, Span<byte> prk)
    {
        byte[] labeled = [.. Version, .. suite, .. label, .. ikm];
        try
        {
            HKDF.Extract(HashAlgorithmName.SHA256, labeled, salt, prk);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(labeled);
        }
    }

    public static void Expand(ReadOnlySpan<byte> suite, ReadOnlySpan<byte> prk, ReadOnlySpan<byte> label, ReadOnlySpan<byte> info, Span<byte> output)
    {
        Span<byte> length = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, checked((ushort)output.Length));
        byte[] labeled = [.. length, .. Version, .. suite, .. label, .. info];
        HKDF.Expand(HashAlgorithmName.SHA256, prk, output, labeled);
    }
}
