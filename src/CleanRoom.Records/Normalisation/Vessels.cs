using System.Text.RegularExpressions;
using CleanRoom.Records.Matching;

namespace CleanRoom.Records.Normalisation;

/// <summary>A vessel read from a cell.</summary>
/// <param name="Name">Name without prefixes, as typed.</param>
/// <param name="PreviousNames">Names after "ex".</param>
/// <param name="Imo">Seven digits, or empty.</param>
/// <param name="Registration">Registration with its own punctuation, or empty.</param>
public sealed record VesselText(string Name, IReadOnlyList<string> PreviousNames, string Imo, string Registration);

/// <summary>Vessels: IMO number, else flag and registration, else name with port (DATA.md 1.4).</summary>
public static partial class Vessels
{
    private static readonly string[] Prefixes =
        ["เรือประมง", "เรือ", "tàu cá", "tàu", "kapal", "km", "kmn", "mv", "m v", "fv", "f v", "mt", "ms", "ss", "fishing vessel", "fishing boat", "vessel", "ship", "boat", "dhow", "trawler", "ទូក", "ເຮືອ", "судно", "سفينة", "قارب", "lancha", "barca", "embarcacion", "barco", "buque", "bateau", "navire", "船"];

    private static readonly string[] Roman =
        ["ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv", "xvi", "xvii", "xviii", "xix", "xx"];

    /// <summary>Reads a cell, or null if it holds no name and no number.</summary>
    public static VesselText? Read(string cell)
    {
        var text = Text.AsciiDigits(cell);
        var imo = "";
        var match = ImoPattern().Match(text);
        if (match.Success)
        {
            imo = match.Groups[1].Value;
            text = text.Remove(match.Index, match.Length);
        }
        var registration = "";
        match = RegistrationPattern().Match(text);
        if (match.Success)
        {
            registration = match.Value;
            text = text.Remove(match.Index, match.Length);
        }
        var previous = new List<string>();
        match = ExPattern().Match(text);
        if (match.Success)
        {
            previous.Add(match.Groups[1].Value.Trim());
            text = text.Remove(match.Index, match.Length);
        }
        var name = Text.Clean(text.Replace("()", "", StringComparison.Ordinal)).Trim(' ', ',', ';', '(', ')', '-');
        return name.Length < 2 && imo.Length == 0 && registration.Length == 0 ? null : new VesselText(name, previous, imo, registration);
    }

    /// <summary>True for a cell that says it is a vessel: an IMO number, a registration or a vessel word.</summary>
    public static bool LooksLikeVessel(string cell)
    {
        var text = Text.AsciiDigits(cell);
        var words = Text.FoldWords(text);
        return ImoPattern().IsMatch(text) || RegistrationPattern().IsMatch(text)
            || Prefixes.Any(p => words.StartsWith(Text.FoldWords(p) + " ", StringComparison.Ordinal) || (Text.IsUnspaced(p[0]) && words.StartsWith(p, StringComparison.Ordinal)));
    }

    /// <summary>True for a cell of a vehicle column that is a vessel all the same: it has an IMO number or opens with a vessel's prefix.</summary>
    internal static bool IsSurelyVessel(string cell)
    {
        var text = Text.AsciiDigits(cell);
        return ImoPattern().IsMatch(text) || PrefixPattern().IsMatch(text);
    }

    /// <summary>A vessel's name for comparison: prefixes dropped, Roman numerals as digits.</summary>
    public static string FoldName(string name)
    {
        var words = Text.FoldWords(name);
        foreach (var prefix in Prefixes.Select(Text.FoldWords).OrderByDescending(p => p.Length))
        {
            if (words.StartsWith(prefix, StringComparison.Ordinal) && words.Length > prefix.Length
                && (words[prefix.Length] == ' ' || Text.IsUnspaced(prefix[^1])))
            {
                words = words[prefix.Length..].Trim();
                break;
            }
        }
        return string.Join(' ', words.Split(' ').Select((w, i) => i == 0 ? w : Arabic(w)));
    }

    private static string Arabic(string word)
    {
        var index = Array.IndexOf(Roman, word);
        return index < 0 ? word : (index + 2).ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>True if the check digit of a seven-digit IMO number is right.</summary>
    public static bool ImoChecksum(string imo)
    {
        var sum = 0;
        for (var i = 0; i < 6; i++)
        {
            sum += (imo[i] - '0') * (7 - i);
        }
        return imo.Length == 7 && sum % 10 == imo[6] - '0';
    }

    /// <summary>Normalises a vessel.</summary>
    public static Normalised? Normalise(VesselText vessel, string flag, IReadOnlyList<string> ports)
    {
        var keys = new List<MatchKey>();
        if (vessel.Imo.Length == 7)
        {
            keys.Add(new MatchKey("vessel:imo:" + vessel.Imo, ImoChecksum(vessel.Imo) ? KeyStrength.Exact : KeyStrength.Possible));
        }
        if (vessel.Registration.Length > 0)
        {
            var core = Text.Alphanumeric(vessel.Registration);
            // A registration that starts with letters names its registry itself.
            keys.Add(new MatchKey("vessel:reg:" + core, char.IsLetter(core[0]) || flag.Length > 0 ? KeyStrength.Exact : KeyStrength.Possible));
        }
        foreach (var name in vessel.PreviousNames.Prepend(vessel.Name).Select(FoldName).Where(n => n.Length >= 3))
        {
            foreach (var port in ports.Take(3))
            {
                keys.Add(new MatchKey($"vessel:name:{name}@{Text.FoldWords(port)}", KeyStrength.Probable));
            }
            keys.Add(new MatchKey("vessel:name:" + name, KeyStrength.Possible));
        }
        return keys.Count == 0 ? null : new Normalised(keys, vessel.Name.Length > 0 ? vessel.Name : keys[0].Value, flag, true, vessel.Imo.Length == 7)
        {
            ChecksumOk = vessel.Imo.Length == 7 ? ImoChecksum(vessel.Imo) : null,
        };
    }

    [GeneratedRegex(@"(?<![A-Za-z])IMO\s*(?:no\.?|number|#|:)?\s*([0-9]{7})(?![0-9])", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, Patterns.Timeout)]
    private static partial Regex ImoPattern();

    [GeneratedRegex(@"(?<![0-9A-Za-z])[A-Z]{1,3}[\s\-]?[0-9]{1,3}[\s\-]?[0-9]{4,7}(?![0-9A-Za-z])|(?<![0-9A-Za-z])[A-Z]{2}[\s\-]?[0-9]{5,8}(?:[\s\-]?TS)?(?![0-9A-Za-z])", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex RegistrationPattern();

    [GeneratedRegex(@"^\s*(?:[MFS]\s?[./]?\s?[VTS]\.?\s+[A-Z]|KM\.?\s+[A-Z]|KMN\.?\s+[A-Z]|(?:fishing vessel|fishing boat|vessel|ship|boat|trawler)\b|เรือ|ទូក|ເຮືອ|船|судно|катер|سفينة|قارب|مركب|barco\b|buque\b|lancha\b|bateau\b|navire\b|pirogue\b|kapal\b|perahu\b|tàu\b|ghe\b|gemi\b|tekne\b|πλοίο|σκάφος|জাহাজ|ট্রলার|नाव|선박|어선)", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, Patterns.Timeout)]
    private static partial Regex PrefixPattern();

    [GeneratedRegex(@"\(?\s*\b(?:ex|formerly|previously|ex-nom|antes|бывш\.?)[\s\-:]+([^),;]+)\)?", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, Patterns.Timeout)]
    private static partial Regex ExPattern();
}
