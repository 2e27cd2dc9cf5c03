using System.Collections.Frozen;
using System.Text.Json;
using System.Text.RegularExpressions;
using CleanRoom.Records.Normalisation;

namespace CleanRoom.Records.Import;

/// <summary>A way to read a layout.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Columns">Known headers (folded words, # for a block number) and what they mean.</param>
/// <param name="UseSynonyms">True if other headers are read by their words.</param>
/// <param name="AggregateOnly">Published statistics: reference only, never matched.</param>
/// <param name="ZeroIsNo">True if 0 in a flag means no; else it means unknown.</param>
/// <param name="ConsentWords">Consent cells (folded) and their purposes, over the built-in words.</param>
internal sealed record ImportProfile(
    string Name, FrozenDictionary<string, (ImportField Field, string Param)> Columns, bool UseSynonyms, bool AggregateOnly, bool ZeroIsNo,
    FrozenDictionary<string, IReadOnlyList<string>> ConsentWords)
{
    /// <summary>Cells (folded) and their codes by code list, over the built-in words.</summary>
    public FrozenDictionary<string, FrozenDictionary<string, string>> Codes { get; init; } = FrozenDictionary<string, FrozenDictionary<string, string>>.Empty;

    /// <summary>Which number of a date comes first, if the profile says so.</summary>
    public DateOrder Dates { get; init; }

    /// <summary>Binds the columns of a header row.</summary>
    public IReadOnlyList<ColumnBinding> Bind(IReadOnlyList<string> headers, IReadOnlyDictionary<string, string> map)
    {
        var bindings = new List<ColumnBinding>();
        for (var i = 0; i < headers.Count; i++)
        {
            var header = Text.Clean(headers[i], 200);
            if (header.Length == 0)
            {
                continue;
            }
            var group = Profiles.BlockNumber().Match(header) is { Success: true } block ? block.Groups[1].Value : "";
            var words = HeaderMatcher.Words(group.Length > 0 ? Profiles.BlockNumber().Replace(header, "_#_", 1) : header);
            if (map.TryGetValue(header, out var wanted) && Profiles.TryField(wanted, out var mapped))
            {
                bindings.Add(new ColumnBinding(i, header, mapped.Field, mapped.Param, group));
            }
            else if (Columns.TryGetValue(words, out var known))
            {
                bindings.Add(new ColumnBinding(i, header, known.Field, known.Param, group));
            }
            else if (UseSynonyms && NameAndBirth.IsHeader(header))
            {
                bindings.Add(new ColumnBinding(i, header, ImportField.FullName, NameAndBirth.Name, group));
                bindings.Add(new ColumnBinding(i, header, ImportField.Birth, NameAndBirth.Birth, group));
            }
            else if (UseSynonyms && HeaderMatcher.Match(header) is { } matched)
            {
                bindings.Add(new ColumnBinding(i, header, matched.Field, matched.Param, group));
            }
        }
        return UseSynonyms ? Paired(Sited(bindings, map), map) : bindings;
    }

    /// <summary>A column "city" right behind that of the site is the site's.</summary>
    private List<ColumnBinding> Sited(List<ColumnBinding> bindings, IReadOnlyDictionary<string, string> map)
    {
        for (var i = 1; i < bindings.Count; i++)
        {
            if (bindings[i] is { Field: ImportField.HomeCity } city && bindings[i - 1].Field is ImportField.Where or ImportField.EventAddress && !map.ContainsKey(city.Header)
                && !Columns.ContainsKey(HeaderMatcher.Words(city.Header)) && HeaderMatcher.Concepts(HeaderMatcher.Words(city.Header)).SetEquals(["city"]))
            {
                bindings[i] = city with { Field = ImportField.EventCity };
            }
        }
        return bindings;
    }

    /// <summary>A column "name" beside a column of given names holds the family name ("Nom", "Prénom"), and the other way round ("Cognome", "Nome").</summary>
    private static List<ColumnBinding> Paired(List<ColumnBinding> bindings, IReadOnlyDictionary<string, string> map)
    {
        var given = bindings.Exists(b => b.Field == ImportField.Given);
        var family = bindings.Exists(b => b.Field == ImportField.Family);
        if (given == family)
        {
            return bindings;
        }
        var at = bindings.FindIndex(b => b.Field == ImportField.FullName && !map.ContainsKey(b.Header)
            && HeaderMatcher.Words(b.Header) is "nom" or "noms" or "name" or "names" or "nume" or "nome" or "naam" or "namn" or "navn" or "isim" or "ad" or "adi" or "nama" or "nombre" or "emri" or "ime" or "име" or "nev" or "이름" or "نام" or "jina" or "magaca");
        if (at >= 0)
        {
            bindings[at] = bindings[at] with { Field = given ? ImportField.Family : ImportField.Given };
        }
        return bindings;
    }
}

