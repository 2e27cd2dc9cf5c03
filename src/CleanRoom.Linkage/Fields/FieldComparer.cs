using CleanRoom.Linkage.Comparison;

namespace CleanRoom.Linkage.Fields;

/// <summary>Compares two different values of one field. Pure and thread-safe; the order of the two does not matter.</summary>
internal abstract class FieldComparer(ValueTable values)
{
    private int _prepared = 1;

    protected ValueTable Values => values;

    /// <summary>Gives the level of two values with different numbers, neither 0.</summary>
    public abstract int Compare(int first, int second);

    /// <summary>Asks the memory for what comparisons of a value look at first.</summary>
    public virtual void Fetch(int value)
    {
    }

    /// <summary>The value's <see cref="Fields.Digest"/>, or 0.</summary>
    public virtual uint Digest(int value) => 0;

    /// <summary>More of the value for <see cref="Models.FieldBounds"/>; 0 wherever the digest is.</summary>
    public virtual uint Detail(int value) => 0;

    /// <summary>Works out what is needed of values that are new since the last call.</summary>
    public void Prepare()
    {
        values.Prepare();
        if (_prepared < values.Count)
        {
            Prepare(_prepared, values.Count);
            _prepared = values.Count;
        }
    }

    /// <summary>Works out what is needed of the values from <paramref name="from"/> to before <paramref name="end"/>.</summary>
    protected virtual void Prepare(int from, int end)
    {
    }

    public static FieldComparer For(FieldKind kind, ValueTable values) => kind switch
    {
        FieldKind.Given or FieldKind.Family => new NamePartComparer(values),
        FieldKind.Name => new WholeNameComparer(values),
        FieldKind.Date => new DateComparer(values),
        FieldKind.Code => new CodeComparer(values),
        FieldKind.Phone => new PhoneComparer(values),
        FieldKind.Email => new EmailComparer(values),
        FieldKind.Text => new TextComparer(values),
        FieldKind.Category or FieldKind.Country => new CategoryComparer(values),
        FieldKind.Number => new NumberComparer(values),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>Edits between two values, or more than <paramref name="most"/> if there are more.</summary>
    protected int Edits(int first, int second, int most)
    {
        ref readonly var a = ref values.Packed[first];
        ref readonly var b = ref values.Packed[second];
        if (a.IsPacked && b.IsPacked)
        {
            return PackedText.LeastEdits(in a, in b) > most ? most + 1 : EditDistance.Between(in a, in b);
        }
        var (left, right) = (values.Text(first), values.Text(second));
        return Math.Abs(left.Length - right.Length) > most ? most + 1 : EditDistance.Between(left, right);
    }

    /// <summary>Jaro–Winkler similarity, or 0 if it is certainly below <paramref name="least"/>.</summary>
    protected double Similarity(int first, int second, double least)
    {
        ref readonly var a = ref values.Packed[first];
        ref readonly var b = ref values.Packed[second];
        if (a.IsPacked && b.IsPacked)
        {
            return PackedText.MostSimilar(in a, in b) < least ? 0 : JaroWinkler.Similarity(in a, in b);
        }
        return JaroWinkler.Similarity(values.Text(first), values.Text(second));
    }
}

/// <summary>Words of a short list: equal or not.</summary>
internal sealed class CategoryComparer(ValueTable values) : FieldComparer(values)
{
    public override int Compare(int first, int second) => Levels.Different;
}

/// <summary>Codes: edits with confusables folded (O and 0, I and 1, S and 5, B and 8, Z and 2), and a common beginning.</summary>
internal sealed class CodeComparer(ValueTable values) : FieldComparer(values)
{
    private const ulong Letters = (1UL << 52) - 1;

    public override void Fetch(int value) => Memory.Fetch(Values.Packed, value);

    public override uint Digest(int value) => Values.Packed[value].IsPacked ? Fields.Digest.OfCode(Plain(Values.Text(value)), Values.Text(value).AsSpan(0, Math.Min(3, Values.Text(value).Length))) : 0;

    public override uint Detail(int value) => Fields.Digest.Neighbours(Plain(Values.Text(value)));

