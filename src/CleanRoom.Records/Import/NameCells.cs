using System.Buffers;
using System.Text;
using CleanRoom.Records.Normalisation;

namespace CleanRoom.Records.Import;

/// <summary>Takes a name cell apart: several scripts, brackets, slashes, quotes.</summary>
internal static class NameCells
{
    private static readonly SearchValues<char> Openers = SearchValues.Create("([（\"“'‘«»„");

    /// <summary>Gives the names of a cell; bracketed and quoted ones of the same script are aliases. Countries in brackets are hints.</summary>
    public static IReadOnlyList<(string Name, bool IsAlias)> Split(string cell, out IReadOnlyList<string> countries)
    {
        var names = new List<(string, bool)>();
        var found = new List<string>();
        foreach (var (piece, bracketed) in Pieces(cell))
        {
            if (Placeholders.IsUnknownName(piece))
            {
                continue;
            }
            if (bracketed && (Countries.Find(piece) ?? Countries.FindIn(piece).FirstOrDefault()) is { } country)
            {
                found.Add(country);
                continue;
            }
            if (bracketed && HeaderMatcher.Concepts(Text.FoldWords(piece)) is { Count: > 0 } concepts && concepts.Contains("suspect"))
            {
                continue;
            }
            foreach (var run in ScriptRuns(WithoutLabel(piece)))
            {
                var sameScript = names.Exists(n => Text.ScriptOf(n.Item1) == Text.ScriptOf(run));
                names.Add((run, bracketed && sameScript));
            }
        }
        countries = found;
        return names;
    }

    /// <summary>"Boss: Name": the word before the colon says who he is.</summary>
    private static string WithoutLabel(string piece)
    {
        var colon = piece.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && HeaderMatcher.Concepts(Text.FoldWords(piece[..colon])) is var concepts && (concepts.Contains("suspect") || concepts.Contains("name") || concepts.Contains("alias"))
            ? piece[(colon + 1)..] : piece;
    }

    private static IEnumerable<(string Piece, bool Bracketed)> Pieces(string cell)
    {
        var outside = new StringBuilder();
        var start = 0;
        var inside = new List<string>();
        while (start < cell.Length)
        {
            var open = cell.AsSpan(start).IndexOfAny(Openers);
            if (open < 0)
            {
                break;
            }
            open += start;
            var closers = cell[open] switch { '(' => ")", '[' => "]", '（' => "）", '“' => "”", '‘' => "’", '«' => "»", '»' => "«", '„' => "”“\"", var q => q.ToString() };
            var close = cell.AsSpan(open + 1).IndexOfAny(closers) is var at && at < 0 ? -1 : open + 1 + at;
            // An apostrophe inside a word is a letter of the name.
            if (close < 0 || (cell[open] == '\'' && open > 0 && char.IsLetter(cell[open - 1])))
            {
                outside.Append(cell, start, open + 1 - start);
                start = open + 1;
                continue;
            }
            outside.Append(cell, start, open - start).Append(" / ");
            inside.Add(cell[(open + 1)..close].Trim());
            start = close + 1;
        }
        outside.Append(cell, Math.Min(start, cell.Length), cell.Length - Math.Min(start, cell.Length));
        foreach (var piece in outside.ToString().Split(['/', ';', '|', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            yield return (piece, false);
        }
        foreach (var piece in inside.Where(p => p.Length > 0))
        {
            yield return (piece, true);
        }
    }

    /// <summary>Runs of words in one script, digits and signs with the run before.</summary>
    private static IEnumerable<string> ScriptRuns(string text)
    {
        var runs = new List<(string Script, StringBuilder Words)>();
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var script = Text.ScriptOf(word);
            if (runs.Count > 0 && (script.Length == 0 || runs[^1].Script == script))
            {
                runs[^1].Words.Append(' ').Append(word);
            }
            else if (script.Length > 0)
            {
                runs.Add((script, new StringBuilder(word)));
            }
        }
        return runs.Select(r => r.Words.ToString().Trim(' ', ',', '-', '.', ':', '"', '“', '”', '«', '»', '„')).Where(r => r.Length > 1);
    }
}
