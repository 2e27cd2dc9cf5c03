using CleanRoom.Records.Normalisation;

namespace CleanRoom.Records.Tests;

/// <summary>Dates of other calendars. Sources: published new years' days (Nowruz, Enkutatash, 1 Muharram of Umm al-Qura) counted on by hand.</summary>
public sealed class CalendarTests
{
    private static readonly DateOnly Today = new(2026, 11, 1);

    [Theory]
    [InlineData("1403/01/02", "IRN", "2024-03-21", "persian")] // Nowruz 1403 was 20 March 2024
    [InlineData("۱۳۷۹/۱۲/۳۰", "AFG", "2001-03-20", "persian")] // 1379 was a leap year
    [InlineData("۱۴ حمل ۱۳۷۱", "", "1992-04-03", "persian")]
    [InlineData("5 Mehr 1380", "", "2001-09-27", "persian")]
    [InlineData("1445/09/10 هـ", "AFG", "2024-03-20", "islamic")] // 1 Ramadan 1445 was 11 March 2024
    [InlineData("15 رمضان 1445", "", "2024-03-25", "islamic")]
    [InlineData("2 መስከረም 2017", "", "2024-09-12", "ethiopic")] // Enkutatash 2017 was 11 September 2024
    [InlineData("6 Pagume 2015", "", "2023-09-11", "ethiopic")] // 2015 was a leap year
    [InlineData("01/05/1990 E.C.", "", "1998-01-09", "ethiopic")]
    [InlineData("12/4/2541", "", "1998-04-12", "buddhist")]
    [InlineData("3 พฤษภาคม 2536", "", "1993-05-03", "buddhist")]
    [InlineData("Disyembre 8, 1989", "", "1989-12-08", "gregory")]
    [InlineData("12 листопада 2008", "", "2008-11-12", "gregory")]
    public void Read_DateOfAnotherCalendar_HoldsItsDay(string cell, string country, string expected, string calendar)
    {
        var date = Dates.Read(cell, DateOrder.DayFirst, country.Length > 0 ? [country] : [], false, null, Today);

        Assert.NotNull(date);
        Assert.Equal(calendar, date.Calendar);
        var day = DayNumbers.FromDate(DateOnly.Parse(expected, System.Globalization.CultureInfo.InvariantCulture));
        Assert.InRange(day, date.EarliestDay, date.LatestDay);
        Assert.InRange(date.LatestDay - date.EarliestDay, 0, 2);
    }

    [Theory]
    [InlineData("1403/12/31", "IRN")] // Esfand never has 31 days
    [InlineData("31/02/1380", "SAU")]
    [InlineData("6 Pagume 2016", "")] // 2016 was no leap year
    [InlineData("14/13/1990", "")]
    [InlineData("0000-00-00", "")]
    [InlineData("9999-12-31", "")]
    public void Read_DayThatIsInNoCalendar_IsNoDate(string cell, string country) =>
        Assert.Null(Dates.Read(cell, DateOrder.Unknown, country.Length > 0 ? [country] : [], false, null, Today));

    [Fact]
    public void Read_PersianYearStillToCome_IsIslamic() =>
        Assert.Equal("islamic", Dates.Read("1419/05/23", DateOrder.Unknown, ["AFG"], false, null, Today)!.Calendar);

    [Theory]
    [InlineData("March 5, 2020", DateOrder.LikelyMonthFirst)]
    [InlineData("5 March 2020", DateOrder.DayFirst)]
    [InlineData("2020-03-05", DateOrder.Unknown)]
    public void OrderOfWords_DateWithAMonthInWords_SaysWhichComesFirst(string cell, DateOrder expected) => Assert.Equal(expected, Dates.OrderOfWords(cell));

    [Fact]
    public void Read_EveryDayOfACenturyInEveryCalendar_NeverThrowsAndOrdersItsEnds()
    {
        foreach (var year in Enumerable.Range(1240, 270).Concat(Enumerable.Range(1840, 300)).Concat(Enumerable.Range(2390, 320)))
        {
            foreach (var mark in new[] { "", " هـ", " E.C.", " ه.ش" })
            {
                for (var day = 1; day <= 33; day += 4)
                {
                    var date = Dates.Read($"{day}/{(day % 14) + 1}/{year}{mark}", DateOrder.DayFirst, ["AFG", "NPL"], false, null, Today);
                    Assert.True(date is null || date.EarliestDay <= date.LatestDay, $"{day} {year}{mark}");
                }
            }
        }
    }
}
