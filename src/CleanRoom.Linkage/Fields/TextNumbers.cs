namespace CleanRoom.Linkage.Fields;

/// <summary>
/// Texts by number: each once, from 1 in the order in which they came; 0 is the empty text. A slot holds the hash beside the number, so that
/// a text that is new is told by one look at the memory. The hash is the runtime's, with a seed of its own in each process: nobody can choose
/// texts that meet in one place.
/// </summary>
internal sealed class TextNumbers
{
    private readonly List<string> _texts = [""];
    private ulong[] _slots = new ulong[16];

    public int Count => _texts.Count;

    public string Text(int number) => _texts[number];

    /// <summary>Gives a text's number; a new one if it is not there.</summary>
    public int Number(string text)
    {
        if (text.Length == 0)
        {
            return 0;
        }
        var hash = (ulong)(uint)text.GetHashCode(StringComparison.Ordinal) << 32;
        ref var slot = ref Slot(hash, text);
        if (slot != 0)
        {
            return (int)(uint)slot;
        }
        var number = _texts.Count;
        slot = hash | (uint)number;
        _texts.Add(text);
        // At most half of the slots are taken.
        if (2 * number >= _slots.Length)
        {
            Grow();
        }
        return number;
    }

    /// <summary>Makes room for so many texts in all.</summary>
    public void Expect(int count)
    {
        _ = _texts.EnsureCapacity(count);
        while (2 * count >= _slots.Length)
        {
            Grow();
        }
    }

    // Where a text stands, or the free slot for it.
    private ref ulong Slot(ulong hash, string text)
    {
        var slots = _slots;
        for (var at = (int)(hash >> 32); ; at++)
        {
            ref var slot = ref slots[at & (slots.Length - 1)];
            if (slot == 0 || ((slot ^ hash) >> 32 == 0 && string.Equals(_texts[(int)(uint)slot], text, StringComparison.Ordinal)))
            {
                return ref slot;
            }
        }
    }

    private void Grow()
    {
        var slots = new ulong[_slots.Length * 2];
        foreach (var taken in _slots)
        {
            if (taken != 0)
            {
                var at = (int)(taken >> 32);
                while (slots[at & (slots.Length - 1)] != 0)
                {
                    at++;
                }
                slots[at & (slots.Length - 1)] = taken;
            }
        }
        _slots = slots;
    }
}
