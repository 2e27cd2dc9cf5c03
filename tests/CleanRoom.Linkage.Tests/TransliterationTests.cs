using CleanRoom.Linkage.Comparison;
using CleanRoom.Records.Normalisation.Names;

namespace CleanRoom.Linkage.Tests;

public sealed class TransliterationTests(ITestOutputHelper output)
{
    // Names of foreigners as other scripts spell them: hard cases. Floors a little under what was measured.
    [Theory]
    [InlineData("russian", 0.85)]
    [InlineData("arabic", 0.75)]
    [InlineData("hebrew", 0.70)]
    [InlineData("korean", 0.50)]
    [InlineData("chinese", 0.25)]
    public void Read_NamesOfNetTransliteration_AgreeAboveTheFloor(string script, double floor)
    {
        var total = 0;
        var good = 0;
        var coarse = 0;
        foreach (var line in File.ReadLines(SharedData.File($"data/linkage/transliteration/wd_{script}_16")))
        {
            var parts = line.Split('\t');
            var latin = NameParser.Words(parts[0].Replace(" ", "", StringComparison.Ordinal));
            var other = NameParser.Words(parts[1].Replace(" ", "", StringComparison.Ordinal));
            if (latin.Count != 1 || other.Count == 0)
            {
                continue;
            }
            total++;
            var agrees = other[0].Readings.Any(r => JaroWinkler.Similarity(r, latin[0].Readings[0]) >= 0.88)
                || other[0].Skeletons.Contains(latin[0].Skeletons[0]);
            good += agrees ? 1 : 0;
            coarse += agrees || other[0].Coarse == latin[0].Coarse ? 1 : 0;
        }
        output.WriteLine($"{script}: {total} pairs, JW>=.88 or skeleton equal {(double)good / total:P1}, or coarse skeleton equal {(double)coarse / total:P1}");
        Assert.True(good >= floor * total, $"{script}: {(double)good / total:P1}");
    }

    [Theory]
    [InlineData("common-surnames-by-country.csv")]
    [InlineData("common-forenames-by-country.csv")]
    public void Read_CommonNamesOfCountries_AgreeAboveTheFloor(string file)
    {
        var counts = new SortedDictionary<NameScript, (int Total, int Good, int Level)>();
        foreach (var row in SharedData.Csv(SharedData.File("data/linkage/names/" + file)))
        {
            var local = NameParser.Words(row["Localized Name"]);
            var latin = NameParser.Words(row["Romanized Name"]);
            if (local.Count != 1 || latin.Count != 1 || local[0].Script == NameScript.Latn)
            {
                continue;
            }
            var (total, good, level) = counts.GetValueOrDefault(local[0].Script);
            var agrees = local[0].Readings.Any(r => JaroWinkler.Similarity(r, latin[0].Readings[0]) >= 0.88) || local[0].Skeletons.Contains(latin[0].Skeletons[0]);
            counts[local[0].Script] = (total + 1, good + (agrees ? 1 : 0), level + (TokenComparer.Compare(local[0], latin[0]) > TokenAgreement.None ? 1 : 0));
            if (!agrees)
            {
                output.WriteLine($"   {local[0].Script} {local[0].Text} {string.Join('|', local[0].Readings)} / {latin[0].Text}");
            }
        }
        foreach (var (script, (total, good, level)) in counts)
        {
            output.WriteLine($"{script}: {total} names, JW>=.88 or skeleton equal {(double)good / total:P1}, comparer agrees {(double)level / total:P1}");
            // The Han table holds the commonest characters only, and Han readings differ between Mandarin, Cantonese, Korean and Japanese.
            Assert.True(total < 20 || good >= total * (script == NameScript.Hani ? 0.35 : 0.8), $"{script}: {good} of {total}");
        }
    }
}
