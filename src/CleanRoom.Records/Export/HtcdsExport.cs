using System.Globalization;
using CleanRoom.Records.Import;
using CleanRoom.Records.Lists;
using CleanRoom.Records.V1;

namespace CleanRoom.Records.Export;

/// <summary>HTCDS 2.0 with machine names, numbered blocks for what repeats, and <c>ext_</c> columns for what the standard has no column for.</summary>
internal sealed class HtcdsExport : CaseExport
{
    private const int MaxBlocks = 9;

    private static readonly string[] Head =
    [
        "ext_CaseNumber", "con_Consent", "ext_ConsentPurposes", "ext_ConsentDate", "ext_ConsentExpires", "ext_DateSeen", "ext_YearOfRegistration", "prs_FirstName", "prs_MiddleName", "prs_SecondName",
        "ext_NameNative", "ext_Alias", "ext_FatherName", "ext_MotherName", "prs_Birthdate", "ext_AgeBand", "prs_Gender", "prs_Citizenship", "prs_IdentityNumber", "ext_PassportNo", "ext_Document",
        "prs_MobilePhone", "prs_HomePhone", "prs_Email", "ext_Contact", "prs_MailingCity", "prs_MailingState", "prs_MailingCountry", "ext_BirthPlace", "ext_Occupation", "prs_Deceased", "prs_MaritalStatus",
        "prs_NumberOfChildren", "prs_PrimaryLanguage", "prs_SecondaryLanguage", "prs_HighestLevelOfEducation", "ext_MigrationStatus", "vic_TraffickingStatus", "vic_TraffickingStatusDecisionMakingOrg",
        "ext_DeterminationFramework", "vic_RelationshipToTrafficker", "vic_AgeWhenTrafficked", "ext_MajorityAtExploitation", "ext_MajorityNow", "vic_RecruitmentWebsitesAndApps", "vic_MethodOfRecruitment",
        "vic_LocationOfRecruitment", "vic_MethodsOfControl", "vic_TypeOfExploitation", "vic_ForcedLabourIndustry", "vic_TypeOfSexExploitation", "vic_LocationOfExploitation", "vic_ExploitationWebsitesAndApps",
        "ext_Duration", "ext_ExitMode", "ext_DataSource", "cas_Status", "cas_ReferringOrganisation", "cas_IncomingReferralDate", "cas_ReasonForIncomingReferral", "cas_ReferredOrganisation",
        "cas_OutgoingReferralDate", "cas_ReasonForOutgoingReferral", "ext_Handling",
    ];

    private static readonly (string Prefix, string[] Names)[] Blocks =
    [
        ("hte", ["Type", "Date", "Street", "City", "State", "PostalCode", "Country", "Latitude", "Longitude"]),
        ("per", ["Name", "FirstName", "SecondName", "Alias", "RoleInProcess", "Phone", "Email", "Handle", "Account"]),
        ("org", ["Name", "Licence"]),
        ("ext", ["Vehicle"]),
        ("ext", ["Vessel"]),
        ("spl", ["Type", "PlannedEndDate", "ActualEndDate"]),
    ];

    private readonly int[] _counts = new int[Blocks.Length];

    public override bool IsStatistics => false;

    public override void Measure(CaseRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        var counts = Counts(record);
        for (var i = 0; i < counts.Length; i++)
        {
            _counts[i] = Math.Max(_counts[i], Math.Min(counts[i], MaxBlocks));
        }
    }

    private static int[] Counts(CaseRecord record) =>
        [record.Events.Count, record.Persons.Count(p => p.Role == "Suspect"), record.Organisations.Count, record.Vehicles.Count, record.Vessels.Count, record.Support.Count];

    private protected override IEnumerable<string> Header() =>
        Head.Concat(Blocks.SelectMany((block, at) => Enumerable.Range(1, _counts[at]).SelectMany(n => block.Names.Select(name => $"{block.Prefix}_{n}_{name}"))));

    private protected override IEnumerable<string> Row(CaseRecord record)
    {
        var cells = new Dictionary<string, string>(StringComparer.Ordinal);
        Case(record, cells);
        Victim(record.Persons.FirstOrDefault(p => p.Role == "Victim") ?? new Person(), cells);
        Exploitation(record, cells);
        Repeated(record, cells);
        var counts = Counts(record);
        for (var i = 0; i < counts.Length; i++)
        {
            Leave($"{Blocks[i].Prefix}_{Blocks[i].Names[0]}", Math.Max(0, counts[i] - _counts[i]));
        }
        Leave("persons[] of other roles", record.Persons.Count(p => p.Role is not ("Victim" or "Suspect")));
        return Header().Select(h => cells.GetValueOrDefault(h, ""));
    }

