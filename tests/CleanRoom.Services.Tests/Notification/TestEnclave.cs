using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Cryptography;
using CleanRoom.Protocol.Notification.V1;
using CleanRoom.Services.Tests.Rooms;
using CleanRoom.Transport;
using Google.Protobuf;

namespace CleanRoom.Services.Tests.Notification;

/// <summary>What an enclave instance appends and sends, without what it thinks: the ciphertexts are random.</summary>
internal sealed class TestEnclave(LogRoom room, long generation) : IDisposable
{
    private readonly HpkePrivateKey _release = HpkePrivateKey.Generate();
    private X509Certificate2? _certificate;

    public SigningKey Signing { get; } = SigningKey.Generate();

    public X509Certificate2 Certificate => _certificate ??= Signing.CreateSelfSignedCertificate("enclave", DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));

    /// <summary>Appends instance and releases of two brokers: one more than may collude.</summary>
    public async Task EnterAsync(int releases = 2)
    {
        await room.AppendAsync(
            new InstanceEntry(
                room.Id, Party.NewId(), room.Charter.Hash, new LogPosition(1, Digest.Of([])),
                [new InstanceEvidence(room.Alpha.Id, new byte[] { 1 }, RandomNumberGenerator.GetBytes(32))], generation, _release.PublicKey, Signing.PublicKey).Sign(Signing),
            room.Matching);
        foreach (var party in room.Parties.Take(releases))
        {
            await ReleaseAsync(party);
        }
    }

    public async Task ReleaseAsync(Party party)
    {
        var appended = await room.AppendAsync(new ReleaseEntry(
            room.Id, Party.NewId(), party.Id, generation, Signing.PublicKey.Id, DateTimeOffset.UnixEpoch.AddYears(80), [1]).Sign(party.Verifier));
        await room.CosignedAsync((long)appended.Index + 1);
    }

    /// <summary>Ends an epoch for all parties.</summary>
    public async Task<TestEpoch> EndEpochAsync(long number)
    {
        var reader = new LogReader(room.Channel(room.Matching), room.Id);
        var checkpoint = await reader.SyncAsync(fresh: false, null, TestContext.Current.CancellationToken);
        var slots = room.Charter.Epochs.SlotsPerMember;
        var epoch = new TestEpoch(room, Signing, number, generation, slots);
        var entry = new EpochEntry(
            room.Id, Party.NewId(), checkpoint.Note, number, true, generation,
            [.. room.Parties.Select(party => new EpochRecipient(party.Id, epoch.First, epoch.First + slots - 1, epoch.Tree(party).Root))], checkpoint.Time.Opening);
        epoch.Leaf = entry.Sign(Signing);
        return epoch;
    }

    public void Dispose()
    {
        _release.Dispose();
        _certificate?.Dispose();
        Signing.Dispose();
    }
}

/// <summary>The messages of an epoch.</summary>
internal sealed class TestEpoch
{
    private readonly LogRoom _room;
    private readonly SigningKey _signing;
    private readonly long _number;
    private readonly long _generation;
    private readonly Dictionary<Party, byte[][]> _ciphertexts;

    public TestEpoch(LogRoom room, SigningKey signing, long number, long generation, int slots)
    {
        (_room, _signing, _number, _generation) = (room, signing, number, generation);
        First = ((number - 1) * slots) + 1;
        _ciphertexts = room.Parties.ToDictionary(
            party => party,
            _ => Enumerable.Range(0, slots).Select(_ => RandomNumberGenerator.GetBytes(MessageSeal.SealedSize(room.Charter.Epochs.MessageBytes))).ToArray());
    }

    public long First { get; }

    public byte[] Leaf { get; set; } = [];

    /// <summary>Takes a byte from each of a member's messages.</summary>
    public void Shorten(Party party) => _ciphertexts[party] = [.. _ciphertexts[party].Select(ciphertext => ciphertext[..^1])];

    public EpochTree Tree(Party party) => new(_ciphertexts[party].Select(ciphertext => Digest.Of(ciphertext)));

    public byte[] Ciphertext(Party party, int slot) => _ciphertexts[party][slot];

    /// <summary>Appends the head and waits until it is cosigned.</summary>
    public async Task AppendAsync()
    {
        var index = (await _room.AppendAsync(Leaf)).Index;
        await _room.CosignedAsync((long)index + 1);
    }

    public FrameHeader Header(Party party, int slot) => new(
        _room.Id, _generation, party.Id, First + slot, _number, Digest.Of(Ciphertext(party, slot)), _room.Charter.Hash);

    /// <summary>As an instance of a later generation hands them over.</summary>
    public IReadOnlyList<Frame> All(long generation, SigningKey signing) =>
    [
        .. _room.Parties.SelectMany(party => Enumerable.Range(0, _ciphertexts[party].Length).Select(
            slot => Frame(party, slot, Header(party, slot) with { Generation = generation }, signing: signing))),
    ];

    public Frame Frame(Party party, int slot, FrameHeader? header = null, byte[]? ciphertext = null, SigningKey? signing = null, EpochTree? tree = null)
    {
        var frame = new Frame
        {
            Header = (header ?? Header(party, slot)).Sign(signing ?? _signing),
            Ciphertext = ByteString.CopyFrom(ciphertext ?? Ciphertext(party, slot)),
        };
        frame.Path.AddRange((tree ?? Tree(party)).Path(slot).Select(hash => ByteString.CopyFrom(hash.Span)));
        return frame;
    }

    public IReadOnlyList<Frame> Frames(Party party)
    {
        var tree = Tree(party);
        return [.. Enumerable.Range(0, _ciphertexts[party].Length).Select(slot => Frame(party, slot, tree: tree))];
    }

    public IReadOnlyList<Frame> All() => [.. _room.Parties.SelectMany(Frames)];
}
