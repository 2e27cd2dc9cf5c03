using System.Text.Json.Nodes;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Log;

/// <summary>
/// A member's broker has destroyed one of its record keys (ARCHITECTURE §4, Erasure). Signed by the verifier key, so that the leaf is a statement that can be kept and verified by itself;
/// it says what the broker did and what it cannot reach, it does not prove that no copy is left.
/// </summary>
/// <param name="Room">The room.</param>
/// <param name="Id">The entry.</param>
/// <param name="Author">The owner.</param>
/// <param name="Simulated">Whether the room is simulated.</param>
/// <param name="Period">Period of the key, from 1.</param>
/// <param name="Key">Id of the key.</param>
/// <param name="Custody">Where it was kept: one of <see cref="Custodies"/>.</param>
/// <param name="Destroyed">When, by the broker's clock.</param>
/// <param name="LeaseEnds">An enclave that had the key and does not read this entry keeps it until then at most; null: no lease ran.</param>
/// <param name="RecoverableUntil">Until then somebody may bring the key back (purge protection); null: nobody can, but for the copies that <paramref name="Remains"/> names.</param>
/// <param name="Remains">One sentence of at most <see cref="MaxRemains"/> characters: what is left, and who can do something about it.</param>
public sealed record ErasureEntry(
    RoomId Room, EntryId Id, MemberId Author, bool Simulated, int Period, KeyId Key, string Custody, DateTimeOffset Destroyed, DateTimeOffset? LeaseEnds,
    DateTimeOffset? RecoverableUntil, string Remains)
    : Entry(Room, Id, Author)
{
    /// <summary>Longest text of <see cref="Remains"/>, in characters.</summary>
    public const int MaxRemains = 512;

    internal const string TypeName = "erasure";

    /// <summary>Where brokers keep keys.</summary>
    public static IReadOnlyList<string> Custodies { get; } = ["embedded", "key-vault"];

    /// <inheritdoc/>
    public override string Type => TypeName;

    internal override void Write(JsonObject json)
    {
        json["custody"] = Custody;
        json["destroyed"] = ProtocolTime.Write(Destroyed);
        json["key"] = Key.ToString();
        json["leaseEnds"] = LeaseEnds is { } lease ? ProtocolTime.Write(lease) : null;
        json["period"] = Period;
        json["recoverableUntil"] = RecoverableUntil is { } until ? ProtocolTime.Write(until) : null;
        json["remains"] = Remains;
        json["simulated"] = Simulated;
    }
}
