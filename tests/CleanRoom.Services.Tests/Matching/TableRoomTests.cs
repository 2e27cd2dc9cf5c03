using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Messages;
using CleanRoom.Charter.Queries;
using CleanRoom.Client.Acts;
using CleanRoom.Client.Inbox;
using CleanRoom.Records.V1;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>Tables of samples/queries in a whole room on the real services: sealed records in, a quarter and its three months pass, and what each member's own client opens.</summary>
public sealed class TableRoomTests
{
    /// <summary>More than the rest of any quarter and the three months after it.</summary>
    private static readonly TimeSpan Lag = TimeSpan.FromDays(190);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ATable_IsOpenedByWhomItsQueryNames_WhenItsTimeHasCome_OnceAndWithoutWhoDidNotAgree()
    {
        await using var consortium = new Consortium();
        await consortium.InitializeAsync();
        var (sectors, corridors) = (OwnRuleTests.Samples("G1-*.json")[^1], OwnRuleTests.Samples("G2-*.json")[^1]);
        corridors = corridors with { TellsContributors = false, Agencies = new AgencyTell(["police_ahtu"], JurisdictionRule.Any) };
        await using var room = await EnclaveRoom.OpenAsync(consortium, new RoomShape { Queries = [sectors, corridors], Life = TimeSpan.FromDays(600) });

        // Twelve agreed to be counted, and three did not: 12 is shown as 10, and 15 would be shown as 15. Who takes it back before the table is drawn is not in it.
        foreach (var member in (string[])["alpha", "bravo", "charlie"])
        {
            await GovernanceTests.UploadAsync(room, member, [.. Enumerable.Range(1, 4).Select(i => Of($"{member}{i}", "C1_AGGREGATE", "C2_BLIND_MATCH")), Of(member + "5", "C2_BLIND_MATCH")]);
        }

        await GovernanceTests.UploadAsync(room, "echo", [.. Enumerable.Range(1, 3).Select(i => Of($"echo{i}", "C1_AGGREGATE", "C2_BLIND_MATCH"))]);
        foreach (var reference in (string[])["echo1", "echo2", "echo3"])
        {
            _ = await new RoomActs(await room.ClientAsync("echo")).ChangeConsentAsync(reference, new RoomAct.ConsentChange(default, "C1_AGGREGATE", false, null, "", [], []), null, Token);
        }

        await room.Matching.StartAsync();
        await room.WaitForAsync(state => state.LastEvaluatedEpoch > 0, "the records to be compared");
        await room.PassAsync(2);
        var all = await room.ReadAllAsync();
        Assert.All(Consortium.Brokered, member => Assert.Empty(Tables(all, member)));

        // Instances cannot live that long; the next one has the log only.
        await PassTimeAsync(room, consortium, Lag);
        all = await GovernanceTests.ReadUntilAsync(room, inboxes => Consortium.Brokered.All(member => Tables(inboxes, member).Count > 0), all);
        Assert.All(Consortium.Contributors, member => Assert.Equal(["G1 =10", "G1 THA=10", "G1 THA A_AgricultureForestryAndFishing=10"], Tables(all, member)));
        Assert.Equal(["G2 =10", "G2 THA=10", "G2 THA KHM=10"], Tables(all, "delta"));
        var released = all.SelectMany(pair => pair.Value).Count(message => message.Content is RoomMessage.TableRelease);

        // One person more, and the quarter after: nobody of the first release is in the second, so nobody is the difference.
        await GovernanceTests.UploadAsync(room, "echo", Of("echo9", "C1_AGGREGATE", "C2_BLIND_MATCH"));
        await GovernanceTests.UploadAsync(room, "alpha", Of("alpha9", "C1_AGGREGATE", "C2_BLIND_MATCH"));
        await GovernanceTests.UploadAsync(room, "bravo", Of("bravo9", "C1_AGGREGATE", "C2_BLIND_MATCH"));
        await room.PassAsync(2);
        await PassTimeAsync(room, consortium, Lag + Lag);
        all = await GovernanceTests.ReadUntilAsync(room, inboxes => inboxes.SelectMany(pair => pair.Value).Count(message => message.Content is RoomMessage.TableRelease) >= released + 5, all);
        Assert.All(Consortium.Contributors, member => Assert.Equal(3, Tables(all, member).Count));
        Assert.Equal(3, Tables(all, "delta").Count);
    }

    internal static async Task PassTimeAsync(EnclaveRoom room, Consortium consortium, TimeSpan ahead)
    {
        await room.Matching.StopAsync();
        var before = (await room.StateAsync()).LastEpoch;
        consortium.Clock.Ahead = ahead;
        await room.Matching.StartAsync();

        // Whoever reads while no epoch has ended for months is right to raise an alarm.
        await room.WaitForAsync(state => state.LastEpoch > before + 1, "an epoch after that time");
    }

    /// <summary>The rows of the tables that a member's client has opened.</summary>
    private static List<string> Tables(Dictionary<string, List<InboxMessage>> inboxes, string member) =>
        [.. inboxes[member].Select(message => message.Content).OfType<RoomMessage.TableRelease>().SelectMany(table => table.Rows.Select(row => $"{table.Query} {string.Join(' ', row.Values)}={row.Count}"))];

    private static CaseRecord Of(string reference, params string[] purposes)
    {
        var record = EnclaveRoom.RecordOf(new Row(reference, reference + "@example.org"));
        record.Persons[0].MajorityNow = "Adult";
        record.Persons[0].Citizenship.Add("KHM");
        record.Events.Add(new Event { Type = "Exploitation", Place = new Place { Country = "THA" } });
        record.Exploitation.Add(new Exploitation { SectorSection = "A_AgricultureForestryAndFishing" });
        record.Consents.Clear();
        record.Consents.Add(purposes.Select(purpose => new Consent { Purpose = purpose, State = "Granted", ObtainedDay = 1, ExpiresDay = 1 << 20 }));
        return record;
    }
}
