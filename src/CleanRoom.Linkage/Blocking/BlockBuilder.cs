using CleanRoom.Linkage.Fields;
using CleanRoom.Linkage.Tables;

namespace CleanRoom.Linkage.Blocking;

/// <summary>Finds the blocks of families: records that share a key.</summary>
internal sealed class BlockBuilder(LinkTable table, IReadOnlyList<KeyAtom> atoms)
{
    private const int Refinements = 5;
    private const int Window = 10;
    private const int MaxProduct = 24;

    /// <summary>Blocks of one family.</summary>
    internal sealed class Found
    {
        /// <summary>The records of all blocks, each block ascending and its last record marked.</summary>
        public List<int> Members { get; } = [];

        /// <summary>Pairs in the blocks.</summary>
        public long Pairs { get; private set; }

        /// <summary>Blocks over their cap.</summary>
        public long Cut { get; set; }

        public void Add(KeyList list, int from, int end)
        {
            for (var i = from; i < end - 1; i++)
            {
                Members.Add(list.Record(i));
            }
            Close(list.Record(end - 1), end - from);
        }

        public void Add(ReadOnlySpan<int> members)
        {
            Members.AddRange(members[..^1]);
            Close(members[^1], members.Length);
        }

        private void Close(int last, int count)
        {
            Members.Add(BlockIndex.AsLast(last));
            Pairs += (long)count * (count - 1) / 2;
        }
    }

    public Found Run(KeyFamily family, KeyList list, KeyList inner)
    {
        var found = new Found();
        list.Clear();
        Collect(family, list);
        list.SortShared();
        var cap = family.IsSingle ? SingleCap(list, family.Cap) : family.Cap;
        for (var from = 0; from < list.Count;)
        {
            var end = list.RunEnd(from);
            if (end - from > cap)
            {
                found.Cut++;
                if (!family.IsSingle || !IsCoarse(family))
                {
                    Refine(list, from, end, family, inner, found);
                }
            }
            else if (end - from > 1)
            {
                found.Add(list, from, end);
            }
            from = end;
        }
        return found;
    }

    // A coarse atom's full blocks are met again where it is joined with others.
    private static bool IsCoarse(KeyFamily family) => family.Atoms[0].Company >= KeyPlan.Telling;

    // Frequent values are stop values: the largest cap that keeps within the family's share of the budget.
    private int SingleCap(KeyList list, int most)
    {
        var pairs = new double[most + 1];
        for (var from = 0; from < list.Count;)
        {
            var end = list.RunEnd(from);
            if (end - from <= most)
            {
                pairs[end - from] += (end - from) * (end - from - 1.0) / 2;
            }
            from = end;
        }
        var left = KeyPlan.Budget(table.Count) * KeyPlan.SingleShare * table.Count;
        for (var cap = 2; cap <= most; cap++)
        {
            left -= pairs[cap];
            if (left < 0)
            {
                return Math.Max(2, cap - 1);
            }
        }
        return most;
    }

    private void Collect(KeyFamily family, KeyList list)
    {
        var first = family.Atoms[0];
        if (family.IsSingle)
        {
            for (var i = 0; i < table.Count; i++)
            {
                foreach (var key in first.KeysOf(i))
                {
                    list.Add(Hash.Mix(key), i);
                }
            }
            return;
        }
        var second = family.Atoms[1];
        if (first.OneByRecord is { } left && second.OneByRecord is { } right)
        {
            for (var i = 0; i < left.Length; i++)
            {
                var (x, y) = (left[i], right[i]);
                if (x != 0 && y != 0)
                {
                    list.Add(Hash.Mix(((ulong)x << 32) | y), i);
                }
            }
            return;
        }
        for (var i = 0; i < table.Count; i++)
        {
            var left2 = MaxProduct;
            foreach (var x in first.KeysOf(i))
            {
                foreach (var y in second.KeysOf(i))
                {
                    if (left2-- > 0)
                    {
                        list.Add(Hash.Mix(((ulong)x << 32) | y), i);
                    }
                }
            }
        }
    }

    // Over-full: each member meets those that share one more key; what is still too many only its neighbours in content.
    private void Refine(KeyList list, int first, int last, KeyFamily family, KeyList inner, Found found)
    {
        // So few that all of them are neighbours.
        if (last - first <= Window)
        {
            found.Add(list, first, last);
            return;
        }
        var done = 0;
        foreach (var atom in atoms)
        {
            if (done == Refinements || family.Atoms.Any(a => a.Field == atom.Field))
            {
                continue;
            }
            done++;
            inner.Clear();
            for (var i = first; i < last; i++)
            {
                foreach (var key in atom.KeysOf(list.Record(i)))
                {
                    inner.Add(Hash.Mix(key), list.Record(i));
                }
            }
            inner.SortShared();
            for (var from = 0; from < inner.Count;)
            {
                var end = inner.RunEnd(from);
                if (end - from > 1 && end - from <= family.Cap)
                {
                    found.Add(inner, from, end);
                }
                from = end;
            }
        }
        inner.Clear();
        for (var i = first; i < last; i++)
        {
            inner.Add(Content(list.Record(i)), list.Record(i));
        }
        inner.Sort();
        for (var from = 0; from + 1 < inner.Count; from += Window / 2)
        {
            found.Add(Ascending(inner, from, Math.Min(inner.Count, from + Window)));
        }
    }

    // Equal records side by side, and next to them those that share the first fields.
    private ulong Content(int record)
    {
        ulong hash = 0;
        for (var f = 0; f < table.Fields.Count; f++)
        {
            var value = table.Value(record, f);
            hash = Hash.Join(hash, value == 0 ? 0 : table.Values[f].Hashes[value]);
        }
        return hash;
    }

    private static int[] Ascending(KeyList list, int from, int end)
    {
        var sorted = new int[end - from];
        for (var i = 0; i < sorted.Length; i++)
        {
            sorted[i] = list.Record(from + i);
        }
        Array.Sort(sorted);
        return sorted;
    }
}
