using System.Text;
using System.Xml;
using CleanRoom.Records.Import;

namespace CleanRoom.Records.Tests;

public sealed class ReportTests
{
    private const string Table = "Ref,Name,DOB,Nationality,Passport,<b>Why</b>,Consent,Notes\nA1,Ana Ruiz,1990-04-03,KE,AK0000301,x,ok all,secret story\nA2,RUIZ Ana,1990-04-03,KE,,x,ok all,\nA3,Eva Gil,1991-04-05,KE,AK0000301,x,no police!!,\nA4,Ida Lom,31/31/1990,KE,,x,,\n";

    [Fact]
    public async Task ToHtml_Report_IsOneWellFormedPageWithoutCellContentScriptOrAddress()
    {
        var html = (await Import(Table)).Report.ToHtml("list <1>.csv");

        var page = new XmlDocument { XmlResolver = null };
        page.LoadXml(html[html.IndexOf("<html", StringComparison.Ordinal)..].Replace("<br>", "<br/>", StringComparison.Ordinal).Replace("charset=\"utf-8\">", "charset=\"utf-8\"/>", StringComparison.Ordinal)
            .Replace("initial-scale=1\">", "initial-scale=1\"/>", StringComparison.Ordinal).Replace("'unsafe-inline'\">", "'unsafe-inline'\"/>", StringComparison.Ordinal).Replace("\"no-referrer\">", "\"no-referrer\"/>", StringComparison.Ordinal));
        Assert.All((string[])["Ruiz", "Gil", "AK0000301", "secret", "1990", "<b>Why", "<script", "http:", "https:", "src=", "url("], word => Assert.DoesNotContain(word, html, StringComparison.OrdinalIgnoreCase));
        Assert.Contains("&lt;b&gt;Why&lt;/b&gt;", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_RowsOfTheSamePerson_AreCountedOnceEach()
    {
        var report = (await Import(Table)).Report;

        Assert.Equal(2, report.PossibleDuplicates); // A2 by name and day in another order, A3 by the passport
        Assert.Equal(4, report.Filled["Name"]);
        Assert.Equal(2, report.Filled["Passport"]);
    }

    [Fact]
    public async Task Fixes_Findings_StandInOrderOfWhatTheyKeepOut()
    {
        var fixes = (await Import(Table)).Report.Fixes.Select(f => f.Code).ToList();

        Assert.Equal("not-sealed", fixes[0]);
        Assert.True(fixes.IndexOf("unclear-consent") < fixes.IndexOf("unread-date"), string.Join(' ', fixes));
    }

    [Theory]
    [InlineData("2010-05-05", true)]
    [InlineData("2008-10-31", false)] // eighteen the day before
    [InlineData("2008", false)] // may be eighteen
    public async Task ImportAsync_ConsentOfAGuardian_EndsWhenTheChildMayBeOfAge(string birth, bool live)
    {
        var result = await Import($"Ref,Name,DOB,Nationality,Consent\nA1,Ana Ruiz,{birth},KE,guardian ok\n");

        Assert.Equal(live, result.Rows[0].Seal.Identity);
        Assert.Equal(live ? 0 : 1, result.Report.Counts.GetValueOrDefault("guardian-of-adult"));
    }

    [Theory]
    [InlineData("no", 0)]
    [InlineData("ไม่ยินยอม", 0)]
    [InlineData("refused", 0)]
    [InlineData("no police!!", 1)]
    [InlineData("xyzzy", 1)]
    public async Task ImportAsync_RefusalInFull_IsAnAnswerAndInPartAQuestion(string cell, int questions)
    {
        var result = await Import($"Ref,Name,DOB,Nationality,Consent\nA1,Ana Ruiz,1990-04-03,KE,{cell}\n");

        Assert.False(result.Rows[0].Seal.Any);
        Assert.Equal(questions, result.Report.Counts.GetValueOrDefault("unclear-consent"));
    }

    private static async Task<ImportResult> Import(string table) =>
        await CaseImporter.ImportAsync(new MemoryStream(Encoding.UTF8.GetBytes(table)), SampleRoom.Options("k", new DatasetManifest(), "Ref"), TestContext.Current.CancellationToken);
}