    private void Case(CaseRecord record, Dictionary<string, string> cells)
    {
        cells["ext_CaseNumber"] = record.ContributorRecordRef;
        var own = record.Consents.LastOrDefault(c => c.Purpose == "C0_CASE");
        cells["con_Consent"] = own?.State switch { "Granted" => "TRUE", "Refused" => "FALSE", _ => "" };
        var granted = record.Consents.Where(c => c.Purpose != "C0_CASE" && c.State is "Granted" or "Substituted" or "Expired").ToList();
        cells["ext_ConsentPurposes"] = string.Join(granted.Exists(c => c.GivenBy == "guardian") ? ' ' : ';', granted.Select(c => c.Purpose.Split('_')[0]).Distinct())
            + (granted.Exists(c => c.GivenBy == "guardian") ? " (guardian)" : "");
        cells["ext_ConsentDate"] = granted.Find(c => !c.DefaultedObtained) is { } dated ? Iso(dated.ObtainedDay) : "";
        cells["ext_ConsentExpires"] = granted.Find(c => !c.DefaultedExpiry) is { } ends ? Iso(ends.ExpiresDay) : "";
        cells["cas_Status"] = record.Case?.Status ?? "";
        cells["ext_DateSeen"] = Date(record.Provenance?.CollectedOn);
        cells["ext_YearOfRegistration"] = Date(record.Case?.OpenedOn);
        cells["vic_TraffickingStatus"] = record.Determination?.Status is null or "NotAssessed" ? "" : record.Determination.Status;
        cells["vic_TraffickingStatusDecisionMakingOrg"] = record.Determination?.By ?? "";
        cells["ext_DeterminationFramework"] = record.Determination?.Framework ?? "";
        cells["ext_DataSource"] = record.Provenance?.CollectionMethod ?? "";
        foreach (var (direction, organisation, on, reason) in new[]
        {
            ("in", "cas_ReferringOrganisation", "cas_IncomingReferralDate", "cas_ReasonForIncomingReferral"), ("out", "cas_ReferredOrganisation", "cas_OutgoingReferralDate", "cas_ReasonForOutgoingReferral"),
        })
        {
            var referrals = record.Case?.Referrals.Where(r => r.Direction == direction).ToList() ?? [];
            if (referrals.Count > 0)
            {
                (cells[organisation], cells[on], cells[reason]) = (referrals[0].Organisation, Date(referrals[0].On), referrals[0].Reason);
                Leave("case.referrals", referrals.Count - 1);
            }
        }
        if (record.Handling is { } handling && (handling.Tlp != "TLP:AMBER+STRICT" || handling.Caveats.Any(c => c is not ("NO_IMMIGRATION" or "CHILD"))))
        {
            cells["ext_Handling"] = string.Join(';', handling.Caveats.Where(c => c is not "NO_IMMIGRATION").Prepend(handling.Tlp));
        }
    }

