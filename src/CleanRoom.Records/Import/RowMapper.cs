using System.Globalization;
using CleanRoom.Records.Lists;
using CleanRoom.Records.Normalisation;
using CleanRoom.Records.V1;
using Google.Protobuf;

namespace CleanRoom.Records.Import;

/// <summary>Makes a case record of one row. What never leaves the contributor is not even copied (DATA.md 1.1 rule 4).</summary>
internal sealed partial class RowMapper(ImportProfile profile, IReadOnlyList<ColumnBinding> bindings, ImportOptions options, DateOrder order, QualityReport report)
{
    private static readonly string[] ServiceWords =
        [.. ((string[])["shelter", "safe house", "safehouse", "hotline", "helpline", "ngo", "our office", "office phone", "caseworker", "case worker", "social worker", "embassy", "foyer", "refuge", "abri", "hebergement", "albergue", "refugio", "приют", "убежище", "горячая линия", "консульство", "ملجأ", "دار إيواء", "السفارة", "บ้านพัก", "สถานสงเคราะห์", "สายด่วน", "มูลนิธิ", "nhà tạm lánh", "nhà mở", "đường dây nóng", "មណ្ឌល", "អង្គការ", "ສູນ", "收容所", "庇护所", "热线", "rumah aman", "siginma evi", "adapost"]).Select(Text.FoldWords)];

    private readonly DateOnly _today = DateOnly.FromDateTime(options.Time.GetUtcNow().UtcDateTime);
    private readonly List<ImportIssue> _issues = [];
    private CaseRecord _record = new();
    private string[] _cells = [];
    private int _row;

    public ImportedRow Map(TableRow row, int number)
    {
        _issues.Clear();
        _cells = row.Cells;
        _row = row.Line;
        var id = new byte[16];
        _ = options.NewRecordId().TryWriteBytes(id, bigEndian: true, out _);
        _record = new CaseRecord
        {
            SchemaVersion = CaseRecordCodec.SchemaVersion,
            RecordId = ByteString.CopyFrom(id),
            ContributorId = options.ContributorId,
            RecordVersion = 1,
            ManifestRef = options.ManifestRef,
            Provenance = new Provenance { SourceFormat = profile.Name, ImportProfile = profile.Name },
        };
        _record.ContributorRecordRef = Ref(number);
        var regions = Regions();
        var seen = Seen(regions);
        MapCase(regions);
        MapVictim(regions, seen);
        MapEvents(regions);
        MapSuspects(regions, seen);
        MapOrganisations(regions);
        MapTransport(regions, seen);
        MapExploitation();
        MapConsents();
        MapHandling();
        Periods(seen);
        Drops();
        if (!profile.AggregateOnly && !_record.Persons.Any(p => p.Names.Count > 0 || p.Identifiers.Count > 0) && _record.Organisations.Count + _record.Vehicles.Count + _record.Vessels.Count == 0)
        {
            Issue("", IssueSeverity.Warning, "nothing-to-match", "The row holds no name and no identifier.", "Check the mapping of columns.");
        }
        var seal = profile.AggregateOnly ? new SealDecision(false, false, "A published statistics file is reference only.") : SealDecision.For(_record, _today);
        return new ImportedRow(number, row.Line, _record, [.. _issues], seal, profile.AggregateOnly);
    }

    private IEnumerable<(ColumnBinding Column, string Value)> Cells(params ImportField[] fields)
    {
        foreach (var column in bindings)
        {
            if (Array.IndexOf(fields, column.Field) < 0 || column.Index >= _cells.Length)
            {
                continue;
            }
            var value = Text.Clean(_cells[column.Index]);
            if (value.Length > 0 && value is not ("-99" or "-" or "--" or "?" or "n/a" or "N/A" or "NA" or "null" or "NULL"))
            {
                yield return (column, value);
            }
        }
    }

    private string First(params ImportField[] fields) => Cells(fields).Select(c => c.Value).FirstOrDefault() ?? "";

    private void Issue(string column, IssueSeverity severity, string code, string message, string remedy)
    {
        var issue = new ImportIssue(_row, column, severity, code, message, remedy);
        _issues.Add(issue);
        report.Add(issue);
    }

