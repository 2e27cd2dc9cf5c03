using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CleanRoom.Linkage.Fields;

namespace CleanRoom.Linkage.Models;

/// <summary>
/// What eight fields can weigh at most, by the <see cref="Digest"/>s and details of their values: all of them at once, without a branch.
/// Which rules hold for a lane is a mask. Values that are equal are the caller's business.
/// </summary>
internal sealed class LaneBounds
{
    /// <summary>Fields that are bounded together.</summary>
    public const int Count = 8;

    private const uint Bag = 0xF_FFFF, Sound = 0x1Fu << 25, Part = 0x3Fu << 25;
    private const uint Begin = 0x3FF, Words = 0xFFFF_FC00, MoreSound = 0xFFFu << 10, Groups = 0x3FFu << 22;

    private readonly Vector256<uint> _name, _text, _code, _date;

    // From which likeness a level is within reach, by the letters in common at the beginning, and the most that levels up to it weigh.
    private readonly Likeness _looseFrom, _nearFrom, _closeFrom;
    private readonly Vector256<float> _loose, _near, _close;

    // One edit and two; what a beginning, a sound or all words add; letters in disorder or a word; dates.
    private readonly Vector256<float> _edit, _edits, _special, _weak, _year, _decade, _parts;
    private readonly Vector256<float> _different, _most;
    private readonly bool _codes, _dates, _letters;

    /// <summary>Makes it of each lane's kind and level weights.</summary>
    /// <param name="kinds">The kinds; null for a lane without a field, which weighs nothing.</param>
    /// <param name="weights">For each lane the weights of its levels.</param>
    public LaneBounds(IReadOnlyList<FieldKind?> kinds, IReadOnlyList<float[]> weights)
    {
        uint[] name = new uint[Count], text = new uint[Count], code = new uint[Count], date = new uint[Count];
        var rows = new float[15][];
        for (var r = 0; r < rows.Length; r++)
        {
            rows[r] = new float[Count];
        }
        for (var lane = 0; lane < Count; lane++)
        {
            if (kinds[lane] is not { } kind)
            {
                continue;
            }
            var levels = weights[lane];
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
            var all = Enumerable.Range(0, levels.Length - 1).Where(l => !Levels.IsCrossed(kind, l)).Max(l => levels[l]);
            float[] row = [1, 1, 1, all, all, all, all, all, all, all, all, all, all, Most(), all];
            switch (kind)
            {
                case FieldKind.Given or FieldKind.Family:
                    name[lane] = uint.MaxValue;
                    row = [
                        (float)NamePartComparer.LooseFrom, (float)NamePartComparer.NearFrom, (float)NamePartComparer.CloseFrom,
                        Most(Levels.NameLoose), Most(Levels.NameLoose, Levels.NameNear), Most(Levels.NameLoose, Levels.NameNear, Levels.NameClose),
                        Most(Levels.NameLoose, Levels.NameNear), Most(), all, Most(Levels.NameLoose), all, all, all, Most(), all];
                    break;
                case FieldKind.Text:
                    text[lane] = uint.MaxValue;
                    row = [
                        (float)TextComparer.LooseFrom, (float)TextComparer.NearFrom, (float)TextComparer.CloseFrom,
                        Most(Levels.TextLoose), Most(Levels.TextLoose, Levels.TextNear), Most(Levels.TextLoose, Levels.TextNear, Levels.TextClose),
                        Most(Levels.TextClose), Most(), Most(Levels.TextWithin, Levels.TextWord), Most(Levels.TextWord), all, all, all, Most(), all];
                    break;
                case FieldKind.Code:
                    code[lane] = uint.MaxValue;
                    row = [1, 1, 1, Most(), Most(), Most(), Most(Levels.CodeEdit, Levels.CodeTwoEdits), Most(Levels.CodeTwoEdits), Most(Levels.CodePrefix), Most(), all, all, all, Most(), all];
                    break;
                case FieldKind.Phone:
                    code[lane] = uint.MaxValue;
                    row = [1, 1, 1, Most(), Most(), Most(), Most(Levels.PhoneEdit, Levels.PhoneTwoEdits), Most(Levels.PhoneTwoEdits), Most(Levels.PhoneTail), Most(), all, all, all, Most(), all];
                    break;
                case FieldKind.Date:
                    date[lane] = uint.MaxValue;
                    row = [1, 1, 1, all, all, all, all, all, all, all, Most(Levels.DateYear), Most(Levels.DateDecade), Most(Levels.DateTwoParts), Most(), all];
                    break;
                default:
                    break;
            }
            for (var r = 0; r < rows.Length; r++)
            {
                rows[r][lane] = row[r];
            }
        }
        (_name, _text, _code, _date) = (Vector256.Create(name), Vector256.Create(text), Vector256.Create(code), Vector256.Create(date));
        (_looseFrom, _nearFrom, _closeFrom) = (new Likeness(rows[0]), new Likeness(rows[1]), new Likeness(rows[2]));
        (_loose, _near, _close) = (Vector256.Create(rows[3]), Vector256.Create(rows[4]), Vector256.Create(rows[5]));
        (_edit, _edits, _special, _weak) = (Vector256.Create(rows[6]), Vector256.Create(rows[7]), Vector256.Create(rows[8]), Vector256.Create(rows[9]));
        (_year, _decade, _parts) = (Vector256.Create(rows[10]), Vector256.Create(rows[11]), Vector256.Create(rows[12]));
        (_different, _most) = (Vector256.Create(rows[13]), Vector256.Create(rows[14]));
        _codes = code.Any(m => m != 0);
        _dates = date.Any(m => m != 0);
        _letters = name.Concat(text).Any(m => m != 0);
    }

