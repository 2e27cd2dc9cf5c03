using System.Security.Cryptography.X509Certificates;
using CleanRoom.Charter;
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

    /// <summary>Asks for the broker's public keys.</summary>
    /// <exception cref="CleanRoomException">The broker refused or cannot be reached.</exception>
    public async Task<BrokerIdentity> GetIdentityAsync(CancellationToken cancellationToken)
    {
        var response = await _client.GetIdentityAsync(new GetIdentityRequest(), cancellationToken: cancellationToken).ConfigureAwait(false);
        return VerifyingKey.TryFromSpki(response.VerifierKey.Span, out var verifier) && VerifyingKey.TryFromSpki(response.WitnessKey.Span, out var witness)
            && response.TlsKeyHash.Length == KeyId.Size && new KeyId(response.TlsKeyHash.Span).Equals(_channel.ServerKey)
            ? new BrokerIdentity(verifier, witness, _channel.ServerKey, [.. response.EvidenceKinds])
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
                response.LeaseEnds == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(response.LeaseEnds))
            : throw new ClientException(ClientProblem.VerificationFailed, "The broker's answer names no charter: check that this is your broker.");
    }

    /// <summary>Closes the connection.</summary>
    public void Dispose()
    {
        _channel.Dispose();
        _certificate.Dispose();
    }
}
