using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Matching.Enclave;
using CleanRoom.Protocol.Attestation.V1;
using CleanRoom.Protocol.Common.V1;
using CleanRoom.Transport;
using Google.Protobuf;

namespace CleanRoom.Matching.Release;

/// <summary>The instance entry in a cosigned log, and the log's hashes to prove it by.</summary>
/// <param name="Leaf">The leaf.</param>
/// <param name="Index">Its position.</param>
internal sealed record LoggedInstance(ReadOnlyMemory<byte> Leaf, long Index);

/// <summary>Where an owner's keys can be asked for.</summary>
/// <param name="Endpoint">https address.</param>
/// <param name="Tls">SPKI hash of its TLS key.</param>
/// <param name="StandsIn">It is a stand-in, not the owner's broker.</param>
internal sealed record BrokerPlace(Uri Endpoint, KeyId Tls, bool StandsIn)
{
    /// <summary>Gives the places of a member in the order in which they are asked.</summary>
    public static IEnumerable<BrokerPlace> Of(BrokerTerms broker) =>
        broker.StandIns.Select(standIn => new BrokerPlace(standIn.Endpoint, standIn.Tls, StandsIn: true)).Prepend(new BrokerPlace(broker.Endpoint, broker.Tls, StandsIn: false));
}

/// <summary>One broker of an owner, as the enclave sees it: nonce, appraisal, release.</summary>
internal sealed class BrokerClient : IDisposable
{
    /// <summary>The broker's view of the log moves while releases are logged; each attempt proves from where it stands now.</summary>
    private const int MaxAttempts = 24;

    private readonly PinnedChannel _channel;
    private readonly AttestationService.AttestationServiceClient _client;

    public BrokerClient(MemberId member, BrokerPlace place, X509Certificate2 certificate)
    {
        (Member, Place) = (member, place);
        _channel = PinnedChannel.Create(place.Endpoint, place.Tls, certificate);
        _client = new AttestationService.AttestationServiceClient(_channel.CallInvoker);
    }

    public MemberId Member { get; }

    public BrokerPlace Place { get; }

    public async Task<ReadOnlyMemory<byte>> ChallengeAsync(RoomId room, CancellationToken cancellationToken)
    {
        var response = await _client.ChallengeAsync(new ChallengeRequest { Room = room.ToString() }, cancellationToken: cancellationToken);
        return response.Nonce.Length == 32
            ? response.Nonce.ToByteArray()
            : throw new CleanRoomException(ErrorReason.DataLoss, "The broker's nonce does not have 32 bytes.");
    }

