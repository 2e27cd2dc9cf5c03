using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Log;

/// <summary>What ties a sealed part to its place: the HPKE info of a batch and the associated data of a part (docs/protocol.md §4).</summary>
public static class BatchSeal
{
    /// <summary>Whether a ciphertext is, byte for byte, the one that is named at a place.</summary>
    /// <param name="parts">SHA-256 of each ciphertext.</param>
    /// <param name="part">From 0, below their count.</param>
    /// <param name="ciphertext">The bytes.</param>
    public static bool IsPart(IReadOnlyList<Digest> parts, int part, ReadOnlySpan<byte> ciphertext)
    {
        ArgumentNullException.ThrowIfNull(parts);
        return CryptographicOperations.FixedTimeEquals(Digest.Of(ciphertext).Span, parts[part].Span);
    }

    /// <summary>The HPKE info of a batch's context.</summary>
    /// <param name="room">The room.</param>
    /// <param name="contributor">Whose batch.</param>
    /// <param name="key">Id of the record key.</param>
    public static byte[] Info(RoomId room, MemberId contributor, KeyId key) => Encoding.ASCII.GetBytes($"cleanroom/v1/batch\0{room}\0{contributor}\0{key}");

    /// <summary>The associated data of part <paramref name="index"/>; part i is message i of the context.</summary>
    /// <param name="room">The room.</param>
    /// <param name="contributor">Whose batch.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="charter">Hash of the charter in force.</param>
    /// <param name="deleteBy">When the ciphertexts go.</param>
    /// <param name="key">Id of the record key.</param>
    /// <param name="period">Period of the record key.</param>
    /// <param name="slots">64, 256 or 1,024.</param>
    /// <param name="index">0 to 2 × slots − 1.</param>
    public static byte[] Aad(RoomId room, MemberId contributor, BatchId batch, Digest charter, DateTimeOffset deleteBy, KeyId key, int period, int slots, int index) =>
        // Canonical JSON (RFC 8785), written out: names in order, and no value has a character to escape. It is made for every part, and a tree of nodes
        // that is sorted and written costs many times what the encryption does.
        Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"batch":"{{batch}}","charter":"{{charter}}","contributor":"{{contributor.Value}}","deleteBy":"{{ProtocolTime.Write(deleteBy)}}","index":{{index}},"key":"{{key}}","period":{{period}},"room":"{{room}}","schema":"cleanroom/part/v1","slots":{{slots}}}"""));

    /// <summary>The associated data of a part of a batch in the log.</summary>
    public static byte[] Aad(BatchEntry manifest, int index) => Aad(
        manifest.Room, manifest.Author!, manifest.Batch, manifest.Charter, manifest.DeleteBy, manifest.Key, manifest.Period, manifest.Slots, index);
}
