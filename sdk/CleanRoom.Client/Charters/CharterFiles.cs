using System.Text.Json;
using CleanRoom.Charter;
using CleanRoom.Client.Files;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Charters;

/// <summary>
/// Charters as files: a *draft* is the JSON of a charter that may still be edited by hand, a *signed charter* is the frozen version with the approvals
/// collected so far. Members pass the file round; nothing in it is secret.
/// </summary>
public static class CharterFiles
{
    private const int MaxErrors = 5;

    /// <summary>Reads a draft.</summary>
    /// <exception cref="ClientException">There is no such file, or it is not one JSON object of at most 128 KiB.</exception>
    public static CharterDraft ReadDraft(string path)
    {
        var content = DurableFile.Read(path, RoomCharter.MaxSize * 2, "The charter draft");
        if (IsSigned(content))
        {
            throw new ClientException(ClientProblem.BadData, $"{path} is a signed charter, not a draft: begin the next version with \"cleanroom charter propose\".");
        }

        return CharterDraft.TryParse(content, out var draft)
            ? draft
            : throw new ClientException(ClientProblem.BadData, $"{path} is not a charter draft: it must be one JSON object of at most 128 KiB in UTF-8.");
    }

    /// <summary>Writes a draft, indented for people.</summary>
    public static void WriteDraft(string path, CharterDraft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        using var json = JsonDocument.Parse(draft.ToBytes());
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.RootElement.WriteTo(writer);
        }

        stream.WriteByte((byte)'\n');
        DurableFile.Write(path, stream.ToArray());
    }

    /// <summary>Reads a signed charter, or a draft that is complete (then without approvals).</summary>
    /// <exception cref="ClientException">There is no such file, or it breaks a rule: the message names the first and how many more.</exception>
    public static SignedCharter Read(string path)
    {
        var content = DurableFile.Read(path, SignedCharter.MaxSize * 2, "The charter");
        if (IsSigned(content))
        {
            // An editor may have added a line feed or indentation; the canonical form is what counts.
            if (CanonicalJson.TryCanonicalize(content, out var canonical, SignedCharter.MaxSize * 2)
                && SignedCharter.TryParse(canonical, out var signedCharter, out var errors))
            {
                return signedCharter;
            }
            else
            {
                throw Wrong(path, canonical is null ? [] : Errors(canonical));
            }
        }

        return ReadDraft(path).TryBuild(out var charter, out var problems) ? SignedCharter.Begin(charter) : throw Wrong(path, problems);
    }

    /// <summary>Writes a signed charter in canonical form.</summary>
    public static void Write(string path, SignedCharter charter)
    {
        ArgumentNullException.ThrowIfNull(charter);
        DurableFile.Write(path, charter.ToBytes());
    }

    /// <summary>
    /// Adds this member's approval to the file. The charter must list the member with the profile's organisation key; a client signs one child
    /// of a parent only.
    /// </summary>
    /// <param name="path">A signed charter, or a complete draft, which becomes one.</param>
    /// <param name="profile">The member.</param>
    /// <param name="passphrase">Of the organisation key; empty if it has none.</param>
    /// <exception cref="ClientException">The charter breaks a rule, lists another key, or this member has signed another version with the same number.</exception>
    public static SignedCharter Sign(string path, MemberProfile profile, string passphrase = "")
    {
        ArgumentNullException.ThrowIfNull(profile);
        var charter = Read(path);
        var memory = profile.OpenRoom(charter.Charter.Room);
        RequireListed(charter.Charter, profile);
        memory.RequireMaySign(charter.Charter);
        using var key = profile.OpenOrganisationKey(passphrase);
        var approved = charter.Approve(key, profile.Member);

        // Remembered before the signature leaves this machine: a crash in between costs nothing but a second signature on the same version.
        memory.RememberSigned(charter.Charter);
        Write(path, approved);
        return approved;
    }

    /// <summary>Refuses a charter that does not list this member with this profile's organisation key.</summary>
    internal static CharterMember RequireListed(RoomCharter charter, MemberProfile profile)
    {
        if (!charter.TryFind(profile.Member, out var member))
        {
            throw new ClientException(ClientProblem.Configuration, $"The charter lists no member {profile.Member}: use the profile of a member, or have the charter mended.");
        }

        return member.OrganisationKey.Equals(profile.OrganisationKey)
            ? member
            : throw new ClientException(
                ClientProblem.VerificationFailed, $"The charter lists another organisation key for {profile.Member} than this profile's: do not sign it; ask the steward who gave that key.");
    }

    private static bool IsSigned(byte[] content)
    {
        try
        {
            using var json = JsonDocument.Parse(content);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("approvals", out _);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static IReadOnlyList<CharterError> Errors(byte[] canonical) => SignedCharter.TryParse(canonical, out _, out var errors) ? [] : errors;

    private static ClientException Wrong(string path, IReadOnlyList<CharterError> errors) => errors.Count switch
    {
        0 => new ClientException(ClientProblem.BadData, $"{path} is not a charter: it must be one JSON object in UTF-8."),
        <= MaxErrors => new ClientException(ClientProblem.BadData, $"{path}: {string.Join(' ', errors)}"),
        _ => new ClientException(ClientProblem.BadData, $"{path}: {string.Join(' ', errors.Take(MaxErrors))} And {errors.Count - MaxErrors} more: mend these first."),
    };
}
