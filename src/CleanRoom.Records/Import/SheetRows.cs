using System.Globalization;
using System.IO.Compression;
using System.Xml;

namespace CleanRoom.Records.Import;

/// <summary>Ranges of a sheet that are merged downwards. They stand behind the rows, so the sheet is read once more for them.</summary>
internal sealed class MergedRanges
{
    private const int MaxRanges = 20_000;
    private const long MaxSheet = 256L << 20;

    private readonly List<(int Column, int From, int To)> _ranges = [];

    public static MergedRanges None { get; } = new();

    public static MergedRanges Read(ZipArchiveEntry sheet)
    {
        // A list of that size is an export, and exports merge nothing.
        if (sheet.Length > MaxSheet)
        {
            return None;
        }
        var merged = new MergedRanges();
        try
        {
            using var reader = WorkbookXml.Open(sheet, 0);
            while (reader.Read())
            {
                if (reader is { NodeType: XmlNodeType.Element, LocalName: "mergeCell" } && reader.GetAttribute("ref")?.Split(':') is [var from, var to]
                    && SheetRows.Position(from) is var (column, first) && SheetRows.Position(to) is var (_, last) && last > first && last - first <= 50 && merged._ranges.Count < MaxRanges)
                {
                    merged._ranges.Add((column, first, last));
                }
            }
        }
        catch (Exception error) when (error is InvalidDataException or XmlException)
        {
            throw new ImportException("The sheet is damaged; open the workbook and save it again.", error);
        }
        merged._ranges.Sort((a, b) => a.From.CompareTo(b.From));
        return merged;
    }

    /// <summary>Ranges that cover a row.</summary>
    public IEnumerable<(int Column, int From, int To)> At(int row)
    {
        var at = _ranges.FindIndex(r => r.To >= row);
        for (var i = at; i >= 0 && i < _ranges.Count && _ranges[i].From <= row; i++)
        {
            if (_ranges[i].To >= row)
            {
                yield return _ranges[i];
            }
        }
    }

    public bool Any => _ranges.Count > 0;
}

/// <summary>The rows of one sheet, one after the other.</summary>
internal sealed class SheetRows(ZipArchiveEntry sheet, SharedStrings strings, WorkbookStyles styles, MergedRanges merged) : IDisposable
{
    private readonly XmlReader _reader = WorkbookXml.Open(sheet, 0);
    private readonly Dictionary<(int Column, int Row), string> _tops = [];
    private int _line;

    /// <summary>Cells with an error, or a formula whose value was not saved.</summary>
    public int Errors { get; private set; }

    /// <summary>Column and row (both from 0 and 1) of "BC12"; null if it is none.</summary>
    public static (int Column, int Row)? Position(string reference)
    {
        var column = 0;
        var at = 0;
        for (; at < reference.Length && char.IsAsciiLetterUpper(reference[at]) && at < 4; at++)
        {
            column = (column * 26) + reference[at] - 'A' + 1;
        }
        return at > 0 && int.TryParse(reference.AsSpan(at), NumberStyles.None, CultureInfo.InvariantCulture, out var row) ? (column - 1, row) : null;
    }

    public TableRow? Next()
    {
        while (_reader.Read())
        {
            if (_reader is { NodeType: XmlNodeType.Element, LocalName: "row" })
            {
                _line = int.TryParse(_reader.GetAttribute("r"), NumberStyles.None, CultureInfo.InvariantCulture, out var r) && r > _line ? r : _line + 1;
                return Row();
            }
            if (_reader is { NodeType: XmlNodeType.EndElement, LocalName: "sheetData" })
            {
                return null;
            }
        }
        return null;
    }

    public void Dispose() => _reader.Dispose();

    private TableRow Row()
    {
        var cells = new List<string>();
        if (!_reader.IsEmptyElement)
        {
            var depth = _reader.Depth;
            while (_reader.Read() && _reader.Depth > depth)
            {
                if (_reader is not { NodeType: XmlNodeType.Element, LocalName: "c" })
                {
                    continue;
                }
                var column = Position(_reader.GetAttribute("r") ?? "") is var (c, _) && c >= cells.Count ? c : cells.Count;
                if (column >= TableReader.MaxColumns)
                {
                    // Formats often reach far to the right of the last column; only text there is too much.
                    if (Cell().Length > 0)
                    {
                        throw new ImportException($"Row {_line}: more than {TableReader.MaxColumns} columns; keep those of the list and save it again.");
                    }
                    continue;
                }
                var value = Cell();
                while (cells.Count < column)
                {
                    cells.Add("");
                }
                cells.Add(value);
            }
        }
        return new TableRow(_line, [.. cells]) { Merged = Covering(cells) };
    }

    private Dictionary<int, string>? Covering(List<string> cells)
    {
        if (!merged.Any)
        {
            return null;
        }
        Dictionary<int, string>? covering = null;
        foreach (var (column, from, to) in merged.At(_line))
        {
            if (from == _line)
            {
                _tops[(column, from)] = column < cells.Count ? cells[column] : "";
            }
            else if (_tops.TryGetValue((column, from), out var text))
            {
                (covering ??= [])[column] = text;
                if (to == _line)
                {
                    _ = _tops.Remove((column, from));
                }
            }
        }
        return covering;
    }

    private string Cell()
    {
        var type = _reader.GetAttribute("t") ?? "n";
        var style = int.TryParse(_reader.GetAttribute("s"), NumberStyles.None, CultureInfo.InvariantCulture, out var s) ? s : -1;
        string? value = null;
        var formula = false;
        if (!_reader.IsEmptyElement)
        {
            var depth = _reader.Depth;
            while (_reader.Read() && _reader.Depth > depth)
            {
                if (_reader.NodeType != XmlNodeType.Element)
                {
                    continue;
                }
                switch (_reader.LocalName)
                {
                    case "v" or "is":
                        value = WorkbookXml.Text(_reader);
                        break;
                    case "f":
                        formula = true;
                        break;
                    default:
                        break;
                }
            }
        }
        Errors += type == "e" || (formula && value is null) ? 1 : 0;
        return (value is null || type == "e" ? "" : type switch
        {
            "s" => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? strings[index] : "",
            "b" => value == "1" ? "TRUE" : "FALSE",
            "str" or "inlineStr" => value,
            "d" => value.Length >= 10 ? value[..10] : value,
            _ => styles.Format(value, style),
        }).Replace("_x000D_", "", StringComparison.Ordinal).Trim();
    }
}
