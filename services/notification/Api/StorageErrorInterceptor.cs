using CleanRoom.Storage;
using CleanRoom.Transport;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace CleanRoom.Notification.Api;

/// <summary>Tells callers that the store failed, and the log which problem it was; paths and causes stay here.</summary>
internal sealed class StorageErrorInterceptor(ILogger<StorageErrorInterceptor> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (StorageException exception)
        {
            throw Refuse(exception);
        }
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(requestStream, context);
        }
        catch (StorageException exception)
        {
            throw Refuse(exception);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (StorageException exception)
        {
            throw Refuse(exception);
        }
    }

    private CleanRoomException Refuse(StorageException exception)
    {
        Log.StoreFailed(logger, exception.Problem.ToString());
        return new CleanRoomException(
            ErrorReason.StorageFailed, "The store cannot be used now; nothing was changed.", null, "Try again; if it lasts, tell the operator.", exception);
    }
}
