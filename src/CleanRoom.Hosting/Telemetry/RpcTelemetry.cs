using System.Diagnostics;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace CleanRoom.Hosting.Telemetry;

/// <summary>Outermost interceptor: how long each call took and how it ended, as a measurement and on the server's span (OpenTelemetry's conventions for RPC).</summary>
internal sealed class RpcTelemetry(ServerMetrics metrics, TimeProvider clock) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        using var call = Begin(context);
        var response = await call.Ending(continuation(request, context));
        return response;
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        using var call = Begin(context);
        return await call.Ending(continuation(requestStream, context));
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        using var call = Begin(context);
        await call.Ending(continuation(request, responseStream, context));
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        using var call = Begin(context);
        await call.Ending(continuation(requestStream, responseStream, context));
    }

    private Call Begin(ServerCallContext context) => new(metrics, clock, context.Method);

    /// <summary>One call; what it is told of itself when it ends.</summary>
    private sealed class Call(ServerMetrics metrics, TimeProvider clock, string path) : IDisposable
    {
        private readonly long _began = clock.GetTimestamp();
        private StatusCode _status = StatusCode.OK;

        public async Task<T> Ending<T>(Task<T> call)
        {
            await Ending((Task)call);
            return await call;
        }

        public async Task Ending(Task call)
        {
            try
            {
                await call;
            }
            catch (RpcException exception)
            {
                _status = exception.StatusCode;
                throw;
            }
            catch
            {
                _status = StatusCode.Unknown;
                throw;
            }
        }

        public void Dispose()
        {
            var method = path.TrimStart('/');
            var status = NameOf(_status);
            metrics.CallDuration.Record(
                clock.GetElapsedTime(_began).TotalSeconds,
                new TagList { { "rpc.system.name", "grpc" }, { "rpc.method", method }, { "rpc.response.status_code", status } });
            if (Activity.Current is { IsAllDataRequested: true } span)
            {
                span.DisplayName = method;
                _ = span.SetTag("rpc.system.name", "grpc").SetTag("rpc.method", method).SetTag("rpc.response.status_code", status);
            }
        }

        /// <summary>As the conventions write it: DEADLINE_EXCEEDED.</summary>
        private static string NameOf(StatusCode status) => status switch
        {
            StatusCode.OK => "OK",
            _ => string.Concat(status.ToString().Select((letter, index) => char.IsUpper(letter) && index > 0 ? "_" + letter : char.ToUpperInvariant(letter).ToString())),
        };
    }
}
