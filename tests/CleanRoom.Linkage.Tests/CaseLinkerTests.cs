using System.Text;
using CleanRoom.Linkage.Cases;

namespace CleanRoom.Linkage.Tests;

public sealed class CaseLinkerTests(ITestOutputHelper output)
{
    private static readonly CaseLinker Linker = new(CaseModel.Shipped);

    [Fact]
    public async Task Combine_Samples_OnlyCasesThatShareSomething_StrongOnlyByTwoKinds()
    {
        var records = await SampleRecords.ReadAsync(null, TestContext.Current.CancellationToken);
        var refs = records.Keys.ToArray();
        var engine = new LinkageEngine();
        for (var i = 0; i < refs.Length; i++)
        {
            engine.Add(new RecordHandle(i), records[refs[i]]);
        }
        var links = engine.FindLinks([.. Enumerable.Range(0, refs.Length).Select(i => new RecordHandle(i))], (a, b) => refs[a.Value][0] != refs[b.Value][0], TestContext.Current.CancellationToken).Links;
        var cases = Linker.Combine(links);
        var truth = SharedData.Csv(SharedData.File("data/samples/truth.csv")).Where(r => r["is_true_link"] == "yes")
            .GroupBy(r => string.Join(' ', new[] { r["record_1"], r["record_2"] }.Order(StringComparer.Ordinal))).ToDictionary(g => g.Key, g => g.Select(r => r["link_type"]).Distinct().Count());
        string Pair(CaseLink link) => string.Join(' ', new[] { refs[link.First.Value], refs[link.Second.Value] }.Order(StringComparer.Ordinal));
        foreach (var group in cases.GroupBy(c => c.Strength))
        {
            output.WriteLine($"{group.Key}: {group.Count()}, {group.Count(c => truth.ContainsKey(Pair(c)))} share something");
        }
        output.WriteLine($"{truth.Count} pairs of cases share something, {truth.Count(t => t.Value > 1)} several things; {truth.Count(t => cases.Any(c => c.Strength >= LinkStrength.Probable && Pair(c) == t.Key))} are Probable or better");
        Assert.All(cases, link => Assert.Equal(link.Total, link.Prior + link.Parts.Sum(p => p.Weight), 1e-9));
        Assert.DoesNotContain(cases, c => c.Strength >= LinkStrength.Probable && !truth.ContainsKey(Pair(c)));
        Assert.All(cases.Where(c => c.Strength == LinkStrength.Strong), c => Assert.True(c.Parts.Where(p => p.Independent).Select(p => p.Entity).Distinct().Count() >= 2));
        Assert.True(truth.Count(t => cases.Any(c => c.Strength >= LinkStrength.Probable && Pair(c) == t.Key)) >= truth.Count * 9 / 10);
    }

    public static TheoryData<string, LinkType[], LinkStrength[], LinkEvidence[], LinkStrength?> MinimumEvidence { get; } = new()
    {
        { "one telephone", [LinkType.SamePhone], [LinkStrength.Exact], [LinkEvidence.Phone], LinkStrength.Probable },
        { "a telephone and a site", [LinkType.SamePhone, LinkType.SameAddress], [LinkStrength.Exact, LinkStrength.Strong], [LinkEvidence.Phone, LinkEvidence.Place], LinkStrength.Strong },
        { "three of one kind", [LinkType.SamePhone, LinkType.SameEmail, LinkType.SameHandle], [LinkStrength.Exact, LinkStrength.Exact, LinkStrength.Exact], [LinkEvidence.Phone, LinkEvidence.Email, LinkEvidence.Handle], LinkStrength.Probable },
        { "a person known by the telephone", [LinkType.SamePersonSuspect, LinkType.SamePhone], [LinkStrength.Exact, LinkStrength.Exact], [LinkEvidence.Alias | LinkEvidence.Phone, LinkEvidence.Phone], LinkStrength.Probable },
        { "a person known by name, and a telephone", [LinkType.SamePersonSuspect, LinkType.SamePhone], [LinkStrength.Strong, LinkStrength.Exact], [LinkEvidence.Name | LinkEvidence.Birth, LinkEvidence.Phone], LinkStrength.Strong },
        { "much that is only possible", [LinkType.SamePersonVictim, LinkType.SameAddress, LinkType.SameOrganisation, LinkType.SameVessel, LinkType.SameDocument], [LinkStrength.Possible, LinkStrength.Possible, LinkStrength.Possible, LinkStrength.Possible, LinkStrength.Possible], [LinkEvidence.Name, LinkEvidence.Place, LinkEvidence.Organisation, LinkEvidence.Name, LinkEvidence.Document], LinkStrength.Possible },
        { "a site that is only possible", [LinkType.SameAddress], [LinkStrength.Possible], [LinkEvidence.Place], null },
        { "a case number", [LinkType.SameCaseNumber], [LinkStrength.Exact], [LinkEvidence.CaseNumber], LinkStrength.Exact },
        { "what a query makes of links", [LinkType.LiveOperation], [LinkStrength.Exact], [LinkEvidence.Phone], null },
    };

