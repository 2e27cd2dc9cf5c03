using System.Globalization;

namespace CleanRoom.Charter;

/// <summary>Time as it travels: RFC 3339, UTC, whole seconds, <c>2026-12-01T00:00:00Z</c>.</summary>
public static class ProtocolTime
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>Writes the time; fractions of a second are cut.</summary>
    public static string Write(DateTimeOffset time) => time.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);

    /// <summary>Reads the one accepted form.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DateTimeOffset time) => DateTimeOffset.TryParseExact(
        text, Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
}
