using System.Diagnostics.CodeAnalysis;

namespace Grpc.Core;

/// <summary>What a client says about one call besides its request.</summary>
public readonly struct CallOptions : IEquatable<CallOptions>
{
    /// <summary>Makes options.</summary>
    /// <param name="headers">Headers to send.</param>
    /// <param name="deadline">When to give up, in UTC; null for never.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <param name="writeOptions">How requests are written.</param>
    /// <param name="propagationToken">Deadline and cancellation of the server call that makes this one.</param>
    /// <param name="credentials">Credentials for this call.</param>
    [SuppressMessage("Design", "CA1068", Justification = "The order is gRPC's.")]
    public CallOptions(
        Metadata? headers = null,
        DateTime? deadline = null,
        CancellationToken cancellationToken = default,
        WriteOptions? writeOptions = null,
        ContextPropagationToken? propagationToken = null,
        CallCredentials? credentials = null)
    {
        Headers = headers;
        Deadline = deadline;
        CancellationToken = cancellationToken;
        WriteOptions = writeOptions;
        PropagationToken = propagationToken;
        Credentials = credentials;
    }

    /// <summary>Headers to send.</summary>
    public Metadata? Headers { get; private init; }

    /// <summary>When to give up, in UTC.</summary>
    public DateTime? Deadline { get; private init; }

    /// <summary>Cancels the call.</summary>
    public CancellationToken CancellationToken { get; private init; }

    /// <summary>How requests are written.</summary>
    public WriteOptions? WriteOptions { get; private init; }

    /// <summary>Deadline and cancellation of the server call that makes this one.</summary>
    public ContextPropagationToken? PropagationToken { get; private init; }

    /// <summary>Credentials for this call.</summary>
    public CallCredentials? Credentials { get; private init; }

    /// <summary>Whether the call waits for a connection instead of failing at once.</summary>
    public bool IsWaitForReady { get; private init; }

    public static bool operator ==(CallOptions left, CallOptions right) => left.Equals(right);

    public static bool operator !=(CallOptions left, CallOptions right) => !left.Equals(right);

    /// <summary>A copy with other headers.</summary>
    public CallOptions WithHeaders(Metadata headers) => this with { Headers = headers };

    /// <summary>A copy with another deadline.</summary>
    public CallOptions WithDeadline(DateTime deadline) => this with { Deadline = deadline };

    /// <summary>A copy with another token.</summary>
    public CallOptions WithCancellationToken(CancellationToken cancellationToken) => this with { CancellationToken = cancellationToken };

    /// <summary>A copy with other write options.</summary>
    public CallOptions WithWriteOptions(WriteOptions writeOptions) => this with { WriteOptions = writeOptions };

    /// <summary>A copy with other credentials.</summary>
    public CallOptions WithCredentials(CallCredentials credentials) => this with { Credentials = credentials };

    /// <summary>A copy that waits for a connection, or does not.</summary>
    public CallOptions WithWaitForReady(bool waitForReady = true) => this with { IsWaitForReady = waitForReady };

    /// <inheritdoc/>
    public bool Equals(CallOptions other) =>
        ReferenceEquals(Headers, other.Headers)
        && Deadline == other.Deadline
        && CancellationToken == other.CancellationToken
        && ReferenceEquals(WriteOptions, other.WriteOptions)
        && ReferenceEquals(PropagationToken, other.PropagationToken)
        && ReferenceEquals(Credentials, other.Credentials)
        && IsWaitForReady == other.IsWaitForReady;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is CallOptions other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Headers, Deadline, CancellationToken, WriteOptions, Credentials, IsWaitForReady);
}
