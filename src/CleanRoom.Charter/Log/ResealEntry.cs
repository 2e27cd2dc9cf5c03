using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Log;

/// <summary>
/// The enclave has sealed a batch anew, to its contributor's current record key (ARCHITECTURE §4, Erasure). The same plaintexts stand in the same slots, so that the old key can be destroyed and a
/// replay still computes what was computed; the batch keeps its name, its place and its end.
/// </summary>
/// <param name="Room">The room.</param>
/// <param name="Id">The entry.</param>
/// <param name="Member">Whose batch.</param>
/// <param name="Of">Leaf hash of the batch's own entry.</param>
/// <param name="Batch">Name of the new ciphertexts.</param>
/// <param name="Generation">Of the instance.</param>
/// <param name="Enc">HPKE encapsulated key, 65 bytes.</param>
/// <param name="Key">Id of the record key.</param>
/// <param name="Period">Period of the record key.</param>
/// <param name="Parts">SHA-256 of each new ciphertext, as many as the batch has.</param>
public sealed record ResealEntry(
    RoomId Room, EntryId Id, MemberId Member, Digest Of, BatchId Batch, long Generation, ReadOnlyMemory<byte> Enc, KeyId Key, int Period, IReadOnlyList<Digest> Parts)
    : Entry(Room, Id, Author: null)
{
    internal const string TypeName = "reseal";

    /// <inheritdoc/>
    public override string Type => TypeName;

    /// <inheritdoc/>
    public override MemberId? Reader => Member;

    internal override void Write(JsonObject json)
    {
        json["batch"] = Batch.ToString();
        json["enc"] = StrictBase64.EncodeUrl(Enc.Span);
        json["generation"] = Generation;
        json["key"] = Key.ToString();
        json["member"] = Member.Value;
        json["of"] = Of.ToString();
        json["parts"] = JsonBuild.Array(Parts.Select(part => StrictBase64.EncodeUrl(part.Span)));
        json["period"] = Period;
    }
}

/// <summary>The enclave has sealed an act anew, to its author's current record key: what people agreed to and decided must outlive the key that it was sealed under.</summary>
/// <param name="Room">The room.</param>
/// <param name="Id">The entry.</param>
/// <param name="Member">Whose act.</param>
/// <param name="Of">Leaf hash of the act's own entry.</param>
/// <param name="Generation">Of the instance.</param>
/// <param name="Period">Period of the record key.</param>
/// <param name="Sealed">enc ‖ HPKE ciphertext, at most <see cref="ActEntry.MaxSealed"/> bytes.</param>
public sealed record ActResealEntry(RoomId Room, EntryId Id, MemberId Member, Digest Of, long Generation, int Period, ReadOnlyMemory<byte> Sealed) : Entry(Room, Id, Author: null)
{
    internal const string TypeName = "reseal-act";

    /// <inheritdoc/>
    public override string Type => TypeName;

    /// <inheritdoc/>
    public override MemberId? Reader => Member;

    internal override void Write(JsonObject json)
    {
        json["generation"] = Generation;
        json["member"] = Member.Value;
        json["of"] = Of.ToString();
        json["period"] = Period;
        json["sealed"] = StrictBase64.EncodeUrl(Sealed.Span);
    }
}
