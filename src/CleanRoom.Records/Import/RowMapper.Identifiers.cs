using CleanRoom.Records.Normalisation;
using CleanRoom.Records.V1;

namespace CleanRoom.Records.Import;

/// <summary>Documents and contacts of persons.</summary>
internal sealed partial class RowMapper
{
    private readonly Dictionary<string, (bool IsService, bool IsAccount)> _traits = new(StringComparer.Ordinal);

    private static readonly string[] ServiceWords =
        [.. ((string[])["shelter", "safe house", "safehouse", "hotline", "helpline", "ngo", "our office", "office phone", "caseworker", "case worker", "social worker", "embassy", "foyer", "refuge", "abri", "hebergement", "albergue", "refugio", "приют", "убежище", "горячая линия", "консульство", "гаряча лінія", "притулок", "infolinia", "linia telefonica", "linea de ayuda", "linea directa", "casa de acogida", "abrigo", "casa abrigo", "linha direta", "disque denuncia", "خط ساخن", "الخط الساخن", "خط المساعدة", "مأوى", "القنصلية", "መጠለያ", "हेल्पलाइन", "আশ্রয়কেন্দ্র", "হেল্পলাইন", "ملجأ", "دار إيواء", "السفارة", "บ้านพัก", "สถานสงเคราะห์", "สายด่วน", "มูลนิธิ", "nhà tạm lánh", "nhà mở", "đường dây nóng", "មណ្ឌល", "អង្គការ", "ສູນ", "收容所", "庇护所", "热线", "rumah aman", "siginma evi", "adapost"]).Select(Text.FoldWords)];

    private static readonly string[] ContactSeparators = [";", "|", "\n", " / ", "؛", "；", "、", "၊"];

