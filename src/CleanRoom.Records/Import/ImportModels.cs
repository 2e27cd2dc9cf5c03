using CleanRoom.Cryptography;
using CleanRoom.Records.V1;

namespace CleanRoom.Records.Import;

/// <summary>The file cannot be imported; the message is one sentence with the remedy and holds no record content.</summary>
public sealed class ImportException : Exception
{
    /// <summary>Makes the error.</summary>
    public ImportException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the error with its cause.</summary>
    public ImportException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes an error without a message.</summary>
    public ImportException()
    {
    }
}

/// <summary>No profile fits without a question (the command line exits with 2).</summary>
/// <param name="ClosestProfile">The profile to start from.</param>
/// <param name="Question">What the importer cannot decide.</param>
public sealed record NeedsProfile(string ClosestProfile, string Question);

/// <summary>What to import and how.</summary>
public sealed record ImportOptions
{
    /// <summary><c>auto</c>, the name of a shipped profile, or the path of a profile file. Defaults to auto.</summary>
    public string Profile { get; init; } = "auto";

    /// <summary>The contributor, from its certificate.</summary>
    public required string ContributorId { get; init; }

    /// <summary>The dataset manifest.</summary>
    public required DatasetManifest Manifest { get; init; }

    /// <summary>A column, or a pattern such as <c>REF-{Column:000}</c>; null = contributor id and row number.</summary>
    public string? RefPattern { get; init; }

    /// <summary>Name or number (from 1) of a workbook's sheet; null = the visible one whose header is known best.</summary>
    public string? Sheet { get; init; }

    /// <summary>Columns named by hand: header to field name (see docs), over everything that a profile says.</summary>
    public IReadOnlyDictionary<string, string> Map { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether a word names a field that a column can be read as (docs/mapping-profiles.md, "Fields").</summary>
    public static bool IsField(string field) => Profiles.TryField(field, out _);

    /// <summary>Gives the ids of records. Defaults to random version 4.</summary>
    public Func<Guid> NewRecordId { get; init; } = RandomUuid.New;

    /// <summary>The clock: ages, consent defaults and retention count from its date.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Id that records carry of this manifest, or empty.</summary>
    public string ManifestRef { get; init; } = "";

    /// <summary>Largest number of data rows read. Defaults to 5 million.</summary>
    public int MaxRows { get; init; } = 5_000_000;
}

/// <summary>How bad an issue is.</summary>
public enum IssueSeverity
{
    /// <summary>For information.</summary>
    Info,

    /// <summary>Something was kept raw, dropped or guessed.</summary>
    Warning,

    /// <summary>A person must answer before this can be used.</summary>
    Question,

    /// <summary>The row could not be imported.</summary>
    Error,
}

/// <summary>One finding, located. Never holds a cell's content.</summary>
public sealed record ImportIssue(int Row, string Column, IssueSeverity Severity, string Code, string Message, string Remedy)
{
    /// <summary>Field of the record (<c>persons[0].birth</c>), where the finding is about one; else empty.</summary>
    public string Field { get; init; } = "";
}

/// <summary>What the client may seal of a record (DATA.md 4.1).</summary>
/// <param name="Identity">True if C2 is live.</param>
/// <param name="Analytic">True if C1 or C2 is live.</param>
/// <param name="Reason">Why nothing is sealed, or empty.</param>
public sealed record SealDecision(bool Identity, bool Analytic, string Reason)
{
    /// <summary>True if anything may be sealed.</summary>
    public bool Any => Identity || Analytic;

    /// <summary>Decides from the record's own consents on a day.</summary>
    public static SealDecision For(CaseRecord record, DateOnly today)
    {
        ArgumentNullException.ThrowIfNull(record);
        var identity = ConsentRules.IsLive(record, "C2_BLIND_MATCH", today);
        var analytic = identity || ConsentRules.IsLive(record, "C1_AGGREGATE", today);
        return new SealDecision(identity, analytic, analytic ? "" : "No live consent for matching (C2) or statistics (C1).");
    }
}

/// <summary>One data row as a record.</summary>
/// <param name="RowNumber">1 for the first data row.</param>
/// <param name="Line">Line of the file.</param>
/// <param name="Record">The record.</param>
/// <param name="Issues">What was found in this row.</param>
/// <param name="Seal">What may be sealed today.</param>
/// <param name="AggregateOnly">True for published statistics files: reference only, never matched, never counted as a person.</param>
public sealed record ImportedRow(int RowNumber, int Line, CaseRecord Record, IReadOnlyList<ImportIssue> Issues, SealDecision Seal, bool AggregateOnly);

/// <summary>What an import gave.</summary>
/// <param name="Rows">The rows, in file order; empty if a profile is needed.</param>
/// <param name="Report">The quality report.</param>
/// <param name="Profile">Name of the profile that was used, or empty.</param>
/// <param name="NeedsProfile">Not null if the layout cannot be mapped without a question.</param>
public sealed record ImportResult(IReadOnlyList<ImportedRow> Rows, QualityReport Report, string Profile, NeedsProfile? NeedsProfile);
