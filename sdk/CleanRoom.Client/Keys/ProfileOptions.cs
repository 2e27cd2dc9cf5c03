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

    /// <summary>The organisation key, which lies in a PKCS#11 token or in Azure Key Vault already; null: a new one is made and kept in a file. Defaults to null.</summary>
    public KeyAddress? OrganisationAddress { get; init; }

    /// <summary>Asks for the PIN of a token by its name, where no file holds it; null or empty: nobody gives one. Defaults to null.</summary>
    public Func<string, string?>? AskPin { get; init; }

    /// <summary>Life of the TLS certificate. Defaults to 825 days.</summary>
    public TimeSpan CertificateLife { get; init; } = TimeSpan.FromDays(825);
}
