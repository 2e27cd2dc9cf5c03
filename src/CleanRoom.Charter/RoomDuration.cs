using System.Globalization;

namespace CleanRoom.Charter;

/// <summary>
/// A length of time as charters write it: one ISO 8601 component, <c>PT5S</c>, <c>PT30M</c>, <c>PT24H</c>, <c>P90D</c> or <c>P24M</c>,
/// 1 to 99,999 of a unit. Months are months of the calendar.
/// </summary>
public readonly record struct RoomDuration
{
    private readonly int _count;
    private readonly Unit _unit;

    private RoomDuration(int count, Unit unit)
    {
        _count = count;
        _unit = unit;
    }

    private enum Unit
    {
        Second,
        Minute,
        Hour,
        Day,
        Month,
    }

    /// <summary>The length, a month counted as 30 days: for bounds and for lengths that have no start.</summary>
    public TimeSpan Approximate => _unit switch
    {
        Unit.Second => TimeSpan.FromSeconds(_count),
        Unit.Minute => TimeSpan.FromMinutes(_count),
        Unit.Hour => TimeSpan.FromHours(_count),
        Unit.Day => TimeSpan.FromDays(_count),
        _ => TimeSpan.FromDays(30L * _count),
    };

    /// <summary>Gives a duration of whole seconds.</summary>
    /// <param name="count">1 to 99,999.</param>
    public static RoomDuration Seconds(int count) => Create(count, Unit.Second);

    /// <summary>Gives a duration of whole hours.</summary>
    /// <param name="count">1 to 99,999.</param>
    public static RoomDuration Hours(int count) => Create(count, Unit.Hour);

    /// <summary>Gives a duration of whole days.</summary>
    /// <param name="count">1 to 99,999.</param>
    public static RoomDuration Days(int count) => Create(count, Unit.Day);

    /// <summary>Gives a duration of calendar months.</summary>
    /// <param name="count">1 to 99,999.</param>
    public static RoomDuration Months(int count) => Create(count, Unit.Month);

    /// <summary>Reads the text form, exactly as <see cref="ToString"/> writes it.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out RoomDuration duration)
    {
        duration = default;
        var time = text.StartsWith("PT", StringComparison.Ordinal);
        if (!time && !text.StartsWith("P", StringComparison.Ordinal))
        {
            return false;
        }

        var rest = text[(time ? 2 : 1)..];
        if (rest.Length is < 2 or > 6 || rest[0] is < '1' or > '9'
            || !int.TryParse(rest[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return false;
        }

        Unit? unit = (time, rest[^1]) switch
        {
            (true, 'S') => Unit.Second,
            (true, 'M') => Unit.Minute,
            (true, 'H') => Unit.Hour,
            (false, 'D') => Unit.Day,
            (false, 'M') => Unit.Month,
            _ => null,
        };
        duration = unit is null ? default : new RoomDuration(count, unit.Value);
        return unit is not null;
    }

    /// <summary>The time that is this much later.</summary>
    public DateTimeOffset After(DateTimeOffset start) => _unit == Unit.Month ? start.AddMonths(_count) : start + Approximate;

    /// <summary>Writes the one ISO 8601 component.</summary>
    public override string ToString() => _unit switch
    {
        Unit.Second => $"PT{Digits}S",
        Unit.Minute => $"PT{Digits}M",
        Unit.Hour => $"PT{Digits}H",
        Unit.Day => $"P{Digits}D",
        _ => $"P{Digits}M",
    };

    private string Digits => _count.ToString(CultureInfo.InvariantCulture);

    private static RoomDuration Create(int count, Unit unit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 99_999);
        return new RoomDuration(count, unit);
    }
}
