using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Messages;
using CleanRoom.Charter.Queries;
using CleanRoom.Client.Acts;
using CleanRoom.Client.Inbox;
using CleanRoom.Client.Rooms;
using CleanRoom.Records.V1;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>The opt-in queries of samples/queries in a whole room on the real services: sealed records in, and what each member's own client opens.</summary>
[Collection(EnclaveTests.Name)]
public sealed class OwnRuleRoomTests(Consortium consortium)
{
    private static readonly string[] Own = ["LiveOperation", "ReTrafficking", "SamePersonMissing", "VictimAsOffender"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EachIsToldToWhomItsRuleNames_AndToNobodyElse_AlsoAfterAnAnswer_ARestartAndAConsentTakenBack()
    {
        await using var room = await OpenAsync();
        await room.Matching.StartAsync();
        var all = await GovernanceTests.ReadUntilAsync(room, inboxes => Told(inboxes, "alpha").Count > 0 && Told(inboxes, "bravo").Count > 1 && Told(inboxes, "charlie").Count > 1);
        await room.PassAsync(2);
        all = await room.ReadAllAsync(all);
        Assert.Equal(["VictimAsOffender D-1 charlie"], Told(all, "alpha"));
        Assert.Equal(["ReTrafficking X-1 charlie", "SamePersonMissing? F-1"], Told(all, "bravo"));
        Assert.Equal(["LiveOperation M-1 echo", "ReTrafficking X-2 bravo"], Told(all, "charlie"));
        Assert.Empty(Told(all, "echo"));
        Assert.All(all["delta"], message => Assert.Contains(message.Content.Kind, (string[])["empty", "ending", "head"]));
        var gap = Assert.Single(EnclaveRoom.Pointers(all["bravo"]), pointer => pointer.Link == "ReTrafficking");
        Assert.Equal(1, gap.QuartersBetween);

        // The search is answered by who holds the person, as she wishes; whoever looks answers nothing.
        var question = Reviews(all["bravo"]).Single(review => review.Link == "SamePersonMissing");
        Assert.Equal(["Tracing"], question.Reasons);
        Assert.Empty(question.Evidence);
        _ = await new RoomActs(await room.ClientAsync("bravo")).AnswerAsync(question.Match, MatchVerdict.Release, null, Token);
        all = await GovernanceTests.ReadUntilAsync(room, inboxes => Told(inboxes, "alpha").Count > 1, all);
        Assert.Equal(["SamePersonMissing S-1 bravo", "VictimAsOffender D-1 charlie"], Told(all, "alpha"));

        // The next instance computes the same from the log, and tells nobody twice.
        await room.Matching.StopAsync();
        await room.Matching.StartAsync();
        await room.Matching.RunningAsync();
        _ = await new RoomActs(await room.ClientAsync("bravo")).ChangeConsentAsync("F-1", new RoomAct.ConsentChange(default, "C7_TRACING", false, null, "", [], []), null, Token);
        all = await GovernanceTests.ReadUntilAsync(room, inboxes => Withdrawn(inboxes["alpha"]).Any() && Withdrawn(inboxes["bravo"]).Any(), all);
        Assert.Equal(EnclaveRoom.Pointers(all["alpha"]).Single(pointer => pointer.Link == "SamePersonMissing").Match, Assert.Single(Withdrawn(all["alpha"])).Match);
        Assert.Equal(question.Match, Assert.Single(Withdrawn(all["bravo"])).Match);
        Assert.Empty(Withdrawn(all["charlie"]));
        Assert.Equal([2, 2, 2, 0, 0], Consortium.Contributors.Append("delta").Select(member => Told(all, member).Count));
    }

    /// <summary>The same records in a room whose charter has none of the queries: opt-in means that nothing of them happens.</summary>
    [Fact]
    public async Task WithoutThem_NobodyHearsOfASearchOrALiveOperation()
    {
        await using var room = await OpenAsync([]);
        await room.Matching.StartAsync();
        var all = await GovernanceTests.ReadUntilAsync(room, inboxes => EnclaveRoom.Pointers(inboxes["charlie"]).Any());
        await room.PassAsync(2);
        all = await room.ReadAllAsync(all);
        Assert.All(Consortium.Brokered, member => Assert.Empty(Told(all, member)));
        Assert.DoesNotContain(all.SelectMany(pair => pair.Value), message => OwnReference(message.Content) is "S-1" or "S-2" or "F-1" or "F-2" or "M-1");

        // Who holds the operation is asked about its suspect by the common rule, as ever, and who met him hears nothing.
        Assert.All(all["echo"].Where(message => OwnReference(message.Content) is not null), message => Assert.Equal(("review", "OP-1"), (message.Content.Kind, OwnReference(message.Content))));
    }

    private async Task<EnclaveRoom> OpenAsync(IReadOnlyList<QueryDefinition>? queries = null)
    {
        queries ??= [.. OwnRuleTests.Samples("Q1?-*.json").Where(query => query.LinkTypes.Any(Own.Contains))];
        var room = await EnclaveRoom.OpenAsync(consortium, new RoomShape { Queries = queries });
        var client = await room.ClientAsync("echo");
        _ = await client.RegisterAsync(
            new Registration { ListContributors = [.. Consortium.Contributors.Where(other => other != "echo").Select(MemberId.Parse)], Purposes = ["C2_BLIND_MATCH", "C3_TELL_NGO"] }, "", Token);

        // 1 is found and agreed to be traced, 2 did not; of 3, who is accused here and a victim there, the legal-aid organisation holds a record, of 5 it does not; 4 was exploited again after an exit, 6 perhaps.
        await GovernanceTests.UploadAsync(room, "alpha", Lasting(1, OwnRuleTests.Missing("S-1")), Lasting(2, OwnRuleTests.Missing("S-2")), Lasting(3, OwnRuleTests.Accused("D-1")));
        await GovernanceTests.UploadAsync(
            room, "bravo", Lasting(1, OwnRuleTests.Found("F-1")), Lasting(4, OwnRuleTests.Out("X-1", OwnRuleTests.Day(20454))), Lasting(5, OwnRuleTests.Accused("D-2")),
            Lasting(6, OwnRuleTests.Out("X-3", OwnRuleTests.Day(20454))));
        await GovernanceTests.UploadAsync(
            room, "charlie", Lasting(2, OwnRuleTests.Found("F-2", "C2_BLIND_MATCH", "C3_TELL_NGO")), Lasting(3, OwnRuleTests.Victim("V-1", "C2_BLIND_MATCH", "C3_TELL_NGO")), Lasting(4, OwnRuleTests.Again("X-2", OwnRuleTests.Day(20545))),
            Lasting(5, OwnRuleTests.Victim("V-2", "C2_BLIND_MATCH", "C3_TELL_NGO")), Lasting(6, OwnRuleTests.Again("X-4", new PartialDate { EarliestDay = 20454, LatestDay = 20818, Precision = "Year" })), Lasting(0, OwnRuleTests.Met("M-1", "suspect")));

        // No person of it can agree: what it is compared by stands in the record, what may be told in the standing authorisation.
        var operation = OwnRuleTests.Live("OP-1", "suspect");
        operation.Consents.Add(new Consent { Purpose = "C2_BLIND_MATCH", State = "Granted", ObtainedDay = 1 });
        await GovernanceTests.UploadAsync(room, "echo", Lasting(0, operation));
        return room;
    }

    /// <summary>A record as an import gives it, of one made-up person out of several who have nothing in common; 0 for one whose record names no person that could be met.</summary>
    private static CaseRecord Lasting(int person, CaseRecord record)
    {
        var full = EnclaveRoom.RecordOf(new Row(record.ContributorRecordRef, "unused@example.org"));
        (record.SchemaVersion, record.RecordId, record.RecordVersion) = (full.SchemaVersion, full.RecordId, full.RecordVersion);
        foreach (var consent in record.Consents)
        {
            consent.ExpiresDay = 1 << 20;
        }

        if (person > 0)
        {
            var victim = record.Persons[0];
            victim.Names[0].Full = ((string[])["", "Sreyneang Sok", "Nguyen Thi Hoa", "Amina Bello", "Ioana Popescu", "Maria Quispe", "Thiri Aung"])[person];
            victim.HomeArea.Locality = ((string[])["", "Prey Veng", "Vinh Long", "Benin City", "Bacau", "Cusco", "Mawlamyine"])[person];
            (victim.Birth.EarliestDay, victim.Birth.LatestDay) = (6000 + (person * 517), 6000 + (person * 517));
            victim.Identifiers.Clear();
            victim.Identifiers.Add(new Identifier { Kind = "Phone", Raw = "+66 81 234 567" + person, HolderRole = "Victim", HolderPersonKey = "v1" });
        }

        return record;
    }

    /// <summary>What a member was told because of these queries: link, own record and whom to call; a question ends its link with a question mark.</summary>
    private static List<string> Told(Dictionary<string, List<InboxMessage>> inboxes, string member) =>
    [
        .. inboxes[member].Select(message => message.Content switch
        {
            RoomMessage.MatchPointer pointer when Own.Contains(pointer.Link) => $"{pointer.Link} {pointer.Own} {pointer.Counterpart?.Member}",
            RoomMessage.Review review when Own.Contains(review.Link) => $"{review.Link}? {review.Own}",
            RoomMessage.Notice notice when Own.Contains(notice.Link) => $"{notice.Link} notice",
            _ => "",
        }).Where(text => text.Length > 0).Order(StringComparer.Ordinal),
    ];

    private static string? OwnReference(RoomMessage message) => message switch { RoomMessage.MatchPointer pointer => pointer.Own, RoomMessage.Review review => review.Own, _ => null };

    private static IEnumerable<RoomMessage.Review> Reviews(IEnumerable<InboxMessage> messages) => messages.Select(message => message.Content).OfType<RoomMessage.Review>();

    private static IEnumerable<RoomMessage.Withdrawn> Withdrawn(IEnumerable<InboxMessage> messages) => messages.Select(message => message.Content).OfType<RoomMessage.Withdrawn>();
}
