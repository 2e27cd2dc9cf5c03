using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Client;
using CleanRoom.Client.Acts;
using CleanRoom.Client.Inbox;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>Watches and searches of an agency in whole rooms on the real services, also after restarts of the enclave.</summary>
[Collection(EnclaveTests.Name)]
public sealed class WatchRoomTests(Consortium consortium)
{
    private const string Number = "+66 81 234 5678";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnAgency_ThatSearchesAndWatches_GetsTheNoticeOrTheOneNegative_AndTheSameAfterARestart()
    {
        await using var room = await GovernanceTests.OpenWithSuspectsAsync(consortium, new RoomShape { Queries = Queries, SearchesPerMonth = 3 });
        await room.Matching.StartAsync();
        await room.WaitForAsync(state => state.LastEvaluatedEpoch > 0, "the queries");
        var acts = new RoomActs(await room.ClientAsync("delta"));

        // One officer alone asks nothing.
        var found = await acts.WatchAsync(Search(Number), "o1", Token);
        Assert.Contains(acts.Waiting, act => act.Entry.Id == found.Id);
        await room.PassAsync(2);
        var all = await room.ReadAllAsync();
        Assert.DoesNotContain(Answers(all["delta"]), answer => answer.Watch == found.Id);
        _ = await acts.ConfirmAsync(ActCopy.Read(found.CopyPath!), "o2", Token);
        var nothing = await AskAsync(acts, Search("+66 81 876 5432"));
        var watch = await AskAsync(acts, Watch("+66 81 765 4321"));
        all = await GovernanceTests.ReadUntilAsync(room, inboxes => Answers(inboxes["delta"]).Count() == 3, all);
        Assert.Equal([(found.Id, "N2a"), (nothing, "nothing"), (watch, "nothing")], Answers(all["delta"]).Select(answer => (answer.Watch, answer.Message.Kind)));
        var notice = (RoomMessage.Notice)Answers(all["delta"]).First().Message;
        Assert.Equal(("SamePhone", "2"), (notice.Link, notice.Sources));
        Assert.Equal(["alpha", "bravo"], notice.Ask.Select(desk => desk.Member.Value));

        // Nothing comes twice, what was counted stays counted: the fourth question of the month finds and is not told.
        await room.Matching.StopAsync();
        await room.Matching.StartAsync();
        await room.Matching.RunningAsync();
        var late = await AskAsync(acts, Search(Number));
        all = await GovernanceTests.ReadUntilAsync(room, inboxes => Answers(inboxes["delta"]).Count() == 4, all);
        Assert.Equal((late, "nothing"), Answers(all["delta"]).Select(answer => (answer.Watch, answer.Message.Kind)).Last());

        // The watch hears of what comes later, and of nothing after it was withdrawn.
        var later = ((string[])["alpha", "bravo"]).ToDictionary(member => member, member =>
        {
            var record = GovernanceTests.Suspect(member + "8", member);
            record.Persons[1].Identifiers[0].Raw = "+66 81 765 4321";
            return record;
        });
        await GovernanceTests.UploadAsync(room, "alpha", later["alpha"]);
        await GovernanceTests.UploadAsync(room, "bravo", later["bravo"]);
        await room.UploadAsync("charlie", new Row("c8", "eight@example.org"));
        all = await GovernanceTests.ReadUntilAsync(room, inboxes => Answers(inboxes["delta"]).Count() == 5, all);
        var heard = Assert.IsType<RoomMessage.Notice>(Answers(all["delta"]).Last().Message);
        Assert.Equal(watch, heard.Watch);
        await Assert.ThrowsAsync<ClientException>(() => acts.UnwatchAsync(EntryId.From(Guid.NewGuid()), null, Token));
        _ = await acts.UnwatchAsync(watch, null, Token);
        Assert.Contains(watch, acts.Withdrawn);

        // What a search told is a notice like others: its facts can be asked for.
        var request = await acts.RequestAsync(
            new RoomAct.DisclosureRequest(heard.Match, heard.Ask[0].Member, "Section 12", "investigation-of-traffickers", "77/2026", ["suspects.names"], Whole(20)), "o1", Token);
        _ = await acts.ConfirmAsync(ActCopy.Read(request.CopyPath!), "o2", Token);
        all = await GovernanceTests.ReadUntilAsync(room, inboxes => inboxes[heard.Ask[0].Member.Value].Any(message => message.Content is RoomMessage.Request), all);
        await room.PassAsync(2);
        all = await room.ReadAllAsync(all);
        Assert.Equal(5, Answers(all["delta"]).Count());

        // No contributor hears that somebody has searched.
        Assert.DoesNotContain(all.Where(pair => pair.Key != "delta").SelectMany(pair => pair.Value), message => message.Content is RoomMessage.NothingReleasable or RoomMessage.Notice);
    }

