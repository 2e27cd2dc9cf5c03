using CleanRoom.Hosting.Calls;
using CleanRoom.Storage;
using CleanRoom.Transport;

namespace CleanRoom.Services;

/// <summary>
/// What the services that keep a store have in common; compiled into each of them, because hosting knows no store and a store no calls. Callers are told that the
/// store failed, the log which problem it was; paths and causes stay here.
/// </summary>
internal sealed partial class StoreFailures(ILogger<StoreFailures> logger) : IErrorMapping
{
    public CleanRoomException? Find(Exception exception)
    {
        if (exception is not StorageException failure)
        {
            return null;
        }

        StoreFailed(logger, failure.Problem.ToString());
        return new CleanRoomException(
            ErrorReason.StorageFailed, "The store cannot be used now; nothing was changed.", null, "Try again; if it lasts, tell the operator.", failure);
    }

    [LoggerMessage(10, LogLevel.Error, "The store does not work: {Problem}")]
    private static partial void StoreFailed(ILogger logger, string problem);
}
