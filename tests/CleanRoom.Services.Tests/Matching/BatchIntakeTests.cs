using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Client.Uploads;
using CleanRoom.Cryptography;
using CleanRoom.Linkage;
using CleanRoom.Linkage.Models;
using CleanRoom.Matching.Records;
using CleanRoom.Records;
using Google.Protobuf;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>However many processors parse and normalise, the shelf sees the slots in the order of the log.</summary>
public sealed class BatchIntakeTests : IDisposable
{
    private const long Index = 7;
    private readonly HpkePrivateKey _key = HpkePrivateKey.Generate();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _key.Dispose();

    [Fact]
    public async Task Slots_OfAWholeBatch_AreOnTheShelfAsIfOneThreadHadPutThem()
    {
        // Ten records in a hundred versions each, mixed: which versions are taken depends on what came before.
        var random = new Random(5);
        var ids = Enumerable.Range(0, 10).Select(_ => Guid.NewGuid()).ToArray();
        var (manifest, parts) = Seal([.. Enumerable.Range(0, 1_000).Select(_ => (ids[random.Next(ids.Length)], (uint)random.Next(1, 101), "alpha"))]);
        var (together, alone) = (new RecordShelf(RoomModel.Shipped, 10_000), new RecordShelf(RoomModel.Shipped, 10_000));
        var (refused, refusedAlone) = (new List<int>(), new List<int>());

        Assert.Empty(await TakeAsync(manifest, parts, together, refused: refused.Add));
        using var opener = BatchOpener.Create(manifest, _key)!;
        for (var part = 0; part < parts.Length; part++)
        {
            if (opener.Take(part, parts[part]) is { } plain && opener.Read(plain) is { } slot && !alone.Put(alone.Prepare(manifest, Index, slot)!))
            {
                refusedAlone.Add(part);
            }
        }

        Assert.NotEmpty(refusedAlone);
        Assert.Equal(refusedAlone, refused);
        Assert.Equal(alone.New, together.New);
        Assert.Equal(alone.Of(MemberId.Parse("alpha")).Select(r => (r.Handle, r.Id, r.FirstId, r.Version)), together.Of(MemberId.Parse("alpha")).Select(r => (r.Handle, r.Id, r.FirstId, r.Version)));
        Assert.Equal(10, together.Index.Count);
    }

    [Fact]
    public async Task Slots_ForeignTamperedOrWithdrawn_AreNotOnTheShelf()
    {
        var (manifest, parts) = Seal([.. Enumerable.Range(0, 8).Select(slot => (Guid.NewGuid(), 1u, slot == 3 ? "bravo" : "alpha"))]);
        parts[10][20] ^= 1;
        var shelf = new RecordShelf(RoomModel.Shipped, 100);
        var refused = new List<int>();

        // The tampered part is refused by itself; without its first part there is nothing to match in slot 5.
        Assert.Equal([(10, PartRefusal.DoesNotOpen)], await TakeAsync(manifest, parts, shelf, isWithdrawn: slot => slot == 1, refused: refused.Add));
        Assert.Equal([7], refused);
        Assert.Equal([Handle(0), Handle(2), Handle(4), Handle(6), Handle(7)], shelf.New);
    }

    [Fact]
    public async Task Slots_PartsOfDifferentRecords_AreRefusedWithTheirNumber()
    {
        var (manifest, parts) = Seal([(Guid.NewGuid(), 1, "alpha"), (Guid.NewGuid(), 1, "alpha"), (Guid.NewGuid(), 1, "alpha")]);
        (parts[2], parts[4]) = (parts[4], parts[2]);
        var shelf = new RecordShelf(RoomModel.Shipped, 100);

        // A part opens in its own place only.
        Assert.Equal([(2, PartRefusal.DoesNotOpen), (4, PartRefusal.DoesNotOpen)], await TakeAsync(manifest, parts, shelf));
        Assert.Equal([Handle(0)], shelf.New);
    }

    private async Task<IReadOnlyList<(int Part, PartRefusal Why)>> TakeAsync(
        BatchEntry manifest, byte[][] parts, RecordShelf shelf, Func<int, bool>? isWithdrawn = null, Action<int>? refused = null)
    {
        using var opener = BatchOpener.Create(manifest, _key)!;
        var intake = new BatchIntake(opener, manifest, Index, shelf, limited: false, mostDecoys: 0, needsEvidence: false, isWithdrawn ?? (_ => false), refused ?? (part => Assert.Fail($"{part}")));
        for (var part = 0; part < parts.Length; part++)
        {
            if (opener.Take(part, parts[part]) is { } plain)
            {
                await intake.TakeAsync(plain.Slot, plain, gone: false, Token);
            }
        }
        await intake.EndAsync();
        return opener.Refusals;
    }

    private (BatchEntry Manifest, byte[][] Parts) Seal(IReadOnlyList<(Guid Id, uint Version, string Owner)> slots)
    {
        var items = slots.Select((slot, at) =>
        {
            var record = EnclaveRoom.RecordOf(new Row($"r{at}", $"r{at}@example.org"));
            record.ContributorId = slot.Owner;
            record.RecordId = ByteString.CopyFrom(slot.Id.ToByteArray(bigEndian: true));
            record.RecordVersion = slot.Version;
            var parts = CaseRecordParts.Split(record);
            return new SealItem($"r{at}", slot.Id, (int)slot.Version, "", parts.Identity, parts.Analytic);
        }).ToList();
        var terms = new BatchTerms(
            RoomId.From(Guid.NewGuid()), MemberId.Parse("alpha"), Digest.Of([1]), new LogPosition(1, Digest.Of([2])), Digest.Of([3]), new DateTimeOffset(2031, 1, 1, 0, 0, 0, TimeSpan.Zero), _key.PublicKey, 1, null);
        using var output = new MemoryStream();
        var (manifest, lengths) = BatchSealer.Seal(terms, items, (EntryId.From(Guid.NewGuid()), BatchId.From(Guid.NewGuid())), output, Token);
        var all = output.ToArray();
        var at = 0;
        return (manifest, [.. lengths.Select(length => all[at..(at += length)])]);
    }

    private static RecordHandle Handle(int slot) => new((Index << 11) | (long)slot);
}