    private void AddDocument(Person person, string value, ColumnBinding column, List<string> regions)
    {
        if (MachineReadableZone.TryRead(value, _today) is { } zone)
        {
            AddZone(person, zone, column);
            return;
        }
        foreach (var part in DocumentParts(value))
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
            IReadOnlyList<string> nationalities = person.Citizenship.Count > 0 ? person.Citizenship : person.HomeArea is { Country.Length: > 0 } home ? [home.Country] : [.. regions.Take(1).Concat(options.Manifest.Jurisdiction).Distinct()];
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

    /// <summary>Takes what is needed out of a machine-readable zone; its lines stay here.</summary>
    private void AddZone(Person person, MachineReadableZone zone, ColumnBinding column)
    {
        report.Drop("machine-readable-zone");
        if (Documents.Normalise(zone.Number, zone.Type, zone.Issuer, zone.Nationality.Length > 0 ? [zone.Nationality] : []) is not { } value)
        {
            Issue(column.Header, IssueSeverity.Warning, "unread-document", "The machine-readable zone holds no usable number.", "Write type, number and issuing country.");
            return;
        }
        if (!zone.ChecksumOk)
        {
            Issue(column.Header, IssueSeverity.Warning, "check-digit", "A check digit of the machine-readable zone is wrong; the number is kept.", "Compare it with the document.");
        }
        var identifier = NewIdentifier("Document", zone.Issuer.Length > 0 ? $"{zone.Number} {zone.Issuer}" : zone.Number, "Victim", person.PersonKey, value with { ChecksumOk = zone.ChecksumOk }, [zone.Issuer, zone.Nationality]);
        (identifier.DocumentType, identifier.Issuer) = (zone.Type, zone.Issuer);
        identifier.DocumentExpiresOn = zone.Expires is { } last ? Dates.Day(last) : null;
        person.Identifiers.Add(identifier);
        person.DocumentSex = zone.Sex;
        if (zone.Nationality.Length > 0)
        {
            Merge2(person.Citizenship, zone.Nationality);
        }
        if (person.Names.Count == 0 && zone.Family.Length > 0)
        {
            var full = $"{zone.Given} {zone.Family}".Trim();
            person.Names.Add(new PersonName { Full = full, Given = zone.Given, Family = zone.Family, Type = "Legal", Script = "Latn" });
        }
        person.Birth ??= zone.Birth is { } born ? Dates.Day(born) : null;
    }

    /// <summary>A comma parts two documents if a number stands on both sides of it.</summary>
    private static IEnumerable<string> DocumentParts(string value)
    {
        foreach (var part in value.Split([';', '|', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var pieces = part.Split([',', '،', '၊', '、', '/', '&'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            foreach (var piece in pieces.Length > 1 && pieces.All(p => Text.Digits(p).Length >= 5) ? pieces : [part])
            {
                yield return piece;
            }
        }
    }

    /// <summary>A comma parts two contacts if each of them can be read alone.</summary>
    private static string[] ContactParts(string value)
    {
        var pieces = value.Split([", ", "، "], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return pieces.Length > 1 && Array.TrueForAll(pieces, p => Text.Digits(p).Length >= 6 || Emails.Find(p).Count > 0 || SocialHandles.Read(p, columnIsHandle: false) is not null) ? pieces : [value];
    }

    /// <summary>Phones, e-mails, handles and accounts of one cell, which may hold several of different kinds.</summary>
    private void AddContacts(Person person, string value, ColumnBinding column, string holder, List<string> regions)
    {
        var before = person.Identifiers.Count;
        foreach (var piece in value.Split(ContactSeparators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).SelectMany(ContactParts))
        {
            if (!Placeholders.IsUnknown(piece))
            {
                AddContact(person, piece, column, holder, regions);
            }
        }
        if (person.Identifiers.Count == before)
        {
            Issue(column.Header, IssueSeverity.Warning, "unread-contact", "No number, address or handle was found in the cell.", "Write one contact per cell, numbers with + and country code.");
        }
    }

    private void AddContact(Person person, string value, ColumnBinding column, string holder, List<string> regions)
    {
        var role = IsService(value) || Traits(column).IsService ? "ServiceProvider" : holder;
        if (role == "ServiceProvider")
        {
            Issue(column.Header, IssueSeverity.Info, "service-number", "A service provider's contact was marked; it is never compared.", "");
        }
        var before = person.Identifiers.Count;
        var isAccountColumn = column.Field == ImportField.Account || Traits(column).IsAccount;
        foreach (var email in Emails.Find(value))
        {
            if (Emails.Normalise(email) is { } address)
            {
                person.Identifiers.Add(NewIdentifier("Email", email, role, person.PersonKey, address, regions));
            }
        }
        if (person.Identifiers.Count == before && Accounts.Read(value, isAccountColumn, regions) is { } account)
        {
            var identifier = NewIdentifier(account.Kind, value, role, person.PersonKey, account.Value, regions);
            identifier.AccountType = account.Type;
            identifier.AccountOperator = account.Operator;
            identifier.Truncated = account.Value.Truncated;
            person.Identifiers.Add(identifier);
        }
        if (person.Identifiers.Count == before && SocialHandles.PhoneOf(value) is { } linked && Phones.Normalise(linked, []) is { } chat)
        {
            person.Identifiers.Add(NewIdentifier("Phone", linked, role, person.PersonKey, chat, []));
        }
        if (person.Identifiers.Count == before)
        {
            foreach (var phone in Phones.Split(value))
            {
                // A national number may be one of any country that the row names or of the office's own: all readings are kept (rule 7).
                IReadOnlyList<string> plans = [.. regions.Concat(options.Manifest.Jurisdiction).Distinct()];
                if (Phones.Normalise(phone, plans) is { } number)
                {
                    person.Identifiers.Add(NewIdentifier("Phone", phone, role, person.PersonKey, number, plans));
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
    }

    /// <summary>What a header says of the contacts below it: read once, not for every row.</summary>
    private (bool IsService, bool IsAccount) Traits(ColumnBinding column)
    {
        if (!_traits.TryGetValue(column.Header, out var traits))
        {
            var concepts = HeaderMatcher.Concepts(HeaderMatcher.Words(column.Header));
            _traits[column.Header] = traits = (IsService(column.Header), concepts.Contains("account") && !concepts.Contains("phone"));
        }
        return traits;
    }

    private static bool IsService(string text)
    {
        var words = Text.FoldWords(text);
        return Array.Exists(ServiceWords, w => Text.FindPhrase(words, w) >= 0);
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
        identifier.RegionHints.Add(hints.Where(h => h.Length > 0).Distinct().Take(8));
        return identifier;
    }
}
