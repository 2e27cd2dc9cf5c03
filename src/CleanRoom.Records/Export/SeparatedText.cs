using System.Buffers;

namespace CleanRoom.Records.Export;

/// <summary>Writes rows as CSV (RFC 4180, CRLF, UTF-8 by the writer). No cell is a formula where it is opened.</summary>
internal static class SeparatedText
{
    private static readonly SearchValues<char> NumberSigns = SearchValues.Create("0123456789 .-()/");

    public static void WriteRow(TextWriter writer, IEnumerable<string> cells)
    {
        var first = true;
        foreach (var cell in cells)
        {
            if (!first)
            {
                writer.Write(',');
            }
            first = false;
            var text = Guarded(cell);
            if (text.AsSpan().IndexOfAny("\",\r\n") < 0)
            {
                writer.Write(text);
                continue;
            }
            writer.Write('"');
            writer.Write(text.Replace("\"", "\"\"", StringComparison.Ordinal));
            writer.Write('"');
        }
        writer.Write("\r\n");
    }

    /// <summary>
    /// A spreadsheet takes a cell that begins with one of = @ + - for a formula, and an apostrophe in front for "this is text" (OWASP, CSV
    /// injection). A number with its sign stays as it is: nothing is computed in it.
    /// </summary>
    internal static string Guarded(string cell) =>
        cell.Length > 0 && (cell[0] is '=' or '@' or '\t' || (cell[0] is '+' or '-' && !IsNumber(cell))) ? "'" + cell : cell;

    private static bool IsNumber(string cell) => cell.AsSpan(1).IndexOfAnyExcept(NumberSigns) < 0;
}
