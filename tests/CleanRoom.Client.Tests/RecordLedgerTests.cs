using CleanRoom.Charter.Audits;
using CleanRoom.Charter.Log;
using CleanRoom.Client.Uploads;
using CleanRoom.Cryptography;
using CleanRoom.Records.Import;
using CleanRoom.Records.V1;

namespace CleanRoom.Client.Tests;

/// <summary>The map of references on disk: it grows line by line, loses at most what no call had promised, and takes no other bit for an answer.</summary>
public sealed class RecordLedgerTests : IDisposable
{
    private static readonly RoomId Room = RoomId.From(RandomUuid.New());

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-ledger-");

    private string FilePath => Path.Combine(_folder.FullName, "records.json");

    [Fact]
    public void Save_OneOfMany_WritesOnlyWhatChanged()
    {
        var ledger = RecordLedger.Open(_folder.FullName);
        Put(ledger, 0, 5_000);
        var whole = File.ReadAllBytes(FilePath);
        Put(ledger, 5_000, 10);

        var grown = File.ReadAllBytes(FilePath);
        Assert.Equal(whole, grown[..whole.Length]);
        Assert.InRange(grown.Length - whole.Length, 10, 10_000);
        Assert.Equal(5_010, RecordLedger.Open(_folder.FullName).Records.Count);
    }

    [Fact]
    public void Save_TheSameRecordsAgainAndAgain_KeepsTheFileShort()
    {
        var ledger = RecordLedger.Open(_folder.FullName);
        Put(ledger, 0, 100);
        var once = new FileInfo(FilePath).Length;
        for (var version = 2; version < 100; version++)
        {
            Put(ledger, 0, 100, version);
        }

        Assert.InRange(new FileInfo(FilePath).Length, once, 20 * once);
        Assert.All(RecordLedger.Open(_folder.FullName).Records, record => Assert.Equal(99, record.Version));
    }

