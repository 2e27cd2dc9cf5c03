using System.Security.Cryptography.X509Certificates;
using System.Text;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Protocol.Attestation.V1;
using CleanRoom.Transport;
using Google.Protobuf;

namespace CleanRoom.Client.Rooms;

/// <summary>The owner's line to its own broker. The broker knows the owner by the profile's TLS key. Safe for concurrent use.</summary>
public sealed class BrokerClient : IDisposable
{
    private readonly X509Certificate2 _certificate;
    private readonly PinnedChannel _channel;
    private readonly BrokerService.BrokerServiceClient _client;
    private readonly RoomCharter? _charter;

    private BrokerClient(X509Certificate2 certificate, PinnedChannel channel, RoomCharter? charter)
    {
        _certificate = certificate;
        _channel = channel;
        _charter = charter;
        _client = new BrokerService.BrokerServiceClient(channel.CallInvoker);
    }

    /// <summary>Prepares a connection; nothing is sent yet.</summary>
    /// <param name="profile">The owner.</param>
    /// <param name="endpoint">https address.</param>
    /// <param name="tls">Id of the broker's TLS key.</param>
    public static BrokerClient Connect(MemberProfile profile, Uri endpoint, KeyId tls) => Connect(profile, endpoint, tls, charter: null);

    private static BrokerClient Connect(MemberProfile profile, Uri endpoint, KeyId tls, RoomCharter? charter)
    {
        ArgumentNullException.ThrowIfNull(profile);
        var certificate = profile.OpenTransportCertificate();
        try
        {
            return new BrokerClient(certificate, PinnedChannel.Create(endpoint, tls, certificate), charter);
        }
        catch (ArgumentException exception)
        {
            certificate.Dispose();
            throw new ClientException(ClientProblem.Usage, "The broker's address must start with https://: check it.", exception);
        }
    }

