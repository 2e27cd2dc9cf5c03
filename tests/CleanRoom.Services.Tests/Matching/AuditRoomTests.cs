using System.Security.Cryptography;
using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Audits;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Client;
using CleanRoom.Client.Acts;
using CleanRoom.Client.Inbox;
using CleanRoom.Client.Keys;
using CleanRoom.Client.Rooms;
using CleanRoom.Client.Uploads;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>Random audits in a whole room on the real services (T7, T12): records that are committed to a case, a quarter that passes, what is drawn, opened and judged; and statements of use of that quarter.</summary>
public sealed class AuditRoomTests
{
    private static readonly MemberId Alpha = MemberId.Parse("alpha");
    private static readonly MemberId Bravo = MemberId.Parse("bravo");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AfterAQuarter_WhatIsDrawnIsOpenedAndJudged_AndWhoOpensNothingOrSomethingElseIsToldNothingNew()
    {
        var now = DateTime.UtcNow;
        var turn = new DateTime(now.Year, (((now.Month - 1) / 3) * 3) + 1, 5, 0, 0, 0, DateTimeKind.Utc).AddMonths(3) - now;
        await using var consortium = new Consortium();
        await consortium.InitializeAsync();
        var auditor = MemberProfile.Create(consortium.FolderOf("home-watch"), MemberId.Parse("watch"), new ProfileOptions(), TimeProvider.System).AddPerson("w2", PersonRoles.Approver);
        GovernanceTests.AddPeople(consortium, "alpha", ("r2", PersonRoles.Releaser));
        GovernanceTests.AddPeople(consortium, "bravo", ("r2", PersonRoles.Releaser));
        await using var room = await EnclaveRoom.OpenAsync(consortium, new RoomShape { Auditor = auditor, Decoys = 1, UseStatements = true, Life = TimeSpan.FromDays(600) });
        _ = await RoomClient.JoinAsync(auditor, room.Signed, null, Token);
        using var watch = await RoomClient.ConnectAsync(auditor, room.Id, null, Token);
        _ = await watch.RegisterAsync(new Registration(), "", Token);

        // Nothing leaves before every case is said to be filed somewhere; then the same file twice sends nothing.
        var alpha = await room.ClientAsync("alpha");
        Row[] rows = [new("a1", "one@example.org"), new("a2", "two@example.org"), new("a3", "three@example.org")];
        await Assert.ThrowsAsync<ClientException>(() => room.UploadAsync("alpha", rows));
        Assert.Equal(3, new Uploader(alpha).KeepEvidence(Filed(rows)));
        Assert.Equal(0, new Uploader(alpha).KeepEvidence(Filed(rows)));
        Assert.Equal(1, new Uploader(alpha).MarkDecoys(["d1"]));
        Assert.Equal(4, (await room.UploadAsync("alpha", [.. rows, new Row("d1", "made-up@example.org")])).Plan.New);
        Assert.Equal(4, (await room.UploadAsync("alpha", [.. rows, new Row("d1", "made-up@example.org")])).Plan.Unchanged);
        await FileAndUploadAsync(room, "bravo", new Row("b1", "one@example.org"));
        await FileAndUploadAsync(room, "charlie", new Row("c1", "four@example.org"));
        await room.Matching.StartAsync();
        await room.WaitForAsync(state => state.LastEvaluatedEpoch > 0, "the first matches");
        await room.PassAsync(1);
        var all = await room.ReadAllAsync();
        Assert.Single(EnclaveRoom.Pointers(all["bravo"]).DistinctBy(pointer => pointer.Match));
        Assert.Empty((await room.StateAsync()).Audits);

        await TableRoomTests.PassTimeAsync(room, consortium, turn);
        all = await GovernanceTests.ReadUntilAsync(room, inboxes => Consortium.Contributors.All(member => Of<RoomMessage.AuditDraw>(inboxes[member]).Any() && Of<RoomMessage.UseStatement>(inboxes[member]).Any()), all);
        var quarter = SampleOf(all, "alpha").Quarter;
        Assert.Equal(["1", "1", "0", "0"], Consortium.Contributors.Select(member => Assert.Single(Of<RoomMessage.UseStatement>(all[member]), use => use.Quarter == quarter).Pointers));
        var state = await room.StateAsync();
        foreach (var member in Consortium.Contributors)
        {
            Assert.Equal(state.Audit(MemberId.Parse(member), quarter)!.Of.Sample, SampleOf(all, member).DigestIn(room.Id, MemberId.Parse(member)));
        }

        Assert.Equal([2, 1, 1, 0], Consortium.Contributors.Select(member => SampleOf(all, member).Drawn.Count));

        // The next instance computes the same from the log: nothing is drawn again.
        await room.Matching.StopAsync();
        await room.Matching.StartAsync();
        await room.PassAsync(2);
        Assert.Equal(state.Audits, (await room.StateAsync()).Audits);

        // Alpha opens: two people, then a file that nobody but the auditor opens. What was withdrawn since is shown to nobody; of three cases two are drawn, so one of these two at least.
        await alpha.SyncAsync(Token);
        _ = await new Uploader(alpha).WithdrawAsync(["a1", "a2"], Token);
        var acts = new RoomActs(alpha);
        var opened = await acts.OpenSampleAsync(quarter, null, Token);
        Assert.Throws<ClientException>(() => acts.WriteOpening(quarter));
        _ = await acts.ConfirmAsync(ActCopy.Read(opened.CopyPath!), "r2", Token);
        await alpha.SyncAsync(Token);
        var file = acts.WriteOpening(quarter);
        var bravo = await room.ClientAsync("bravo");
        Assert.Throws<ClientException>(() => new RoomActs(bravo).ReadOpening(file));
        await watch.SyncAsync(Token);
        var (audit, opening) = new RoomActs(watch).ReadOpening(file);
        Assert.Equal(Alpha, audit.Of.Member);
        Assert.Equal(2, opening.Records.Count);
        Assert.Contains(opening.Records, record => record.Evidence is null);
        Assert.All(opening.Records, record => Assert.True(record.Evidence is null || record.Evidence == Filed(rows)["a3"]));
        file[^20] ^= 1;
        Assert.Throws<ClientException>(() => new RoomActs(watch).ReadOpening(file));

        // Bravo has two people sign another day than it committed to, and that the record was withdrawn, which it was not.
        var drawn = SampleOf(all, "bravo");
        await ForgeAsync(bravo, new AuditOpening(drawn, [new OpenedRecord(drawn.Drawn[0], new CaseEvidence(new DateOnly(2026, 1, 2), "b1", "consent of b1"), RandomNumberGenerator.GetBytes(32))]));
        await ForgeAsync(bravo, new AuditOpening(drawn, [new OpenedRecord(drawn.Drawn[0], null, default)]));
        all = await GovernanceTests.ReadUntilAsync(
            room, inboxes => News(inboxes, "alpha").Contains(AuditState.Opened) && (News(inboxes, "bravo").Count(state => state == AuditState.Refused) > 1 || News(inboxes, "bravo").Contains(AuditState.Opened)), all);
        Assert.DoesNotContain(AuditState.Opened, News(all, "bravo"));

        // The ten days are over. A match comes: alpha hears of it, bravo does not before it has opened what was drawn.
        await TableRoomTests.PassTimeAsync(room, consortium, turn + TimeSpan.FromDays(12));
        all = await GovernanceTests.ReadUntilAsync(room, inboxes => News(inboxes, "bravo").Contains(AuditState.Overdue) && News(inboxes, "charlie").Contains(AuditState.Overdue), all);
        await FileAndUploadAsync(room, "bravo", new Row("b2", "three@example.org"));
        await FileAndUploadAsync(room, "charlie", new Row("c2", "five@example.org"));
        await FileAndUploadAsync(room, "echo", new Row("e2", "six@example.org"));
        all = await GovernanceTests.ReadUntilAsync(room, inboxes => EnclaveRoom.Pointers(inboxes["alpha"]).Any(pointer => pointer.Own == "a3"), all);
        await room.PassAsync(2);
        all = await room.ReadAllAsync(all);
        Assert.DoesNotContain(EnclaveRoom.Pointers(all["bravo"]), pointer => pointer.Own == "b2");
        await bravo.SyncAsync(Token);
        var late = await new RoomActs(bravo).OpenSampleAsync(quarter, null, Token);
        _ = await new RoomActs(bravo).ConfirmAsync(ActCopy.Read(late.CopyPath!), "r2", Token);
        all = await GovernanceTests.ReadUntilAsync(room, inboxes => EnclaveRoom.Pointers(inboxes["bravo"]).Any(pointer => pointer.Own == "b2"), all);

        // The auditor has two people too; only what both have signed is told.
        _ = await new RoomActs(watch).JudgeAsync(Alpha, quarter, AuditResult.Passed, null, Token);
        _ = await new RoomActs(watch).JudgeAsync(Bravo, quarter, AuditResult.Failed, null, Token);
        await Assert.ThrowsAsync<ClientException>(() => new RoomActs(watch).ConfirmVerdictAsync(Alpha, quarter, AuditResult.Failed, null, Token));
        _ = await new RoomActs(watch).ConfirmVerdictAsync(Alpha, quarter, AuditResult.Passed, null, Token);
        all = await GovernanceTests.ReadUntilAsync(room, inboxes => News(inboxes, "alpha").Contains(AuditState.Passed), all);
        await Assert.ThrowsAsync<ClientException>(() => new RoomActs(bravo).JudgeAsync(Bravo, quarter, AuditResult.Passed, null, Token));
        _ = await new RoomActs(watch).ConfirmVerdictAsync(Bravo, quarter, AuditResult.Failed, null, Token);
        all = await GovernanceTests.ReadUntilAsync(room, inboxes => News(inboxes, "bravo").LastOrDefault() == AuditState.Failed, all);
        Assert.Equal([AuditState.Refused, AuditState.Overdue, AuditState.Opened, AuditState.Failed], News(all, "bravo").Distinct());
    }