    private void Victim(Person person, Dictionary<string, string> cells)
    {
        var legal = person.Names.FirstOrDefault(n => n.Given.Length + n.Family.Length > 0);
        (cells["prs_FirstName"], cells["prs_MiddleName"], cells["prs_SecondName"]) = (legal?.Given ?? "", legal?.Middle ?? "", legal?.Family ?? "");
        cells["ext_NameNative"] = string.Join(" ; ", person.Names.Where(n => n != legal && n.Type != "Alias").Select(n => n.Full));
        cells["ext_Alias"] = string.Join(" ; ", person.Names.Where(n => n != legal && n.Type == "Alias").Select(n => n.Full));
        cells["ext_FatherName"] = person.Names.Select(n => n.Patronymic).FirstOrDefault(p => p.Length > 0) ?? "";
        cells["ext_MotherName"] = person.Names.Select(n => n.Matronymic).FirstOrDefault(p => p.Length > 0) ?? "";
        cells["prs_Birthdate"] = Date(person.Birth);
        cells["ext_AgeBand"] = person.AgeBand;
        cells["prs_Gender"] = person.Gender;
        cells["prs_Citizenship"] = string.Join(';', person.Citizenship.Select(Alpha2));
        (cells["ext_MajorityNow"], cells["ext_MajorityAtExploitation"]) = (person.MajorityNow, person.HasAgeWhenTrafficked ? "" : person.MajorityAtExploitation);
        cells["vic_AgeWhenTrafficked"] = person.HasAgeWhenTrafficked ? Number(person.AgeWhenTrafficked) : "";
        cells["prs_MailingCity"] = person.HomeArea?.Locality ?? "";
        cells["prs_MailingState"] = person.HomeArea?.Admin1 ?? "";
        cells["prs_MailingCountry"] = Alpha2(person.HomeArea?.Country ?? "");
        (cells["ext_BirthPlace"], cells["ext_Occupation"]) = (person.BirthPlace, person.Occupation);
        cells["prs_Deceased"] = person.HasDeceased ? (person.Deceased ? "TRUE" : "FALSE") : "";
        (cells["prs_MaritalStatus"], cells["prs_HighestLevelOfEducation"], cells["ext_MigrationStatus"]) = (person.MaritalStatus, person.Education, person.MigrationStatus);
        cells["prs_NumberOfChildren"] = person.HasChildren ? Number(person.Children) : "";
        cells["prs_PrimaryLanguage"] = person.Languages.FirstOrDefault() ?? "";
        cells["prs_SecondaryLanguage"] = person.Languages.ElementAtOrDefault(1) ?? "";
        Leave("persons[].languages", Math.Max(0, person.Languages.Count - 2));

        var documents = person.Identifiers.Where(i => i.Kind == "Document").ToList();
        cells["prs_IdentityNumber"] = Joined(documents.Where(d => d.DocumentType == "ID"));
        cells["ext_PassportNo"] = Joined(documents.Where(d => d.DocumentType == "P"));
        cells["ext_Document"] = Joined(documents.Where(d => d.DocumentType is not ("ID" or "P")));
        var phones = person.Identifiers.Where(i => i.Kind == "Phone" && i.HolderRole == "Victim").ToList();
        cells["prs_MobilePhone"] = phones.FirstOrDefault()?.Raw ?? "";
        cells["prs_HomePhone"] = phones.ElementAtOrDefault(1)?.Raw ?? "";
        var emails = person.Identifiers.Where(i => i.Kind == "Email" && i.HolderRole == "Victim").ToList();
        cells["prs_Email"] = emails.FirstOrDefault()?.Raw ?? "";
        var rest = person.Identifiers.Where(i => i.Kind != "Document" && !phones.Take(2).Contains(i) && !emails.Take(1).Contains(i));
        // The word in front keeps a shelter's number from becoming the person's own.
        cells["ext_Contact"] = string.Join(" ; ", rest.Select(i => (i.HolderRole == "ServiceProvider" ? "shelter " : "") + i.Raw));
    }

    private void Exploitation(CaseRecord record, Dictionary<string, string> cells)
    {
        var items = record.Exploitation;
        cells["vic_TypeOfExploitation"] = Codes("exploitationType", items.SelectMany(e => e.Types_));
        cells["vic_TypeOfSexExploitation"] = Codes("exploitationSubType", items.SelectMany(e => e.SubTypes));
        cells["vic_MethodsOfControl"] = Codes("meansOfControl", items.SelectMany(e => e.MeansOfControl).Where(m => m.Answer == Answer.Yes).Select(m => m.Code));
        Leave("exploitation[].meansOfControl answered no", items.SelectMany(e => e.MeansOfControl).Count(m => m.Answer == Answer.No));
        cells["vic_MethodOfRecruitment"] = Codes("recruitmentMethod", items.SelectMany(e => e.RecruitmentMethods));
        cells["vic_RelationshipToTrafficker"] = Codes("recruiterRelation", items.SelectMany(e => e.RecruiterRelation));
        cells["vic_RecruitmentWebsitesAndApps"] = Codes("platform", items.SelectMany(e => e.PlatformsRecruitment));
        cells["vic_ExploitationWebsitesAndApps"] = Codes("platform", items.SelectMany(e => e.PlatformsExploitation));
        var sectors = items.Select(e => e.SectorSection).Where(s => s.Length > 0).Distinct().ToList();
        cells["vic_ForcedLabourIndustry"] = sectors.Count > 0 ? sectors[0] : "";
        Leave("exploitation[].sectorSection", Math.Max(0, sectors.Count - 1));
        Leave("exploitation[].sectorDivision", items.Count(e => e.SectorDivision.Length > 0));
        cells["ext_Duration"] = items.Select(e => e.DurationBand).FirstOrDefault(d => d.Length > 0) ?? "";
        cells["ext_ExitMode"] = items.Select(e => e.ExitMode).FirstOrDefault(d => d.Length > 0) ?? "";
        foreach (var (type, column) in new[] { ("Recruitment", "vic_LocationOfRecruitment"), ("Exploitation", "vic_LocationOfExploitation") })
        {
            var places = record.Events.Where(e => e.Type == type && e.Place?.Raw.Length > 0).ToList();
            cells[column] = places.Count > 0 ? places[0].Place.Raw : "";
            Leave(column, Math.Max(0, places.Count - 1));
        }
    }

