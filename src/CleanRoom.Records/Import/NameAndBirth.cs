using System.Buffers;
using CleanRoom.Records.Normalisation;

namespace CleanRoom.Records.Import;

/// <summary>Takes a cell apart that holds a name and a birth date or age: "Name / DOB".</summary>
internal static class NameAndBirth
{
    private static readonly SearchValues<char> Joints = SearchValues.Create("/|&+,;");

    /// <summary>The column's parameter where the name is read.</summary>
    public const string Name = "name-part";

    /// <summary>The column's parameter where the birth date is read.</summary>
    public const string Birth = "birth-part";

    /// <summary>True for a header that names both, side by side: a header of a birth date alone may have the word "name" in a remark.</summary>
    public static bool IsHeader(string header)
    {
        var concepts = HeaderMatcher.Concepts(HeaderMatcher.Words(header));
        return header.AsSpan().ContainsAny(Joints) && (concepts.Contains("name") || concepts.Contains("family") || concepts.Contains("given"))
            && (concepts.Contains("birth") || concepts.Contains("age")) && !concepts.Contains("suspect");
    }

    /// <summary>Gives one part of a cell: the date runs from the first digit to the end, or, if the cell opens with it, to the last digit.</summary>
    public static string Part(string cell, string part)
    {
        int first = -1, last = -1;
        for (var i = 0; i < cell.Length; i++)
        {
            if (char.IsDigit(cell[i]))
            {
                first = first < 0 ? i : first;
                last = i;
            }
        }
        if (first < 0)
        {
            return part == Name ? cell : "";
        }
        var before = cell[..first];
        if (before.Any(char.IsLetter))
        {
            return part == Name ? WithoutBorn(before) : cell[first..].Trim(' ', ')', ']', ';', ',');
        }
        return part == Name ? WithoutBorn(cell[(last + 1)..]) : cell[..(last + 1)].Trim(' ', '(', '[');
    }

    // "Mina Sample, born 1998": the word belongs to the date.
    private static string WithoutBorn(string name)
    {
        for (var text = name.Trim(' ', ',', ';', '/', '|', '(', ')', '[', ']', ':', '-', '~', '*', '.'); ; text = text.TrimEnd(' ', ',', ';', '/', '(', '[', ':', '-', '~', '*', '.'))
        {
            var at = text.LastIndexOf(' ');
            var word = Text.FoldWords(text[(at + 1)..]);
            if (at < 0 || !(word is "b" or "ca" or "aged" || HeaderMatcher.Concepts(word) is var c && (c.Contains("birth") || c.Contains("age"))))
            {
                return text;
            }
            text = text[..at];
        }
    }
}
