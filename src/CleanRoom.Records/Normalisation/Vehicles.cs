using CleanRoom.Records.Matching;

namespace CleanRoom.Records.Normalisation;

/// <summary>Number plates: country, region, letters and digits in the original script (DATA.md 1.4).</summary>
public static class Vehicles
{
    private static readonly Lazy<IReadOnlyList<(string Phrase, string Type)>> Words = new(() =>
        [.. TableFile.Lines("normalisation/vehicle_words.txt").SelectMany(l => l.Skip(1).Select(w => (Text.FoldWords(w), l[0])))
            .OrderByDescending(w => w.Item1.Length).ThenBy(w => w.Item1, StringComparer.Ordinal)]);

    /// <summary>A plate taken out of a cell.</summary>
    /// <param name="Plate">Letters and digits, joined.</param>
    /// <param name="Type">vehicleType, or Unknown.</param>
    /// <param name="Country">Alpha-3 if the text says so, else empty.</param>
    /// <param name="Region">Canonical province on the plate, or empty.</param>
    public sealed record VehicleText(string Plate, string Type, string Country, string Region);

    /// <summary>Reads a cell, or null if it holds no plate.</summary>
    public static VehicleText? Read(string cell)
    {
        var text = Text.AsciiDigits(cell);
        var words = Text.FoldWords(text.Replace("-", "", StringComparison.Ordinal).Replace(".", "", StringComparison.Ordinal));
        var type = "Unknown";
        foreach (var (phrase, found) in Words.Value)
        {
            var at = Text.FindPhrase(words, phrase);
            if (at >= 0)
            {
                type = type == "Unknown" || type == "Other" ? found : type;
                words = words.Remove(at, phrase.Length).Insert(at, " ");
            }
        }
        var places = Gazetteer.FindIn(cell);
        // Two letters are a country's code only where no country is named: "IS" opens plates of Romania, too.
        var byName = Countries.FindNames(cell).Any(c => !IsRoute(cell, c));
        var named = byName ? Countries.FindNames(cell) : Countries.FindIn(cell);
        var country = named.FirstOrDefault(c => !IsRoute(cell, c)) ?? "";
        var region = places.Count > 0 ? places[0] : null;
        foreach (var spelling in places.SelectMany(Gazetteer.Spellings).OrderByDescending(s => s.Length))
        {
            var at = Text.FindPhrase(words, spelling);
            if (at >= 0)
            {
                words = words.Remove(at, spelling.Length).Insert(at, " ");
            }
        }
        words = byName ? Countries.WithoutNames(words, [.. named]) : words;
        // Seat counts ("16 seats") are two digits in front of a vehicle word and are gone with it; what is left runs from
        // the first token of a plate's shape through the next ones.
        var tokens = words.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Where(t => t.Any(char.IsAsciiDigit) || (byName && t.Length < 4 && t.All(char.IsAsciiLetter)) || Countries.Find(t) is not { } code || !named.Contains(code)).ToArray();
        var plate = "";
        for (var i = 0; i < tokens.Length; i++)
        {
            var joined = "";
            for (var j = i; j < tokens.Length && j < i + 5 && IsPlatePart(tokens[j]); j++)
            {
                joined += tokens[j];
                if (joined.Any(char.IsAsciiDigit) && joined.Any(char.IsLetter) && joined.Length is >= 4 and <= 12 && joined.Count(char.IsAsciiDigit) >= 2)
                {
                    plate = joined.Length > plate.Length ? joined : plate;
                }
            }
        }
        if (plate.Length == 0 && country.Length > 0)
        {
            // Several countries' plates are digits alone; without the country they could be anything.
            plate = string.Concat(tokens.Where(t => t.All(char.IsAsciiDigit)));
            plate = plate.Length is >= 4 and <= 8 ? plate : "";
        }
        if (plate.Length == 0)
        {
            return null;
        }
        return new VehicleText(Text.Alphanumeric(plate), type, country.Length > 0 ? country : region?.Country ?? "", country.Length > 0 && region?.Country != country ? "" : region?.Name ?? "");
    }

    /// <summary>Normalises a plate.</summary>
    /// <param name="plate">Letters and digits.</param>
    /// <param name="country">Country of the plate, or empty.</param>
    /// <param name="region">Province, or empty.</param>
    /// <param name="regions">Countries that the record points to, read only if none is written.</param>
    public static Normalised? Normalise(string plate, string country, string region, IReadOnlyList<string> regions)
    {
        var core = FoldLookalikes(Text.Alphanumeric(plate));
        if (core.Length is < 3 or > 12 || core.All(c => c is '0' or 'X'))
        {
            return null;
        }
        var province = region.Length > 0 ? ":" + Text.FoldWords(region) : "";
        var keys = new List<MatchKey>();
        foreach (var code in country.Length > 0 ? [country] : regions.Take(4).ToArray())
        {
            keys.Add(new MatchKey($"plate:{code}{province}:{core}", KeyStrength.Exact));
            if (province.Length > 0)
            {
                keys.Add(new MatchKey($"plate:{code}:?{core}", KeyStrength.Possible));
            }
        }
        keys.Add(new MatchKey($"plate:?:{core}", country.Length > 0 ? 0 : KeyStrength.Possible));
        return new Normalised([.. keys.Where(k => k.Strength != 0)], $"{country} {core} {region}".Trim(), country, true, country.Length > 0)
        {
            Truncated = keys.All(k => k.Strength == KeyStrength.Possible),
        };
    }

    /// <summary>
    /// Cyrillic and Greek plates use only letters that Latin has too (Vienna Convention on Road Traffic, annex 3), so people write them in either script.
    /// </summary>
    private static string FoldLookalikes(string core)
    {
        const string Cyrillic = "АВЕКМНОРСТУХІ";
        const string CyrillicLatin = "ABEKMHOPCTYXI";
        const string Greek = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ";
        const string GreekLatin = "ABEZHIKMNOPTYX";
        return string.Concat(core.Select(c => Cyrillic.IndexOf(c, StringComparison.Ordinal) is >= 0 and var i ? CyrillicLatin[i]
            : Greek.IndexOf(c, StringComparison.Ordinal) is >= 0 and var j ? GreekLatin[j] : c));
    }

    /// <summary>"to China border": where it went, not where it is registered.</summary>
    private static bool IsRoute(string cell, string country)
    {
        var words = Text.FoldWords(cell);
        return Countries.WordRuns(words).Any(r => r.Start > 0 && Countries.Find(words.Substring(r.Start, r.Length)) == country
            && words[..(r.Start - 1)].Split(' ')[^1] is "to" or "vers" or "hacia" or "nach" or "в" or "đi" or "sang" or "ไป" or "الى" or "para" or "into" or "from");
    }

    private static bool IsPlatePart(string token) =>
        token.Length <= 12 && (token.Any(char.IsAsciiDigit) || token.Count(char.IsLetter) <= 3);
}
