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
        public List<int> Members { get; } = [];

        public List<int> Ends { get; } = [];

        /// <summary>Blocks over their cap.</summary>
        public long Cut { get; set; }

        public void Add(ReadOnlySpan<int> members)
        {
            Members.AddRange(members);
            Ends.Add(Members.Count);
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
            var members = list.Items[from..end];
            if (members.Length > cap)
            {
                found.Cut++;
                if (!family.IsSingle || !IsCoarse(family))
                {
                    Refine(members, family, inner, found);
                }
            }
            else if (members.Length > 1)
            {
                found.Add(members);
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
        var left = KeyPlan.Budget(table.Count) / 8 * table.Count;
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
                foreach (var key in first.Keys(table.Value(i, first.Field)))
                {
                    list.Add(key, i);
                }
            }
            return;
        }
        var second = family.Atoms[1];
        for (var i = 0; i < table.Count; i++)
        {
            var (a, b) = (table.Value(i, first.Field), table.Value(i, second.Field));
            if (a == 0 || b == 0)
            {
                continue;
            }
            var left = MaxProduct;
            foreach (var x in first.Keys(a))
            {
                foreach (var y in second.Keys(b))
                {
                    if (left-- > 0)
                    {
                        list.Add(Hash.Join(x, y), i);
                    }
                }
            }
        }
    }

    // Over-full: each member meets those that share one more key; what is still too many only its neighbours in content.
    private void Refine(ReadOnlySpan<int> members, KeyFamily family, KeyList inner, Found found)
    {
        var done = 0;
        foreach (var atom in atoms)
        {
            if (done == Refinements || family.Atoms.Any(a => a.Field == atom.Field))
            {
                continue;
            }
            done++;
            inner.Clear();
            foreach (var i in members)
            {
                foreach (var key in atom.Keys(table.Value(i, atom.Field)))
                {
                    inner.Add(key, i);
                }
            }
            inner.SortShared();
            for (var from = 0; from < inner.Count;)
            {
                var end = inner.RunEnd(from);
                if (end - from > 1 && end - from <= family.Cap)
                {
                    found.Add(inner.Items[from..end]);
                }
                from = end;
            }
        }
        inner.Clear();
        foreach (var i in members)
        {
            inner.Add(Content(i), i);
        }
        inner.Sort();
        for (var from = 0; from + 1 < inner.Count; from += Window / 2)
        {
            found.Add(Ascending(inner.Items[from..Math.Min(inner.Count, from + Window)]));
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

    private static int[] Ascending(ReadOnlySpan<int> members)
    {
        var sorted = members.ToArray();
        Array.Sort(sorted);
        return sorted;
    }
}
