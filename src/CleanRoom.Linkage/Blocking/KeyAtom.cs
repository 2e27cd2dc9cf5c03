using System.Runtime.InteropServices;
using CleanRoom.Linkage.Fields;
using CleanRoom.Linkage.Tables;

namespace CleanRoom.Linkage.Blocking;

/// <summary>Where the keys of an atom serve.</summary>
[Flags]
internal enum KeyUse
{
    None = 0,
    Alone = 1,
    Joined = 2,
    Both = 3,
}

/// <summary>One way to make blocking keys of one field: for each value its keys, several or none.</summary>
internal sealed class KeyAtom
{
    public const int MaxKeys = 16;

    private const int MaxCap = 1000;

    private readonly int[] _values;
    private readonly ValueTable _table;
    private readonly Func<int, IEnumerable<ulong>> _keysOf;
    private int[] _starts = [0, 0];
    private uint[] _keys = [];
    private int _known = 1;

    // For each number of records that share a key, up to the largest cap: the records that do.
    private readonly double[] _sharing = new double[MaxCap + 1];

    private KeyAtom(int field, string name, KeyUse use, double survives, ValueTable table, int[] values, Func<int, IEnumerable<ulong>> keysOf)
    {
        Field = field;
        Name = name;
        Use = use;
        Survives = survives;
        _table = table;
        _values = values;
        _keysOf = keysOf;
    }

    public int Field { get; }

    public string Name { get; }

    public KeyUse Use { get; }

    /// <summary>How often, roughly, two values of one truth share a key although they are not the same.</summary>
    public double Survives { get; }

    /// <summary>The share of records that have a value.</summary>
    public double Filled { get; private set; }

    /// <summary>Keys of a record that has a value, on average.</summary>
    public double KeysEach { get; private set; }

    /// <summary>The expected number of other records that share a record's key, for a record with a value.</summary>
    public double Company { get; private set; }

    /// <summary>The key of each record, 0 for none, if no value has more than one.</summary>
    public uint[]? OneByRecord { get; private set; }

    public ReadOnlySpan<uint> KeysOf(int record) => Keys(_values[record]);

    /// <summary>The keys of a value.</summary>
    public ReadOnlySpan<uint> Keys(int value) => _keys.AsSpan(_starts[value], _starts[value + 1] - _starts[value]);

    /// <summary>What blocks of this atom alone hold, as large as a cap and a number of pairs for each record allow.</summary>
    /// <returns>The largest of them, the share of keys that stand in them, and their pairs for each record.</returns>
    public (int Cap, double Reach, double Pairs) Within(int cap, double mostPairs)
    {
        double keys = _sharing[1], pairs = 0;
        for (var size = 2; size <= cap; size++)
        {
            var more = _sharing[size] * (size - 1) / 2 / Math.Max(1, _values.Length);
            if (pairs + more > mostPairs && size > 2)
            {
                cap = size - 1;
                break;
            }
            keys += _sharing[size];
            pairs += more;
        }
        var all = KeysEach * Filled * _values.Length;
        return (cap, all == 0 ? 0 : Math.Min(1, keys / all), pairs);
    }

    public static KeyAtom Make(LinkTable table, int[] values, int field, string name, KeyUse use, double survives, Func<int, IEnumerable<ulong>> keysOf)
    {
        var atom = new KeyAtom(field, name, use, survives, table.Values[field], values, keysOf);
        var most = atom.Extend();
        atom.Measure();
        if (most <= 1)
        {
            atom.OneByRecord = new uint[values.Length];
            for (var i = 0; i < values.Length; i++)
            {
                var mine = atom.Keys(values[i]);
                atom.OneByRecord[i] = mine.Length == 0 ? 0 : mine[0];
            }
        }
        return atom;
    }

    /// <summary>Makes the keys of values that are new.</summary>
    /// <returns>The most keys that one of them has.</returns>
    public int Extend()
    {
        var count = _table.Count;
        if (_known == count)
        {
            return 0;
        }
        Ranges.Grow(ref _starts, count + 1);
        Ranges.Grow(ref _keys, count);
        var (most, at) = (0, _starts[_known]);
        for (; _known < count; _known++)
        {
            var from = at;
            foreach (var wide in _keysOf(_known))
            {
                // A few values that fall together cost a comparison each.
                var key = (uint)(wide >> 32);
                if (key != 0 && at - from < MaxKeys && Array.IndexOf(_keys, key, from, at - from) < 0)
                {
                    Ranges.Grow(ref _keys, at + 1);
                    _keys[at++] = key;
                }
            }
            _starts[_known + 1] = at;
            most = Math.Max(most, at - from);
        }
        return most;
    }

    // By one key in so many of the whole table: the share of record pairs that meet, times the records.
    private void Measure()
    {
        var every = (ulong)Math.Max(1, _starts[_known] / 200_000);
        var perValue = new int[_known];
        long filled = 0;
        foreach (var v in _values)
        {
            perValue[v]++;
            filled += v != 0 ? 1 : 0;
        }
        var counts = new Dictionary<uint, int>();
        for (var v = 1; v < _known; v++)
        {
            foreach (var key in Keys(v))
            {
                if (Hash.Mix(key) % every == 0)
                {
                    CollectionsMarshal.GetValueRefOrAddDefault(counts, key, out _) += perValue[v];
                }
            }
        }
        double pairs = 0, keys = 0;
        foreach (var count in counts.Values)
        {
            pairs += (double)count * (count - 1);
            keys += count;
            if (count <= MaxCap)
            {
                _sharing[count] += (double)count * every;
            }
        }
        Filled = filled / (double)Math.Max(1, _values.Length);
        KeysEach = filled == 0 ? 0 : keys * every / filled;
        Company = filled == 0 ? 0 : pairs * every / filled;
    }
}
