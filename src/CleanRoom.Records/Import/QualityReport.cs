using System.Text.Json;
using System.Text.Json.Serialization;
using CleanRoom.Records.Wording;

namespace CleanRoom.Records.Import;

/// <summary>What is in a file, what would be uploaded and what a person should look at. Holds no cell content.</summary>
public sealed class QualityReport
{
    /// <summary>Most issues kept one by one; the counts go on.</summary>
    public const int MaxIssues = 2_000;

    // Lines that are remembered so that none is named twice: what is kept must not grow with the file.
    private const int MaxDuplicates = 1_000_000;

    private readonly List<ImportIssue> _issues = [];
    private readonly Dictionary<string, ImportIssue> _kinds = new(StringComparer.Ordinal);
    private readonly HashSet<int> _duplicates = [];

    /// <summary>Profile used.</summary>
    public string Profile { get; internal set; } = "";

    /// <summary>Encoding of the file.</summary>
    public string Encoding { get; internal set; } = "";

    /// <summary>Name of the file, where one is known.</summary>
    public string File { get; set; } = "";

    /// <summary>Separator of the file; of a workbook, its sheet.</summary>
    public string Separator { get; internal set; } = "";

    /// <summary>Data rows.</summary>
    public int Rows { get; internal set; }

    /// <summary>Blank, title, total and repeated header lines passed over.</summary>
    public int SkippedLines { get; internal set; }

    /// <summary>Lines that go on with the case above them.</summary>
    public int ContinuedLines { get; internal set; }

    /// <summary>Rows whose identity part may be sealed.</summary>
    public int IdentitySealed { get; internal set; }

    /// <summary>Rows of which only the analytic part may be sealed.</summary>
    public int AnalyticOnly { get; internal set; }

    /// <summary>Rows of which nothing may be sealed.</summary>
    public int NotSealed { get; internal set; }

    /// <summary>Live consents by purpose.</summary>
    public SortedDictionary<string, int> Consents { get; } = new(StringComparer.Ordinal);

    /// <summary>Issues by code.</summary>
    public SortedDictionary<string, int> Counts { get; } = new(StringComparer.Ordinal);

    /// <summary>Cells that stayed with the contributor, by kind.</summary>
    public SortedDictionary<string, int> Dropped { get; } = new(StringComparer.Ordinal);

    /// <summary>Filled cells by column, for completeness.</summary>
    public SortedDictionary<string, int> Filled { get; } = new(StringComparer.Ordinal);

    /// <summary>What became of the filled cells, by column: every one is counted once.</summary>
    public SortedDictionary<string, CellCounts> Cells { get; } = new(StringComparer.Ordinal);

    /// <summary>Rows that seem to speak of the same person as an earlier row of the file: by a document, a number, name and day of birth, or by linkage of the own records.</summary>
    public int PossibleDuplicates { get; internal set; }

    /// <summary>Says that a line seems to speak of the same person as an earlier one. What was said of the line before is not counted twice.</summary>
    /// <param name="line">The line, as <see cref="ImportedRow.Line"/> counts.</param>
    /// <param name="earlier">The earlier line.</param>
    /// <returns>False if the line was named before.</returns>
    public bool AddDuplicate(int line, int earlier)
    {
        if (_duplicates.Count >= MaxDuplicates || !_duplicates.Add(line))
        {
            return false;
        }
        PossibleDuplicates++;
        Add(new ImportIssue(line, "", IssueSeverity.Warning, "possible-duplicate", $"The row seems to speak of the same person as line {earlier}.", "If it does, join the two rows; else both stay."));
        return true;
    }

    /// <summary>What to mend first: findings by what they keep out of the room.</summary>
    public IReadOnlyList<ReportFix> Fixes => ReportFix.Of(this);

    /// <summary>Columns and what each was read as.</summary>
    public SortedDictionary<string, string> Columns { get; } = new(StringComparer.Ordinal);

    /// <summary>The first <see cref="MaxIssues"/> issues.</summary>
    public IReadOnlyList<ImportIssue> Issues => _issues;

    internal void Add(ImportIssue issue)
    {
        _kinds.TryAdd(issue.Code, issue);
        Counts[issue.Code] = Counts.GetValueOrDefault(issue.Code) + 1;
        if (_issues.Count < MaxIssues)
        {
            _issues.Add(issue);
        }
    }

    /// <summary>The first issue of each code.</summary>
    internal IEnumerable<ImportIssue> Kinds => _kinds.Values;

    internal void CountCell(string column, CellFate fate)
    {
        if (!Cells.TryGetValue(column, out var counts))
        {
            Cells[column] = counts = new CellCounts();
        }
        counts.Add(fate);
    }

    internal void Drop(string kind) => Dropped[kind] = Dropped.GetValueOrDefault(kind) + 1;

    /// <summary>Gives the report as one HTML page that needs nothing but itself: no script, no link, no network.</summary>
    /// <param name="title">What the page is called, the file's name for example.</param>
    /// <param name="words">Its language; null is English.</param>
    public string ToHtml(string title, Words? words = null) => new ReportPage(this, words ?? Words.Default).Write(title);

    /// <summary>Gives the report as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ReportJson.Default.QualityReport);
}

/// <summary>How the report is written: generated, so that a trimmed program writes the same.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(QualityReport))]
internal sealed partial class ReportJson : JsonSerializerContext;