    /// <summary>A program that is killed while it adds a line leaves any part of it: what was saved before stands, and the next line takes its place.</summary>
    [Fact]
    public void Open_LastLineCutOffAnywhere_HasWhatWasSavedBefore()
    {
        var ledger = RecordLedger.Open(_folder.FullName);
        Put(ledger, 0, 3);
        var before = File.ReadAllBytes(FilePath).Length;
        Put(ledger, 3, 1);
        var whole = File.ReadAllBytes(FilePath);
        for (var length = before; length < whole.Length; length += 7)
        {
            File.WriteAllBytes(FilePath, whole[..length]);
            var cut = RecordLedger.Open(_folder.FullName);
            Assert.Equal(3, cut.Records.Count);
            Put(cut, 4, 1);
            Assert.Equal(["r0", "r1", "r2", "r4"], RecordLedger.Open(_folder.FullName).Records.Select(record => record.Reference).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void Open_AnotherBit_IsRefused()
    {
        var ledger = RecordLedger.Open(_folder.FullName);
        Put(ledger, 0, 3);
        Put(ledger, 3, 3);
        var good = File.ReadAllBytes(FilePath);
        for (var at = 0; at < good.Length - 1; at += 11)
        {
            var bad = (byte[])good.Clone();
            bad[at] ^= 1;
            File.WriteAllBytes(FilePath, bad);
            Assert.Equal(ClientProblem.BadData, Assert.Throws<ClientException>(() => RecordLedger.Open(_folder.FullName)).Problem);
        }
    }

    /// <summary>Until there were lines, the file was one object without a line's end.</summary>
    [Fact]
    public void Open_FileWithoutALinesEnd_IsReadAndCarriedOn()
    {
        Put(RecordLedger.Open(_folder.FullName), 0, 3);
        File.WriteAllBytes(FilePath, File.ReadAllBytes(FilePath)[..^1]);
        Put(RecordLedger.Open(_folder.FullName), 3, 2);
        Assert.Equal(5, RecordLedger.Open(_folder.FullName).Records.Count);
        Assert.Equal(2, File.ReadAllLines(FilePath).Length);
    }

    /// <summary>An upload that forgot the mark would make a person of what was made up.</summary>
    [Fact]
    public void Decoy_OnceMarked_StaysOneAndIsSealedAsOne()
    {
        var ledger = RecordLedger.Open(_folder.FullName);
        ledger.Put(new LedgerRecord("d", RandomUuid.New(), 1, "", [], Withdrawn: false) { IsDecoy = true });
        ledger.Save();
        var batch = BatchId.From(RandomUuid.New());
        ledger = RecordLedger.Open(_folder.FullName);
        var first = Plan("d")!.ToItem(Room, MemberId.Parse("alpha"));
        Assert.Equal((ledger.Find("d")!.RecordId, 1), (first.RecordId, first.Version));
        Assert.True(first.Identity!.Decoy);
        Assert.False(Plan("real")!.ToItem(Room, MemberId.Parse("alpha")).Identity!.Decoy);

        ledger.Put(new LedgerRecord("d", first.RecordId, 1, first.Content, [new RecordSlot(batch, 0)], Withdrawn: false));
        ledger.Save();
        ledger = RecordLedger.Open(_folder.FullName);
        Assert.True(ledger.Find("d")!.IsDecoy);
        Assert.Null(Plan("d"));
        ledger.Put(ledger.Find("d")! with { Withdrawn = true, IsDecoy = false });
        Assert.True(Plan("d")!.ToItem(Room, MemberId.Parse("alpha")).Identity!.Decoy);
        Assert.Throws<ClientException>(() => Plan("d", "C1_AGGREGATE"));

        PlannedRecord? Plan(string reference, string purpose = "C2_BLIND_MATCH")
        {
            var record = new CaseRecord { ContributorRecordRef = reference, Consents = { new Consent { Purpose = purpose, State = "Granted", ObtainedDay = 1, ExpiresDay = 1 << 20 } } };
            return new UploadPlanner(ledger, today: null).Take(new ImportedRow(1, 2, record, [], SealDecision.For(record, new DateOnly(2026, 6, 1)), AggregateOnly: false));
        }
    }

    /// <summary>A commitment that changed with each run would upload every record again; one that was forgotten could not be opened.</summary>
    [Fact]
    public void Evidence_OnceKept_GivesTheSameCommitmentForTheSameRecord_AndAnotherForAnother()
    {
        var ledger = RecordLedger.Open(_folder.FullName);
        var facts = new CaseEvidence(new DateOnly(2026, 3, 1), "LBF-1", "form 1");
        foreach (var reference in (string[])["a", "b"])
        {
            ledger.Put(new LedgerRecord(reference, RandomUuid.New(), 1, "", [], Withdrawn: false) { Evidence = [LedgerEvidence.New(facts)] });
        }

        ledger.Save();
        ledger = RecordLedger.Open(_folder.FullName);
        var first = Plan("a")!.ToItem(Room, MemberId.Parse("alpha"));
        Assert.Equal(first.Identity!.Evidence, Plan("a")!.ToItem(Room, MemberId.Parse("alpha")).Identity!.Evidence);
        Assert.NotEqual(first.Identity.Evidence, Plan("b")!.ToItem(Room, MemberId.Parse("alpha")).Identity!.Evidence);
        Assert.Empty(first.Analytic?.Evidence ?? Google.Protobuf.ByteString.Empty);
        Assert.False(Plan("c")!.MayBeAudited);
        var kept = ledger.Find("a")!.Evidence[^1];
        Assert.Equal(first.Identity.Evidence.ToByteArray(), kept.Commit(Room, MemberId.Parse("alpha"), first.RecordId).Span.ToArray());

        // What the sender writes knows nothing of it.
        ledger.Put(new LedgerRecord("a", first.RecordId, 1, first.Content, [new RecordSlot(BatchId.From(RandomUuid.New()), 0)], Withdrawn: false));
        ledger.Save();
        ledger = RecordLedger.Open(_folder.FullName);
        Assert.Null(Plan("a"));
        Assert.Equal(facts, Assert.Single(ledger.Find("a")!.Evidence).Facts);

        // Filed elsewhere: a new version, and what the first one was committed to is still known.
        ledger.Put(ledger.Find("a")! with { Evidence = [kept, LedgerEvidence.New(facts with { Consent = "form 2" })] });
        var second = Plan("a")!.ToItem(Room, MemberId.Parse("alpha"));
        Assert.Equal((first.RecordId, 2), (second.RecordId, second.Version));
        Assert.NotEqual(first.Identity.Evidence, second.Identity!.Evidence);
        Assert.Equal(2, ledger.Find("a")!.Evidence.Count);

        // A decoy is as long as every other record, and says what nobody opens.
        ledger.Put(new LedgerRecord("d", RandomUuid.New(), 1, "", [], Withdrawn: false) { IsDecoy = true });
        Assert.Equal(32, Plan("d")!.ToItem(Room, MemberId.Parse("alpha")).Identity!.Evidence.Length);

        PlannedRecord? Plan(string reference)
        {
            var record = new CaseRecord { ContributorRecordRef = reference, Consents = { new Consent { Purpose = "C2_BLIND_MATCH", State = "Granted", ObtainedDay = 1, ExpiresDay = 1 << 20 } } };
            return new UploadPlanner(ledger, today: null).Take(new ImportedRow(1, 2, record, [], SealDecision.For(record, new DateOnly(2026, 6, 1)), AggregateOnly: false));
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static void Put(RecordLedger ledger, int first, int count, int version = 1)
    {
        var batch = BatchId.From(RandomUuid.New());
        for (var i = first; i < first + count; i++)
        {
            ledger.Put(new LedgerRecord($"r{i}", RandomUuid.New(), version, "content", [new RecordSlot(batch, i - first)], Withdrawn: false));
        }

        ledger.Save();
    }
}