    /// <summary>Prepares a connection to the broker that a charter names for this member.</summary>
    /// <exception cref="ClientException">The charter lists no broker for the member.</exception>
    public static BrokerClient Connect(MemberProfile profile, RoomCharter charter, RoomEndpoints? endpoints = null)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(charter);
        return charter.TryFind(profile.Member, out var member) && member.Broker is { } broker
            ? Connect(profile, endpoints?.Broker ?? broker.Endpoint, broker.Tls, charter)
            : throw new ClientException(ClientProblem.Configuration, $"The charter names no broker for {profile.Member}: only contributors and agencies have one.");
    }

    /// <summary>Prepares a connection to a stand-in of this member's broker.</summary>
    public static BrokerClient Connect(MemberProfile profile, RoomCharter charter, StandInTerms standIn)
    {
        ArgumentNullException.ThrowIfNull(charter);
        ArgumentNullException.ThrowIfNull(standIn);
        return Connect(profile, standIn.Endpoint, standIn.Tls, charter);
    }

    /// <summary>Asks for the broker's public keys.</summary>
    /// <exception cref="CleanRoomException">The broker refused or cannot be reached.</exception>
    public async Task<BrokerIdentity> GetIdentityAsync(CancellationToken cancellationToken)
    {
        var response = await _client.GetIdentityAsync(new GetIdentityRequest(), cancellationToken: cancellationToken).ConfigureAwait(false);
        return VerifyingKey.TryFromSpki(response.VerifierKey.Span, out var verifier) && VerifyingKey.TryFromSpki(response.WitnessKey.Span, out var witness)
            && HpkePublicKey.TryFromSpki(response.HandOverKey.Span, out var handOver) && response.TlsKeyHash.Length == KeyId.Size && new KeyId(response.TlsKeyHash.Span).Equals(_channel.ServerKey)
            ? new BrokerIdentity(verifier, witness, _channel.ServerKey, handOver, [.. response.EvidenceKinds])
            : throw new ClientException(ClientProblem.VerificationFailed, "The broker's answer names keys that are malformed or not its own: check that this is your broker.");
    }

    /// <summary>Hands a signed charter to the broker: version 1 joins the room, a higher one becomes the newest. Idempotent.</summary>
    /// <exception cref="CleanRoomException">The broker refused the charter or cannot be reached.</exception>
    public async Task<AcceptedCharter> AcceptCharterAsync(SignedCharter charter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(charter);
        var response = await _client.AcceptCharterAsync(
            new AcceptCharterRequest { SignedCharter = ByteString.CopyFrom(charter.ToBytes()) }, cancellationToken: cancellationToken).ConfigureAwait(false);
        if (response.RecordKey.IsEmpty)
        {
            return new AcceptedCharter((int)response.Version, null, 0);
        }

        return HpkePublicKey.TryFromSpki(response.RecordKey.Span, out var key)
            ? new AcceptedCharter((int)response.Version, key, (int)response.Period)
            : throw new ClientException(ClientProblem.VerificationFailed, "The broker's record key is malformed: check that this is your broker.");
    }

    /// <summary>Stops or resumes every release of this owner's keys for a room, at once.</summary>
    /// <exception cref="CleanRoomException">The broker refused or cannot be reached.</exception>
    public async Task<bool> SetFrozenAsync(RoomId room, bool frozen, CancellationToken cancellationToken)
    {
        var response = await _client.SetFrozenAsync(
            new SetFrozenRequest { Room = room.ToString(), Frozen = frozen }, cancellationToken: cancellationToken).ConfigureAwait(false);
        return response.Frozen;
    }

    /// <summary>Asks what the broker holds and has done for a room.</summary>
    /// <exception cref="CleanRoomException">The broker refused or cannot be reached.</exception>
    /// <exception cref="ClientException">The answer names no charter, or its label "simulated" does not fit the charter.</exception>
    public async Task<BrokerRoom> GetRoomAsync(RoomId room, CancellationToken cancellationToken)
    {
        var response = await _client.GetRoomAsync(new GetRoomRequest { Room = room.ToString() }, cancellationToken: cancellationToken).ConfigureAwait(false);
        if (_charter?.Room == room && response.Simulated != _charter.Simulated)
        {
            throw new ClientException(
                ClientProblem.VerificationFailed, $"The broker's answer {(response.Simulated ? "bears" : "lacks")} the label \"simulated\", against the charter: check that this is your broker.");
        }

        return Digest.TryFromBytes(response.CharterHash.Span, out var hash)
            ? new BrokerRoom(
                (int)response.CharterVersion, hash, response.Frozen, response.Simulated, (long)response.Size,
                Digest.TryFromBytes(response.Root.Span, out var root) ? root : null, (long)response.Generation,
                response.LeaseEnds == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(response.LeaseEnds),
                [.. response.RecordKeys.Select(held => HpkePublicKey.TryFromSpki(held.PublicKey.Span, out var key)
                    ? new HeldKey((int)held.Period, key.Id, held.Custody)
                    : throw new ClientException(ClientProblem.VerificationFailed, "A record key in the broker's answer is malformed: check that this is your broker."))])
            : throw new ClientException(ClientProblem.VerificationFailed, "The broker's answer names no charter: check that this is your broker.");
    }

    /// <summary>Lets the broker make the record key of the next period. Idempotent. It counts once its entry is in the log ("room register").</summary>
    /// <param name="room">The room.</param>
    /// <param name="from">The newest period so far.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="CleanRoomException">The broker refused or cannot be reached.</exception>
    public async Task<HeldKey> RollRecordKeyAsync(RoomId room, int from, CancellationToken cancellationToken)
    {
        var response = await _client.RollRecordKeyAsync(new RollRecordKeyRequest { Room = room.ToString(), From = (uint)from }, cancellationToken: cancellationToken).ConfigureAwait(false);
        return HpkePublicKey.TryFromSpki(response.RecordKey.Span, out var key) && response.Period == from + 1
            ? new HeldKey((int)response.Period, key.Id, null)
            : throw new ClientException(ClientProblem.VerificationFailed, "The broker's record key is malformed or of another period: check that this is your broker.");
    }

    /// <summary>Lets the broker destroy the record key of a period that is over. There is no way back. Idempotent.</summary>
    /// <param name="room">The room.</param>
    /// <param name="period">The period.</param>
    /// <param name="key">Id of its key.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The entry of the log as it was signed, and what it says; verified with the key that the charter lists for this broker.</returns>
    /// <exception cref="CleanRoomException">The broker refused or cannot be reached.</exception>
    /// <exception cref="ClientException">The statement is not this broker's or not about this key.</exception>
    public async Task<(string Text, ErasureEntry Statement)> DestroyRecordKeyAsync(RoomId room, int period, KeyId key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        var response = await _client.DestroyRecordKeyAsync(
            new DestroyRecordKeyRequest { Room = room.ToString(), Period = (uint)period, KeyHash = ByteString.CopyFrom(key.Span) }, cancellationToken: cancellationToken).ConfigureAwait(false);
        return OwnerOf(_channel.ServerKey) is var (owner, verifier)
            && SignedEntry.TryParse(Encoding.ASCII.GetBytes(response.Statement), out var signed, out _) && signed.Entry is ErasureEntry statement && signed.Verify(verifier)
            && statement.Author == owner && statement.Room == room && statement.Period == period && statement.Key == key && statement.Simulated == _charter!.Simulated
                ? (response.Statement, statement)
                : throw new ClientException(ClientProblem.VerificationFailed, "The broker's erasure statement is not signed by its verifier key or not about this key: check that this is your broker.");
    }

    /// <summary>Lets the own broker seal what it holds for a room to a stand-in that the charter names.</summary>
    /// <param name="room">The room.</param>
    /// <param name="to">The stand-in's verifier key.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The package; it opens at that stand-in alone.</returns>
    /// <exception cref="CleanRoomException">The broker refused or cannot be reached.</exception>
    public async Task<string> HandOverAsync(RoomId room, KeyId to, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(to);
        return (await _client.HandOverAsync(new HandOverRequest { Room = room.ToString(), To = ByteString.CopyFrom(to.Span) }, cancellationToken: cancellationToken).ConfigureAwait(false)).Package;
    }

    /// <summary>Lets a stand-in take what the own broker handed over. Idempotent.</summary>
    /// <exception cref="CleanRoomException">The stand-in refused or cannot be reached.</exception>
    public async Task<TakenOver> TakeOverAsync(string package, CancellationToken cancellationToken)
    {
        var response = await _client.TakeOverAsync(new TakeOverRequest { Package = package }, cancellationToken: cancellationToken).ConfigureAwait(false);
        return new TakenOver((int)response.Version, [.. response.Periods.Select(static period => (int)period)], response.Frozen);
    }

    /// <summary>Whose broker or stand-in has this TLS key, and by which key it signs.</summary>
    private (MemberId Member, VerifyingKey Verifier)? OwnerOf(KeyId tls)
    {
        foreach (var member in _charter?.Members ?? [])
        {
            if (member.Broker is { } broker && (broker.Tls == tls ? broker.VerifierKey : broker.StandIns.FirstOrDefault(standIn => standIn.Tls == tls)?.VerifierKey) is { } verifier)
            {
                return (member.Id, verifier);
            }
        }

        return null;
    }

    /// <summary>Closes the connection.</summary>
    public void Dispose()
    {
        _channel.Dispose();
        _certificate.Dispose();
    }
}
