using System.Diagnostics;
using CleanRoom.Transport;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CleanRoom.Hosting.Calls;

/// <summary>The outermost interceptor: every exception leaves as a status with a reason, unknown ones as "Internal error." and no more.</summary>
internal sealed class ErrorInterceptor(
    IEnumerable<IErrorMapping> mappings, ILogger<ErrorInterceptor> logger, TimeProvider clock, IHostApplicationLifetime lifetime) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception exception)
        {
            throw Translate(exception, context);
        }
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(requestStream, context);
        }
        catch (Exception exception)
        {
            throw Translate(exception, context);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception exception)
        {
            throw Translate(exception, context);
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(requestStream, responseStream, context);
        }
        catch (Exception exception)
        {
            throw Translate(exception, context);
        }
    }

    private RpcException Translate(Exception exception, ServerCallContext context)
    {
        var refusal = exception switch
        {
            CleanRoomException known => known,
            _ when context.CancellationToken.IsCancellationRequested => Ended(context),
            RpcException { StatusCode: StatusCode.ResourceExhausted } => new CleanRoomException(
                ErrorReason.TooLarge, "A message is larger than this server takes.", null, "Send smaller messages; the limit stands in the contract."),
            BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => new CleanRoomException(
                ErrorReason.Unavailable, "The request came too slowly.", null, "Try again on a better connection."),
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => new CleanRoomException(
                ErrorReason.TooLarge, "The request is larger than this server takes.", null, "Split it."),
            Google.Protobuf.InvalidProtocolBufferException => new CleanRoomException(
                ErrorReason.InvalidArgument, "The request is not a well-formed message.", null, "Encode it as the contract says."),
            _ => mappings.Select(mapping => mapping.Find(exception)).FirstOrDefault(static found => found is not null),
        };

        StopStreams.Restore(context.GetHttpContext());
        if (refusal is null || refusal.Reason == ErrorReason.Internal)
        {
            Log.Failed(logger, context.Method, context.FindPeerKey(), Types(exception), new StackTrace(exception).ToString().ReplaceLineEndings(";"));
            return RpcErrors.InternalError();
        }

        var status = RpcErrors.StatusCodeOf(refusal.Reason);
        if (status is StatusCode.Cancelled or StatusCode.DeadlineExceeded)
        {
            Log.EndedEarly(logger, context.Method, context.FindPeerKey(), status);
        }
        else
        {
            Log.Refused(logger, context.Method, context.FindPeerKey(), refusal.Reason, status);
        }

        return RpcErrors.ToRpcException(refusal);
    }

    private CleanRoomException Ended(ServerCallContext context) =>
        lifetime.ApplicationStopping.IsCancellationRequested
            ? new CleanRoomException(ErrorReason.Unavailable, "The service is stopping.", null, "Connect again.")
            : clock.GetUtcNow().UtcDateTime >= context.Deadline
                ? new CleanRoomException(ErrorReason.DeadlineExceeded, "The deadline passed.", null, "Allow more time, or ask for less.")
                : new CleanRoomException(ErrorReason.Cancelled, "The call was cancelled.");

    private static string Types(Exception exception)
    {
        var types = new List<string>();
        for (var cause = exception; cause is not null && types.Count < 8; cause = cause.InnerException)
        {
            types.Add(cause.GetType().FullName ?? cause.GetType().Name);
        }

        return string.Join(" < ", types);
    }
}
