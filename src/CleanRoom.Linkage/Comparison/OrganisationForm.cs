using CleanRoom.Records.Normalisation;
using CleanRoom.Records.Normalisation.Names;

namespace CleanRoom.Linkage.Comparison;

/// <summary>An organisation's name, normalised once.</summary>
/// <param name="Words">Words that tell it from others.</param>
/// <param name="Trades">Trades in canonical words: recruitment, agency, travel.</param>
/// <param name="Countries">Alpha-3 codes that may be its country; empty = not known.</param>
/// <param name="Numbers">Match keys of licences and registrations (Exact ones).</param>
public sealed record OrganisationForm(
    IReadOnlyList<NameToken> Words, IReadOnlySet<string> Trades, IReadOnlyList<string> Countries, IReadOnlyList<string> Numbers)
{
    /// <summary>Reads the names of one organisation, each script of each name as a form of its own; none if no word is left.</summary>
    /// <param name="names">As typed.</param>
    /// <param name="countries">Where it may be licensed or stand.</param>
    /// <param name="numbers">Its exact numbers.</param>
    /// <param name="pool">Where tokens are remembered; null to read each anew.</param>
    public static IReadOnlyList<OrganisationForm> From(IEnumerable<string> names, IReadOnlyList<string> countries, IReadOnlyList<string> numbers, NameTokenPool? pool = null)
    {
        ArgumentNullException.ThrowIfNull(names);
        var forms = new List<OrganisationForm>();
        foreach (var name in names.Take(3).Where(n => !Placeholders.IsUnknown(n)))
        {
            foreach (var piece in name.Split(['/', '(', ')', '|', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                foreach (var group in ByScript(piece))
                {
                    if (Read(group, countries, numbers, pool) is { } form && forms.Count < 4)
                    {
                        forms.Add(form);
                    }
                }
            }
        }
        if (forms.Count == 0 && numbers.Count > 0)
        {
            forms.Add(new OrganisationForm([], new HashSet<string>(), countries, numbers));
        }
        return forms;
    }

    private static OrganisationForm? Read(List<string> tokens, IReadOnlyList<string> countries, IReadOnlyList<string> numbers, NameTokenPool? pool)
    {
        var words = new List<NameToken>();
        var trades = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < tokens.Count; i++)
        {
            if (KindWords.Organisations.Match(tokens, i) is var (kind, count))
            {
                _ = kind is not ("-" or "legal") && trades.Add(kind);
                i += count - 1;
                continue;
            }
            // "Men Power" and "Man Power" are one word of trade.
            if (i + 1 < tokens.Count && KindWords.Organisations.Match([tokens[i] + tokens[i + 1]], 0) is var (joined, _))
            {
                _ = joined is not ("-" or "legal") && trades.Add(joined);
                i++;
                continue;
            }
            var (rest, kinds) = KindWords.Organisations.Strip(tokens[i]);
            trades.UnionWith(kinds.Where(k => k is not ("-" or "legal")));
            words.AddRange(NameParser.Words(rest, pool).Where(t => t.Readings[0].Length > 1 || t.Lossy));
        }
        return words.Count == 0 ? null : new OrganisationForm(words, trades, countries, numbers);
    }

    private static List<List<string>> ByScript(string name)
    {
        var groups = new List<List<string>>();
        var last = NameScript.Zyyy;
        foreach (var token in NameParser.WordTexts(name))
        {
            var script = NameScripts.Of(token.AsSpan());
            if (groups.Count == 0 || (script != NameScript.Zyyy && last != NameScript.Zyyy && script != last))
            {
                groups.Add([]);
            }
            groups[^1].Add(token);
            last = script == NameScript.Zyyy ? last : script;
        }
        return groups;
    }
}
