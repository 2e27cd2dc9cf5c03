using CleanRoom.Linkage.Fields;
using CleanRoom.Linkage.Models;
using CleanRoom.Records.Normalisation.Names;

namespace CleanRoom.Linkage.Comparison;

/// <summary>What two names have in common.</summary>
/// <param name="Weight">Fellegi–Sunter weight in bits: positive speaks for the same name.</param>
/// <param name="Matched">Ordinary tokens aligned (initials not counted).</param>
/// <param name="MissingFirst">Ordinary tokens of the first name without partner.</param>
/// <param name="MissingSecond">Ordinary tokens of the second name without partner.</param>
/// <param name="Weakest">The weakest level among the aligned tokens.</param>
public readonly record struct NameAgreement(double Weight, int Matched, int MissingFirst, int MissingSecond, TokenAgreement Weakest)
{
    /// <summary>Nothing compared.</summary>
    public static readonly NameAgreement None = new(0, 0, 0, 0, TokenAgreement.None);

    /// <summary>True if at least two tokens agree and one of the names is covered.</summary>
    public bool IsFull => Matched >= 2 && (MissingFirst == 0 || MissingSecond == 0);

    /// <summary>True if one side is a single name that the other has.</summary>
    public bool IsSingle => Matched == 1 && (MissingFirst == 0 || MissingSecond == 0);

    /// <summary>True if both sides have names that the other lacks.</summary>
    public bool Conflicts => MissingFirst > 0 && MissingSecond > 0;
}

/// <summary>Aligns the tokens of two names without regard to order; tokens that one side writes together are joined.</summary>
public static class NameComparer
{
    /// <summary>Letters of what is joined, at least: shorter ones meet by chance.</summary>
    private const int LeastJoined = 5;

    private static readonly ReadAlike Alike = new(Least: 0.93, LeastLossy: 0.7, LeastConsonants: 3, Unvoiced: true);

