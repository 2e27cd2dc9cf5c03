using System.Diagnostics.CodeAnalysis;
using CleanRoom.Client.Keys.Tokens;
using CleanRoom.Client.Keys.Vaults;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Keys;

/// <summary>Where a signing key lies that is in no file: in a PKCS#11 token (<see cref="TokenUri"/>) or in Azure Key Vault (<see cref="VaultKeyUri"/>). Holds no secret.</summary>
public abstract class KeyAddress
{
    private protected const int MaxLength = 2048;

    private readonly string _text;

    private protected KeyAddress(string text) => _text = text;

    /// <summary>Reads one.</summary>
    /// <exception cref="ClientException">What is wrong, and how it should be. The text is not repeated.</exception>
    public static KeyAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out var address, out var problem) ? address : throw new ClientException(ClientProblem.Usage, $"The key's address {problem}.");
    }

    /// <summary>Reads one.</summary>
    /// <param name="text">The text.</param>
    /// <param name="address">What it says.</param>
    /// <param name="problem">What is wrong and how it should be, to stand behind "The key's address".</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out KeyAddress? address, [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        var wrong = text.Length > MaxLength ? $"is longer than {MaxLength} characters" : null;
        (address, var hint) = (null, "write pkcs11:… (a PKCS#11 token) or https://… (Azure Key Vault)");
        if (wrong is null && text.StartsWith(TokenUri.Scheme, StringComparison.Ordinal))
        {
            (address, wrong, hint) = (TokenUri.Read(text, out var found), found, TokenUri.Form);
        }
        else if (wrong is null && text.StartsWith(VaultKeyUri.Scheme, StringComparison.Ordinal))
        {
            (address, wrong, hint) = (VaultKeyUri.Read(text, out var found), found, VaultKeyUri.Form);
        }

        problem = address is null ? $"{wrong ?? $"begins neither with {TokenUri.Scheme} nor with {VaultKeyUri.Scheme}"}: {hint}" : null;
        return address is not null;
    }

    /// <summary>Tells whether a text is meant as an address, not as the name of a file.</summary>
    public static bool IsMeant(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.StartsWith(TokenUri.Scheme, StringComparison.Ordinal) || text.StartsWith(VaultKeyUri.Scheme, StringComparison.Ordinal);
    }

    /// <summary>Opens the key. The caller disposes it. Each signature is verified with the key's public half before it is handed out.</summary>
    /// <param name="askPin">Asks for the PIN of a token by its name if no file holds it; null or empty: nobody gives one. Not asked for a vault.</param>
    /// <exception cref="ClientException">The module, token, vault or key is not there or is no P-256 key that signs, several match, who asks may not, or the PIN is missing, wrong or locked.</exception>
    public abstract ISigningKey OpenKey(Func<string, string?>? askPin);

    /// <summary>The text that was read.</summary>
    public override string ToString() => _text;

    /// <summary>What holds the key, in what people read: "the token lotus", "the vault lotus.vault.azure.net".</summary>
    internal abstract string Holder { get; }
}
