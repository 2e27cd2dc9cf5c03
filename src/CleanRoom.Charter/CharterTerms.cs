using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter;

/// <summary>What the room is for, and what it never serves.</summary>
/// <param name="Allowed">Codes, sorted.</param>
/// <param name="Forbidden">Codes, sorted; always with <see cref="AlwaysForbidden"/>.</param>
public sealed record PurposeTerms(IReadOnlyList<string> Allowed, IReadOnlyList<string> Forbidden)
{
    /// <summary>Purposes that every charter must forbid.</summary>
    public static IReadOnlyList<string> AlwaysForbidden { get; } =
        ["commercial", "immigration-enforcement", "model-training", "prosecution-of-victims"];

    internal JsonObject ToJson() => new() { ["allowed"] = JsonBuild.Sorted(Allowed), ["forbidden"] = JsonBuild.Sorted(Forbidden) };
}

/// <summary>Where one of the operator's services is.</summary>
/// <param name="Endpoint">https address; a hint, the pin counts.</param>
/// <param name="Tls">SPKI hash of its TLS key.</param>
public sealed record ServiceTerms(Uri Endpoint, KeyId Tls)
{
    internal JsonObject ToJson() => new() { ["endpoint"] = EndpointText.Write(Endpoint), ["tls"] = Tls.ToString() };
}

/// <summary>The operator: signs the log, opens nothing.</summary>
/// <param name="Key">Signs checkpoints.</param>
/// <param name="Ingestion">The log.</param>
/// <param name="Matching">The enclave.</param>
/// <param name="Notification">The slots.</param>
public sealed record OperatorTerms(VerifyingKey Key, ServiceTerms Ingestion, ServiceTerms Matching, ServiceTerms Notification)
{
    internal JsonObject ToJson() => new()
    {
        ["key"] = Key.ToJwk(),
        ["services"] = new JsonObject
        {
            ["ingestion"] = Ingestion.ToJson(),
            ["matching"] = Matching.ToJson(),
            ["notification"] = Notification.ToJson(),
        },
    };
}

/// <summary>An image that may hold the room's data.</summary>
/// <param name="Name">For people.</param>
/// <param name="Tee">Kind of evidence.</param>
/// <param name="Measurements">Approved measurements, hex, lower case, sorted.</param>
/// <param name="ReferenceJson">All reference values as canonical JSON, for the appraisal policy.</param>
/// <param name="FloorsJson">Least versions as canonical JSON, for the appraisal policy; null if there are none.</param>
public sealed record EnclaveTerms(
    string Name, string Tee, IReadOnlyList<string> Measurements, ReadOnlyMemory<byte> ReferenceJson, ReadOnlyMemory<byte>? FloorsJson = null)
{
    /// <summary>The kind of evidence of rooms for trying out and showing.</summary>
    public const string Simulated = "simulated";

    /// <summary>The kinds of evidence that a charter may name.</summary>
    public static IReadOnlyList<string> Tees { get; } = ["azure-vtpm", "maa", "sev-snp", "sgx", Simulated, "tdx", "tpm"];

    /// <summary>Approves a simulated image, with the floors that the simulated provider meets.</summary>
    /// <param name="name">For people.</param>
    /// <param name="measurements">96 hex digits each, lower case.</param>
    public static EnclaveTerms ForSimulation(string name, params IEnumerable<string> measurements)
    {
        var sorted = measurements.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return new EnclaveTerms(
            name,
            Simulated,
            sorted,
            JsonBuild.Bytes(new JsonObject { ["measurement"] = JsonBuild.Array(sorted) }),

            // A floor that is not there is a floor that nothing meets (docs/protocol.md §5).
            JsonBuild.Bytes(new JsonObject { ["tcb"] = new JsonObject { ["bootloader"] = 1, ["microcode"] = 1, ["snp"] = 1, ["tee"] = 1 } }));
    }

    internal JsonObject ToJson()
    {
        var json = new JsonObject { ["name"] = Name, ["reference"] = JsonNode.Parse(ReferenceJson.Span), ["tee"] = Tee };
        if (FloorsJson is { } floors)
        {
            json["floors"] = JsonNode.Parse(floors.Span);
        }

        return json;
    }
}

/// <summary>When the enclave speaks and how much.</summary>
/// <param name="Length">Least length of an epoch in room time.</param>
/// <param name="MinimumContributors">Contributors with new records without which the epoch's queries join the next.</param>
/// <param name="MinimumNewRecords">New records without which the epoch's queries join the next.</param>
/// <param name="SlotsPerMember">Messages a member and epoch, head included.</param>
/// <param name="MessageBytes">Plaintext size of every message.</param>
public sealed record EpochTerms(RoomDuration Length, int MinimumContributors, int MinimumNewRecords, int SlotsPerMember, int MessageBytes)
{
    /// <summary>Each contributor is told after each quarter, in bands, what was done with its records. Charters from before there was a choice do not have it.</summary>
    public bool UseStatements { get; init; }

    internal JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["length"] = Length.ToString(),
            ["messageBytes"] = MessageBytes,
            ["minimumContributors"] = MinimumContributors,
            ["minimumNewRecords"] = MinimumNewRecords,
            ["slotsPerMember"] = SlotsPerMember,
        };
        if (UseStatements)
        {
            json["useStatements"] = true;
        }

        return json;
    }
}

/// <summary>How long things live.</summary>
/// <param name="Ceiling">Longest a record may stay.</param>
/// <param name="Cryptoperiod">How long one record key is used.</param>
/// <param name="KeyLease">How long an enclave may hold a released key.</param>
public sealed record RetentionTerms(RoomDuration Ceiling, RoomDuration Cryptoperiod, RoomDuration KeyLease)
{
    internal JsonObject ToJson() => new()
    {
        ["ceiling"] = Ceiling.ToString(),
        ["cryptoperiod"] = Cryptoperiod.ToString(),
        ["keyLease"] = KeyLease.ToString(),
    };
}

/// <summary>Bounds against fishing and flooding.</summary>
/// <param name="OneWayPointersPerQuarter">Pointers a member may get while staying unnamed itself.</param>
/// <param name="RecordsPerMonth">Records a contributor may put in; who is not named has no bound.</param>
public sealed record QuotaTerms(int OneWayPointersPerQuarter, IReadOnlyDictionary<MemberId, int> RecordsPerMonth)
{
    /// <summary>The most decoys in a charter.</summary>
    public const int MaxDecoys = 1000;

    /// <summary>How many decoys each contributor may have in the room; 0: a record that is marked as one is not held.</summary>
    public int Decoys { get; init; }

    internal JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["oneWayPointersPerQuarter"] = OneWayPointersPerQuarter,
            ["recordsPerMonth"] = new JsonObject(RecordsPerMonth.Select(pair => KeyValuePair.Create(pair.Key.Value, (JsonNode?)pair.Value))),
        };
        if (Decoys > 0)
        {
            json["decoys"] = Decoys;
        }

        return json;
    }
}
