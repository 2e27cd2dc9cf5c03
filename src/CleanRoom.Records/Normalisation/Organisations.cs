using System.Text.RegularExpressions;
using CleanRoom.Records.Matching;
using CleanRoom.Records.Normalisation.Names;

namespace CleanRoom.Records.Normalisation;

/// <summary>Organisations: licence and country, else name and country with the legal form dropped (DATA.md 1.4).</summary>
public static partial class Organisations
{
    private static readonly HashSet<string> LegalForms = new(
        "inc ltd limited llc llp plc co corp corporation company gmbh ag kg ug sa sas sarl srl spa bv nv ab oy oyj aps as doo ooo zao oao pao ип ооо зао оао пао ltda cv pt tbk cd ud pvt pte sdn bhd jsc tnhh cp ctcp est wll fzco fze fzc svcs".Split(' '),
        StringComparer.Ordinal);

    private static readonly string[] LegalPhrases =
        ["private limited", "công ty tnhh", "công ty cổ phần", "công ty", "บริษัท", "จำกัด มหาชน", "จำกัด", "ห้างหุ้นส่วนจำกัด", "ห้างหุ้นส่วน", "หจก", "ក្រុមហ៊ុន", "ບໍລິສັດ", "شركة", "مؤسسة", "ذ م م", "有限公司", "股份有限公司", "有限责任公司", "株式会社", "주식회사"];

    private static readonly string[] FoldedPhrases = [.. LegalPhrases.Select(Text.FoldWords)];

    /// <summary>The name for comparison: folded, legal form dropped.</summary>
    public static string FoldName(string name)
    {
        var words = Text.FoldWords(name);
        // Taking one out may bring two halves of another together.
        for (var before = ""; before != words;)
        {
            before = words;
            foreach (var phrase in FoldedPhrases)
            {
                var at = Text.FindPhrase(words, phrase);
                if (at >= 0)
                {
                    words = Text.FoldWords(words.Remove(at, phrase.Length).Insert(at, " "));
                }
            }
        }
        var kept = words.Split(' ').Where(w => !LegalForms.Contains(w) && w.Length > 0).Select(w => w is "svcs" or "svc" ? "services" : w).ToArray();
        return kept.Length > 0 ? string.Join(' ', kept) : words;
    }

    /// <summary>Splits "Name (LICENCE-123)" into name and licence; the licence is empty if none is written.</summary>
    public static (string Name, string Licence) Read(string cell)
    {
        var text = Text.AsciiDigits(cell);
        foreach (Match match in BracketPattern().Matches(text))
        {
            var core = Text.Alphanumeric(match.Groups[1].Value);
            if (core.Length is >= 5 and <= 30 && core.Count(char.IsAsciiDigit) >= 3)
            {
                return (Text.Clean(cell.Remove(match.Index, match.Length)), match.Groups[1].Value.Trim());
            }
        }
        // "Firm, lic. 0021/60": the word for a licence tells where the name ends.
        var marked = MarkedPattern().Match(text);
        return marked.Success && marked.Groups[1].Value.Count(char.IsAsciiDigit) >= 3
            ? (Text.Clean(text[..marked.Index].TrimEnd(' ', ',', ';', '-', '(')), marked.Groups[1].Value.Trim(' ', ')', '.'))
            : (Text.Clean(cell), "");
    }

    /// <summary>True for a name that ends with a legal form nobody bears as a name ("Sp. z o.o.", "Ltd", "GmbH").</summary>
    public static bool HasLegalForm(string name)
    {
        var tokens = NameParser.WordTexts(Read(name).Name);
        for (var i = 1; i < tokens.Count; i++)
        {
            if (KindWords.Organisations.Match(tokens, i) is ("legal", var count) && i + count == tokens.Count)
            {
                var form = string.Concat(tokens.Skip(i));
                return form.Length >= 4 || (form.Length == 3 && (count > 1 || form is "inc" || !form.Any(c => "aeiou".Contains(c, StringComparison.Ordinal))));
            }
        }
        return false;
    }

    /// <summary>Normalises a licence or registration number for the countries that may have issued it.</summary>
    public static Normalised? NormaliseNumber(string kind, string raw, IReadOnlyList<string> countries)
    {
        var core = Text.Alphanumeric(raw);
        if (core.Length is < 4 or > 30 || !core.Any(char.IsAsciiDigit))
        {
            return null;
        }
        // Registers fill their numbers up with zeros, people leave them out.
        core = LeadingZeros().Replace(core, "");
        var prefix = kind is "Licence" ? "lic" : kind.ToLowerInvariant();
        MatchKey[] keys = countries.Count == 0
            ? [new MatchKey($"org:{prefix}:?:{core}", KeyStrength.Possible)]
            : [.. countries.Distinct().Select(c => new MatchKey($"org:{prefix}:{c}:{core}", KeyStrength.Exact))];
        return new Normalised(keys, raw.Trim(), countries.Count == 1 ? countries[0] : "", true, countries.Count > 0);
    }

    /// <summary>Keys of a name: Probable with a country, Possible without.</summary>
    public static IEnumerable<MatchKey> NameKeys(string name, IReadOnlyList<string> countries)
    {
        var folded = FoldName(name);
        if (folded.Length < 3)
        {
            yield break;
        }
        foreach (var country in countries.Distinct())
        {
            yield return new MatchKey($"org:name:{country}:{folded}", KeyStrength.Probable);
        }
        yield return new MatchKey("org:name:?:" + folded, KeyStrength.Possible);
    }

    [GeneratedRegex("(?<![0-9])0+(?=[0-9])", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex LeadingZeros();

    [GeneratedRegex(
        @"(?<=[\s,;(\-])(?:licen[cs]e|licencia|licença|licenta|licenza|licence|lisensya|lic|lisans|lizenz|oep|izin|siup|giấy\s+phép|gp|ترخيص|رخصة|جواز|ใบอนุญาต|лицензия|ліцензія|лиц|许可证?|執照|ໃບອະນຸຍາດ|អាជ្ញាប័ណ្ណ|लाइसेन्स|লাইসেন্স|ፈቃድ)[\s.:#№/\-]*(?:no|nr|n[º°]|เลขที่|رقم|№|ເລກທີ|số)?[\s.:#/\-]*(\S*[0-9]\S*(?:[/ \-]\S*[0-9]\S*)?)\s*\)?\s*$",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, Patterns.Timeout)]
    private static partial Regex MarkedPattern();

    [GeneratedRegex(@"\(([^()]*)\)", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex BracketPattern();
}