/// <summary>The shipped profiles, their detection, and profile files.</summary>
internal static partial class Profiles
{
    private static readonly FrozenDictionary<string, IReadOnlyList<string>> NoWords = FrozenDictionary<string, IReadOnlyList<string>>.Empty;

    private static readonly Lazy<IReadOnlyList<ImportProfile>> Shipped = new(Load);

    public static IReadOnlyList<ImportProfile> All => Shipped.Value;

    public static ImportProfile Get(string name) => Shipped.Value.First(p => p.Name == name);

    /// <summary>Gives a profile by name or file, or throws the import error.</summary>
    public static ImportProfile Find(string nameOrPath)
    {
        var shipped = Shipped.Value.FirstOrDefault(p => p.Name.Equals(nameOrPath, StringComparison.OrdinalIgnoreCase));
        if (shipped is not null)
        {
            return shipped;
        }
        if (!File.Exists(nameOrPath))
        {
            throw new ImportException($"profile: there is no profile and no file {Text.Clean(nameOrPath, 120)}; shipped are {string.Join(", ", Shipped.Value.Select(p => p.Name))}.");
        }
        return ProfileFile.Read(nameOrPath);
    }

    /// <summary>The key of a header: folded words, # for a block number.</summary>
    public static string KeyOf(string header) => HeaderMatcher.Words(BlockNumber().IsMatch(header) ? BlockNumber().Replace(header, "_#_", 1) : header);

    public static bool TryField(string text, out (ImportField Field, string Param) field)
    {
        var parts = text.Split(':', 2);
        var known = Enum.TryParse<ImportField>(parts[0], ignoreCase: true, out var value) && Enum.IsDefined(value) && !char.IsAsciiDigit(parts[0].FirstOrDefault());
        field = (value, parts.Length > 1 ? parts[1] : "");
        return known;
    }

    /// <summary>Finds the layout of a header row; null if it is none of the fixed ones.</summary>
    public static ImportProfile? Detect(IReadOnlyList<string> headers)
    {
        var names = headers.Select(h => h.Trim()).ToHashSet(StringComparer.OrdinalIgnoreCase);
        bool Has(string name) => names.Contains(name);
        var htcds = Get("htcds-2.0+ext");
        var htcdsHits = headers.Count(h => h.StartsWith("prs_", StringComparison.OrdinalIgnoreCase) || h.StartsWith("vic_", StringComparison.OrdinalIgnoreCase)
            || h.StartsWith("hte_", StringComparison.OrdinalIgnoreCase) || h.StartsWith("cas_", StringComparison.OrdinalIgnoreCase));
        if (htcdsHits >= 3 || (Has("Trafficking Status") && (Has("First Name") || Has("Second Name") || Has("Birthdate")))
            || (Has("Methods of Control") && Has("Type of Exploitation")))
        {
            return htcds;
        }
        if (Has("meansDebtBondageEarnings"))
        {
            return Get("ctdc-synth-2024");
        }
        if (Has("IP_RecruiterBroker"))
        {
            return Get("ctdc-vp-2022");
        }
        // A part of the statistics layout beside the office's own columns is the office's own list.
        var known = Get("ctdc-kanon-2017").Columns;
        if (headers.Any(h => h.StartsWith("local_", StringComparison.OrdinalIgnoreCase)) && headers.Count(h => !h.Trim().Contains(' ', StringComparison.Ordinal) && known.ContainsKey(HeaderMatcher.Words(h))) >= 5)
        {
            return Get("ctdc-kanon+local");
        }
        if (headers.Count(h => h.StartsWith("meansOfControl", StringComparison.OrdinalIgnoreCase)) >= 10)
        {
            if (headers.Any(h => h.StartsWith("local_", StringComparison.OrdinalIgnoreCase)))
            {
                return Get("ctdc-kanon+local");
            }
            return Get(Has("traffickMonths") ? "ctdc-synth-2021" : "ctdc-kanon-2017");
        }
        return null;
    }

