namespace CleanRoom.Charter.Log;

/// <summary>The name of a sealed batch: a random UUID (version 4) made by the client, in lower case with hyphens. Counts once in a room's life.</summary>
public readonly record struct BatchId
{
    private readonly Guid _value;

    private BatchId(Guid value) => _value = value;

    /// <summary>Takes a UUID that the caller made at random.</summary>
    /// <exception cref="ArgumentException">The value is not a UUID of version 4.</exception>
    public static BatchId From(Guid value) =>
        value.Version == 4 ? new BatchId(value) : throw new ArgumentException("The id must be a random UUID (version 4).", nameof(value));

    /// <summary>Reads the text form, exactly as <see cref="ToString"/> writes it.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out BatchId id)
    {
        id = default;
        if (!UuidText.TryParse(text, out var value) || value.Version != 4)
        {
            return false;
        }

        id = new BatchId(value);
        return true;
    }

    /// <summary>Reads the text form, exactly as <see cref="ToString"/> writes it.</summary>
    /// <exception cref="FormatException">It is not.</exception>
    public static BatchId Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var id) ? id : throw new FormatException("The id must be a UUID of version 4 in lower case with hyphens.");

    /// <summary>Writes 36 characters, lower case, with hyphens.</summary>
    public override string ToString() => _value.ToString("D");
}
