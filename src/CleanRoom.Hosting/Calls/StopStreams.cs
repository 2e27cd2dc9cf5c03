using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace CleanRoom.Hosting.Calls;

/// <summary>
/// Ends calls that stream responses when the service stops: they may last for days, and the shutdown would wait for each of them. Unary and
/// client-streaming calls get the time of <see cref="ServerOptions.ShutdownGrace"/> instead.
/// </summary>
internal sealed class StopStreams(RequestDelegate next, IHostApplicationLifetime lifetime)
{
    private static readonly object OriginalToken = new();

    /// <summary>
    /// Makes the request look alive again, once its handler has ended: the transport sends no trailers to a caller that it takes for gone.
    /// </summary>
    internal static void Restore(HttpContext context)
    {
        if (context.Items.TryGetValue(OriginalToken, out var original))
        {
            context.RequestAborted = (CancellationToken)original!;
        }
    }

    public async Task InvokeAsync(HttpContext context)
    {
        var type = context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.Type;
        if (type is MethodType.ServerStreaming or MethodType.DuplexStreaming)
        {
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
            context.Items[OriginalToken] = context.RequestAborted;
            context.RequestAborted = linked.Token;
            await next(context);
        }
        else
        {
            await next(context);
        }
    }
}
