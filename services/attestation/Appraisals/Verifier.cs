using System.Security.Cryptography;
using CleanRoom.Attestation.Keys;
using CleanRoom.Attestation.Rooms;
using CleanRoom.Charter;
using CleanRoom.Cryptography;
using CleanRoom.Evidence;
using CleanRoom.Evidence.Results;

namespace CleanRoom.Attestation.Appraisals;

/// <summary>A nonce for one evidence.</summary>
internal sealed record Nonce(ReadOnlyMemory<byte> Value, DateTimeOffset Expires);

/// <summary>What an instance shows to be appraised.</summary>
internal sealed record Presentation(
    RoomId Room, ReadOnlyMemory<byte> Nonce, ReadOnlyMemory<byte> Evidence, VerifyingKey Signing, HpkePublicKey Release, Digest Charter);

/// <summary>The verifier: gives nonces, appraises evidence against the newest charter that the owner signed, says what it found.</summary>
internal sealed partial class Verifier(RoomGuard guard, BrokerKeys keys, VerifierLimits limits, VendorCollateral collateral, TimeProvider clock, ILogger<Verifier> logger)
{
    /// <summary>How long a nonce may be used: five minutes (docs/protocol.md §5).</summary>
    public static readonly TimeSpan NonceLifetime = TimeSpan.FromMinutes(5);

    public async Task<Outcome<Nonce>> ChallengeAsync(RoomId room, CancellationToken cancellationToken)
    {
        if (await guard.FindAsync(room, cancellationToken) is null)
        {
            return new Outcome<Nonce>.Refused(RoomGuard.NotJoined());
        }

        var now = Now();
        var nonce = new Nonce(RandomNumberGenerator.GetBytes(ReportBinding.NonceSize), now + NonceLifetime);
        return await guard.Store.TryAddNonceAsync(RoomGuard.ToGuid(room), nonce.Value, nonce.Expires, now, limits.MaximumOutstandingNonces, cancellationToken)
            ? new Outcome<Nonce>.Done(nonce)
            : new Outcome<Nonce>.Refused(new Refusal(BrokerReason.TooManyNonces, "room", "Too many nonces are unused.", "Try again in five minutes."));
    }

    /// <summary>Appraises evidence. Its nonce is used up, whatever comes out.</summary>
    /// <returns>The attestation result, a compact JWS.</returns>
    public async Task<Outcome<string>> AttestAsync(Presentation shown, CancellationToken cancellationToken)
    {
        var room = await guard.FindAsync(shown.Room, cancellationToken);
        if (room is null)
        {
            return new Outcome<string>.Refused(RoomGuard.NotJoined());
        }

        var now = Now();
        if (guard.Objection(room, now) is { } objection)
        {
            return new Outcome<string>.Refused(objection);
        }

        if (shown.Charter != room.Charter.Hash)
        {
            return Refuse(BrokerReason.CharterNotInForce, "charter_hash", "The instance enforces another charter than the newest one that the owner signed.", "Start an instance with the newest charter.");
        }

        if (shown.Signing.Id == shown.Release.Id)
        {
            return Refuse(BrokerReason.RequestMalformed, "release_key", "The release key must be another key than the signing key.");
        }

        if (!await guard.Store.TryUseNonceAsync(RoomGuard.ToGuid(shown.Room), shown.Nonce, now, cancellationToken))
        {
            return Refuse(BrokerReason.NonceUsed, "nonce", "The nonce is not one of this broker's for the room, or it was used, or its five minutes are over.", "Ask for a new nonce.");
        }

        var binding = ReportBinding.Compute(shown.Nonce.Span, shown.Signing, shown.Release, shown.Charter);
        switch (EvidenceAppraiser.Appraise(shown.Evidence.Span, binding, room.Policy(), collateral.Context(now)))
        {
            case Appraisal.Trusted trusted:
                if (trusted.Claims.Simulated)
                {
                    LogSimulated(shown.Room);
                }

                return new Outcome<string>.Done(Sign(shown, trusted.Claims, now));
            case Appraisal.Rejected rejected:
                LogRejected(shown.Room, rejected.Reason);
                return Refuse(BrokerReason.EvidenceRejected, "evidence", $"The evidence was rejected: {rejected.Reason}. {rejected.Findings[0]}", rejected.Findings[0].Remedy);
            default:
                throw new InvalidOperationException("An appraisal is trusted or rejected.");
        }
    }

    private string Sign(Presentation shown, EvidenceClaims claims, DateTimeOffset now) => AttestationResult.Sign(keys.Verifier, new AttestationResultClaims
    {
        Member = guard.Owner.Id.Value,
        Room = shown.Room.ToString(),
        Charter = shown.Charter,
        Nonce = shown.Nonce,
        Signing = shown.Signing.Id,
        Release = shown.Release.Id,
        Evidence = Digest.Of(shown.Evidence.Span),
        Kind = claims.Kind,
        Enclave = claims.Enclave,
        Measurement = claims.Measurement,
        Simulated = claims.Simulated,
        Caution = !claims.Simulated && !claims.Notices.IsEmpty,
        IssuedAt = now,
        Expires = now + AttestationResult.MaxLifetime,
    });

    private static Outcome<string> Refuse(BrokerReason reason, string field, string message, string remedy = "") =>
        new Outcome<string>.Refused(new Refusal(reason, field, message, remedy));

    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeSeconds(clock.GetUtcNow().ToUnixTimeSeconds());

    [LoggerMessage(Level = LogLevel.Warning, Message = "Evidence rejected for room {Room}: {Reason}.")]
    private partial void LogRejected(RoomId room, RejectionReason reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "SIMULATED evidence accepted for room {Room}: no hardware stands behind it.")]
    private partial void LogSimulated(RoomId room);
}

/// <summary>Bounds of the verifier.</summary>
/// <param name="MaximumOutstandingNonces">Most unused nonces of a room.</param>
internal sealed record VerifierLimits(int MaximumOutstandingNonces);
