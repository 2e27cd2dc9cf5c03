namespace CleanRoom.Transport;

/// <summary>A refusal with a reason for programs and a sentence for people. No content of a record, a key or a token is in any of it.</summary>
public sealed class CleanRoomException : Exception
{
    /// <summary>Makes a refusal.</summary>
    /// <param name="reason">The reason, which decides the status code.</param>
    /// <param name="message">One clear sentence; it reaches the caller. It is cut at 1,024 characters on the wire.</param>
    /// <param name="field">The field at fault, in proto notation; at most 128 characters are sent.</param>
    /// <param name="remedy">What to do about it, one sentence; at most 512 characters are sent.</param>
    public CleanRoomException(ErrorReason reason, string message, string? field = null, string? remedy = null)
        : this(reason, message, field, remedy, null)
    {
    }

    /// <summary>Makes a refusal that remembers its local cause. The cause never travels.</summary>
    public CleanRoomException(ErrorReason reason, string message, string? field, string? remedy, Exception? innerException)
        : base(message, innerException)
    {
        Reason = reason;
        Field = string.IsNullOrEmpty(field) ? null : field;
        Remedy = string.IsNullOrEmpty(remedy) ? null : remedy;
    }

    /// <summary>The reason.</summary>
    public ErrorReason Reason { get; }

    /// <summary>The field at fault, or null.</summary>
    public string? Field { get; }

    /// <summary>What to do about it, or null.</summary>
    public string? Remedy { get; }

    /// <summary>
    /// After how long the same call may go well; <see cref="Timeout.InfiniteTimeSpan"/> if waiting alone does not help; null if nothing is said. It travels
    /// (<see cref="RpcErrors.RetryKey"/>) with whatever <see cref="RpcErrors.RetryAfterOf"/> gives a time for.
    /// </summary>
    public TimeSpan? RetryAfter { get; init; }
}
