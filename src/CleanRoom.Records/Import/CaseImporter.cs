using System.Runtime.CompilerServices;
using CleanRoom.Records.Normalisation;
using CleanRoom.Records.Validation;

namespace CleanRoom.Records.Import;

/// <summary>Imports case files: detects encoding, separator, header and layout, maps every row, and reports on quality.</summary>
public static class CaseImporter
{
    private const int SampleRows = 400;

    private static readonly string[] TotalWords =
        [.. ((string[])["total", "totals", "sum", "count", "tong", "tổng", "tổng cộng", "รวม", "รวมทั้งหมด", "សរុប", "ລວມ", "စုစုပေါင်း", "итого", "всего", "المجموع", "الإجمالي", "合计", "总计", "suma", "somme", "toplam", "jumlah", "মোট", "जम्मा", "gesamt", "totale", "kabuuan", "kabuoan", "разом", "усього", "всього", "جمع", "جمع کل", "مجموع", "المجموع الكلي", "razem", "ogolem", "ukupno", "osszesen", "celkem", "spolu", "συνολο", "합계", "총계", "ድምር", "jumla", "wadarta", "kul", "کل", "total casos", "कुल", "ກວມ", "ທັງໝົດ", "စုစုပေါင်း", "celkovo", "gjithsej", "общо"]).Select(Text.FoldWords).Distinct()];

    /// <summary>Imports a file whole; for very large files prefer <see cref="OpenAsync"/>.</summary>
    /// <exception cref="ImportException">The file cannot be read; the message says why and what to do.</exception>
    public static async Task<ImportResult> ImportAsync(string path, ImportOptions options, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Stream stream;
        try
        {
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 64 * 1024, FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new ImportException("The file cannot be opened; check its path and permissions.", error);
        }
        await using (stream)
        {
            var result = await ImportAsync(stream, options, cancellationToken);
            result.Report.File = Path.GetFileName(path);
            return result;
        }
    }

    /// <summary>Imports a stream whole.</summary>
    /// <exception cref="ImportException">The stream cannot be read as a table.</exception>
    public static async Task<ImportResult> ImportAsync(Stream stream, ImportOptions options, CancellationToken cancellationToken)
    {
        await using var session = await OpenAsync(stream, options, cancellationToken);
        var rows = new List<ImportedRow>();
        await foreach (var row in session.RowsAsync(cancellationToken))
        {
            rows.Add(row);
        }
        return new ImportResult(rows, session.Report, session.Profile, session.NeedsProfile);
    }

    /// <summary>Opens a stream and finds its layout; rows are then read one by one.</summary>
    /// <exception cref="ImportException">The stream cannot be read as a table.</exception>
    public static async Task<ImportSession> OpenAsync(Stream stream, ImportOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(options);
        var (reader, rows, sample, ended) = await SampleAsync(stream, options, cancellationToken);
        foreach (var (column, field) in options.Map.Where(m => !Profiles.TryField(m.Value, out _)))
        {
            throw new ImportException($"map: \"{Text.Clean(column, 60)}\" names the field {Text.Clean(field, 60)}, which does not exist; docs/mapping-profiles.md lists the fields.");
        }
        var report = new QualityReport { Encoding = reader.Encoding, Separator = reader.Separator };
        var (header, profile, needs) = FindLayout(sample, options);
        if (profile is null || header < 0)
        {
            return new ImportSession(reader, rows, [], ended, null, report, "", needs ?? new NeedsProfile("case-list", "No header row was found."), options, []);
        }
        var headers = HeaderRows.Join(sample, ref header).ToList();
        var headerRows = sample.Take(header + 1).ToList();
        var bindings = Checked(profile, profile.Bind(headers, options.Map), sample.Skip(header + 1), options.Map);
        foreach (var binding in bindings)
        {
            report.Columns[binding.Header] = report.Columns.TryGetValue(binding.Header, out var other) && bindings.Any(b => b.Index == binding.Index && b != binding)
                ? $"{other} {binding.Field}" : binding.Field.ToString();
        }
        foreach (var name in headers.Where(h => h.Length > 0 && !report.Columns.ContainsKey(Text.Clean(h, 200))))
        {
            report.Columns[Text.Clean(name, 200)] = "(not read)";
            var looks = ColumnGuess.Of(sample.Skip(header + 1), headers.IndexOf(name));
            report.Add(new ImportIssue(
                sample[header].Line, Text.Clean(name, 200), IssueSeverity.Warning, "unmapped-column", looks.Length == 0 ? "No word of the header is known; the column was not read." : $"No word of the header is known; the column was not read. Its cells look like {looks}.",
                "Name its field with --map \"HEADER=FIELD\" or in a profile (docs/mapping-profiles.md); Ignore if it is not needed."));
        }
        report.Profile = profile.Name;
        report.SkippedLines += header;
        var mapper = new RowMapper(profile, bindings, options, profile.Dates != DateOrder.Unknown ? profile.Dates : OrderOf(sample.Skip(header + 1), bindings), report)
        {
            Headers = headers,
            WomenAreM = HasHAndNoF(sample.Skip(header + 1), bindings),
            CountsByTheMoon = DatesOf(sample.Skip(header + 1), bindings).Any(c => Dates.IsIslamicOnly(c, DateOnly.FromDateTime(options.Time.GetUtcNow().UtcDateTime))),
        };
        return new ImportSession(reader, rows, sample.Skip(header + 1).ToList(), ended, mapper, report, profile.Name, null, options, bindings) { HeaderRows = headerRows };
    }

