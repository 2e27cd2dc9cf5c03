using Grpc.Core;
using Grpc.Core.Interceptors;

namespace CleanRoom.Transport;

/// <summary>Gives unary calls a deadline and turns every status into a <see cref="CleanRoomException"/>.</summary>
internal sealed class ClientCallInterceptor(PinnedChannelOptions options, Uri address) : Interceptor
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        BlockingUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        try
        {
            return continuation(request, WithDeadline(context));
        }
        catch (RpcException exception)
        {
            throw Translate(exception, address, context.Options.CancellationToken);
        }
    }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(request, WithDeadline(context));
        var token = context.Options.CancellationToken;
        return new AsyncUnaryCall<TResponse>(
            Translated(call.ResponseAsync, token), Translated(call.ResponseHeadersAsync, token), call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(request, context);
        var token = context.Options.CancellationToken;
        return new AsyncServerStreamingCall<TResponse>(
            new Reader<TResponse>(call.ResponseStream, address, token),
            Translated(call.ResponseHeadersAsync, token),
            call.GetStatus,
            call.GetTrailers,
            call.Dispose);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(context);
        var token = context.Options.CancellationToken;
        var response = Translated(call.ResponseAsync, token);
        return new AsyncClientStreamingCall<TRequest, TResponse>(
            new Writer<TRequest>(call.RequestStream, address, () => Refusal(call.ResponseAsync), () => call.ResponseAsync.IsCompleted, token),
            response,
            Translated(call.ResponseHeadersAsync, token),
            call.GetStatus,
            call.GetTrailers,
            call.Dispose);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(context);
        var token = context.Options.CancellationToken;
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            new Writer<TRequest>(call.RequestStream, address, () => Task.FromResult(Ended(call.GetStatus, call.GetTrailers)), () => true, token),
            new Reader<TResponse>(call.ResponseStream, address, token),
            Translated(call.ResponseHeadersAsync, token),
            call.GetStatus,
            call.GetTrailers,
            call.Dispose);
    }

    private async Task<T> Translated<T>(Task<T> task, CancellationToken cancellationToken)
    {
        try
        {
            return await task.ConfigureAwait(false);
        }
        catch (RpcException exception)
        {
            throw Translate(exception, address, cancellationToken);
        }
    }

    private static Exception Translate(RpcException exception, Uri address, CancellationToken cancellationToken) =>
        exception.StatusCode == StatusCode.Cancelled && cancellationToken.IsCancellationRequested
            ? new OperationCanceledException("The call was cancelled.", exception, cancellationToken)
            : RpcErrors.FromRpcException(exception, address);

    private ClientInterceptorContext<TRequest, TResponse> WithDeadline<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context)
        where TRequest : class
        where TResponse : class =>
        context.Options.Deadline is not null
            ? context
            : new ClientInterceptorContext<TRequest, TResponse>(
                context.Method, context.Host, context.Options.WithDeadline((options.Clock.GetUtcNow() + options.UnaryDeadline).UtcDateTime));

    private sealed class Reader<T>(IAsyncStreamReader<T> inner, Uri address, CancellationToken callToken) : IAsyncStreamReader<T>
    {
        public T Current => inner.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            try
            {
                return await inner.MoveNext(cancellationToken).ConfigureAwait(false);
            }
            catch (RpcException exception)
            {
                throw Translate(exception, address, cancellationToken.IsCancellationRequested ? cancellationToken : callToken);
            }
        }
    }

    /// <summary>The refusal that a call ends with, or null if it goes well.</summary>
    private static async Task<RpcException?> Refusal(Task response)
    {
        try
        {
            await response.ConfigureAwait(false);
            return null;
        }
        catch (RpcException exception)
        {
            return exception;
        }
    }

    /// <summary>The refusal that a call has ended with, or null while it runs and if it went well.</summary>
    private static RpcException? Ended(Func<Status> status, Func<Metadata> trailers)
    {
        try
        {
            return status() is { StatusCode: not StatusCode.OK } refused ? new RpcException(refused, trailers()) : null;
        }
        catch (InvalidOperationException)
        {
            // Not ended yet.
            return null;
        }
    }

    /// <summary>
    /// When a server refuses in the middle of a stream, the next write fails too, as a broken stream or as a wrong call. The reason stands in
    /// the status, so that is what is thrown. In a duplex call the status may not be there yet: the reader meets it.
    /// </summary>
    private sealed class Writer<T>(IClientStreamWriter<T> inner, Uri address, Func<Task<RpcException?>> refusal, Func<bool> isOver, CancellationToken callToken) : IClientStreamWriter<T>
    {
        public WriteOptions? WriteOptions
        {
            get => inner.WriteOptions;
            set => inner.WriteOptions = value;
        }

        public Task WriteAsync(T message) => Guarded(() => inner.WriteAsync(message), callToken);

        public Task WriteAsync(T message, CancellationToken cancellationToken) => Guarded(
            () => inner.WriteAsync(message, cancellationToken), cancellationToken.CanBeCanceled ? cancellationToken : callToken);

        public Task CompleteAsync() => Guarded(inner.CompleteAsync, callToken);

        private async Task Guarded(Func<Task> write, CancellationToken cancellationToken)
        {
            try
            {
                await write().ConfigureAwait(false);
            }
            catch (RpcException exception)
            {
                throw Translate(cancellationToken.IsCancellationRequested ? exception : await refusal().ConfigureAwait(false) ?? exception, address, cancellationToken);
            }
            catch (InvalidOperationException) when (!cancellationToken.IsCancellationRequested)
            {
                // "The call is complete", or two writes at a time.
                if (isOver() && await refusal().ConfigureAwait(false) is { } refused)
                {
                    throw Translate(refused, address, cancellationToken);
                }

                throw;
            }
        }
    }
}
