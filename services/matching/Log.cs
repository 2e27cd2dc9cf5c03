namespace CleanRoom.Matching;

/// <summary>What the enclave logs: ids, numbers of the protocol and reasons. Nothing of a record, no count of records or matches.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Room {Room}: log verified up to {Position}.")]
    public static partial void Verified(ILogger logger, string room, long position);

    [LoggerMessage(2, LogLevel.Warning, "Room {Room} is SIMULATED: it protects nobody's data.")]
    public static partial void Simulated(ILogger logger, string room);

    [LoggerMessage(3, LogLevel.Information, "Room {Room}: generation {Generation} is in the cosigned log.")]
    public static partial void InstanceLogged(ILogger logger, string room, long generation);

    [LoggerMessage(4, LogLevel.Information, "Room {Room}: the broker of {Member} released its keys (a stand-in: {StandsIn}).")]
    public static partial void KeysReleased(ILogger logger, string room, string member, bool standsIn);

    [LoggerMessage(5, LogLevel.Warning, "Room {Room}: the broker of {Member} released nothing: {Reason}.")]
    public static partial void KeysRefused(ILogger logger, string room, string member, string reason);

    [LoggerMessage(6, LogLevel.Information, "Room {Room}: epoch {Epoch} ended, queries ran: {Evaluated}.")]
    public static partial void EpochEnded(ILogger logger, string room, long epoch, bool evaluated);

    [LoggerMessage(7, LogLevel.Warning, "Room {Room}: halted: {Reason}. Next attempt in {Delay}.")]
    public static partial void Halted(ILogger logger, string room, string reason, TimeSpan delay);

    [LoggerMessage(8, LogLevel.Warning, "Room {Room}: the entry at {Index} is ignored: {Reason}.")]
    public static partial void EntryIgnored(ILogger logger, string room, long index, string reason);

    [LoggerMessage(9, LogLevel.Warning, "Room {Room}: part {Part} of batch {Batch} is refused: {Reason}.")]
    public static partial void PartRefused(ILogger logger, string room, string batch, int part, string reason);

    [LoggerMessage(10, LogLevel.Warning, "Room {Room}: epoch {Epoch} cannot be computed again as it was for {Member}; what may still be told is told again later.")]
    public static partial void EpochDiffers(ILogger logger, string room, long epoch, string member);

    [LoggerMessage(11, LogLevel.Warning, "Room {Room}: delivery of epoch {Epoch} failed: {Reason}. It is tried again.")]
    public static partial void DeliveryFailed(ILogger logger, string room, long epoch, string reason);

    [LoggerMessage(12, LogLevel.Warning, "Room {Room}: batch {Batch} cannot be read: {Reason}.")]
    public static partial void BatchUnread(ILogger logger, string room, string batch, string reason);

    [LoggerMessage(13, LogLevel.Information, "Room {Room}: epoch {Epoch} is in the slots.")]
    public static partial void Delivered(ILogger logger, string room, long epoch);

    [LoggerMessage(14, LogLevel.Warning, "Room {Room}: the act at {Index} cannot be read: its author's key is not here, or it was sealed otherwise.")]
    public static partial void ActUnread(ILogger logger, string room, long index);

    [LoggerMessage(15, LogLevel.Warning, "No TEE was found, so evidence is SIMULATED and only simulated rooms accept it (\"cleanroom evidence collect --list\" says what is missing).")]
    public static partial void NoHardware(ILogger logger);

    [LoggerMessage(16, LogLevel.Warning, "Room {Room}: no evidence for the broker of {Member}: {Reason}")]
    public static partial void NoEvidence(ILogger logger, string room, string member, string reason);

    [LoggerMessage(17, LogLevel.Error, "Room {Room}: ingestion does not give part {Part} of batch {Batch} as the log has it, and no tombstone names it. Restore it, or its owner withdraws the record; the room stands still until then.")]
    public static partial void PartWithheld(ILogger logger, string room, string batch, int part);

    [LoggerMessage(18, LogLevel.Information, "Room {Room}: batch {Batch} is sealed to the record key of period {Period} now.")]
    public static partial void Resealed(ILogger logger, string room, string batch, int period);
}
