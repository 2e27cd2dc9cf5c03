using System.Globalization;
using System.Text.RegularExpressions;
using CleanRoom.Records.Import;
using CleanRoom.Records.V1;
using Google.Protobuf.Collections;

namespace CleanRoom.Records.Validation;

/// <summary>What is required, and what one field asks of another (DATA.md 1.1 and the column "req." of 1.2).</summary>
internal static partial class RecordRules
{
    public static void Check(CaseRecord record, List<RecordProblem> problems)
    {
        var rules = new Checks(problems);
        Envelope(record, rules);
        Case(record, rules);
        Keys(record, rules);
        for (var i = 0; i < record.Persons.Count; i++)
        {
            Person(record.Persons[i], $"persons[{N(i)}]", rules);
        }
        for (var i = 0; i < record.Events.Count; i++)
        {
            Event(record.Events[i], $"events[{N(i)}]", rules);
        }
        for (var i = 0; i < record.Organisations.Count; i++)
        {
            var organisation = record.Organisations[i];
            rules.Error(organisation.Names.Count + organisation.Identifiers.Count == 0, $"organisations[{N(i)}].names", "An organisation needs a name or a number.", "Give one, or leave it out.");
            Identifiers(organisation.Identifiers, $"organisations[{N(i)}].identifiers", rules);
        }
        for (var i = 0; i < record.Exploitation.Count; i++)
        {
            Exploitation(record.Exploitation[i], $"exploitation[{N(i)}]", rules);
        }
        Consents(record, rules);
        Keeping(record, rules);
    }

    private static void Envelope(CaseRecord record, Checks rules)
    {
        rules.Error(record.SchemaVersion != CaseRecordCodec.SchemaVersion, "schemaVersion", $"The schema must be {CaseRecordCodec.SchemaVersion}.", "Import with this program.");
        var id = record.RecordId.Span;
        rules.Error(id.Length != 16 || id[6] >> 4 != 4 || id[8] >> 6 != 2, "recordId", "The record id must be a random UUID (version 4).", "Import again.");
        rules.Error(record.ContributorId.Length == 0, "contributorId", "The contributor is missing.", "Give contributorId in the manifest.");
        rules.Error(record.ContributorRecordRef.Length is 0 or > 64, "contributorRecordRef", "The record needs a reference of 1 to 64 characters.", "Name its column with --ref.");
        rules.Error(record.RecordVersion == 0, "recordVersion", "Versions count from 1.", "Import again.");
        rules.Error(record.Supersedes.Length is not (0 or 16) || (record.Supersedes.Length == 16 && record.RecordVersion == 1), "supersedes", "Only a second or later version supersedes another.", "Import again.");
        rules.Error(record.Persons.Count == 0 && record.Provenance?.SourceFormat.StartsWith("ctdc-", StringComparison.Ordinal) != true, "persons", "The record speaks of nobody.", "Check the mapping of columns.");
    }

    private static void Case(CaseRecord record, Checks rules)
    {
        for (var i = 0; i < record.Case?.Referrals.Count; i++)
        {
            rules.Error(record.Case.Referrals[i].Direction is not ("in" or "out"), $"case.referrals[{N(i)}].direction", "A referral goes in or out.", "Write in or out.");
        }
        Identifiers(record.Case?.ExternalNumbers ?? [], "case.externalNumbers", rules);
        var determination = record.Determination;
        rules.Error(determination is null || determination.Status.Length == 0, "determination.status", "A status is missing.", "NotAssessed is one.");
        if (determination is not null)
        {
            rules.Error(determination.Status is not ("" or "NotAssessed") && determination.Framework.Length == 0, "determination.framework",
                "A status needs the framework under which it was given.", "Give definitionFramework in the manifest.");
            rules.Error(determination.History.Any(h => h.History.Count > 0), "determination.history", "An earlier status has no history of its own.", "Put all of them into one list.");
        }
    }

