using CleanRoom.Linkage.Comparison;

namespace CleanRoom.Linkage.Fields;

/// <summary>
/// The distinct values of one field, or of two that are mixed up with each other: each value once, by number from 1; 0 is no value. What
/// comparisons need of a value is worked out once here.
/// </summary>
internal sealed class ValueTable
{
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<string> _texts = [""];
    private int _prepared = 1;

    public int Count => _texts.Count;

    /// <summary>Values in vectors; not packed where the text did not fit.</summary>
    public PackedText[] Packed { get; private set; } = [];

    /// <summary>Hashes that depend on the text only, not on the order in which values came.</summary>
    public ulong[] Hashes { get; private set; } = [];

    public string Text(int number) => _texts[number];

    public int Find(string text) => _numbers.GetValueOrDefault(text);

    public int Number(string text)
    {
        if (text.Length == 0)
        {
            return 0;
        }
        if (!_numbers.TryGetValue(text, out var number))
        {
            number = _texts.Count;
            _numbers.Add(text, number);
            _texts.Add(text);
        }
        return number;
    }

    /// <summary>Works out what is new since the last call.</summary>
    public void Prepare()
    {
        var count = _texts.Count;
        if (_prepared == count)
        {
            return;
        }
        var (packed, hashes) = (Packed, Hashes);
        Ranges.Grow(ref packed, count);
        Ranges.Grow(ref hashes, count);
        Ranges.For(_prepared, count, (first, end) =>
        {
            for (var i = first; i < end; i++)
            {
                _ = PackedText.TryPack(_texts[i], out packed[i]);
                hashes[i] = Hash.Of(_texts[i]);
            }
        });
        (Packed, Hashes) = (packed, hashes);
        _prepared = count;
    }
}
