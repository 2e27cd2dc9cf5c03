namespace CleanRoom.Linkage.Blocking;

/// <summary>Keys and records of one family, reused from family to family.</summary>
internal sealed class KeyList
{
    private const int FilterBits = 23;

    private readonly byte[] _filter = new byte[1 << FilterBits];
    private ulong[] _keys = new ulong[1024];
    private int[] _items = new int[1024];
    private ulong[] _spareKeys = [];
    private int[] _spareItems = [];

    public int Count { get; private set; }

    public ReadOnlySpan<ulong> Keys => _keys.AsSpan(0, Count);

    public ReadOnlySpan<int> Items => _items.AsSpan(0, Count);

    public void Clear() => Count = 0;

    public void Add(ulong key, int item)
    {
        if (Count == _keys.Length)
        {
            Array.Resize(ref _keys, Count * 2);
            Array.Resize(ref _items, Count * 2);
        }
        _keys[Count] = key & RadixSort.KeyMask;
        _items[Count++] = item;
    }

    /// <summary>Drops keys that stand there once (most compound keys do: one byte per hash tells them cheaply), then sorts.</summary>
    public void SortShared()
    {
        if (Count > 4096)
        {
            Array.Clear(_filter);
            for (var i = 0; i < Count; i++)
            {
                ref var seen = ref _filter[Slot(_keys[i])];
                seen = seen == 0 ? (byte)1 : (byte)2;
            }
            var to = 0;
            for (var i = 0; i < Count; i++)
            {
                if (_filter[Slot(_keys[i])] == 2)
                {
                    _keys[to] = _keys[i];
                    _items[to++] = _items[i];
                }
            }
            Count = to;
        }
        Sort();
    }

    /// <summary>Sorts all keys.</summary>
    public void Sort()
    {
        if (_spareKeys.Length < Count)
        {
            _spareKeys = new ulong[_keys.Length];
            _spareItems = new int[_keys.Length];
        }
        RadixSort.Sort(_keys.AsSpan(0, Count), _items.AsSpan(0, Count), _spareKeys.AsSpan(0, Count), _spareItems.AsSpan(0, Count));
    }

    /// <summary>The end of the run of equal keys that begins at <paramref name="from"/>.</summary>
    public int RunEnd(int from)
    {
        var key = _keys[from];
        var end = from + 1;
        while (end < Count && _keys[end] == key)
        {
            end++;
        }
        return end;
    }

    private static int Slot(ulong key) => (int)(key >> (48 - FilterBits));
}