    /// <summary>The most that each lane weighs, its two values being there and not equal.</summary>
    /// <param name="x">Digests of the first record.</param>
    /// <param name="u">Its details.</param>
    /// <param name="y">Digests of the second.</param>
    /// <param name="v">Its details.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<float> Most(Vector256<uint> x, Vector256<uint> u, Vector256<uint> y, Vector256<uint> v)
    {
        var letters = new Bags(x, y);
        var both = u & v;
        var turned = u ^ v;
        var edits = letters.Edits;
        if (_codes)
        {
            // An edit changes at most three pairs of neighbours.
            var neighbours = Vector256.Max(Ones(u & turned & _code), Ones(v & turned & _code)).AsInt32();
            edits = Vector256.Max(edits, -(Vector256.GreaterThan(neighbours, Vector256<int>.Zero) + Vector256.GreaterThan(neighbours, Vector256.Create(3)) + Vector256.GreaterThan(neighbours, Vector256.Create(6))));
        }
        var bound = Vector256.ConditionalSelect(
            Vector256.LessThan(edits, Vector256.Create(2)).AsSingle(), _edit, Vector256.ConditionalSelect(Vector256.LessThan(edits, Vector256.Create(3)).AsSingle(), _edits, _different));
        var special = Vector256.Equals(letters.Differs & Vector256.Create(Part), Vector256<uint>.Zero) & Vector256.GreaterThan(letters.Shortest, Vector256.Create(3)).AsUInt32() & _code;
        if (_letters)
        {
            var (first, second) = Beginning(turned);
            bound = Vector256.Max(bound, Vector256.ConditionalSelect(
                letters.Below(in _looseFrom, first, second), _different,
                Vector256.ConditionalSelect(letters.Below(in _nearFrom, first, second), _loose, Vector256.ConditionalSelect(letters.Below(in _closeFrom, first, second), _near, _close))));
            var (within, word) = InWords(u, v, both);
            special |= (within & _text) | (SameSound(letters.Differs, turned, both) & _name);
            bound = Vector256.Max(bound, Vector256.ConditionalSelect(((word & _text) | (letters.InDisorder & _name)).AsSingle(), _weak, _different));
        }
        bound = Vector256.Max(bound, Vector256.ConditionalSelect(special.AsSingle(), _special, _different));
        if (_dates)
        {
            bound = Vector256.ConditionalSelect(_date.AsSingle(), Dates(x, y, turned), bound);
        }
        var unknown = Vector256.Equals(x, Vector256<uint>.Zero) | Vector256.Equals(y, Vector256<uint>.Zero);
        return Vector256.ConditionalSelect(unknown.AsSingle(), _most, bound);
    }

