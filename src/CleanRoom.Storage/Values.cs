using System.Data.Common;
using System.Runtime.InteropServices;
using CleanRoom.Cryptography;

namespace CleanRoom.Storage;

/// <summary>How domain values are written into columns.</summary>
internal static class Values
{
    /// <summary>Lower case with hyphens, as in the protocol; for drivers that have no type for it.</summary>
    public static string Text(Guid id) => id.ToString("D");

    public static byte[] Blob(Digest digest) => digest.Span.ToArray();

    /// <summary>The bytes in an array of their own: the one that they fill already, or a copy. It is only read.</summary>
    public static byte[] Blob(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var segment) && segment.Array is { } array && segment.Count == array.Length ? array : bytes.ToArray();

    public static byte[] Blob(IReadOnlyList<Digest> digests)
    {
        var bytes = new byte[digests.Count * Digest.Size];
        for (var i = 0; i < digests.Count; i++)
        {
            digests[i].Span.CopyTo(bytes.AsSpan(i * Digest.Size));
        }

        return bytes;
    }

    public static byte[] GetBlob(this DbDataReader row, int column) => row.GetFieldValue<byte[]>(column);

    public static Digest GetDigest(this DbDataReader row, int column) => new(row.GetBlob(column));

    public static Digest[] GetDigests(this DbDataReader row, int column) =>
        [.. row.GetBlob(column).Chunk(Digest.Size).Select(static bytes => new Digest(bytes))];

    /// <summary>For columns of text.</summary>
    public static Guid GetId(this DbDataReader row, int column) => Guid.ParseExact(row.GetString(column), "D");
}