    [Theory]
    [MemberData(nameof(MinimumEvidence))]
    public void Combine_MinimumEvidence_BoundsTheStrength(string what, LinkType[] types, LinkStrength[] strengths, LinkEvidence[] evidence, LinkStrength? expected)
    {
        var links = types.Select((type, i) => Of(type, strengths[i], evidence[i], LinkCautions.None)).ToArray();
        var found = Linker.Combine(links);
        Assert.True(expected == found.SingleOrDefault()?.Strength, $"{what}: {found.SingleOrDefault()?.Strength} {found.SingleOrDefault()?.Total}");
    }

    [Theory]
    [InlineData(LinkType.SameCaseNumber, LinkCautions.HolderRolesDiffer)]
    [InlineData(LinkType.SameDocument, LinkCautions.SharedDocumentDifferentPersons)]
    [InlineData(LinkType.SamePhone, LinkCautions.PeriodsDisjoint)]
    [InlineData(LinkType.SamePersonVictim, LinkCautions.ReadAcrossScripts)]
    public void Combine_EvidenceInDoubt_IsNeverEnoughAlone(LinkType type, LinkCautions caution)
    {
        var doubtful = Of(type, LinkStrength.Exact, LinkEvidence.None, caution);
        Assert.True(Linker.Combine([doubtful]).SingleOrDefault()?.Strength is null or LinkStrength.Possible);
        var site = Of(LinkType.SameAddress, LinkStrength.Strong, LinkEvidence.Place, LinkCautions.None);
        Assert.Equal(LinkStrength.Probable, Linker.Combine([doubtful, site]).Single().Strength);
    }

    [Fact]
    public void Combine_ThingOfManyRecords_SaysLess()
    {
        var all = Enumerable.Range(0, 64).SelectMany(i => Enumerable.Range(i + 1, 63 - i).Select(j => Of(LinkType.SameOrganisation, LinkStrength.Exact, LinkEvidence.Organisation, LinkCautions.None, i, j))).ToArray();
        Assert.All(Linker.Combine(all), link => Assert.Equal(LinkStrength.Possible, link.Strength));
        var few = Linker.Combine(all[..1]).Single();
        Assert.Equal(LinkStrength.Probable, few.Strength);
        Assert.Equal(0, few.Parts[0].Company);
    }

    [Fact]
    public void Combine_AnyOrder_GivesTheSame()
    {
        var dice = new Rooms.Dice(9);
        var links = Enumerable.Range(0, 400).Select(_ => (LinkType)dice.Below(13)).Select(type => Of(
            type, (LinkStrength)(1 + dice.Below(4)), (LinkEvidence)(1 << dice.Below(16)), dice.Below(4) == 0 ? LinkCautions.PeriodsDisjoint : LinkCautions.None, dice.Below(6), 6 + dice.Below(6))).Distinct().ToArray();
        var shuffled = links.OrderBy(_ => dice.Below(1 << 30)).ToArray();
        Assert.Equal(Told(Linker.Combine(links)), Told(Linker.Combine(shuffled)));

        static string[] Told(IReadOnlyList<CaseLink> cases) => [.. cases.Select(c => $"{c.First.Value} {c.Second.Value} {c.Strength} {c.Total:R} {string.Join(' ', c.Parts)}")];
    }

    [Fact]
    public void Parse_Shipped_WritesAndReadsTheSame()
    {
        var again = CaseModel.Parse(Encoding.UTF8.GetBytes(CaseModel.Shipped.ToJson()));
        Assert.Equal(CaseModel.Shipped, again);
    }

    [Theory]
    [InlineData("\"version\": 1", "\"version\": 2")]
    [InlineData("\"prior\": -12", "\"prior\": 12")]
    [InlineData("\"prior\": -12", "\"prior\": -12, \"prior\": -1")]
    [InlineData("\"prior\": -12", "\"prior\": -12, \"other\": 1")]
    [InlineData("\"repeated\": 0.5", "\"repeated\": 1.5")]
    [InlineData("\"strong\": 4", "\"strong\": -5")]
    [InlineData("\"account\"", "\"accounts\"")]
    public void Parse_OtherThanStrict_IsRefused(string find, string replace)
    {
        var json = CaseModel.Shipped.ToJson();
        var wrong = json.Replace(find, replace, StringComparison.Ordinal);
        Assert.NotEqual(json, wrong);
        _ = Assert.Throws<FormatException>(() => CaseModel.Parse(Encoding.UTF8.GetBytes(wrong)));
    }

    private static Link Of(LinkType type, LinkStrength strength, LinkEvidence evidence, LinkCautions cautions, long first = 1, long second = 2) => new(
        type, new LinkSide(new RecordHandle(first), "Suspect", "s1", "", null, ""), new LinkSide(new RecordHandle(second), "Suspect", "s1", "", null, ""), strength, evidence, cautions, 8);
}
