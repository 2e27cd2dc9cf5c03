using System.Text.Json;
using System.Text.Json.Nodes;
using CleanRoom.Charter;
using CleanRoom.Client.Files;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Charters;

/// <summary>
/// What a member hands to the steward so that it can stand in the charter: a file with the member's object as in the charter (docs/protocol.md section 2).
/// Nothing in it is secret. Compare the organisation key's id by another way than the one the file came.
/// </summary>
public static class MemberCard
{
    private const int MaxSize = 16 << 10;

    /// <summary>Writes a card.</summary>
    public static void Write(string path, CharterMember member)
    {
        ArgumentNullException.ThrowIfNull(member);

        // The charter library alone knows the member's form: a draft with this member and nothing else carries it.
        var start = DateTimeOffset.UnixEpoch;
        var draft = CharterDraft.Create(RoomId.Parse("00000000-0000-4000-8000-000000000000"), "card", simulated: false, start, start.AddDays(1)).Put(member);
        var card = JsonNode.Parse(draft.ToBytes())!["members"]![0]!;
        DurableFile.Write(path, [.. CanonicalJson.Canonicalize(card), (byte)'\n']);
    }

    /// <summary>Reads a card.</summary>
    /// <exception cref="ClientException">There is no such file, or it is no member.</exception>
    public static CharterMember Read(string path)
    {
        var content = DurableFile.Read(path, MaxSize, "The member card");
        try
        {
            using var json = JsonDocument.Parse(content);
            return Read(json.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or FormatException or KeyNotFoundException or InvalidOperationException)
        {
            throw new ClientException(ClientProblem.BadData, $"{path} is not a member card: let the member make it with \"cleanroom charter card\".", exception);
        }
    }

    private static CharterMember Read(JsonElement card)
    {
        var id = MemberId.Parse(Text(card, "id"));
        var name = Text(card, "name");
        var key = Key(card.GetProperty("organisationKey"));
        return Text(card, "role") switch
        {
            "contributor" => new ContributorMember(
                id, name, key, Broker(card), Text(card, "desk"),
                ProtocolTime.TryParse(Text(card, "approvalExpires"), out var expires) ? expires : throw new FormatException("approvalExpires")),
            "agency" => new AgencyMember(
                id, name, key, Text(card, "kind"), Texts(card, "jurisdictions"), Texts(card, "mandates"), Broker(card),
                new AgencyQuota(card.GetProperty("quota").GetProperty("searchesPerMonth").GetInt32(), card.GetProperty("quota").GetProperty("disclosureRequestsPerMonth").GetInt32()),
                card.GetProperty("outcomeDueDays").GetInt32()),
            "representative" => new RepresentativeMember(id, name, key, Text(card, "speaksFor")),
            "steward" => new StewardMember(id, name, key),
            _ => throw new FormatException("role"),
        };
    }

    private static BrokerTerms Broker(JsonElement card)
    {
        var broker = card.GetProperty("broker");
        return new BrokerTerms(
            Uri.TryCreate(Text(broker, "endpoint"), UriKind.Absolute, out var endpoint) ? endpoint : throw new FormatException("endpoint"),
            KeyId.Parse(Text(broker, "tls")),
            Key(broker.GetProperty("verifierKey")),
            Key(broker.GetProperty("witnessKey")))
        {
            StandIns = [.. broker.GetProperty("standIn").EnumerateArray().Select(StandIn)],
        };
    }

    private static StandInTerms StandIn(JsonElement standIn) => new(
        Uri.TryCreate(Text(standIn, "endpoint"), UriKind.Absolute, out var endpoint) ? endpoint : throw new FormatException("endpoint"),
        KeyId.Parse(Text(standIn, "tls")),
        Key(standIn.GetProperty("verifierKey")),
        HpkePublicKey.TryFromJwk(standIn.GetProperty("handOverKey"), out var handOver) ? handOver : throw new FormatException("handOverKey"));

    private static VerifyingKey Key(JsonElement json) => VerifyingKey.TryFromJwk(json, out var key) ? key : throw new FormatException("key");

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString() ?? throw new FormatException(name);

    private static List<string> Texts(JsonElement json, string name) =>
        [.. json.GetProperty(name).EnumerateArray().Select(item => item.GetString() ?? throw new FormatException(name))];
}
