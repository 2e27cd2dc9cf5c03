using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Client.Acts;
using CleanRoom.Client.Inbox;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>Facts that follow a notice, on the real services: by two people at both contributors, across a restart, and taken back from who has them.</summary>
[Collection(EnclaveTests.Name)]
public sealed class OfferRoomTests(Consortium consortium)
{
    private static readonly string[] Number = ["suspects.identifiers"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Facts_FromNoticeToOutcome_FollowTwoSignaturesAtBoth_AndGoWithOnesConsent()
    {
        await using var room = await GovernanceTests.OpenWithSuspectsAsync(consortium, new RoomShape { OffersFacts = true });
        await room.Matching.StartAsync();
        var all = await GovernanceTests.ReadUntilAsync(room, inboxes => Of<RoomMessage.Offer>(inboxes["alpha"]).Any() && Of<RoomMessage.Offer>(inboxes["bravo"]).Any());
        var notice = Of<RoomMessage.Notice>(all["delta"]).Single(item => item.Link == "SamePhone");
        var asked = Of<RoomMessage.Offer>(all["alpha"]).Single();
        var other = Of<RoomMessage.Offer>(all["bravo"]).Single();
        Assert.Equal(("s1", "delta", "SamePhone"), (asked.Own, asked.Agency.Value, asked.Link));
        Assert.Equal(Of<RoomMessage.MatchPointer>(all["alpha"]).Single(pointer => pointer.Link == "SamePhone").Match, asked.Match);

        // One person of alpha's gives nothing, and bravo's two people cannot give alpha's part.
        var alpha = new RoomActs(await room.ClientAsync("alpha"));
        var bravo = new RoomActs(await room.ClientAsync("bravo"));
        var given = await alpha.GiveAsync(new RoomAct.OfferedRelease(asked.Match, asked.Agency, Number, NamesDesk: true), "p1", Token);
        await Assert.ThrowsAnyAsync<Exception>(() => alpha.ConfirmAsync(ActCopy.Read(given.CopyPath!), "p1", Token));
        _ = await BothAsync(bravo, asked);
        var second = await BothAsync(bravo, other);
        await room.PassAsync(2);
        all = await room.ReadAllAsync(all);
        Assert.Empty(Of<RoomMessage.NoticeFacts>(all["delta"]));

        // The next instance has the same offers: it asks nobody twice, and the answer finds its offer.
        await room.Matching.StopAsync();
        await room.Matching.StartAsync();
        _ = await room.Matching.RunningAsync();
        _ = await alpha.ConfirmAsync(ActCopy.Read(given.CopyPath!), "r2", Token);
        all = await GovernanceTests.ReadUntilAsync(room, inboxes => Of<RoomMessage.NoticeFacts>(inboxes["delta"]).Count() == 2, all);
        Assert.Single(Of<RoomMessage.Offer>(all["alpha"]));
        var facts = Of<RoomMessage.NoticeFacts>(all["delta"]).ToDictionary(item => item.Id);
        Assert.Equal(new HashSet<EntryId> { given.Id, second }, facts.Keys.ToHashSet());
        Assert.All(facts.Values, item => Assert.Equal((notice.Match, "2"), (item.Match, item.Sources)));
        Assert.All(facts.Values.SelectMany(item => item.Facts), fact => Assert.Equal(new RoomMessage.Fact("suspects.identifiers", "Phone, +66 81 234 5678"), fact));
        Assert.Equal(("alpha", null), (facts[given.Id].From?.Member.Value, facts[second].From));
        var state = await room.StateAsync();
        Assert.True(state.IsDisclosed(given.Id) && state.IsDisclosed(second));

        var agency = new RoomActs(await room.ClientAsync("delta"));
        _ = await agency.ReportAsync(given.Id, new RoomAct.DisclosureOutcome("EnquiryOpened"), null, Token);
        all = await GovernanceTests.ReadUntilAsync(room, inboxes => Of<RoomMessage.Outcome>(inboxes["alpha"]).Any(), all);
        Assert.Equal((given.Id, "s1", "EnquiryOpened"), Of<RoomMessage.Outcome>(all["alpha"]).Select(item => (item.Id, item.Own, item.Code)).Single());

        // Bravo's person no longer agrees: alpha's number says as much as bravo's, so both go.
        _ = await bravo.ChangeConsentAsync("s2", new RoomAct.ConsentChange(default, "C5_LE_NONIDENT", false, null, "", [], []), null, Token);
        all = await GovernanceTests.ReadUntilAsync(room, inboxes => Of<RoomMessage.Withdrawn>(inboxes["delta"]).Count(item => item.Id is not null) == 2, all);
        Assert.Equal(facts.Keys.ToHashSet(), Of<RoomMessage.Withdrawn>(all["delta"]).Where(item => item.Id is not null).Select(item => item.Id!.Value).ToHashSet());
    }

    private static async Task<EntryId> BothAsync(RoomActs acts, RoomMessage.Offer offer)
    {
        var given = await acts.GiveAsync(new RoomAct.OfferedRelease(offer.Match, offer.Agency, Number, NamesDesk: false), "p1", Token);
        _ = await acts.ConfirmAsync(ActCopy.Read(given.CopyPath!), "r2", Token);
        return given.Id;
    }

    private static IEnumerable<T> Of<T>(IEnumerable<InboxMessage> messages)
        where T : RoomMessage => messages.Select(message => message.Content).OfType<T>();
}
