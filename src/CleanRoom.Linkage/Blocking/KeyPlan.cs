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
/// Chooses the families from the data: an atom that nearly tells records apart stands alone; those that do not are joined with each other,
/// the most telling joins first, until the budget of candidates is spent (after Borthwick et al. 2020, hashed dynamic blocking).
/// </summary>
internal static class KeyPlan
{
    private const int MaxFamilies = 80;
    private const int SmallTable = 20_000;

    /// <summary>Candidate pairs a record that families may give: all there is to find in a small table, less the larger it is, so that the work stays nearly linear.</summary>
    public static double Budget(int records) => Math.Clamp(150 * Math.Pow(30_000.0 / Math.Max(1, records), 0.45), 25, 150);

    public static List<KeyFamily> Choose(LinkTable table, LinkConfig config, IReadOnlyList<KeyAtom> atoms)
    {
        var families = new List<KeyFamily>();
        // In a small table nothing needs to be spared.
        var small = table.Count <= SmallTable;
        foreach (var atom in atoms.Where(a => a.Use.HasFlag(KeyUse.Alone) || (small && a.Use != KeyUse.None && table.Fields[a.Field].Kind is not (FieldKind.Category or FieldKind.Country))))
        {
            families.Add(new KeyFamily([atom], config.SingleCap));
        }
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

    /// <summary>An atom that brings fewer records together than this finds them alone.</summary>
    public const double Telling = 5;
}
