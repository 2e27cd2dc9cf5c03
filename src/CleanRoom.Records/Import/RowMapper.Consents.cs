using System.Globalization;
using CleanRoom.Records.Lists;
using CleanRoom.Records.Normalisation;
using CleanRoom.Records.V1;

namespace CleanRoom.Records.Import;

/// <summary>Consents, handling, lawful basis and retention of a row.</summary>
internal sealed partial class RowMapper
{
    private void MapConsents()
    {
        if (profile.AggregateOnly)
        {
            return;
        }
        if (First(ImportField.ConsentTick) is { Length: > 0 } tick)
        {
            // A bare tick is consent to the organisation's own casework and to nothing else.
            AddConsent("C0_CASE", IsYes(tick) ? "Granted" : "Refused", "individual", null);
        }
        var any = false;
        foreach (var (column, value) in Cells(ImportField.ConsentPurposes, ImportField.ConsentWords))
        {
            var reading = Disguise(_cells[column.Index]) is { } question ? new ConsentReading([], false, question)
                : profile.ConsentWords.TryGetValue(Text.FoldWords(value), out var mapped)
                ? new ConsentReading(mapped, false, "")
                : column.Field == ImportField.ConsentPurposes ? ConsentWords.Codes(value) ?? ConsentWords.Read(value) : ConsentWords.Read(value);
            if (reading.Question.Length > 0)
            {
                Issue(column.Header, IssueSeverity.Question, "unclear-consent", $"The consent cell grants nothing: {reading.Question}",
                    "Ask the person, then write the purposes (C1;C2;...) or map the words in a profile.");
            }
            foreach (var purpose in reading.Purposes)
            {
                any = true;
                AddConsent(purpose, reading.Guardian ? "Substituted" : "Granted", reading.Guardian ? "guardian" : "individual", null);
            }
        }
        if (any || options.Manifest.DeclaredConsent is not { Purposes.Count: > 0 } declared
            || bindings.Any(b => b.Field is ImportField.ConsentPurposes or ImportField.ConsentWords))
        {
            return;
        }
        if (ConsentWords.Codes(string.Join(';', declared.Purposes)) is not { } whole)
        {
            throw new ImportException("declaredConsent.purposes: a purpose does not exist; use C1 to C9.");
        }
        foreach (var purpose in whole.Purposes)
        {
            AddConsent(purpose, "Granted", declared.GivenBy ?? "individual", declared);
        }
    }

    /// <summary>Says why a cell does not show what it holds: nobody grants by a formula, or by words that stand there in another order than they are seen in.</summary>
    private static string? Disguise(string cell) =>
        cell.AsSpan().TrimStart().StartsWith('=') ? "It is a formula and no answer."
        : cell.AsSpan().IndexOfAny('\u202D', '\u202E') >= 0 ? "Signs that turn the direction of writing stand in it." : null;

    private void AddConsent(string purpose, string state, string givenBy, DeclaredConsent? declared)
    {
        var consent = new Consent { PersonKey = "v1", Purpose = purpose, State = state, GivenBy = givenBy, Mode = "Verbal", NoticeVersion = declared?.NoticeVersion ?? "" };
        var obtained = declared is not null ? IsoDay(declared.ObtainedOn, "declaredConsent.obtainedOn") : CellDay(ImportField.ConsentDate);
        var expires = declared is not null ? IsoDay(declared.ExpiresOn, "declaredConsent.expiresOn") : CellDay(ImportField.ConsentExpires);
        consent.DefaultedObtained = obtained is null;
        consent.ObtainedDay = obtained ?? DayNumbers.FromDate(_today);
        // The contributor vouches at the import for a consent without an expiry: it counts from then, and never for ever.
        consent.DefaultedExpiry = expires is null;
        consent.ExpiresDay = expires ?? DayNumbers.FromDate(_today.AddMonths(options.Manifest.ConsentMonths));
        // What a guardian gave for a child ends when the child may be of age: then only the person's own word counts (DATA.md 4.1).
        if (givenBy == "guardian" && _record.Persons.FirstOrDefault(p => p.Role == "Victim")?.Birth is { } birth
            && DayNumbers.FromDate(DayNumbers.ToDate(birth.EarliestDay).AddYears(18)) is var ofAge && ofAge < consent.ExpiresDay)
        {
            consent.ExpiresDay = ofAge;
            if (ofAge <= DayNumbers.FromDate(_today) && purpose == "C2_BLIND_MATCH")
            {
                Issue("", IssueSeverity.Question, "guardian-of-adult", "The consent is a guardian's and the person may be of age by now, so it is not used.", "Ask the person, and write who gave it.");
            }
        }
        if (consent.State is "Granted" or "Substituted" && consent.ExpiresDay <= DayNumbers.FromDate(_today))
        {
            consent.State = "Expired";
        }
        _record.Consents.Add(consent);
    }

