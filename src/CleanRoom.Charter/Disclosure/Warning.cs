using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;

namespace CleanRoom.Charter.Disclosure;

/// <summary>What an emergency says (DATA.md §4.3, N4): that somebody is there, roughly where, and how soon. Closed: nothing of a record, and nothing that anybody writes.</summary>
/// <param name="Presence">One of <see cref="Presences"/>.</param>
/// <param name="Urgency">One of <see cref="Urgencies"/>.</param>
/// <param name="Country">ISO 3166-1 alpha-3.</param>
/// <param name="Admin1">ISO 3166-2; null if not known.</param>
public sealed record Warning(string Presence, string Urgency, string Country, string? Admin1)
{
    /// <summary>Whether the person is at the place.</summary>
    public static IReadOnlyList<string> Presences { get; } = ["Expected", "LastSeen", "Present"];

    /// <summary>How soon somebody has to act.</summary>
    public static IReadOnlyList<string> Urgencies { get; } = ["Now", "WithinADay", "WithinHours"];

    internal void Write(JsonObject json)
    {
        if (Admin1 is not null)
        {
            json["admin1"] = Admin1;
        }

        json["country"] = Country;
        json["presence"] = Presence;
        json["urgency"] = Urgency;
    }

    internal static Warning? Read(JsonFields fields)
    {
        var admin1 = ReadSubdivision(fields);
        var country = ReadCountry(fields);
        var presence = fields.OneOf("presence", Presences);
        var urgency = fields.OneOf("urgency", Urgencies);
        return country is null || presence is null || urgency is null ? null : new Warning(presence, urgency, country, admin1);
    }

    internal static string? ReadSubdivision(JsonFields fields) => fields.Optional("admin1") is null ? null : fields.Parsed(
        "admin1", "is not a subdivision", "write an ISO 3166-2 code such as TH-50, or leave it out", (string text, out string? result) =>
        {
            result = IsSubdivision(text) ? text : null;
            return result is not null;
        });

    internal static string? ReadCountry(JsonFields fields) => fields.Parsed("country", "is not a country", "write an ISO 3166-1 alpha-3 code such as THA", (string text, out string? result) =>
    {
        result = text.Length == 3 && text.All(char.IsAsciiLetterUpper) ? text : null;
        return result is not null;
    });

    private static bool IsSubdivision(string text) =>
        text.Length is >= 4 and <= 6 && text[2] == '-' && text[..2].All(char.IsAsciiLetterUpper) && text[3..].All(letter => char.IsAsciiLetterUpper(letter) || char.IsAsciiDigit(letter));
}
