using System.Globalization;
using System.Security.Authentication;
using CleanRoom.Protocol.Common.V1;
using Google.Protobuf;
using Grpc.Core;

namespace CleanRoom.Transport;

/// <summary>The one place where <see cref="ErrorReason"/> and gRPC statuses meet, in both directions.</summary>
public static class RpcErrors
{
    /// <summary>The binary trailer that carries a serialized <see cref="ErrorDetail"/>.</summary>
    public const string TrailerKey = "cleanroom-error-bin";

    /// <summary>
    /// The trailer with the wait before the next attempt in milliseconds, or -1 for none (gRPC proposal A6). Every RESOURCE_EXHAUSTED has it.
    /// </summary>
    public const string RetryKey = "grpc-retry-pushback-ms";

    private static readonly TimeSpan LongestRetry = TimeSpan.FromDays(1);

    private const int MaxMessage = 1024;
    private const int MaxField = 128;
    private const int MaxRemedy = 512;
    private const int MaxTrailer = 4096;

    /// <summary>The status code of a reason.</summary>
    public static StatusCode StatusCodeOf(ErrorReason reason) => reason switch
    {
        ErrorReason.Internal => StatusCode.Internal,
        ErrorReason.InvalidArgument => StatusCode.InvalidArgument,
        ErrorReason.OutOfRange => StatusCode.OutOfRange,
        ErrorReason.TooLarge => StatusCode.ResourceExhausted,
        ErrorReason.Unauthenticated => StatusCode.Unauthenticated,
        ErrorReason.PermissionDenied => StatusCode.PermissionDenied,
        ErrorReason.NotFound => StatusCode.NotFound,
        ErrorReason.AlreadyExists => StatusCode.AlreadyExists,
        ErrorReason.FailedPrecondition => StatusCode.FailedPrecondition,
        ErrorReason.Conflict => StatusCode.Aborted,
        ErrorReason.Unimplemented => StatusCode.Unimplemented,
        ErrorReason.RateLimited => StatusCode.ResourceExhausted,
        ErrorReason.ResourceExhausted => StatusCode.ResourceExhausted,
        ErrorReason.Unavailable => StatusCode.Unavailable,
        ErrorReason.DeadlineExceeded => StatusCode.DeadlineExceeded,
        ErrorReason.Cancelled => StatusCode.Cancelled,
        ErrorReason.DataLoss => StatusCode.DataLoss,
        ErrorReason.UntrustedPeer => StatusCode.Unauthenticated,
        ErrorReason.CharterNotInForce => StatusCode.FailedPrecondition,
        ErrorReason.CharterExpired => StatusCode.FailedPrecondition,
        ErrorReason.CharterInvalid => StatusCode.InvalidArgument,
        ErrorReason.NotCosigned => StatusCode.FailedPrecondition,
        ErrorReason.LogForked => StatusCode.FailedPrecondition,
        ErrorReason.LogRolledBack => StatusCode.FailedPrecondition,
        ErrorReason.KeyFrozen => StatusCode.FailedPrecondition,
        ErrorReason.KeyDestroyed => StatusCode.FailedPrecondition,
        ErrorReason.EvidenceRejected => StatusCode.FailedPrecondition,
        ErrorReason.NonceUsed => StatusCode.FailedPrecondition,
        ErrorReason.NonceUnknown => StatusCode.FailedPrecondition,
        ErrorReason.AttestationInvalid => StatusCode.FailedPrecondition,
        ErrorReason.InstanceSuperseded => StatusCode.PermissionDenied,
        ErrorReason.SimulatedNotAllowed => StatusCode.FailedPrecondition,
        ErrorReason.LinkageModelMissing => StatusCode.FailedPrecondition,
        ErrorReason.QuotaExceeded => StatusCode.ResourceExhausted,
        ErrorReason.UnknownMember => StatusCode.PermissionDenied,
        ErrorReason.UnknownRoom => StatusCode.NotFound,
        ErrorReason.UnknownKey => StatusCode.PermissionDenied,
        ErrorReason.RoleMissing => StatusCode.PermissionDenied,
        ErrorReason.SignatureInvalid => StatusCode.InvalidArgument,
        ErrorReason.BatchIncomplete => StatusCode.InvalidArgument,
        ErrorReason.CiphertextInvalid => StatusCode.DataLoss,
        ErrorReason.ConsentMissing => StatusCode.FailedPrecondition,
        ErrorReason.EntryInvalid => StatusCode.InvalidArgument,
        ErrorReason.MessageMissing => StatusCode.DataLoss,
        ErrorReason.StorageFailed => StatusCode.Unavailable,
        _ => StatusCode.Internal,
    };

    /// <summary>Server side: the status and trailer that carry a refusal.</summary>
    public static RpcException ToRpcException(CleanRoomException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        var detail = new ErrorDetail
        {
            Reason = exception.Reason.ToString(),
            Field = Cut(exception.Field, MaxField),
            Remedy = Cut(exception.Remedy, MaxRemedy),
        };
        var trailers = new Metadata { { TrailerKey, detail.ToByteArray() } };
        if (RetryAfterOf(exception) is { } wait)
        {
            trailers.Add(RetryKey, wait < TimeSpan.Zero ? "-1" : Math.Ceiling(Shorter(wait, LongestRetry).TotalMilliseconds).ToString("0", CultureInfo.InvariantCulture));
        }

        return new RpcException(new Status(StatusCodeOf(exception.Reason), Cut(exception.Message, MaxMessage)), trailers);
    }

