using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Protocol.Common.V1;
using CleanRoom.Storage.Logs;
using CleanRoom.Transport;
using Google.Protobuf;
using SignedCheckpoint = CleanRoom.Protocol.Common.V1.SignedCheckpoint;

namespace CleanRoom.Ingestion.Api;

/// <summary>Between messages and domain types.</summary>
internal static class Wire
{
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

    public static LogEntry Entry(StoredEntry entry, bool visible) => new()
    {
        Index = (ulong)entry.Index,
        LeafHash = UnsafeByteOperations.UnsafeWrap(entry.Hash.Memory),
        Leaf = visible ? UnsafeByteOperations.UnsafeWrap(entry.Leaf) : ByteString.Empty,
    };

    public static SignedCheckpoint Checkpoint(CosignedCheckpoint cosigned) => new() { Note = cosigned.Note.ToText() };

    public static IEnumerable<ByteString> Path(IEnumerable<Digest> hashes) => hashes.Select(static hash => UnsafeByteOperations.UnsafeWrap(hash.Memory));
}
