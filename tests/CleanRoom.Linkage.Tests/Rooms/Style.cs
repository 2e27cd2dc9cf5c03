using System.Text;

namespace CleanRoom.Linkage.Tests.Rooms;

/// <summary>How one contributor writes: headers, separator, encoding, dates, numbers.</summary>
internal sealed class Style
{
    private static readonly string[][] ListHeaders =
    [
        ["ref", "Case ID", "Case No.", "Client ID", "File number", "Record ID", "case_id"],
        ["given", "First name", "Given names", "Forename", "name_first", "FirstName"],
        ["family", "Last name", "Surname", "Family name", "name_last", "LastName"],
        ["alias", "Alias", "Also known as", "Other names", "AKA", "name_nickname"],
        ["birth", "Date of birth", "DOB", "Birth date", "date_of_birth", "Born"],
        ["sex", "Sex", "Gender", "sex", "M/F"],
        ["nationality", "Nationality", "Citizenship", "Country of citizenship", "nationality"],
        ["home", "Home town", "Place of origin", "Hometown", "Village of origin"],
        ["phone", "Phone", "Mobile", "Telephone", "Contact number", "telephone_current", "Tel."],
        ["email", "E-mail", "Email address", "Email"],
        ["passport", "Passport no.", "Passport number", "Passport", "travel_document_passport"],
        ["idno", "National ID", "ID card no.", "Identity number"],
        ["seen", "Date of intake", "Registration date", "Intake date", "Interview date", "registration_date"],
        ["country", "Country of exploitation", "Country", "country_of_exploitation"],
        ["where", "Place of exploitation", "Workplace", "Location of exploitation", "Exploitation site", "Work address"],
        ["suspect", "Recruiter", "Trafficker name", "Alleged trafficker", "Suspect name", "Perpetrator name", "Exploiter"],
        ["suspectphone", "Recruiter phone", "Trafficker phone", "Suspect telephone", "Perpetrator mobile", "Exploiter phone no."],
        ["suspecthandle", "Recruiter social media", "Trafficker Facebook/Telegram", "Suspect handle", "Recruiter's username"],
        ["suspectaccount", "Recruiter bank account", "Trafficker account / wallet", "Suspect account number"],
        ["company", "Agency", "Employer company", "Recruitment agency", "Company name", "Organisation involved"],
        ["licence", "Agency licence no.", "Company registration number", "License no.", "Agency license number"],
        ["vehicle", "Vehicle", "Number plate", "Car registration plate", "Vehicle plate"],
        ["vessel", "Vessel", "Boat name", "Ship", "Fishing vessel"],
        ["consent", "Consent purposes", "Consent", "Consent to share", "Data sharing consent", "consent_purposes"],
        ["note", "Notes", "Remarks", "Case narrative", "Comments"],
    ];

    private static readonly string[][] CtdcHeaders =
    [
        ["ref", "local_id", "local_case_no", "local_ref", "local_case_id"],
        ["consent", "local_consent", "local_consent_purposes"],
        ["family", "local_surname", "local_family_name", "local_last_name"],
        ["given", "local_given", "local_first_name", "local_given_names"],
        ["alias", "local_aka", "local_nickname"],
        ["birth", "local_dob", "local_date_of_birth", "local_birthdate"],
        ["home", "local_home_town", "local_origin"],
        ["passport", "local_passport", "local_passport_no"],
        ["idno", "local_national_id"],
        ["phone", "local_phone", "local_mobile"],
        ["email", "local_email"],
        ["seen", "local_contact_date", "local_intake_date"],
        ["suspect", "local_trafficker", "local_recruiter", "local_suspect"],
        ["suspectphone", "local_trafficker_phone", "local_recruiter_phone", "local_suspect_mobile"],
        ["suspecthandle", "local_trafficker_handle", "local_recruiter_handle"],
        ["suspectaccount", "local_trafficker_account", "local_recruiter_account"],
        ["company", "local_agency", "local_company"],
        ["licence", "local_agency_licence", "local_company_licence"],
        ["where", "local_site", "local_workplace", "local_address_of_exploitation"],
        ["vehicle", "local_vehicle", "local_plate"],
        ["vessel", "local_vessel", "local_boat"],
    ];

    private static readonly string[][] HtcdsHeaders =
    [
        ["ref", "ext_CaseNumber", "cas_CaseNumber"], ["given", "prs_FirstName"], ["family", "prs_SecondName"], ["native", "ext_NameNative"], ["alias", "ext_Alias"],
        ["birth", "prs_Birthdate"], ["sex", "prs_Gender"], ["nationality", "prs_Citizenship"], ["home", "prs_MailingCity"], ["phone", "prs_MobilePhone", "prs_HomePhone"], ["email", "prs_Email"],
        ["passport", "ext_PassportNo", "ext_Passport"], ["idno", "prs_IdentityNumber"], ["seen", "ext_DateSeen", "ext_IntakeDate"], ["country", "hte_1_Country"], ["where", "vic_LocationOfExploitation"],
        ["suspect", "per_1_Name"], ["role", "per_1_RoleInProcess"], ["suspectphone", "per_1_Phone", "per_1_MobilePhone"], ["suspecthandle", "per_1_Handle"], ["suspectaccount", "per_1_Account"],
        ["company", "org_1_Name"], ["licence", "org_1_Licence"], ["vehicle", "ext_Vehicle"], ["vessel", "ext_Vessel"], ["consent", "ext_ConsentPurposes"], ["status", "vic_TraffickingStatus"], ["tick", "con_Consent"],
    ];

