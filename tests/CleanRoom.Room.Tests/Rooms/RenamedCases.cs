using System.Text;
using CleanRoom.Demo;
using CleanRoom.Linkage.Tests;

namespace CleanRoom.Room.Tests.Rooms;

/// <summary>The project's samples with other persons, numbers and firms: cell by cell in the files, before anything reads them.</summary>
internal static class RenamedCases
{
    /// <summary>Copies the samples into a folder and renames.</summary>
    /// <returns>How many cells differ.</returns>
    public static int Write(RoomFile samples, string folder, int seed)
    {
        var renaming = new Renaming(seed);
        var renamed = 0;
        foreach (var path in Directory.EnumerateFiles(samples.Folder))
        {
            var name = Path.GetFileName(path);
            var contributor = samples.Contributors.FirstOrDefault(item => item.File == name);
            if (contributor is null)
            {
                File.Copy(path, Path.Combine(folder, name));
                continue;
            }

            var text = File.ReadAllText(path);
            File.WriteAllText(Path.Combine(folder, name), Rename(text.TrimStart('\uFEFF'), renaming, ref renamed), new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        }

        return renamed;
    }

    /// <summary>The header is the first line with many names; what stands above it is a title and stays, as do lines whose first cell is no number of a record.</summary>
    private static string Rename(string text, Renaming renaming, ref int renamed)
    {
        var separator = text.Count(c => c == ';') > 2 * text.Count(c => c == ',') ? ';' : ',';
        List<string>? header = null;
        var result = new StringBuilder();
        foreach (var cells in CsvTable.Cells(text, separator))
        {
            if (header is null)
            {
                header = cells.Count(cell => cell.Length > 0) > 5 ? cells : null;
            }
            else
            {
                for (var i = 0; i < cells.Count && i < header.Count; i++)
                {
                    var cell = renaming.Apply(header[i].Trim(), cells[i]);
                    renamed += cell == cells[i] ? 0 : 1;
                    cells[i] = cell;
                }
            }

            _ = result.AppendJoin(separator, cells.Select(cell => $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")).Append('\n');
        }

        return result.ToString();
    }
}
