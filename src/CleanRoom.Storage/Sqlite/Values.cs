using CleanRoom.Cryptography;
using Microsoft.Data.Sqlite;

namespace CleanRoom.Storage.Sqlite;

/// <summary>How domain values are written into columns.</summary>
internal static class Values
{
    /// <summary>Lower case with hyphens, as in the protocol.</summary>
    public static string Text(Guid id) => id.ToString("D");

    public static byte[] Blob(Digest digest) => digest.Span.ToArray();

    public static byte[] Blob(ReadOnlyMemory<byte> bytes) => bytes.ToArray();

    public static byte[] Blob(IReadOnlyList<Digest> digests)
    {
        var bytes = new byte[digests.Count * Digest.Size];
        for (var i = 0; i < digests.Count; i++)
        {
            digests[i].Span.CopyTo(bytes.AsSpan(i * Digest.Size));
        }

        return bytes;
    }

    public static byte[] GetBlob(this SqliteDataReader row, int column) => row.GetFieldValue<byte[]>(column);

    public static Digest GetDigest(this SqliteDataReader row, int column) => new(row.GetBlob(column));

    public static Digest[] GetDigests(this SqliteDataReader row, int column) =>
        [.. row.GetBlob(column).Chunk(Digest.Size).Select(static bytes => new Digest(bytes))];

    public static Guid GetId(this SqliteDataReader row, int column) => Guid.ParseExact(row.GetString(column), "D");
}
