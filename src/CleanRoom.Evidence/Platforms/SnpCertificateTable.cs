using System.Buffers.Binary;
using System.Formats.Asn1;
using CleanRoom.Evidence.Certificates;

namespace CleanRoom.Evidence.Platforms;

/// <summary>
/// The table of certificates that a SEV-SNP host hands to its guests (GHCB specification 56421 §4.1.8.1): entries of GUID (16), offset (4) and length (4),
/// little-endian, an entry of zeros at the end. What an entry is, its content says; the GUIDs are not needed. Nothing in it is trusted.
/// </summary>
internal static class SnpCertificateTable
{
    private const int EntrySize = 24;
    private const int MaxEntries = 16;

    /// <summary>The certificates, DER, one after another; empty if there are none or the table is not one.</summary>
    public static byte[] Certificates(ReadOnlySpan<byte> table)
    {
        var found = new List<byte>();
        for (var number = 0; number < MaxEntries && (number + 1) * EntrySize <= table.Length; number++)
        {
            var entry = table.Slice(number * EntrySize, EntrySize);
            if (!entry.ContainsAnyExcept((byte)0))
            {
                break;
            }

            var offset = BinaryPrimitives.ReadUInt32LittleEndian(entry[16..]);
            var length = BinaryPrimitives.ReadUInt32LittleEndian(entry[20..]);
            if (offset > table.Length || length > table.Length - offset)
            {
                return [];
            }

            // Hosts pad entries with zeros; a revocation list may be among them.
            var content = table.Slice((int)offset, (int)length);
            if (AsnDecoder.TryReadEncodedValue(content, AsnEncodingRules.DER, out _, out _, out _, out var consumed) && Certificate.TryParse(content[..consumed], out _))
            {
                found.AddRange(content[..consumed]);
            }
        }

        return [.. found];
    }
}
