namespace CleanRoom.Records;

/// <summary>Tables of text lines: fields separated by <c>|</c>, lines that start with <c>#</c> are comments.</summary>
internal static class TableFile
{
    /// <summary>Gives the fields of every line, trimmed.</summary>
    public static IReadOnlyList<string[]> Lines(string name)
    {
        using var reader = new StreamReader(EmbeddedData.Open(name));
        var lines = new List<string[]>();
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#')
            {
                lines.Add(line.Split('|', StringSplitOptions.TrimEntries));
            }
        }
        return lines;
    }
}
