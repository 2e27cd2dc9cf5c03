namespace CleanRoom.Linkage.Tests;

/// <summary>Third-party data, read in place: CLEANROOM_SHARED, or ../shared beside the repository. Missing = skipped, in CI = failed.</summary>
internal static class SharedData
{
    public static string File(string relative)
    {
        var root = Environment.GetEnvironmentVariable("CLEANROOM_SHARED");
        if (string.IsNullOrEmpty(root))
        {
            var directory = new DirectoryInfo(AppContext.BaseDirectory);
            while (directory is not null && !System.IO.File.Exists(Path.Combine(directory.FullName, "CleanRoom.sln")))
            {
                directory = directory.Parent;
            }
            root = Path.Combine(directory?.FullName ?? ".", "..", "shared");
        }
        var path = Path.Combine(root, relative);
        if (!System.IO.File.Exists(path))
        {
            if (Environment.GetEnvironmentVariable("CI") == "true")
            {
                Assert.Fail($"{relative} is missing: set CLEANROOM_SHARED.");
            }
            Assert.Skip($"{relative} is not here: set CLEANROOM_SHARED to the folder that holds it.");
        }
        return path;
    }

    /// <summary>Reads a CSV file with quotes into rows by column name.</summary>
    public static List<Dictionary<string, string>> Csv(string path, char separator = ',', int skip = 0)
    {
        var rows = new List<Dictionary<string, string>>();
        string[]? header = null;
        foreach (var fields in Records(System.IO.File.ReadAllText(path).TrimStart('\uFEFF'), separator))
        {
            if (skip-- > 0)
            {
                continue;
            }
            if (header is null)
            {
                header = [.. fields.Select(f => f.Trim())];
                continue;
            }
            var row = new Dictionary<string, string>(StringComparer.Ordinal);
            for (var i = 0; i < header.Length && i < fields.Count; i++)
            {
                row[header[i]] = fields[i].Trim();
            }
            rows.Add(row);
        }
        return rows;
    }

    public static IEnumerable<List<string>> Records(string text, char separator)
    {
        var fields = new List<string>();
        var field = new System.Text.StringBuilder();
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quoted)
            {
                if (c == '"' && i + 1 < text.Length && text[i + 1] == '"')
                {
                    _ = field.Append('"');
                    i++;
                }
                else if (c == '"')
                {
                    quoted = false;
                }
                else
                {
                    _ = field.Append(c);
                }
            }
            else if (c == '"')
            {
                quoted = true;
            }
            else if (c == separator || c == '\n')
            {
                fields.Add(field.ToString());
                _ = field.Clear();
                if (c == '\n')
                {
                    yield return fields;
                    fields = [];
                }
            }
            else if (c != '\r')
            {
                _ = field.Append(c);
            }
        }
        if (field.Length > 0 || fields.Count > 0)
        {
            fields.Add(field.ToString());
            yield return fields;
        }
    }
}