    /// <summary>Reads the head of a file for a person to look at.</summary>
    internal static async Task<(FileLayout Layout, IReadOnlyList<TableRow> Rows)> LookAsync(Stream stream, ImportOptions options, CancellationToken cancellationToken)
    {
        var (reader, rows, sample, _) = await SampleAsync(stream, options, cancellationToken);
        using (reader)
        {
            await rows.DisposeAsync();
            var (header, profile, _) = FindLayout(sample, options);
            if (header < 0)
            {
                // No word is known: the first line with the most cells stands above the list.
                header = sample.FindIndex(r => r.Cells.Count(c => !string.IsNullOrWhiteSpace(c)) == sample.Take(25).Max(o => o.Cells.Count(c => !string.IsNullOrWhiteSpace(c))));
                profile = Profiles.Get("case-list");
            }
            if (header < 0 || sample[header].IsBlank)
            {
                throw new ImportException("The file holds no line that could be a header; export it again from the case system.");
            }
            var headers = HeaderRows.Join(sample, ref header).ToList();
            var below = sample.Skip(header + 1).Where(r => !r.IsBlank && !IsTotals(r)).ToList();
            var bindings = Checked(profile!, profile!.Bind(headers, options.Map), below, options.Map);
            below.RemoveAll(r => IsHeaderAgain(r, bindings, byWords: false) || IsSection(r, bindings));
            return (new FileLayout(headers, bindings, profile, profile.Dates != DateOrder.Unknown ? profile.Dates : OrderOf(below, bindings)), below);
        }
    }

    private static async Task<(ITableSource Reader, IAsyncEnumerator<TableRow> Rows, List<TableRow> Sample, bool Ended)> SampleAsync(Stream stream, ImportOptions options, CancellationToken cancellationToken)
    {
        var sample = new List<TableRow>();
        var ended = false;
        try
        {
            var reader = await TableSource.OpenAsync(stream, options.Sheet, cancellationToken);
            var rows = reader.RowsAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (sample.Count < SampleRows && !ended)
            {
                ended = !await rows.MoveNextAsync();
                if (!ended)
                {
                    sample.Add(rows.Current);
                }
            }
            return (reader, rows, sample, ended);
        }
        catch (Exception error) when (error is IOException or InvalidDataException)
        {
            throw new ImportException("The file cannot be read to its end; copy it again.", error);
        }
    }

    internal static bool IsTotals(TableRow row)
    {
        var filled = row.Cells.Where(c => !string.IsNullOrWhiteSpace(c)).Take(4).ToArray();
        if (filled.Length is 0 or > 3)
        {
            return false;
        }
        var first = Text.FoldWords(filled[0]);
        return TotalWords.Any(w => Text.FindPhrase(first, w) == 0);
    }

    /// <summary>What the cells say against the header: numbers and handles of a suspect say how to reach him, and a column whose cells are no names is none of names.</summary>
    private static IReadOnlyList<ColumnBinding> Checked(ImportProfile profile, IReadOnlyList<ColumnBinding> bindings, IEnumerable<TableRow> rows, IReadOnlyDictionary<string, string> map)
    {
        var sample = rows.Take(60).ToList();
        bool Free(ColumnBinding b) => b.Param.Length == 0 && !map.ContainsKey(b.Header) && !profile.Columns.ContainsKey(Profiles.KeyOf(b.Header));
        return [.. bindings.Select(b => !Free(b) ? b : b.Field == ImportField.SuspectName && ColumnGuess.IsContact(sample, b.Index) ? b with { Field = ImportField.SuspectContact } : b)
            .Where(b => !Free(b) || !IsName(b.Field) || ColumnGuess.MayBeNames(sample, b.Index))];
    }