    /// <summary>A bit for each lane whose values may count as one another's where two fields are changed over: names and texts alike.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint MayBeGood(Vector256<uint> x, Vector256<uint> u, Vector256<uint> y, Vector256<uint> v)
    {
        var letters = new Bags(x, y);
        var (both, turned) = (u & v, u ^ v);
        var (first, second) = Beginning(turned);
        var alike = ~letters.Below(in _nearFrom, first, second).AsUInt32() | Vector256.LessThan(letters.Edits, Vector256.Create(2)).AsUInt32();
        var (within, _) = InWords(u, v, both);
        var unknown = Vector256.Equals(x, Vector256<uint>.Zero) | Vector256.Equals(y, Vector256<uint>.Zero);
        return (alike | (within & _text) | (SameSound(letters.Differs, turned, both) & _name) | unknown | ~(_name | _text)).ExtractMostSignificantBits();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<uint> Within, Vector256<uint> Any) InWords(Vector256<uint> u, Vector256<uint> v, Vector256<uint> both)
    {
        var words = Vector256.Create(Words);
        var common = both & words;
        var any = ~Vector256.Equals(common, Vector256<uint>.Zero);
        return (any & (Vector256.Equals(common, u & words) | Vector256.Equals(common, v & words)), any);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> SameSound(Vector256<uint> differs, Vector256<uint> turned, Vector256<uint> both) =>
        Vector256.Equals((differs & Vector256.Create(Sound)) | (turned & Vector256.Create(MoreSound)), Vector256<uint>.Zero) | ~Vector256.Equals(both & Vector256.Create(Groups), Vector256<uint>.Zero);

    // Digits that differ, as four bits each: one, or two side by side, is an edit; the rest is said by the year and by what is equal.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<float> Dates(Vector256<uint> x, Vector256<uint> y, Vector256<uint> turned)
    {
        var digits = Ones((turned | (turned >>> 1) | (turned >>> 2) | (turned >>> 3)) & Vector256.Create(0x1111_1111u)).AsInt32();
        var near = Vector256.LessThan(digits, Vector256.Create(3)).AsUInt32() | Vector256.Equals(turned & Vector256.Create(0xFFFF_0000u), Vector256<uint>.Zero);
        var sameDay = Vector256.Equals(turned & Vector256.Create(0xFFFFu), Vector256<uint>.Zero);
        var year = Vector256.Create(0x3FFFu);
        var years = Vector256.Abs((x & year).AsInt32() - (y & year).AsInt32());
        var bound = Vector256.ConditionalSelect(
            Vector256.LessThan(years, Vector256.Create(2)).AsSingle(), _year, Vector256.ConditionalSelect(Vector256.LessThan(years, Vector256.Create(11)).AsSingle(), _decade, _different));
        return Vector256.ConditionalSelect(near.AsSingle(), _most, Vector256.ConditionalSelect(sameDay.AsSingle(), _parts, bound));
    }

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

        public Vector256<int> Shortest => Vector256.Min(_la, _lb);

        /// <summary>The least number of edits.</summary>
        public Vector256<int> Edits => Vector256.Max(Vector256.Max(_onlyX, _onlyY), Vector256.Abs(_la - _lb));

        /// <summary>Lanes of one length whose letters are nearly the same.</summary>
        public Vector256<uint> InDisorder => (Vector256.Equals(_la, _lb) & Vector256.LessThan(_onlyX + _onlyY, Vector256.Create(3))).AsUInt32();

        /// <summary>Lanes that Jaro–Winkler certainly leaves below a threshold; products of small whole numbers, so nothing is divided.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<float> Below(in Likeness from, Vector256<float> first, Vector256<float> second)
        {
            var matches = Vector256.ConvertToSingle(Vector256.Max(Vector256.Min(_la - _onlyX, _lb - _onlyY), Vector256<int>.Zero));
            var factor = Vector256.ConditionalSelect(first, Vector256.ConditionalSelect(second, from.WithTwo, from.WithOne), from.WithNone);
            return Vector256.LessThan(matches * Vector256.ConvertToSingle(_la + _lb), factor * (Vector256.ConvertToSingle(_la) * Vector256.ConvertToSingle(_lb)));
        }
    }

    // Lanes whose first letter is the same, and whose second is.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<float> First, Vector256<float> Second) Beginning(Vector256<uint> turned) =>
        (Vector256.Equals(turned & Vector256.Create(0x1Fu), Vector256<uint>.Zero).AsSingle(), Vector256.Equals(turned & Vector256.Create(Begin), Vector256<uint>.Zero).AsSingle());

    /// <summary>
    /// A Jaro–Winkler threshold t: with m matches of la and lb letters and a beginning that counts p, it is reached only if
    /// m(la+lb) is at least (3(t-p)/(1-p) - 1) la lb. No letter in common counts 0, one 0.1, two or more up to 0.4.
    /// </summary>
    private readonly struct Likeness
    {
        public Likeness(float[] thresholds)
        {
            WithNone = Factor(thresholds, 0);
            WithOne = Factor(thresholds, 0.1);
            WithTwo = Factor(thresholds, 0.4);
        }

        public Vector256<float> WithNone { get; }

        public Vector256<float> WithOne { get; }

        public Vector256<float> WithTwo { get; }

        private static Vector256<float> Factor(float[] thresholds, double begin) =>
            Vector256.Create([.. thresholds.Select(t => (float)((3 * (t - 0.0005 - begin) / (1 - begin)) - 1))]);
    }
}
