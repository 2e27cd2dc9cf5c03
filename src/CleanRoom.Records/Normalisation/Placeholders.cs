using System.Collections.Frozen;

namespace CleanRoom.Records.Normalisation;

/// <summary>Cells that hold a word for "not known", and numbers that nobody has: what everybody writes is nobody's.</summary>
public static class Placeholders
{
    private static readonly Lazy<FrozenSet<string>> Words = new(() =>
        TableFile.Lines("normalisation/placeholders.txt").Where(l => l[0] == "unknown").SelectMany(l => l.Skip(1)).Select(Text.FoldWords).Where(w => w.Length > 0).ToFrozenSet(StringComparer.Ordinal));

    private static readonly Lazy<string[]> Openings = new(() =>
        [.. TableFile.Lines("normalisation/placeholders.txt").Where(l => l[0] == "opening").SelectMany(l => l.Skip(1)).Select(Text.FoldWords).Distinct(StringComparer.Ordinal)]);

    private static readonly FrozenSet<string> Mailboxes =
        "none no na nomail noemail noreply unknown null nil test tester example anonymous anon nobody notprovided notavailable noaddress xxx xx x abc".Split(' ').ToFrozenSet(StringComparer.Ordinal);

    /// <summary>True for a cell that says that nothing is known, in any of many languages, and for one of signs only.</summary>
    public static bool IsUnknown(string cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        if (cell.Length > 80)
        {
            return false;
        }
        var words = Text.FoldWords(cell);
        if (words.Length == 0 || words == "99" || Words.Value.Contains(words))
        {
            // "-99" of statistics files folds to 99; a plain 99 is an age or a number.
            return words != "99" || cell.Contains('-', StringComparison.Ordinal);
        }
        // "Unknown Unknown", "N/A, N/A".
        var space = words.IndexOf(' ', StringComparison.Ordinal);
        if (space > 0 && words.Length == (2 * space) + 1 && words.AsSpan(0, space).SequenceEqual(words.AsSpan(space + 1)) && Words.Value.Contains(words[..space]))
        {
            return true;
        }
        return false;
    }

    /// <summary>True for what stands in a name's place and is none: a word for "not known", alone or with a description behind it.</summary>
    public static bool IsUnknownName(string cell)
    {
        if (IsUnknown(cell))
        {
            return true;
        }
        var words = Text.FoldWords(cell);
        return Array.Exists(Openings.Value, w => Text.FindPhrase(words, w) == 0);
    }

    /// <summary>True for digits that stand for "no number": all the same, counted up or down, or seven and more of one at the end.</summary>
    public static bool IsNumber(ReadOnlySpan<char> digits)
    {
        if (digits.Length < 5)
        {
            return false;
        }
        var same = 1;
        for (var i = digits.Length - 1; i > 0 && digits[i] == digits[i - 1]; i--)
        {
            same++;
        }
        return same >= 7 || same == digits.Length || Runs(digits, 1) || Runs(digits, -1);
    }

    /// <summary>True for the mailboxes of nobody.</summary>
    public static bool IsMailbox(string local)
    {
        ArgumentNullException.ThrowIfNull(local);
        return Mailboxes.Contains(string.Concat(local.Where(char.IsAsciiLetter)).ToLowerInvariant()) && !local.Any(char.IsAsciiDigit);
    }

    // 1234567890 counts on from 9 to 0.
    private static bool Runs(ReadOnlySpan<char> digits, int step)
    {
        for (var i = 1; i < digits.Length; i++)
        {
            if ((digits[i] - '0') != (((digits[i - 1] - '0') + step + 10) % 10))
            {
                return false;
            }
        }
        return true;
    }
}
