using System.Text.Encodings.Web;
using System.Text.Json;
using CleanRoom.Records.Normalisation;

namespace CleanRoom.Records.Import;

/// <summary>One column of a file with what it would be read as.</summary>
/// <param name="Index">Position from 0.</param>
/// <param name="Header">Header as in the file.</param>
/// <param name="Field">Field it would be read as; Ignore if nothing is known of it.</param>
/// <param name="Filled">Filled cells among the first rows.</param>
/// <param name="Shapes">What its cells look like, letters as a and digits as 9: never their content.</param>
/// <param name="Choices">Fields that its cells fit, best first, where a person must decide; empty where the header says it.</param>
public sealed record ColumnProposal(int Index, string Header, string Field, int Filled, IReadOnlyList<string> Shapes, IReadOnlyList<string> Choices)
{
    /// <summary>True if the header alone does not say what the column holds.</summary>
    public bool IsUnclear => Choices.Count > 0;
}

/// <summary>Consent words of which the importer does not know what they grant.</summary>
/// <param name="Words">The cell. Only short ones with two digits at most are offered: no number of a person stands in them.</param>
/// <param name="Count">How often it stands there among the first rows.</param>
public sealed record ConsentQuestion(string Words, int Count);

/// <summary>How a file would be read, what is unclear about it, and the profile that the answers make.</summary>
public sealed class MappingProposal
{
    private const int MaxShapes = 3;
    private const int MaxConsentWords = 20;

    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _profile;

    internal MappingProposal(string profile, IReadOnlyList<ColumnProposal> columns, IReadOnlyList<ConsentQuestion> consents, bool asksForOrder)
    {
        _profile = profile;
        (Columns, Consents, AsksForDateOrder) = (columns, consents, asksForOrder);
    }

    /// <summary>The shipped profile that the columns are read by.</summary>
    public string Profile => _profile;

    /// <summary>Columns in file order; those without a header are left out.</summary>
    public IReadOnlyList<ColumnProposal> Columns { get; }

    /// <summary>Consent words to ask for, most frequent first.</summary>
    public IReadOnlyList<ConsentQuestion> Consents { get; }

    /// <summary>True if some dates could be read day first or month first and no date of the file proves either.</summary>
    public bool AsksForDateOrder { get; }

    /// <summary>Fields that a column can be given.</summary>
    public static IReadOnlyList<string> Fields { get; } = [.. Enum.GetNames<ImportField>().Where(f => f != nameof(ImportField.Flag)).Order(StringComparer.Ordinal)];

    /// <summary>Reads the head of a file and proposes how to read the whole.</summary>
    /// <exception cref="ImportException">The stream cannot be read as a table, or holds no line that could be a header.</exception>
    public static async Task<MappingProposal> OfAsync(Stream stream, ImportOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var (layout, rows) = await CaseImporter.LookAsync(stream, options, cancellationToken);
        var columns = new List<ColumnProposal>();
        for (var i = 0; i < layout.Headers.Count; i++)
        {
            var header = Text.Clean(layout.Headers[i], 200);
            if (header.Length == 0)
            {
                continue;
            }
            var cells = rows.Where(r => i < r.Cells.Length).Select(r => Text.Clean(r.Cells[i])).Where(c => c.Length > 0).ToList();
            var binding = layout.Bindings.FirstOrDefault(b => b.Index == i);
            IReadOnlyList<string> choices = cells.Count == 0 || (binding is not null && binding.Field != ImportField.Ignore) ? [] : ColumnGuess.Fields(rows, i);
            var twice = binding is not null && IsSingle(binding.Field) && layout.Bindings.FirstOrDefault(b => b.Field == binding.Field && b.Group == binding.Group && IsAge(b) == IsAge(binding))?.Index < i;
            columns.Add(new ColumnProposal(
                i, header, binding?.Field == ImportField.Flag ? $"Flag:{binding.Param}" : (binding?.Field ?? ImportField.Ignore).ToString(), cells.Count,
                [.. cells.Select(Shape).GroupBy(s => s, StringComparer.Ordinal).OrderByDescending(g => g.Count()).Take(MaxShapes).Select(g => g.Key)],
                twice ? [binding!.Field.ToString(), nameof(ImportField.Ignore)] : choices));
        }
        return new MappingProposal(layout.Profile.Name, columns, ConsentsOf(layout, rows), AsksForOrder(layout, rows));
    }

