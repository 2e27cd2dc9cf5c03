using System.Globalization;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Xml;

namespace CleanRoom.Records.Import;

/// <summary>
/// Reads one sheet of an .xlsx workbook (ECMA-376 part 1, SpreadsheetML) row by row. Formulas are never computed: the value that the
/// program saved beside them counts. Nothing outside the sheet, its strings and its number formats is opened: no links, macros, pictures
/// or document properties. Everything is counted: entries, characters, and what comes out of the compressed data.
/// </summary>
internal sealed class WorkbookReader : ITableSource
{
    /// <summary>Largest workbook that is read from a stream without a position, in bytes.</summary>
    public const int MaxStreamed = 64 << 20;

    private const int MaxEntries = 5_000;
    private const int HeaderRows = 60;

    private readonly ZipArchive _archive;
    private readonly SharedStrings _strings;
    private readonly WorkbookStyles _styles;
    private readonly ZipArchiveEntry _sheet;
    private readonly List<ImportIssue> _notes = [];

    private WorkbookReader(ZipArchive archive, SharedStrings strings, WorkbookStyles styles, ZipArchiveEntry sheet, int number)
    {
        (_archive, _strings, _styles, _sheet) = (archive, strings, styles, sheet);
        Separator = string.Create(CultureInfo.InvariantCulture, $"sheet {number}");
    }

    public string Encoding => "xlsx";

    public string Separator { get; }

    public IReadOnlyList<ImportIssue> Notes => _notes;

    /// <summary>Opens the sheet named, or that of the visible ones whose header is known best.</summary>
    /// <exception cref="ImportException">It is no such workbook.</exception>
    public static WorkbookReader Open(Stream stream, string? sheet)
    {
        ZipArchive? archive = null;
        try
        {
            archive = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
            if (archive.Entries.Count > MaxEntries)
            {
                throw new ImportException("The workbook has too many parts; save it again as .xlsx.");
            }
            var book = Part(archive, "xl/workbook.xml") ?? throw new ImportException(Other(archive));
            var (sheets, from1904) = Sheets(archive, book);
            var styles = WorkbookStyles.Read(Part(archive, "xl/styles.xml"), from1904);
            var strings = SharedStrings.Read(Part(archive, "xl/sharedStrings.xml"));
            var visible = sheets.Where(s => s.Visible).ToList();
            if (sheet is not null)
            {
                var named = sheets.FirstOrDefault(s => s.Name.Equals(sheet, StringComparison.OrdinalIgnoreCase) || s.Number.ToString(CultureInfo.InvariantCulture) == sheet);
                if (named.Entry is null)
                {
                    throw new ImportException($"sheet: the workbook has no sheet of that name; it has {sheets.Count}, named by number from 1.");
                }
                var only = new WorkbookReader(archive, strings, styles, named.Entry, named.Number);
                archive = null;
                return only;
            }
            if (visible.Count == 0)
            {
                throw new ImportException("The workbook has no visible sheet.");
            }
            var scored = visible.Take(40).Select(s => (Sheet: s, Reader: new WorkbookReader(archive, strings, styles, s.Entry, s.Number))).Select(s => (s.Sheet, s.Reader, Score: s.Reader.Score())).ToList();
            var best = scored.MaxBy(s => s.Score);
            var others = scored.Count(s => s.Sheet.Number != best.Sheet.Number && s.Score >= 3);
            if (others > 0)
            {
                best.Reader._notes.Add(new ImportIssue(0, "", IssueSeverity.Question, "other-sheets", $"{others} more sheets look like lists of cases; only sheet {best.Sheet.Number} was read.", "Import the others one by one with --sheet NUMBER."));
            }
            archive = null;
            return best.Reader;
        }
        catch (Exception error) when (error is InvalidDataException or XmlException or FormatException or OverflowException)
        {
            throw new ImportException("The workbook is damaged or no .xlsx; open it, save it again as .xlsx or \"CSV UTF-8\".", error);
        }
        finally
        {
            archive?.Dispose();
        }
    }

