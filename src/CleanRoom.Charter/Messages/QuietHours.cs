using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace CleanRoom.Charter.Messages;

/// <summary>Hours in which people are not woken, but for a risk to life. Whoever cannot read a message cannot know which it is, so that only readers make the exception (<see cref="RoomMessage.IsUrgent"/>).</summary>
public sealed class QuietHours
{
    private const string TimeForm = "HH:mm";

    private readonly TimeOnly _from;
    private readonly TimeOnly _to;
    private readonly TimeZoneInfo _zone;

    private QuietHours(TimeOnly from, TimeOnly to, TimeZoneInfo zone) => (_from, _to, _zone) = (from, to, zone);

    /// <summary>Reads "22:00-07:00" (UTC) or "22:00-07:00 Asia/Bangkok" (an IANA time zone that this machine knows).</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out QuietHours? hours)
    {
        hours = null;
        var parts = (text ?? string.Empty).Split(' ', 2);
        var times = parts[0].Split('-');
        if (times.Length != 2
            || !TimeOnly.TryParseExact(times[0], TimeForm, CultureInfo.InvariantCulture, DateTimeStyles.None, out var from)
            || !TimeOnly.TryParseExact(times[1], TimeForm, CultureInfo.InvariantCulture, DateTimeStyles.None, out var to)
            || from == to
            || !TimeZoneInfo.TryFindSystemTimeZoneById(parts.Length == 2 ? parts[1] : "UTC", out var zone))
        {
            return false;
        }

        hours = new QuietHours(from, to, zone);
        return true;
    }

    /// <summary>When somebody may be woken for something that comes now: now, or the end of the quiet hours.</summary>
    public DateTimeOffset After(DateTimeOffset now)
    {
        var local = TimeZoneInfo.ConvertTime(now, _zone).DateTime;
        var time = TimeOnly.FromDateTime(local);
        if (!time.IsBetween(_from, _to))
        {
            return now;
        }

        var day = DateOnly.FromDateTime(local);
        var end = (time < _to ? day : day.AddDays(1)).ToDateTime(_to);
        while (_zone.IsInvalidTime(end))
        {
            // The clock jumps over it.
            end = end.AddMinutes(15);
        }

        var when = new DateTimeOffset(end, _zone.GetUtcOffset(end));

        // An hour that comes twice may have its first end behind us.
        return when > now ? when : now;
    }
}
