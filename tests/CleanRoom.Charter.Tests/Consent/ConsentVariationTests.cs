using System.Text.Json;
using CleanRoom.Charter.Consent;

namespace CleanRoom.Charter.Tests.Consent;

/// <summary>Every pair of samples/truth.csv, with one thing changed on one side: the change has the effect that DATA.md §4.1 says, and no other.</summary>
public sealed class ConsentVariationTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);
    private static readonly MemberId[] Members = [MemberId.Parse("lbf"), MemberId.Parse("hbl"), MemberId.Parse("mcd")];
    private static readonly Agency[] Agencies = [new(MemberId.Parse("police"), "police_ahtu", new HashSet<string> { "THA" })];
    private static readonly TellingRule TellAll = new(true, new HashSet<string> { "police_ahtu" }, false);

    public static TheoryData<string> Rows() => [.. File.ReadLines(Samples.Path("truth.csv")).Skip(1)];

    [Theory, MemberData(nameof(Rows))]
    public void C2Withdrawn_TellsNobodyAnything(string row)
    {
        var after = Decide(Without(Pair(row), ConsentPurpose.BlindMatch));
        Assert.Equal("SUPPRESSED", after.Disposition);
        Assert.Equal((Telling.Nothing, Telling.Nothing, 0), (after.TellFirst, after.TellSecond, after.FirstReleases.Count + after.SecondReleases.Count));
    }

    [Theory, MemberData(nameof(Rows))]
    public void C3Withdrawn_StopsThePointersAboutThisRecordAndNothingElse(string row)
    {
        var pair = Pair(row);
        var (before, after) = (Decide(pair), Decide(Without(pair, ConsentPurpose.TellNgo)));
        Assert.Equal(before.Comparable, after.Comparable);
        var otherReason = pair.Holder == FactHolder.Other && Has(pair.First, ConsentPurpose.LeNonIdentifying);
        Assert.Equal(otherReason ? before.TellSecond : Telling.Nothing, after.TellSecond);
        // The other direction stays as it was; a pointer becomes one-way only because its counterpart has none any more.
        Assert.Equal(before.TellFirst == Telling.MutualPointer && after.TellSecond == Telling.Nothing ? Telling.OneWayPointer : before.TellFirst, after.TellFirst);
        Assert.Equal(before.FirstReleases, after.FirstReleases);
        Assert.Equal(before.SecondReleases, after.SecondReleases);
        Assert.Equal(before.ChildProtection, after.ChildProtection);
    }

    [Theory, MemberData(nameof(Rows))]
    public void C5Withdrawn_StopsThisSidesReleasesAndNothingThatC3Or6Carries(string row)
    {
        var pair = Pair(row);
        var (before, after) = (Decide(pair), Decide(Without(pair, ConsentPurpose.LeNonIdentifying)));
        Assert.Equal(Has(pair.First, ConsentPurpose.LeIdentifying) ? before.FirstReleases : [], after.FirstReleases);
        Assert.Equal(before.SecondReleases, after.SecondReleases);
        if (pair.Holder == FactHolder.Victim || Has(pair.First, ConsentPurpose.TellNgo))
        {
            Assert.Equal((before.TellFirst, before.TellSecond), (after.TellFirst, after.TellSecond));
        }
        else
        {
            Assert.Equal(Telling.Nothing, after.TellSecond);
        }
    }

    [Theory, MemberData(nameof(Rows))]
    public void AnyPurposeExpired_IsTheSameAsWithdrawn(string row)
    {
        var pair = Pair(row);
        foreach (var purpose in ConsentPurposes.Codes.Values)
        {
            var expired = pair with
            {
                First = pair.First with
                {
                    Record = pair.First.Record with { Grants = [.. pair.First.Record.Grants.Select(grant => grant.Purpose == purpose ? grant with { Expires = Now } : grant)] },
                },
            };
            AssertSame(Decide(Without(pair, purpose)), Decide(expired));
        }
    }

    [Theory, MemberData(nameof(Rows))]
    public void CaveatAdded_HasItsEffectAndNoOther(string row)
    {
        var pair = Pair(row);
        var before = Decide(pair);
        foreach (var caveat in (string[])["NO_IMMIGRATION", "NO_CONSULAR", "ORCON", "INTEL_ONLY"])
        {
            AssertSame(before, Decide(With(pair, caveat)));
        }

        var noLe = Decide(With(pair, "NO_LE"));
        Assert.Equal((before.TellFirst, before.TellSecond, 0), (noLe.TellFirst, noLe.TellSecond, noLe.FirstReleases.Count));
        Assert.Equal(before.SecondReleases, noLe.SecondReleases);

        foreach (var caveat in (string[])["SMALL_COMMUNITY", "SOURCE_PROTECTION", "NO_AUTO_NOTIFY", "LIVE_OPERATION", "STAFF_IMPLICATED", "OFFICIAL_IMPLICATED"])
        {
            var after = Decide(With(pair, caveat));
            if (!before.Comparable)
            {
                AssertSame(before, after);
                continue;
            }

            Assert.True(after.NeedsReview, caveat);
            Assert.Empty(after.FirstReleases.Concat(after.SecondReleases));
            Assert.True(after.TellFirst is Telling.Nothing or Telling.Review or Telling.SafeguardingReview, caveat);
            Assert.Equal(before.TellFirst == Telling.Nothing, Decide(With(pair, "SMALL_COMMUNITY")).TellFirst == Telling.Nothing);
            switch (caveat)
            {
                case "LIVE_OPERATION":
                    Assert.Equal(Telling.Nothing, after.TellSecond);
                    break;
                case "STAFF_IMPLICATED" or "OFFICIAL_IMPLICATED":
                    Assert.Equal(Telling.Nothing, after.TellFirst);
                    Assert.True(after.TellSecond is Telling.Nothing or Telling.SafeguardingReview, caveat);
                    break;
                default:
                    break;
            }
        }

        var child = Decide(With(pair, "CHILD"));
        if (pair.Holder == FactHolder.Victim && before.Comparable)
        {
            Assert.Equal("CHILD_PROTECTION+HUMAN_REVIEW", child.Disposition);
        }
        else
        {
            AssertSame(before, child);
        }
    }

    [Theory, MemberData(nameof(Rows))]
    public void ListingTakenBackOrMemberGone_TellsNeitherSideAndLeavesAgenciesAsTheyWere(string row)
    {
        var pair = Pair(row);
        var before = Decide(pair);
        var after = Decide(pair with { First = pair.First with { Standing = pair.First.Standing with { Contributors = new HashSet<MemberId>() } } });
        Assert.Equal((Telling.Nothing, Telling.Nothing), (after.TellFirst, after.TellSecond));
        Assert.Equal(before.FirstReleases, after.FirstReleases);
        Assert.Equal(before.SecondReleases, after.SecondReleases);
        Assert.Equal(before.Comparable, after.Comparable);
    }

    [Theory, MemberData(nameof(Rows))]
    public void AgencyExcludedInAnyConsent_IsNotToldBecauseOfThisRecordAlsoAfterThatConsentIsWithdrawn(string row)
    {
        var pair = Pair(row);
        var excluding = pair with { First = pair.First with { Record = pair.First.Record with { Excluded = new HashSet<string> { "police" } } } };
        Assert.Empty(Decide(excluding).FirstReleases);
        Assert.Equal(Decide(pair).SecondReleases, Decide(excluding).SecondReleases);
        Assert.Equal(ReasonCode.NoAuthorisedAgency, ConsentEngine.WhyNotDisclosed(excluding.First with { Record = excluding.First.Record with { Grants = [new Grant(ConsentPurpose.LeIdentifying, Now.AddDays(1))], Caveats = new HashSet<string>() } }, Agencies[0], false, Now));
    }

    [Theory]
    [InlineData("C5", false, null)]
    [InlineData("C5", true, ReasonCode.NoAgencyConsent)]
    [InlineData("C6", false, null)]
    [InlineData("C6", true, null)]
    [InlineData("C3", false, ReasonCode.NoAgencyConsent)]
    public void WhyNotDisclosed_ByGrant_NeedsC6ForWhatIdentifies(string grant, bool identifying, ReasonCode? expected)
    {
        var side = Side(Members[0], ["C2", grant]);
        Assert.Equal(expected, ConsentEngine.WhyNotDisclosed(side, Agencies[0], identifying, Now));
        Assert.NotNull(ConsentEngine.WhyNotDisclosed(side, Agencies[0], identifying, Now.AddYears(2)));
        Assert.Equal(ReasonCode.NoLawEnforcement, ConsentEngine.WhyNotDisclosed(side with { Record = side.Record with { Caveats = new HashSet<string> { "NO_LE" } } }, Agencies[0], identifying, Now));
        Assert.NotNull(ConsentEngine.WhyNotDisclosed(side, Agencies[0] with { Kind = "immigration_enforcement" }, identifying, Now));
        Assert.NotNull(ConsentEngine.WhyNotDisclosed(side with { Standing = side.Standing with { Agencies = new HashSet<MemberId>() } }, Agencies[0], identifying, Now));
        Assert.NotNull(ConsentEngine.WhyNotDisclosed(side with { Record = side.Record with { VictimIsChild = true } }, Agencies[0], true, Now));
    }

    private static void AssertSame(ConsentDecision one, ConsentDecision other)
    {
        Assert.Equal((one.Disposition, one.TellFirst, one.TellSecond, one.ChildProtection), (other.Disposition, other.TellFirst, other.TellSecond, other.ChildProtection));
        Assert.Equal(one.FirstReleases, other.FirstReleases);
        Assert.Equal(one.SecondReleases, other.SecondReleases);
    }

    private static ConsentDecision Decide(PairFacts pair) => ConsentEngine.Decide(pair, TellAll, Agencies, Now);

    private static bool Has(LinkSide side, ConsentPurpose purpose) => side.Record.Grants.Any(grant => grant.Purpose == purpose);

    private static PairFacts Without(PairFacts pair, ConsentPurpose purpose) =>
        pair with { First = pair.First with { Record = pair.First.Record with { Grants = [.. pair.First.Record.Grants.Where(grant => grant.Purpose != purpose)] } } };

    private static PairFacts With(PairFacts pair, string caveat) =>
        pair with { First = pair.First with { Record = pair.First.Record with { Caveats = new HashSet<string>(pair.First.Record.Caveats) { caveat } } } };

    private static PairFacts Pair(string row)
    {
        var cells = row.Split(',');
        using var entities = JsonDocument.Parse(File.ReadAllText(Samples.Path("truth_entities.json")));
        var doubt = row.Contains("false document", StringComparison.Ordinal) ? LinkDoubt.DifferentPersons
            : row.Contains("periods do not overlap", StringComparison.Ordinal) ? LinkDoubt.PeriodsDisjoint
            : LinkDoubt.None;
        return new PairFacts(Side(cells[4], cells[8], entities), Side(cells[5], cells[9], entities), cells[3] == "Victim" ? FactHolder.Victim : FactHolder.Other, doubt);
    }

    private static LinkSide Side(string record, string consents, JsonDocument entities)
    {
        var found = entities.RootElement.TryGetProperty(record, out var entity);
        var side = Side(Members[record[0] == 'L' ? 0 : record[0] == 'H' ? 1 : 2], consents.Split(';', StringSplitOptions.RemoveEmptyEntries));
        return side with
        {
            Record = side.Record with
            {
                VictimIsChild = found && entity.GetProperty("child").GetBoolean(),
                Caveats = found ? entity.GetProperty("caveats").EnumerateArray().Select(caveat => caveat.GetString()!).ToHashSet() : [],
            },
        };
    }

    private static LinkSide Side(MemberId contributor, string[] purposes) => new(
        new RecordConsent(
            contributor, [.. purposes.Select(purpose => new Grant(ConsentPurposes.Codes.Single(pair => pair.Key.StartsWith(purpose, StringComparison.Ordinal)).Value, Now.AddYears(1)))],
            new HashSet<string>(), false, true),
        new StandingAuthorisation(Members.ToHashSet(), Agencies.Select(agency => agency.Id).ToHashSet(), ConsentPurpose.None),
        new HashSet<string> { "THA" });
}
