using CleanRoom.Cryptography;

namespace CleanRoom.Evidence.Results;

/// <summary>What a verifier says about one enclave instance, after it appraised its evidence.</summary>
public sealed record AttestationResultClaims
{
    /// <summary>Member whose broker this is, and for whom alone the result is meant (<c>aud</c>, <c>iss</c>).</summary>
    public required string Member { get; init; }

    /// <summary>Room, as in protocol.md §1.</summary>
    public required string Room { get; init; }

    /// <summary>The charter that the instance enforces and against which it was appraised.</summary>
    public required Digest Charter { get; init; }

    /// <summary>The nonce that was used up, 32 bytes.</summary>
    public required ReadOnlyMemory<byte> Nonce { get; init; }

    /// <summary>Key id of the instance's signing key.</summary>
    public required KeyId Signing { get; init; }

    /// <summary>Key id of the instance's release key.</summary>
    public required KeyId Release { get; init; }

    /// <summary>SHA-256 of the raw evidence.</summary>
    public required Digest Evidence { get; init; }

    /// <summary>Evidence kind.</summary>
    public required string Kind { get; init; }

    /// <summary>Name of the charter's enclave whose reference values were met.</summary>
    public required string Enclave { get; init; }

    /// <summary>Measurement of the instance's code.</summary>
    public required LaunchMeasurement Measurement { get; init; }

    /// <summary>True if no hardware stands behind it.</summary>
    public required bool Simulated { get; init; }

    /// <summary>
    /// True if the platform calls for care although the charter accepts it: a TCB status other than up to date, or collateral or revocation lists within their grace.
    /// </summary>
    public bool Caution { get; init; }

    /// <summary>When the evidence was appraised, whole seconds.</summary>
    public required DateTimeOffset IssuedAt { get; init; }

    /// <summary>When the result ends, whole seconds.</summary>
    public required DateTimeOffset Expires { get; init; }
}