    public async IAsyncEnumerable<TableRow> RowsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var merged = MergedRanges.Read(_sheet);
        using var rows = new SheetRows(_sheet, _strings, _styles, merged);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            TableRow? row;
            try
            {
                row = rows.Next();
            }
            catch (Exception error) when (error is InvalidDataException or XmlException or FormatException or OverflowException)
            {
                throw new ImportException("The sheet is damaged; open the workbook and save it again.", error);
            }
            if (row is null)
            {
                if (rows.Errors > 0)
                {
                    _notes.Add(new ImportIssue(0, "", IssueSeverity.Warning, "formula-errors", $"{rows.Errors} cells hold an error or a formula without a saved value; they were read as empty.", "Open the workbook, let it compute, and save it."));
                }
                yield break;
            }
            yield return row;
            if (row.Line % 4096 == 0)
            {
                await Task.Yield();
            }
        }
    }

    public void Dispose() => _archive.Dispose();

    /// <summary>How many cells of the best of the first rows are known headers.</summary>
    private int Score()
    {
        using var rows = new SheetRows(_sheet, _strings, _styles, MergedRanges.None);
        var best = 0;
        for (var i = 0; i < HeaderRows && rows.Next() is { } row; i++)
        {
            best = Math.Max(best, row.Cells.Count(c => c.Length is > 0 and <= 120 && HeaderMatcher.Match(c) is { Field: not ImportField.Ignore }));
        }
        return best;
    }

    private static string Other(ZipArchive archive) =>
        Part(archive, "xl/workbook.bin") is not null ? "The workbook is in the binary format .xlsb; save it as .xlsx."
        : Part(archive, "content.xml") is not null ? "The file is an OpenDocument spreadsheet; save it as .xlsx or as \"CSV UTF-8\"."
        : "The file is a ZIP archive and no workbook; unpack it and name the case file inside.";

    private static ZipArchiveEntry? Part(ZipArchive archive, string name) => archive.Entries.FirstOrDefault(e => e.FullName.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static (List<(string Name, int Number, bool Visible, ZipArchiveEntry Entry)> Sheets, bool From1904) Sheets(ZipArchive archive, ZipArchiveEntry book)
    {
        var targets = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Part(archive, "xl/_rels/workbook.xml.rels") is { } links)
        {
            using var relations = WorkbookXml.OpenSmall(links);
            while (relations.Read())
            {
                // What lies outside the file is not followed.
                if (relations is { NodeType: XmlNodeType.Element, LocalName: "Relationship" } && relations.GetAttribute("TargetMode") != "External"
                    && relations.GetAttribute("Id") is { } id && relations.GetAttribute("Target") is { } target)
                {
                    targets[id] = target.StartsWith('/') ? target[1..] : "xl/" + target;
                }
            }
        }
        var sheets = new List<(string, int, bool, ZipArchiveEntry)>();
        var from1904 = false;
        using var reader = WorkbookXml.OpenSmall(book);
        var number = 0;
        while (reader.Read())
        {
            if (reader is { NodeType: XmlNodeType.Element, LocalName: "workbookPr" })
            {
                from1904 = reader.GetAttribute("date1904") is "1" or "true";
            }
            else if (reader is { NodeType: XmlNodeType.Element, LocalName: "sheet" })
            {
                number++;
                var id = reader.GetAttribute("id", "http://schemas.openxmlformats.org/officeDocument/2006/relationships") ?? reader.GetAttribute("id", "http://purl.oclc.org/ooxml/officeDocument/relationships") ?? "";
                if (targets.TryGetValue(id, out var target) && Part(archive, target) is { } entry)
                {
                    sheets.Add((reader.GetAttribute("name") ?? "", number, reader.GetAttribute("state") is not ("hidden" or "veryHidden"), entry));
                }
            }
        }
        return (sheets, from1904);
    }
}
