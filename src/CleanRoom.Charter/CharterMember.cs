using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter;

/// <summary>An organisation in a room.</summary>
/// <param name="Id">Its name in the room.</param>
/// <param name="Name">Its name for people.</param>
/// <param name="OrganisationKey">The key that signs charters and the organisation's people, nothing else.</param>
public abstract record CharterMember(MemberId Id, string Name, VerifyingKey OrganisationKey)
{
    /// <summary>The word that stands in the charter: contributor, agency, representative or steward.</summary>
    public abstract string Role { get; }

    /// <summary>The member's broker; a representative and a steward have none.</summary>
    public virtual BrokerTerms? Broker => null;

    internal virtual JsonObject ToJson() => new()
    {
        ["id"] = Id.Value,
        ["name"] = Name,
        ["organisationKey"] = OrganisationKey.ToJwk(),
        ["role"] = Role,
    };
}

/// <summary>An organisation that puts in records and owns them.</summary>
/// <param name="Id">Its name in the room.</param>
/// <param name="Name">Its name for people.</param>
/// <param name="OrganisationKey">The key that signs charters and people.</param>
/// <param name="BrokerTerms">Its broker.</param>
/// <param name="Desk">Whom others ask: an address or number for people.</param>
/// <param name="ApprovalExpires">From then on its data is out of the index until it approves a new version.</param>
public sealed record ContributorMember(
    MemberId Id, string Name, VerifyingKey OrganisationKey, BrokerTerms BrokerTerms, string Desk, DateTimeOffset ApprovalExpires)
    : CharterMember(Id, Name, OrganisationKey)
{
    /// <inheritdoc/>
    public override string Role => "contributor";

    /// <inheritdoc/>
    public override BrokerTerms Broker => BrokerTerms;

    internal override JsonObject ToJson()
    {
        var json = base.ToJson();
        json["approvalExpires"] = ProtocolTime.Write(ApprovalExpires);
        json["broker"] = BrokerTerms.ToJson();
        json["desk"] = Desk;
        return json;
    }
}

/// <summary>An authority or service that receives notices.</summary>
/// <param name="Id">Its name in the room.</param>
/// <param name="Name">Its name for people.</param>
/// <param name="OrganisationKey">The key that signs its people.</param>
/// <param name="Kind">A code of the list consentRecipientClass, never immigration_enforcement.</param>
/// <param name="Jurisdictions">ISO 3166-1 alpha-3 codes, sorted.</param>
/// <param name="Mandates">Codes, sorted.</param>
/// <param name="BrokerTerms">Its broker.</param>
/// <param name="Quota">What it may ask a month.</param>
/// <param name="OutcomeDueDays">Days within which it answers with an outcome, 1 to 365.</param>
public sealed record AgencyMember(
    MemberId Id, string Name, VerifyingKey OrganisationKey, string Kind, IReadOnlyList<string> Jurisdictions, IReadOnlyList<string> Mandates,
    BrokerTerms BrokerTerms, AgencyQuota Quota, int OutcomeDueDays)
    : CharterMember(Id, Name, OrganisationKey)
{
    /// <inheritdoc/>
    public override string Role => "agency";

    /// <inheritdoc/>
    public override BrokerTerms Broker => BrokerTerms;

    internal override JsonObject ToJson()
    {
        var json = base.ToJson();
        json["broker"] = BrokerTerms.ToJson();
        json["jurisdictions"] = JsonBuild.Sorted(Jurisdictions);
        json["kind"] = Kind;
        json["mandates"] = JsonBuild.Sorted(Mandates);
        json["outcomeDueDays"] = OutcomeDueDays;
        json["quota"] = new JsonObject
        {
            ["disclosureRequestsPerMonth"] = Quota.DisclosureRequestsPerMonth,
            ["searchesPerMonth"] = Quota.SearchesPerMonth,
        };
        return json;
    }
}

/// <summary>The organisation that keeps the charter; it never sees data.</summary>
/// <param name="Id">Its name in the room.</param>
/// <param name="Name">Its name for people.</param>
/// <param name="OrganisationKey">The key that signs its people and its proposals.</param>
public sealed record StewardMember(MemberId Id, string Name, VerifyingKey OrganisationKey) : CharterMember(Id, Name, OrganisationKey)
{
    /// <inheritdoc/>
    public override string Role => "steward";
}