    private static bool IsName(ImportField field) => field is ImportField.FullName or ImportField.Given or ImportField.Middle or ImportField.Family or ImportField.NativeName or ImportField.Alias
        or ImportField.Father or ImportField.Mother or ImportField.SuspectName or ImportField.SuspectGiven or ImportField.SuspectFamily or ImportField.SuspectAlias;

    /// <summary>True for a line that heads a section of the list: one cell, in the column of the running number or of nothing known.</summary>
    internal static bool IsSection(TableRow row, IReadOnlyList<ColumnBinding> bindings)
    {
        var at = Array.FindIndex(row.Cells, c => !string.IsNullOrWhiteSpace(c));
        return at >= 0 && Array.FindIndex(row.Cells, at + 1, c => !string.IsNullOrWhiteSpace(c)) < 0
            && bindings.Where(b => b.Index == at).All(b => b.Field is ImportField.RowNumber or ImportField.Ref or ImportField.Ignore or ImportField.Note or ImportField.Drop);
    }

    /// <summary>True for a header row that is repeated further down, or the second header row of a template.</summary>
    internal static bool IsHeaderAgain(TableRow row, IReadOnlyList<ColumnBinding> bindings, bool byWords)
    {
        var filled = row.Cells.Count(c => !string.IsNullOrWhiteSpace(c));
        var same = bindings.Count(b => b.Index < row.Cells.Length && (row.Cells[b.Index].Trim().Equals(b.Header, StringComparison.OrdinalIgnoreCase)
            || (byWords && filled >= 6 && HeaderMatcher.Match(row.Cells[b.Index]) is { } m && m.Field == b.Field && row.Cells[b.Index].Length > 2)));
        return filled >= 3 && same * 2 >= filled;
    }

    private static (int Header, ImportProfile? Profile, NeedsProfile? Needs) FindLayout(List<TableRow> sample, ImportOptions options)
    {
        var best = -1;
        var bestScore = 0;
        for (var i = 0; i < Math.Min(sample.Count, 25); i++)
        {
            var cells = sample[i].Cells.Where(c => !string.IsNullOrWhiteSpace(c)).ToArray();
            if (cells.Length == 0)
            {
                continue;
            }
            if (Profiles.Detect(cells) is { } fixedLayout)
            {
                return (i, options.Profile == "auto" ? fixedLayout : Profiles.Find(options.Profile), null);
            }
            // The header is the row whose cells are known words, not the row with the most text.
            var score = cells.Count(c => c.Length <= 120 && HeaderMatcher.Match(c) is { Field: not ImportField.Ignore }) + cells.Count(c => options.Map.ContainsKey(c.Trim()));
            if (score > bestScore && cells.Length > 1)
            {
                (best, bestScore) = (i, score);
            }
        }
        if (best < 0 || (bestScore < 2 && options.Profile == "auto"))
        {
            return (-1, null, new NeedsProfile("case-list", "Too few columns are known to tell the layout."));
        }
        if (options.Profile != "auto")
        {
            return (best, Profiles.Find(options.Profile), null);
        }
        var fields = Profiles.Get("case-list").Bind(sample[best].Cells, options.Map).Select(b => b.Field).ToHashSet();
        var hasPerson = fields.Overlaps([ImportField.FullName, ImportField.Given, ImportField.Family, ImportField.NativeName]);
        var hasIdentifier = fields.Overlaps([ImportField.Phone, ImportField.Email, ImportField.Document, ImportField.Passport, ImportField.NationalId, ImportField.Contact, ImportField.SuspectContact, ImportField.Vehicle, ImportField.Vessel, ImportField.VehicleOrVessel]);
        if (!hasPerson && !hasIdentifier)
        {
            return (-1, null, new NeedsProfile("persons", "No column is known to hold names or identifiers."));
        }
        var isCase = fields.Overlaps([ImportField.Where, ImportField.SuspectName, ImportField.SuspectContact, ImportField.ConsentWords, ImportField.ConsentPurposes, ImportField.OrganisationName, ImportField.Vehicle, ImportField.VehicleOrVessel, ImportField.Vessel]);
        return (best, Profiles.Get(isCase ? "case-list" : "persons"), null);
    }

    private static bool HasHAndNoF(IEnumerable<TableRow> rows, IReadOnlyList<ColumnBinding> bindings)
    {
        var at = bindings.Where(b => b.Field == ImportField.Gender).Select(b => b.Index).ToList();
        var cells = rows.SelectMany(r => at.Where(i => i < r.Cells.Length).Select(i => Text.FoldWords(r.Cells[i]))).ToHashSet(StringComparer.Ordinal);
        return cells.Contains("h") && !cells.Contains("f");
    }

