using System.Text.Json.Nodes;
using CleanRoom.Charter.Messages;
using CleanRoom.Charter.Queries;
using CleanRoom.Charter.Tables;

namespace CleanRoom.Charter.Tests.Tables;

/// <summary>What a charter says of tables, and the message that carries one.</summary>
public sealed class TableQueryTests
{
    [Fact]
    public void TheSamples_AreTakenAndDescribedInWords()
    {
        using var room = new TestRoom();
        var charter = TestRoom.Build(room.Draft.PutQuery(Sample("G1-sectors.json")).PutQuery(Sample("G2-corridors.json")));
        Assert.True(RoomCharter.TryParse(charter.CanonicalBytes.Span, out var again, out _));
        Assert.Equal(charter.Hash, again.Hash);
        Assert.Equal(["country", "sector"], again.Queries.Single(query => query.Id == "G1").Table!.By);
        Assert.All(again.Queries.Where(query => query.Table is not null), query => Assert.NotNull(query.Impact));
        var words = Assert.Single(CharterDiff.Describe(room.Genesis, charter), line => line.StartsWith("query G1 means", StringComparison.Ordinal));
        Assert.All(["country and sector", "11 persons", "3 contributors", "70 %", "5s", "goes to contributors"], part => Assert.Contains(part, words, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("id", "\"Q30\"", "id")]
    [InlineData("table.k", "10", "table.k")]
    [InlineData("table.contributors", "2", "table.contributors")]
    [InlineData("table.contributors", "5", "table.contributors")]
    [InlineData("table.dominancePercent", "71", "table.dominancePercent")]
    [InlineData("table.round", "1", "table.round")]
    [InlineData("table.period", "\"month\"", "table.period")]
    [InlineData("table.by", "[]", "table.by")]
    [InlineData("table.by", "[\"country\",\"sector\",\"type\"]", "table.by")]
    [InlineData("table.by", "[\"country\",\"country\"]", "table.by")]
    [InlineData("table.by", "[\"name\"]", "table.by[0]")]
    [InlineData("table.filter", "\"alpha\"", "table.filter")]
    [InlineData("link", "[\"SamePhone\"]", "link")]
    [InlineData("tell", "[]", "tell")]
    [InlineData("tell", "[{\"who\":\"contributors\",\"message\":\"N1\"}]", "tell[0].message")]
    [InlineData("tell", "[{\"who\":\"agency\",\"kinds\":[\"immigration_enforcement\"],\"message\":\"N7\"}]", "tell[0].kinds[0]")]
    [InlineData("tell", "[{\"who\":\"agency\",\"kinds\":[\"iom\"],\"message\":\"N7\"},{\"who\":\"contributors\",\"message\":\"N7\"}]", "tell[1]")]
    public void AMistake_IsRefusedAtItsPlace(string member, string value, string path)
    {
        using var room = new TestRoom();
        var query = Sample("G1-sectors.json");
        var target = member.StartsWith("table.", StringComparison.Ordinal) ? query["table"]!.AsObject() : query;
        target[member.Split('.')[^1]] = JsonNode.Parse(value);
        Assert.False(room.Draft.PutQuery(query).TryBuild(out _, out var errors));
        Assert.Contains($"queries[9].{path}", errors.Select(error => error.Path));
        Assert.All(errors, error => Assert.NotEmpty(error.Remedy));
    }

    [Fact]
    public void AllMistakes_AreSaidAtOnce()
    {
        using var room = new TestRoom();
        var query = Sample("G1-sectors.json");
        query["version"] = "one";
        query["table"] = new JsonObject { ["by"] = new JsonArray("name"), ["contributors"] = 1, ["dominancePercent"] = 90, ["k"] = 3, ["period"] = "day", ["round"] = 1 };
        Assert.False(room.Draft.PutQuery(query).TryBuild(out _, out var errors));
        Assert.Equal(
            ["table.by[0]", "table.contributors", "table.dominancePercent", "table.k", "table.period", "table.round", "version"],
            errors.Select(error => error.Path["queries[9].".Length..]).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("by", "[\"citizenship\",\"country\"]")]
    [InlineData("by", "[\"sector\",\"country\"]")]
    [InlineData("by", "[\"sector\"]")]
    [InlineData("by", "[\"country\",\"sector\"]")]
    [InlineData("period", "\"year\"")]
    [InlineData("k", "12")]
    [InlineData("round", "10")]
    [InlineData("dominancePercent", "60")]
    public void ATableThatCouldBeSubtractedFromAnother_IsRefused(string member, string value)
    {
        using var room = new TestRoom();
        var other = Sample("G2-corridors.json");
        other["table"]![member] = JsonNode.Parse(value);
        Assert.False(room.Draft.PutQuery(Sample("G1-sectors.json")).PutQuery(other).TryBuild(out _, out var errors));
        Assert.Equal("queries[10].table", Assert.Single(errors).Path);
    }

    [Theory]
    [InlineData("[\"country\"]")]
    [InlineData("[\"type\"]")]
    [InlineData("[\"citizenship\",\"gender\"]")]
    public void ATableThatSharesNothingButTheBeginning_IsTaken(string by)
    {
        using var room = new TestRoom();
        var other = Sample("G2-corridors.json");
        other["table"]!["by"] = JsonNode.Parse(by);
        Assert.True(room.Draft.PutQuery(Sample("G1-sectors.json")).PutQuery(other).TryBuild(out var charter, out _));
        Assert.Equal(2, charter.Queries.Count(query => query.Kind == QueryKind.Aggregate));
    }

    [Fact]
    public void TheMessage_ComesBackAsItWas_AndHoldsCodesOnly()
    {
        using var room = new TestRoom();
        var place = new MessagePlace(room.Room, room.A.Id, 3, 2, Simulated: false);
        var terms = new TableTerms(["country", "ageBand"], TablePeriod.Quarter, 11, 3, 70, 5);
        RoomMessage message = new RoomMessage.TableRelease("G3", "1.0.0", terms, TestRoom.Start, 1, 2, [new TableRow([], 20), new TableRow(["THA"], 15), new TableRow(["THA", "48+"], 15)]);
        var bytes = message.ToBytes(place);
        Assert.True(RoomMessage.TryParse(bytes, place, out var again));
        Assert.Equal(bytes, again.ToBytes(place));
        var text = System.Text.Encoding.UTF8.GetString(bytes);
        Assert.All(
            [text.Replace("\"THA\"]", "\"a b\"]", StringComparison.Ordinal), text.Replace("\"n\":20", "\"n\":-1", StringComparison.Ordinal), text.Replace("\"k\":11", "\"k\":2", StringComparison.Ordinal)],
            broken => Assert.False(RoomMessage.TryParse(System.Text.Encoding.UTF8.GetBytes(broken), place, out _)));
    }

    internal static JsonObject Sample(string file)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "CleanRoom.sln")))
        {
            folder = folder.Parent!;
        }

        return JsonNode.Parse(File.ReadAllText(Path.Combine(folder.FullName, "samples", "queries", file)))!.AsObject();
    }
}
