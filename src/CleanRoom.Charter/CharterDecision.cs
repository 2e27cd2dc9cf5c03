using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter;

/// <summary>What an organisation says of a charter version.</summary>
public enum Decision
{
    /// <summary>It agrees.</summary>
    Approve,

    /// <summary>It forbids the version.</summary>
    Veto,
}

/// <summary>
/// A member's word on one charter version: a detached JWS by its organisation key (docs/protocol.md §2). The payload is rebuilt by
/// the reader, so a signature for another room, version, charter or member can never pass.
/// </summary>
public static class CharterDecision
{
    /// <summary>The JWS type.</summary>
    public const string Type = "cleanroom-approval+jws";

    /// <summary>Longest detached form that is looked at, in characters.</summary>
    internal const int MaxLength = 1024;

    /// <summary>Signs a decision.</summary>
    /// <param name="organisationKey">The member's organisation key.</param>
    /// <param name="charter">The version.</param>
    /// <param name="member">The member, or the one whom the version removes.</param>
    /// <param name="decision">Its word.</param>
    /// <returns>The detached JWS.</returns>
    public static string Sign(ISigningKey organisationKey, RoomCharter charter, MemberId member, Decision decision) =>
        Jws.SignDetached(organisationKey, Type, Payload(charter, member, decision));

    /// <summary>Verifies a decision.</summary>
    /// <param name="detached">The detached JWS.</param>
    /// <param name="organisationKey">The member's organisation key.</param>
    /// <param name="charter">The version.</param>
    /// <param name="member">The member.</param>
    /// <param name="decision">The word that it must be.</param>
    public static bool Verify([NotNullWhen(true)] string? detached, VerifyingKey organisationKey, RoomCharter charter, MemberId member, Decision decision) =>
        detached is { Length: <= MaxLength } && Jws.TryParseDetached(detached, Payload(charter, member, decision), out var jws)
        && jws.Type == Type && jws.Verify(organisationKey);

    private static byte[] Payload(RoomCharter charter, MemberId member, Decision decision) => JsonBuild.Bytes(new JsonObject
    {
        ["charter"] = charter.Hash.ToString(),
        ["decision"] = decision == Decision.Approve ? "approve" : "veto",
        ["member"] = member.Value,
        ["room"] = charter.Room.ToString(),
        ["version"] = charter.Version,
    });
}
