namespace CleanRoom.Linkage.Tests.Rooms;

/// <summary>Seeded dice of our own: the same rooms on every runtime.</summary>
internal sealed class Dice(int seed)
{
    private ulong _state = ((ulong)(uint)seed * 0x9E3779B97F4A7C15UL) + 0x632BE59BD9B4E019UL;

    public int Below(int limit)
    {
        // SplitMix64.
        var z = _state += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return (int)((z ^ (z >> 31)) % (uint)limit);
    }

    public bool Chance(int percent) => Below(100) < percent;

    public T One<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    public void Shuffle<T>(IList<T> items)
    {
        for (var i = items.Count - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <summary>Fills each # with a digit.</summary>
    public string Digits(string pattern) => string.Concat(pattern.Select(c => c == '#' ? (char)('0' + Below(10)) : c));
}
