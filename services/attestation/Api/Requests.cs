using CleanRoom.Attestation.Rooms;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Protocol.Common.V1;
using CleanRoom.Transport;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace CleanRoom.Attestation.Api;

/// <summary>Reads what requests have in common, and maps refusals. No decision is made here.</summary>
internal static class Requests
{
    public static RoomId Room(string text) => RoomId.TryParse(text, out var room)
        ? room
        : throw new CleanRoomException(ErrorReason.InvalidArgument, "room: must be a UUID in lower case with hyphens.", "room");

    public static Digest Digest(ByteString bytes, string field) => Cryptography.Digest.TryFromBytes(bytes.Span, out var digest)
        ? digest
        : throw new CleanRoomException(ErrorReason.InvalidArgument, $"{field}: must have 32 bytes.", field);

    public static ReadOnlyMemory<byte> Bytes(ByteString bytes, int least, int most, string field) => bytes.Length >= least && bytes.Length <= most
        ? bytes.Memory
        : throw new CleanRoomException(ErrorReason.InvalidArgument, $"{field}: must have {(least == most ? $"{most}" : $"{least} to {most}")} bytes.", field);

    public static string Text(string text, int most, string field) => text.Length > 0 && text.Length <= most
        ? text
        : throw new CleanRoomException(ErrorReason.InvalidArgument, $"{field}: must have 1 to {most} characters.", field);

    public static long Size(ulong size, string field) => size <= (ulong)MerkleTree.MaxSize
        ? (long)size
        : throw new CleanRoomException(ErrorReason.InvalidArgument, $"{field}: is larger than any log.", field);

    public static int Period(uint period, string field) => period is >= 1 and < int.MaxValue
        ? (int)period
        : throw new CleanRoomException(ErrorReason.InvalidArgument, $"{field}: must be a period, 1 or higher.", field);

    public static List<Digest> Path(RepeatedField<ByteString> path, string field) => path.Count <= MerkleProof.MaxHashes
        ? [.. path.Select(hash => Digest(hash, field))]
        : throw new CleanRoomException(ErrorReason.InvalidArgument, $"{field}: must have at most {MerkleProof.MaxHashes} hashes.", field);

    /// <summary>A leaf; what the message says of it besides must be so.</summary>
    public static ReadOnlyMemory<byte> Leaf(LogEntry entry, ulong index, string field)
    {
        var leaf = Bytes(entry.Leaf, 1, Entry.MaxLeafSize, field + ".leaf");
        return Digest(entry.LeafHash, field + ".leaf_hash") != MerkleTree.LeafHash(leaf.Span)
            ? throw new CleanRoomException(ErrorReason.InvalidArgument, $"{field}.leaf_hash: is not the hash of the leaf.", field + ".leaf_hash")
            : entry.Index == index ? leaf
            : throw new CleanRoomException(ErrorReason.InvalidArgument, $"{field}.index: is not the position that the inclusion proof is for.", field + ".index");
    }

    public static T Present<T>(T? message, string field)
        where T : class => message ?? throw new CleanRoomException(ErrorReason.InvalidArgument, $"{field}: is missing.", field);

    public static T Value<T>(Outcome<T> outcome) => outcome switch
    {
        Outcome<T>.Done done => done.Value,
        Outcome<T>.Refused { Refusal: var refusal } => throw new CleanRoomException(ReasonOf(refusal.Reason), refusal.Message, refusal.Field, refusal.Remedy),
        _ => throw new InvalidOperationException("An outcome is a value or a refusal."),
    };

    private static ErrorReason ReasonOf(BrokerReason reason) => reason switch
    {
        BrokerReason.RequestMalformed => ErrorReason.InvalidArgument,
        BrokerReason.RoomNotJoined => ErrorReason.UnknownRoom,
        BrokerReason.TooManyNonces => ErrorReason.ResourceExhausted,
        BrokerReason.NonceUsed => ErrorReason.NonceUsed,
        BrokerReason.EvidenceRejected => ErrorReason.EvidenceRejected,
        BrokerReason.ResultInvalid => ErrorReason.AttestationInvalid,
        BrokerReason.InstanceInvalid => ErrorReason.EntryInvalid,
        BrokerReason.GenerationSuperseded => ErrorReason.InstanceSuperseded,
        BrokerReason.CharterInvalid => ErrorReason.CharterInvalid,
        BrokerReason.CharterConflict => ErrorReason.CharterNotInForce,
        BrokerReason.CharterNotInForce => ErrorReason.CharterNotInForce,
        BrokerReason.CharterExpired => ErrorReason.CharterExpired,
        BrokerReason.KeyFrozen => ErrorReason.KeyFrozen,
        BrokerReason.SimulatedNotAllowed => ErrorReason.SimulatedNotAllowed,
        BrokerReason.CheckpointInvalid => ErrorReason.SignatureInvalid,
        BrokerReason.ProofFromElsewhere => ErrorReason.Conflict,
        BrokerReason.NotCosigned => ErrorReason.NotCosigned,
        BrokerReason.LogForked => ErrorReason.LogForked,
        BrokerReason.LogUnavailable => ErrorReason.Unavailable,
        BrokerReason.Conflict => ErrorReason.Conflict,
        BrokerReason.CustodyUnavailable => ErrorReason.Unavailable,
        BrokerReason.RecordKeyUnknown => ErrorReason.NotFound,
        BrokerReason.RecordKeyInUse => ErrorReason.FailedPrecondition,
        BrokerReason.StandsIn => ErrorReason.FailedPrecondition,
        BrokerReason.StandInUnknown => ErrorReason.NotFound,
        BrokerReason.HandOverInvalid => ErrorReason.CiphertextInvalid,
        BrokerReason.RecoveryInvalid => ErrorReason.EntryInvalid,
        _ => ErrorReason.Internal,
    };
}
