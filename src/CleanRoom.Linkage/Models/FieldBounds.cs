using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CleanRoom.Linkage.Fields;

namespace CleanRoom.Linkage.Models;

/// <summary>
/// What one field can weigh at most, by the <see cref="Digest"/>s and details of its values: a value against eight others at once, without a
/// branch on them. Values that are equal are the caller's business.
/// </summary>
internal sealed class FieldBounds
{
    /// <summary>Values that are bounded together.</summary>
    public const int Count = 8;

    private const uint Bag = 0xF_FFFF, Sound = 0x1Fu << 25, Part = 0x3Fu << 25;
    private const uint Begin = 0x3FF, Words = 0xFFFF_FC00, MoreSound = 0xFFFu << 10, Groups = 0x3FFu << 22;

    private readonly FieldKind _kind;

    // From which likeness a level is within reach, by the letters in common at the beginning, and the most that levels up to it weigh.
    private readonly Likeness _looseFrom, _nearFrom, _closeFrom;
    private readonly float _loose, _near, _close;

    // One edit and two; what a beginning, a sound or all words add; letters in disorder or a word; dates.
    private readonly float _edit, _edits, _special, _weak, _year, _decade, _parts;
    private readonly float _different, _most;

    /// <summary>Makes it of a field's kind and the weights of its levels.</summary>
    public FieldBounds(FieldKind kind, ReadOnlySpan<float> weights)
    {
        var levels = weights.ToArray();
        // The most that any of some levels weighs, or that nothing in common does.
        float Most(params ReadOnlySpan<int> of)
        {
            var most = levels[Levels.Different];
            foreach (var level in of)
            {
                most = Math.Max(most, levels[level]);
            }
            return most;
        }
        _kind = kind;
        _different = Most();
        _most = Enumerable.Range(0, levels.Length - 1).Where(l => !Levels.IsCrossed(kind, l)).Max(l => levels[l]);
        switch (kind)
        {
            case FieldKind.Given or FieldKind.Family:
                (_looseFrom, _nearFrom, _closeFrom) = (new Likeness(NamePartComparer.LooseFrom), new Likeness(NamePartComparer.NearFrom), new Likeness(NamePartComparer.CloseFrom));
                (_loose, _near, _close) = (Most(Levels.NameLoose), Most(Levels.NameLoose, Levels.NameNear), Most(Levels.NameLoose, Levels.NameNear, Levels.NameClose));
                (_edit, _special, _weak) = (Most(Levels.NameLoose, Levels.NameNear), _most, Most(Levels.NameLoose));
                break;
            case FieldKind.Text:
                (_looseFrom, _nearFrom, _closeFrom) = (new Likeness(TextComparer.LooseFrom), new Likeness(TextComparer.NearFrom), new Likeness(TextComparer.CloseFrom));
                (_loose, _near, _close) = (Most(Levels.TextLoose), Most(Levels.TextLoose, Levels.TextNear), Most(Levels.TextLoose, Levels.TextNear, Levels.TextClose));
                (_edit, _special, _weak) = (Most(Levels.TextClose), Most(Levels.TextWithin, Levels.TextWord), Most(Levels.TextWord));
                break;
            case FieldKind.Code:
                (_edit, _edits, _special) = (Most(Levels.CodeEdit, Levels.CodeTwoEdits), Most(Levels.CodeTwoEdits), Most(Levels.CodePrefix));
                break;
            case FieldKind.Phone:
                (_edit, _edits, _special) = (Most(Levels.PhoneEdit, Levels.PhoneTwoEdits), Most(Levels.PhoneTwoEdits), Most(Levels.PhoneTail));
                break;
            case FieldKind.Date:
                (_year, _decade, _parts) = (Most(Levels.DateYear), Most(Levels.DateDecade), Most(Levels.DateTwoParts));
                break;
            default:
                break;
        }
    }

    /// <summary>The most that the field weighs, its two values being there and not equal.</summary>
    /// <param name="digest">Digest of the value.</param>
    /// <param name="detail">Its detail.</param>
    /// <param name="digests">Digests of the others.</param>
    /// <param name="details">Their details.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public Vector256<float> Most(uint digest, uint detail, in Vector256<uint> digests, in Vector256<uint> details)
    {
        if (digest == 0)
        {
            return Vector256.Create(_most);
        }
        var (x, y) = (Vector256.Create(digest), digests);
        var (u, v) = (Vector256.Create(detail), details);
        var bound = _kind switch
        {
            FieldKind.Given or FieldKind.Family => Names(x, u, y, v),
            FieldKind.Text => Texts(x, u, y, v),
            FieldKind.Code or FieldKind.Phone => Codes(x, u, y, v),
            FieldKind.Date => Dates(x, y, u ^ v),
            _ => Vector256.Create(_most),
        };
        return Vector256.ConditionalSelect(Vector256.Equals(y, Vector256<uint>.Zero).AsSingle(), Vector256.Create(_most), bound);
    }

