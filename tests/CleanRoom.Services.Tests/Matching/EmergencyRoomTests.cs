using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Disclosure;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Client.Acts;
using CleanRoom.Client.Inbox;
using CleanRoom.Client.Uploads;
using CleanRoom.Records.V1;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>Emergencies on the real services: at once, by two roles, about an own record, also after a restart of the enclave.</summary>
[Collection(EnclaveTests.Name)]
public sealed class EmergencyRoomTests(Consortium consortium)
{
    private static readonly Warning Danger = new("Present", "Now", "THA", "TH-50");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Emergency_OfTwoRoles_LeavesBeforeTheEpoch_AloneAndOnce_AndIsTakenBackWithTheRecord()
    {
        GovernanceTests.AddPeople(consortium, "alpha", ("em1", PersonRoles.Releaser), ("em2", PersonRoles.Releaser), ("em3", PersonRoles.Safeguarding));

        // Epochs of a day: whatever comes in this test comes between them.
        await using var room = await EnclaveRoom.OpenAsync(consortium, new RoomShape { Emergencies = 2, EpochSeconds = 86_400 });
        await GovernanceTests.AuthoriseDeltaAsync(room);
        await GovernanceTests.UploadAsync(room, "alpha", Agreeing(EnclaveRoom.RecordOf(new Row("v1", "one@example.org"))));
        await room.UploadAsync("bravo", new Row("b1", "one@example.org"));
        await room.UploadAsync("charlie", new Row("c1", "two@example.org"));
        await room.Matching.StartAsync();
        _ = await room.Matching.RunningAsync();
        var client = await room.ClientAsync("alpha");
        var acts = new RoomActs(client);
        var warned = await acts.WarnAsync("v1", MemberId.Parse("delta"), Danger, "em1", Token);
        await Assert.ThrowsAnyAsync<Exception>(() => acts.ConfirmAsync(ActCopy.Read(warned.CopyPath!), "em1", Token));
        await Assert.ThrowsAnyAsync<Exception>(() => acts.ConfirmAsync(ActCopy.Read(warned.CopyPath!), "em2", Token));
        Assert.Equal(0, (await room.StateAsync()).LastEpoch);
        _ = await acts.ConfirmAsync(ActCopy.Read(warned.CopyPath!), "em3", Token);

        var all = await GovernanceTests.ReadUntilAsync(room, inboxes => Of<RoomMessage.Emergency>(inboxes["delta"]).Any());
        var told = Assert.Single(Of<RoomMessage.Emergency>(all["delta"]));
        Assert.Equal((warned.Id, Danger, false, "alpha"), (told.Id, told.What, told.Child, told.From.Member.Value));
        Assert.Equal((EmergencyState.Sent, "v1"), Of<RoomMessage.EmergencyAnswer>(all["alpha"]).Select(answer => (answer.State, answer.Own)).Single());
        var state = await room.StateAsync();
        Assert.Equal((1L, 0L, null), (state.LastEpoch, state.LastEvaluatedEpoch, state.LastRegularEpochTime));
        Assert.Equal([warned.Id], state.Epoch(1)!.Entry.Emergencies);

        // Everybody was sent as many messages as ever, and nothing but this was said.
        Assert.Single(all.Select(pair => pair.Value.Count).Distinct());
        Assert.All(all.Where(pair => pair.Key is not ("alpha" or "delta")), pair => Assert.All(pair.Value, message => Assert.True(message.Content is RoomMessage.Head or RoomMessage.Empty)));

        // The next instance makes the same bytes from the log: it declares nothing void, and sends nothing twice.
        await room.Matching.StopAsync();
        await room.Matching.StartAsync();
        _ = await room.Matching.RunningAsync();
        var second = await acts.WarnAsync("v1", MemberId.Parse("delta"), Danger with { Urgency = "WithinHours" }, "em3", Token);
        _ = await acts.ConfirmAsync(ActCopy.Read(second.CopyPath!), null, Token);
        all = await GovernanceTests.ReadUntilAsync(room, inboxes => Of<RoomMessage.Emergency>(inboxes["delta"]).Count() > 1, all);
        Assert.Equal([warned.Id, second.Id], Of<RoomMessage.Emergency>(all["delta"]).Select(item => item.Id));
        state = await room.StateAsync();
        Assert.Equal([second.Id], state.Epoch(2)!.Entry.Emergencies);
        Assert.Empty(state.Epoch(2)!.Entry.Void);
    }