    private void Repeated(CaseRecord record, Dictionary<string, string> cells)
    {
        void Put(int block, int at, string name, string value)
        {
            if (at < _counts[block])
            {
                cells[$"{Blocks[block].Prefix}_{Number(at + 1)}_{name}"] = value;
            }
        }
        for (var i = 0; i < record.Events.Count; i++)
        {
            var (item, place) = (record.Events[i], record.Events[i].Place ?? new Place());
            Put(0, i, "Type", item.Type);
            Put(0, i, "Date", Date(item.When));
            Put(0, i, "Street", place.Address);
            Put(0, i, "City", place.Locality);
            Put(0, i, "State", place.Admin1);
            Put(0, i, "PostalCode", place.PostalCode);
            Put(0, i, "Country", Alpha2(place.Country));
            Put(0, i, "Latitude", place.HasLatitude ? place.Latitude.ToString("R", CultureInfo.InvariantCulture) : "");
            Put(0, i, "Longitude", place.HasLongitude ? place.Longitude.ToString("R", CultureInfo.InvariantCulture) : "");
        }
        var suspects = record.Persons.Where(p => p.Role == "Suspect").ToList();
        for (var i = 0; i < suspects.Count; i++)
        {
            var named = suspects[i].Names.FirstOrDefault(n => n.Given.Length + n.Family.Length > 0);
            Put(1, i, "FirstName", named?.Given ?? "");
            Put(1, i, "SecondName", named?.Family ?? "");
            // A country in brackets behind a name is read as his citizenship.
            Put(1, i, "Name", string.Join(" ; ", suspects[i].Names.Where(n => n != named && n.Type != "Alias").Select(n => n.Full)) + string.Concat(suspects[i].Citizenship.Select(c => $" ({c})")));
            Put(1, i, "Alias", string.Join(" ; ", suspects[i].Names.Where(n => n.Type == "Alias").Select(n => n.Full)));
            Put(1, i, "RoleInProcess", Codes("suspectRole", suspects[i].SuspectRoles));
            Put(1, i, "Phone", Joined(suspects[i].Identifiers.Where(d => d.Kind == "Phone")));
            Put(1, i, "Email", Joined(suspects[i].Identifiers.Where(d => d.Kind == "Email")));
            Put(1, i, "Handle", Joined(suspects[i].Identifiers.Where(d => d.Kind == "Handle")));
            Put(1, i, "Account", Joined(suspects[i].Identifiers.Where(d => d.Kind is "BankAccount" or "MobileMoney" or "CryptoWallet" or "PaymentService")));
        }
        for (var i = 0; i < record.Organisations.Count; i++)
        {
            Put(2, i, "Name", record.Organisations[i].Names.FirstOrDefault() ?? "");
            Put(2, i, "Licence", record.Organisations[i].Identifiers.FirstOrDefault()?.Raw ?? "");
            Leave("organisations[].names", Math.Max(0, record.Organisations[i].Names.Count - 1));
        }
        for (var i = 0; i < record.Vehicles.Count; i++)
        {
            Put(3, i, "Vehicle", record.Vehicles[i].Raw);
        }
        for (var i = 0; i < record.Vessels.Count; i++)
        {
            Put(4, i, "Vessel", record.Vessels[i].Raw);
        }
        for (var i = 0; i < record.Support.Count; i++)
        {
            Put(5, i, "Type", record.Support[i].Type);
            Put(5, i, record.Support[i].EndPlanned ? "PlannedEndDate" : "ActualEndDate", Date(record.Support[i].End));
        }
    }

    private static string Joined(IEnumerable<Identifier> identifiers) => string.Join(" ; ", identifiers.Select(i => (i.HolderRole == "ServiceProvider" ? "shelter " : "") + i.Raw));

    /// <summary>The standard's own word for a code, if it means this code only.</summary>
    private static string Codes(string list, IEnumerable<string> codes) => string.Join(';', codes.Distinct(StringComparer.Ordinal).Select(c =>
        CodeLists.Get(list).Find(c)?.Htcds is { } word && CodeReader.One(Profiles.Get("htcds-2.0+ext"), list, word) == c ? word : c));

    private static string Iso(int day) => DayNumbers.ToDate(day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
