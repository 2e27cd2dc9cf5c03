using CleanRoom.Linkage.Fields;
using CleanRoom.Linkage.Tables;

namespace CleanRoom.Linkage.Blocking;

/// <summary>A family of keys: one atom, or several joined.</summary>
internal sealed record KeyFamily(IReadOnlyList<KeyAtom> Atoms, int Cap)
{
    public string Name => string.Join(" + ", Atoms.Select(a => a.Name));

    public bool IsSingle => Atoms.Count == 1;
}

/// <summary>
/// Chooses the families from the data: an atom that nearly tells records apart stands alone; those that do not are joined with each other
/// (after Borthwick et al. 2020, hashed dynamic blocking). A table of some size takes those that find most for what they cost, and stops when its budget of work is spent.
/// </summary>
internal static class KeyPlan
{
    private const int MaxFamilies = 80;
    private const int SmallTable = 20_000;
    private const int MiddlingTable = 30_000;

    // What a key costs to sort and a candidate to weigh, one against the other.
    private const double KeyCost = 1, PairCost = 3;

    /// <summary>
    /// Candidate pairs a record that families may give: all there is to find in a small table, less the larger it is, so that the work stays nearly linear; but never less than 16: with 8, a table of five
    /// million lost a twentieth of its pairs.
    /// </summary>
    public static double Budget(int records) => Math.Clamp(150 * Math.Pow((double)MiddlingTable / Math.Max(1, records), BudgetPower), 16, 150);

    /// <summary>The largest block of a family that keeps a table of this size within the budget.</summary>
    public static int CapOf(KeyFamily family, int records) =>
        family.IsSingle ? family.Atoms[0].Within(family.Cap, SingleShare * Budget(records)).Cap : family.Cap;

    public static List<KeyFamily> Choose(LinkTable table, LinkConfig config, IReadOnlyList<KeyAtom> atoms, int threads)
    {
        var families = new List<KeyFamily>();
        // In a small table nothing needs to be spared.
        var small = table.Count <= SmallTable;
        foreach (var atom in atoms.Where(a => a.Use.HasFlag(KeyUse.Alone) || (small && a.Use != KeyUse.None && table.Fields[a.Field].Kind is not (FieldKind.Category or FieldKind.Country))))
        {
            families.Add(new KeyFamily([atom], config.SingleCap));
        }
        var joins = Joins(table, config, atoms);
        if (table.Count > MiddlingTable)
        {
            return Best(table, atoms, families, joins, threads);
        }
        double spent = 0;
        foreach (var (family, company) in joins.OrderBy(j => j.Company).ThenBy(j => j.Family.Name, StringComparer.Ordinal))
        {
            if (families.Count >= MaxFamilies || spent > Budget(table.Count))
            {
                break;
            }
            spent += Math.Min(company, config.BlockCap) / 2;
            families.Add(family);
        }
        return families;
    }

    private static List<(KeyFamily Family, double Company)> Joins(LinkTable table, LinkConfig config, IReadOnlyList<KeyAtom> atoms)
    {
        var joins = new List<(KeyFamily Family, double Company)>();
        for (var i = 0; i < atoms.Count; i++)
        {
            for (var j = i + 1; j < atoms.Count; j++)
            {
                var (a, b) = (atoms[i], atoms[j]);
                if (a.Field == b.Field || !a.Use.HasFlag(KeyUse.Joined) || !b.Use.HasFlag(KeyUse.Joined) || Math.Min(a.Company, b.Company) < Telling)
                {
                    continue;
                }
                // Independent fields meet as often as chance has it; address parts do more often, which the cap takes care of.
                var company = a.Company * b.Company / Math.Max(1, table.Count);
                joins.Add((new KeyFamily([a, b], config.BlockCap), company));
            }
        }
        return joins;
    }