    /// <summary>Lets the broker appraise the evidence, and takes its owner's keys if it approves.</summary>
    /// <param name="entry">The instance entry; holds the evidence for this broker.</param>
    /// <param name="logged">Where it stands.</param>
    /// <param name="keys">The instance's keys.</param>
    /// <param name="log">Gives the newest cosigned checkpoint and proofs over the log that this enclave has verified.</param>
    /// <param name="newestPeriod">Newest period of the owner's record keys in that log; 0 for none.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<MemberKeys> CollectAsync(
        InstanceEntry entry, LoggedInstance logged, InstanceKeys keys, IProofSource log, int newestPeriod, CancellationToken cancellationToken)
    {
        var evidence = entry.Evidence.First(item => item.Broker == Member);
        var attested = await _client.AttestAsync(
            new AttestRequest
            {
                Room = entry.Room.ToString(),
                Nonce = ByteString.CopyFrom(evidence.Nonce.Span),
                Evidence = ByteString.CopyFrom(evidence.Evidence.Span),
                SigningKey = ByteString.CopyFrom(entry.Signing.Spki.Span),
                ReleaseKey = ByteString.CopyFrom(entry.Release.ToSpki()),
                CharterHash = ByteString.CopyFrom(entry.Charter.Span),
            },
            cancellationToken: cancellationToken);

        var brokerSize = 0L;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var checkpoint = await log.NewestAsync(cancellationToken);
                var response = await _client.ReleaseKeyAsync(Request(entry.Room, attested.Result, logged, checkpoint, brokerSize, log, newestPeriod), cancellationToken: cancellationToken);
                return Open(entry, keys, response);
            }
            catch (CleanRoomException exception) when (attempt < MaxAttempts && StandsAt(exception, out var size))
            {
                brokerSize = size;
            }
        }
    }

    public void Dispose() => _channel.Dispose();

    /// <summary>A broker that stands elsewhere than we guessed names the size that it is at.</summary>
    private static bool StandsAt(CleanRoomException exception, out long size) =>
        long.TryParse(exception.Field, NumberStyles.None, CultureInfo.InvariantCulture, out size)
        && exception.Reason is not (ErrorReason.LogForked or ErrorReason.LogRolledBack) && size > 0;

    private static ReleaseKeyRequest Request(
        RoomId room, string result, LoggedInstance logged, CosignedCheckpoint checkpoint, long brokerSize, IProofSource log, int newestPeriod)
    {
        var request = new ReleaseKeyRequest
        {
            Room = room.ToString(),
            Result = result,
            NewestPeriod = (uint)newestPeriod,
            Instance = new LogEntry
            {
                Index = (ulong)logged.Index,
                Leaf = ByteString.CopyFrom(logged.Leaf.Span),
                LeafHash = ByteString.CopyFrom(MerkleTree.LeafHash(logged.Leaf.Span).Span),
            },
            Inclusion = new InclusionProof { Index = (ulong)logged.Index, Checkpoint = new Protocol.Common.V1.SignedCheckpoint { Note = checkpoint.Note.ToText() } },
            Consistency = new ConsistencyProof { OldSize = (ulong)checkpoint.Size, NewSize = (ulong)checkpoint.Size },
        };
        request.Inclusion.Path.Add(log.Inclusion(logged.Index, checkpoint.Size).Select(hash => ByteString.CopyFrom(hash.Span)));
        if (brokerSize > 0 && brokerSize != checkpoint.Size && brokerSize <= log.Size)
        {
            var (from, to) = brokerSize < checkpoint.Size ? (brokerSize, checkpoint.Size) : (checkpoint.Size, brokerSize);
            request.Consistency = new ConsistencyProof { OldSize = (ulong)from, NewSize = (ulong)to };
            request.Consistency.Path.Add(log.Consistency(from, to).Select(hash => ByteString.CopyFrom(hash.Span)));
        }
        return request;
    }

    private MemberKeys Open(InstanceEntry entry, InstanceKeys keys, ReleaseKeyResponse response)
    {
        var info = Encoding.ASCII.GetBytes($"cleanroom/v1/release\0{entry.Room}\0{Member}\0{entry.Generation.ToString(CultureInfo.InvariantCulture)}");
        byte[] box = [.. response.Enc.Span, .. response.Ciphertext.Span];
        if (!Hpke.TryOpen(keys.Release, info, MerkleTree.LeafHash(response.Release.Leaf.Span).Span, box, out var plaintext))
        {
            throw new CleanRoomException(ErrorReason.CiphertextInvalid, "The released keys do not open with this instance's release key.");
        }
        try
        {
            var bundle = KeyBundle.Parser.ParseFrom(plaintext);
            if (bundle.RoomSecret.Length != 32)
            {
                throw new CleanRoomException(ErrorReason.CiphertextInvalid, "The released room secret does not have 32 bytes.");
            }
            var recordKeys = new Dictionary<int, HpkePrivateKey>();
            foreach (var key in bundle.RecordKeys)
            {
                recordKeys.Add((int)key.Period, HpkePrivateKey.Import(key.PrivateKey.Span));
            }
            return new MemberKeys(bundle.RoomSecret.Span, recordKeys, DateTimeOffset.FromUnixTimeSeconds(bundle.LeaseEnds));
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new CleanRoomException(ErrorReason.CiphertextInvalid, "The released key bundle does not parse.", null, null, exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }
}

/// <summary>The log as this enclave has verified it.</summary>
internal interface IProofSource
{
    /// <summary>Entries read so far.</summary>
    long Size { get; }

    /// <summary>Reads on to the newest cosigned checkpoint.</summary>
    Task<CosignedCheckpoint> NewestAsync(CancellationToken cancellationToken);

    IReadOnlyList<Digest> Inclusion(long index, long size);

    IReadOnlyList<Digest> Consistency(long from, long to);
}
