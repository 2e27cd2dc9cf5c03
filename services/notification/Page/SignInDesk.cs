using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using CleanRoom.Charter;
using CleanRoom.Cryptography;
using CleanRoom.Notification.Rooms;
using CleanRoom.Transport;
using Microsoft.Extensions.Options;

namespace CleanRoom.Notification.Page;

/// <summary>Who is signed in: whose inbox, and by which key.</summary>
internal sealed record PageSession(RoomId Room, MemberId Member, KeyId Key);

/// <summary>
/// Signs browsers in: a challenge, signed with a transport key of the cosigned log, buys a bearer token (docs/protocol.md §8). A challenge counts once; a token ends with
/// its time, with signing out, and with the key.
/// </summary>
internal sealed class SignInDesk(RoomFollowers rooms, IOptions<PageOptions> options, TimeProvider clock)
{
    /// <summary>The JWS type.</summary>
    public const string JwsType = "cleanroom-signin+jws";

    /// <summary>How long a challenge may be answered.</summary>
    public static readonly TimeSpan ChallengeLife = TimeSpan.FromMinutes(2);

    private const int Size = 32;
    private const int MaximumChallenges = 10_000;
    private const int MaximumPayload = 1024;

    private readonly ConcurrentDictionary<string, DateTimeOffset> _challenges = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Digest, Entry> _sessions = new();

    /// <summary>Gives a challenge.</summary>
    public string Challenge()
    {
        Sweep();
        if (_challenges.Count >= MaximumChallenges)
        {
            throw new CleanRoomException(ErrorReason.ResourceExhausted, "Too many are signing in now.", null, "Try again in two minutes.") { RetryAfter = ChallengeLife };
        }

        var challenge = Random();
        _challenges[challenge] = clock.GetUtcNow() + ChallengeLife;
        return challenge;
    }

    /// <summary>Takes the answer to a challenge.</summary>
    /// <param name="jwk">The key that signed.</param>
    /// <param name="signed">Compact JWS over the canonical {"audience","challenge","room"}.</param>
    /// <param name="audience">Origin that the browser called: an answer for another server is worth nothing here.</param>
    /// <param name="cancellationToken">Ends the wait for the room's log.</param>
    /// <returns>The token, and whose session it is.</returns>
    /// <exception cref="CleanRoomException">The answer does not verify, or the key is no member's.</exception>
    public async Task<(string Token, PageSession Session)> SignInAsync(JsonElement jwk, string? signed, string audience, CancellationToken cancellationToken)
    {
        if (!VerifyingKey.TryFromJwk(jwk, out var key) || !Jws.TryParse(signed, out var jws, MaximumPayload) || jws.Type != JwsType
            || !TryReadAnswer(jws.Payload.Span, out var answer))
        {
            throw new CleanRoomException(ErrorReason.InvalidArgument, "The answer to the challenge has another form.", "signed");
        }

        // First, so that no answer is judged twice.
        if (!_challenges.TryRemove(answer.Challenge, out var until) || until < clock.GetUtcNow())
        {
            throw new CleanRoomException(ErrorReason.NonceUnknown, "The challenge is too old, or was answered already.", "signed", "Sign in again.");
        }

        if (answer.Audience != audience || !jws.Verify(key))
        {
            throw new CleanRoomException(ErrorReason.SignatureInvalid, "The answer was not signed by this key for this server.", "signed", "Open the page at the address that it was given to you with.");
        }

        var follower = await rooms.GetAsync(answer.Room, cancellationToken);
        var member = (await follower.GetAsync(cancellationToken)).Members.GetValueOrDefault(key.Id) ?? throw Stranger();
        if (_sessions.Count >= options.Value.MaximumSessions)
        {
            throw new CleanRoomException(ErrorReason.ResourceExhausted, "Too many are signed in now.", null, "Try again later.") { RetryAfter = TimeSpan.FromMinutes(1) };
        }

        var session = new PageSession(answer.Room, member, key.Id);
        var token = Random();
        var now = clock.GetUtcNow();
        _sessions[Name(token)] = new Entry(session, now + options.Value.SessionLife, now + options.Value.SessionIdle);
        return (token, session);
    }

    /// <summary>Gives the session of a token, whose key still is the member's.</summary>
    /// <exception cref="CleanRoomException">There is none, or no more.</exception>
    public async Task<PageSession> RequireAsync(string? token, CancellationToken cancellationToken)
    {
        if (token is null || !_sessions.TryGetValue(Name(token), out var entry))
        {
            throw SignedOut();
        }

        var now = clock.GetUtcNow();
        var (room, member, key) = entry.Session;
        var view = now < entry.Ends && now < entry.Idle ? await (await rooms.GetAsync(room, cancellationToken)).GetAsync(cancellationToken) : null;
        if (view?.Members.GetValueOrDefault(key) != member)
        {
            SignOut(token);
            throw view is null ? SignedOut() : Stranger();
        }

        _sessions[Name(token)] = entry with { Idle = now + options.Value.SessionIdle };
        return entry.Session;
    }

    /// <summary>Ends a session; one that is not there has ended already.</summary>
    public void SignOut(string token) => _sessions.TryRemove(Name(token), out _);

    private static bool TryReadAnswer(ReadOnlySpan<byte> payload, out (string Audience, string Challenge, RoomId Room) answer)
    {
        answer = default;
        if (!StrictJson.TryParseCanonical(payload, out var document, MaximumPayload))
        {
            return false;
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || root.GetPropertyCount() != 3 || Text(root, "audience") is not { } audience
                || Text(root, "challenge") is not { } challenge || !RoomId.TryParse(Text(root, "room"), out var room))
            {
                return false;
            }

            answer = (audience, challenge, room);
            return true;
        }
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string Random() => StrictBase64.EncodeUrl(RandomNumberGenerator.GetBytes(Size));

    // The table holds no token: who reads this memory cannot go on with one.
    private static Digest Name(string token) => Digest.Of(System.Text.Encoding.UTF8.GetBytes(token));

    private static CleanRoomException SignedOut() => new(ErrorReason.Unauthenticated, "You are signed out.", null, "Sign in again.");

    private static CleanRoomException Stranger() => new(
        ErrorReason.UnknownMember, "The key is no member's.", null, "Use a key file whose transport key the room's log lists; a revoked key opens nothing.");

    private void Sweep()
    {
        var now = clock.GetUtcNow();
        foreach (var (challenge, until) in _challenges)
        {
            if (until < now)
            {
                _challenges.TryRemove(challenge, out _);
            }
        }

        foreach (var (name, entry) in _sessions)
        {
            if (entry.Ends < now || entry.Idle < now)
            {
                _sessions.TryRemove(name, out _);
            }
        }
    }

    private sealed record Entry(PageSession Session, DateTimeOffset Ends, DateTimeOffset Idle);
}
