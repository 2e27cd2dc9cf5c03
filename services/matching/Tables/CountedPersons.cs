using System.Collections.Frozen;
using CleanRoom.Charter.Tables;
using CleanRoom.Records.Lists;
using CleanRoom.Records.Matching;
using CleanRoom.Records.V1;
using Person = CleanRoom.Records.V1.Person;

namespace CleanRoom.Matching.Tables;

/// <summary>What records say of the persons who are counted in tables.</summary>
internal static class CountedPersons
{
    private const string Unknown = "Unknown";
    private const string Several = "Several";

    private static readonly FrozenDictionary<string, (CodeList List, Func<CaseRecord, Person, IEnumerable<string>> Of)> Attributes =
        new Dictionary<string, (CodeList, Func<CaseRecord, Person, IEnumerable<string>>)>(StringComparer.Ordinal)
        {
            ["ageBand"] = (CodeLists.Get("ageBand"), (_, person) => [person.AgeBand]),
            ["citizenship"] = (CodeLists.Get("country"), (_, person) => person.Citizenship),
            ["country"] = (CodeLists.Get("country"), (record, _) => Exploitations.CountriesOf(record)),
            ["exit"] = (CodeLists.Get("exitMode"), (record, _) => record.Exploitation.Select(item => item.ExitMode)),
            ["gender"] = (CodeLists.Get("gender"), (_, person) => [person.Gender]),
            ["relation"] = (CodeLists.Get("recruiterRelation"), (record, _) => record.Exploitation.SelectMany(item => item.RecruiterRelation)),
            ["sector"] = (CodeLists.Get("sectorIsicSection"), (record, _) => record.Exploitation.Select(item => item.SectorSection)),
            ["type"] = (CodeLists.Get("exploitationType"), (record, _) => record.Exploitation.SelectMany(item => item.Types_)),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Gives what a record says of a person, by attribute.</summary>
    public static Dictionary<string, IReadOnlyList<string>> Read(CaseRecord content, Person person) =>
        Attributes.ToDictionary(item => item.Key, item => ValuesOf(item.Value.List, item.Value.Of(content, person)), StringComparer.Ordinal);

    /// <summary>Makes of what all records say of a person the one row in which she stands.</summary>
    public static CountedPerson Of(OnePerson<Dictionary<string, IReadOnlyList<string>>> person) => new(
        Attributes.Keys.ToDictionary(name => name, name => One(person.Seen.SelectMany(seen => seen.Said[name])), StringComparer.Ordinal), [.. person.Seen.Select(seen => seen.Record.Contributor).Distinct().Order()]);

    /// <summary>Codes of the list only: no word of a record stands in a table.</summary>
    private static IReadOnlyList<string> ValuesOf(CodeList list, IEnumerable<string> codes) => [.. codes.Where(code => code != Unknown && list.Contains(code)).Distinct(StringComparer.Ordinal)];

    /// <summary>Everybody stands in one row, so that rows add up to their total.</summary>
    private static string One(IEnumerable<string> values) => values.Distinct(StringComparer.Ordinal).Take(2).ToList() switch
    {
        [] => Unknown,
        [var only] => only,
        _ => Several,
    };
}
