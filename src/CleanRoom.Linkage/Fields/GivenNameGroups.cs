using System.Collections.Frozen;
using CleanRoom.Records.Normalisation.Names;

namespace CleanRoom.Linkage.Fields;

/// <summary>Given names that stand for one another: short forms, pet names, the same name in other languages.</summary>
internal static class GivenNameGroups
{
    private static readonly Lazy<FrozenDictionary<string, int[]>> Table = new(() =>
    {
        var table = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        using var stream = typeof(GivenNameGroups).Assembly.GetManifestResourceStream("nicknames.txt")!;
        using var reader = new StreamReader(stream);
        for (var group = 1; reader.ReadLine() is { } line;)
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }
            foreach (var word in line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                if (!table.TryGetValue(word, out var groups))
                {
                    table[word] = groups = [];
                }
                groups.Add(group);
            }
            group++;
        }
        return table.ToFrozenDictionary(p => p.Key, p => p.Value.ToArray(), StringComparer.Ordinal);
    });

    /// <summary>The groups that a folded word stands in, ascending; often none.</summary>
    public static int[] Of(string word) => Table.Value.TryGetValue(word, out var groups) ? groups : [];

    /// <summary>True if two words of names stand for one another by their usual readings.</summary>
    public static bool Meet(NameToken first, NameToken second) =>
        first.Kind == NameTokenKind.Ordinary && second.Kind == NameTokenKind.Ordinary
        && Of(first.Readings[0]) is { Length: > 0 } mine && Of(second.Readings[0]) is { Length: > 0 } others && Meet(mine, others);

    public static bool Meet(int[] first, int[] second)
    {
        for (int i = 0, j = 0; i < first.Length && j < second.Length;)
        {
            if (first[i] == second[j])
            {
                return true;
            }
            if (first[i] < second[j])
            {
                i++;
            }
            else
            {
                j++;
            }
        }
        return false;
    }
}
