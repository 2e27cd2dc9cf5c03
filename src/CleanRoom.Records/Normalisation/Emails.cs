using System.Text.RegularExpressions;
using CleanRoom.Records.Matching;

namespace CleanRoom.Records.Normalisation;

/// <summary>E-mail addresses: lower case; dots and plus tags are folded as a second key for the providers that ignore them.</summary>
public static partial class Emails
{
    /// <summary>Gives the addresses in a cell.</summary>
    public static IReadOnlyList<string> Find(string cell) => [.. Pattern().Matches(cell).Select(m => m.Value)];

    /// <summary>Normalises an address, or null.</summary>
    public static Normalised? Normalise(string raw)
    {
        var match = Pattern().Match(raw);
        if (!match.Success)
        {
            return null;
        }
        var value = match.Value.ToLowerInvariant();
        var keys = new List<MatchKey> { new("email:" + value, KeyStrength.Exact) };
        var at = value.IndexOf('@', StringComparison.Ordinal);
        if (Placeholders.IsMailbox(value[..at]))
        {
            return null;
        }
        if (value[(at + 1)..] is "gmail.com" or "googlemail.com")
        {
            var local = value[..at].Split('+')[0].Replace(".", "", StringComparison.Ordinal);
            keys.Add(new MatchKey($"email:{local}@gmail.com", KeyStrength.Possible));
        }
        return new Normalised([.. keys.DistinctBy(k => k.Value)], value, "", true, true);
    }

    [GeneratedRegex(@"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,6}", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex Pattern();
}
