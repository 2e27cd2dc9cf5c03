using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Ingestion.Uploads;
using CleanRoom.Protocol.Common.V1;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Storage.Logs;
using CleanRoom.Transport;
using Google.Protobuf;
using SignedCheckpoint = CleanRoom.Protocol.Common.V1.SignedCheckpoint;

namespace CleanRoom.Ingestion.Api;

/// <summary>Between messages and domain types.</summary>
internal static class Wire
{
    private const long MaximumParts = 1 << 20;

    public static Guid Room(string text) => RoomId.TryParse(text, out var room)
        ? Guid.ParseExact(room.ToString(), "D")
        : throw new CleanRoomException(ErrorReason.InvalidArgument, "The room id must be a UUID in lower case with hyphens.", "room");

    public static Guid Batch(string text) => BatchId.TryParse(text, out var batch)
        ? Guid.ParseExact(batch.ToString(), "D")
        : throw new CleanRoomException(ErrorReason.InvalidArgument, "The batch id must be a random UUID in lower case with hyphens.", "batch");

    public static long Position(ulong value, string field) => value <= MerkleTree.MaxSize
        ? (long)value
        : throw new CleanRoomException(ErrorReason.OutOfRange, "No log is that long.", field);

    /// <summary>Parses a leaf that was written for a room.</summary>
    public static SignedEntry Entry(ByteString leaf, string room, string field)
    {
        if (!SignedEntry.TryParse(leaf.Span, out var entry, out var error))
        {
            throw new CleanRoomException(ErrorReason.EntryInvalid, $"{error.ToString().TrimEnd('.')}.", field);
        }

        return entry.Entry.Room.ToString() == room
            ? entry
            : throw new CleanRoomException(ErrorReason.EntryInvalid, "The entry was written for another room.", field, "Name the room that stands in the entry.");
    }

    /// <summary>Gives the chunks of a message that follows the start of an upload; a whole part is a chunk that is the first and the last one.</summary>
    public static IReadOnlyList<Chunk> Chunks(UploadBatchRequest message)
    {
        switch (message.MessageCase)
        {
            case UploadBatchRequest.MessageOneofCase.Chunk:
                var chunk = message.Chunk;
                return [new Chunk(chunk.Part, chunk.Offset, chunk.Data.Memory, chunk.Last)];
            case UploadBatchRequest.MessageOneofCase.Parts:
                var parts = message.Parts;
                return parts.Data.Count > 0 && parts.Data.Sum(static part => (long)part.Length) <= MaximumParts
                    ? [.. parts.Data.Select((part, i) => new Chunk((long)parts.First + i, 0, part.Memory, Last: true))]
                    : throw new CleanRoomException(ErrorReason.InvalidArgument, "A message of parts must have one part or more, together at most 1 MiB.", "parts.data");
            default:
                throw new CleanRoomException(ErrorReason.InvalidArgument, "After the start only chunks and parts may come.", "chunk");
        }
    }

    public static LogEntry Entry(StoredEntry entry, bool visible) => new()
    {
        Index = (ulong)entry.Index,
        LeafHash = UnsafeByteOperations.UnsafeWrap(entry.Hash.Memory),
        Leaf = visible ? UnsafeByteOperations.UnsafeWrap(entry.Leaf) : ByteString.Empty,
    };

    public static SignedCheckpoint Checkpoint(CosignedCheckpoint cosigned) => new() { Note = cosigned.Note.ToText() };

    public static IEnumerable<ByteString> Path(IEnumerable<Digest> hashes) => hashes.Select(static hash => UnsafeByteOperations.UnsafeWrap(hash.Memory));
}