    [Fact]
    public async Task WhatTheEnclaveWouldNotAnswer_IsRefusedWithItsRemedyBeforeAnythingIsLogged()
    {
        await using var room = await GovernanceTests.OpenWithSuspectsAsync(consortium, new RoomShape { Queries = Queries, SearchesPerMonth = 3 });
        var client = await room.ClientAsync("delta");
        var acts = new RoomActs(client);
        foreach (var (asked, word) in new (RoomAct.WatchRequest, string)[]
        {
            (Search(Number) with { Query = "Q1" }, "Q18 1.0.0"),
            (Search(Number) with { Mandate = "taxes" }, "mandate"),
            (Search(Number) with { LegalBasis = "curiosity" }, "criminal-investigation"),
            (Search(Number) with { Purpose = "prevention" }, "investigation-of-traffickers"),
            (Search(Number) with { Expires = Whole(3) }, "leave it out"),
            (Watch(Number) with { Expires = Whole(300) }, "P90D"),
            (Search("81 234 5678"), "with + and its country"),
            (Search(new string('1', 101)), "subject.value"),
        })
        {
            var refused = await Assert.ThrowsAsync<ClientException>(() => acts.WatchAsync(asked, "o1", Token));
            Assert.Equal(ClientProblem.Usage, refused.Problem);
            Assert.Contains(word, refused.Message, StringComparison.Ordinal);
        }

        var other = await Assert.ThrowsAsync<ClientException>(async () => await new RoomActs(await room.ClientAsync("alpha")).WatchAsync(Search(Number), null, Token));
        Assert.Equal(ClientProblem.NotPermitted, other.Problem);
        await client.SyncAsync(Token);
        Assert.Empty(acts.Watches);
    }

    internal static IReadOnlyList<Charter.Queries.QueryDefinition> Queries => WatchTests.Asked;

    /// <summary>Asks with both officers.</summary>
    internal static async Task<EntryId> AskAsync(RoomActs acts, RoomAct.WatchRequest asked)
    {
        var done = await acts.WatchAsync(asked, "o1", Token);
        _ = await acts.ConfirmAsync(ActCopy.Read(done.CopyPath!), "o2", Token);
        return done.Id;
    }

    internal static RoomAct.WatchRequest Search(string number) =>
        new("Q18", "1.0.0", new WatchSubject("phone", number), "trafficking", "criminal-investigation", "investigation-of-traffickers", "77/2026", null);

    /// <summary>What answers a watch or search, in the order in which it came.</summary>
    internal static IEnumerable<(EntryId Watch, RoomMessage Message)> Answers(IEnumerable<InboxMessage> messages) =>
        from message in messages
        let watch = message.Content switch { RoomMessage.Notice notice => notice.Watch, RoomMessage.NothingReleasable nothing => nothing.Watch, _ => null }
        where watch is not null
        orderby message.Number
        select (watch.Value, message.Content);

    private static RoomAct.WatchRequest Watch(string number) => Search(number) with { Query = "Q19", Expires = Whole(30) };

    private static DateTimeOffset Whole(int days) => DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds()).AddDays(days);
}