    private static List<ImportProfile> Load()
    {
        var profiles = new List<ImportProfile>();
        var htcds = new Dictionary<string, (ImportField, string)>(StringComparer.Ordinal);
        foreach (var line in TableFile.Lines("profiles/htcds-2.0.txt"))
        {
            _ = TryField(line[0], out var field);
            foreach (var header in line.Skip(1))
            {
                htcds[HeaderMatcher.Words(header)] = field;
            }
        }
        profiles.Add(new ImportProfile("htcds-2.0+ext", htcds.ToFrozenDictionary(), true, false, true, NoWords));
        using var stream = EmbeddedData.Open("mappings.json");
        using var document = JsonDocument.Parse(stream);
        foreach (var profile in document.RootElement.GetProperty("profiles").EnumerateObject().Where(p => p.Name.StartsWith("ctdc", StringComparison.Ordinal)))
        {
            var columns = new Dictionary<string, (ImportField, string)>(StringComparer.Ordinal);
            foreach (var column in profile.Value.GetProperty("columns").EnumerateArray())
            {
                columns[HeaderMatcher.Words(column.GetProperty("column").GetString()!)] = CtdcField(column.GetProperty("target").GetString()!);
            }
            var map = columns.ToFrozenDictionary();
            profiles.Add(new ImportProfile(profile.Name, map, false, true, profile.Name == "ctdc-kanon-2017", NoWords));
            if (profile.Name == "ctdc-kanon-2017")
            {
                profiles.Add(new ImportProfile("ctdc-kanon+local", map, true, false, true, NoWords));
            }
        }
        var none = FrozenDictionary<string, (ImportField, string)>.Empty;
        profiles.Add(new ImportProfile("case-list", none, true, false, true, NoWords));
        profiles.Add(new ImportProfile("persons", none, true, false, true, NoWords));
        return profiles;
    }

    /// <summary>The targets that mappings.json writes as paths.</summary>
    private static (ImportField, string) CtdcField(string target)
    {
        var flag = FlagPattern().Match(target);
        if (flag.Success)
        {
            return (ImportField.Flag, $"{flag.Groups[1].Value}:{flag.Groups[2].Value}{(flag.Groups[3].Success ? ":" + flag.Groups[3].Value : "")}");
        }
        return target switch
        {
            "case.openedOn" => (ImportField.Year, ""),
            "provenance.collectionMethod" => (ImportField.DataSource, ""),
            "persons[Victim].gender" => (ImportField.Gender, ""),
            "persons[Victim].ageBand" => (ImportField.AgeBand, ""),
            "persons[Victim].majorityNow" => (ImportField.MajorityNow, ""),
            "persons[Victim].majorityAtExploitation" => (ImportField.MajorityAtExploitation, ""),
            "persons[Victim].majorityAtEntry (kept as raw)" => (ImportField.MajorityAtEntry, ""),
            "exploitation[0].sectorRaw='Other'" => (ImportField.Flag, "sectorRaw:Other"),
            "exploitation[0].sectorRaw='NotSpecified'" => (ImportField.Flag, "sectorRaw:NotSpecified"),
            "persons[Victim].citizenship[0]" => (ImportField.Citizenship, ""),
            "events[Exploitation].place.country" => (ImportField.EventCountry, ""),
            _ when target.Contains("durationBand", StringComparison.Ordinal) => (ImportField.Duration, ""),
            _ when target.Contains("recruiterRelation[]", StringComparison.Ordinal) => (ImportField.RecruiterRelation, ""),
            _ => (ImportField.Ignore, ""),
        };
    }

    [GeneratedRegex(@"(?<=^|[A-Za-z])_([0-9]{1,2})_", RegexOptions.CultureInvariant, Patterns.Timeout)]
    internal static partial Regex BlockNumber();

    [GeneratedRegex(@"(meansOfControl|types|subTypes|sectorSection|recruitmentMethods|recruiterRelation)\[([A-Za-z_]+)\](?:.*(?:division|Division\D*)\s*([0-9]{2}))?", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex FlagPattern();
}