/// <summary>Speaks for those whom the records are about. No version takes over without its signature; it has no data, no broker and no messages.</summary>
/// <param name="Id">Its name in the room.</param>
/// <param name="Name">Its name for people.</param>
/// <param name="OrganisationKey">The key that signs charters, vetoes and its people.</param>
/// <param name="SpeaksFor">One of <see cref="Groups"/>.</param>
public sealed record RepresentativeMember(MemberId Id, string Name, VerifyingKey OrganisationKey, string SpeaksFor) : CharterMember(Id, Name, OrganisationKey)
{
    /// <summary>For whom a representative may speak.</summary>
    public static IReadOnlyList<string> Groups { get; } = ["survivors", "workers"];

    /// <inheritdoc/>
    public override string Role => "representative";

    internal override JsonObject ToJson()
    {
        var json = base.ToJson();
        json["speaksFor"] = SpeaksFor;
        return json;
    }
}

/// <summary>What an agency may ask in a month.</summary>
/// <param name="SearchesPerMonth">0 to 100,000.</param>
/// <param name="DisclosureRequestsPerMonth">0 to 100,000.</param>
public sealed record AgencyQuota(int SearchesPerMonth, int DisclosureRequestsPerMonth);

/// <summary>Where a member's broker is and by which keys it is known.</summary>
/// <param name="Endpoint">https address; a hint, the pins count.</param>
/// <param name="Tls">SPKI hash of its TLS key.</param>
/// <param name="VerifierKey">Signs attestation results, releases and freezes.</param>
/// <param name="WitnessKey">Cosigns checkpoints.</param>
public sealed record BrokerTerms(Uri Endpoint, KeyId Tls, VerifyingKey VerifierKey, VerifyingKey WitnessKey)
{
    /// <summary>Most stand-ins of one broker: each is one more place where the owner's keys are.</summary>
    public const int MaxStandIns = 2;

    /// <summary>Who releases the owner's keys while this broker is away, in the order in which they are asked. At most <see cref="MaxStandIns"/>.</summary>
    public IReadOnlyList<StandInTerms> StandIns { get; init; } = [];

    /// <summary>Keys of all that may hold this owner's record keys: the broker's first, then its stand-ins'.</summary>
    public IEnumerable<VerifyingKey> Holders => StandIns.Select(standIn => standIn.VerifierKey).Prepend(VerifierKey);

    /// <summary>Whether the other names the same places and keys.</summary>
    public bool Equals(BrokerTerms? other) => other is not null && Endpoint == other.Endpoint && Tls == other.Tls && VerifierKey.Equals(other.VerifierKey)
        && WitnessKey.Equals(other.WitnessKey) && StandIns.SequenceEqual(other.StandIns);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Endpoint, Tls, VerifierKey, WitnessKey, StandIns.Count);

    internal JsonObject ToJson() => new()
    {
        ["endpoint"] = EndpointText.Write(Endpoint),
        ["standIn"] = JsonBuild.Objects(StandIns.Select(standIn => standIn.ToJson())),
        ["tls"] = Tls.ToString(),
        ["verifierKey"] = VerifierKey.ToJwk(),
        ["witnessKey"] = WitnessKey.ToJwk(),
    };
}

/// <summary>A second broker of the same owner, which releases its keys while the first is away. It is no witness.</summary>
/// <param name="Endpoint">https address; a hint, the pins count.</param>
/// <param name="Tls">SPKI hash of its TLS key.</param>
/// <param name="VerifierKey">Signs attestation results, releases and erasures.</param>
/// <param name="HandOverKey">The owner's broker seals what it hands over to this key.</param>
public sealed record StandInTerms(Uri Endpoint, KeyId Tls, VerifyingKey VerifierKey, HpkePublicKey HandOverKey)
{
    internal JsonObject ToJson() => new()
    {
        ["endpoint"] = EndpointText.Write(Endpoint),
        ["handOverKey"] = HandOverKey.ToJwk(),
        ["tls"] = Tls.ToString(),
        ["verifierKey"] = VerifierKey.ToJwk(),
    };
}
