using System.Threading.RateLimiting;
using CleanRoom.Transport;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace CleanRoom.Hosting.Calls;

/// <summary>
/// Asks the rate limiter before every call, counts a peer's calls, and puts limits on streams: gRPC lifts Kestrel's limits on body size and data rate for
/// those that the caller sends, and one that it does not read would keep what waits to be sent.
/// </summary>
internal sealed class CallLimitInterceptor(PartitionedRateLimiter<PeerCall> limiter, PeerCalls calls, IOptions<ServerOptions> options, TimeProvider clock) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        using var place = Enter(context);
        return await continuation(request, context);
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        using var place = Enter(context);
        if (context.GetHttpContext().Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
        {
            body.MaxRequestBodySize = options.Value.MaxRequestBytes;
        }

        return await continuation(Limited(requestStream, options.Value.StreamTime), context);
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        using var place = Enter(context);
        await continuation(request, Limited(responseStream, context), context);
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        using var place = Enter(context);
        await continuation(Limited(requestStream, Timeout.InfiniteTimeSpan), Limited(responseStream, context), context);
    }

    private LimitedReader<T> Limited<T>(IAsyncStreamReader<T> stream, TimeSpan whole) => new(stream, options.Value.StreamIdleTimeout, whole, clock);

    private LimitedWriter<T> Limited<T>(IServerStreamWriter<T> stream, ServerCallContext context) => new(stream, context, options.Value.StreamIdleTimeout, clock);

    private IDisposable Enter(ServerCallContext context)
    {
        var peer = context.FindPeerKey();
        using var lease = limiter.AttemptAcquire(new PeerCall(peer, context.Method));
        if (!lease.IsAcquired)
        {
            throw new CleanRoomException(ErrorReason.RateLimited, "Too many calls.", null, "Wait a second and try again.")
            {
                RetryAfter = lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : null,
            };
        }

        return calls.TryEnter(peer) ?? throw new CleanRoomException(
            ErrorReason.ResourceExhausted, "Too many calls of this key are running.", null, "End some of them, then try again.");
    }

    /// <summary>
    /// Waits for a message only so long, and for all of them together only so long. The time in which the service does not read does not count.
    /// </summary>
    private sealed class LimitedReader<T>(IAsyncStreamReader<T> inner, TimeSpan limit, TimeSpan whole, TimeProvider clock) : IAsyncStreamReader<T>
    {
        private TimeSpan _waited;

        public T Current => inner.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            var next = inner.MoveNext(cancellationToken);
            if (next.IsCompleted)
            {
                return await next;
            }

            var begun = clock.GetTimestamp();
            var left = whole == Timeout.InfiniteTimeSpan ? limit : TimeSpan.FromTicks(Math.Max((whole - _waited).Ticks, 0));
            try
            {
                return await next.WaitAsync(left < limit ? left : limit, clock, CancellationToken.None);
            }
            catch (TimeoutException) when (!next.IsCompleted)
            {
                // The call ends with this exception, and the transport ends the abandoned read with the call.
                throw new CleanRoomException(
                    ErrorReason.Unavailable,
                    left < limit ? $"The stream took longer than {whole.TotalSeconds:0} seconds." : $"No whole message came for {limit.TotalSeconds:0} seconds.",
                    null,
                    "Resume on a better connection, or with smaller messages.");
            }
            finally
            {
                _waited += clock.GetElapsedTime(begun);
            }
        }
    }

    /// <summary>Waits only so long for the caller to take a message.</summary>
    private sealed class LimitedWriter<T>(IServerStreamWriter<T> inner, ServerCallContext context, TimeSpan limit, TimeProvider clock) : IServerStreamWriter<T>
    {
        public WriteOptions? WriteOptions
        {
            get => inner.WriteOptions;
            set => inner.WriteOptions = value;
        }

        public Task WriteAsync(T message) => Limited(inner.WriteAsync(message));

        public Task WriteAsync(T message, CancellationToken cancellationToken) => Limited(inner.WriteAsync(message, cancellationToken));

        private async Task Limited(Task write)
        {
            if (write.IsCompleted)
            {
                await write;
                return;
            }

            try
            {
                await write.WaitAsync(limit, clock, CancellationToken.None);
            }
            catch (TimeoutException) when (!write.IsCompleted)
            {
                // No status reaches a caller that does not read: the stream is reset, and what waits to be sent goes with it.
                context.GetHttpContext().Abort();
                throw new CleanRoomException(
                    ErrorReason.Unavailable, $"The caller took no message for {limit.TotalSeconds:0} seconds.", null, "Read what is sent, or end the call.");
            }
        }
    }
}