    /// <summary>Keys are unique, and what refers to one finds it.</summary>
    private static void Keys(CaseRecord record, Checks rules)
    {
        var persons = Unique(record.Persons.Select(p => p.PersonKey), "persons", "personKey", rules);
        var organisations = Unique(record.Organisations.Select(o => o.OrganisationKey), "organisations", "organisationKey", rules);
        var vehicles = Unique(record.Vehicles.Select(v => v.VehicleKey), "vehicles", "vehicleKey", rules);
        var vessels = Unique(record.Vessels.Select(v => v.VesselKey), "vessels", "vesselKey", rules);
        void Refers(string reference, string field, params HashSet<string>[] to) =>
            rules.Error(reference.Length > 0 && !Array.Exists(to, t => t.Contains(reference)), field, "The reference leads to nothing in the record.", "Use a key of the record.");
        for (var i = 0; i < record.Persons.Count; i++)
        {
            for (var j = 0; j < record.Persons[i].Relations.Count; j++)
            {
                Refers(record.Persons[i].Relations[j].ToPersonKey, $"persons[{N(i)}].relations[{N(j)}].toPersonKey", persons);
            }
        }
        for (var i = 0; i < record.Events.Count; i++)
        {
            Refers(record.Events[i].VehicleRef, $"events[{N(i)}].vehicleRef", vehicles);
            Refers(record.Events[i].VesselRef, $"events[{N(i)}].vesselRef", vessels);
            for (var j = 0; j < record.Events[i].Parties.Count; j++)
            {
                Refers(record.Events[i].Parties[j].Ref, $"events[{N(i)}].parties[{N(j)}].ref", persons, organisations);
            }
        }
        for (var i = 0; i < record.Organisations.Count; i++)
        {
            for (var j = 0; j < record.Organisations[i].People.Count; j++)
            {
                Refers(record.Organisations[i].People[j].Ref, $"organisations[{N(i)}].people[{N(j)}].ref", persons);
            }
        }
        for (var i = 0; i < record.Vessels.Count; i++)
        {
            Refers(record.Vessels[i].OwnerRef, $"vessels[{N(i)}].ownerRef", persons, organisations);
        }
        for (var i = 0; i < record.Exploitation.Count; i++)
        {
            var item = record.Exploitation[i];
            Refers(item.EmployerRef, $"exploitation[{N(i)}].employerRef", persons, organisations);
            foreach (var exploiter in item.ExploiterRefs)
            {
                Refers(exploiter, $"exploitation[{N(i)}].exploiterRefs", persons);
            }
            rules.Error(item.PlaceRef > 0 && record.Events.All(e => e.Seq != item.PlaceRef), $"exploitation[{N(i)}].placeRef", "The reference leads to nothing in the record.", "Use the number of an event.");
        }
        for (var i = 0; i < record.Consents.Count; i++)
        {
            Refers(record.Consents[i].PersonKey, $"consents[{N(i)}].personKey", persons);
        }
    }

