using System.Text.Json;
using System.Text.Json.Nodes;
using CleanRoom.Charter;
using CleanRoom.Client.Files;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Keys;

/// <summary>profile.json: which keys there are, by their public halves. Holds no secret.</summary>
internal sealed record ProfileDocument
{
    public const string FileName = "profile.json";

    private const string Schema = "cleanroom/profile/v1";

    public required MemberId Member { get; init; }

    public required VerifyingKey Organisation { get; init; }

    /// <summary>Where the organisation key lies if a token or vault holds it.</summary>
    public KeyAddress? OrganisationAddress { get; init; }

    public required VerifyingKey Transport { get; init; }

    public required IReadOnlyList<PersonKey> People { get; init; }

    public required IReadOnlyList<InboxKey> Inbox { get; init; }

    public byte[] ToBytes()
    {
        var json = new JsonObject
        {
            ["schema"] = Schema,
            ["member"] = Member.Value,
            ["organisation"] = Organisation.ToJwk(),
            ["transport"] = Transport.ToJwk(),
            ["people"] = new JsonArray([.. People.Select(Write)]),
            ["inbox"] = new JsonArray([.. Inbox.Select(key => new JsonObject
            {
                ["period"] = key.Period,
                ["file"] = key.File,
                ["key"] = key.PublicKey.ToJwk(),
            })]),
        };
        if (OrganisationAddress is { } address)
        {
            json["organisationAddress"] = address.ToString();
        }

        return SealedJson.Write(json);
    }

    public static ProfileDocument Parse(byte[] content, string path)
    {
        try
        {
            if (SealedJson.TryRead(content, out var document))
            {
                using var json = JsonDocument.Parse(CanonicalJson.Canonicalize(document));
                return Read(json.RootElement);
            }
        }
        catch (Exception exception) when (exception is FormatException or KeyNotFoundException or InvalidOperationException)
        {
            // Falls through to the one answer.
        }

        throw new ClientException(ClientProblem.BadData, $"{path} is not a profile that this program wrote: restore it from your backup.");
    }

    private static ProfileDocument Read(JsonElement json)
    {
        if (json.GetProperty("schema").GetString() != Schema)
        {
            throw new FormatException("The schema is another one.");
        }

        return new ProfileDocument
        {
            Member = MemberId.Parse(json.GetProperty("member").GetString()!),
            Organisation = Key(json.GetProperty("organisation")),
            OrganisationAddress = AddressOf(json, "organisationAddress"),
            Transport = Key(json.GetProperty("transport")),
            People = [.. json.GetProperty("people").EnumerateArray().Select(person => new PersonKey(
                person.GetProperty("person").GetString()!,
                RoleWords.TryParse(person.GetProperty("roles").EnumerateArray().Select(role => role.GetString()!), out var roles) ? roles : throw new FormatException("A role is not known."),
                Key(person.GetProperty("key")))
            {
                File = person.TryGetProperty("address", out _) ? "" : FileOf(person),
                Address = AddressOf(person, "address"),
            })],
            Inbox = [.. json.GetProperty("inbox").EnumerateArray().Select(key => new InboxKey(
                key.GetProperty("period").GetInt32(),
                HpkePublicKey.TryFromJwk(key.GetProperty("key"), out var inbox) ? inbox : throw new FormatException("The inbox key is no P-256 key."))
            {
                File = FileOf(key),
            })],
        };
    }

    private static JsonObject Write(PersonKey person)
    {
        var json = new JsonObject
        {
            ["person"] = person.Person,
            ["roles"] = new JsonArray([.. RoleWords.Write(person.Roles).Select(role => (JsonNode)role)]),
            ["key"] = person.PublicKey.ToJwk(),
        };
        json[person.Address is null ? "file" : "address"] = person.Address?.ToString() ?? person.File;
        return json;
    }

    private static KeyAddress? AddressOf(JsonElement json, string name) => !json.TryGetProperty(name, out var text) ? null
        : KeyAddress.TryParse(text.GetString()!, out var address, out _) ? address : throw new FormatException("The key's address is none.");

    private static VerifyingKey Key(JsonElement json) =>
        VerifyingKey.TryFromJwk(json, out var key) ? key : throw new FormatException("The key is no P-256 key.");

    private static string FileOf(JsonElement json)
    {
        var file = json.GetProperty("file").GetString()!;
        return file == Path.GetFileName(file) && file.Length > 0 ? file : throw new FormatException("The file is not a plain name.");
    }
}
