namespace CleanRoom.Demo;

/// <summary>
/// What truth.csv and truth_negatives.csv of a folder say must be told, and to whom, against what was told. A pair of truth_negatives.csv is told in no form, unless truth.csv
/// itself expects that a person looks at it (HUMAN_REVIEW): the files agree then that nobody is notified.
/// </summary>
internal sealed class Truth
{
    private const string Suppressed = "SUPPRESSED";
    private const string Exact = "Exact";

    private static readonly string[] TellingColumns = ["tell_owner_of_1", "tell_owner_of_2", "le_from_1", "le_from_2"];

    private readonly Dictionary<string, Expected> _expected;
    private readonly Dictionary<string, string> _negatives;

    private Truth(Dictionary<string, Expected> expected, Dictionary<string, string> negatives)
    {
        (_expected, _negatives) = (expected, negatives);
    }

    /// <summary>Reads both files; null if the folder has no truth.csv.</summary>
    public static Truth? Find(string folder)
    {
        var path = Path.Combine(folder, "truth.csv");
        if (!File.Exists(path))
        {
            return null;
        }
        try
        {
            var negatives = Path.Combine(folder, "truth_negatives.csv");
            return new Truth(
                CsvTable.Read(path).Select(Expected.Of).ToDictionary(row => row.Key, StringComparer.Ordinal),
                File.Exists(negatives) ? CsvTable.Read(negatives).ToDictionary(row => Key(row["link_type"], row["record_1"], row["record_2"]), row => row["neg_id"], StringComparer.Ordinal) : []);
        }
        catch (Exception exception) when (exception is KeyNotFoundException or ArgumentException)
        {
            throw new DemoException(65, $"{path} or truth_negatives.csv beside it is not as expected: {exception.Message} Compare them with samples/truth.csv.");
        }
    }

    /// <summary>Compares all that the parties together were told.</summary>
    public TruthReport Compare(IReadOnlyList<ToldLink> links)
    {
        var told = links.ToDictionary(link => Key(link.Link, link.One.Reference, link.Other.Reference), StringComparer.Ordinal);
        var due = _expected.Values.Where(row => row.Disposition != Suppressed).OrderBy(row => row.Key, StringComparer.Ordinal).ToList();
        var report = new TruthReport
        {
            SuppressedPairs = _expected.Count - due.Count,
            NegativePairs = _negatives.Count,
        };
        foreach (var row in due)
        {
            var tally = report.Tallies.TryGetValue(row.Evidence, out var known) ? known : report.Tallies[row.Evidence] = new Tally();
            tally.Due++;
            if (!told.TryGetValue(row.Key, out var link))
            {
                tally.Missed.Add(row.Key);
            }
            else if (row.DiffersFrom(link) is { } difference)
            {
                tally.Different.Add($"{row.Key}: {difference}");
            }
            else
            {
                tally.AsExpected++;
            }
        }
        foreach (var (key, link) in told)
        {
            if (!_expected.TryGetValue(key, out var row))
            {
                report.False.Add($"{key}: told {link.Disposition}");
            }
            else if (row.Disposition == Suppressed)
            {
                report.Suppressed.Add($"{key}: told {link.Disposition}");
            }
            else if (link.Strength == Charter.Queries.MatchStrength.Exact && row.Evidence != Exact)
            {
                report.False.Add($"{key}: told as Exact, and is {row.Evidence}");
            }
            if (_negatives.TryGetValue(key, out var negative) && !(row?.Disposition == "HUMAN_REVIEW" && link.Disposition == row.Disposition))
            {
                report.Negatives.Add($"{negative} {key}: told {link.Disposition}");
            }
        }
        return report;
    }

    internal static string Key(string link, string one, string other) => string.CompareOrdinal(one, other) <= 0 ? $"{link} {one} {other}" : $"{link} {other} {one}";

    /// <summary>A row of truth.csv, its records in order.</summary>
    private sealed record Expected(string Key, string Evidence, string Disposition, IReadOnlyList<string> Telling)
    {
        public static Expected Of(IReadOnlyDictionary<string, string> row)
        {
            var telling = TellingColumns.Select(column => row[column]).ToList();
            if (string.CompareOrdinal(row["record_1"], row["record_2"]) > 0)
            {
                telling = [telling[1], telling[0], telling[3], telling[2]];
            }
            return new Expected(Truth.Key(row["link_type"], row["record_1"], row["record_2"]), row["evidence"], row["expected_disposition"], telling);
        }

        /// <summary>Null if the link was told exactly so.</summary>
        public string? DiffersFrom(ToldLink link)
        {
            var told = link.Telling;
            var differences = TellingColumns.Select((column, i) => told[i] == Telling[i] ? null : $"{column} {told[i]}, expected {Telling[i]}").OfType<string>().ToList();
            if (link.Disposition != Disposition)
            {
                differences.Insert(0, $"told {link.Disposition}, expected {Disposition}");
            }
            return differences.Count == 0 ? null : string.Join("; ", differences);
        }
    }
}

/// <summary>Links of one kind of evidence that consent allows to be told.</summary>
internal sealed class Tally
{
    public int Due { get; set; }

    public int AsExpected { get; set; }

    public List<string> Different { get; } = [];

    public List<string> Missed { get; } = [];
}

/// <summary>What the comparison found.</summary>
internal sealed class TruthReport
{
    /// <summary>By evidence: Exact, Fuzzy.</summary>
    public SortedDictionary<string, Tally> Tallies { get; } = new(StringComparer.Ordinal);

    public int SuppressedPairs { get; init; }

    public int NegativePairs { get; init; }

    /// <summary>Pairs told that consent suppresses.</summary>
    public List<string> Suppressed { get; } = [];

    /// <summary>Rows of truth_negatives.csv that were told.</summary>
    public List<string> Negatives { get; } = [];

    /// <summary>Told, and in no file.</summary>
    public List<string> False { get; } = [];

    /// <summary>Nothing false, suppressed, negative or otherwise told than expected, and no Exact link missed. Fuzzy links may be missed: they are counted.</summary>
    public bool Holds =>
        Suppressed.Count + Negatives.Count + False.Count + Tallies.Values.Sum(tally => tally.Different.Count) == 0 && !(Tallies.TryGetValue("Exact", out var exact) && exact.Missed.Count > 0);

    /// <summary>The counts as a table, then each deviation.</summary>
    public IEnumerable<string> Lines()
    {
        yield return $"  {"links that consent allows",-28} {"due",5} {"as expected",12} {"otherwise",10} {"missed",7}";
        foreach (var (evidence, tally) in Tallies)
        {
            yield return $"  {evidence,-28} {tally.Due,5} {tally.AsExpected,12} {tally.Different.Count,10} {tally.Missed.Count,7}";
        }
        yield return $"  {"that must not be told",-28} {"pairs",5} {"told",12}";
        yield return $"  {"suppressed by consent",-28} {SuppressedPairs,5} {Suppressed.Count,12}";
        yield return $"  {"negatives",-28} {NegativePairs,5} {Negatives.Count,12}";
        yield return $"  {"in no truth file",-28} {"",5} {False.Count,12}";
        foreach (var line in Tallies.Values.SelectMany(tally => tally.Different))
        {
            yield return "  otherwise:  " + line;
        }
        foreach (var line in Tallies.Values.SelectMany(tally => tally.Missed))
        {
            yield return "  missed:     " + line;
        }
        foreach (var line in Suppressed)
        {
            yield return "  suppressed: " + line;
        }
        foreach (var line in Negatives)
        {
            yield return "  negative:   " + line;
        }
        foreach (var line in False)
        {
            yield return "  false:      " + line;
        }
    }
}
