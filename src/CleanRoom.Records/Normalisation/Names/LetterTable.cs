using System.Text;

namespace CleanRoom.Records.Normalisation.Names;

/// <summary>A table from one to three letters of a script to Latin letters; the longest key wins.</summary>
internal sealed class LetterTable
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly int _longest;

    /// <summary>Reads <c>key=value</c> pairs parted by blanks.</summary>
    public LetterTable(string pairs)
    {
        foreach (var pair in pairs.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            _values[pair[..at]] = pair[(at + 1)..];
            _longest = Math.Max(_longest, at);
        }
        _lookup = _values.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Appends the reading. ASCII stays, letters without an entry are dropped.</summary>
    public void Append(ReadOnlySpan<char> text, StringBuilder result)
    {
        var i = 0;
        while (i < text.Length)
        {
            var length = Math.Min(_longest, text.Length - i);
            while (length > 0 && !_lookup.TryGetValue(text.Slice(i, length), out _))
            {
                length--;
            }
            if (length == 0)
            {
                if (text[i] < '\u0080')
                {
                    _ = result.Append(text[i]);
                }
                i++;
                continue;
            }
            _ = result.Append(_lookup[text.Slice(i, length)]);
            i += length;
        }
    }
}
