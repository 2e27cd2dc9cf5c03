using System.Text;
using CleanRoom.Charter;
using CleanRoom.Charter.Messages;
using CleanRoom.Linkage;
using CleanRoom.Matching.Epochs;
using CleanRoom.Records.Matching;
using CleanRoom.Records.V1;

namespace CleanRoom.Matching.Disclosures;

/// <summary>Cuts exactly the granted fields out of a record. What is in no field (homes, shelters, migration status, narratives) has no way out.</summary>
internal static class FieldCutter
{
    private static readonly HashSet<string> OfHelped = ["Victim", "Family"];
    private static readonly HashSet<string> VictimRoles = ["Victim", "PotentialVictim", "VictimOffender", "MissingPerson"];

    /// <summary>The facts of the fields, sorted by field and text, each once.</summary>
    public static IReadOnlyList<RoomMessage.Fact> Cut(CaseRecord record, IReadOnlyList<string> fields) =>
    [
        .. fields.SelectMany(field => TextsOf(record, field).Select(Clean).Where(text => text.Length > 0).Select(text => new RoomMessage.Fact(field, text)))
            .Distinct().OrderBy(fact => fact.Field, StringComparer.Ordinal).ThenBy(fact => fact.Text, StringComparer.Ordinal),
    ];

    /// <summary>The same of what two records share alone, as one of the two has it: the number, plate, site or firm that made the match, and how people were exploited. What else its record holds of the kind stays.</summary>
    public static IReadOnlyList<RoomMessage.Fact> CutShared(PairStory story, MemberId contributor, IReadOnlyList<string> fields)
    {
        var isFirst = contributor == story.First.Contributor;
        var (record, other) = isFirst ? (story.First.Read(), story.Second.Read()) : (story.Second.Read(), story.First.Read());
        var side = isFirst ? story.Link.First : story.Link.Second;
        var shared = new CaseRecord { Exploitation = { record.Exploitation } };
        if (story.Link.Type == LinkType.SamePersonSuspect)
        {
            var others = MatchFacts.From(other).Where(fact => fact.HolderRole == "Suspect").ToList();
            AddIdentifiers(fact => others.Any(known => MatchFact.Meet(fact, known) == KeyStrength.Exact));
        }
        else if (side.Display.Length > 0)
        {
            shared.Events.AddRange(record.Events.Where(item => item.Place is { } place && (place.Raw.Length > 0 ? place.Raw : place.Name) == side.Display));
            shared.Vehicles.AddRange(record.Vehicles.Where(item => !OfHelped.Contains(item.HolderRole) && Shows(new CaseRecord { Vehicles = { item } })));
            shared.Vessels.AddRange(record.Vessels.Where(item => !OfHelped.Contains(item.HolderRole) && (item.Name == side.Display || Shows(new CaseRecord { Vessels = { item } }))));
            shared.Organisations.AddRange(record.Organisations.Where(item => item.Names.Contains(side.Display) || Shows(new CaseRecord { Organisations = { item } })));
            AddIdentifiers(fact => fact.Display == side.Display);
        }
        return Cut(shared, fields);

        bool Shows(CaseRecord item) => MatchFacts.From(item).Any(fact => fact.Display == side.Display);

        void AddIdentifiers(Predicate<MatchFact> isShared)
        {
            foreach (var person in record.Persons)
            {
                shared.Persons.AddRange(person.Identifiers.Select(identifier => new Person { PersonKey = person.PersonKey, Role = person.Role, Identifiers = { identifier } })
                    .Where(item => MatchFacts.From(new CaseRecord { Persons = { item } }).Any(fact => isShared(fact))));
            }
        }
    }

    private static IEnumerable<string> TextsOf(CaseRecord record, string field) => field switch
    {
        "exploitation.sites" => record.Events.Where(item => item.Type == "Exploitation" && item.Place is { Protected: false }).Select(item => Words(
            item.Place.Name, item.Place.Address, item.Place.Locality, item.Place.Admin1, item.Place.Country)),
        "exploitation.types" => record.Exploitation.SelectMany(item => item.Types_),
        "organisations" => record.Organisations.Select(item => Words([string.Join(" / ", item.Names), .. item.Identifiers.Select(Text), item.Country])),
        "suspects.identifiers" => Identifiers(record, "Suspect"),
        "suspects.names" => NamesOf(record, role => role == "Suspect"),
        "vehicles" => record.Vehicles.Where(item => item.HolderRole != "Victim").Select(item => Words(item.Type, item.Plate, item.PlateCountry, item.Vin)),
        "vessels" => record.Vessels.Select(item => Words(item.Name, item.Imo, item.Registration, item.Flag, item.Port)),
        "victims.birth" => Victims(record).Select(person => person.Birth is { } birth ? birth.Edtf.Length > 0 ? birth.Edtf : birth.Raw : ""),
        "victims.citizenship" => Victims(record).SelectMany(person => person.Citizenship),
        "victims.identifiers" => Identifiers(record, "Victim"),
        "victims.names" => NamesOf(record, VictimRoles.Contains),
        _ => [],
    };

    private static IEnumerable<Person> Victims(CaseRecord record) => record.Persons.Where(person => VictimRoles.Contains(person.Role));

    private static IEnumerable<string> NamesOf(CaseRecord record, Func<string, bool> role) =>
        record.Persons.Where(person => role(person.Role)).SelectMany(person => person.Names).Select(name => name.Full.Length > 0 ? name.Full : Words(name.Given, name.Middle, name.Family));

    private static IEnumerable<string> Identifiers(CaseRecord record, string holder) =>
        record.Persons.SelectMany(person => person.Identifiers).Where(item => item.HolderRole == holder).Select(Text);

    private static string Text(Identifier item) => Words(
        item.Kind == "Document" && item.DocumentType.Length > 0 ? item.DocumentType : item.Kind, item.Platform, item.Raw.Length > 0 ? item.Raw : item.Value, item.Issuer);

    private static string Words(params IEnumerable<string> words) => string.Join(", ", words.Where(word => word.Length > 0));

    /// <summary>Without control characters, and not longer than a fact may be.</summary>
    private static string Clean(string text)
    {
        var clean = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length + rune.Utf16SequenceLength > RoomMessage.Disclosed.MaxFact)
            {
                break;
            }
            _ = clean.Append(Rune.IsControl(rune) ? " " : rune.ToString());
        }
        return clean.ToString().Trim();
    }
}
