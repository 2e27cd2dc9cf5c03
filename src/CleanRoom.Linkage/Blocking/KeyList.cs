namespace CleanRoom.Linkage.Blocking;

/// <summary>
/// Keys with their records, reused from family to family. A key and its record stand in one word: 39 bits of the key's hash above 25 of the
/// record, so that sorted words give equal keys side by side, their records ascending.
/// </summary>
internal sealed class KeyList
{
    private const int RecordBits = 25;
    private const ulong RecordMask = (1UL << RecordBits) - 1;
    private const int PartBits = 8;
    private const int FilterBits = 13;
    private const int Few = 24;

    private readonly byte[] _filter = new byte[1 << FilterBits];
    private readonly int[] _starts = new int[(1 << PartBits) + 1];
    private ulong[] _words = new ulong[1024];
    private ulong[] _spare = [];
    private ulong[] _left = [];

    public int Count { get; private set; }

    public void Clear() => Count = 0;

    public int Record(int at) => (int)(_words[at] & RecordMask);

    public void Add(ulong key, int record)
    {
        if (Count == _words.Length)
        {
            Array.Resize(ref _words, Count * 2);
        }
        _words[Count++] = (key & ~RecordMask) | (uint)record;
    }

    /// <summary>Sorts, and drops keys that stand there once: most do, and a byte for each hash tells them cheaply. Parts that fit the nearest cache are done one by one.</summary>
    public void SortShared()
    {
        if (Count <= 4096)
        {
            Sort();
            return;
        }
        Array.Clear(_starts);
        for (var i = 0; i < Count; i++)
        {
            _starts[(_words[i] >> (64 - PartBits)) + 1]++;
        }
        for (var p = 0; p < 1 << PartBits; p++)
        {
            _starts[p + 1] += _starts[p];
        }
        if (_spare.Length < Count)
        {
            _spare = new ulong[_words.Length];
        }
        Span<int> fill = stackalloc int[1 << PartBits];
        _starts.AsSpan(0, 1 << PartBits).CopyTo(fill);
        for (var i = 0; i < Count; i++)
        {
            var word = _words[i];
            _spare[fill[(int)(word >> (64 - PartBits))]++] = word;
        }
        var to = 0;
        for (var p = 0; p < 1 << PartBits; p++)
        {
            to += Shared(_spare.AsSpan(_starts[p], _starts[p + 1] - _starts[p]), _words.AsSpan(to));
        }
        Count = to;
    }

    /// <summary>Sorts all keys.</summary>
    public void Sort() => _words.AsSpan(0, Count).Sort();

    /// <summary>The end of the run of equal keys that begins at <paramref name="from"/>.</summary>
    public int RunEnd(int from)
    {
        var end = from + 1;
        while (end < Count && ((_words[end] ^ _words[from]) & ~RecordMask) == 0)
        {
            end++;
        }
        return end;
    }

    // What of a part stands there more than once, sorted.
    private int Shared(ReadOnlySpan<ulong> part, Span<ulong> into)
    {
        var filter = _filter.AsSpan();
        filter.Clear();
        foreach (var word in part)
        {
            ref var seen = ref filter[Slot(word)];
            seen = seen == 0 ? (byte)1 : (byte)2;
        }
        if (_left.Length < part.Length)
        {
            _left = new ulong[Math.Max(part.Length, 2 * _left.Length)];
        }
        Span<int> ends = stackalloc int[1 << PartBits];
        ends.Clear();
        var (left, count) = (_left, 0);
        foreach (var word in part)
        {
            left[count] = word;
            var stays = filter[Slot(word)] >> 1;
            count += stays;
            ends[Digit(word)] += stays;
        }
        for (var d = 1; d < ends.Length; d++)
        {
            ends[d] += ends[d - 1];
        }
        for (var i = count - 1; i >= 0; i--)
        {
            into[--ends[Digit(left[i])]] = left[i];
        }
        for (var d = 0; d < ends.Length; d++)
        {
            Settle(into[ends[d]..(d + 1 < ends.Length ? ends[d + 1] : count)]);
        }
        return count;
    }

    // A few words, nearly always; all alike they are many.
    private static void Settle(Span<ulong> words)
    {
        if (words.Length > Few)
        {
            words.Sort();
            return;
        }
        for (var i = 1; i < words.Length; i++)
        {
            var word = words[i];
            var to = i;
            for (; to > 0 && words[to - 1] > word; to--)
            {
                words[to] = words[to - 1];
            }
            words[to] = word;
        }
    }

    // The bits below those that a part has in common.
    private static int Digit(ulong word) => (int)((word >> (64 - (2 * PartBits))) & ((1 << PartBits) - 1));

    private static int Slot(ulong word) => (int)((word >> (64 - PartBits - FilterBits)) & ((1 << FilterBits) - 1));
}
