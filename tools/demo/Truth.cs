namespace CleanRoom.Demo;

/// <summary>Compares what was told with truth.csv, where the folder has one.</summary>
internal static class Truth
{
    public static int Compare(string folder, IReadOnlyList<ToldLink> links, Action<string> say)
    {
        var path = Path.Combine(folder, "truth.csv");
        if (!File.Exists(path))
        {
            say($"{links.Count} links told; this folder has no truth.csv to compare with");
            return 0;
        }
        var told = links.ToDictionary(link => Key(link.Link, link.One.Reference, link.Other.Reference), link => link.Disposition, StringComparer.Ordinal);
        var expected = File.ReadLines(path).Skip(1).Select(line => line.Split(',')).ToDictionary(cells => Key(cells[1], cells[4], cells[5]), cells => (Evidence: cells[7], Disposition: cells[15]), StringComparer.Ordinal);
        foreach (var group in expected.GroupBy(pair => pair.Value.Evidence).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            var comparable = group.Where(pair => pair.Value.Disposition != "SUPPRESSED").ToList();
            say($"  {group.Key,-6} links that consent allows: {comparable.Count(pair => told.GetValueOrDefault(pair.Key) == pair.Value.Disposition)} of {comparable.Count} told as expected, "
                + $"{group.Count(pair => pair.Value.Disposition == "SUPPRESSED" && told.ContainsKey(pair.Key))} suppressed ones told");
        }
        var wrong = expected.Where(pair => pair.Value.Disposition != "SUPPRESSED" && told.TryGetValue(pair.Key, out var got) && got != pair.Value.Disposition).ToList();
        foreach (var pair in wrong)
        {
            say($"  differs: {pair.Key}: told {told[pair.Key]}, expected {pair.Value.Disposition}");
        }
        foreach (var pair in expected.Where(pair => pair.Value.Disposition != "SUPPRESSED" && !told.ContainsKey(pair.Key)))
        {
            say($"  missed:  {pair.Key} ({pair.Value.Evidence}), expected {pair.Value.Disposition}");
        }
        var extra = told.Where(pair => !expected.ContainsKey(pair.Key)).ToList();
        foreach (var pair in extra)
        {
            say($"  false:   {pair.Key}: told {pair.Value}");
        }
        var suppressed = expected.Count(pair => pair.Value.Disposition == "SUPPRESSED" && told.ContainsKey(pair.Key));
        return extra.Count + suppressed + wrong.Count == 0 ? 0 : 1;
    }

    private static string Key(string link, string one, string other) => string.CompareOrdinal(one, other) <= 0 ? $"{link} {one} {other}" : $"{link} {other} {one}";
}