    /// <summary>Which of the others may count as the value where two fields are changed over: names and texts alike.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public Vector256<uint> MayBeGood(uint digest, uint detail, in Vector256<uint> digests, in Vector256<uint> details)
    {
        if (digest == 0 || _kind is not (FieldKind.Given or FieldKind.Family or FieldKind.Text))
        {
            return Vector256<uint>.AllBitsSet;
        }
        var (x, y) = (Vector256.Create(digest), digests);
        var (u, v) = (Vector256.Create(detail), details);
        var letters = new Bags(x, y);
        var turned = u ^ v;
        var (first, second) = Beginning(turned);
        var alike = ~letters.Below(in _nearFrom, first, second).AsUInt32() | Vector256.LessThan(letters.Edits, Vector256.Create(2)).AsUInt32();
        var special = _kind == FieldKind.Text ? InWords(u, v).Within : SameSound(letters.Differs, turned, u & v);
        return alike | special | Vector256.Equals(y, Vector256<uint>.Zero);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<float> Names(Vector256<uint> x, Vector256<uint> u, Vector256<uint> y, Vector256<uint> v)
    {
        var letters = new Bags(x, y);
        var turned = u ^ v;
        return Vector256.Max(
            Alike(in letters, turned),
            Vector256.Max(Where(SameSound(letters.Differs, turned, u & v), _special), Where(letters.InDisorder, _weak)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<float> Texts(Vector256<uint> x, Vector256<uint> u, Vector256<uint> y, Vector256<uint> v)
    {
        var letters = new Bags(x, y);
        var (within, word) = InWords(u, v);
        return Vector256.Max(Alike(in letters, u ^ v), Vector256.Max(Where(within, _special), Where(word, _weak)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<float> Codes(Vector256<uint> x, Vector256<uint> u, Vector256<uint> y, Vector256<uint> v)
    {
        var letters = new Bags(x, y);
        // An edit changes at most three pairs of neighbours.
        var neighbours = Vector256.Max(Ones(u & ~v), Ones(v & ~u)).AsInt32();
        var edits = Vector256.Max(letters.Edits, -(Vector256.GreaterThan(neighbours, Vector256<int>.Zero) + Vector256.GreaterThan(neighbours, Vector256.Create(3)) + Vector256.GreaterThan(neighbours, Vector256.Create(6))));
        var bound = Vector256.ConditionalSelect(Vector256.LessThan(edits, Vector256.Create(2)).AsSingle(), Vector256.Create(_edit), Where(Vector256.LessThan(edits, Vector256.Create(3)).AsUInt32(), _edits));
        var special = Vector256.Equals(letters.Differs & Vector256.Create(Part), Vector256<uint>.Zero) & Vector256.GreaterThan(letters.Shortest, Vector256.Create(3)).AsUInt32();
        return Vector256.Max(bound, Where(special, _special));
    }

    // Digits that differ, as four bits each: one, or two side by side, is an edit; the rest is said by the year and by what is equal.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<float> Dates(Vector256<uint> x, Vector256<uint> y, Vector256<uint> turned)
    {
        var digits = Ones((turned | (turned >>> 1) | (turned >>> 2) | (turned >>> 3)) & Vector256.Create(0x1111_1111u)).AsInt32();
        var near = Vector256.LessThan(digits, Vector256.Create(3)).AsUInt32() | Vector256.Equals(turned & Vector256.Create(0xFFFF_0000u), Vector256<uint>.Zero);
        var sameDay = Vector256.Equals(turned & Vector256.Create(0xFFFFu), Vector256<uint>.Zero);
        var year = Vector256.Create(0x3FFFu);
        var years = Vector256.Abs((x & year).AsInt32() - (y & year).AsInt32());
        var bound = Vector256.ConditionalSelect(Vector256.LessThan(years, Vector256.Create(2)).AsSingle(), Vector256.Create(_year), Where(Vector256.LessThan(years, Vector256.Create(11)).AsUInt32(), _decade));
        return Vector256.ConditionalSelect(near.AsSingle(), Vector256.Create(_most), Vector256.ConditionalSelect(sameDay.AsSingle(), Vector256.Create(_parts), bound));
    }

    // By an edit, or by Jaro–Winkler.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<float> Alike(in Bags letters, Vector256<uint> turned)
    {
        var (first, second) = Beginning(turned);
        var likeness = Vector256.ConditionalSelect(
            letters.Below(in _looseFrom, first, second), Vector256.Create(_different),
            Vector256.ConditionalSelect(
                letters.Below(in _nearFrom, first, second), Vector256.Create(_loose),
                Vector256.ConditionalSelect(letters.Below(in _closeFrom, first, second), Vector256.Create(_near), Vector256.Create(_close))));
        return Vector256.Max(likeness, Where(Vector256.LessThan(letters.Edits, Vector256.Create(2)).AsUInt32(), _edit));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<float> Where(Vector256<uint> mask, float weight) => Vector256.ConditionalSelect(mask.AsSingle(), Vector256.Create(weight), Vector256.Create(_different));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<uint> Within, Vector256<uint> Any) InWords(Vector256<uint> u, Vector256<uint> v)
    {
        var words = Vector256.Create(Words);
        var common = u & v & words;
        var any = ~Vector256.Equals(common, Vector256<uint>.Zero);
        return (any & (Vector256.Equals(common, u & words) | Vector256.Equals(common, v & words)), any);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> SameSound(Vector256<uint> differs, Vector256<uint> turned, Vector256<uint> both) =>
        Vector256.Equals((differs & Vector256.Create(Sound)) | (turned & Vector256.Create(MoreSound)), Vector256<uint>.Zero) | ~Vector256.Equals(both & Vector256.Create(Groups), Vector256<uint>.Zero);

    // Bits set in each lane.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Ones(Vector256<uint> v)
    {
        v -= (v >>> 1) & Vector256.Create(0x5555_5555u);
        v = (v & Vector256.Create(0x3333_3333u)) + ((v >>> 2) & Vector256.Create(0x3333_3333u));
        v = (v + (v >>> 4)) & Vector256.Create(0x0F0F_0F0Fu);
        v += v >>> 8;
        return (v + (v >>> 16)) & Vector256.Create(0x3Fu);
    }

    // Lanes whose first letter is the same, and whose second is.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<float> First, Vector256<float> Second) Beginning(Vector256<uint> turned) =>
        (Vector256.Equals(turned & Vector256.Create(0x1Fu), Vector256<uint>.Zero).AsSingle(), Vector256.Equals(turned & Vector256.Create(Begin), Vector256<uint>.Zero).AsSingle());

    /// <summary>What the characters of two texts have in common, without their order.</summary>
    private readonly ref struct Bags
    {
        private readonly Vector256<int> _la, _lb, _onlyX, _onlyY;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Bags(Vector256<uint> x, Vector256<uint> y)
        {
            Differs = x ^ y;
            var bag = Differs & Vector256.Create(Bag);
            _onlyX = Ones(x & bag).AsInt32();
            _onlyY = Ones(y & bag).AsInt32();
            _la = ((x >>> 20) & Vector256.Create(0x1Fu)).AsInt32();
            _lb = ((y >>> 20) & Vector256.Create(0x1Fu)).AsInt32();
        }

        public Vector256<uint> Differs { get; }

        public Vector256<int> Shortest
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get => Vector256.Min(_la, _lb);
        }

        /// <summary>The least number of edits.</summary>
        public Vector256<int> Edits
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get => Vector256.Max(Vector256.Max(_onlyX, _onlyY), Vector256.Abs(_la - _lb));
        }

        /// <summary>Lanes of one length whose letters are nearly the same.</summary>
        public Vector256<uint> InDisorder
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get => (Vector256.Equals(_la, _lb) & Vector256.LessThan(_onlyX + _onlyY, Vector256.Create(3))).AsUInt32();
        }

        /// <summary>Lanes that Jaro–Winkler certainly leaves below a threshold; products of small whole numbers, so nothing is divided.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<float> Below(in Likeness from, Vector256<float> first, Vector256<float> second)
        {
            var matches = Vector256.ConvertToSingle(Vector256.Max(Vector256.Min(_la - _onlyX, _lb - _onlyY), Vector256<int>.Zero));
            var factor = Vector256.ConditionalSelect(
                first, Vector256.ConditionalSelect(second, Vector256.Create(from.WithTwo), Vector256.Create(from.WithOne)), Vector256.Create(from.WithNone));
            return Vector256.LessThan(matches * Vector256.ConvertToSingle(_la + _lb), factor * Vector256.ConvertToSingle(_la * _lb));
        }
    }

    /// <summary>
    /// A Jaro–Winkler threshold t: with m matches of la and lb letters and a beginning that counts p, it is reached only if
    /// m(la+lb) is at least (3(t-p)/(1-p) - 1) la lb. No letter in common counts 0, one 0.1, two or more up to 0.4.
    /// </summary>
    private readonly struct Likeness(double threshold)
    {
        public float WithNone { get; } = Factor(threshold, 0);

        public float WithOne { get; } = Factor(threshold, 0.1);

        public float WithTwo { get; } = Factor(threshold, 0.4);

        private static float Factor(double threshold, double begin) => (float)((3 * (threshold - 0.0005 - begin) / (1 - begin)) - 1);
    }
}
