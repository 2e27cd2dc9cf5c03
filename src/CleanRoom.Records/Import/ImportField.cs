namespace CleanRoom.Records.Import;

/// <summary>What a column means. The names are the vocabulary of profile files and of <see cref="ImportOptions.Map"/>.</summary>
internal enum ImportField
{
    Ignore, RowNumber, Drop, Note, Ref,
    Given, Middle, Father, Mother, Family, FullName, NativeName, Alias,
    Birth, AgeWhenTrafficked, AgeBand, MajorityNow, MajorityAtExploitation, Gender, Citizenship, Origin, HomeCity, HomeAdmin, HomeCountry, BirthPlace, Occupation,
    Deceased, MaritalStatus, Children, Education, Language, MigrationStatus, MajorityAtEntry,
    Phone, Email, Handle, Account, Contact, Document, Passport, NationalId,
    Seen, Year, Where, EventType, EventDate, EventCity, EventAdmin, EventCountry, EventAddress, EventPostalCode, EventLatitude, EventLongitude, RecruitmentPlace,
    SuspectName, SuspectGiven, SuspectFamily, SuspectAlias, SuspectRole, SuspectContact,
    OrganisationName, OrganisationLicence, Vehicle, Vessel, VehicleOrVessel,
    ConsentTick, ConsentPurposes, ConsentWords, ConsentDate, ConsentExpires, Handling,
    CaseStatus, DeterminationStatus, DeterminationBy, DeterminationFramework, DataSource,
    ExploitationType, ExploitationSubType, Sector, Means, RecruitmentMethod, RecruiterRelation, PlatformRecruitment, PlatformExploitation, Duration, Flag,
    ExitMode, SupportType, SupportPlannedEnd, SupportEnd,
    ReferralInOrganisation, ReferralInDate, ReferralInReason, ReferralOutOrganisation, ReferralOutDate, ReferralOutReason,
}

/// <summary>One column with its meaning.</summary>
/// <param name="Index">Position in the row.</param>
/// <param name="Header">As in the file.</param>
/// <param name="Field">What it means.</param>
/// <param name="Param">More of it: the flag's code, for example.</param>
/// <param name="Group">Block number of repeated columns, or empty.</param>
internal sealed record ColumnBinding(int Index, string Header, ImportField Field, string Param = "", string Group = "");
