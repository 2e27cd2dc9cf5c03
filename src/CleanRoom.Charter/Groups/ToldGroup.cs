using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Disclosure;
using CleanRoom.Charter.Json;

namespace CleanRoom.Charter.Groups;

/// <summary>A place as groups know it: never nearer than a region.</summary>
/// <param name="Country">Alpha-3.</param>
/// <param name="Admin1">ISO 3166-2; null if it is not known.</param>
public sealed record Region(string Country, string? Admin1)
{
    internal JsonObject ToJson()
    {
        var json = new JsonObject { ["country"] = Country };
        if (Admin1 is not null)
        {
            json["admin1"] = Admin1;
        }

        return json;
    }

    internal static Region? Read(JsonFields fields)
    {
        var admin1 = Warning.ReadSubdivision(fields);
        var country = Warning.ReadCountry(fields);
        fields.End();
        return country is null ? null : new Region(country, admin1);
    }
}

/// <summary>What is told of a group.</summary>
/// <param name="Id">The same for all who are told of it; nothing can be learned from it.</param>
/// <param name="Band">How many persons at least, whichever contributor is left out: one of <see cref="Bands"/>.</param>
/// <param name="Codes">What they have in common, "list:code", sorted.</param>
/// <param name="Places">Regions in order.</param>
/// <param name="Quarters">When: the first and the last quarter; none where time is no part of what they have in common.</param>
public sealed record ToldGroup(string Id, string Band, IReadOnlyList<string> Codes, IReadOnlyList<Region> Places, IReadOnlyList<string> Quarters)
{
    private const int MaxCodes = 64;
    private const int MaxPlaces = 64;
    private const int IdBytes = 8;

    /// <summary>The bands: at least five, at least eleven.</summary>
    public static IReadOnlyList<string> Bands { get; } = ["5+", "11+"];

    /// <summary>The band of a group.</summary>
    /// <param name="least">How many persons there are at least, whichever contributor is left out.</param>
    public static string BandOf(int least) => least > 10 ? Bands[1] : Bands[0];

    /// <summary>Names a group by its records, whose ids are random: nobody who does not hold all of them can compute it, whatever else is guessed.</summary>
    /// <param name="query">The query.</param>
    /// <param name="records">Contributor and id of each record, in any order.</param>
    public static string IdOf(string query, IEnumerable<(MemberId Contributor, Guid Record)> records) => Convert.ToHexStringLower(
        SHA256.HashData(JsonBuild.Bytes(new JsonArray([query, .. records.Select(item => $"{item.Contributor} {item.Record:D}").Order(StringComparer.Ordinal).Select(text => (JsonNode)text)])))
            .AsSpan(0, IdBytes));

    internal JsonObject ToJson() => new()
    {
        ["band"] = Band,
        ["codes"] = JsonBuild.Sorted(Codes),
        ["id"] = Id,
        ["places"] = JsonBuild.Objects(Places.Select(place => place.ToJson())),
        ["quarters"] = JsonBuild.Array(Quarters),
    };

    internal static ToldGroup? Read(JsonFields fields)
    {
        var band = fields.OneOf("band", Bands);
        var codes = fields.SortedTexts("codes", 0, MaxCodes, IsCode, "write the list, a colon and a code of it");
        var id = fields.Parsed("id", "is not the id of a group", "write 16 hexadecimal digits", (string text, out string? result) =>
            (result = text.Length == 2 * IdBytes && text.All(char.IsAsciiHexDigitLower) ? text : null) is not null);
        var places = fields.List("places", 0, MaxPlaces, (element, path) => Region.Read(new JsonFields(element, path, fields.Problems)));
        var quarters = fields.SortedTexts("quarters", 0, 2, BudgetPeriod.IsQuarter, "write quarters as 2026-Q4");
        fields.End();
        return band is null || id is null ? null : new ToldGroup(id, band, codes, places, quarters);
    }

    private static bool IsCode(string text) =>
        text.Split(':') is [var list, var code] && list.Length is > 0 and <= 40 && list.All(char.IsAsciiLetter)
        && JsonFields.IsListCode(code);
}
