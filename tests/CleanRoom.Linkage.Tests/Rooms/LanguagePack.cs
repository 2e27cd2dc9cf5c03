using System.Globalization;

namespace CleanRoom.Linkage.Tests.Rooms;

/// <summary>A word in its own script and the ways it is written in Latin letters, the usual one first.</summary>
internal sealed record Word(string Native, IReadOnlyList<string> Latin);

/// <summary>What a country's case files are made of: names, places, firms, headers and words, from general knowledge (Rooms/Packs).</summary>
internal sealed class LanguagePack
{
    private static readonly Lazy<IReadOnlyList<LanguagePack>> Loaded = new(Load);

    private readonly Dictionary<string, List<string[]>> _lines = new(StringComparer.Ordinal);

    private LanguagePack(string name, string text)
    {
        Name = name;
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var cells = line.Split(" | ", StringSplitOptions.TrimEntries);
            if (!_lines.TryGetValue(cells[0].TrimEnd('|', ' '), out var list))
            {
                _lines[cells[0]] = list = [];
            }
            list.Add(cells[1..]);
        }
        Headers = _lines["headers"][0].Select(h => h.Split('=', 2)).ToDictionary(h => h[0], h => h[1], StringComparer.Ordinal);
    }

    public static IReadOnlyList<LanguagePack> All => Loaded.Value;

    public string Name { get; }

    public string Country => One("country", 0);

    public string CountryNative => One("country", 1);

    public string CountryEnglish => One("country", 2);

    public bool FamilyFirst => One("order", 0) == "family-first";

    public string CallingCode => One("phone", 0);

    public string Trunk => One("phone", 1);

    public string PhonePattern => One("phone", 2);

    public IReadOnlyDictionary<string, string> Headers { get; }

    public bool IsLatin => Words("town")[0].Native.All(c => c < 0x250 || c is >= '\u1E00' and <= '\u1EFF');

    public char ZeroDigit => Name switch { "ar" => '٠', "bn" => '০', "hi" => '०', "th" => '๐', "km" => '០', "my" => '၀', _ => '0' };

    public int Era => _lines.ContainsKey("era") ? int.Parse(One("era", 0), CultureInfo.InvariantCulture) : 0;

    public string One(string key, int at) => _lines[key][0][at];

    public bool Has(string key) => _lines.ContainsKey(key) && _lines[key][0][0] != "-";

    public IReadOnlyList<string> List(string key) => _lines[key][0];

    /// <summary>The words of a list, for a gender where the language has one.</summary>
    public IReadOnlyList<Word> Words(string key, bool female = false) => [.. _lines[key][0].Where(w => w != "-").Select(w => Parse(w, female))];

    /// <summary>Templates in the own script and in Latin letters.</summary>
    public IReadOnlyList<(string Native, string Latin)> Templates(string key) =>
        [.. _lines[key].Select(l => string.Join(" | ", l).Split(" = ", 2)).Select(p => (p[0], p.Length > 1 ? p[1] : p[0]))];

    private static Word Parse(string text, bool female)
    {
        string Gendered(string word) => word.Contains('/', StringComparison.Ordinal) ? word.Split('/')[female ? 1 : 0] : word;
        var parts = text.Split('=', 2);
        var native = Gendered(parts[0]);
        return new Word(native, parts.Length > 1 ? [.. parts[1].Split(',').Select(Gendered)] : [native]);
    }

    private static List<LanguagePack> Load()
    {
        var assembly = typeof(LanguagePack).Assembly;
        var packs = new List<LanguagePack>();
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.Contains(".Packs.", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            packs.Add(new LanguagePack(name.Split('.')[^2], reader.ReadToEnd()));
        }
        return packs;
    }
}
