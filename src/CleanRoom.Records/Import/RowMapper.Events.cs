using System.Globalization;
using CleanRoom.Records.Normalisation;
using CleanRoom.Records.V1;

namespace CleanRoom.Records.Import;

/// <summary>Events and places of a row.</summary>
internal sealed partial class RowMapper
{
    private void MapEvents(List<string> regions)
    {
        var groups = Cells(ImportField.EventType, ImportField.EventDate, ImportField.EventCity, ImportField.EventCountry, ImportField.EventAdmin, ImportField.EventAddress,
                ImportField.EventPostalCode, ImportField.EventLatitude, ImportField.EventLongitude)
            .GroupBy(c => c.Column.Group, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal);
        foreach (var group in groups)
        {
            var item = new Event { Type = "Exploitation", Seq = _record.Events.Count + 1, Place = new Place() };
            foreach (var (column, value) in group)
            {
                switch (column.Field)
                {
                    case ImportField.EventType:
                        item.Type = CodeReader.One(profile, "eventType", value) ?? "Exploitation";
                        Unmapped(column, CodeReader.One(profile, "eventType", value) is null ? 1 : 0, "eventType");
                        break;
                    case ImportField.EventDate:
                        item.When = ReadDate(value, regions, column);
                        break;
                    case ImportField.EventCity:
                        item.Place.Locality = Gazetteer.FindIn(value).FirstOrDefault()?.Name ?? value;
                        break;
                    case ImportField.EventCountry:
                        item.Place.Country = Countries.Find(value) ?? CountriesOf(value).FirstOrDefault() ?? "";
                        if (item.Place.Country.Length == 0 && value != "00")
                        {
                            Issue(column.Header, IssueSeverity.Warning, "unmapped-code", "The country is not known.", "Use an ISO country code or the country's name.");
                        }
                        break;
                    case ImportField.EventAdmin:
                        item.Place.Admin1 = value;
                        break;
                    case ImportField.EventPostalCode:
                        item.Place.PostalCode = value;
                        break;
                    case ImportField.EventLatitude or ImportField.EventLongitude:
                        Position(item.Place, column, value);
                        break;
                    default:
                        item.Place.Address = value;
                        break;
                }
            }
            if (item.Place.HasLatitude != item.Place.HasLongitude)
            {
                Issue(group.First(c => c.Column.Field is ImportField.EventLatitude or ImportField.EventLongitude).Column.Header, IssueSeverity.Warning, "unread-position",
                    "Half a position is none.", "Give latitude and longitude in degrees.");
                item.Place.ClearLatitude();
                item.Place.ClearLongitude();
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

    private void Position(Place place, ColumnBinding column, string value)
    {
        var most = column.Field == ImportField.EventLatitude ? 90 : 180;
        if (!double.TryParse(Text.AsciiDigits(value), NumberStyles.Float, CultureInfo.InvariantCulture, out var degrees) || !(Math.Abs(degrees) <= most))
        {
            Issue(column.Header, IssueSeverity.Warning, "unread-position", "The position is not understood.", "Write it in degrees with a point, such as 13.7563.");
        }
        else if (most == 90)
        {
            place.Latitude = degrees;
        }
        else
        {
            place.Longitude = degrees;
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
        var known = Sites.Towns(value);
        place.Raw = Text.Clean(value, 200);
        place.Name = place.Raw;
        place.HolderRole = "Organisation";
        var best = known.Count > 0 ? known[^1] : null;
        place.Locality = place.Locality.Length > 0 ? place.Locality : best?.Name ?? "";
        place.Admin1 = place.Admin1.Length > 0 ? place.Admin1 : best?.Admin1 ?? "";
        place.Country = place.Country.Length > 0 ? place.Country : best?.Country ?? Countries.FindNames(value).Concat(Countries.FindIn(value)).FirstOrDefault() ?? "";
        if (IsService(value))
        {
            // A shelter is never a key and never leaves (DATA.md 1.1 rules 4 and 10): keep country and district only.
            place.Protected = true;
            place.Type = "Shelter";
            place.Raw = place.Name = place.Address = place.PostalCode = "";
            place.ClearLatitude();
            place.ClearLongitude();
            report.Drop("protected-place");
        }
        place.Precision = known.Count > 0 && Sites.Tokens(value).Count == 0 ? "Locality" : "Address";
    }
}
