using System.Buffers;
using System.Globalization;
using System.Text;

namespace CleanRoom.Room.Tests.Canaries;

/// <summary>Where a canary was found.</summary>
internal sealed record Sighting(string Place, string Column, string Form)
{
    public override string ToString() => $"{Column} as {Form} in {Place}";
}

/// <summary>
/// Searches bytes for canaries: each writing in UTF-8, in UTF-16 of either byte order, as JSON escapes and percent escapes, in hex, and in base64 and base64url at each of the three
/// alignments that it can have inside a longer text.
/// </summary>
internal sealed class CanarySearch
{
    private readonly Dictionary<string, (string Column, string Form)> _needles = new(StringComparer.Ordinal);
    private readonly SearchValues<string> _values;
    private readonly int[] _lengths;

    public CanarySearch(IEnumerable<Canary> canaries)
    {
        foreach (var canary in canaries)
        {
            foreach (var writing in canary.Writings())
            {
                foreach (var (form, bytes) in Encodings(writing))
                {
                    _ = _needles.TryAdd(Encoding.Latin1.GetString(bytes), (canary.Column, $"{form} \"{writing}\""));
                }
            }
        }

        _values = SearchValues.Create([.. _needles.Keys], StringComparison.Ordinal);
        _lengths = [.. _needles.Keys.Select(needle => needle.Length).Distinct()];
    }

    public int Needles => _needles.Count;

    /// <summary>The first sighting in each place, or nothing.</summary>
    public IEnumerable<Sighting> In(string place, ReadOnlySpan<byte> bytes)
    {
        // Each byte is one character, so that one pass finds any of thousands of strings.
        var text = Encoding.Latin1.GetString(bytes);
        var at = text.AsSpan().IndexOfAny(_values);
        if (at < 0)
        {
            return [];
        }

        var (column, form) = _lengths.Where(length => at + length <= text.Length && _needles.ContainsKey(text.Substring(at, length)))
            .Select(length => _needles[text.Substring(at, length)]).First();
        return [new Sighting(place, column, form)];
    }

    /// <summary>The first sighting in each place, or nothing.</summary>
    public IEnumerable<Sighting> In(string place, string text) => In(place, Encoding.UTF8.GetBytes(text));

    private static IEnumerable<(string Form, byte[] Bytes)> Encodings(string writing)
    {
        var utf8 = Encoding.UTF8.GetBytes(writing);
        yield return ("UTF-8", utf8);
        yield return ("UTF-16LE", Encoding.Unicode.GetBytes(writing));
        yield return ("UTF-16BE", Encoding.BigEndianUnicode.GetBytes(writing));
        if (!Ascii.IsValid(writing))
        {
            yield return ("JSON escapes", Latin1(string.Concat(writing.Select(c => char.IsAscii(c) ? c.ToString() : $"\\u{(int)c:x4}"))));
            yield return ("JSON escapes", Latin1(string.Concat(writing.Select(c => char.IsAscii(c) ? c.ToString() : $"\\u{(int)c:X4}"))));
        }

        yield return ("percent escapes", Latin1(Uri.EscapeDataString(writing)));
        foreach (var (form, bytes) in new[] { ("UTF-8", utf8), ("UTF-16LE", Encoding.Unicode.GetBytes(writing)) })
        {
            yield return ($"hex of {form}", Latin1(Convert.ToHexString(bytes)));
            yield return ($"hex of {form}", Latin1(Convert.ToHexString(bytes).ToLower(CultureInfo.InvariantCulture)));
            for (var before = 0; before < 3; before++)
            {
                var base64 = Inner(bytes, before);
                yield return ($"base64 of {form}, alignment {before}", Latin1(base64));
                yield return ($"base64url of {form}, alignment {before}", Latin1(base64.Replace('+', '-').Replace('/', '_')));
            }
        }
    }

    /// <summary>The characters of base64 that depend on these bytes alone, with so many bytes before them.</summary>
    private static string Inner(byte[] bytes, int before)
    {
        var text = Convert.ToBase64String([.. new byte[before], .. bytes]).TrimEnd('=');
        var first = before == 0 ? 0 : before == 1 ? 2 : 3;
        var last = ((before + bytes.Length) * 8 / 6) - first;
        return text.Substring(first, last);
    }

    private static byte[] Latin1(string text) => Encoding.Latin1.GetBytes(text);
}
