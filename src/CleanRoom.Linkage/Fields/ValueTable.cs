using CleanRoom.Linkage.Comparison;

namespace CleanRoom.Linkage.Fields;

/// <summary>
/// The distinct values of one field, or of two that are mixed up with each other: each value once, by number from 1; 0 is no value. What
/// comparisons need of a value is worked out once here.
/// </summary>
internal sealed class ValueTable
{
    private readonly TextNumbers _texts = new();
    private int _prepared = 1;

    public int Count => _texts.Count;

    /// <summary>Values in vectors; not packed where the text did not fit.</summary>
    public PackedText[] Packed { get; private set; } = [];

    /// <summary>Hashes that depend on the text only, not on the order in which values came.</summary>
    public ulong[] Hashes { get; private set; } = [];

    public string Text(int number) => _texts.Text(number);

    public int Number(string text) => _texts.Number(text);

    /// <summary>Makes room for so many values in all.</summary>
    public void Expect(int count) => _texts.Expect(count);

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
                _ = PackedText.TryPack(_texts.Text(i), out packed[i]);
                hashes[i] = Hash.Of(_texts.Text(i));
            }
        });
        (Packed, Hashes) = (packed, hashes);
        _prepared = count;
    }
}
