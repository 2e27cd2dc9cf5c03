using System.Threading.RateLimiting;
using CleanRoom.Transport;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace CleanRoom.Hosting.Calls;

/// <summary>Asks the limiter before every call.</summary>
internal sealed class RateLimitInterceptor(PartitionedRateLimiter<PeerCall> limiter) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        using var lease = Acquire(context);
        return await continuation(request, context);
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        using var lease = Acquire(context);
        return await continuation(requestStream, context);
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        using var lease = Acquire(context);
        await continuation(request, responseStream, context);
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        using var lease = Acquire(context);
        await continuation(requestStream, responseStream, context);
    }

    private RateLimitLease Acquire(ServerCallContext context)
    {
        var lease = limiter.AttemptAcquire(new PeerCall(context.FindPeerKey(), context.Method));
        if (lease.IsAcquired)
        {
            return lease;
        }

        lease.Dispose();
        throw new CleanRoomException(ErrorReason.RateLimited, "Too many calls.", null, "Wait a second and try again.");
    }
}
