namespace CleanRoom.Charter;

/// <summary>The name of a room: a UUID, written in lower case with hyphens (RFC 9562 §4). <see langword="default"/> names no room.</summary>
public readonly record struct RoomId
{
    private readonly Guid _value;

    private RoomId(Guid value) => _value = value;

    /// <summary>Names a room.</summary>
    /// <exception cref="ArgumentException">The value is the nil UUID.</exception>
    public static RoomId From(Guid value) =>
        value == Guid.Empty ? throw new ArgumentException("A room id must not be the nil UUID.", nameof(value)) : new RoomId(value);

    /// <summary>Reads the text form, exactly as <see cref="ToString"/> writes it.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out RoomId room)
    {
        room = UuidText.TryParse(text, out var value) ? new RoomId(value) : default;
        return room != default;
    }

    /// <summary>Reads the text form, exactly as <see cref="ToString"/> writes it.</summary>
    /// <exception cref="FormatException">It is not.</exception>
    public static RoomId Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var room) ? room : throw new FormatException("A room id must be a UUID in lower case with hyphens.");

    /// <summary>Writes 36 characters, lower case, with hyphens.</summary>
    public override string ToString() => _value.ToString("D");
}