    private static IEnumerable<string> DatesOf(IEnumerable<TableRow> rows, IReadOnlyList<ColumnBinding> bindings)
    {
        var dates = bindings.Where(b => b.Field is ImportField.Birth or ImportField.Seen or ImportField.EventDate or ImportField.ConsentDate or ImportField.ConsentExpires).ToList();
        return rows.SelectMany(r => dates.Where(d => d.Index < r.Cells.Length).Select(d => r.Cells[d.Index]));
    }

    private static DateOrder OrderOf(IEnumerable<TableRow> rows, IReadOnlyList<ColumnBinding> bindings)
    {
        int day = 0, month = 0, words = 0;
        foreach (var cell in DatesOf(rows, bindings))
        {
            var order = Dates.OrderOf(cell);
            day += order == DateOrder.DayFirst ? 1 : 0;
            month += order == DateOrder.MonthFirst ? 1 : 0;
            words += Dates.OrderOfWords(cell) switch { DateOrder.LikelyMonthFirst => 1, DateOrder.DayFirst => -1, _ => 0 };
        }
        return day > 0 && month == 0 ? DateOrder.DayFirst : month > 0 && day == 0 ? DateOrder.MonthFirst
            : day == 0 && words > 0 ? DateOrder.LikelyMonthFirst : DateOrder.Unknown;
    }
}

/// <summary>How the head of a file is read.</summary>
internal sealed record FileLayout(IReadOnlyList<string> Headers, IReadOnlyList<ColumnBinding> Bindings, ImportProfile Profile, DateOrder Order);

/// <summary>An open import: rows are mapped while they are read, so memory does not grow with the file.</summary>
public sealed class ImportSession : IAsyncDisposable
{
    private const int MaxPersons = 50;

    private readonly OwnDuplicates _duplicates = new();
    private readonly string[] _columns;

    private readonly ITableSource _reader;
    private readonly IAsyncEnumerator<TableRow> _rows;
    private readonly List<TableRow> _sample;
    private readonly bool _ended;
    private readonly RowMapper? _mapper;
    private readonly ImportOptions _options;
    private readonly IReadOnlyList<ColumnBinding> _bindings;

    /// <summary>The lines down to the header: printed lists repeat them on every page.</summary>
    internal IReadOnlyList<TableRow> HeaderRows { get; init; } = [];

    internal ImportSession(
        ITableSource reader, IAsyncEnumerator<TableRow> rows, List<TableRow> sample, bool ended, RowMapper? mapper, QualityReport report, string profile, NeedsProfile? needs,
        ImportOptions options, IReadOnlyList<ColumnBinding> bindings)
    {
        (_reader, _rows, _sample, _ended, _mapper, _options, _bindings) = (reader, rows, sample, ended, mapper, options, bindings);
        (Report, Profile, NeedsProfile) = (report, profile, needs);
        _columns = [.. (mapper?.Headers ?? []).Select(h => Text.Clean(h, 200))];
    }

    /// <summary>Maps single rows; null if the layout is not known.</summary>
    internal RowMapper? Mapper => _mapper;

    /// <summary>The report; complete when all rows were read.</summary>
    public QualityReport Report { get; }

    /// <summary>Name of the profile, or empty.</summary>
    public string Profile { get; }

    /// <summary>Not null if the layout cannot be mapped without a question; there are no rows then.</summary>
    public NeedsProfile? NeedsProfile { get; }

