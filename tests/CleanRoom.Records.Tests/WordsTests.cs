using System.Reflection;
using System.Text.RegularExpressions;
using CleanRoom.Records.Import;
using CleanRoom.Records.Wording;

namespace CleanRoom.Records.Tests;

public sealed partial class WordsTests
{
    /// <summary>What a caseworker meets between installing and her first upload.</summary>
    private static readonly string[] MainFlow = ["word.", "simulated", "ask.", "check.", "map.", "upload.", "init.", "status.", "report.", "tile.", "head.", "col.", "severity."];

    private static readonly Assembly[] Carriers = [typeof(Words).Assembly, Assembly.Load("cleanroom")];

    public static TheoryData<string> Languages => [.. Words.Languages];

    [Theory, MemberData(nameof(Languages))]
    public void Load_EachLanguage_SaysWhetherASpeakerReviewedItAndHasTheMainFlow(string language)
    {
        foreach (var carrier in Carriers)
        {
            var (english, words) = (Words.Load(carrier, "en"), Words.Load(carrier, language));
            Assert.Matches("^(no|yes, .+)$", words.Review);
            Assert.Empty(words.Keys.Except(english.Keys));
            Assert.Empty(english.Keys.Where(key => MainFlow.Any(part => key.StartsWith(part, StringComparison.Ordinal))).Except(words.Keys));
            Assert.All(words.Keys, key => Assert.Equal(Places(english[key]), Places(words[key])));
        }
    }

    [Fact]
    public void Find_WhatALanguageLacks_IsSaidInEnglish()
    {
        var thai = Words.Of("th");

        Assert.DoesNotContain("finding.mixed-alphabets", thai.Keys);
        Assert.Equal(Words.Default["finding.mixed-alphabets"], thai["finding.mixed-alphabets"]);
        Assert.Equal("as the importer says it", thai.Say("finding.mixed-alphabets", "as the importer says it"));
    }

    [Theory]
    [InlineData("fr_CA.UTF-8", "fr")]
    [InlineData("pt-BR", "pt")]
    [InlineData("C.UTF-8", "en")]
    [InlineData("km_KH", "en")]
    [InlineData(null, "en")]
    public void LanguageOf_Locale_IsOneOfOurs(string? locale, string expected) => Assert.Equal(expected, Words.LanguageOf(locale));

    [Fact]
    public async Task ToHtml_Arabic_RunsFromRightToLeftAndSaysItsFindingsInArabic()
    {
        using var table = new MemoryStream("name,phone,consent,colour of room\nAna Ruiz,+33639980009,perhaps,blue\n"u8.ToArray());
        var result = await CaseImporter.ImportAsync(table, SampleRoom.Options("x", new DatasetManifest()), TestContext.Current.CancellationToken);

        var page = result.Report.ToHtml("list.csv", Words.Of("ar"));

        Assert.Contains("<html lang=\"ar\" dir=\"rtl\">", page, StringComparison.Ordinal);
        Assert.Contains(System.Net.WebUtility.HtmlEncode(Words.Of("ar")["finding.unmapped-column"]), page, StringComparison.Ordinal);
        Assert.DoesNotContain("No word of the header", page, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Places(string sentence) => Place().Matches(sentence).Select(m => m.Value).Distinct().Order(StringComparer.Ordinal);

    [GeneratedRegex(@"\{\d\}")]
    private static partial Regex Place();
}