    [Fact]
    public async Task Emergency_OfARecordThatIsWithdrawn_IsTakenBack_AndBeyondTheQuotaNothingLeavesAtOnce()
    {
        GovernanceTests.AddPeople(consortium, "alpha", ("em1", PersonRoles.Releaser), ("em3", PersonRoles.Safeguarding));
        await using var room = await EnclaveRoom.OpenAsync(consortium, new RoomShape { Emergencies = 1 });
        await GovernanceTests.AuthoriseDeltaAsync(room);
        await GovernanceTests.UploadAsync(room, "alpha", Agreeing(EnclaveRoom.RecordOf(new Row("v1", "one@example.org"))));
        await room.Matching.StartAsync();
        var client = await room.ClientAsync("alpha");
        var acts = new RoomActs(client);
        var ids = new List<EntryId>();
        foreach (var urgency in (string[])["Now", "WithinHours"])
        {
            var warned = await acts.WarnAsync("v1", MemberId.Parse("delta"), Danger with { Urgency = urgency }, "em1", Token);
            _ = await acts.ConfirmAsync(ActCopy.Read(warned.CopyPath!), "em3", Token);
            ids.Add(warned.Id);
        }

        var all = await GovernanceTests.ReadUntilAsync(room, inboxes => Of<RoomMessage.EmergencyAnswer>(inboxes["alpha"]).Count() > 1);
        Assert.Equal(
            [(ids[0], EmergencyState.Sent, null), (ids[1], EmergencyState.Refused, "QuotaUsed")],
            Of<RoomMessage.EmergencyAnswer>(all["alpha"]).Select(answer => (answer.Id, answer.State, answer.Reason)));
        Assert.Equal(ids[0], Assert.Single(Of<RoomMessage.Emergency>(all["delta"])).Id);

        Assert.Equal(1, await new Uploader(client).WithdrawAsync(["v1"], Token));
        all = await GovernanceTests.ReadUntilAsync(room, inboxes => Of<RoomMessage.Withdrawn>(inboxes["delta"]).Any(), all);
        Assert.Equal(ids[0], Assert.Single(Of<RoomMessage.Withdrawn>(all["delta"])).Id);
    }

    /// <summary>Where consent is missing, two more signatures open one record to one agency, until they are taken back: then the agency is told to delete.</summary>
    [Fact]
    public async Task Override_OfTwoRoles_LetsAnEmergencyLeaveThatHasNoConsent_UntilItIsEnded()
    {
        GovernanceTests.AddPeople(consortium, "alpha", ("em1", PersonRoles.Releaser), ("em2", PersonRoles.Releaser), ("em3", PersonRoles.Safeguarding));
        await using var room = await EnclaveRoom.OpenAsync(consortium, new RoomShape { Emergencies = 2, Overrides = true });
        await GovernanceTests.AuthoriseDeltaAsync(room);
        await GovernanceTests.UploadAsync(room, "alpha", EnclaveRoom.RecordOf(new Row("v1", "one@example.org")));
        await room.Matching.StartAsync();
        var acts = new RoomActs(await room.ClientAsync("alpha"));
        var first = await WarnAsync(acts);
        var all = await GovernanceTests.ReadUntilAsync(room, inboxes => Of<RoomMessage.EmergencyAnswer>(inboxes["alpha"]).Any());
        Assert.Equal((first, EmergencyState.Refused, "NoAgencyConsent"), Of<RoomMessage.EmergencyAnswer>(all["alpha"]).Select(answer => (answer.Id, answer.State, answer.Reason)).Single());

        var until = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds()).AddDays(2);
        var signed = await acts.OverrideAsync("v1", new RoomAct.Override(default, MemberId.Parse("delta"), "C5_LE_NONIDENT", "VitalInterest", "Informed", until), "em1", Token);
        await Assert.ThrowsAnyAsync<Exception>(() => acts.ConfirmAsync(ActCopy.Read(signed.CopyPath!), "em2", Token));
        _ = await acts.ConfirmAsync(ActCopy.Read(signed.CopyPath!), "em3", Token);
        var second = await WarnAsync(acts);
        all = await GovernanceTests.ReadUntilAsync(room, inboxes => Of<RoomMessage.Emergency>(inboxes["delta"]).Any(), all);
        Assert.Equal(second, Assert.Single(Of<RoomMessage.Emergency>(all["delta"])).Id);

        _ = await acts.LiftAsync(signed.Id, "em2", Token);
        all = await GovernanceTests.ReadUntilAsync(room, inboxes => Of<RoomMessage.Withdrawn>(inboxes["delta"]).Any(), all);
        Assert.Equal(second, Assert.Single(Of<RoomMessage.Withdrawn>(all["delta"])).Id);
    }

    private static async Task<EntryId> WarnAsync(RoomActs acts)
    {
        var warned = await acts.WarnAsync("v1", MemberId.Parse("delta"), Danger, "em1", Token);
        _ = await acts.ConfirmAsync(ActCopy.Read(warned.CopyPath!), "em3", Token);
        return warned.Id;
    }

    private static CaseRecord Agreeing(CaseRecord record)
    {
        record.Consents.Add(new Consent { Purpose = "C5_LE_NONIDENT", State = "Granted", ObtainedDay = 1, ExpiresDay = 1 << 20 });
        return record;
    }

    private static IEnumerable<T> Of<T>(IEnumerable<InboxMessage> messages)
        where T : RoomMessage => messages.Select(message => message.Content).OfType<T>();
}