    private int? CellDay(ImportField field)
    {
        foreach (var (column, value) in Cells(field))
        {
            if (DateOnly.TryParseExact(Text.AsciiDigits(value), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
            {
                return DayNumbers.FromDate(day);
            }
            if (Dates.Read(value, order, [], false, null, _today.AddYears(40)) is { } date)
            {
                // The earliest day of what is known: a consent never lasts longer than it surely does.
                return date.EarliestDay;
            }
            Issue(column.Header, IssueSeverity.Question, "unread-date", "The consent's date is not understood, so the consent is not used.", "Write it as YYYY-MM-DD.");
            return field == ImportField.ConsentExpires ? int.MinValue + 1_000_000 : int.MaxValue - 4_000_000;
        }
        return null;
    }

    private static int? IsoDay(string? text, string field)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }
        return DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? DayNumbers.FromDate(day)
            : throw new ImportException($"{field}: must be a date such as 2026-01-31.");
    }

    private static bool IsYes(string value) => Text.FoldWords(value) is "true" or "1" or "yes" or "x" or "y" or "oui" or "si" or "да" or "نعم" or "ja";

    private void MapHandling()
    {
        var handling = new Handling
        {
            Tlp = "TLP:AMBER+STRICT",
            Sensitivity = "Severe",
            SourceEvaluation = "2",
            InformationAssessment = "D",
            UkHandling = "C",
        };
        handling.Caveats.Add("NO_IMMIGRATION");
        foreach (var (column, value) in Cells(ImportField.Handling))
        {
            foreach (var part in value.Split([';', '|', ',', ' '], StringSplitOptions.RemoveEmptyEntries))
            {
                if (CodeLists.Contains("tlp", part))
                {
                    handling.Tlp = part;
                }
                else if (CodeLists.Contains("handlingCaveat", part))
                {
                    Merge2(handling.Caveats, part);
                }
                else
                {
                    Issue(column.Header, IssueSeverity.Question, "unknown-handling", "A handling code is not known; the record is kept back for review.", "Use TLP and the caveats of the code list.");
                    Merge2(handling.Caveats, "SOURCE_PROTECTION");
                }
            }
        }
        if (_record.Persons.Any(p => p.Role == "Victim" && p.MajorityNow == "Minor"))
        {
            Merge2(handling.Caveats, "CHILD");
        }
        _record.Handling = handling;
        _record.LawfulBases.Add(new LawfulBasis { Purpose = "C2_BLIND_MATCH", Basis = "consent" });
        var last = _record.Consents.Where(c => c.State is "Granted" or "Substituted").Select(c => c.ExpiresDay).DefaultIfEmpty(0).Max();
        var most = DayNumbers.FromDate(_today.AddMonths(24));
        _record.Retention = new Retention
        {
            Trigger = last > 0 && last < most ? "ConsentExpiry" : "RecordDate",
            Period = "P24M",
            DeleteByDay = last > 0 ? Math.Min(last, most) : most,
            Action = "Delete",
        };
    }
}