    private static HashSet<string> Unique(IEnumerable<string> keys, string list, string field, Checks rules)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var i = 0;
        foreach (var key in keys)
        {
            rules.Error(key.Length == 0 || !seen.Add(key), $"{list}[{N(i++)}].{field}", "Every entry needs a key of its own.", "Number the entries.");
        }
        return seen;
    }

    private static void Person(Person person, string path, Checks rules)
    {
        rules.Error(person.Role.Length == 0, path + ".role", "The person's role is missing.", "Victim, Suspect or another of the list.");
        rules.Error(person.Role == "Suspect" && person.AssertionBasis.Length == 0, path + ".assertionBasis", "What is said of a suspect needs its basis.", "For example VictimStatement.");
        rules.Error(person.Physical is not null && person.Role != "MissingPerson", path + ".physical", "Looks are recorded of missing persons only.", "Leave them out.");
        rules.Error(person.HomeArea is { } home && (home.Address.Length > 0 || home.PostalCode.Length > 0 || home.HasLatitude || home.HasLongitude), path + ".homeArea",
            "A person's street, postal code or position never leaves the contributor.", "Keep district and country only.");
        rules.Error(person.DocumentSex is not ("" or "M" or "F" or "X"), path + ".documentSex", "A document's sex is M, F or X.", "Use one of the three.");
        rules.Error(person.HasAgeAtIdentification && person.AgeAtIdentification is < 0 or > 120, path + ".ageAtIdentification", "An age lies between 0 and 120.", "Correct it.");
        rules.Error(person.HasAgeWhenTrafficked && person.AgeWhenTrafficked is < 0 or > 120, path + ".ageWhenTrafficked", "An age lies between 0 and 120.", "Correct it.");
        rules.Error(person.HasChildren && person.Children is < 0 or > 50, path + ".children", "The number of children lies between 0 and 50.", "Correct it.");
        for (var i = 0; i < person.Names.Count; i++)
        {
            rules.Error(person.Names[i].Full.Length == 0, $"{path}.names[{N(i)}].full", "A name needs its full form as typed.", "Give it.");
        }
        Identifiers(person.Identifiers, path + ".identifiers", rules);
    }

    private static void Identifiers(RepeatedField<Identifier> identifiers, string path, Checks rules)
    {
        for (var i = 0; i < identifiers.Count; i++)
        {
            var item = identifiers[i];
            rules.Error(item.Kind.Length == 0, $"{path}[{N(i)}].kind", "The kind of identifier is missing.", "Phone, Document or another of the list.");
            rules.Error(item.Raw.Length == 0 || item.Value.Length == 0, $"{path}[{N(i)}].raw", "An identifier needs what was typed and what was read.", "Import again.");
            rules.Error(item.HolderRole.Length == 0, $"{path}[{N(i)}].holderRole", "Whose it is is missing.", "Unknown is an answer.");
            rules.Error(item.Raw.Count(c => c == '<') > 4, $"{path}[{N(i)}].raw", "Lines of a machine-readable zone stay with the contributor.", "Keep the document's number.");
        }
    }

    private static void Event(Event item, string path, Checks rules)
    {
        rules.Error(item.Type.Length == 0, path + ".type", "The kind of event is missing.", "Recruitment, Exploitation or another of the list.");
        if (item.Place is { } place)
        {
            var isProtected = place.Protected || place.Type is "Shelter" or "Home";
            rules.Error(isProtected && !place.Protected, path + ".place.protected", "A shelter or home must be marked as protected.", "Mark it.");
            rules.Error(isProtected && (place.Name.Length + place.Address.Length + place.Raw.Length + place.PostalCode.Length > 0 || place.HasLatitude || place.HasLongitude), path + ".place",
                "Name, address and position of a shelter or home never leave the contributor.", "Keep district and country only.");
            rules.Error(place.HasLatitude != place.HasLongitude || (place.HasLatitude && !(Math.Abs(place.Latitude) <= 90 && Math.Abs(place.Longitude) <= 180)), path + ".place.latitude",
                "A position needs a latitude of -90 to 90 and a longitude of -180 to 180.", "Give both in degrees (WGS 84).");
        }
    }

    private static void Exploitation(Exploitation item, string path, Checks rules)
    {
        foreach (var (amount, name) in new[] { (item.FeePaid, "feePaid"), (item.Debt, "debt"), (item.WagesOwed, "wagesOwed") })
        {
            rules.Error(amount is not null && !(AmountPattern().IsMatch(amount.Value) && CurrencyPattern().IsMatch(amount.Currency)), $"{path}.{name}",
                "An amount is digits with at most two behind a point, and a currency of ISO 4217.", "For example 1500 and USD.");
        }
        rules.Error(item.MeansOfControl.Select(f => f.Code).Distinct().Count() != item.MeansOfControl.Count, path + ".meansOfControl", "A means of control has two answers.", "Keep one.");
    }

    private static void Consents(CaseRecord record, Checks rules)
    {
        for (var i = 0; i < record.Consents.Count; i++)
        {
            var (item, path) = (record.Consents[i], $"consents[{N(i)}]");
            rules.Error(item.Purpose.Length == 0 || item.State.Length == 0, path, "A consent needs its purpose and its state.", "Give both.");
            if (item.State is "Granted" or "Substituted")
            {
                rules.Error(item.GivenBy.Length == 0 || item.Mode.Length == 0 || item.ObtainedDay == 0, path, "A grant needs who gave it, how and when.", "Give the three.");
                rules.Error(item.WithdrawnDay != 0, path + ".withdrawnDay", "What was withdrawn is no grant.", "Set the state to Withdrawn.");
                rules.Error(item.State == "Granted" && item.GivenBy is "guardian" or "court", path + ".givenBy", "What another person gave is substituted.", "Set the state to Substituted.");
            }
            rules.Error(item.State == "Overridden" && record.Override is null, path + ".state", "Going on without consent needs basis, reason and two approvers.", "Fill override.");
            rules.Error(item.WithheldPaths.Any(p => !Withholding.IsWithholdable(p)), path + ".withheldPaths", "A path to withhold does not exist.", "Use field names such as persons.birth.");
        }
        if (record.Override is { } over)
        {
            rules.Error(over.Basis.Length == 0 || over.Reason.Length == 0 || over.Approvers.Count != 2 || over.Approvers[0] == over.Approvers[1] || over.Approvers.Any(a => a.Length == 0),
                "override", "An override needs basis, reason and two different approvers.", "Fill all of them.");
        }
    }

    private static void Keeping(CaseRecord record, Checks rules)
    {
        rules.Error(record.Handling is not { Tlp.Length: > 0, Sensitivity.Length: > 0 }, "handling", "Handling needs TLP and sensitivity.", "TLP:AMBER+STRICT and Severe are the defaults.");
        rules.Error(record.Handling is { } handling && !handling.Caveats.Contains("NO_IMMIGRATION"), "handling.caveats", "NO_IMMIGRATION stands in every record.", "Add it.");
        rules.Error(record.LawfulBases.Count == 0 && record.Consents.Count > 0, "lawfulBases", "A lawful basis is missing.", "consent is one.");
        rules.Error(record.Retention is not { Trigger.Length: > 0, Action.Length: > 0, DeleteByDay: > 0 } || record.Retention.Period.Length < 3 || !PeriodPattern().IsMatch(record.Retention.Period), "retention",
            "Retention needs its trigger, a period such as P24M, the last day and what is done then.", "Import again.");
        rules.Error(record.Provenance is not { SourceFormat.Length: > 0, ImportProfile.Length: > 0 }, "provenance", "Where the record comes from is missing.", "Import again.");
        for (var i = 0; i < record.Provenance?.Fields.Count; i++)
        {
            rules.Error(!RecordPaths.TryParse(record.Provenance.Fields[i].Path, out _), $"provenance.fields[{N(i)}].path", "The path does not exist.", "Use field names such as persons[0].birth.");
        }
    }

    private static string N(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex("^[0-9]{1,12}(?:\\.[0-9]{1,2})?$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex AmountPattern();

    [GeneratedRegex("^[A-Z]{3}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex CurrencyPattern();

    [GeneratedRegex("^P(?:[0-9]{1,3}Y)?(?:[0-9]{1,3}M)?(?:[0-9]{1,4}D)?$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex PeriodPattern();

    private readonly struct Checks(List<RecordProblem> problems)
    {
        public void Error(bool wrong, string field, string message, string remedy)
        {
            if (wrong)
            {
                problems.Add(new RecordProblem(field, IssueSeverity.Error, message, remedy));
            }
        }
    }
}
