using CleanRoom.Charter;
using CleanRoom.Transport;

namespace CleanRoom.Ingestion;

/// <summary>What this service logs: ids, sizes and reasons.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Room {Room} opened with {Size} entries, {Cosigned} of them cosigned")]
    public static partial void RoomOpened(ILogger logger, Guid room, long size, long cosigned);

    [LoggerMessage(2, LogLevel.Information, "Room {Room}: {Size} entries cosigned by {Cosignatures} witnesses")]
    public static partial void Cosigned(ILogger logger, Guid room, long size, int cosignatures);

    [LoggerMessage(3, LogLevel.Warning, "Room {Room}: no quorum for {Size} entries, attempt {Attempt}")]
    public static partial void NoQuorum(ILogger logger, Guid room, long size, int attempt);

    [LoggerMessage(4, LogLevel.Warning, "Room {Room}: witness {Witness} refused {Size} entries: {Reason}")]
    public static partial void WitnessRefused(ILogger logger, Guid room, MemberId witness, long size, ErrorReason reason);

    [LoggerMessage(5, LogLevel.Warning, "Room {Room}: witness {Witness} answered with a cosignature that does not verify")]
    public static partial void WitnessWrong(ILogger logger, Guid room, MemberId witness);

    [LoggerMessage(6, LogLevel.Critical, "Room {Room}: witness {Witness} has cosigned {WitnessSize} entries and this log has {Size}: this database is older than what was cosigned")]
    public static partial void WitnessAhead(ILogger logger, Guid room, MemberId witness, long witnessSize, long size);

    [LoggerMessage(7, LogLevel.Error, "Room {Room}: cosigning failed: {Failure}")]
    public static partial void CosigningFailed(ILogger logger, Guid room, string failure);

    [LoggerMessage(8, LogLevel.Information, "Room {Room}: {Parts} withdrawn parts deleted, up to entry {Through}")]
    public static partial void Erased(ILogger logger, Guid room, int parts, long through);

    [LoggerMessage(12, LogLevel.Information, "Room {Room}: {Parts} parts past their time are deleted")]
    public static partial void OverdueErased(ILogger logger, Guid room, int parts);

    [LoggerMessage(9, LogLevel.Information, "{Uploads} abandoned uploads deleted")]
    public static partial void AbandonedDeleted(ILogger logger, int uploads);

    [LoggerMessage(10, LogLevel.Error, "The store does not work: {Problem}")]
    public static partial void StoreFailed(ILogger logger, string problem);

    [LoggerMessage(11, LogLevel.Information, "Room {Room}: batch {Batch} is entry {Index}")]
    public static partial void BatchComplete(ILogger logger, Guid room, Guid batch, long index);
}
