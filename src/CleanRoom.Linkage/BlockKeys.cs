using System.Globalization;
using CleanRoom.Linkage.Comparison;
using CleanRoom.Records;
using CleanRoom.Records.Matching;
using CleanRoom.Records.Normalisation.Names;

namespace CleanRoom.Linkage;

/// <summary>Blocking keys of a record (LINKAGE.md 6.6) as 64-bit hashes. Two records are candidates if they share one.</summary>
internal static class BlockKeys
{
    private const int MaxKeys = 400;

    /// <summary>Gives the keys, sorted and without repeats. The top bit marks identifier keys.</summary>
    public static ulong[] Of(PreparedRecord record)
    {
        var keys = new HashSet<ulong>();
        foreach (var fact in record.Facts)
        {
            if (fact.Kind == MatchFactKind.Site)
            {
                continue;
            }
            foreach (var key in fact.Keys.Take(8))
            {
                _ = keys.Add(Hash("i", key.Value, "") | IdentifierBit);
            }
        }
        foreach (var person in record.Persons)
        {
            AddPerson(keys, person);
        }
        foreach (var (site, _) in record.Sites)
        {
            AddWords(keys, "w", site.All);
        }
        foreach (var (organisation, _, _) in record.Organisations)
        {
            AddWords(keys, "o", organisation.Words);
            foreach (var word in organisation.Words.Take(4))
            {
                Add(keys, "p", word.Coarse, "");
            }
        }
        foreach (var (vessel, _, _) in record.Vessels)
        {
            foreach (var name in vessel.Names)
            {
                foreach (var reading in name.Readings)
                {
                    Add(keys, "b", Skeleton.Coarse(reading), name.Number);
                }
            }
        }
        var sorted = keys.Order().Take(MaxKeys).ToArray();
        return sorted;
    }

    /// <summary>Second keys that narrow a block over its cap: name and birth year, or two names.</summary>
    public static IEnumerable<ulong> Narrow(PreparedRecord record)
    {
        var keys = new HashSet<ulong>();
        foreach (var person in record.Persons.Take(4))
        {
            var sounds = person.Names.SelectMany(n => n.Tokens).Where(t => t.Kind == NameTokenKind.Ordinary).Select(t => t.Sound).Distinct(StringComparer.Ordinal).Take(6).ToArray();
            foreach (var year in Years(person.Birth))
            {
                foreach (var sound in sounds)
                {
                    _ = keys.Add(Hash("y", sound, year));
                }
            }
            for (var i = 0; i < sounds.Length; i++)
            {
                for (var j = i + 1; j < sounds.Length; j++)
                {
                    _ = keys.Add(Hash("z", Min(sounds[i], sounds[j]), Max(sounds[i], sounds[j])));
                }
            }
        }
        return keys;
    }

    public const ulong IdentifierBit = 1UL << 63;

    private static void AddPerson(HashSet<ulong> keys, PreparedPerson person)
    {
        var kind = person.Victim ? "v" : "s";
        var years = Years(person.Birth).ToArray();
        var day = person.Birth is { Length: 1, IsDefault: false } birth ? DayNumbers.ToDate(birth.Days.First) : (DateOnly?)null;
        foreach (var form in person.Names.Take(6))
        {
            var tokens = form.Tokens.Where(t => t.Kind == NameTokenKind.Ordinary).Take(4).ToArray();
            for (var i = 0; i < tokens.Length; i++)
            {
                for (var j = i + 1; j < tokens.Length; j++)
                {
                    Add(keys, kind + "c", Min(tokens[i].Coarse, tokens[j].Coarse), Max(tokens[i].Coarse, tokens[j].Coarse));
                    Add(keys, kind + "f", Min(tokens[i].Sound, tokens[j].Sound), Max(tokens[i].Sound, tokens[j].Sound));
                    foreach (var a in tokens[i].Skeletons)
                    {
                        foreach (var b in tokens[j].Skeletons)
                        {
                            Add(keys, kind + "k", Min(a, b), Max(a, b));
                        }
                    }
                }
                foreach (var year in years)
                {
                    Add(keys, kind + "y", tokens[i].Sound, year);
                    Add(keys, kind + "q", tokens[i].Coarse, year);
                }
                if (day is { } date)
                {
                    Add(keys, kind + "m", tokens[i].Coarse, date.ToString("MMdd", CultureInfo.InvariantCulture));
                }
                foreach (var home in person.Home.Concat(person.BirthPlace).Take(6))
                {
                    Add(keys, kind + "h", tokens[i].Coarse, home.Sound);
                }
                // A rare name alone; a common one is over its cap and met with a second key.
                Add(keys, kind + "r", tokens[i].Sound, "");
                if (!person.Victim)
                {
                    Add(keys, "t", tokens[i].Coarse, "");
                }
            }
            Add(keys, kind + "j", string.Concat(tokens.Select(t => t.Coarse)), "");
            Add(keys, kind + "j", string.Concat(tokens.Reverse().Select(t => t.Coarse)), "");
            // Where a script writes the whole name in one token, a title may have been read along.
            foreach (var reading in tokens.Length == 1 && tokens[0].Lossy ? tokens[0].Readings.Skip(1) : [])
            {
                Add(keys, kind + "j", Skeleton.Coarse(reading), "");
            }
        }
        if (day is { } full)
        {
            Add(keys, kind + "d", full.ToString("yyyyMMdd", CultureInfo.InvariantCulture), "");
        }
    }

    private static void AddWords(HashSet<ulong> keys, string kind, IReadOnlyList<NameToken> words)
    {
        for (var i = 0; i < words.Count && i < 6; i++)
        {
            for (var j = i + 1; j < words.Count && j < 6; j++)
            {
                Add(keys, kind, Min(words[i].Coarse, words[j].Coarse), Max(words[i].Coarse, words[j].Coarse));
            }
        }
        Add(keys, kind + "j", string.Concat(words.Select(w => w.Coarse)), "");
    }

    private static IEnumerable<string> Years(BirthPeriod? birth)
    {
        if (birth is null)
        {
            yield break;
        }
        var first = DayNumbers.ToDate(birth.Days.First).Year;
        var last = Math.Min(first + 3, DayNumbers.ToDate(birth.Days.Last).Year);
        for (var year = first; year <= last; year++)
        {
            yield return year.ToString(CultureInfo.InvariantCulture);
        }
    }

    private static void Add(HashSet<ulong> keys, string kind, string first, string second)
    {
        if (first.Length + second.Length > 1)
        {
            _ = keys.Add(Hash(kind, first, second) & ~IdentifierBit);
        }
    }

    private static string Min(string a, string b) => string.CompareOrdinal(a, b) <= 0 ? a : b;

    private static string Max(string a, string b) => string.CompareOrdinal(a, b) <= 0 ? b : a;

    // FNV-1a, 64 bits, with a final mix. A forged collision costs a comparison, no more.
    private static ulong Hash(string kind, string first, string second)
    {
        var hash = 14695981039346656037UL;
        hash = Mix(hash, kind);
        hash = Mix(hash, first);
        hash = Mix(hash, second);
        hash ^= hash >> 32;
        hash *= 0x9E3779B97F4A7C15UL;
        return hash ^ (hash >> 29);
    }

    private static ulong Mix(ulong hash, string text)
    {
        foreach (var c in text)
        {
            hash = (hash ^ c) * 1099511628211UL;
        }
        return (hash ^ 0xFFFF) * 1099511628211UL;
    }
}
