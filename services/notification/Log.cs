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

    [LoggerMessage(10, LogLevel.Error, "The store does not work: {Problem}")]
    public static partial void StoreFailed(ILogger logger, string problem);
}
