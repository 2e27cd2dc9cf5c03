using CleanRoom.Charter;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Rooms;

/// <summary>A broker's public keys, for the charter.</summary>
/// <param name="VerifierKey">Signs attestation results, releases and freezes.</param>
/// <param name="WitnessKey">Cosigns checkpoints.</param>
/// <param name="Tls">Id of its TLS key.</param>
/// <param name="HandOverKey">Another broker of the same owner seals to it what this one is to release in its stead.</param>
/// <param name="EvidenceKinds">Kinds of evidence it can appraise.</param>
public sealed record BrokerIdentity(VerifyingKey VerifierKey, VerifyingKey WitnessKey, KeyId Tls, HpkePublicKey HandOverKey, IReadOnlyList<string> EvidenceKinds)
{
    /// <summary>Gives what stands in the charter about this broker.</summary>
    /// <param name="endpoint">Its https address.</param>
    public BrokerTerms ToTerms(Uri endpoint) => new(endpoint, Tls, VerifierKey, WitnessKey);

    /// <summary>Gives what stands in the charter about this broker if it stands in for the member's own.</summary>
    /// <param name="endpoint">Its https address.</param>
    public StandInTerms ToStandIn(Uri endpoint) => new(endpoint, Tls, VerifierKey, HandOverKey);
}

/// <summary>What a stand-in holds after a hand-over.</summary>
/// <param name="Version">Its charter version.</param>
/// <param name="Periods">Periods of the record keys that it holds, rising.</param>
/// <param name="Frozen">Whether it releases nothing.</param>
public sealed record TakenOver(int Version, IReadOnlyList<int> Periods, bool Frozen);

/// <summary>What a broker made when it accepted a charter.</summary>
/// <param name="Version">The charter version it now holds as the newest.</param>
/// <param name="RecordKey">Public half of the newest record key, for the key entry; null for members that own no records.</param>
/// <param name="Period">Period of that key; 0 if there is none.</param>
public sealed record AcceptedCharter(int Version, HpkePublicKey? RecordKey, int Period);

/// <summary>What a broker holds and has done for a room.</summary>
/// <param name="CharterVersion">Newest charter version.</param>
/// <param name="CharterHash">Its hash.</param>
/// <param name="Frozen">Whether all releases are stopped.</param>
/// <param name="Simulated">Whether the room is simulated.</param>
/// <param name="Size">Size of the log it cosigned last.</param>
/// <param name="Root">Root of that log; null before the first.</param>
/// <param name="Generation">Highest generation that got keys; 0 for none.</param>
/// <param name="LeaseEnds">End of the running lease in room time; null if none runs.</param>
/// <param name="RecordKeys">Record keys that it holds, oldest first.</param>
public sealed record BrokerRoom(
    int CharterVersion, Digest CharterHash, bool Frozen, bool Simulated, long Size, Digest? Root, long Generation, DateTimeOffset? LeaseEnds, IReadOnlyList<HeldKey> RecordKeys);

/// <summary>A record key that a broker holds.</summary>
/// <param name="Period">Its cryptoperiod, from 1.</param>
/// <param name="Key">Id of its public half.</param>
/// <param name="Custody">Where it is kept: <c>embedded</c> or <c>key-vault</c>; null where the broker did not say.</param>
public sealed record HeldKey(int Period, KeyId Key, string? Custody);