    /// <summary>Maps the rows in file order. Can be enumerated once.</summary>
    /// <exception cref="ImportException">The rest of the file cannot be read.</exception>
    public async IAsyncEnumerable<ImportedRow> RowsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_mapper is null)
        {
            yield break;
        }
        var today = DateOnly.FromDateTime(_options.Time.GetUtcNow().UtcDateTime);
        var number = 0;
        var ended = false;
        var continuations = new ContinuationRows(_bindings);
        ImportedRow? pending = null;
        await foreach (var row in AllAsync(cancellationToken))
        {
            // What stands alone in a line behind the totals is a remark on the list.
            var isTotals = CaseImporter.IsTotals(row);
            ended |= isTotals;
            if (row.IsBlank || isTotals || (ended && row.Cells.Count(c => !string.IsNullOrWhiteSpace(c)) == 1) || CaseImporter.IsHeaderAgain(row, _bindings, byWords: number < 2)
                || CaseImporter.IsSection(row, _bindings) || HeaderRows.Any(h => Import.HeaderRows.AreSame(h, row)))
            {
                Report.SkippedLines++;
                continue;
            }
            if (continuations.Is(row) && pending is { Record.Persons.Count: < MaxPersons })
            {
                ContinuationRows.Add(pending.Record, _mapper.Map(row, number).Record);
                Report.ContinuedLines++;
                continue;
            }
            if (++number > _options.MaxRows)
            {
                throw new ImportException($"The file has more than {_options.MaxRows} rows; split it.");
            }
            if (pending is not null && Count(pending, today) is { } complete)
            {
                yield return complete;
            }
            var filled = row.Filled();
            pending = _mapper.Map(filled, number);
            CountCells(filled, pending);
        }
        if (pending is not null && Count(pending, today) is { } last)
        {
            yield return last;
        }
        foreach (var note in _reader.Notes)
        {
            Report.Add(note);
        }
        if (Report.Rows == 0)
        {
            Report.Add(new ImportIssue(0, "", IssueSeverity.Error, "no-rows", "The file has a header and no rows.", "Export it again from the case system."));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _rows.DisposeAsync();
        _reader.Dispose();
    }

    /// <summary>Counts a row that is complete; null if it cannot be a record.</summary>
    private ImportedRow? Count(ImportedRow mapped, DateOnly today)
    {
        if (mapped.Record.CalculateSize() > CaseRecordCodec.MaxSize)
        {
            Report.Add(new ImportIssue(mapped.Line, "", IssueSeverity.Error, "record-too-large", "The row is larger than a record may be and was left out.", "Shorten its cells."));
            return null;
        }
        mapped = Validated(mapped);
        Report.Rows++;
        Report.IdentitySealed += mapped.Seal.Identity ? 1 : 0;
        Report.AnalyticOnly += mapped.Seal is { Identity: false, Analytic: true } ? 1 : 0;
        Report.NotSealed += mapped.Seal.Any ? 0 : 1;
        if (!mapped.Seal.Any && !mapped.AggregateOnly)
        {
            Report.Add(new ImportIssue(mapped.Line, "", IssueSeverity.Warning, "not-sealed", mapped.Seal.Reason, "Record the person's consent, then import again."));
        }
        foreach (var purpose in ConsentRules.LivePurposes(mapped.Record, today))
        {
            Report.Consents[purpose] = Report.Consents.GetValueOrDefault(purpose) + 1;
        }
        if (_duplicates.Earlier(mapped.Record, mapped.Line) is var earlier and > 0)
        {
            _ = Report.AddDuplicate(mapped.Line, earlier);
        }
        if (_duplicates.IsKnownReference(mapped.Record.ContributorRecordRef))
        {
            Report.Add(new ImportIssue(mapped.Line, "", IssueSeverity.Warning, "duplicate-reference", "Another row has the same reference.", "Give every row its own reference."));
        }
        return mapped;
    }

    /// <summary>Accounts for every filled cell of a row, once.</summary>
    private void CountCells(TableRow row, ImportedRow mapped)
    {
        for (var i = 0; i < Math.Min(row.Cells.Length, _mapper!.Headers.Count); i++)
        {
            var header = _columns[i];
            if (header.Length == 0 || string.IsNullOrWhiteSpace(row.Cells[i]))
            {
                continue;
            }
            Report.Filled[header] = Report.Filled.GetValueOrDefault(header) + 1;
            Report.CountCell(header, _mapper.FateOf(i, row.Cells[i], mapped.Issues));
        }
    }

    /// <summary>What is not a record by its own schema is not sealed; all that is wrong with it is said at once.</summary>
    private ImportedRow Validated(ImportedRow mapped)
    {
        var problems = CaseRecordValidator.Validate(mapped.Record);
        if (problems.Count == 0)
        {
            return mapped;
        }
        var issues = problems.Select(p => new ImportIssue(mapped.Line, "", p.Severity, p.Severity == IssueSeverity.Error ? "invalid-record" : "unlisted-code", p.Message, p.Remedy) { Field = p.Field }).ToList();
        issues.ForEach(Report.Add);
        return mapped with
        {
            Issues = [.. mapped.Issues, .. issues],
            Seal = problems.Any(p => p.Severity == IssueSeverity.Error) && mapped.Seal.Any ? new SealDecision(false, false, "The record breaks a rule of its schema.") : mapped.Seal,
        };
    }

    private async IAsyncEnumerable<TableRow> AllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var row in _sample)
        {
            yield return row;
        }
        while (!_ended && await _rows.MoveNextAsync())
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return _rows.Current;
        }
    }
}