    // One after the other, each time the one that is worth most for its cost; equals by name, so that the same table always gives the same families.
    private static List<KeyFamily> Best(
        LinkTable table, IReadOnlyList<KeyAtom> atoms, List<KeyFamily> singles, List<(KeyFamily Family, double Company)> joins, int threads)
    {
        var damage = new Damage(table, atoms);
        var open = new List<(KeyFamily Family, double Reach, double Pairs, double Cost)>();
        foreach (var single in singles)
        {
            var (_, reach, pairs) = single.Atoms[0].Within(single.Cap, SingleShare * Budget(table.Count));
            open.Add((single, reach, pairs, (KeyCost * single.Atoms[0].KeysEach * single.Atoms[0].Filled) + (PairCost * pairs)));
        }
        foreach (var (family, company) in joins)
        {
            open.Add(Joined(family, company));
        }
        var counted = new HashSet<KeyFamily>();
        var samples = new Dictionary<KeyAtom, List<(uint Key, int Record)>>();
        var families = new List<KeyFamily>();
        for (var left = Budget(table.Count); families.Count < MaxFamilies && open.Count > 0;)
        {
            var rated = open.Where(o => o.Pairs <= left || families.Count < LeastFamilies).Select(o => (Item: o, Worth: damage.Worth(o.Family, o.Reach))).Where(o => o.Worth >= LeastWorth)
                .OrderByDescending(o => o.Worth / (o.Item.Cost + KeyCost)).ThenBy(o => o.Item.Family.Name, StringComparer.Ordinal).ToList();
            if (rated.Count == 0)
            {
                break;
            }
            var best = rated[0].Item;
            // Fields are not independent (postcode and place): what would be taken is counted first, and rated again if it costs more than chance has it.
            if (!best.Family.IsSingle && counted.Add(best.Family))
            {
                var counts = Joined(best.Family, Counted(table, best.Family, samples, threads));
                if (counts.Cost > 1.2 * best.Cost)
                {
                    open[open.IndexOf(best)] = counts;
                    continue;
                }
            }
            damage.Take(best.Family, best.Reach);
            left -= best.Pairs;
            families.Add(best.Family);
            _ = open.Remove(best);
        }
        return families;
    }

    private static (KeyFamily Family, double Reach, double Pairs, double Cost) Joined(KeyFamily family, double company)
    {
        var pairs = Math.Min(company, family.Cap) / 2;
        return (family, 1, pairs, (KeyCost * family.Atoms.Aggregate(1.0, (n, a) => n * a.KeysEach * a.Filled)) + (PairCost * pairs));
    }

    // The company of a record by the keys of both atoms, by those records that have one of some keys of the first; copies of the record's own entity are not counted.
    private static double Counted(LinkTable table, KeyFamily family, Dictionary<KeyAtom, List<(uint Key, int Record)>> samples, int threads)
    {
        var (first, second) = (family.Atoms[0], family.Atoms[1]);
        var every = (ulong)Math.Max(1, table.Count / 50_000);
        if (!samples.TryGetValue(first, out var sample))
        {
            samples.Add(first, sample = Sample(table, first, every, threads));
        }
        var keys = new List<ulong>(sample.Count);
        foreach (var (key, record) in sample)
        {
            foreach (var other in second.KeysOf(record))
            {
                keys.Add(((ulong)key << 32) | other);
            }
        }
        keys.Sort();
        double pairs = 0;
        for (var from = 0; from < keys.Count;)
        {
            var end = from + 1;
            while (end < keys.Count && keys[end] == keys[from])
            {
                end++;
            }
            pairs += Math.Min(family.Cap, Math.Max(0, end - from - 1 - OwnCopies)) * (end - from);
            from = end;
        }
        return pairs * every / Math.Max(1, table.Count);
    }

    // In no order.
    private static List<(uint Key, int Record)> Sample(LinkTable table, KeyAtom atom, ulong every, int threads)
    {
        var sample = new List<(uint, int)>();
        Ranges.For(0, table.Count, (from, end) =>
        {
            var mine = new List<(uint, int)>();
            for (var i = from; i < end; i++)
            {
                foreach (var key in atom.KeysOf(i))
                {
                    if (Hash.Mix(key) % every == 0)
                    {
                        mine.Add((key, i));
                    }
                }
            }
            lock (sample)
            {
                sample.AddRange(mine);
            }
        }, threads);
        return sample;
    }

    /// <summary>An atom that brings fewer records together than this finds them alone.</summary>
    public const double Telling = 5;

    /// <summary>What of the budget blocks of one single value may take.</summary>
    public const double SingleShare = 1.0 / 8;

    private const double OwnCopies = 0.5;
    private const double BudgetPower = 0.55;
    private const double LeastWorth = 0.0005;

    // Where records are nearly all alike every family is over the budget; its blocks are cut, and cost a bounded number of pairs each.
    private const int LeastFamilies = 4;
}
