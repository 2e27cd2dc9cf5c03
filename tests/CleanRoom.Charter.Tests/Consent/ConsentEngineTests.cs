using System.Text.Json;
using CleanRoom.Charter.Consent;

namespace CleanRoom.Charter.Tests.Consent;

public sealed class ConsentEngineTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Later = Now.AddYears(1);
    private static readonly MemberId[] Members = [MemberId.Parse("lbf"), MemberId.Parse("hbl"), MemberId.Parse("mcd")];
    private static readonly Agency[] Agencies = [new(MemberId.Parse("police"), "police_ahtu", new HashSet<string> { "THA" })];
    private static readonly TellingRule TellAll = new(true, new HashSet<string> { "police_ahtu" }, false);
    private static readonly string[] AllCaveats =
        ["NO_LE", "NO_IMMIGRATION", "NO_CONSULAR", "ORCON", "LIVE_OPERATION", "SOURCE_PROTECTION", "NO_AUTO_NOTIFY", "INTEL_ONLY", "CHILD", "SMALL_COMMUNITY", "STAFF_IMPLICATED", "OFFICIAL_IMPLICATED"];

    public static TheoryData<string> SampleLinks()
    {
        var data = new TheoryData<string>();
        foreach (var line in File.ReadLines(Samples.Path("truth.csv")).Skip(1))
        {
            data.Add(line);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(SampleLinks))]
    public void Decide_SampleLink_GivesTheExpectedDisposition(string row)
    {
        var cells = row.Split(',');
        using var entities = JsonDocument.Parse(File.ReadAllText(Samples.Path("truth_entities.json")));
        var doubt = row.Contains("false document", StringComparison.Ordinal) ? LinkDoubt.DifferentPersons
            : row.Contains("periods do not overlap", StringComparison.Ordinal) ? LinkDoubt.PeriodsDisjoint
            : LinkDoubt.None;
        var decision = ConsentEngine.Decide(
            new PairFacts(
                SampleSide(cells[4], cells[8], entities), SampleSide(cells[5], cells[9], entities),
                cells[3] == "Victim" ? FactHolder.Victim : FactHolder.Other, doubt),
            TellAll, Agencies, Now);

        Assert.Equal(cells[15], decision.Disposition);
        if (!decision.NeedsReview)
        {
            Assert.Equal(cells[10], decision.TellFirst == Telling.Nothing ? "nothing" : "pointer");
            Assert.Equal(cells[11], decision.TellSecond == Telling.Nothing ? "nothing" : "pointer");
        }
        Assert.Equal(cells[12], decision.FirstReleases.Count == 0 ? "none" : "nonident");
        Assert.Equal(cells[13], decision.SecondReleases.Count == 0 ? "none" : "nonident");
    }

    [Fact]
    public void Decide_SidesSwapped_GivesTheMirrorImage()
    {
        foreach (var (pair, _) in EveryPair())
        {
            var one = ConsentEngine.Decide(pair, TellAll, Agencies, Now);
            var other = ConsentEngine.Decide(pair with { First = pair.Second, Second = pair.First }, TellAll, Agencies, Now);
            Assert.Equal(one.Disposition, other.Disposition);
            Assert.Equal((one.TellFirst, one.TellSecond), (other.TellSecond, other.TellFirst));
            Assert.Equal(one.FirstReleases, other.SecondReleases);
        }
    }

    [Fact]
    public void Decide_PurposeWithdrawnOrExpired_NeverRevealsMore()
    {
        foreach (var (pair, purposes) in EveryPair())
        {
            var before = ConsentEngine.Decide(pair, TellAll, Agencies, Now);
            foreach (var purpose in purposes)
            {
                var withdrawn = pair.First.Record with { Grants = [.. pair.First.Record.Grants.Where(grant => grant.Purpose != Purpose(purpose))] };
                AssertNotWider(before, ConsentEngine.Decide(pair with { First = pair.First with { Record = withdrawn } }, TellAll, Agencies, Now));
                var expired = pair.First.Record with { Grants = [.. pair.First.Record.Grants.Select(grant => grant.Purpose == Purpose(purpose) ? grant with { Expires = Now } : grant)] };
                AssertNotWider(before, ConsentEngine.Decide(pair with { First = pair.First with { Record = expired } }, TellAll, Agencies, Now));
            }
        }
    }

    [Fact]
    public void Decide_CaveatAdded_NeverWidens()
    {
        foreach (var (pair, _) in EveryPair())
        {
            var before = ConsentEngine.Decide(pair, TellAll, Agencies, Now);
            foreach (var caveat in AllCaveats)
            {
                var record = pair.First.Record with { Caveats = new HashSet<string>(pair.First.Record.Caveats) { caveat } };
                AssertNotWider(before, ConsentEngine.Decide(pair with { First = pair.First with { Record = record } }, TellAll, Agencies, Now));
            }
        }
    }

    [Fact]
    public void Decide_NotListedByOneSide_TellsNoContributor()
    {
        var side = Side(Members[0], ["C2", "C3", "C5"]);
        var other = Side(Members[1], ["C2", "C3", "C5"]) with { Standing = StandingAuthorisation.None };
        var decision = ConsentEngine.Decide(new PairFacts(side, other, FactHolder.Victim, LinkDoubt.None), TellAll, Agencies, Now);
        Assert.Equal((Telling.Nothing, Telling.Nothing), (decision.TellFirst, decision.TellSecond));
        Assert.Contains(ReasonCode.NotListed, decision.Reasons);
    }

    [Fact]
    public void AreComparable_CounterpartExcluded_IsFalse()
    {
        var side = Side(Members[0], ["C2", "C3"]);
        var excluding = side with { Record = side.Record with { Grants = [new Grant(ConsentPurpose.BlindMatch, Later, [], [], [Members[1].Value])] } };
        Assert.True(ConsentEngine.AreComparable(side, Side(Members[1], ["C2"]), Now));
        Assert.False(ConsentEngine.AreComparable(excluding, Side(Members[1], ["C2"]), Now));
    }

    [Fact]
    public void Decide_ImmigrationEnforcementAgency_IsNeverTold()
    {
        Agency[] agencies = [new(MemberId.Parse("border"), "immigration_enforcement", new HashSet<string> { "THA" })];
        var rule = new TellingRule(true, new HashSet<string> { "immigration_enforcement" }, true);
        var side = Side(Members[0], ["C2", "C3", "C5", "C6"]);
        var authorising = side with { Standing = side.Standing with { Agencies = new HashSet<MemberId> { MemberId.Parse("border") } } };
        var decision = ConsentEngine.Decide(
            new PairFacts(authorising, Side(Members[1], ["C2", "C3"]), FactHolder.Other, LinkDoubt.None), rule, agencies, Now);
        Assert.Empty(decision.FirstReleases);
    }

    private static void AssertNotWider(ConsentDecision before, ConsentDecision after)
    {
        Assert.True(before.Comparable || !after.Comparable);
        Assert.True(Knows(before.TellFirst) >= Knows(after.TellFirst));
        Assert.True(Knows(before.TellSecond) >= Knows(after.TellSecond));
        Assert.Subset(before.FirstReleases.ToHashSet(), after.FirstReleases.ToHashSet());
        Assert.Subset(before.SecondReleases.ToHashSet(), after.SecondReleases.ToHashSet());
    }

    /// <summary>How much a telling reveals: a pointer more than an item that names nobody.</summary>
    private static int Knows(Telling telling) => telling switch
    {
        Telling.Nothing => 0,
        Telling.Review or Telling.SafeguardingReview => 1,
        _ => 2,
    };

    private static IEnumerable<(PairFacts Pair, string[] Purposes)> EveryPair()
    {
        string[] all = ["C2", "C3", "C5", "C6"];
        for (var mask = 0; mask < 256; mask++)
        {
            var one = all.Where((_, i) => (mask >> i & 1) == 1).ToArray();
            var two = all.Where((_, i) => (mask >> (i + 4) & 1) == 1).ToArray();
            foreach (var holder in Enum.GetValues<FactHolder>())
            {
                foreach (var caveat in (string?[])[null, "LIVE_OPERATION", "NO_LE", "STAFF_IMPLICATED"])
                {
                    var second = Side(Members[1], two);
                    var marked = caveat is null ? second : second with { Record = second.Record with { Caveats = new HashSet<string> { caveat } } };
                    yield return (new PairFacts(Side(Members[0], one), marked, holder, LinkDoubt.None), one);
                }
            }
        }
    }

    private static LinkSide SampleSide(string record, string consents, JsonDocument entities)
    {
        var entity = entities.RootElement.TryGetProperty(record, out var found) ? found : default;
        var child = entity.ValueKind == JsonValueKind.Object && entity.GetProperty("child").GetBoolean();
        string[] caveats = entity.ValueKind == JsonValueKind.Object ? [.. entity.GetProperty("caveats").EnumerateArray().Select(c => c.GetString()!)] : [];
        var side = Side(Members[record[0] == 'L' ? 0 : record[0] == 'H' ? 1 : 2], consents.Split(';', StringSplitOptions.RemoveEmptyEntries));
        return side with { Record = side.Record with { VictimIsChild = child, Caveats = caveats.ToHashSet() } };
    }

    private static LinkSide Side(MemberId contributor, string[] purposes) => new(
        new RecordConsent(contributor, [.. purposes.Select(purpose => new Grant(Purpose(purpose), Later))], new HashSet<string>(), false, true),
        new StandingAuthorisation(Members.ToHashSet(), Agencies.Select(agency => agency.Id).ToHashSet(), ConsentPurpose.None),
        new HashSet<string> { "THA" });

    private static ConsentPurpose Purpose(string code) => ConsentPurposes.Codes.Single(pair => pair.Key.StartsWith(code, StringComparison.Ordinal)).Value;
}
