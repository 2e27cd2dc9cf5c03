using System.Collections.Frozen;

namespace CleanRoom.Records.Normalisation;

/// <summary>A place that the tables know.</summary>
/// <param name="Country">Alpha-3.</param>
/// <param name="Admin1">ISO 3166-2 code, or empty.</param>
/// <param name="Name">The canonical name: the same for all spellings and scripts.</param>
public sealed record KnownPlace(string Country, string Admin1, string Name);

/// <summary>Provinces and towns that case files name, in several scripts.</summary>
public static class Gazetteer
{
    private static readonly Lazy<(FrozenDictionary<string, KnownPlace> ByName, (string Name, KnownPlace Place)[] Unspaced)> Data = new(Load);

    /// <summary>Gives the place that a cell names, or null.</summary>
    public static KnownPlace? Find(string cell) => Data.Value.ByName.GetValueOrDefault(Text.FoldWords(cell));

    /// <summary>Gives the places that a free text names, the most specific mention first found wins, each once.</summary>
    public static IReadOnlyList<KnownPlace> FindIn(string text)
    {
        var words = Text.FoldWords(text);
        if (words.Length == 0)
        {
            return [];
        }
        var found = new List<(int At, int Length, KnownPlace Place)>();
        foreach (var (start, length) in Countries.WordRuns(words, 4))
        {
            if (Data.Value.ByName.TryGetValue(words.Substring(start, length), out var place))
            {
                found.Add((start, length, place));
            }
        }
        if (words.Any(Text.IsUnspaced))
        {
            foreach (var (name, place) in Data.Value.Unspaced)
            {
                var at = Text.FindPhrase(words, name);
                if (at >= 0)
                {
                    found.Add((at, name.Length, place));
                }
            }
        }
        var result = new List<KnownPlace>();
        foreach (var item in found.OrderBy(f => f.At).ThenByDescending(f => f.Length))
        {
            if (!found.Any(o => o.At <= item.At && o.At + o.Length >= item.At + item.Length && o.Length > item.Length) && !result.Contains(item.Place))
            {
                result.Add(item.Place);
            }
        }
        return result;
    }

    /// <summary>Gives the spellings of a canonical place, folded.</summary>
    internal static IEnumerable<string> Spellings(KnownPlace place) => Data.Value.ByName.Where(p => p.Value == place).Select(p => p.Key);

    private static (FrozenDictionary<string, KnownPlace>, (string, KnownPlace)[]) Load()
    {
        var byName = new Dictionary<string, KnownPlace>(StringComparer.Ordinal);
        foreach (var line in TableFile.Lines("normalisation/places.txt"))
        {
            var codes = line[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var place = new KnownPlace(codes[0], codes.Length > 1 ? codes[1] : "", line[1]);
            foreach (var name in line.Skip(1))
            {
                var folded = Text.FoldWords(name);
                byName.TryAdd(folded, place);
            }
        }
        var unspaced = byName.Where(p => p.Key.Length >= 2 && Text.IsUnspaced(p.Key[0])).OrderBy(p => p.Key, StringComparer.Ordinal)
            .Where(p => p.Key.Length >= 3 || Text.ScriptOf(p.Key[0]) == "Hani").Select(p => (p.Key, p.Value)).ToArray();
        return (byName.ToFrozenDictionary(StringComparer.Ordinal), unspaced);
    }
}
