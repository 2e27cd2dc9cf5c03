using CleanRoom.Records.Normalisation.Names;

namespace CleanRoom.Linkage.Comparison;

/// <summary>An organisation's name, normalised once.</summary>
/// <param name="Words">Words that tell it from others.</param>
/// <param name="Trades">Words of trade: manpower, recruitment, office.</param>
/// <param name="Countries">Alpha-3 codes that may be its country; empty = not known.</param>
/// <param name="Numbers">Match keys of licences and registrations (Exact ones).</param>
public sealed record OrganisationForm(
    IReadOnlyList<NameToken> Words, IReadOnlyList<NameToken> Trades, IReadOnlyList<string> Countries, IReadOnlyList<string> Numbers)
{
    private static readonly HashSet<string> Legal = Set(
        "inc ltd limited llc llp plc co corp corporation company gmbh ag kg ug sa sas sarl srl spa bv nv ab oy as doo ooo zao oao pao cv pt tbk pvt pte sdn bhd jsc tnhh private the of and for est wll "
        + "ооо зао оао пао ип บริษัท จำกัด หจก ក្រុមហ៊ុន ບໍລິສັດ شركة مؤسسة cong ty");

    private static readonly HashSet<string> Trade = Set(
        "manpower recruitment recruiting recruiters employment placement placements overseas domestic workers worker labour labor services service svcs svc office agency agencies agent consultancy consultants consulting "
        + "travel travels tours tour trading general contracting international intl global enterprise enterprises group human resources hr staffing jobs job visa education training centre center "
        + "construction seafood fishery fisheries fishing food foods garment garments textile textiles factory industries industry holding holdings import export development investment "
        + "hotel restaurant massage spa bar karaoke farm transport logistics مكتب لاستقدام استقدام العمالة المنزلية للاستقدام الايدي العاملة кадровое агентство dich vu nhan luc จัดหางาน");

    /// <summary>Reads a name; null if no word is left.</summary>
    public static OrganisationForm? From(IEnumerable<string> names, IReadOnlyList<string> countries, IReadOnlyList<string> numbers)
    {
        ArgumentNullException.ThrowIfNull(names);
        var words = new List<NameToken>();
        var trades = new List<NameToken>();
        foreach (var name in names.Take(1))
        {
            var tokens = NameParser.Words(name).Where(t => !Legal.Contains(t.Text)).ToArray();
            for (var i = 0; i < tokens.Length; i++)
            {
                // "Men Power" and "Man Power" are one word of trade.
                if (i + 1 < tokens.Length && NameParser.Words(tokens[i].Text + tokens[i + 1].Text) is [var joined] && Trade.Contains(joined.Text))
                {
                    trades.Add(joined);
                    i++;
                }
                else if (Trade.Contains(tokens[i].Text))
                {
                    trades.Add(tokens[i]);
                }
                else if (tokens[i].Readings[0].Length > 2 || tokens[i].Lossy)
                {
                    words.Add(tokens[i]);
                }
            }
        }
        return words.Count == 0 && numbers.Count == 0 ? null : new OrganisationForm(words, trades, countries, numbers);
    }

    private static HashSet<string> Set(string words) => new(words.Split(' ', StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);
}