    private static readonly string[][] LabelHeaders =
    [
        ["ref", "Case Number"], ["given", "First Name"], ["family", "Second Name"], ["alias", "Alias"], ["birth", "Birthdate"], ["sex", "Gender"], ["nationality", "Citizenship"],
        ["home", "Mailing City"], ["phone", "Mobile Phone", "Home Phone"], ["email", "Email"], ["passport", "Passport number", "Passport"], ["idno", "Identity Number"], ["seen", "Intake date", "Date seen"],
        ["country", "Country of exploitation"], ["where", "Location of Exploitation"], ["suspect", "Recruiter name", "Trafficker"], ["suspectphone", "Recruiter phone", "Trafficker phone"],
        ["suspecthandle", "Recruiter social media"], ["suspectaccount", "Recruiter account"], ["company", "Recruitment agency"], ["licence", "Agency licence no"], ["vehicle", "Vehicle plate"], ["vessel", "Vessel"],
        ["consent", "Consent purposes"], ["status", "Trafficking Status"], ["tick", "Consent"], ["means", "Methods of Control"], ["types", "Type of Exploitation"],
    ];

    private static readonly Dictionary<string, string> English = ListHeaders.ToDictionary(h => h[0], h => h[1]);

    public required string Layout { get; init; }

    public required LanguagePack Pack { get; init; }

    public required LanguagePack Destination { get; init; }

    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    public required IReadOnlyList<string> Fields { get; init; }

    public required char Separator { get; init; }

    public required Encoding Encoding { get; init; }

    public required string Dates { get; init; }

    public required int Phones { get; init; }

    public required bool NativeDigits { get; init; }

    public required bool Title { get; init; }

    public required bool FullNames { get; init; }

    public required int Codes { get; init; }

    public bool Native => Layout is "native" or "bilingual";

    public static Style Throw(Dice dice, string layout, LanguagePack pack, LanguagePack destination)
    {
        var native = layout is "native" or "bilingual";
        var headers = layout switch
        {
            "htcds-machine" => Pick(dice, HtcdsHeaders),
            "htcds-labels" => Pick(dice, LabelHeaders),
            "ctdc" => Pick(dice, CtdcHeaders),
            "list" => Pick(dice, ListHeaders),
            _ => pack.Headers.ToDictionary(h => h.Key, h => layout == "bilingual" && English.TryGetValue(h.Key is "full" ? "given" : h.Key, out var english) ? $"{h.Value} / {(h.Key == "full" ? "Name" : english)}" : h.Value, StringComparer.Ordinal),
        };
        var full = native ? !headers.ContainsKey("given") || !headers.ContainsKey("family") || !pack.Has("family") || dice.Chance(65) : layout == "list" && dice.Chance(35);
        if (native)
        {
            headers["ref"] = headers["no"];
        }
        if (full && !native)
        {
            headers["full"] = dice.One((string[])["Full name", "Name", "Name of client", "Survivor name", "Victim name"]);
        }
        var fields = headers.Keys.Where(k => k is not "no" and not "full" and not "given" and not "family").ToList();
        fields.InsertRange(Math.Min(1, fields.Count), full ? ["full"] : ["given", "family"]);
        if (native)
        {
            _ = fields.Remove("ref");
            fields.Insert(0, "ref");
        }
        // Real files lack columns: some that the room does not need are left out.
        foreach (var spare in (string[])["note", "alias", "role", "status", "tick", "means", "types"])
        {
            _ = dice.Chance(35) && !(layout == "htcds-labels" && spare is "status") && fields.Remove(spare);
        }
        return new Style
        {
            Layout = layout,
            Pack = pack,
            Destination = destination,
            Headers = headers,
            Fields = fields,
            Separator = dice.One((char[])[',', ';', '\t', ',', ';']),
            Encoding = Enc(dice, native ? pack.Name : layout == "ctdc" ? "ascii" : "other"),
            Dates = native ? dice.One((string[])["dmy/", "dmy.", "iso", "named", "dmy-"]) : dice.One((string[])["iso", "iso", "dmy/", "named", "dmy-"]),
            Phones = dice.Below(5),
            NativeDigits = native && pack.ZeroDigit != '0' && dice.Chance(50),
            Title = layout == "native" && dice.Chance(50),
            FullNames = full,
            Codes = dice.Below(3),
        };
    }

    private static Dictionary<string, string> Pick(Dice dice, string[][] headers) => headers.ToDictionary(h => h[0], h => h[1 + dice.Below(h.Length - 1)], StringComparer.Ordinal);

    private static Encoding Enc(Dice dice, string language)
    {
        var thrown = dice.Below(10);
        if (thrown < 3 && (language is "ru" or "uk"))
        {
            return CodePagesEncodingProvider.Instance.GetEncoding(1251)!;
        }
        if (thrown < 3 && (language is "es" or "fr"))
        {
            return CodePagesEncodingProvider.Instance.GetEncoding(1252)!;
        }
        return thrown switch
        {
            < 4 => new UTF8Encoding(false),
            < 7 => new UTF8Encoding(true),
            < 9 => new UnicodeEncoding(false, true),
            _ => new UnicodeEncoding(true, true),
        };
    }
}
