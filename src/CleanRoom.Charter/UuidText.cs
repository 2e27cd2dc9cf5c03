namespace CleanRoom.Charter;

/// <summary>The one accepted text form of a UUID: 36 characters, lower case, with hyphens, not nil.</summary>
internal static class UuidText
{
    public static bool TryParse(ReadOnlySpan<char> text, out Guid value)
    {
        // The platform also takes upper case and white space around it.
        return Guid.TryParseExact(text, "D", out value) && value != Guid.Empty && text.SequenceEqual(value.ToString("D"));
    }
}
