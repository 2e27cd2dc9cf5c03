using CleanRoom.Records.Normalisation;
using CleanRoom.Records.V1;
using Google.Protobuf;

namespace CleanRoom.Records.Import;

/// <summary>Makes a case record of one row. What never leaves the contributor is not even copied (DATA.md 1.1 rule 4).</summary>
internal sealed partial class RowMapper(ImportProfile profile, IReadOnlyList<ColumnBinding> bindings, ImportOptions options, DateOrder order, QualityReport report)
{
    private readonly DateOnly _today = DateOnly.FromDateTime(options.Time.GetUtcNow().UtcDateTime);
    private readonly ILookup<int, ColumnBinding> _byColumn = bindings.ToLookup(b => b.Index);
    private readonly ILookup<ImportField, ColumnBinding> _byField = bindings.ToLookup(b => b.Field);
    private readonly List<ImportIssue> _issues = [];
    private CaseRecord _record = new();
    private string[] _cells = [];
    private int _row;

    /// <summary>All headers of the file, by position.</summary>
    public List<string> Headers { get; init; } = [];

    /// <summary>True if some date of the file can only be Islamic: then no other of its dates is Persian.</summary>
    public bool CountsByTheMoon { get; init; }

    /// <summary>True if the column of genders has "H" and "M" (hombre, mujer; homem, mulher) and no "F".</summary>
    public bool WomenAreM { get; init; }

    public ImportedRow Map(TableRow row, int number)
    {
        _issues.Clear();
        _cells = row.Cells;
        _row = row.Line;
        var id = new byte[16];
        _ = options.NewRecordId().TryWriteBytes(id, bigEndian: true, out _);
        _record = new CaseRecord
        {
            SchemaVersion = CaseRecordCodec.SchemaVersion,
            RecordId = ByteString.CopyFrom(id),
            ContributorId = options.ContributorId,
            RecordVersion = 1,
            ManifestRef = options.ManifestRef,
            Provenance = new Provenance { SourceFormat = profile.Name, ImportProfile = profile.Name },
        };
        _record.ContributorRecordRef = Ref(number);
        var regions = Regions();
        var seen = Seen(regions);
        _record.Provenance.CollectedOn = seen?.Clone();
        MapCase(regions);
        MapVictim(regions, seen);
        MapEvents(regions);
        MapSuspects(regions, seen);
        MapOrganisations(regions);
        MapTransport(regions, seen);
        MapExploitation();
        MapConsents();
        MapHandling();
        Periods(seen);
        Drops();
        Hidden();
        MapProvenance();
        if (!profile.AggregateOnly && !_record.Persons.Any(p => p.Names.Count > 0 || p.Identifiers.Count > 0) && _record.Organisations.Count + _record.Vehicles.Count + _record.Vessels.Count == 0)
        {
            Issue("", IssueSeverity.Warning, "nothing-to-match", "The row holds no name and no identifier.", "Check the mapping of columns.");
        }
        var seal = profile.AggregateOnly ? new SealDecision(false, false, "A published statistics file is reference only.") : SealDecision.For(_record, _today);
        return new ImportedRow(number, row.Line, _record, [.. _issues], seal, profile.AggregateOnly);
    }

    private IEnumerable<(ColumnBinding Column, string Value)> Cells(params ImportField[] fields)
    {
        foreach (var column in fields.Length == 1 ? _byField[fields[0]] : bindings.Where(b => Array.IndexOf(fields, b.Field) >= 0))
        {
            if (column.Index >= _cells.Length)
            {
                continue;
            }
            var value = Text.Clean(Unguarded(Lines(_cells[column.Index], column.Field)));
            value = column.Param is NameAndBirth.Name or NameAndBirth.Birth ? NameAndBirth.Part(value, column.Param) : value;
            // Consent and codes are read as they stand: "none" and "no" are answers there.
            if (value.Length > 0 && !IsSilent(value) && (IsAnswer(column.Field) || !Placeholders.IsUnknown(value)))
            {
                yield return (column, value);
            }
        }
    }

