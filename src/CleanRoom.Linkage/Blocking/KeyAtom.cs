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

    private readonly int[] _starts;
    private readonly uint[] _keys;
    private readonly int[] _values;

    private KeyAtom(int field, string name, KeyUse use, int[] starts, uint[] keys, int[] values)
    {
        _values = values;
        Field = field;
        Name = name;
        Use = use;
        _starts = starts;
        _keys = keys;
    }

    public int Field { get; }

    public string Name { get; }

    public KeyUse Use { get; }

    /// <summary>The expected number of other records that share a record's key, for a record with a value.</summary>
    public double Company { get; private set; }

    /// <summary>The key of each record, 0 for none, if no value has more than one.</summary>
    public uint[]? OneByRecord { get; private set; }

    public ReadOnlySpan<uint> KeysOf(int record) => Keys(_values[record]);

    private ReadOnlySpan<uint> Keys(int value) => _keys.AsSpan(_starts[value], _starts[value + 1] - _starts[value]);

    public static KeyAtom Make(LinkTable table, int[] values, int field, string name, KeyUse use, Func<int, IEnumerable<ulong>> keysOf)
    {
        var count = table.Values[field].Count;
        var starts = new int[count + 1];
        var keys = new List<uint>(count);
        var most = 0;
        for (var v = 1; v < count; v++)
        {
            starts[v] = keys.Count;
            var from = keys.Count;
            foreach (var wide in keysOf(v))
            {
                // A few values that fall together cost a comparison each.
                var key = (uint)(wide >> 32);
                if (key != 0 && keys.Count - from < MaxKeys && keys.IndexOf(key, from) < 0)
                {
                    keys.Add(key);
                }
            }
            most = Math.Max(most, keys.Count - from);
        }
        starts[count] = keys.Count;
        var atom = new KeyAtom(field, name, use, starts, [.. keys], values);
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

    // By one key in so many of the whole table: the share of record pairs that meet, times the records.
    private void Measure()
    {
        var every = (ulong)Math.Max(1, _keys.Length / 200_000);
        var perValue = new int[_starts.Length];
        long filled = 0;
        foreach (var v in _values)
        {
            perValue[v]++;
            filled += v != 0 ? 1 : 0;
        }
        var counts = new Dictionary<uint, int>();
        for (var v = 1; v < _starts.Length - 1; v++)
        {
            foreach (var key in Keys(v))
            {
                if (Hash.Mix(key) % every == 0)
                {
                    CollectionsMarshal.GetValueRefOrAddDefault(counts, key, out _) += perValue[v];
                }
            }
        }
        double pairs = 0;
        foreach (var count in counts.Values)
        {
            pairs += (double)count * (count - 1);
        }
        Company = filled == 0 ? 0 : pairs * every / filled;
    }
}
