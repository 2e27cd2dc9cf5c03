using System.Globalization;
using CleanRoom.Records.Normalisation;
using CleanRoom.Records.V1;

namespace CleanRoom.Records.Import;

/// <summary>Reference, countries, dates and the case itself.</summary>
internal sealed partial class RowMapper
{
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

    /// <summary>Countries that the row itself points to: column countries first, then places it names.</summary>
    private List<string> Regions()
    {
        var regions = new List<string>();
        foreach (var (_, value) in Cells(ImportField.HomeCountry).Concat(Cells(ImportField.Citizenship)))
        {
            Merge(regions, CountriesOf(value));
        }
        foreach (var (column, value) in Cells(ImportField.Origin, ImportField.HomeCity, ImportField.HomeAdmin))
        {
            // CH in a column of provinces, alone or as LA-CH (ISO 3166-2), is a province and not Switzerland.
            Merge(regions, IsProvinceCode(column, value) ? [] : CountriesOf(value));
        }
        foreach (var (_, value) in Cells(ImportField.EventCountry).Concat(Cells(ImportField.Where, ImportField.EventCity, ImportField.BirthPlace)))
        {
            Merge(regions, CountriesOf(value));
        }
        return regions;
    }

    private static bool IsProvinceCode(ColumnBinding column, string value) => column.Field == ImportField.HomeAdmin
        && (value.Length <= 3 || (value.Length <= 6 && value[2] == '-' && value.All(c => c == '-' || char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c))));

    private static IEnumerable<string> CountriesOf(string value) =>
        Countries.Find(value) is { } one ? [one] : Gazetteer.FindIn(value).Select(p => p.Country).Concat(Countries.FindIn(value));

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
            determination.Status = Code("traffickingStatus", said, ImportField.DeterminationStatus) is { Length: > 0 } known ? known : "NotAssessed";
        }
        if (said.Length > 0 || Cells(ImportField.DeterminationBy, ImportField.DeterminationFramework).Any())
        {
            determination.By = First(ImportField.DeterminationBy) is { Length: > 0 } by ? Code("determinationBy", by, ImportField.DeterminationBy) : "";
            determination.Framework = First(ImportField.DeterminationFramework) is { Length: > 0 } framework && Code("determinationFramework", framework, ImportField.DeterminationFramework) is { Length: > 0 } code
                ? code : options.Manifest.DefinitionFramework;
            determination.Jurisdiction = options.Manifest.Jurisdiction.Count == 1 ? options.Manifest.Jurisdiction[0] : "";
            if (determination.Framework.Length == 0 && determination.Status != "NotAssessed")
            {
                determination.Status = "NotAssessed";
                Issue("", IssueSeverity.Warning, "status-without-framework", "A status without the framework behind it was taken as not assessed.", "Give definitionFramework in the manifest.");
            }
        }
        _record.Determination = determination;
    }

    private void AddReferral(Case item, string direction, ImportField organisation, ImportField date, ImportField reason, List<string> regions)
    {
        if (!Cells(organisation, date, reason).Any())
        {
            return;
        }
        var referral = new Referral { Direction = direction, Organisation = First(organisation), Reason = First(reason) is { Length: > 0 } why ? Code("referralReason", why, reason) : "" };
        foreach (var (column, value) in Cells(date))
        {
            referral.On = ReadDate(value, regions, column);
        }
        item.Referrals.Add(referral);
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
}
