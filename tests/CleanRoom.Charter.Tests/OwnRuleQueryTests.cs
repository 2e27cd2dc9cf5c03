using System.Text.Json.Nodes;
using CleanRoom.Charter.Queries;

namespace CleanRoom.Charter.Tests;

/// <summary>What a charter says of the queries with a rule of their own.</summary>
public sealed class OwnRuleQueryTests
{
    private static readonly string[] Files = ["Q11-tracing.json", "Q14-live-operation.json", "Q15-victim-as-offender.json", "Q16-exploited-again.json"];

    [Fact]
    public void TheSamples_AreTakenAndDescribedInWords()
    {
        using var room = new TestRoom();
        var charter = TestRoom.Build(Files.Aggregate(room.Draft, (draft, file) => draft.PutQuery(Sample(file))));
        Assert.True(RoomCharter.TryParse(charter.CanonicalBytes.Span, out var again, out _));
        Assert.Equal(charter.Hash, again.Hash);
        Assert.Equal([room.A.Id], Assert.Single(again.Queries, query => query.Id == "Q15").Only);
        Assert.All(again.Queries.Where(query => query.Id != "Q15"), query => Assert.Empty(query.Only));
        var lines = CharterDiff.Describe(room.Genesis, charter);
        Assert.All(
            [("Q11", "agreed to be traced"), ("Q14", "nothing else"), ("Q15", $"{room.A.Id} and nobody else"), ("Q16", "quarters between")],
            item => Assert.Contains(item.Item2, Assert.Single(lines, line => line.StartsWith($"query {item.Item1} means", StringComparison.Ordinal)), StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.StartsWith("query Q1 ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Q14-live-operation.json", "link", "[\"LiveOperation\",\"SameAddress\"]", "link")]
    [InlineData("Q16-exploited-again.json", "link", "[\"ReTrafficking\",\"SamePersonVictim\"]", "link")]
    [InlineData("Q15-victim-as-offender.json", "link", "[\"SamePersonVictim\",\"VictimAsOffender\"]", "link")]
    [InlineData("Q15-victim-as-offender.json", "link", "[\"SamePersonVictim\"]", "tell[0].only")]
    [InlineData("Q16-exploited-again.json", "corroboration", "{\"contributors\":2,\"persons\":3}", "corroboration.persons")]
    [InlineData("Q15-victim-as-offender.json", "tell", "[{\"who\":\"contributors\",\"message\":\"N1\"}]", "tell[0].only")]
    [InlineData("Q15-victim-as-offender.json", "tell", "[{\"who\":\"contributors\",\"message\":\"N1\",\"only\":[]}]", "tell[0].only")]
    [InlineData("Q15-victim-as-offender.json", "tell", "[{\"who\":\"contributors\",\"message\":\"N1\",\"only\":[\"nobody\"]}]", "tell[0].only")]
    [InlineData("Q15-victim-as-offender.json", "tell", "[{\"who\":\"contributors\",\"message\":\"N1\",\"only\":[\"d-agency\"]}]", "tell[0].only")]
    [InlineData("Q15-victim-as-offender.json", "tell", "[{\"who\":\"contributors\",\"message\":\"N1\",\"only\":[\"No Id\"]}]", "tell[0].only[0]")]
    [InlineData("Q15-victim-as-offender.json", "tell", "[{\"who\":\"contributors\",\"message\":\"N1\",\"only\":[\"b-contributor\",\"a-contributor\"]}]", "tell[0].only")]
    [InlineData("Q14-live-operation.json", "tell", "[{\"who\":\"contributors\",\"message\":\"N1\",\"only\":[\"a-contributor\"]}]", "tell[0].only")]
    [InlineData("Q14-live-operation.json", "tell", "[{\"who\":\"agency\",\"kinds\":[\"police_ahtu\"],\"jurisdiction\":\"any\",\"message\":\"N2a\",\"facts\":\"on-release\"}]", "tell")]
    [InlineData("Q15-victim-as-offender.json", "tell", "[{\"who\":\"agency\",\"kinds\":[\"police_ahtu\"],\"jurisdiction\":\"any\",\"message\":\"N2a\",\"facts\":\"on-release\"}]", "tell")]
    [InlineData("Q16-exploited-again.json", "tell", "[{\"who\":\"contributors\",\"message\":\"N1\"},{\"who\":\"agency\",\"kinds\":[\"police_ahtu\"],\"jurisdiction\":\"any\",\"message\":\"N2a\",\"facts\":\"on-release\"}]", "tell")]
    public void AMistake_IsRefusedAtItsPlace(string file, string member, string value, string path)
    {
        using var room = new TestRoom();
        var query = Sample(file);
        query[member] = JsonNode.Parse(value);
        Assert.False(room.Draft.PutQuery(query).TryBuild(out _, out var errors));
        Assert.Contains($"queries[9].{path}", errors.Select(error => error.Path));
        Assert.All(errors, error => Assert.NotEmpty(error.Remedy));
    }

    [Fact]
    public void AWatch_NamesNoneOfTheirLinks() => Assert.Empty(QueryDefinition.AskedLinkTypes.Intersect([.. QueryDefinition.LoneLinkTypes, "SamePersonMissing"]));

    private static JsonObject Sample(string file)
    {
        var query = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository(), "samples", "queries", file)))!.AsObject();
        if (query["tell"]![0]!["only"] is not null)
        {
            query["tell"]![0]!["only"] = new JsonArray("a-contributor");
        }

        return query;
    }

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "CleanRoom.sln")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }
}
