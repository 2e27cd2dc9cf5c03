using CleanRoom.Records.Import;
using CleanRoom.Records.V1;

namespace CleanRoom.Records.Export;

/// <summary>
/// Writes case records back as a table of a layout that others read. Two rounds: <see cref="Measure"/> every record, then write the header
/// and <see cref="WriteRow"/> every record; memory does not grow with the file.
/// </summary>
/// <remarks>The table holds what the records hold: it is as confidential as they are. CTDC layouts hold nothing that identifies.</remarks>
public abstract class CaseExport
{
    private readonly SortedDictionary<string, int> _notWritten = new(StringComparer.Ordinal);

    /// <summary>The layouts: <c>htcds-2.0</c>, <c>ctdc-kanon-2017</c>, <c>ctdc-synth-2021</c>, <c>ctdc-synth-2024</c>.</summary>
    public static IReadOnlyList<string> Layouts { get; } = ["htcds-2.0", "ctdc-kanon-2017", "ctdc-synth-2021", "ctdc-synth-2024"];

    /// <summary>Gives a layout's writer.</summary>
    /// <exception cref="ImportException">There is no such layout.</exception>
    public static CaseExport To(string layout) => layout switch
    {
        "htcds-2.0" => new HtcdsExport(),
        "ctdc-kanon-2017" or "ctdc-synth-2021" or "ctdc-synth-2024" => new CtdcExport(layout),
        _ => throw new ImportException($"layout: there is no layout of that name; there are {string.Join(", ", Layouts)}."),
    };

    /// <summary>What the layout has no room for, by field, with how often it was left out.</summary>
    public IReadOnlyDictionary<string, int> NotWritten => _notWritten;

    /// <summary>True if the layout is for statistics: only records with a live C1 belong in it.</summary>
    public abstract bool IsStatistics { get; }

    /// <summary>Looks at a record before the header is written: how many blocks of columns it needs.</summary>
    public virtual void Measure(CaseRecord record)
    {
    }

    /// <summary>Writes the header row.</summary>
    public void WriteHeader(TextWriter writer) => SeparatedText.WriteRow(writer, Header());

    /// <summary>Writes one record as one row.</summary>
    public void WriteRow(TextWriter writer, CaseRecord record) => SeparatedText.WriteRow(writer, Row(record));

    private protected abstract IEnumerable<string> Header();

    private protected abstract IEnumerable<string> Row(CaseRecord record);

    private protected void Leave(string field, int count = 1)
    {
        if (count > 0)
        {
            _notWritten[field] = _notWritten.GetValueOrDefault(field) + count;
        }
    }

    /// <summary>What a date says, so that the importer reads the same days again.</summary>
    private protected static string Date(PartialDate? date) => date is null ? "" : date.HasAlternative ? date.Raw : date.Edtf;

    private protected static string Alpha2(string country) => country.Length == 0 ? "" : Lists.CodeLists.Get("country").Find(country)?.Alpha2 ?? country;
}