    private static Dictionary<string, CaseEvidence> Filed(params IEnumerable<Row> rows) =>
        rows.ToDictionary(row => row.Reference, row => new CaseEvidence(new DateOnly(2026, 3, 1), row.Reference, "consent of " + row.Reference), StringComparer.Ordinal);

    private static async Task FileAndUploadAsync(EnclaveRoom room, string member, Row row)
    {
        _ = new Uploader(await room.ClientAsync(member)).KeepEvidence(Filed(row));
        _ = await room.UploadAsync(member, row);
    }

    /// <summary>What the client would not sign: any answer, by two people.</summary>
    private static async Task ForgeAsync(RoomClient client, AuditOpening answer)
    {
        await client.SyncAsync(Token);
        var member = client.Profile.Member;
        var entry = ActSeal.Seal(
            new RoomAct.SampleOpening(answer), client.Room, EntryId.From(Guid.NewGuid()), member, null, client.State.CurrentKey(member, KeyPurpose.Record)!, RandomNumberGenerator.GetBytes(ActSeal.SeedSize));
        using var first = client.Profile.OpenPersonKey(PersonRoles.Releaser, null);
        using var second = client.Profile.OpenPersonKey(PersonRoles.Releaser, "r2");
        _ = await client.AppendAsync(entry, first, Token);
        _ = await client.AppendAsync(new ConfirmEntry(client.Room, EntryId.From(Guid.NewGuid()), member, client.State.Act(entry.Id)!.LeafHash), second, Token);
    }

    /// <summary>The draw that counts: after an epoch that was cosigned too late all of it comes again, as everything in this room may.</summary>
    private static AuditSample SampleOf(Dictionary<string, List<InboxMessage>> inboxes, string member) => Of<RoomMessage.AuditDraw>(inboxes[member]).Last().Sample;

    private static List<AuditState> News(Dictionary<string, List<InboxMessage>> inboxes, string member) => [.. Of<RoomMessage.AuditNews>(inboxes[member]).Select(news => news.State)];

    private static IEnumerable<T> Of<T>(IEnumerable<InboxMessage> messages) => messages.Select(message => message.Content).OfType<T>();
}
