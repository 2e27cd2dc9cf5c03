using CleanRoom.Records.V1;

namespace CleanRoom.Records;

/// <summary>The two payloads that a record is sealed in: identity needs a live C2, analytic a live C1 or C2 (DATA.md 4.1, R13).</summary>
/// <param name="Identity">Everything that is matched, with consents and handling.</param>
/// <param name="Analytic">Flags, exploitation, status, years, age bands, countries and consents; no directly identifying field.</param>
public sealed record CaseRecordParts(CaseRecord? Identity, CaseRecord? Analytic)
{
    private static readonly Person NotCounted = new();

    /// <summary>Splits a record; <see cref="Join"/> gives the same record back, without what the consents withhold.</summary>
    public static CaseRecordParts Split(CaseRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        // What a person keeps back is in neither part.
        var shared = Withholding.Apply(record);
        return new CaseRecordParts(IdentityOf(shared), AnalyticOf(shared));
    }

    /// <summary>Puts the parts together again; with one part missing, gives the other.</summary>
    /// <exception cref="ArgumentException">Both parts are missing, or they are not of the same record.</exception>
    public CaseRecord Join()
    {
        if (Identity is null)
        {
            return Analytic?.Clone() ?? throw new ArgumentException("A record needs at least one part.");
        }
        if (Analytic is null)
        {
            return Identity.Clone();
        }
        if (!Identity.RecordId.Equals(Analytic.RecordId) || Identity.RecordVersion != Analytic.RecordVersion)
        {
            throw new ArgumentException("The two parts belong to different records.");
        }
        var record = Identity.Clone();
        record.Determination = Analytic.Determination?.Clone();
        record.Exploitation.Add(Analytic.Exploitation.Select(e => e.Clone()));
        record.LawfulBases.Add(Analytic.LawfulBases.Select(b => b.Clone()));
        record.Progress.Add(Analytic.Progress.Select(p => p.Clone()));
        record.Support.Add(Analytic.Support.Select(s => s.Clone()));
        if (Analytic.Case is { } analyticCase && (analyticCase.Status.Length > 0 || analyticCase.ProgrammeCode.Length > 0 || analyticCase.FundingPeriod is not null))
        {
            record.Case ??= new Case();
            record.Case.Status = analyticCase.Status;
            record.Case.ProgrammeCode = analyticCase.ProgrammeCode;
            record.Case.FundingPeriod = analyticCase.FundingPeriod?.Clone();
        }
        foreach (var person in record.Persons)
        {
            var other = Analytic.Persons.FirstOrDefault(p => p.PersonKey == person.PersonKey);
            if (other is not null)
            {
                CopyCounted(other, person);
            }
        }
        return record;
    }

    /// <summary>What of a person is counted and never compared stands in the analytic part alone.</summary>
    private static void CopyCounted(Person from, Person to)
    {
        to.AgeBand = from.AgeBand;
        to.MigrationStatus = from.MigrationStatus;
        to.MaritalStatus = from.MaritalStatus;
        to.Education = from.Education;
        if (from.HasChildren)
        {
            to.Children = from.Children;
        }
        else
        {
            to.ClearChildren();
        }
    }

    private static CaseRecord IdentityOf(CaseRecord record)
    {
        var part = record.Clone();
        part.Determination = null;
        part.Exploitation.Clear();
        part.LawfulBases.Clear();
        part.Progress.Clear();
        part.Support.Clear();
        if (part.Case is not null)
        {
            part.Case.Status = part.Case.ProgrammeCode = "";
            part.Case.FundingPeriod = null;
            if (part.Case.CalculateSize() == 0)
            {
                part.Case = null;
            }
        }
        foreach (var person in part.Persons)
        {
            CopyCounted(NotCounted, person);
        }
        return part;
    }

    private static CaseRecord AnalyticOf(CaseRecord record)
    {
        var part = new CaseRecord
        {
            SchemaVersion = record.SchemaVersion,
            RecordId = record.RecordId,
            ContributorId = record.ContributorId,
            RecordVersion = record.RecordVersion,
            Supersedes = record.Supersedes,
            ManifestRef = record.ManifestRef,
            Determination = record.Determination?.Clone(),
            Handling = record.Handling?.Clone(),
            Retention = record.Retention?.Clone(),
            Provenance = new Provenance
            {
                SourceFormat = record.Provenance?.SourceFormat ?? "",
                ImportProfile = record.Provenance?.ImportProfile ?? "",
                CollectionMethod = record.Provenance?.CollectionMethod ?? "",
                SourceSystem = record.Provenance?.SourceSystem ?? "",
                CollectorRole = record.Provenance?.CollectorRole ?? "",
            },
            Override = record.Override?.Clone(),
        };
        if (part.Override is not null)
        {
            // Words of a person stay with what identifies.
            part.Override.Reason = "";
        }
        if (record.Case is not null)
        {
            part.Case = new Case
            {
                Status = record.Case.Status,
                OpenedOn = YearOf(record.Case.OpenedOn),
                ProgrammeCode = record.Case.ProgrammeCode,
                FundingPeriod = record.Case.FundingPeriod?.Clone(),
            };
        }
        part.Exploitation.Add(record.Exploitation.Select(e => e.Clone()));
        part.Consents.Add(record.Consents.Select(c => c.Clone()));
        part.LawfulBases.Add(record.LawfulBases.Select(b => b.Clone()));
        part.Progress.Add(record.Progress.Select(p => p.Clone()));
        part.Support.Add(record.Support.Select(s => s.Clone()));
        foreach (var person in record.Persons)
        {
            var copy = new Person
            {
                PersonKey = person.PersonKey,
                Role = person.Role,
                Gender = person.Gender,
                MajorityAtEntry = person.MajorityAtEntry,
                MajorityAtExploitation = person.MajorityAtExploitation,
                MajorityNow = person.MajorityNow,
            };
            CopyCounted(person, copy);
            copy.SuspectRoles.Add(person.SuspectRoles);
            copy.Citizenship.Add(person.Citizenship);
            part.Persons.Add(copy);
        }
        foreach (var item in record.Events)
        {
            part.Events.Add(new Event
            {
                Type = item.Type,
                Seq = item.Seq,
                When = YearOf(item.When),
                Place = item.Place is null ? null : new Place { Country = item.Place.Country, Admin1 = item.Place.Admin1, Type = item.Place.Type },
            });
        }
        return part;
    }

    private static PartialDate? YearOf(PartialDate? date)
    {
        if (date is null || date.Precision is "" or "Unknown")
        {
            return null;
        }
        var first = DayNumbers.ToDate(date.EarliestDay).Year;
        var last = DayNumbers.ToDate(date.LatestDay).Year;
        return new PartialDate
        {
            Edtf = first == last ? DayNumbers.Year(first) : $"{DayNumbers.Year(first)}/{DayNumbers.Year(last)}",
            EarliestDay = DayNumbers.FromDate(new DateOnly(first, 1, 1)),
            LatestDay = DayNumbers.FromDate(new DateOnly(last, 12, 31)),
            Precision = first == last ? "Year" : "Range",
            Calendar = "gregory",
        };
    }
}
