using System.Text;

namespace CleanRoom.Demo;

/// <summary>A small CSV file with a header, cells perhaps in quotes, as rows by column name.</summary>
internal static class CsvTable
{
    public static IReadOnlyList<IReadOnlyDictionary<string, string>> Read(string path)
    {
        var rows = Cells(File.ReadAllText(path).TrimStart('\uFEFF'), ',').ToList();
        if (rows.Count == 0)
        {
            throw new DemoException(65, $"{path} is empty: it needs a line of column names at least.");
        }
        var header = rows[0].ConvertAll(cell => cell.Trim());
        return [.. rows.Skip(1).Where(row => row.Exists(cell => cell.Length > 0)).Select(row => (IReadOnlyDictionary<string, string>)header
            .Select((name, i) => (name, Cell: i < row.Count ? row[i].Trim() : ""))
            .ToDictionary(cell => cell.name, cell => cell.Cell, StringComparer.Ordinal))];
    }

    /// <summary>Rows of cells, without their quotes; a line break in quotes belongs to its cell.</summary>
    public static IEnumerable<List<string>> Cells(string text, char separator)
    {
        var row = new List<string>();
        var cell = new StringBuilder();
        var (quoted, closed) = (false, false);
        foreach (var c in text)
        {
            if (c == '"')
            {
                // A quote inside a cell is written twice: the second one opens the cell again.
                _ = closed ? cell.Append(c) : cell;
                (quoted, closed) = (!quoted, quoted);
            }
            else if (!quoted && (c == separator || c == '\n'))
            {
                row.Add(cell.ToString());
                _ = cell.Clear();
                closed = false;
                if (c == '\n')
                {
                    yield return row;
                    row = [];
                }
            }
            else if (quoted || c != '\r')
            {
                _ = cell.Append(c);
            }
        }
        if (cell.Length > 0 || row.Count > 0)
        {
            row.Add(cell.ToString());
            yield return row;
        }
    }
}
