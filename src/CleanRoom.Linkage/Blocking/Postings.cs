namespace CleanRoom.Linkage.Blocking;

/// <summary>
/// Keys of one family with the records that have them, changed in place. A key and a record stand in one word, as in <see cref="KeyList"/>, where
/// the key's first bits say where to look. A key that more records have than the cap is a stop value: its records stand apart and meet nobody
/// through it, until they are few enough again. What a key gives depends on the records that have it now, not on how they came.
/// </summary>
internal sealed class Postings
{
    /// <summary>The most records; a word is never 0.</summary>
    public const int MaxRecords = (1 << RecordBits) - 2;

    private const int RecordBits = 25;
    private const ulong RecordMask = (1UL << RecordBits) - 1;
    private const int LeastBits = 8;

    private readonly int _cap;
    private readonly Dictionary<ulong, HashSet<int>> _crowds = [];
    private ulong[] _words;
    private int _bits;
    private int _count;

    /// <summary>Makes room.</summary>
    /// <param name="cap">The most records that meet through one key.</param>
    /// <param name="expected">Keys that are about to come.</param>
    public Postings(int cap, int expected)
    {
        _cap = cap;
        _bits = LeastBits;
        while ((1L << _bits) * 3 / 4 < expected)
        {
            _bits++;
        }
        _words = new ulong[1 << _bits];
    }

    public void Add(ulong key, int record)
    {
        key &= ~RecordMask;
        if (_crowds.TryGetValue(key, out var crowd))
        {
            _ = crowd.Add(record);
            return;
        }
        if (_count >= _words.Length / 4 * 3)
        {
            Enlarge();
        }
        var word = key | (uint)(record + 1);
        var same = 0;
        var at = Home(key);
        for (; _words[at] != 0; at = Next(at))
        {
            if (_words[at] == word)
            {
                return;
            }
            same += (_words[at] & ~RecordMask) == key ? 1 : 0;
        }
        if (same < _cap)
        {
            _words[at] = word;
            _count++;
            return;
        }
        crowd = [record];
        var members = new List<int>(same);
        Gather(key, members);
        foreach (var member in members)
        {
            Take(key | (uint)(member + 1));
            _ = crowd.Add(member);
        }
        _crowds.Add(key, crowd);
    }

    public void Remove(ulong key, int record)
    {
        key &= ~RecordMask;
        if (!_crowds.TryGetValue(key, out var crowd))
        {
            Take(key | (uint)(record + 1));
            return;
        }
        _ = crowd.Remove(record);
        if (crowd.Count <= _cap)
        {
            _ = _crowds.Remove(key);
            foreach (var member in crowd)
            {
                Add(key, member);
            }
        }
    }

    /// <summary>Adds the records that have a key, if it is no stop value.</summary>
    public void Gather(ulong key, List<int> found)
    {
        key &= ~RecordMask;
        for (var at = Home(key); _words[at] != 0; at = Next(at))
        {
            if ((_words[at] & ~RecordMask) == key)
            {
                found.Add((int)(_words[at] & RecordMask) - 1);
            }
        }
    }

    /// <summary>Asks the memory for the place of a key.</summary>
    public void Fetch(ulong key) => Fields.Memory.Fetch(_words, Home(key & ~RecordMask));

    // What stands behind moves up, so that no search stops short of it (Knuth, The Art of Computer Programming 3, 6.4, algorithm R).
    private void Take(ulong word)
    {
        var at = Home(word);
        while (_words[at] != word)
        {
            if (_words[at] == 0)
            {
                return;
            }
            at = Next(at);
        }
        _count--;
        for (var hole = at; ;)
        {
            _words[hole] = 0;
            do
            {
                at = Next(at);
                if (_words[at] == 0)
                {
                    return;
                }
            }
            while (IsBetween(Home(_words[at]), hole, at));
            _words[hole] = _words[at];
            hole = at;
        }
    }

    // Cyclically after the hole and not after the place.
    private static bool IsBetween(int home, int hole, int at) => hole < at ? hole < home && home <= at : hole < home || home <= at;

    private void Enlarge()
    {
        var old = _words;
        _bits++;
        _words = new ulong[1 << _bits];
        foreach (var word in old)
        {
            if (word != 0)
            {
                var at = Home(word);
                while (_words[at] != 0)
                {
                    at = Next(at);
                }
                _words[at] = word;
            }
        }
    }

    private int Home(ulong word) => (int)(word >> (64 - _bits));

    private int Next(int at) => (at + 1) & (_words.Length - 1);
}
