using System.Text.Json;
using System.Text.Json.Serialization;

namespace CleanRoom.Records.Import;

/// <summary>What is in a file, what would be uploaded and what a person should look at. Holds no cell content.</summary>
public sealed class QualityReport
{
    /// <summary>Most issues kept one by one; the counts go on.</summary>
    public const int MaxIssues = 2_000;

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter() },
    };

    private readonly List<ImportIssue> _issues = [];
    private readonly Dictionary<string, ImportIssue> _kinds = new(StringComparer.Ordinal);

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

    /// <summary>Rows that share a document, a telephone, an address or name and day of birth with an earlier row of the file.</summary>
    public int PossibleDuplicates { get; internal set; }

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
    public string ToHtml(string title) => ReportPage.Write(this, title);

    /// <summary>Gives the report as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Options);
}