    /// <summary>Gives the profile file (docs/mapping-profiles.md): only what differs from what the headers say.</summary>
    /// <param name="name">Its name, 1 to 40 of a-z, 0-9, -, . and +.</param>
    /// <param name="fields">Field by header, for the columns that a person decided.</param>
    /// <param name="consents">Purposes (C1 ...) by consent words; an empty list grants nothing.</param>
    /// <param name="monthFirst">The order of dates, or null if nobody was asked.</param>
    /// <exception cref="ImportException">The answers make no profile; the message says which.</exception>
    public string ToProfile(string name, IReadOnlyDictionary<string, string> fields, IReadOnlyDictionary<string, IReadOnlyList<string>> consents, bool? monthFirst)
    {
        ArgumentNullException.ThrowIfNull(fields);
        ArgumentNullException.ThrowIfNull(consents);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Indented))
        {
            writer.WriteStartObject();
            writer.WriteString("name", name);
            writer.WriteString("base", _profile);
            writer.WriteStartObject("columns");
            foreach (var (header, field) in fields.OrderBy(f => f.Key, StringComparer.Ordinal))
            {
                writer.WriteString(header, field);
            }
            writer.WriteEndObject();
            if (consents.Count > 0)
            {
                writer.WriteStartObject("consentWords");
                foreach (var (words, purposes) in consents.OrderBy(f => f.Key, StringComparer.Ordinal))
                {
                    writer.WriteStartArray(words);
                    foreach (var purpose in purposes)
                    {
                        writer.WriteStringValue(purpose);
                    }
                    writer.WriteEndArray();
                }
                writer.WriteEndObject();
            }
            if (monthFirst is { } order)
            {
                writer.WriteString("dates", order ? "month-first" : "day-first");
            }
            writer.WriteEndObject();
        }
        var json = System.Text.Encoding.UTF8.GetString(stream.ToArray()) + "\n";
        _ = ProfileFile.Parse(json);
        return json;
    }

    /// <summary>Letters as a, digits as 9, what stands between as it is; at most 24 characters.</summary>
    internal static string Shape(string cell) => new([.. cell.Take(24).Select(c => char.IsDigit(c) ? '9' : char.IsLetter(c) || c > 127 ? 'a' : c)]);

    /// <summary>An age beside a date of birth is no second answer to one question.</summary>
    private static bool IsAge(ColumnBinding binding) => binding.Field == ImportField.Birth && HeaderMatcher.Concepts(HeaderMatcher.Words(binding.Header)) is var c && c.Contains("age") && !c.Contains("birth");

    private static bool IsSingle(ImportField field) => field is ImportField.Ref or ImportField.Birth or ImportField.Gender or ImportField.Seen or ImportField.ConsentWords or ImportField.FullName;

    private static List<ConsentQuestion> ConsentsOf(FileLayout layout, IReadOnlyList<TableRow> rows)
    {
        var columns = layout.Bindings.Where(b => b.Field is ImportField.ConsentWords or ImportField.ConsentPurposes).Select(b => b.Index).ToList();
        return [.. rows.SelectMany(r => columns.Where(c => c < r.Cells.Length).Select(c => Text.Clean(r.Cells[c])))
            .Where(c => c.Length is > 0 and <= 60 && c.Count(char.IsDigit) <= 2 && !Placeholders.IsUnknown(c) && !layout.Profile.ConsentWords.ContainsKey(Text.FoldWords(c)) && ConsentWords.Read(c).Question.Length > 0)
            .GroupBy(Text.FoldWords, StringComparer.Ordinal).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).Take(MaxConsentWords)
            .Select(g => new ConsentQuestion(g.First(), g.Count()))];
    }

    private static bool AsksForOrder(FileLayout layout, IReadOnlyList<TableRow> rows)
    {
        if (layout.Order is DateOrder.DayFirst or DateOrder.MonthFirst)
        {
            return false;
        }
        var today = new DateOnly(2100, 1, 1);
        var dates = layout.Bindings.Where(b => b.Field is ImportField.Birth or ImportField.Seen or ImportField.EventDate).ToList();
        return rows.SelectMany(r => dates.Where(d => d.Index < r.Cells.Length).Select(d => r.Cells[d.Index])).Any(c => Dates.Read(c, DateOrder.Unknown, [], false, null, today)?.SwappedDayMonthPossible == true);
    }
}