    private string Ref(int number)
    {
        var fallback = $"{options.ContributorId}-{number.ToString(CultureInfo.InvariantCulture)}";
        var pattern = options.RefPattern;
        string value;
        if (string.IsNullOrEmpty(pattern))
        {
            // Without a pattern the number is the row's: a column that looks like a reference may hold anything.
            return fallback;
        }
        var open = pattern.IndexOf('{', StringComparison.Ordinal);
        var close = pattern.IndexOf('}', StringComparison.Ordinal);
        if (open < 0 || close < open)
        {
            value = Column(pattern);
        }
        else
        {
            var parts = pattern[(open + 1)..close].Split(':', 2);
            var cell = Text.AsciiDigits(Column(parts[0]));
            value = cell.Length == 0 ? "" : pattern[..open]
                + (parts.Length > 1 && long.TryParse(cell, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n.ToString(parts[1], CultureInfo.InvariantCulture) : cell)
                + pattern[(close + 1)..];
        }
        if (value.Length is 0 or > 64)
        {
            Issue(pattern, IssueSeverity.Warning, "no-reference", "The row has no usable reference of its own.", "Fill the reference column (at most 64 characters).");
            return fallback;
        }
        return value;
    }

    private string Column(string name)
    {
        var words = HeaderMatcher.Words(name);
        var at = Headers.FindIndex(h => h.Equals(name, StringComparison.OrdinalIgnoreCase) || HeaderMatcher.Words(h) == words);
        return at >= 0 && at < _cells.Length ? Text.Clean(_cells[at], 65) : "";
    }

    /// <summary>All headers of the file, by position.</summary>
    public List<string> Headers { get; init; } = [];

    /// <summary>Countries that the row itself points to: column countries first, then places it names.</summary>
    private List<string> Regions()
    {
        var regions = new List<string>();
        foreach (var (_, value) in Cells(ImportField.HomeCountry).Concat(Cells(ImportField.Citizenship)))
        {
            Merge(regions, CountriesOf(value));
        }
        foreach (var (_, value) in Cells(ImportField.Origin, ImportField.HomeCity, ImportField.HomeAdmin))
        {
            Merge(regions, CountriesOf(value));
        }
        foreach (var (_, value) in Cells(ImportField.EventCountry).Concat(Cells(ImportField.Where, ImportField.EventCity, ImportField.BirthPlace)))
        {
            Merge(regions, CountriesOf(value));
        }
        return regions;
    }

    private static IEnumerable<string> CountriesOf(string value) =>
        Countries.Find(value) is { } one ? [one] : Gazetteer.FindIn(value).Select(p => p.Country).Concat(Countries.FindIn(value));

    private static void Merge(List<string> list, IEnumerable<string> items)
    {
        foreach (var item in items)
        {
            if (!list.Contains(item) && !item.StartsWith("XX", StringComparison.Ordinal))
            {
                list.Add(item);
            }
        }
    }

    private PartialDate? ReadDate(string value, IReadOnlyList<string> regions, ColumnBinding column, bool ages = false, PartialDate? reference = null)
    {
        var date = Dates.Read(value, order, regions, ages, reference, _today);
        if (date is null)
        {
            Issue(column.Header, IssueSeverity.Warning, "unread-date", "The date is not understood.", "Write it as YYYY-MM-DD, YYYY-MM or YYYY.");
        }
        else if (date.SwappedDayMonthPossible)
        {
            Issue(column.Header, IssueSeverity.Info, "ambiguous-date", "Day and month may be swapped; read day first.", "Write it as YYYY-MM-DD.");
        }
        return date;
    }

    private PartialDate? Seen(List<string> regions)
    {
        foreach (var (column, value) in Cells(ImportField.Seen))
        {
            return ReadDate(value, regions, column);
        }
        return null;
    }

    private void MapCase(List<string> regions)
    {
        var item = new Case();
        if (First(ImportField.CaseStatus) is { Length: > 0 } status)
        {
            item.Status = Code("caseStatus", status, ImportField.CaseStatus);
        }
        foreach (var (column, value) in Cells(ImportField.Year))
        {
            item.OpenedOn = ReadDate(value, regions, column);
        }
        AddReferral(item, "in", ImportField.ReferralInOrganisation, ImportField.ReferralInDate, ImportField.ReferralInReason, regions);
        AddReferral(item, "out", ImportField.ReferralOutOrganisation, ImportField.ReferralOutDate, ImportField.ReferralOutReason, regions);
        _record.Case = item.CalculateSize() > 0 ? item : null;
        var determination = new Determination { Status = "NotAssessed" };
        var said = First(ImportField.DeterminationStatus);
        if (said.Length > 0)
        {
            determination.Status = CodeReader.One("traffickingStatus", said) ?? "NotAssessed";
            determination.By = CodeReader.One("determinationBy", First(ImportField.DeterminationBy)) ?? "";
            determination.Framework = CodeReader.One("determinationFramework", First(ImportField.DeterminationFramework)) ?? options.Manifest.DefinitionFramework;
            determination.Jurisdiction = options.Manifest.Jurisdiction.Count == 1 ? options.Manifest.Jurisdiction[0] : "";
            if (determination.Framework.Length == 0)
            {
                determination.Status = "NotAssessed";
                Issue("", IssueSeverity.Warning, "status-without-framework", "A status without the framework behind it was taken as not assessed.", "Give definitionFramework in the manifest.");
            }
        }
        _record.Determination = determination;
    }

    private void AddReferral(Case item, string direction, ImportField organisation, ImportField date, ImportField reason, List<string> regions)
    {
        var name = First(organisation);
        if (name.Length == 0)
        {
            return;
        }
        var referral = new Referral { Direction = direction, Organisation = name, Reason = CodeReader.One("referralReason", First(reason)) ?? "" };
        foreach (var (column, value) in Cells(date))
        {
            referral.On = ReadDate(value, regions, column);
        }
        item.Referrals.Add(referral);
    }

    private string Code(string list, string value, ImportField field)
    {
        if (CodeReader.One(list, value) is { } code)
        {
            return code;
        }
        Issue(bindings.First(b => b.Field == field).Header, IssueSeverity.Warning, "unmapped-code", $"The value is not in code list {list}.", "Use a value of the list, or map it in a profile.");
        return "";
    }

    private void MapVictim(List<string> regions, PartialDate? seen)
    {
        var person = new Person { PersonKey = "v1", Role = "Victim", AssertionBasis = "VictimStatement" };
        MapNames(person, regions);
        person.Gender = Cells(ImportField.Gender).Select(c => CodeReader.One("gender", c.Value) ?? "NonSpecifiedUnknown").FirstOrDefault() ?? "";
        foreach (var (column, value) in Cells(ImportField.Citizenship))
        {
            foreach (var part in value.Split([';', '|', '/', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                if (Countries.Find(part) is { } country)
                {
                    Merge2(person.Citizenship, country);
                }
                else if (part != "00")
                {
                    Issue(column.Header, IssueSeverity.Warning, "unmapped-code", "The country is not known.", "Use an ISO country code or the country's name.");
                }
            }
        }
        var reference = seen ?? _record.Case?.OpenedOn;
        foreach (var (column, value) in Cells(ImportField.Birth))
        {
            person.Birth ??= ReadDate(value, regions, column, ages: true, reference);
            if (person.Birth?.Precision == "AgeDerived" && Text.Digits(value) is { Length: > 0 and <= 2 } age)
            {
                person.AgeAtIdentification = int.Parse(age, CultureInfo.InvariantCulture);
            }
        }
        person.AgeBand = Cells(ImportField.AgeBand).Select(c => CodeReader.One("ageBand", c.Value)).FirstOrDefault() ?? "";
        foreach (var (_, value) in Cells(ImportField.AgeWhenTrafficked))
        {
            if (int.TryParse(Text.Digits(value), NumberStyles.None, CultureInfo.InvariantCulture, out var age) && age < 120)
            {
                person.AgeWhenTrafficked = age;
                person.MajorityAtExploitation = age < 18 ? "Minor" : "Adult";
            }
        }
        if (Cells(ImportField.MajorityAtExploitation).Select(c => CodeReader.One("majorityStatus", c.Value)).FirstOrDefault() is { } then)
        {
            person.MajorityAtExploitation = then;
        }
        person.MajorityNow = MajorityNow(person);
        person.Occupation = First(ImportField.Occupation);
        foreach (var (_, value) in Cells(ImportField.BirthPlace))
        {
            person.BirthPlace = value;
            person.BirthCountry = CountriesOf(value).FirstOrDefault() ?? "";
        }
        MapHome(person);
        MapVictimIdentifiers(person, regions);
        _record.Persons.Add(person);
    }

    private void MapNames(Person person, List<string> regions)
    {
        var given = string.Join(' ', Cells(ImportField.Given).Select(c => c.Value));
        var middle = First(ImportField.Middle);
        var family = string.Join(' ', Cells(ImportField.Family).Select(c => c.Value));
        var full = string.Join(' ', new[] { given, middle, family }.Where(p => p.Length > 0));
        if (full.Length > 0)
        {
            person.Names.Add(new PersonName
            {
                Full = full,
                Given = given,
                Middle = middle,
                Family = family,
                Type = "Legal",
                Order = family.Length > 0 ? "GivenFirst" : "",
                Script = Text.ScriptOf(full),
            });
        }
        foreach (var (column, value) in Cells(ImportField.FullName, ImportField.NativeName, ImportField.Alias))
        {
            foreach (var (name, isAlias) in NameCells.Split(value, out var hints))
            {
                if (!person.Names.Any(n => n.Full == name))
                {
                    person.Names.Add(new PersonName { Full = name, Type = isAlias || column.Field == ImportField.Alias ? "Alias" : "Used", Script = Text.ScriptOf(name) });
                }
                foreach (var country in hints)
                {
                    Merge(regions, [country]);
                    Merge2(person.Citizenship, country);
                }
            }
        }
    }

    private static void Merge2(Google.Protobuf.Collections.RepeatedField<string> list, string item)
    {
        if (!list.Contains(item))
        {
            list.Add(item);
        }
    }

    private string MajorityNow(Person person)
    {
        if (person.Birth is { } birth)
        {
            var eighteen = DayNumbers.FromDate(_today.AddYears(-18));
            return birth.LatestDay <= eighteen ? "Adult" : birth.EarliestDay > eighteen ? "Minor" : "Unknown";
        }
        // What the file says was true when the case was opened; an adult then is an adult now.
        var said = Cells(ImportField.MajorityNow).Select(c => CodeReader.One("majorityStatus", c.Value)).FirstOrDefault() ?? "";
        var opened = _record.Case?.OpenedOn;
        return said == "Minor" && opened is not null && DayNumbers.ToDate(opened.LatestDay).AddYears(18) <= _today ? "Adult" : said;
    }

    private void MapHome(Person person)
    {
        var home = new Place { Precision = "Locality" };
        var country = Cells(ImportField.HomeCountry).Select(c => Countries.Find(c.Value)).FirstOrDefault(c => c is not null);
        foreach (var (_, value) in Cells(ImportField.Origin, ImportField.HomeCity, ImportField.HomeAdmin))
        {
            var place = Gazetteer.FindIn(value).FirstOrDefault();
            home.Locality = home.Locality.Length > 0 ? home.Locality : place?.Name ?? value;
            home.Admin1 = home.Admin1.Length > 0 ? home.Admin1 : place?.Admin1 ?? "";
            country ??= place?.Country ?? Countries.FindIn(value).FirstOrDefault();
        }
        home.Country = country ?? "";
        if (home.Locality.Length > 0 || home.Country.Length > 0)
        {
            person.HomeArea = home;
        }
    }

    private void MapVictimIdentifiers(Person person, List<string> regions)
    {
        foreach (var (column, value) in Cells(ImportField.Phone, ImportField.Email, ImportField.Handle, ImportField.Account, ImportField.Contact))
        {
            AddContacts(person, value, column, "Victim", regions);
        }
        foreach (var (column, value) in Cells(ImportField.Document, ImportField.Passport, ImportField.NationalId))
        {
            AddDocument(person, value, column, regions);
        }
        foreach (var (column, value) in Cells(ImportField.Note))
        {
            // A note is free text and stays; a cell that is one address and nothing else is an identifier in the wrong column.
            if (Emails.Find(value) is [var email] && email.Length == value.Length)
            {
                AddContacts(person, value, column, "Victim", regions);
            }
        }
    }

    private void AddDocument(Person person, string value, ColumnBinding column, List<string> regions)
    {
        foreach (var part in value.Split([';', '|', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (Documents.Read(part) is not { } document)
            {
                Issue(column.Header, IssueSeverity.Warning, "unread-document", "No document number was found in the cell.", "Write type, number and issuing country.");
                continue;
            }
            var type = document.Type.Length > 0 ? document.Type : column.Field switch
            {
                ImportField.Passport => "P",
                ImportField.NationalId => "ID",
                _ => "",
            };
            IReadOnlyList<string> nationalities = person.Citizenship.Count > 0 ? person.Citizenship : person.HomeArea is { Country.Length: > 0 } home ? [home.Country] : [.. regions.Take(1)];
            if (Documents.Normalise(document.Number, type, document.Issuer, nationalities) is not { } value2)
            {
                continue;
            }
            var identifier = NewIdentifier("Document", part, "Victim", person.PersonKey, value2, document.Issuer.Length > 0 ? [document.Issuer] : nationalities);
            identifier.DocumentType = type;
            identifier.Issuer = document.Issuer;
            identifier.DocumentAuthenticity = document.Authenticity;
            person.Identifiers.Add(identifier);
        }
    }

    /// <summary>Phones, e-mails, handles and accounts of one cell.</summary>
    private void AddContacts(Person person, string value, ColumnBinding column, string holder, List<string> regions)
    {
        var words = Text.FoldWords(value);
        var role = Array.Exists(ServiceWords, w => Text.FindPhrase(words, w) >= 0) ? "ServiceProvider" : holder;
        if (role == "ServiceProvider")
        {
            Issue(column.Header, IssueSeverity.Info, "service-number", "A service provider's contact was marked; it is never compared.", "");
        }
        var before = person.Identifiers.Count;
        var isAccountColumn = column.Field == ImportField.Account || HeaderMatcher.Concepts(HeaderMatcher.Words(column.Header)) is var c && c.Contains("account") && !c.Contains("phone");
        foreach (var email in Emails.Find(value))
        {
            person.Identifiers.Add(NewIdentifier("Email", email, role, person.PersonKey, Emails.Normalise(email)!, regions));
        }
        if (person.Identifiers.Count == before && Accounts.Read(value, isAccountColumn, regions) is { } account)
        {
            var identifier = NewIdentifier(account.Kind, value, role, person.PersonKey, account.Value, regions);
            identifier.AccountType = account.Type;
            identifier.AccountOperator = account.Operator;
            identifier.Truncated = account.Value.Truncated;
            person.Identifiers.Add(identifier);
        }
        if (person.Identifiers.Count == before)
        {
            foreach (var phone in Phones.Split(value))
            {
                if (Phones.Normalise(phone, regions, options.Manifest.Jurisdiction) is { } number)
                {
                    person.Identifiers.Add(NewIdentifier("Phone", phone, role, person.PersonKey, number, regions));
                    if (number.Keys.Count > 1)
                    {
                        Issue(column.Header, IssueSeverity.Info, "ambiguous-phone", "The number fits the plans of several countries; all readings are kept.", "Write it with + and the country code.");
                    }
                }
            }
        }
        if (person.Identifiers.Count == before && SocialHandles.Read(value, column.Field is ImportField.Handle or ImportField.SuspectContact) is var (platform, handle)
            && SocialHandles.Normalise(platform, handle) is { } social)
        {
            var identifier = NewIdentifier("Handle", value, role, person.PersonKey, social, []);
            identifier.Platform = platform;
            identifier.PlatformUserId = handle;
            person.Identifiers.Add(identifier);
        }
        if (person.Identifiers.Count == before)
        {
            Issue(column.Header, IssueSeverity.Warning, "unread-contact", "No number, address or handle was found in the cell.", "Write one contact per cell, numbers with + and country code.");
        }
    }

    private static Identifier NewIdentifier(string kind, string raw, string role, string personKey, Normalised value, IReadOnlyList<string> hints)
    {
        var identifier = new Identifier
        {
            Kind = kind,
            Raw = Text.Clean(raw, 160),
            Value = value.Display,
            Country = value.Country,
            HolderRole = role,
            HolderPersonKey = personKey,
            Possible = value.Possible,
            Valid = value.Valid,
            Truncated = value.Truncated,
        };
        if (value.ChecksumOk is { } ok)
        {
            identifier.ChecksumOk = ok;
        }
        identifier.Candidates.Add(value.Keys.Where(k => k.Strength == Matching.KeyStrength.Exact).Select(k => k.Value).Take(32));
        identifier.RegionHints.Add(hints.Take(8));
        return identifier;
    }

    private void MapEvents(List<string> regions)
    {
        var groups = Cells(ImportField.EventType, ImportField.EventDate, ImportField.EventCity, ImportField.EventCountry, ImportField.EventAdmin, ImportField.EventAddress)
            .GroupBy(c => c.Column.Group, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal);
        foreach (var group in groups)
        {
            var item = new Event { Type = "Exploitation", Seq = _record.Events.Count + 1, Place = new Place() };
            foreach (var (column, value) in group)
            {
                switch (column.Field)
                {
                    case ImportField.EventType:
                        item.Type = CodeReader.One("eventType", value) ?? "Exploitation";
                        break;
                    case ImportField.EventDate:
                        item.When = ReadDate(value, regions, column);
                        break;
                    case ImportField.EventCity:
                        item.Place.Locality = Gazetteer.FindIn(value).FirstOrDefault()?.Name ?? value;
                        break;
                    case ImportField.EventCountry:
                        item.Place.Country = Countries.Find(value) ?? "";
                        break;
                    case ImportField.EventAdmin:
                        item.Place.Admin1 = value;
                        break;
                    default:
                        item.Place.Address = value;
                        break;
                }
            }
            if (item.Place.Country.Length == 0)
            {
                item.Place.Country = Gazetteer.Find(item.Place.Locality)?.Country ?? "";
            }
            if (item.Place.CalculateSize() > 0 || item.When is not null)
            {
                _record.Events.Add(item);
            }
        }
        foreach (var (_, value) in Cells(ImportField.Where))
        {
            AddSite(value, "Exploitation");
        }
        foreach (var (_, value) in Cells(ImportField.RecruitmentPlace))
        {
            AddSite(value, "Recruitment");
        }
    }

    /// <summary>A place named in words joins the event of its kind, or becomes one.</summary>
    private void AddSite(string value, string type)
    {
        var item = _record.Events.FirstOrDefault(e => e.Type == type && e.Place.Raw.Length == 0);
        if (item is null)
        {
            item = new Event { Type = type, Seq = _record.Events.Count + 1, Place = new Place() };
            _record.Events.Add(item);
        }
        var place = item.Place;
        var known = Gazetteer.FindIn(value);
        place.Raw = Text.Clean(value, 200);
        place.Name = place.Raw;
        place.HolderRole = "Organisation";
        var best = known.Count > 0 ? known[^1] : null;
        place.Locality = place.Locality.Length > 0 ? place.Locality : best?.Name ?? "";
        place.Admin1 = place.Admin1.Length > 0 ? place.Admin1 : best?.Admin1 ?? "";
        place.Country = place.Country.Length > 0 ? place.Country : best?.Country ?? Countries.FindIn(value).FirstOrDefault() ?? "";
        var words = Text.FoldWords(value);
        if (Array.Exists(ServiceWords, w => Text.FindPhrase(words, w) >= 0))
        {
            // A shelter is never a key and never leaves (DATA.md 1.1 rules 4 and 10): keep country and district only.
            place.Protected = true;
            place.Type = "Shelter";
            place.Raw = place.Name = place.Address = "";
            report.Drop("protected-place");
        }
        place.Precision = known.Count > 0 && Sites.Tokens(value).Count == 0 ? "Locality" : "Address";
    }

    private void MapSuspects(List<string> regions, PartialDate? seen)
    {
        var groups = Cells(ImportField.SuspectName, ImportField.SuspectGiven, ImportField.SuspectFamily, ImportField.SuspectAlias, ImportField.SuspectRole, ImportField.SuspectContact)
            .GroupBy(c => c.Column.Group, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal);
        foreach (var group in groups)
        {
            var person = new Person
            {
                PersonKey = "s" + (_record.Persons.Count(p => p.Role == "Suspect") + 1).ToString(CultureInfo.InvariantCulture),
                Role = "Suspect",
                AssertionBasis = "VictimStatement",
                Confidence = "Medium",
            };
            var given = string.Join(' ', group.Where(c => c.Column.Field == ImportField.SuspectGiven).Select(c => c.Value));
            var family = string.Join(' ', group.Where(c => c.Column.Field == ImportField.SuspectFamily).Select(c => c.Value));
            if (given.Length + family.Length > 0)
            {
                var full = $"{given} {family}".Trim();
                person.Names.Add(new PersonName { Full = full, Given = given, Family = family, Type = "Used", Script = Text.ScriptOf(full) });
            }
            foreach (var (column, value) in group)
            {
                switch (column.Field)
                {
                    case ImportField.SuspectName or ImportField.SuspectAlias:
                        foreach (var (name, isAlias) in NameCells.Split(value, out var hints))
                        {
                            var type = isAlias || column.Field == ImportField.SuspectAlias ? "Alias" : "Used";
                            if (!person.Names.Any(n => n.Full == name))
                            {
                                person.Names.Add(new PersonName { Full = name, Type = type, Script = Text.ScriptOf(name) });
                            }
                            foreach (var country in hints)
                            {
                                Merge2(person.Citizenship, country);
                            }
                        }
                        break;
                    case ImportField.SuspectRole:
                        person.SuspectRoles.Add(CodeReader.Many("suspectRole", value).Codes);
                        break;
                    case ImportField.SuspectContact:
                        AddContacts(person, value, column, "Suspect", regions);
                        break;
                    default:
                        break;
                }
            }
            if (person.Names.Count > 0 || person.Identifiers.Count > 0)
            {
                _record.Persons.Add(person);
            }
        }
        _ = seen;
    }

    private void MapOrganisations(List<string> regions)
    {
        var groups = Cells(ImportField.OrganisationName, ImportField.OrganisationLicence).GroupBy(c => c.Column.Group, StringComparer.Ordinal)
            .OrderBy(g => g.Key, StringComparer.Ordinal);
        foreach (var group in groups)
        {
            var organisation = new Organisation { OrganisationKey = "o" + (_record.Organisations.Count + 1).ToString(CultureInfo.InvariantCulture) };
            organisation.Roles.Add(group.Any(c => HeaderMatcher.Words(c.Column.Header).Contains("agen", StringComparison.Ordinal)) ? "RecruitmentAgency" : "Other");
            var numbers = new List<string>();
            foreach (var (column, value) in group)
            {
                if (column.Field == ImportField.OrganisationLicence)
                {
                    numbers.Add(value);
                    continue;
                }
                var (name, licence) = Organisations.Read(value);
                if (name.Length > 0)
                {
                    organisation.Names.Add(name);
                }
                if (licence.Length > 0)
                {
                    numbers.Add(licence);
                }
            }
            organisation.Country = Countries.FindIn(string.Join(' ', organisation.Names)).FirstOrDefault() ?? "";
            foreach (var number in numbers)
            {
                IReadOnlyList<string> countries = organisation.Country.Length > 0 ? [organisation.Country] : [.. regions.Take(8)];
                if (Organisations.NormaliseNumber("Licence", number, countries) is { } value)
                {
                    organisation.Identifiers.Add(NewIdentifier("Licence", number, "Organisation", "", value, countries));
                }
            }
            _record.Organisations.Add(organisation);
        }
    }

    private void MapTransport(List<string> regions, PartialDate? seen)
    {
        foreach (var (column, value) in Cells(ImportField.Vehicle, ImportField.Vessel, ImportField.VehicleOrVessel))
        {
            var isVessel = column.Field == ImportField.Vessel || (column.Field == ImportField.VehicleOrVessel && Vessels.LooksLikeVessel(value));
            if (isVessel && Vessels.Read(value) is { } vessel)
            {
                var item = new Vessel
                {
                    VesselKey = "b" + (_record.Vessels.Count + 1).ToString(CultureInfo.InvariantCulture),
                    Raw = Text.Clean(value, 160),
                    Name = vessel.Name,
                    Imo = vessel.Imo,
                    Registration = vessel.Registration,
                    HolderRole = "Organisation",
                    Seen = seen?.Clone(),
                    Port = _record.Events.Select(e => e.Place?.Locality ?? "").FirstOrDefault(l => l.Length > 0) ?? "",
                };
                item.PreviousNames.Add(vessel.PreviousNames);
                _record.Vessels.Add(item);
            }
            else if (!isVessel && Vehicles.Read(value) is { } vehicle)
            {
                var item = new Vehicle
                {
                    VehicleKey = "c" + (_record.Vehicles.Count + 1).ToString(CultureInfo.InvariantCulture),
                    Raw = Text.Clean(value, 160),
                    Plate = vehicle.Plate,
                    PlateCountry = vehicle.Country,
                    PlateRegion = vehicle.Region,
                    Type = vehicle.Type,
                    HolderRole = "Organisation",
                    Seen = seen?.Clone(),
                };
                if (item.PlateCountry.Length == 0 && Text.ScriptOf(vehicle.Plate) is "Thai")
                {
                    item.PlateCountry = "THA";
                }
                item.PlateCountries.Add(item.PlateCountry.Length > 0 ? [item.PlateCountry] : regions.Take(4));
                _record.Vehicles.Add(item);
            }
            else
            {
                Issue(column.Header, IssueSeverity.Warning, "unread-transport", "No plate, name or number was found in the cell.", "Write plate and country, or the vessel's name and registration.");
            }
        }
    }

    private void MapExploitation()
    {
        var item = new Exploitation();
        AddCodes(item.Types_, "exploitationType", ImportField.ExploitationType);
        AddCodes(item.SubTypes, "exploitationSubType", ImportField.ExploitationSubType);
        AddCodes(item.RecruitmentMethods, "recruitmentMethod", ImportField.RecruitmentMethod);
        AddCodes(item.RecruiterRelation, "recruiterRelation", ImportField.RecruiterRelation);
        AddCodes(item.PlatformsRecruitment, "platform", ImportField.PlatformRecruitment);
        AddCodes(item.PlatformsExploitation, "platform", ImportField.PlatformExploitation);
        item.SectorSection = First(ImportField.Sector) is { Length: > 0 } sector ? Code("sectorIsicSection", sector, ImportField.Sector) : "";
        foreach (var (column, value) in Cells(ImportField.Means))
        {
            var (codes, unknown) = CodeReader.Many("meansOfControl", value);
            item.MeansOfControl.Add(codes.Select(c => new Flag { Code = c, Answer = Answer.Yes }));
            Unmapped(column, unknown, "meansOfControl");
        }
        item.DurationBand = First(ImportField.Duration) is { Length: > 0 } duration ? CodeReader.One("durationBand", duration) ?? "" : "";
        foreach (var (column, value) in Cells(ImportField.Flag))
        {
            AddFlag(item, column.Param.Split(':'), value);
        }
        if (item.CalculateSize() > 0)
        {
            _record.Exploitation.Add(item);
        }
        if (First(ImportField.DataSource) is { Length: > 0 } source)
        {
            _record.Provenance.CollectionMethod = CodeReader.One("collectionMethod", source) ?? "DataImport";
        }
    }

    private void AddFlag(Exploitation item, string[] param, string value)
    {
        if (param[0] == "meansOfControl")
        {
            var answer = value is "1" ? Answer.Yes : value is "0" && profile.ZeroIsNo ? Answer.No : Answer.Unknown;
            if (answer != Answer.Unknown)
            {
                item.MeansOfControl.Add(new Flag { Code = param[1], Answer = answer });
            }
            return;
        }
        if (value != "1")
        {
            return;
        }
        switch (param[0])
        {
            case "types":
                Merge2(item.Types_, param[1]);
                break;
            case "subTypes":
                Merge2(item.SubTypes, param[1]);
                break;
            case "recruitmentMethods":
                Merge2(item.RecruitmentMethods, param[1]);
                break;
            case "recruiterRelation":
                Merge2(item.RecruiterRelation, param[1]);
                break;
            default:
                item.SectorSection = CodeLists.Get("sectorIsicSection").Values.FirstOrDefault(v => v.Code.StartsWith(param[1] + "_", StringComparison.Ordinal))?.Code ?? "";
                item.SectorDivision = param.Length > 2 ? param[2] : "";
                break;
        }
    }

    private void AddCodes(Google.Protobuf.Collections.RepeatedField<string> target, string list, ImportField field)
    {
        foreach (var (column, value) in Cells(field))
        {
            var (codes, unknown) = CodeReader.Many(list, value);
            target.Add(codes.Where(c => !target.Contains(c)));
            Unmapped(column, unknown, list);
        }
    }

    private void Unmapped(ColumnBinding column, int unknown, string list)
    {
        if (unknown > 0)
        {
            Issue(column.Header, IssueSeverity.Warning, "unmapped-code", $"A value is not in code list {list}.", "Use a value of the list, or map it in a profile.");
        }
    }

    /// <summary>When a number was known to be somebody's: numbers are reused (DATA.md 1.1 rule 9).</summary>
    private void Periods(PartialDate? seen)
    {
        var days = _record.Events.Where(e => e.When is not null).Select(e => e.When!).ToList();
        if (seen is not null)
        {
            days.Add(seen);
        }
        if (days.Count == 0 && _record.Case?.OpenedOn is { } opened)
        {
            days.Add(opened);
        }
        if (days.Count == 0)
        {
            return;
        }
        var from = days.MinBy(d => d.EarliestDay)!;
        var to = days.MaxBy(d => d.LatestDay)!;
        foreach (var identifier in _record.Persons.SelectMany(p => p.Identifiers).Where(i => i.Kind != "Document"))
        {
            identifier.ValidFrom = from.Clone();
            identifier.ValidTo = to.Clone();
        }
        foreach (var vehicle in _record.Vehicles)
        {
            vehicle.Seen ??= to.Clone();
        }
        foreach (var vessel in _record.Vessels)
        {
            vessel.Seen ??= to.Clone();
        }
    }

    private void Drops()
    {
        foreach (var (column, _) in Cells(ImportField.Drop, ImportField.Note))
        {
            report.Drop(column.Header);
        }
    }
}
