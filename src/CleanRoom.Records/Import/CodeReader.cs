using System.Collections.Concurrent;
using System.Collections.Frozen;
using CleanRoom.Records.Lists;
using CleanRoom.Records.Normalisation;

namespace CleanRoom.Records.Import;

/// <summary>Reads code-list cells: codes, labels and the names that HTCDS and CTDC use; whole labels before split parts.</summary>
internal static class CodeReader
{
    private static readonly ConcurrentDictionary<string, FrozenDictionary<string, string>> Tables = new(StringComparer.Ordinal);

    /// <summary>The code lists by which columns are read; a profile may add words to them.</summary>
    public static readonly IReadOnlyList<string> Lists =
    [
        "gender", "ageBand", "majorityStatus", "eventType", "suspectRole", "caseStatus", "traffickingStatus", "determinationBy", "determinationFramework", "collectionMethod", "referralReason",
        "exploitationType", "exploitationSubType", "sectorIsicSection", "meansOfControl", "recruitmentMethod", "recruiterRelation", "platform", "durationBand",
        "maritalStatus", "education", "migrationStatus", "supportType", "exitMode", "language",
    ];

    /// <summary>Words that no list has, by list.</summary>
    private static readonly (string List, string Word, string Code)[] Extra =
    [
        ("meansOfControl", "PhysicalThreats", "Threats"), ("meansOfControl", "Physical threats", "Threats"),
        ("meansOfControl", "ThreatsLawEnforcement", "ThreatOfLawEnforcement"), ("meansOfControl", "PsychoactiveSubstance", "PsychoactiveSubstances"),
        ("recruiterRelation", "Familial", "Family"), ("recruiterRelation", "Unaquainted", "Unacquainted"),
        ("collectionMethod", "Case Management", "IntakeInterview"), ("collectionMethod", "Hotline", "HotlineCall"),
    ];

    /// <summary>Gives the code of a cell, or null. The profile's own words come first.</summary>
    public static string? One(ImportProfile profile, string list, string cell)
    {
        var key = KeyOf(cell);
        return profile.Codes.TryGetValue(list, out var own) && own.TryGetValue(key, out var code) ? code : Table(list).GetValueOrDefault(key);
    }

    /// <summary>The form in which cells are looked up.</summary>
    public static string KeyOf(string cell) => Text.FoldWords(HeaderCase(cell));

    /// <summary>Gives the codes of a multi-select cell and how many parts were not known.</summary>
    public static (IReadOnlyList<string> Codes, int Unknown) Many(ImportProfile profile, string list, string cell)
    {
        if (One(profile, list, cell) is { } whole)
        {
            return ([whole], 0);
        }
        var codes = new List<string>();
        var unknown = 0;
        var separators = cell.IndexOfAny([';', '|', '\n']) >= 0 ? [';', '|', '\n'] : cell.Contains(',', StringComparison.Ordinal) ? new[] { ',' } : [' '];
        foreach (var part in cell.Split(separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (One(profile, list, part) is { } code)
            {
                codes.Add(code);
            }
            else
            {
                unknown++;
            }
        }
        return ([.. codes.Distinct()], unknown);
    }

    private static FrozenDictionary<string, string> Table(string list) => Tables.GetOrAdd(list, static name =>
    {
        var table = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var value in CodeLists.Get(name).Values)
        {
            foreach (var word in value.Aliases.Prepend(value.Label).Prepend(value.Code).Where(w => w.Length > 0))
            {
                table.TryAdd(Text.FoldWords(HeaderCase(word)), value.Code);
            }
        }
        foreach (var (_, word, code) in Extra.Where(e => e.List == name).Concat(TableFile.Lines("profiles/code_words.txt").Where(l => l[0] == name).SelectMany(l => l.Skip(2).Select(w => (l[0], w, l[1])))))
        {
            table[Text.FoldWords(HeaderCase(word))] = code;
        }
        return table.ToFrozenDictionary(StringComparer.Ordinal);
    });

    /// <summary>"ActualVictim" and "Actual victim" are one.</summary>
    private static string HeaderCase(string text) => HeaderMatcher.Words(text);
}
