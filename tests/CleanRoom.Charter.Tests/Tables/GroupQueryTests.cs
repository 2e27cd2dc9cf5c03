using System.Text.Json.Nodes;
using CleanRoom.Charter.Groups;
using CleanRoom.Charter.Messages;
using CleanRoom.Charter.Queries;
using CleanRoom.Charter.Tables;

namespace CleanRoom.Charter.Tests.Tables;

/// <summary>What a charter says of groups, and the message that carries them.</summary>
public sealed class GroupQueryTests
{
    private static readonly MemberId A = MemberId.Parse("a");
    private static readonly MemberId B = MemberId.Parse("b");
    private static readonly MemberId C = MemberId.Parse("c");

    [Theory]
    [InlineData("Q10-routes.json", "same three or more regions", "police_ahtu")]
    [InlineData("Q12-place-and-time.json", "the same month, by nobody knows whom", "goes to contributors that hold one of them, as far")]
    [InlineData("Q13-patterns.json", "between the same two countries, by their codes alone", "goes to contributors that hold one of them, as far")]
    public void TheSamples_AreTakenAndDescribedInWords(string file, params string[] said)
    {
        using var room = new TestRoom();
        var query = TableQueryTests.Sample(file);
        var charter = TestRoom.Build(room.Draft.PutQuery(query));
        Assert.True(RoomCharter.TryParse(charter.CanonicalBytes.Span, out var again, out _));
        Assert.Equal(charter.Hash, again.Hash);
        var read = again.Queries.Single(item => item.Kind == QueryKind.Group);
        Assert.Equal(((string)query["group"]!["by"]!, 5, 2), (read.Group!.By.ToString().ToLowerInvariant(), read.Group.K, read.Group.Contributors));
        Assert.NotNull(read.Impact);
        var words = Assert.Single(CharterDiff.Describe(room.Genesis, charter), line => line.StartsWith($"query {read.Id} means", StringComparison.Ordinal));
        Assert.All([.. said, "5 persons whichever contributor is left out", "2 contributors", "one release only"], part => Assert.Contains(part, words, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("id", "\"G1\"", "id")]
    [InlineData("group.k", "4", "group.k")]
    [InlineData("group.contributors", "1", "group.contributors")]
    [InlineData("group.contributors", "5", "group.contributors")]
    [InlineData("group.period", "\"month\"", "group.period")]
    [InlineData("group.by", "\"name\"", "group.by")]
    [InlineData("group.filter", "\"alpha\"", "group.filter")]
    [InlineData("link", "[\"RouteOverlap\"]", "link")]
    [InlineData("tell", "[]", "tell")]
    [InlineData("tell", "[{\"who\":\"contributors\",\"message\":\"N1\"}]", "tell[0].message")]
    [InlineData("tell", "[{\"who\":\"contributors\",\"message\":\"groups\",\"only\":[\"a\"]}]", "tell[0].only")]
    [InlineData("tell", "[{\"who\":\"agency\",\"kinds\":[\"immigration_enforcement\"],\"message\":\"groups\"}]", "tell[0].kinds[0]")]
    public void AMistake_IsRefusedAtItsPlace(string member, string value, string path)
    {
        using var room = new TestRoom();
        var query = TableQueryTests.Sample("Q10-routes.json");
        var target = member.StartsWith("group.", StringComparison.Ordinal) ? query["group"]!.AsObject() : query;
        target[member.Split('.')[^1]] = JsonNode.Parse(value);
        Assert.False(room.Draft.PutQuery(query).TryBuild(out _, out var errors));
        Assert.Contains($"queries[9].{path}", errors.Select(error => error.Path));
        Assert.All(errors, error => Assert.NotEmpty(error.Remedy));
    }

    [Fact]
    public void TwoQueriesByTheSame_AreRefused()
    {
        using var room = new TestRoom();
        var other = TableQueryTests.Sample("Q10-routes.json");
        other["id"] = "Q30";
        other["group"]!["period"] = "year";
        Assert.False(room.Draft.PutQuery(TableQueryTests.Sample("Q10-routes.json")).PutQuery(other).TryBuild(out _, out var errors));
        Assert.Equal("queries[10].group.by", Assert.Single(errors).Path);
    }

    [Theory]
    [InlineData("Q12-place-and-time.json")]
    [InlineData("Q13-patterns.json")]
    public void AgenciesAreToldOfRoutesAlone(string file)
    {
        using var room = new TestRoom();
        var query = TableQueryTests.Sample(file);
        query["tell"]!.AsArray().Add(JsonNode.Parse("""{"who":"agency","kinds":["police_ahtu"],"message":"groups"}"""));
        Assert.False(room.Draft.PutQuery(query).TryBuild(out _, out var errors));
        Assert.Equal("queries[9].tell[1]", Assert.Single(errors).Path);
    }

    /// <summary>Links of these names in queries of before find nothing, and their charters are what they were.</summary>
    [Fact]
    public void AQueryForALinkOfThatName_IsStillTaken()
    {
        using var room = new TestRoom();
        var query = JsonNode.Parse("""{"id":"Q10","version":"1.0.0","kind":"match","link":["RouteOverlap"],"strength":"Strong","corroboration":{"contributors":2},"tell":[{"who":"contributors","message":"N1"}]}""")!.AsObject();
        Assert.Equal(QueryKind.Match, TestRoom.Build(room.Draft.PutQuery(query)).Queries.Single(item => item.Id == "Q10").Kind);
    }

    [Theory]
    [InlineData(true, 5, 5)]
    [InlineData(false, 5, 4)]
    [InlineData(false, 100, 4)]
    [InlineData(false, 0, 100)]
    [InlineData(true, 3, 3, 2)]
    [InlineData(false, 3, 3, 1)]
    public void IsSafe_NeedsKPersonsWhicheverContributorIsLeftOut(bool safe, params int[] each)
    {
        var terms = new GroupTerms(GroupBy.Route, TablePeriod.Quarter, 5, 2);
        Assert.Equal(safe, terms.IsSafe([.. each.Zip([A, B, C]).SelectMany(pair => Enumerable.Repeat<IReadOnlyCollection<MemberId>>([pair.Second], pair.First))]));
    }

    [Fact]
    public void IsSafe_WhoIsHeldByTwo_CountsWithoutEither_AndLeastContributorsCount()
    {
        IReadOnlyCollection<IReadOnlyCollection<MemberId>> persons = [.. Enumerable.Repeat<IReadOnlyCollection<MemberId>>([A, B], 5)];
        Assert.True(new GroupTerms(GroupBy.Route, TablePeriod.Quarter, 5, 2).IsSafe(persons));
        Assert.False(new GroupTerms(GroupBy.Route, TablePeriod.Quarter, 5, 3).IsSafe(persons));
        Assert.False(new GroupTerms(GroupBy.Route, TablePeriod.Quarter, 5, 2).IsSafe([]));
    }

    [Fact]
    public void TheMessage_ComesBackAsItWas_AndHoldsBandsAndCodesOnly()
    {
        using var room = new TestRoom();
        var place = new MessagePlace(room.Room, room.A.Id, 3, 2, Simulated: false);
        var group = new ToldGroup(
            ToldGroup.IdOf("Q10", [(A, Guid.Empty)]), "5+", ["recruitmentMethod:AtWork"], [new Region("MMR", null), new Region("THA", "TH-63"), new Region("THA", "TH-74")], ["2026-Q1", "2026-Q2"]);
        RoomMessage message = new RoomMessage.Groups("Q10", "1.0.0", new GroupTerms(GroupBy.Route, TablePeriod.Quarter, 5, 2), TestRoom.Start, 1, 2, [group]);
        var bytes = message.ToBytes(place);
        Assert.True(RoomMessage.TryParse(bytes, place, out var again));
        Assert.Equal(bytes, again.ToBytes(place));
        var text = System.Text.Encoding.UTF8.GetString(bytes);
        foreach (var (was, now) in ((string, string)[])
            [("AtWork", "At Work"), ("\"5+\"", "\"5\""), ("TH-63", "Mae Sot"), ("2026-Q1", "2026-03"), ("\"k\":5", "\"k\":4"), (group.Id, "x"), ("\"places\"", "\"own\":\"A-1\",\"places\""), ("\"Q10\"", "\"G1\"")])
        {
            Assert.Contains(was, text, StringComparison.Ordinal);
            Assert.False(RoomMessage.TryParse(System.Text.Encoding.UTF8.GetBytes(text.Replace(was, now, StringComparison.Ordinal)), place, out _), was);
        }
    }
}
