using CleanRoom.Charter;
using CleanRoom.Transport;

namespace CleanRoom.Notification;

/// <summary>What this service logs: ids, numbers and reasons.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Room {Room} is followed")]
    public static partial void Following(ILogger logger, RoomId room);

    [LoggerMessage(2, LogLevel.Warning, "Room {Room}: the log cannot be read now: {Reason}")]
    public static partial void LogUnreadable(ILogger logger, RoomId room, ErrorReason reason);

    [LoggerMessage(3, LogLevel.Critical, "Room {Room}: the log is refused: {Reason}")]
    public static partial void LogRefused(ILogger logger, RoomId room, ErrorReason reason);

    [LoggerMessage(4, LogLevel.Error, "Room {Room}: following failed: {Failure}")]
    public static partial void FollowingFailed(ILogger logger, RoomId room, string failure);

    [LoggerMessage(5, LogLevel.Information, "Room {Room}: {Stored} frames stored, {Existed} known before")]
    public static partial void Delivered(ILogger logger, RoomId room, int stored, int existed);

    [LoggerMessage(6, LogLevel.Information, "Room {Room}: {Member} was told by {Channel} at attempt {Attempt}")]
    public static partial void Told(ILogger logger, RoomId room, MemberId member, string channel, int attempt);

    [LoggerMessage(7, LogLevel.Warning, "Room {Room}: {Member} was not told by {Channel} at attempt {Attempt}: {Reason}")]
    public static partial void NotTold(ILogger logger, RoomId room, MemberId member, string channel, int attempt, string reason);

    [LoggerMessage(8, LogLevel.Error, "Room {Room}: telling {Member} by {Channel} is given up, word {Word}: {Reason}; the next message or a restart tells again")]
    public static partial void GivenUp(ILogger logger, RoomId room, MemberId member, string channel, string word, string reason);

    [LoggerMessage(9, LogLevel.Warning, "Room {Room}: {Member} wants no word by {Channel} any more (410); remove the target or restart to try again")]
    public static partial void TargetGone(ILogger logger, RoomId room, MemberId member, string channel);

    [LoggerMessage(10, LogLevel.Error, "The store does not work: {Problem}")]
    public static partial void StoreFailed(ILogger logger, string problem);

    [LoggerMessage(11, LogLevel.Error, "The inbox page's certificate cannot be read; the one before is shown until it can")]
    public static partial void PageCertificateUnreadable(ILogger logger);
}
