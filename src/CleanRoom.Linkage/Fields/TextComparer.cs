using CleanRoom.Linkage.Comparison;

namespace CleanRoom.Linkage.Fields;

/// <summary>Words of streets, places and occupations.</summary>
internal sealed class TextComparer(ValueTable values) : FieldComparer(values)
{
    public const double LooseFrom = 0.8, NearFrom = 0.88, CloseFrom = 0.94;

    private ulong[]?[] _words = [];

    // One bit for each word, by its hash: texts without a bit in common have no word in common.
    private ulong[] _bits = [];

    protected override void Prepare(int from, int end)
    {
        Ranges.Grow(ref _words, end);
        Ranges.Grow(ref _bits, end);
        Ranges.For(from, end, (first, last) =>
        {
            for (var i = first; i < last; i++)
            {
                var text = Values.Text(i);
                _bits[i] = 1UL << (int)(Values.Hashes[i] >> 58);
                if (text.Contains(' ', StringComparison.Ordinal))
                {
                    _words[i] = [.. text.Split(' ').Where(w => w.Length > 1).Select(w => Hash.Of(w)).Distinct().Take(12)];
                    _bits[i] = _words[i]!.Aggregate(0UL, (bits, word) => bits | (1UL << (int)(word >> 58)));
                }
            }
        });
    }

    public override uint Digest(int value) => Values.Packed[value].IsPacked ? Fields.Digest.OfText(Values.Text(value)) : 0;

    public override uint Detail(int value) => Values.Packed[value].IsPacked ? Fields.Digest.DetailOfText(Values.Text(value), _words[value] ?? [Values.Hashes[value]]) : 0;

    public override void Fetch(int value)
    {
        Memory.Fetch(Values.Packed, value);
        Memory.Fetch(_bits, value);
        Memory.Fetch(_words, value);
    }

    public override int Compare(int first, int second)
    {
        ref readonly var a = ref Values.Packed[first];
        ref readonly var b = ref Values.Packed[second];
        var similarity = 0.0;
        if (!a.IsPacked || !b.IsPacked)
        {
            similarity = JaroWinkler.Similarity(Values.Text(first), Values.Text(second));
        }
        else if (PackedText.MostSimilar(in a, in b) >= LooseFrom)
        {
            similarity = JaroWinkler.Similarity(in a, in b);
            if (similarity < CloseFrom && Math.Min(a.Length, b.Length) >= 5 && PackedText.LeastEdits(in a, in b) <= 1 && EditDistance.Between(in a, in b) == 1)
            {
                return Levels.TextClose;
            }
        }
        if (similarity >= CloseFrom)
        {
            return Levels.TextClose;
        }
        if ((_bits[first] & _bits[second]) != 0 && (_words[first] is not null || _words[second] is not null))
        {
            var level = Words(_words[first] ?? [Values.Hashes[first]], _words[second] ?? [Values.Hashes[second]]);
            if (level == Levels.TextWithin || similarity < LooseFrom)
            {
                return level;
            }
        }
        return similarity >= NearFrom ? Levels.TextNear : similarity >= LooseFrom ? Levels.TextLoose : Levels.Different;
    }

    private static int Words(ulong[] first, ulong[] second)
    {
        var common = 0;
        foreach (var word in first)
        {
            common += Array.IndexOf(second, word) >= 0 ? 1 : 0;
        }
        if (common == 0)
        {
            return Levels.Different;
        }
        return common == Math.Min(first.Length, second.Length) ? Levels.TextWithin : Levels.TextWord;
    }
}
