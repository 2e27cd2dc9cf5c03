using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Log;
using CleanRoom.Client.Files;
using CleanRoom.Client.Rooms;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Inbox;

/// <summary>
/// What the inbox page signs in and opens messages with: this member's transport key, its inbox keys and the hash of genesis, and the key of the person who uses it if
/// she does more than read; under a passphrase (PBKDF2-HMAC-SHA256, AES-256-GCM; docs/protocol.md section 8).
/// </summary>
public static class PageKeyFile
{
    /// <summary>Shortest passphrase, in characters: the file is made to be carried about.</summary>
    public const int MinimumPassphrase = 12;

    private const string Schema = "cleanroom/page-key/v1";

    /// <summary>OWASP's recommendation for PBKDF2-HMAC-SHA256 (2023).</summary>
    private const int Iterations = 600_000;

    private const int SaltSize = 32;
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const PersonRoles Acting = PersonRoles.Officer | PersonRoles.Releaser | PersonRoles.Safeguarding;

    /// <summary>Writes a key file that only this user can read.</summary>
    /// <param name="path">Where; no file may stand there.</param>
    /// <param name="room">The room, with the profile whose keys go into the file.</param>
    /// <param name="passphrase">At least <see cref="MinimumPassphrase"/> characters.</param>
    /// <param name="person">Whose key goes into the file, so that she asks, decides, confirms and reports on the page: an officer, releaser or safeguarding lead; null for reading only.</param>
    /// <exception cref="ClientException">The passphrase is too short, a key is missing, or the file cannot be written.</exception>
    public static void Write(string path, KeptRoom room, string passphrase, string? person = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(room);
        ArgumentNullException.ThrowIfNull(passphrase);
        if (passphrase.Length < MinimumPassphrase)
        {
            throw new ClientException(ClientProblem.Usage, $"The passphrase of the key file must have at least {MinimumPassphrase} characters: put a longer one into a file and name it with --passphrase-file.");
        }

        if (Path.Exists(path))
        {
            throw new ClientException(ClientProblem.CannotCreate, $"{path} exists already: choose another name.");
        }

        var keys = new JsonObject { ["inbox"] = InboxKeys(room), ["signIn"] = SignInKey(room) };
        if (person is not null)
        {
            using var key = room.Profile.OpenPersonKey(Acting, person) as SigningKey
                ?? throw new ClientException(ClientProblem.Usage, $"The key of {person} lies in a token or vault, which does not give it away: let {person} act by command line, or add a person with a key in a file.");
            using var ecdsa = key.CreateECDsa();
            keys["person"] = PrivateJwk(ecdsa, key.PublicKey);
        }

        var content = CanonicalJson.Canonicalize(keys);
        try
        {
            DurableFile.Write(path, Seal(content, room, passphrase));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    private static byte[] Seal(byte[] content, KeptRoom room, string passphrase)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        var nonce = RandomNumberGenerator.GetBytes(NonceSize);
        var file = new JsonObject
        {
            ["genesis"] = room.State.Genesis!.ToString(),
            ["iterations"] = Iterations,
            ["iv"] = StrictBase64.EncodeUrl(nonce),
            ["member"] = room.Profile.Member.Value,
            ["room"] = room.Memory.Room.ToString(),
            ["salt"] = StrictBase64.EncodeUrl(salt),
            ["schema"] = Schema,
        };
        var words = Encoding.UTF8.GetBytes(passphrase.Normalize(NormalizationForm.FormC));
        var key = Rfc2898DeriveBytes.Pbkdf2(words, salt, Iterations, HashAlgorithmName.SHA256, 32);
        try
        {
            // The tag stands behind the ciphertext, as WebCrypto has it.
            var output = new byte[content.Length + TagSize];
            using var cipher = new AesGcm(key, TagSize);
            cipher.Encrypt(nonce, content, output.AsSpan(0, content.Length), output.AsSpan(content.Length), CanonicalJson.Canonicalize(file));
            file["sealed"] = StrictBase64.EncodeUrl(output);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(words);
        }

        return [.. CanonicalJson.Canonicalize(file), (byte)'\n'];
    }

    private static JsonArray InboxKeys(KeptRoom room)
    {
        var keys = new JsonArray();
        var scalar = new byte[HpkePrivateKey.Size];
        foreach (var inbox in room.Profile.InboxKeys.OrderBy(key => key.Period))
        {
            using var key = room.Profile.OpenInboxKey(inbox.PublicKey.Id)!;
            key.Export(scalar);
            var jwk = inbox.PublicKey.ToJwk();
            jwk["d"] = StrictBase64.EncodeUrl(scalar);
            keys.Add((JsonNode)jwk);
        }

        CryptographicOperations.ZeroMemory(scalar);
        return keys;
    }

    private static JsonObject SignInKey(KeptRoom room)
    {
        using var certificate = room.Profile.OpenTransportCertificate();
        using var key = System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.GetECDsaPrivateKey(certificate)!;
        return PrivateJwk(key, room.Profile.TransportKey);
    }

    private static JsonObject PrivateJwk(ECDsa key, VerifyingKey publicKey)
    {
        var parameters = key.ExportParameters(includePrivateParameters: true);
        var jwk = publicKey.ToJwk();
        jwk["d"] = StrictBase64.EncodeUrl(parameters.D!);
        CryptographicOperations.ZeroMemory(parameters.D);
        return jwk;
    }
}