    /// <summary>Gives the best agreement over all pairs of forms, lessened for the number of tries (LINKAGE.md 6.3: u of a set).</summary>
    public static NameAgreement Compare(IReadOnlyList<NameForm> first, IReadOnlyList<NameForm> second, TermFrequencies frequencies, NameNumbers numbers)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        ArgumentNullException.ThrowIfNull(frequencies);
        ArgumentNullException.ThrowIfNull(numbers);
        if (first.Count == 0 || second.Count == 0)
        {
            return NameAgreement.None;
        }
        var best = new NameAgreement(double.NegativeInfinity, 0, 0, 0, TokenAgreement.None);
        foreach (var a in first)
        {
            foreach (var b in second)
            {
                var agreement = Compare(a, b, frequencies, numbers);
                if (agreement.Weight > best.Weight)
                {
                    best = agreement;
                }
            }
        }
        var tries = Math.Log2(Math.Min(8, Alternatives(first) * Alternatives(second)));
        return best.Weight > 0 ? best with { Weight = Math.Max(0.5, best.Weight - (0.5 * tries)) } : best;
    }

    // A name and the same name in another script are one chance to agree, not two.
    private static int Alternatives(IReadOnlyList<NameForm> forms)
    {
        var aliases = 0;
        foreach (var form in forms)
        {
            aliases += form.Alias ? 1 : 0;
        }
        return Math.Max(1, aliases + (aliases < forms.Count ? 1 : 0));
    }

    /// <summary>Compares all names of the first person, taken together, with each form of the second, and the other way round: alias and family name may stand apart.</summary>
    public static NameAgreement CompareJoined(IReadOnlyList<NameForm> first, IReadOnlyList<NameForm> second, TermFrequencies frequencies, NameNumbers numbers)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        var best = NameAgreement.None;
        void Try(IReadOnlyList<NameForm> many, IReadOnlyList<NameForm> forms)
        {
            if (many.Count < 2)
            {
                return;
            }
            var tokens = many.SelectMany(f => f.Tokens).DistinctBy(t => t.Text).Take(NameForm.MaxTokens).ToArray();
            var union = new NameForm(tokens, true);
            foreach (var form in forms)
            {
                var agreement = Compare(union, form, frequencies, numbers);
                if (agreement.Matched >= 2 && agreement.MissingSecond == 0 && agreement.Weight - 2 > best.Weight)
                {
                    best = agreement with { Weight = agreement.Weight - 2, MissingFirst = 0 };
                }
            }
        }
        Try(first, second);
        Try(second, first);
        return best;
    }

    /// <summary>Compares two forms.</summary>
    public static NameAgreement Compare(NameForm first, NameForm second, TermFrequencies frequencies, NameNumbers numbers)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        ArgumentNullException.ThrowIfNull(frequencies);
        ArgumentNullException.ThrowIfNull(numbers);
        var a = first.Tokens;
        var b = second.Tokens;
        uint usedA = 0;
        uint usedB = 0;
        var weight = 0.0;
        var matched = 0;
        var weakest = TokenAgreement.Exact;
        Span<TokenAgreement> levels = stackalloc TokenAgreement[NameForm.MaxTokens * NameForm.MaxTokens];
        for (var i = 0; i < a.Count; i++)
        {
            for (var j = 0; j < b.Count; j++)
            {
                levels[(i * NameForm.MaxTokens) + j] = LevelOf(a[i], b[j]);
            }
        }
        // A whole name in one token is met by all tokens of the other side, not by the one it begins with.
        if ((a.Count == 1) != (b.Count == 1))
        {
            if (a.Count == 1 && IsWhole(a[0]))
            {
                Join(b, a, ref usedB, ref usedA, ref weight, ref matched, ref weakest, frequencies, numbers);
            }
            else if (b.Count == 1 && IsWhole(b[0]))
            {
                Join(a, b, ref usedA, ref usedB, ref weight, ref matched, ref weakest, frequencies, numbers);
            }
        }
        // Greedy from the best level down; ties in reading order, so the result does not depend on anything else.
        for (var level = TokenAgreement.Exact; level > TokenAgreement.None; level--)
        {
            for (var i = 0; i < a.Count; i++)
            {
                for (var j = 0; j < b.Count && (usedA & (1u << i)) == 0; j++)
                {
                    if ((usedB & (1u << j)) != 0 || levels[(i * NameForm.MaxTokens) + j] != level)
                    {
                        continue;
                    }
                    usedA |= 1u << i;
                    usedB |= 1u << j;
                    weight += Weight(level, a[i], b[j], frequencies, numbers);
                    if (level != TokenAgreement.Initial && (a[i].Kind == NameTokenKind.Ordinary || b[j].Kind == NameTokenKind.Ordinary))
                    {
                        matched++;
                        weakest = level < weakest ? level : weakest;
                    }
                }
            }
        }
        Join(a, b, ref usedA, ref usedB, ref weight, ref matched, ref weakest, frequencies, numbers);
        Join(b, a, ref usedB, ref usedA, ref weight, ref matched, ref weakest, frequencies, numbers);
        var missingA = Missing(a, usedA);
        var missingB = Missing(b, usedB);
        if (matched == 1 && a.Count == 1 && b.Count == 1 && weakest >= TokenAgreement.Sound && IsWhole(a[0]) && IsWhole(b[0]))
        {
            matched = 2;
        }
        // "Ma Guoqing": a word that is a form of address elsewhere is a name where both write the whole name alike.
        if (matched == 1 && missingA + missingB == 0 && a.Count == b.Count && a.Count >= 2 && weakest >= TokenAgreement.Close
            && System.Numerics.BitOperations.PopCount(usedA) == a.Count && System.Numerics.BitOperations.PopCount(usedB) == b.Count
            && a.All(t => t.Kind != NameTokenKind.Initial) && b.All(t => t.Kind != NameTokenKind.Initial))
        {
            matched = 2;
        }
        weight += numbers.Disagreement * Math.Min(missingA, missingB);
        weight += numbers.Missing * Math.Abs(missingA - missingB);
        return new NameAgreement(weight, matched, missingA, missingB, matched > 0 ? weakest : TokenAgreement.None);
    }

    // "Liz" is Elizabeth, whatever their letters have in common.
    private static TokenAgreement LevelOf(NameToken first, NameToken second)
    {
        var level = TokenComparer.Compare(first, second);
        return level is TokenAgreement.None or TokenAgreement.Skeleton or TokenAgreement.Near && GivenNameGroups.Meet(first, second) ? TokenAgreement.Variant : level;
    }

    // Tokens of `many` side by side that together read as one token of `few`.
    private static void Join(
        IReadOnlyList<NameToken> many, IReadOnlyList<NameToken> few, ref uint usedMany, ref uint usedFew, ref double weight, ref int matched,
        ref TokenAgreement weakest, TermFrequencies frequencies, NameNumbers numbers)
    {
        for (var j = 0; j < few.Count; j++)
        {
            if ((usedFew & (1u << j)) != 0 || few[j].Kind == NameTokenKind.Initial)
            {
                continue;
            }
            var found = false;
            for (var length = Math.Min(4, many.Count); length >= 2 && !found; length--)
            {
                for (var i = 0; i + length <= many.Count && !found; i++)
                {
                    var mask = ((1u << length) - 1) << i;
                    if ((usedMany & mask) != 0)
                    {
                        continue;
                    }
                    found = Reads(many, i, length, few[j]);
                    if (!found)
                    {
                        continue;
                    }
                    usedMany |= mask;
                    usedFew |= 1u << j;
                    var bits = 0.0;
                    for (var k = i; k < i + length; k++)
                    {
                        bits += many[k].Kind == NameTokenKind.Ordinary ? Information(many[k], frequencies) : numbers.Initial;
                    }
                    weight += numbers.Joined * Math.Min(bits, numbers.JoinedMost);
                    matched += length;
                    weakest = TokenAgreement.Close < weakest ? TokenAgreement.Close : weakest;
                }
            }
        }
    }

    // In order; or, as "Su-jin Kim" is Kimsujin, with the family name, which stands last on one side, first.
    private static bool Reads(IReadOnlyList<NameToken> tokens, int from, int length, NameToken whole)
    {
        var (size, letters) = (0, 0u);
        for (var i = from; i < from + length; i++)
        {
            size += tokens[i].Readings[0].Length;
            letters |= tokens[i].Letters[0];
        }
        if (size < LeastJoined || !MayRead(size, letters, whole))
        {
            return false;
        }
        var text = size <= 256 ? stackalloc char[256] : new char[size];
        text = text[..size];
        _ = Append(tokens, from, length, text);
        if (Reads(text, whole))
        {
            return true;
        }
        var last = Append(tokens, from + length - 1, 1, text);
        _ = Append(tokens, from, length - 1, text[last..]);
        return Reads(text, whole);
    }

    private static bool MayRead(int size, uint letters, NameToken whole)
    {
        for (var i = 0; i < whole.Readings.Length; i++)
        {
            if (Alike.MayMeet(size, letters, whole.Readings[i].Length, whole.Letters[i], whole.Lossy))
            {
                return true;
            }
        }
        return false;
    }

    private static int Append(IReadOnlyList<NameToken> tokens, int from, int length, Span<char> text)
    {
        var at = 0;
        for (var i = from; i < from + length; i++)
        {
            tokens[i].Readings[0].CopyTo(text[at..]);
            at += tokens[i].Readings[0].Length;
        }
        return at;
    }

    private static bool Reads(ReadOnlySpan<char> text, NameToken whole)
    {
        foreach (var reading in whole.Readings)
        {
            if (reading.Length >= LeastJoined && Alike.Meet(text, reading, whole.Lossy))
            {
                return true;
            }
        }
        return false;
    }

    // Scripts without blanks, and Korean, write given and family name in one.
    private static bool IsWhole(NameToken token) =>
        (NameScripts.IsUnspaced(token.Script) || token.Script == NameScript.Hang) && (token.Readings[0].Length >= 6 || (token.Script is NameScript.Hang or NameScript.Hani && token.Text.Length >= 3));

    private static int Missing(IReadOnlyList<NameToken> tokens, uint used)
    {
        var missing = 0;
        for (var i = 0; i < tokens.Count; i++)
        {
            missing += (used & (1u << i)) == 0 && tokens[i].Kind == NameTokenKind.Ordinary ? 1 : 0;
        }
        return missing;
    }

    private static double Weight(TokenAgreement level, NameToken first, NameToken second, TermFrequencies frequencies, NameNumbers numbers)
    {
        if (first.Kind == NameTokenKind.Weak && second.Kind == NameTokenKind.Weak)
        {
            return level >= TokenAgreement.Sound ? numbers.WeakAlike : numbers.Weak;
        }
        var bits = Math.Min(Information(first, frequencies), Information(second, frequencies));
        return level switch
        {
            TokenAgreement.Exact => bits,
            TokenAgreement.Sound => numbers.Sound * bits,
            TokenAgreement.Close => numbers.Close * bits,
            TokenAgreement.Variant => numbers.Variant * bits,
            TokenAgreement.Near => numbers.Near * bits,
            TokenAgreement.Skeleton => numbers.Skeleton * bits,
            _ => numbers.Initial,
        };
    }

    private static double Information(NameToken token, TermFrequencies frequencies) => -Math.Log2(frequencies.Of(token.Sound));
}
