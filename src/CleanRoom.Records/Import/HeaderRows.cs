namespace CleanRoom.Records.Import;

/// <summary>Headers of two lines, as merged cells leave them: a line of groups ("Victim", "Trafficker") above a line of columns.</summary>
internal static class HeaderRows
{
    private static readonly HashSet<ImportField> OfPersons =
    [
        ImportField.FullName, ImportField.Given, ImportField.Family, ImportField.NativeName, ImportField.Alias, ImportField.Phone, ImportField.Email, ImportField.Handle, ImportField.Account,
        ImportField.Contact, ImportField.Document, ImportField.Passport, ImportField.NationalId, ImportField.Birth, ImportField.Gender, ImportField.Citizenship, ImportField.Drop, ImportField.RowNumber,
    ];

    private static readonly HashSet<ImportField> OfFirms = [ImportField.FullName, ImportField.Phone, ImportField.Email, ImportField.Contact, ImportField.Drop, ImportField.Citizenship];

    /// <summary>Gives the headers of the line at <paramref name="header"/>, with what the line above or below says; moves the index to the last header line.</summary>
    public static IReadOnlyList<string> Join(IReadOnlyList<TableRow> rows, ref int header)
    {
        var at = header;
        if (header + 1 < rows.Count && IsBelow(rows[header], rows[header + 1]))
        {
            header++;
            return Join(rows[at], rows[header]);
        }
        return header > 0 && Filled(rows[header - 1]) >= 2 && IsGroups(rows[header - 1], rows[header]) ? Join(rows[header - 1], rows[header]) : [.. rows[header].Cells.Select(Clean)];
    }

    /// <summary>True if two lines have the same cells.</summary>
    public static bool AreSame(TableRow one, TableRow other)
    {
        var most = Math.Max(one.Cells.Length, other.Cells.Length);
        for (var i = 0; i < most; i++)
        {
            if (!Clean(Cell(one, i)).Equals(Clean(Cell(other, i)), StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }
        }
        return true;
    }

    private static List<string> Join(TableRow groups, TableRow columns)
    {
        var headers = new List<string>();
        var group = "";
        for (var i = 0; i < Math.Max(groups.Cells.Length, columns.Cells.Length); i++)
        {
            var above = Clean(Cell(groups, i));
            var below = Clean(Cell(columns, i));
            group = above.Length > 0 ? above : group;
            headers.Add(below.Length == 0 ? above : Belongs(group, below) ? $"{group} {below}" : below);
        }
        return headers;
    }

    /// <summary>"Trafficker" above "Phone" is the trafficker's phone; what stands above a date of contact says nothing about it.</summary>
    private static bool Belongs(string group, string column)
    {
        if (group.Length == 0 || HeaderMatcher.Match(column) is not { } field)
        {
            return false;
        }
        var of = HeaderMatcher.Concepts(HeaderMatcher.Words(group));
        var said = HeaderMatcher.Concepts(HeaderMatcher.Words(column));
        return (of.Contains("suspect") && !said.Contains("suspect") && OfPersons.Contains(field.Field)) || (of.Contains("company") && !said.Contains("company") && OfFirms.Contains(field.Field))
            || (of.Contains("exploitation") && !said.Contains("exploitation") && field.Field is ImportField.HomeCity or ImportField.Seen);
    }

    /// <summary>The line above is one of groups if it adds a header or stands over several columns, and holds no number as rows do.</summary>
    private static bool IsGroups(TableRow above, TableRow header)
    {
        var adds = false;
        for (var i = 0; i < above.Cells.Length; i++)
        {
            var cell = Clean(Cell(above, i));
            if (cell.Length > 60 || cell.Any(char.IsDigit))
            {
                return false;
            }
            adds |= cell.Length > 0 && (Clean(Cell(header, i)).Length == 0 || Clean(Cell(above, i + 1)).Length == 0);
        }
        return adds;
    }

    /// <summary>The line below belongs to the header if every cell of it is a known word that stands under a group or under nothing.</summary>
    private static bool IsBelow(TableRow header, TableRow below)
    {
        var filled = 0;
        for (var i = 0; i < below.Cells.Length; i++)
        {
            var cell = Clean(below.Cells[i]);
            if (cell.Length == 0)
            {
                continue;
            }
            var isGroup = Clean(Cell(header, i)).Length == 0 || Clean(Cell(header, i + 1)).Length == 0;
            if (!isGroup || cell.Length > 60 || cell.Any(char.IsDigit) || HeaderMatcher.Match(cell) is not { Field: not ImportField.Ignore })
            {
                return false;
            }
            filled++;
        }
        return filled >= 2;
    }

    private static int Filled(TableRow row) => row.Cells.Count(c => !string.IsNullOrWhiteSpace(c));

    private static string Cell(TableRow row, int index) => index < row.Cells.Length ? row.Cells[index] : "";

    private static string Clean(string cell) => cell.Trim('\uFEFF', ' ', '\t', '\r', '\n');
}
