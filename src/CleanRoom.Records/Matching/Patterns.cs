using System.Numerics;
using CleanRoom.Records.V1;

namespace CleanRoom.Records.Matching;

/// <summary>How a record says that a person was recruited, held and exploited, by codes alone (DATA.md §4.2, Q13).</summary>
/// <param name="From">Where the person comes from, alpha-3.</param>
/// <param name="To">Where the exploitation was, alpha-3.</param>
/// <param name="Codes">"list:code", sorted, each once.</param>
public sealed record Pattern(string From, string To, IReadOnlyList<string> Codes);

/// <summary>Patterns of records, and which are alike.</summary>
public static class Patterns
{
    /// <summary>Fewer indicators are alike by chance.</summary>
    private const int LeastCodes = 5;

    /// <summary>Cosine of 0.8 or more, squared and in hundredths: no number with a point decides.</summary>
    private const long LeastCosineSquared = 64;

    /// <summary>Gives the pattern of a person in a record.</summary>
    /// <returns>Null if there are fewer than five indicators, or not one country on either side.</returns>
    public static Pattern? Of(CaseRecord record, Person person)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(person);
        var codes = record.Exploitation.SelectMany(item => (IEnumerable<string>)
        [
            .. Routes.Codes("exploitationType", item.Types_, "type"), .. Routes.Codes("exploitationSubType", item.SubTypes, "subType"), .. Routes.Codes("ilo11", item.Ilo11, "ilo11"),
            .. Routes.Codes("meansOfControl", item.MeansOfControl.Where(means => means.Answer == Answer.Yes).Select(means => means.Code), "means"),
            .. Routes.Codes("platform", item.PlatformsExploitation, "platformExploitation"), .. Routes.Codes("platform", item.PlatformsRecruitment, "platformRecruitment"),
            .. Routes.Codes("recruiterRelation", item.RecruiterRelation, "relation"), .. Routes.Codes("recruitmentMethod", item.RecruitmentMethods, "recruitmentMethod"),
        ]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var to = Exploitations.CountriesOf(record).ToList();
        return person.Citizenship is [var from] && to is [var only] && codes.Count >= LeastCodes ? new Pattern(from, only, codes) : null;
    }

    /// <summary>Puts sets of codes together in which every two are alike, so that what is left without some of them is alike too. The first takes what it can, then the next.</summary>
    /// <param name="profiles">Sets of codes, no two the same, in an order that hangs on nothing else.</param>
    /// <param name="most">How many are compared; the rest stand alone.</param>
    /// <returns>Positions of sets that stand together.</returns>
    public static IReadOnlyList<IReadOnlyList<int>> Cluster(IReadOnlyList<IReadOnlyList<string>> profiles, int most)
    {
        ArgumentNullException.ThrowIfNull(profiles);
        var numbers = profiles.SelectMany(profile => profile).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select((code, number) => (code, number)).ToDictionary(item => item.code, item => item.number, StringComparer.Ordinal);
        var words = (numbers.Count + 63) / 64;
        var bits = profiles.Select(profile =>
        {
            var set = new ulong[words];
            foreach (var code in profile)
            {
                set[numbers[code] / 64] |= 1UL << (numbers[code] % 64);
            }

            return set;
        }).ToArray();
        var taken = new bool[profiles.Count];
        var clusters = new List<IReadOnlyList<int>>();
        for (var seed = 0; seed < profiles.Count; seed++)
        {
            if (taken[seed])
            {
                continue;
            }

            var cluster = new List<int> { seed };
            for (var other = seed + 1; other < Math.Min(profiles.Count, most); other++)
            {
                if (!taken[other] && cluster.TrueForAll(one => AreAlike(bits[one], bits[other], profiles[one].Count, profiles[other].Count)))
                {
                    taken[other] = true;
                    cluster.Add(other);
                }
            }

            clusters.Add(cluster);
        }

        return clusters;
    }

    private static bool AreAlike(ulong[] one, ulong[] other, int ones, int others)
    {
        var both = 0L;
        for (var i = 0; i < one.Length; i++)
        {
            both += BitOperations.PopCount(one[i] & other[i]);
        }

        return 100 * both * both >= LeastCosineSquared * ones * others;
    }
}
