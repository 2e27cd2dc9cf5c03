using System.Text.Json.Nodes;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Watches;

namespace CleanRoom.Charter.Tests.Watches;

/// <summary>What a charter says of watches and searches, and what is counted of them.</summary>
public sealed class WatchQueryTests
{
    private static readonly string Samples = Path.Combine(Repository(), "samples", "queries");

    [Fact]
    public void TheSamples_AreTakenAndDescribedInWords()
    {
        using var room = new TestRoom();
        var charter = TestRoom.Build(WithSamples(room));
        Assert.True(RoomCharter.TryParse(charter.CanonicalBytes.Span, out var again, out _));
        Assert.Equal(charter.Hash, again.Hash);
        Assert.Equal(["Q18", "Q19"], charter.Queries.Where(query => query.Asking is not null).Select(query => query.Id));
        var lines = CharterDiff.Describe(room.Genesis, charter);
        Assert.Contains(lines, line => line.StartsWith("query Q18 is added", StringComparison.Ordinal));
        var search = Assert.Single(lines, line => line.StartsWith("query Q18 means", StringComparison.Ordinal));
        Assert.All(
            ["search once", "SamePhone", "never a victim's or a witness's", "mutual-legal-assistance", "two of its officers", "2 contributors", $"{room.Agency.Id} "],
            words => Assert.Contains(words, search, StringComparison.Ordinal));
        Assert.Contains("watch for up to P90D", Assert.Single(lines, line => line.StartsWith("query Q19 means", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.DoesNotContain(CharterDiff.Describe(charter, TestRoom.Build(WithSamples(room).SetTitle("Other"))), line => line.StartsWith("query", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("link", "[\"SamePersonVictim\"]", "link[0]")]
    [InlineData("link", "[\"SamePersonSuspect\"]", "link[0]")]
    [InlineData("link", "[\"SameDocument\"]", "link[0]")]
    [InlineData("link", "[\"SameAddress\"]", "link[0]")]
    [InlineData("corroboration", "{\"contributors\":1}", "corroboration.contributors")]
    [InlineData("corroboration", "{\"contributors\":2,\"persons\":3}", "corroboration.persons")]
    [InlineData("tell", "[{\"who\":\"contributors\",\"message\":\"N1\"}]", "tell")]
    [InlineData("tell", "[{\"who\":\"contributors\",\"message\":\"N1\"},{\"who\":\"agency\",\"kinds\":[\"police_ahtu\"],\"jurisdiction\":\"any\",\"message\":\"N2a\",\"facts\":\"on-release\"}]", "tell")]
    [InlineData("tell", "[{\"who\":\"agency\",\"kinds\":[\"immigration_enforcement\"],\"jurisdiction\":\"any\",\"message\":\"N2a\",\"facts\":\"on-release\"}]", "tell[0].kinds[0]")]
    [InlineData("tell", "[{\"who\":\"agency\",\"kinds\":[\"police_ahtu\"],\"jurisdiction\":\"any\",\"message\":\"N2a\",\"facts\":\"on-release\",\"next\":{\"after\":\"P7D\",\"kinds\":[\"prosecutor\"]}}]", "tell[0].next")]
    [InlineData("asks", "null", "asks")]
    [InlineData("asks.roles", "[\"Victim\"]", "asks.roles[0]")]
    [InlineData("asks.roles", "[\"Family\"]", "asks.roles[0]")]
    [InlineData("asks.roles", "[\"Unknown\"]", "asks.roles[0]")]
    [InlineData("asks.roles", "[]", "asks.roles")]
    [InlineData("asks.purposes", "[\"curiosity\"]", "asks.purposes")]
    [InlineData("asks.purposes", "[]", "asks.purposes")]
    [InlineData("asks.legalBases", "[]", "asks.legalBases")]
    [InlineData("asks.longest", "\"P2Y\"", "asks.longest")]
    [InlineData("asks.longest", "\"P400D\"", "asks.longest")]
    [InlineData("asks.quota", "3", "asks.quota")]
    [InlineData("kind", "\"search\"", "asks.longest")]
    [InlineData("kind", "\"match\"", "asks")]
    public void AMistake_IsRefusedAtItsPlace(string member, string value, string path)
    {
        using var room = new TestRoom();
        var query = Sample("Q19-watch.json");
        var target = member.StartsWith("asks.", StringComparison.Ordinal) ? query["asks"]!.AsObject() : query;
        target[member.Split('.')[^1]] = JsonNode.Parse(value);
        Assert.False(room.Draft.PutQuery(query).TryBuild(out _, out var errors));
        Assert.Contains($"queries[9].{path}", errors.Select(error => error.Path));
    }

    [Fact]
    public void AllMistakes_AreSaidAtOnce()
    {
        using var room = new TestRoom();
        var query = Sample("Q19-watch.json");
        query["link"] = new JsonArray("SamePersonVictim");
        query["corroboration"] = new JsonObject { ["contributors"] = 1 };
        query["asks"]!["roles"] = new JsonArray("Victim");
        query["asks"]!["longest"] = "P9Y";
        Assert.False(room.Draft.PutQuery(query).TryBuild(out _, out var errors));
        Assert.Equal(["asks.longest", "asks.roles[0]", "corroboration.contributors", "link[0]"], errors.Select(error => error.Path["queries[9].".Length..]).Order(StringComparer.Ordinal));
        Assert.All(errors, error => Assert.NotEmpty(error.Remedy));
    }

    [Fact]
    public void PutQuery_WithAnIdThatIsThere_TakesItsPlace()
    {
        using var room = new TestRoom();
        var query = Sample("Q18-search.json");
        query["version"] = "1.0.1";
        var charter = TestRoom.Build(WithSamples(room).PutQuery(query));
        Assert.Equal("1.0.1", Assert.Single(charter.Queries, item => item.Id == "Q18").Version);
    }

    [Theory]
    [InlineData("query", "Q1", "query")]
    [InlineData("version", "2.0.0", "query")]
    [InlineData("mandate", "taxes", "mandate")]
    [InlineData("legalBasis", "curiosity", "legalBasis")]
    [InlineData("purpose", "prevention", "purpose")]
    [InlineData("expires", "", "expires")]
    [InlineData("expires", "2026-01-01T00:00:00Z", "expires")]
    [InlineData("expires", "2028-01-01T00:00:00Z", "expires")]
    public void WhyNot_ARuleThatIsBroken_IsNamedWithItsRemedy(string member, string value, string path)
    {
        using var room = new TestRoom();
        var charter = TestRoom.Build(WithSamples(room));
        var agency = charter.Agency(room.Agency.Id)!;
        var asked = Watch(agency);
        Assert.Null(asked.WhyNot(charter, agency, TestRoom.Start, TestRoom.Start));
        var broken = member switch
        {
            "query" => asked with { Query = value },
            "version" => asked with { Version = value },
            "mandate" => asked with { Mandate = value },
            "legalBasis" => asked with { LegalBasis = value },
            "purpose" => asked with { Purpose = value },
            _ => asked with { Expires = value.Length == 0 ? null : DateTimeOffset.Parse(value, System.Globalization.CultureInfo.InvariantCulture) },
        };
        var error = broken.WhyNot(charter, agency, TestRoom.Start, TestRoom.Start);
        Assert.Equal(path, error!.Path);
        Assert.NotEmpty(error.Remedy);
        Assert.Equal("query", asked.WhyNot(charter, agency with { Kind = "prosecutor" }, TestRoom.Start, TestRoom.Start)!.Path);
    }

    [Fact]
    public void Ask_CountsFirst_WhateverBecomesOfIt_OnceForEachEntry()
    {
        using var room = new TestRoom();
        var charter = TestRoom.Build(WithSamples(room));
        var agency = charter.Agency(room.Agency.Id)! with { Quota = new AgencyQuota(2, 0) };
        var book = new WatchBook();
        var time = new RoomTime(TestRoom.Start, TestRoom.Start);
        var first = TestRoom.NewId();
        Assert.False(book.Ask(first, agency, Watch(agency) with { Purpose = "prevention" }, charter, time).IsAllowed);
        Assert.False(book.Ask(first, agency, Watch(agency), charter, time).IsAllowed);
        Assert.True(book.Ask(TestRoom.NewId(), agency, Watch(agency), charter, time).IsAllowed);
        Assert.False(book.Ask(TestRoom.NewId(), agency, Watch(agency), charter, time).IsAllowed);
        Assert.Equal(3, book.Of(agency.Id).Count);
        Assert.Empty(book.Of(room.A.Id));
    }

    [Fact]
    public void Ask_InTheMonthOfALoss_HasNoQuotaLeft()
    {
        using var room = new TestRoom();
        var charter = TestRoom.Build(WithSamples(room));
        var agency = charter.Agency(room.Agency.Id)!;
        var time = new RoomTime(TestRoom.Start, TestRoom.Start);
        Assert.False(new WatchBook().Ask(TestRoom.NewId(), agency, Watch(agency), charter, time, TestRoom.Start.AddMinutes(-1).AddDays(1)).IsAllowed);
        Assert.True(new WatchBook().Ask(TestRoom.NewId(), agency, Watch(agency), charter, time, TestRoom.Start.AddMinutes(-1)).IsAllowed);
    }

    [Fact]
    public void Withdraw_ByAnotherAgency_ChangesNothing()
    {
        using var room = new TestRoom();
        var charter = TestRoom.Build(WithSamples(room));
        var agency = charter.Agency(room.Agency.Id)!;
        var book = new WatchBook();
        var watch = book.Ask(TestRoom.NewId(), agency, Watch(agency), charter, new RoomTime(TestRoom.Start, TestRoom.Start));
        Assert.False(book.Withdraw(watch.Id, room.A.Id));
        Assert.False(book.Withdraw(TestRoom.NewId(), agency.Id));
        Assert.True(book.Find(watch.Id)!.IsAllowed);
        Assert.True(book.Withdraw(watch.Id, agency.Id));
        Assert.False(book.Find(watch.Id)!.IsAllowed);
    }

    private static RoomAct.WatchRequest Watch(AgencyMember agency) => new(
        "Q19", "1.0.0", new WatchSubject("phone", "+66 81 234 5678"), agency.Mandates[0], "criminal-investigation", "investigation-of-traffickers", "77/2026", TestRoom.Start.AddDays(30));

    private static CharterDraft WithSamples(TestRoom room) => room.Draft.PutQuery(Sample("Q18-search.json")).PutQuery(Sample("Q19-watch.json"));

    private static JsonObject Sample(string name) => JsonNode.Parse(File.ReadAllText(Path.Combine(Samples, name)))!.AsObject();

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
