using CleanRoom.Charter.Log;
using CleanRoom.Charter.Queries;

namespace CleanRoom.Charter.Tests;

public sealed class ValueTests
{
    [Theory]
    [InlineData("PT5S", 5)]
    [InlineData("PT30M", 1800)]
    [InlineData("PT24H", 86400)]
    [InlineData("P90D", 90 * 86400)]
    [InlineData("P24M", 24 * 30 * 86400)]
    public void RoomDuration_OneComponent_ReadsAndWritesBack(string text, long seconds)
    {
        Assert.True(RoomDuration.TryParse(text, out var duration));
        Assert.Equal(text, duration.ToString());
        Assert.Equal(TimeSpan.FromSeconds(seconds), duration.Approximate);
    }

    [Theory]
    [InlineData("")]
    [InlineData("P")]
    [InlineData("PT")]
    [InlineData("PT0S")]
    [InlineData("PT05S")]
    [InlineData("P1Y")]
    [InlineData("P1W")]
    [InlineData("PT1.5H")]
    [InlineData("P1DT1H")]
    [InlineData("P-1D")]
    [InlineData("pt5s")]
    [InlineData("PT5D")]
    [InlineData("P5H")]
    [InlineData("PT100000S")]
    public void RoomDuration_AnythingElse_IsRefused(string text) => Assert.False(RoomDuration.TryParse(text, out _));

    [Fact]
    public void RoomDuration_Months_AreMonthsOfTheCalendar() =>
        Assert.Equal(new DateTimeOffset(2028, 2, 29, 0, 0, 0, TimeSpan.Zero), RoomDuration.Months(2).After(new DateTimeOffset(2027, 12, 31, 0, 0, 0, TimeSpan.Zero)));

    [Theory]
    [InlineData("2026-12-01T00:00:00Z", true)]
    [InlineData("2026-12-01T00:00:00z", false)]
    [InlineData("2026-12-01T00:00:00.0Z", false)]
    [InlineData("2026-12-01T00:00:00+00:00", false)]
    [InlineData("2026-12-01 00:00:00Z", false)]
    [InlineData("2026-02-30T00:00:00Z", false)]
    [InlineData(" 2026-12-01T00:00:00Z", false)]
    public void ProtocolTime_OneForm_ReadsAndWritesBack(string text, bool good)
    {
        Assert.Equal(good, ProtocolTime.TryParse(text, out var time));
        if (good)
        {
            Assert.Equal(text, ProtocolTime.Write(time));
        }
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("9-x", true)]
    [InlineData("", false)]
    [InlineData("-a", false)]
    [InlineData("A", false)]
    [InlineData("a_b", false)]
    [InlineData("enclave", false)]
    [InlineData("operator", false)]
    [InlineData("é", false)]
    public void MemberId_Form_IsHeld(string text, bool good)
    {
        Assert.Equal(good, MemberId.TryParse(text, out _));
        Assert.False(MemberId.TryParse(new string('a', 64), out _));
        Assert.True(MemberId.TryParse(new string('a', 63), out _));
    }

    [Theory]
    [InlineData("5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10", true)]
    [InlineData("5F1B6F0E-2F0C-4D57-9A58-0F3B8F1F7F10", false)]
    [InlineData("{5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10}", false)]
    [InlineData("5f1b6f0e2f0c4d579a580f3b8f1f7f10", false)]
    [InlineData(" 5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10", false)]
    [InlineData("00000000-0000-0000-0000-000000000000", false)]
    public void Ids_Form_IsHeld(string text, bool good)
    {
        Assert.Equal(good, RoomId.TryParse(text, out _));
        Assert.Equal(good, EntryId.TryParse(text, out _));
        Assert.Equal(good, BatchId.TryParse(text, out _));
    }

    [Fact]
    public void ShippedQueries_TellAgenciesNothingAboutVictims()
    {
        foreach (var query in ShippedQueries.All.Where(query => query.LinkTypes.Contains("SamePersonVictim") || query.LinkTypes.Contains("SameDocument")))
        {
            Assert.Null(query.Agencies);
        }

        Assert.All(ShippedQueries.All, query => Assert.True(query.MinimumContributors >= 2 && query.TellsContributors));
        Assert.DoesNotContain(ShippedQueries.All, query => query.Agencies?.Kinds.Contains(RecipientKinds.ImmigrationEnforcement) == true);
    }

    [Fact]
    public void Answers_StrengthAndCorroboration_DecideTogether()
    {
        var q5 = ShippedQueries.All.Single(query => query.Id == "Q5");
        Assert.True(q5.Answers("SameAddress", MatchStrength.Strong, 2, 1));
        Assert.True(q5.Answers("SameAddress", MatchStrength.Exact, 1, 3));
        Assert.False(q5.Answers("SameAddress", MatchStrength.Probable, 2, 5));
        Assert.False(q5.Answers("SameAddress", MatchStrength.Exact, 1, 2));
        Assert.False(q5.Answers("SameVehicle", MatchStrength.Exact, 3, 3));
    }
}
