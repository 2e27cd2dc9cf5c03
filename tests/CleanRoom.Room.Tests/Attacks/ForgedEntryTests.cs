using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Client.Logs;
using CleanRoom.Cryptography;
using CleanRoom.Demo;
using CleanRoom.Room.Tests.Canaries;
using CleanRoom.Room.Tests.Rooms;
using CleanRoom.Storage.Logs;
using CleanRoom.Storage.Sqlite;

namespace CleanRoom.Room.Tests.Attacks;

/// <summary>An operator that writes entries into its own database, past everything that ingestion checks, and members that write what is not theirs to write (THREATS T22).</summary>
public sealed class ForgedEntryTests(TappedRoom tapped, ITestOutputHelper output)
{
    private const string Alpha = "alpha-house";
    private const string Bravo = "bravo-house";

    [Fact]
    public async Task Entries_ForgedCrossRoomCrossContributorOutOfRole_ChangeNothingThatIsToldAndAreReported()
    {
        var cases = Directory.CreateTempSubdirectory("cleanroom-cases-");
        using var recorder = new Recorder();
        try
        {
            var file = TappedRoom.WriteWithMatches(cases.FullName);
            await using var room = await WholeRoom.OpenAsync(file, new InProcessServices(recorder.Attach));
            await room.Demo.UploadAsync(await CaseFile.ReadAllAsync(file, WholeRoom.Token), WholeRoom.Token);
            var forged = Forge(room);
            var first = await WriteAsync(room, [.. forged.Select(item => item.Leaf)]);

            await room.Demo.StartMatchingAsync(WholeRoom.Token);
            var told = await room.Demo.ReadInboxesAsync(WholeRoom.Token);
            foreach (var member in room.Demo.Brokered)
            {
                Assert.Equal(TappedRoom.Kinds(tapped.Told[member]), TappedRoom.Kinds(told[member]));
            }

            // The enclave saw every one of them, and said which and why.
            var seen = recorder.Lines.Where(line => line.Service == "matching" && line.Template.Contains("is ignored", StringComparison.Ordinal))
                .Select(line => line.Values.ToDictionary(value => value.Key, value => value.Value))
                .ToDictionary(values => values["Index"], values => values["Reason"]);
            foreach (var (at, (what, _, reason)) in forged.Index())
            {
                output.WriteLine($"{first + at}: {what}: {reason}");
                Assert.Equal(reason.ToString(), seen[$"{first + at}"]);
            }

            Assert.Equal(forged.Count, seen.Count);

            // The member in whose name they were written reads it in the log, and the log as a whole verifies: nothing of it was believed.
            var findings = await LogAudit.VerifyAsync(room.Demo.Rooms[Alpha], WholeRoom.Token);
            Assert.True(findings.Verified, findings.Problem);
            foreach (var (at, (what, _, _)) in forged.Index().Where(item => item.Item.What.Contains("alpha", StringComparison.Ordinal)))
            {
                Assert.True(findings.Lines[(int)first + at].Effect != EntryEffect.Accepted, what);
            }

            Assert.Contains(findings.Ignored, line => line.Reason == IgnoredReason.WrongRoom);
        }
        finally
        {
            cases.Delete(recursive: true);
        }
    }

