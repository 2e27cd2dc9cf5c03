using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Audits;

/// <summary>
/// Where a case stands in its contributor's own files. It never enters the room: a record carries a commitment to it, which hides it (32 random bytes are hashed with it) and binds the contributor to it.
/// </summary>
/// <param name="Intake">Day on which the case was taken in.</param>
/// <param name="CaseNumber">The contributor's own number of the case, at most <see cref="MaxText"/> characters.</param>
/// <param name="Consent">Where the person's consent is filed, at most <see cref="MaxText"/> characters.</param>
public sealed record CaseEvidence(DateOnly Intake, string CaseNumber, string Consent)
{
    /// <summary>Most characters of a number or reference.</summary>
    public const int MaxText = 64;

    /// <summary>Bytes of what opens a commitment.</summary>
    public const int OpeningSize = 32;

    private const string DayFormat = "yyyy-MM-dd";

    /// <summary>The commitment: SHA-256 over "cleanroom/v1/evidence", a zero byte, the opening and the canonical JSON of place and facts.</summary>
    /// <param name="room">The room.</param>
    /// <param name="contributor">Whose record it is.</param>
    /// <param name="record">Id of the record.</param>
    /// <param name="opening">32 random bytes, for this commitment alone.</param>
    /// <exception cref="ArgumentException">The opening has another length.</exception>
    public Digest Commit(RoomId room, MemberId contributor, Guid record, ReadOnlySpan<byte> opening)
    {
        ArgumentNullException.ThrowIfNull(contributor);
        if (opening.Length != OpeningSize)
        {
            throw new ArgumentException("An opening has 32 bytes.", nameof(opening));
        }

        var json = new JsonObject { ["contributor"] = contributor.Value, ["record"] = record.ToString("D"), ["room"] = room.ToString() };
        Write(json);
        return Digest.Of([.. "cleanroom/v1/evidence\0"u8, .. opening, .. JsonBuild.Bytes(json)]);
    }

    /// <summary>Reads a day as people and files write it, 2026-03-01.</summary>
    public static bool TryParseDay(string text, out DateOnly day) =>
        DateOnly.TryParseExact(text, DayFormat, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.None, out day);

    /// <summary>The day as it is written, 2026-03-01.</summary>
    public string IntakeText => Intake.ToString(DayFormat, System.Globalization.CultureInfo.InvariantCulture);

    internal void Write(JsonObject json)
    {
        json["case"] = CaseNumber;
        json["consent"] = Consent;
        json["intake"] = IntakeText;
    }

    internal static CaseEvidence? Read(JsonFields fields)
    {
        var number = fields.Text("case", MaxText);
        var consent = fields.Text("consent", MaxText);
        var intake = fields.ParsedValue<DateOnly>("intake", "is not a day", "write it as 2026-03-01", (ReadOnlySpan<char> text, out DateOnly day) => TryParseDay(text.ToString(), out day));
        return number is null || consent is null || intake is null ? null : new CaseEvidence(intake.Value, number, consent);
    }
}
