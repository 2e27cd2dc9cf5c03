namespace CleanRoom.Linkage.Blocking;

/// <summary>Sorts records by 48 bits of their key, least digit first; equal keys keep their order.</summary>
internal static class RadixSort
{
    private const int DigitBits = 12;
    private const int Digits = 4;
    private const ulong Mask = (1UL << DigitBits) - 1;

    /// <summary>The part of a key that counts.</summary>
    public const ulong KeyMask = (1UL << (DigitBits * Digits)) - 1;

    public static void Sort(Span<ulong> keys, Span<int> items, Span<ulong> spareKeys, Span<int> spareItems)
    {
        var n = keys.Length;
        if (n <= 64)
        {
            Insertion(keys, items);
            return;
        }
        var counts = new int[1 << DigitBits];
        for (var digit = 0; digit < Digits; digit++)
        {
            var shift = digit * DigitBits;
            Array.Clear(counts);
            foreach (var key in keys)
            {
                counts[(int)((key >> shift) & Mask)]++;
            }
            var at = 0;
            for (var i = 0; i < counts.Length; i++)
            {
                (counts[i], at) = (at, at + counts[i]);
            }
            for (var i = 0; i < n; i++)
            {
                var to = counts[(int)((keys[i] >> shift) & Mask)]++;
                spareKeys[to] = keys[i];
                spareItems[to] = items[i];
            }
            var k = keys;
            var t = items;
            keys = spareKeys;
            items = spareItems;
            spareKeys = k;
            spareItems = t;
        }
    }

    private static void Insertion(Span<ulong> keys, Span<int> items)
    {
        for (var i = 1; i < keys.Length; i++)
        {
            var (key, item) = (keys[i], items[i]);
            var j = i - 1;
            for (; j >= 0 && (keys[j] & KeyMask) > (key & KeyMask); j--)
            {
                (keys[j + 1], items[j + 1]) = (keys[j], items[j]);
            }
            (keys[j + 1], items[j + 1]) = (key, item);
        }
    }
}