    /// <summary>An apostrophe in front of a sign is how spreadsheets mark text that is no formula.</summary>
    private static string Unguarded(string cell) => cell.Length > 1 && cell[0] == '\'' && (cell[1] is '=' or '@' or '+' or '-') ? cell[1..] : cell;

    /// <summary>Lines inside a cell part what stands in it: contacts and names from each other, the parts of an address by commas.</summary>
    private static string Lines(string cell, ImportField field)
    {
        if (cell.AsSpan().IndexOfAny('\n', '\r') < 0)
        {
            return cell;
        }
        var separator = field is ImportField.Where or ImportField.EventAddress or ImportField.EventCity or ImportField.OrganisationName ? ", " : " ; ";
        return string.Join(separator, cell.Split(['\n', '\r'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    private static bool IsAnswer(ImportField field) => field is ImportField.ConsentTick or ImportField.ConsentPurposes or ImportField.ConsentWords or ImportField.Handling
        or ImportField.Flag or ImportField.Gender or ImportField.DeterminationStatus;

    private string First(params ImportField[] fields) => Cells(fields).Select(c => c.Value).FirstOrDefault() ?? "";

    private void Issue(string column, IssueSeverity severity, string code, string message, string remedy)
    {
        var issue = new ImportIssue(_row, column, severity, code, message, remedy);
        _issues.Add(issue);
        report.Add(issue);
    }

    private PartialDate? ReadDate(string value, IReadOnlyList<string> regions, ColumnBinding column, bool ages = false, PartialDate? reference = null)
    {
        // A list of one office is kept in one calendar: what its other dates prove, then the countries of the row, then the office's own.
        IReadOnlyList<string> countries = CountsByTheMoon ? [.. regions, "islamic"] : [.. regions, .. options.Manifest.Jurisdiction];
        var date = Dates.Read(value, order, countries, ages, reference, _today);
        if (date is null)
        {
            Issue(column.Header, IssueSeverity.Warning, "unread-date", "The date is not understood.", "Write it as YYYY-MM-DD, YYYY-MM or YYYY.");
        }
        else if (date.SwappedDayMonthPossible)
        {
            Issue(column.Header, IssueSeverity.Info, "ambiguous-date", "Day and month may be swapped; read day first.", "Write it as YYYY-MM-DD.");
        }
        return date;
    }

    private string Code(string list, string value, ImportField field)
    {
        if (CodeReader.One(profile, list, value) is { } code)
        {
            return code;
        }
        Issue(bindings.First(b => b.Field == field).Header, IssueSeverity.Warning, "unmapped-code", $"The value is not in code list {list}.", "Use a value of the list, or map it in a profile.");
        return "";
    }

    private void AddCodes(Google.Protobuf.Collections.RepeatedField<string> target, string list, ImportField field)
    {
        foreach (var (column, value) in Cells(field))
        {
            var (codes, unknown) = CodeReader.Many(profile, list, value);
            target.Add(codes.Where(c => !target.Contains(c)));
            Unmapped(column, unknown, list);
        }
    }

    private void Unmapped(ColumnBinding column, int unknown, string list)
    {
        if (unknown > 0)
        {
            Issue(column.Header, IssueSeverity.Warning, "unmapped-code", $"A value is not in code list {list}.", "Use a value of the list, or map it in a profile.");
        }
    }

    private static void Merge(List<string> list, IEnumerable<string> items)
    {
        foreach (var item in items)
        {
            if (!list.Contains(item) && !item.StartsWith("XX", StringComparison.Ordinal))
            {
                list.Add(item);
            }
        }
    }

    private static void Merge2(Google.Protobuf.Collections.RepeatedField<string> list, string item)
    {
        if (!list.Contains(item))
        {
            list.Add(item);
        }
    }

    /// <summary>Tells what became of a filled cell of a row that was mapped.</summary>
    public CellFate FateOf(int index, string cell, IReadOnlyList<ImportIssue> issues)
    {
        var columns = _byColumn[index].ToList();
        if (columns.Count == 0 || issues.Any(i => i.Severity >= IssueSeverity.Warning && i.Column == columns[0].Header))
        {
            return CellFate.Reported;
        }
        if (columns.TrueForAll(c => c.Field is ImportField.Drop or ImportField.Note) || (columns.Exists(c => c.Field is ImportField.Where or ImportField.RecruitmentPlace) && IsService(cell)))
        {
            return CellFate.Dropped;
        }
        if (columns.TrueForAll(c => c.Field is ImportField.Ignore or ImportField.RowNumber))
        {
            return CellFate.NotNeeded;
        }
        var value = Text.Clean(cell);
        return columns.TrueForAll(c => IsSilent(value) || (!IsAnswer(c.Field) && Placeholders.IsUnknown(value)) || (c.Field is ImportField.Citizenship or ImportField.EventCountry && value == "00")
            || (c.Field == ImportField.Flag && value == "0" && !(profile.ZeroIsNo && c.Param.StartsWith("meansOfControl", StringComparison.Ordinal))))
            ? CellFate.NotKnown : CellFate.Mapped;
    }

    private static bool IsSilent(string value) => value is "-99" or "-" or "--" or "?";

    /// <summary>Where a field's origin differs from the record's: what was worked out and not written.</summary>
    private void MapProvenance()
    {
        void Inferred(string path, string confidence) => _record.Provenance.Fields.Add(new FieldProvenance { Path = path, Basis = "Inferred", Confidence = confidence });
        if (_record.Persons.FirstOrDefault()?.Birth is { } birth && (birth.Precision is "AgeDerived" or "DefaultFirstJanuary" || birth.SwappedDayMonthPossible))
        {
            Inferred("persons[0].birth", "Low");
        }
        if (_record.Persons.FirstOrDefault()?.HomeArea is { Country.Length: > 0 } && !Cells(ImportField.HomeCountry).Any())
        {
            Inferred("persons[0].homeArea.country", "Medium");
        }
    }

    /// <summary>Characters that nobody sees are taken out, and letters of two alphabets in one word are named: both change what is compared.</summary>
    private void Hidden()
    {
        foreach (var column in bindings)
        {
            if (column.Index >= _cells.Length || column.Field is ImportField.Ignore or ImportField.Drop or ImportField.Note)
            {
                continue;
            }
            var cell = _cells[column.Index];
            if (cell.Any(c => Validation.CaseRecordValidator.IsHidden(c) && c is not ('\n' or '\r' or '\t')))
            {
                Issue(column.Header, IssueSeverity.Warning, "hidden-characters", "Control or direction characters stood in the cell and were taken out.", "Type the cell again.");
            }
            if (cell.Length > 1 && cell[0] == '=')
            {
                Issue(column.Header, IssueSeverity.Warning, "formula-text", "The cell holds a formula and not what it gives; it was read as text.", "Save the list with values.");
            }
            if (column.Field is ImportField.FullName or ImportField.Given or ImportField.Middle or ImportField.Family or ImportField.Alias or ImportField.SuspectName or ImportField.SuspectGiven
                or ImportField.SuspectFamily or ImportField.SuspectAlias or ImportField.Email or ImportField.Handle or ImportField.OrganisationName && Text.MixesAlphabets(cell))
            {
                Issue(column.Header, IssueSeverity.Warning, "mixed-alphabets", "A word mixes letters of two alphabets that look alike; it is compared as it stands.", "Type it again in one alphabet.");
            }
        }
    }

    private void Drops()
    {
        foreach (var (column, _) in Cells(ImportField.Drop, ImportField.Note))
        {
            report.Drop(column.Header);
        }
    }
}
