using CleanRoom.Linkage.Comparison;

namespace CleanRoom.Linkage.Fields;

/// <summary>Words of streets, places and occupations.</summary>
internal sealed class TextComparer(ValueTable values) : FieldComparer(values)
{
    private ulong[]?[] _words = [];

    public override void Prepare()
    {
        base.Prepare();
        var from = _words.Length;
        Array.Resize(ref _words, Values.Count);
        for (var i = Math.Max(1, from); i < _words.Length; i++)
        {
            var text = Values.Text(i);
            if (text.Contains(' ', StringComparison.Ordinal))
            {
                _words[i] = [.. text.Split(' ').Where(w => w.Length > 1).Select(w => Hash.Of(w)).Distinct().Take(12)];
            }
        }
    }

    public override int Compare(int first, int second)
    {
        var similarity = Similarity(first, second, 0.8);
        if (similarity >= 0.94 || (Math.Min(Values.Packed[first].Length, Values.Packed[second].Length) >= 5 && Edits(first, second, 1) == 1))
        {
            return Levels.TextClose;
        }
        if (_words[first] is not null || _words[second] is not null)
        {
            var level = Words(_words[first] ?? [Values.Hashes[first]], _words[second] ?? [Values.Hashes[second]]);
            if (level == Levels.TextWithin || similarity < 0.8)
            {
                return level;
            }
        }
        return similarity >= 0.88 ? Levels.TextNear : similarity >= 0.8 ? Levels.TextLoose : Levels.Different;
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
