using System.Security.Cryptography;
using System.Text;
using CleanRoom.Client.Files;
using Net.Pkcs11Interop.Common;

namespace CleanRoom.Client.Keys.Tokens;

/// <summary>PINs of tokens: from a private file or from whoever is asked, never from a command line. PKCS#11 tells whether tries are running out, not how many are left.</summary>
internal static class TokenPin
{
    private const int MaxSize = 256;

    /// <summary>Why no PIN is tried; null if one may be.</summary>
    public static ClientException? Refusal(TokenUri uri, bool initialised, bool locked, bool finalTry) =>
        !initialised ? new(ClientProblem.Configuration, $"The token {uri.TokenName} has no PIN yet: set one with the vendor's tool.")
        : locked ? Locked(uri, "")
        : finalTry && uri.PinFile is not null
            ? new(ClientProblem.NotPermitted, $"One try is left before the token {uri.TokenName} locks itself, so the file's PIN is not tried: sign once with the PIN typed in (take pin-source out of the key's address), or reset it with the vendor's tool.")
        : null;

    /// <summary>What a failed login means; null if it is not about the PIN.</summary>
    /// <param name="uri">The key.</param>
    /// <param name="code">PKCS#11's answer.</param>
    /// <param name="low">The token says afterwards that tries are running out.</param>
    /// <param name="finalTry">It says that one is left.</param>
    /// <param name="locked">It says that none is.</param>
    public static ClientException? Problem(TokenUri uri, CKR code, bool low, bool finalTry, bool locked) => code switch
    {
        CKR.CKR_PIN_INCORRECT or CKR.CKR_PIN_INVALID or CKR.CKR_PIN_LEN_RANGE => locked ? Locked(uri, "The PIN is wrong. ")
            : new(ClientProblem.NotPermitted, $"The PIN of the token {uri.TokenName} is wrong" + (
                finalTry ? ": one try is left before it locks itself."
                : low ? ": it says that tries are running out. Check the PIN before you try again."
                : ": check it before you try again, it may lock itself.")),
        CKR.CKR_PIN_LOCKED => Locked(uri, ""),
        CKR.CKR_PIN_EXPIRED => new(ClientProblem.NotPermitted, $"The PIN of the token {uri.TokenName} has expired: set a new one with the vendor's tool."),
        CKR.CKR_USER_PIN_NOT_INITIALIZED => Refusal(uri, initialised: false, locked: false, finalTry: false),
        _ => null,
    };

    /// <summary>Reads the PIN. The caller zeroes it.</summary>
    public static byte[] Read(TokenUri uri, Func<string, string?>? ask)
    {
        if (uri.PinFile is { } path)
        {
            var content = DurableFile.Read(path, MaxSize, "The PIN file");
            try
            {
                DurableFile.RequirePrivate(path);
                var pin = content.AsSpan().TrimEnd("\r\n"u8).ToArray();
                return pin.Length > 0 ? pin : throw new ClientException(ClientProblem.NoInput, $"The PIN file {path} is empty.");
            }
            finally
            {
                CryptographicOperations.ZeroMemory(content);
            }
        }

        return ask?.Invoke(uri.TokenName) is { Length: > 0 } typed
            ? Encoding.UTF8.GetBytes(typed)
            : throw new ClientException(ClientProblem.NotPermitted, $"The token {uri.TokenName} asks for its PIN: type it at a terminal, or name a file that holds it by pin-source=file:/PATH in the key's address.");
    }

    private static ClientException Locked(TokenUri uri, string before) =>
        new(ClientProblem.NotPermitted, $"{before}The token {uri.TokenName} is locked after too many wrong PINs: unlock it with the vendor's tool and its security officer's PIN.");
}