    /// <summary>
    /// The hint that goes with a refusal: its own, or what fits its reason. Whoever sheds load always says when to come back; a quota or a size does not
    /// change by waiting.
    /// </summary>
    public static TimeSpan? RetryAfterOf(CleanRoomException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception.RetryAfter ?? exception.Reason switch
        {
            ErrorReason.RateLimited => TimeSpan.FromSeconds(1),
            ErrorReason.ResourceExhausted => TimeSpan.FromSeconds(5),
            ErrorReason.TooLarge or ErrorReason.QuotaExceeded => Timeout.InfiniteTimeSpan,
            _ => null,
        };
    }

    /// <summary>Server side: what an exception that nobody expected becomes. It tells the caller nothing.</summary>
    public static RpcException InternalError() => ToRpcException(new CleanRoomException(ErrorReason.Internal, "Internal error."));

    /// <summary>
    /// Client side: the refusal that a status carries. A trailer that is missing, malformed, names an unknown reason or does not fit
    /// the status code is ignored, and the status code alone decides.
    /// </summary>
    /// <param name="exception">What the call ended with.</param>
    /// <param name="address">The server, named where nobody answered; null if not known.</param>
    public static CleanRoomException FromRpcException(RpcException exception, Uri? address = null)
    {
        ArgumentNullException.ThrowIfNull(exception);
        if (IsUntrustedServer(exception))
        {
            return new CleanRoomException(
                ErrorReason.UntrustedPeer,
                "The TLS handshake failed: the server does not have the pinned key, or refuses this client's key.",
                null,
                "Compare the pinned key with the one that the server prints at start, and check the client certificate; do not send anything before they agree.",
                exception);
        }

        // Nobody answered: the status was made on this side of the wire.
        if (address is not null && exception.StatusCode == StatusCode.Unavailable && exception.Status.DebugException is not null)
        {
            return new CleanRoomException(
                ErrorReason.Unavailable, $"The service at {address.GetLeftPart(UriPartial.Authority)} cannot be reached.", null, "Check that it runs and its address, then try again.", exception);
        }

        // Neither does a deadline carry words of the server's; it is this side's.
        if (address is not null && exception.StatusCode == StatusCode.DeadlineExceeded && exception.Trailers.Get(TrailerKey) is null)
        {
            return new CleanRoomException(
                ErrorReason.DeadlineExceeded, $"The service at {address.GetLeftPart(UriPartial.Authority)} did not answer in time.", null,
                "It may wait for witnesses: see that the other members' brokers have joined and run, then try again; nothing is lost.", exception);
        }

        var (reason, field, remedy) = ReadTrailer(exception);
        var message = string.IsNullOrEmpty(exception.Status.Detail) ? Sentence(reason) : exception.Status.Detail;
        return new CleanRoomException(reason, Cut(message, MaxMessage), field, remedy, exception) { RetryAfter = ReadRetry(exception) };
    }

    private static (ErrorReason Reason, string? Field, string? Remedy) ReadTrailer(RpcException exception)
    {
        var fallback = ReasonOf(exception.StatusCode);
        var entry = exception.Trailers.Get(TrailerKey);
        if (entry is null || entry.ValueBytes is not { Length: <= MaxTrailer } bytes)
        {
            return (fallback, null, null);
        }

        try
        {
            var detail = ErrorDetail.Parser.ParseFrom(bytes);

            // Enum.TryParse also takes numbers and lists of names; the round trip admits names only.
            return Enum.TryParse<ErrorReason>(detail.Reason, out var reason)
                && string.Equals(reason.ToString(), detail.Reason, StringComparison.Ordinal)
                && StatusCodeOf(reason) == exception.StatusCode
                ? (reason, Cut(detail.Field, MaxField), Cut(detail.Remedy, MaxRemedy))
                : (fallback, null, null);
        }
        catch (InvalidProtocolBufferException)
        {
            return (fallback, null, null);
        }
    }

    /// <summary>What is no number is read as the proposal says: no further attempt.</summary>
    private static TimeSpan? ReadRetry(RpcException exception) => exception.Trailers.Get(RetryKey) switch
    {
        null => null,
        { IsBinary: false, Value: var text } when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) =>
            Shorter(TimeSpan.FromMilliseconds(milliseconds), LongestRetry),
        _ => Timeout.InfiniteTimeSpan,
    };

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static ErrorReason ReasonOf(StatusCode code) => code switch
    {
        StatusCode.InvalidArgument => ErrorReason.InvalidArgument,
        StatusCode.OutOfRange => ErrorReason.OutOfRange,
        StatusCode.Unauthenticated => ErrorReason.Unauthenticated,
        StatusCode.PermissionDenied => ErrorReason.PermissionDenied,
        StatusCode.NotFound => ErrorReason.NotFound,
        StatusCode.AlreadyExists => ErrorReason.AlreadyExists,
        StatusCode.FailedPrecondition => ErrorReason.FailedPrecondition,
        StatusCode.Aborted => ErrorReason.Conflict,
        StatusCode.Unimplemented => ErrorReason.Unimplemented,
        StatusCode.ResourceExhausted => ErrorReason.ResourceExhausted,
        StatusCode.Unavailable => ErrorReason.Unavailable,
        StatusCode.DeadlineExceeded => ErrorReason.DeadlineExceeded,
        StatusCode.Cancelled => ErrorReason.Cancelled,
        StatusCode.DataLoss => ErrorReason.DataLoss,
        _ => ErrorReason.Internal,
    };

    private static string Sentence(ErrorReason reason) => $"The call failed: {reason}.";

    private static bool IsUntrustedServer(RpcException exception)
    {
        for (var cause = exception.Status.DebugException; cause is not null; cause = cause.InnerException)
        {
            if (cause is AuthenticationException)
            {
                return true;
            }
        }

        return false;
    }

    private static string Cut(string? text, int length) => text is null ? string.Empty : text.Length <= length ? text : text[..length];
}
