using CleanRoom.Charter.Log;

namespace CleanRoom.Client.Keys;

/// <summary>What <see cref="MemberProfile.Create"/> makes.</summary>
public sealed class ProfileOptions
{
    /// <summary>People and their roles; each gets a key. Defaults to one person "p1" with uploader, approver and releaser.</summary>
    public IReadOnlyDictionary<string, PersonRoles> People { get; init; } = new Dictionary<string, PersonRoles>
    {
        ["p1"] = PersonRoles.Approver | PersonRoles.Releaser | PersonRoles.Uploader,
    };

    /// <summary>Encrypts the organisation key on disk; empty = not encrypted. Defaults to empty.</summary>
    public string Passphrase { get; init; } = "";

    /// <summary>Life of the TLS certificate. Defaults to 825 days.</summary>
    public TimeSpan CertificateLife { get; init; } = TimeSpan.FromDays(825);
}
