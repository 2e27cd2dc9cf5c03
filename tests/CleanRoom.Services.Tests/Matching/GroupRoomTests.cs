using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Messages;
using CleanRoom.Client.Acts;
using CleanRoom.Client.Inbox;
using CleanRoom.Records;
using CleanRoom.Records.V1;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>Groups of samples/queries in a whole room on the real services: sealed records in, a quarter and its three months pass, and what each member's own client opens.</summary>
public sealed class GroupRoomTests
{
    /// <summary>More than the rest of any quarter and the three months after it.</summary>
    private static readonly TimeSpan Lag = TimeSpan.FromDays(190);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AGroup_IsOpenedByWhoHoldsOneOfThem_AndByTheAgencyThatAllNamed_AndByNobodyElse()
    {
        await using var consortium = new Consortium();
        await consortium.InitializeAsync();
        await using var room = await EnclaveRoom.OpenAsync(consortium, new RoomShape { Queries = OwnRuleTests.Samples("Q1*.json").Where(query => query.Group is not null).ToList(), Life = TimeSpan.FromDays(600) });

        // Three each, and one of charlie's takes back that agencies may be told before the release: without bravo, five went one way. echo's have gone another, and were treated alike.
        foreach (var member in (string[])["alpha", "bravo", "charlie", "echo"])
        {
            await GovernanceTests.UploadAsync(room, member, [.. Enumerable.Range(1, 3).Select(i => Of($"{member}{i}", member == "echo" ? "TH-10" : "TH-74"))]);
        }

        _ = await new RoomActs(await room.ClientAsync("charlie")).ChangeConsentAsync("charlie3", new RoomAct.ConsentChange(default, "C5_LE_NONIDENT", false, null, "", [], []), null, Token);
        await room.Matching.StartAsync();
        await room.WaitForAsync(state => state.LastEvaluatedEpoch > 0, "the records to be compared");
        await room.PassAsync(2);
        var all = await room.ReadAllAsync();
        Assert.All(Consortium.Brokered, member => Assert.Empty(Groups(all, member)));
        await TableRoomTests.PassTimeAsync(room, consortium, Lag);
        all = await GovernanceTests.ReadUntilAsync(room, inboxes => ((string[])["alpha", "bravo", "charlie", "delta"]).All(member => Groups(inboxes, member).Count == (member == "delta" ? 1 : 3)) && Groups(inboxes, "echo").Count > 0, all);
        const string Way = "Q10 5+ MM-13>TH-63>TH-74 2026-Q1-2026-Q2 platformRecruitment:Facebook";
        Assert.All((string[])["alpha", "bravo", "charlie"], member => Assert.Equal([Way, "Q12 5+ TH-74 2026-Q1 ", "Q13 5+   "], Groups(all, member).Order(StringComparer.Ordinal)));
        Assert.Equal([Way], Groups(all, "delta"));
        Assert.Equal(["Q13 5+   "], Groups(all, "echo"));
    }

    /// <summary>The groups that a member's client has opened.</summary>
    private static List<string> Groups(Dictionary<string, List<InboxMessage>> inboxes, string member) =>
    [
        .. inboxes[member].Select(message => message.Content).OfType<RoomMessage.Groups>().SelectMany(groups => groups.Told.Select(group =>
            $"{groups.Query} {group.Band} {string.Join('>', group.Places.Select(place => place.Admin1))} {string.Join('-', group.Quarters)} {string.Join(',', group.Codes)}")),
    ];

    private static CaseRecord Of(string reference, string last)
    {
        var record = EnclaveRoom.RecordOf(new Row(reference, reference + "@example.org"));
        record.Persons[0].MajorityNow = "Adult";
        var day = DayNumbers.FromDate(new DateOnly(2026, 3, 9));
        record.Events.Add(
        [
            new Event { Type = "Recruitment", Seq = 1, Place = new Place { Country = "MMR", Admin1 = "MM-13" } },
            new Event { Type = "Transit", Seq = 2, Place = new Place { Country = "THA", Locality = "Mae Sot" } },
            new Event { Type = "Exploitation", Seq = 3, Place = new Place { Country = "THA", Admin1 = last, Latitude = last == "TH-74" ? 13.55 : 13.75, Longitude = 100.27 }, When = new PartialDate { EarliestDay = day, LatestDay = day, Precision = "Day" } },
        ]);
        record.Persons[0].Citizenship.Add("MMR");
        record.Exploitation.Add(new Exploitation
        {
            PlatformsRecruitment = { "Facebook" },
            MeansOfControl = { ((string[])["DebtBondage", "TakesEarnings", "WithholdsDocuments", "Threats"]).Select(code => new Flag { Code = code, Answer = Answer.Yes }) },
        });
        record.Consents.Clear();
        record.Consents.Add(((string[])["C2_BLIND_MATCH", "C3_TELL_NGO", "C5_LE_NONIDENT"]).Select(purpose => new Consent
        {
            Purpose = purpose,
            State = "Granted",
            ObtainedDay = 1,
            ExpiresDay = 1 << 20,
            NamedRecipients = { purpose == "C5_LE_NONIDENT" ? ["delta"] : Array.Empty<string>() },
        }));
        return record;
    }
}