    private static List<(string What, ReadOnlyMemory<byte> Leaf, IgnoredReason Reason)> Forge(WholeRoom room)
    {
        var (id, alpha, bravo, agency) = (room.Demo.Room, MemberId.Parse(Alpha), MemberId.Parse(Bravo), MemberId.Parse(SmallCases.Agency));
        var (profileOfAlpha, profileOfBravo) = (room.Demo.Profiles[Alpha], room.Demo.Profiles[Bravo]);
        using var stranger = SigningKey.Generate();
        using var hpke = HpkePrivateKey.Generate();
        using var uploaderOfAlpha = profileOfAlpha.OpenPersonKey(PersonRoles.Uploader);
        using var uploaderOfBravo = profileOfBravo.OpenPersonKey(PersonRoles.Uploader);
        using var approverOfBravo = profileOfBravo.OpenPersonKey(PersonRoles.Approver);
        using var approverOfAgency = room.Demo.Profiles[SmallCases.Agency].OpenPersonKey(PersonRoles.Approver);
        var batch = room.Demo.Rooms[Alpha].State.LastBatchOf(alpha)!.Manifest.Batch;
        RecordSlot[] slots = [.. Enumerable.Range(0, 8).Select(slot => new RecordSlot(batch, slot))];
        return
        [
            ("withdrawal in alpha's name by nobody's key", new TombstoneEntry(id, New(), alpha, slots).Sign(stranger), IgnoredReason.UnknownSigner),
            ("withdrawal in alpha's name by bravo's uploader", new TombstoneEntry(id, New(), alpha, slots).Sign(uploaderOfBravo), IgnoredReason.UnknownSigner),
            ("withdrawal of alpha's records by bravo in its own name", new TombstoneEntry(id, New(), bravo, slots).Sign(uploaderOfBravo), IgnoredReason.UnknownRecord),
            ("listing by an agency, which holds no records", new ListingEntry(id, New(), agency, [alpha, bravo], [], []).Sign(approverOfAgency), IgnoredReason.NotAllowed),
            ("listing in alpha's name by the agency", new ListingEntry(id, New(), alpha, [], [agency], []).Sign(approverOfAgency), IgnoredReason.UnknownSigner),
            ("alpha's withdrawal, signed for another room", new TombstoneEntry(RoomId.From(RandomUuid.New()), New(), alpha, slots).Sign(uploaderOfAlpha), IgnoredReason.WrongRoom),
            ("record key of the operator's for alpha", new KeyEntry(id, New(), alpha, KeyPurpose.Record, 2, hpke.PublicKey).Sign(stranger), IgnoredReason.UnknownSigner),
            ("inbox key of bravo's for alpha", new KeyEntry(id, New(), alpha, KeyPurpose.Inbox, 2, hpke.PublicKey).Sign(approverOfBravo), IgnoredReason.UnknownSigner),
            ("freeze of alpha's keys by bravo", new FreezeEntry(id, New(), alpha, true).Sign(approverOfBravo), IgnoredReason.UnknownSigner),
            ("destruction of alpha's record key, stated by bravo's approver", new ErasureEntry(
                id, New(), alpha, true, 1, KeyId.OfSpki([1]), "embedded", DateTimeOffset.UnixEpoch, null, null, "Nothing.").Sign(approverOfBravo), IgnoredReason.UnknownSigner),
            ("somebody who is no member", new FreezeEntry(id, New(), MemberId.Parse("delta-house"), true).Sign(stranger), IgnoredReason.NotAMember),
            ("no entry at all", "{}"u8.ToArray(), IgnoredReason.Malformed),
        ];
    }

    /// <summary>Appends leaves to the stopped ingestion's own database; gives the position of the first.</summary>
    private static async Task<long> WriteAsync(WholeRoom room, IReadOnlyList<ReadOnlyMemory<byte>> leaves)
    {
        await room.Services.StopAsync("ingestion");
        var folder = room.Demo.Folder("ingestion");
        long size;
        using (var store = SqliteIngestionStore.Open(new SqliteOptions { Folder = folder }))
        {
            var id = Guid.Parse(room.Demo.Room.ToString());
            size = (await store.Logs.FindHeadAsync(id, WholeRoom.Token))!.Size;
            Assert.IsType<LogAppend.Appended>(await store.Logs.AppendAsync(id, size, leaves, WholeRoom.Token));
        }

        _ = await room.Services.StartAsync(
            ServiceKind.Ingestion, "ingestion", folder, [$"--Server:Port={room.Demo.Charter.Operator.Ingestion.Endpoint.Port}"], WholeRoom.Token);
        return size;
    }

    private static EntryId New() => EntryId.From(RandomUuid.New());
}
