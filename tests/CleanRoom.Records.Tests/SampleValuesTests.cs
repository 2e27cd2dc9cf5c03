using System.Text.RegularExpressions;
using CleanRoom.Records.Normalisation;

namespace CleanRoom.Records.Tests;

/// <summary>The samples are read by rules, not by heart: no value of theirs stands in the sources.</summary>
public sealed class SampleValuesTests
{
    // Columns of names, numbers, firms, sites and handles, by the words of their headers.
    private static readonly string[] Identity =
        ["name", "surname", "given", "alias", "aka", "phone", "handle", "account", "email", "document", "passport", "identity", "licence", "vehicle", "vessel", "agency", "site", "trafficker", "tel", "boss", "car", "company", "id card"];

    [Fact]
    public void Sources_OfImportAndLinkage_HoldNoValueOfTheSamples()
    {
        var root = Directory.GetParent(SampleRoom.Folder)!.FullName;
        var values = Values().ToHashSet(StringComparer.Ordinal);
        var files = Directory.EnumerateFiles(Path.Combine(root, "src"), "*", SearchOption.AllDirectories)
            .Where(f => (f.Contains("CleanRoom.Records", StringComparison.Ordinal) || f.Contains("CleanRoom.Linkage", StringComparison.Ordinal)) && !f.Contains("/obj/", StringComparison.Ordinal) && Path.GetExtension(f) is ".cs" or ".txt" or ".json");
        var found = new List<string>();
        foreach (var file in files)
        {
            // The lists of countries and codes are public vocabularies; a town or a country is no sample value.
            if (Path.GetFileName(file) is "countries.json" or "codelists.json" or "places.txt" or "packages.lock.json" or "phones.json")
            {
                continue;
            }
            var text = " " + Text.FoldWords(File.ReadAllText(file)) + " ";
            found.AddRange(values.Where(v => text.Contains($" {v} ", StringComparison.Ordinal)).Select(v => $"{Path.GetFileName(file)}: {v}"));
        }

        Assert.True(values.Count > 250, $"only {values.Count} values were taken from the samples");
        Assert.True(found.Count == 0, string.Join('\n', found));
    }

    private static IEnumerable<string> Values()
    {
        foreach (var file in new[] { "contributor_a_htcds.csv", "contributor_b_ctdc.csv", "contributor_c_freeform.csv" })
        {
            var lines = File.ReadAllLines(Path.Combine(SampleRoom.Folder, file));
            var separator = lines.Any(l => l.Count(c => c == ';') > 10) ? ';' : ',';
            var at = Array.FindIndex(lines, l => l.Split(separator).Count(c => c.Length > 1) > 8);
            var headers = lines[at].Split(separator).Select(Text.FoldWords).ToArray();
            foreach (var line in lines.Skip(at + 1))
            {
                var cells = Cell(separator).Matches(line).Select(m => m.Groups[1].Value.Trim('"')).ToArray();
                for (var i = 0; i < cells.Length && i < headers.Length; i++)
                {
                    var words = Text.FoldWords(cells[i]);
                    var telling = words.Count(char.IsDigit) >= 6 || words.Contains(' ', StringComparison.Ordinal);
                    if (Identity.Any(w => headers[i].Contains(w, StringComparison.Ordinal)) && telling && words.Length is >= 6 and <= 60)
                    {
                        yield return words;
                    }
                }
            }
        }
    }

    private static Regex Cell(char separator) => new($"(?:^|{separator})(\"(?:[^\"]|\"\")*\"|[^{separator}]*)", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(2));
}
