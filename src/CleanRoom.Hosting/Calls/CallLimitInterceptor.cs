using System.Threading.RateLimiting;
using CleanRoom.Transport;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace CleanRoom.Hosting.Calls;

/// <summary>
/// Asks the rate limiter before every call, and puts limits on streams that the caller sends: gRPC lifts Kestrel's limits on body size and
/// data rate for those.
/// </summary>
internal sealed class CallLimitInterceptor(PartitionedRateLimiter<PeerCall> limiter, IOptions<ServerOptions> options, TimeProvider clock) : Interceptor
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
        if (context.GetHttpContext().Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
        {
            body.MaxRequestBodySize = options.Value.MaxRequestBytes;
        }

        return await continuation(Limited(requestStream), context);
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
        await continuation(Limited(requestStream), responseStream, context);
    }

    private LimitedReader<T> Limited<T>(IAsyncStreamReader<T> stream) => new(stream, options.Value.StreamIdleTimeout, clock);

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

    /// <summary>Waits for a message only so long. The time in which the service does not read does not count.</summary>
    private sealed class LimitedReader<T>(IAsyncStreamReader<T> inner, TimeSpan limit, TimeProvider clock) : IAsyncStreamReader<T>
    {
        public T Current => inner.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            var next = inner.MoveNext(cancellationToken);
            if (next.IsCompleted)
            {
                return await next;
            }

            try
            {
                return await next.WaitAsync(limit, clock, CancellationToken.None);
            }
            catch (TimeoutException) when (!next.IsCompleted)
            {
                // The call ends with this exception, and the transport ends the abandoned read with the call.
                throw new CleanRoomException(
                    ErrorReason.Unavailable,
                    $"No whole message came for {limit.TotalSeconds:0} seconds.",
                    null,
                    "Resume on a better connection, or with smaller messages.");
            }
        }
    }
}
