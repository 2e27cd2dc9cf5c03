using System.Text.RegularExpressions;

namespace CleanRoom.Operations.Tests;

/// <summary>docs/requirements.md names tests that exist, one row for each requirement of the sources.</summary>
public sealed partial class RequirementsTests
{
    [Fact]
    public void Requirements_EachRow_NamesTestsThatExist()
    {
        var rows = File.ReadAllLines(Path.Combine(Repository.Root, "docs", "requirements.md")).Where(line => Row().IsMatch(line)).ToList();
        Assert.Equal(Enumerable.Range(1, 26).Select(number => $"R{number}"), rows.Select(row => Row().Match(row).Groups[1].Value));
        var sources = Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.cs", SearchOption.AllDirectories).ToDictionary(path => path, File.ReadAllText);
        foreach (var row in rows)
        {
            var tests = Test().Matches(row.Split(" | ")[3]).Select(match => (Class: match.Groups[1].Value, Method: match.Groups[2].Value)).ToList();
            Assert.All(tests, test => Assert.True(
                sources.Values.Any(text => text.Contains($"class {test.Class}", StringComparison.Ordinal) && text.Contains(test.Method.Length > 0 ? $" {test.Method}(" : "[Fact]", StringComparison.Ordinal)),
                $"{test.Class}.{test.Method} does not exist"));

            // Whoever calls a row done shows it.
            Assert.True(tests.Count > 0 || !row.Split(" | ")[^1].StartsWith("done", StringComparison.Ordinal), row);
        }
    }

    [GeneratedRegex(@"^\| (R\d+) \|")]
    private static partial Regex Row();

    [GeneratedRegex(@"`(\w+Tests)(?:\.(\w+))?`")]
    private static partial Regex Test();
}