    public override int Compare(int first, int second)
    {
        ref readonly var a = ref Values.Packed[first];
        ref readonly var b = ref Values.Packed[second];
        if (!a.IsPacked || !b.IsPacked)
        {
            return Edits(first, second, 2) switch
            {
                1 => Levels.CodeEdit,
                2 => Levels.CodeTwoEdits,
                _ => Levels.Different,
            };
        }
        var shortest = Math.Min(a.Length, b.Length);
        // One of three characters wrong is another house, one of two another age.
        var allowed = shortest >= 6 ? 2 : 1;
        if (PackedText.LeastEdits(in a, in b) <= allowed)
        {
            var edits = EditDistance.Between(in a, in b);
            if (edits <= allowed)
            {
                return edits == 1 ? Levels.CodeEdit : Levels.CodeTwoEdits;
            }
        }
        if (shortest < 4)
        {
            return Levels.Different;
        }
        // Confusables take letters and digits for each other, so only codes with letters have them.
        if (a.Length == b.Length && ((a.Bag ^ b.Bag) & Letters) != 0 && Folded(Values.Text(first), Values.Text(second)))
        {
            return Levels.CodeEdit;
        }
        return ((a.Begin ^ b.Begin) & 0xFF_FFFF) == 0 ? Levels.CodePrefix : Levels.Different;
    }

    private static bool Folded(string left, string right)
    {
        for (var i = 0; i < left.Length; i++)
        {
            if (Plain(left[i]) != Plain(right[i]))
            {
                return false;
            }
        }
        return true;
    }

    private static string Plain(string text) =>
        text.AsSpan().ContainsAnyInRange('a', 'z') ? string.Create(text.Length, text, (span, from) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = Plain(from[i]);
            }
        }) : text;

    private static char Plain(char c) => c switch
    {
        'o' or 'q' => '0',
        'i' or 'l' => '1',
        's' => '5',
        'b' => '8',
        'z' => '2',
        _ => c,
    };
}

/// <summary>Telephone numbers as digits.</summary>
internal sealed class PhoneComparer(ValueTable values) : FieldComparer(values)
{
    private const int LeastTail = 7;

    public override uint Digest(int value) => Fields.Digest.OfCode(Values.Text(value), Values.Text(value).AsSpan(Math.Max(0, Values.Text(value).Length - LeastTail)));

    public override uint Detail(int value) => Fields.Digest.Neighbours(Values.Text(value));

    public override int Compare(int first, int second)
    {
        var (left, right) = (Values.Text(first), Values.Text(second));
        var tail = Math.Min(8, Math.Min(left.Length, right.Length));
        if (tail >= LeastTail && left.AsSpan(left.Length - tail).SequenceEqual(right.AsSpan(right.Length - tail)))
        {
            return Levels.PhoneTail;
        }
        return Edits(first, second, 2) switch
        {
            1 => Levels.PhoneEdit,
            2 => Levels.PhoneTwoEdits,
            _ => Levels.Different,
        };
    }
}

/// <summary>Whole numbers.</summary>
internal sealed class NumberComparer(ValueTable values) : FieldComparer(values)
{
    private int[] _numbers = [];

    protected override void Prepare(int from, int end)
    {
        Ranges.Grow(ref _numbers, end);
        for (var i = from; i < end; i++)
        {
            _numbers[i] = int.Parse(Values.Text(i), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    public override int Compare(int first, int second)
    {
        var (a, b) = (_numbers[first], _numbers[second]);
        var distance = Math.Abs(a - b);
        return distance <= 1 ? Levels.NumberNext : distance <= Math.Max(2, Math.Max(a, b) / 20) ? Levels.NumberNear : Levels.Different;
    }
}

/// <summary>E-mail addresses.</summary>
internal sealed class EmailComparer(ValueTable values) : FieldComparer(values)
{
    public override int Compare(int first, int second)
    {
        var (left, right) = (Values.Text(first), Values.Text(second));
        if (Edits(first, second, 2) <= 2)
        {
            return Levels.EmailEdit;
        }
        var at = left.IndexOf('@', StringComparison.Ordinal);
        var other = right.IndexOf('@', StringComparison.Ordinal);
        if (at < 0 || other < 0)
        {
            return Similarity(first, second, 0.9) >= 0.9 ? Levels.EmailNear : Levels.Different;
        }
        var mailbox = left.AsSpan(0, at);
        var mailbox2 = right.AsSpan(0, other);
        var sameDomain = left.AsSpan(at).SequenceEqual(right.AsSpan(other));
        if (at >= 3 && mailbox.SequenceEqual(mailbox2))
        {
            return Levels.EmailLocal;
        }
        if (Similarity(first, second, 0.9) >= 0.9 || (at >= 5 && JaroWinkler.Similarity(mailbox, mailbox2) >= 0.93))
        {
            return Levels.EmailNear;
        }
        return sameDomain ? Levels.EmailDomain : Levels.Different;
    }
}
