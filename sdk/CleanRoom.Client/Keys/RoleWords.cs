using CleanRoom.Charter.Log;

namespace CleanRoom.Client.Keys;

/// <summary>The words for roles, as in the log (docs/protocol.md section 3) and on the command line.</summary>
public static class RoleWords
{
    private static readonly (PersonRoles Role, string Word)[] Words =
    [
        (PersonRoles.Approver, "approver"),
        (PersonRoles.Officer, "officer"),
        (PersonRoles.Releaser, "releaser"),
        (PersonRoles.Safeguarding, "safeguarding"),
        (PersonRoles.Transport, "transport"),
        (PersonRoles.Uploader, "uploader"),
    ];

    /// <summary>The words that a person's key can have; transport is the TLS key's alone.</summary>
    public static IReadOnlyList<string> OfPeople { get; } = [.. Words.Where(word => word.Role != PersonRoles.Transport).Select(word => word.Word)];

    /// <summary>Gives the words of roles, sorted.</summary>
    public static IReadOnlyList<string> Write(PersonRoles roles) => [.. Words.Where(word => roles.HasFlag(word.Role)).Select(word => word.Word)];

    /// <summary>Reads words.</summary>
    /// <returns><see langword="false"/> if there is none, one is not known or one stands twice.</returns>
    public static bool TryParse(IEnumerable<string> words, out PersonRoles roles)
    {
        ArgumentNullException.ThrowIfNull(words);
        roles = PersonRoles.None;
        foreach (var word in words)
        {
            var role = Words.FirstOrDefault(known => known.Word == word).Role;
            if (role == PersonRoles.None || roles.HasFlag(role))
            {
                return false;
            }

            roles |= role;
        }

        return roles != PersonRoles.None;
    }
}
