using CleanRoom.Records.Matching;

namespace CleanRoom.Linkage;

/// <summary>
/// Telephones, addresses and handles that one contributor wrote down as those of many different victims: the organisation's own, a
/// helpline's, an interpreter's. They say nothing of who anybody is (DATA.md 1.1 rule 10), though no word in the file marks them.
/// </summary>
internal sealed class HouseNumbers
{
    /// <summary>Victims of one contributor with the same number from which on it is nobody's. Families and groups found together are smaller, as a rule.</summary>
    public const int Least = 5;

    private readonly Dictionary<(string Contributor, string Key), int> _counts = [];
    private readonly Dictionary<string, int> _house = new(StringComparer.Ordinal);

    /// <summary>Counts a record's victim-held numbers, or takes them away again.</summary>
    public void Count(PreparedRecord record, bool add)
    {
        foreach (var key in record.Facts.Where(IsPersonal).Select(f => f.Keys[0].Value).Distinct(StringComparer.Ordinal))
        {
            var at = (record.Contributor, key);
            var before = _counts.GetValueOrDefault(at);
            var after = before + (add ? 1 : -1);
            if (after > 0)
            {
                _counts[at] = after;
            }
            else
            {
                _ = _counts.Remove(at);
            }
            if (before < Least != after < Least)
            {
                // In how many contributors' files it is one of the house.
                _house[key] = _house.GetValueOrDefault(key) + (after < Least ? -1 : 1);
            }
        }
    }

    /// <summary>True if a fact is of the house in some contributor's file.</summary>
    public bool Contains(MatchFact fact) => IsPersonal(fact) && _house.GetValueOrDefault(fact.Keys[0].Value) > 0;

    private static bool IsPersonal(MatchFact fact) => fact.HolderRole == "Victim" && (fact.Kind is MatchFactKind.Phone or MatchFactKind.Email or MatchFactKind.Handle) && fact.Keys.Count > 0;
}
