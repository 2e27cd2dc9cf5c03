using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Log;

/// <summary>What a receipt proves.</summary>
public enum ReceiptStatus
{
    /// <summary>The batch stands in the cosigned log.</summary>
    Final,

    /// <summary>No cosigned checkpoint yet: it proves nothing, ask again.</summary>
    Provisional,

    /// <summary>It is another room's.</summary>
    OtherRoom,

    /// <summary>Its label does not fit the room: a simulated room's receipt without "simulated", or the reverse.</summary>
    WrongLabel,

    /// <summary>The leaf is not this manifest, or the manifest is another batch's.</summary>
    OtherBatch,

    /// <summary>The checkpoint does not carry a quorum of the charter's witnesses, or not the operator's signature.</summary>
    NotCosigned,

    /// <summary>The proof does not lead from the leaf to the root.</summary>
    NotIncluded,
}

/// <summary>That a batch stands in the log (docs/protocol.md §7); for the uploader to keep and to verify offline.</summary>
/// <param name="Room">The room.</param>
/// <param name="Batch">The batch.</param>
/// <param name="Index">Position of its manifest.</param>
/// <param name="Leaf">Leaf hash of its manifest.</param>
/// <param name="Proof">Audit path, leaf to root; empty while provisional.</param>
/// <param name="Checkpoint">The cosigned checkpoint; null while provisional.</param>
/// <param name="Simulated">The room's label.</param>
public sealed record Receipt(
    RoomId Room, BatchId Batch, long Index, Digest Leaf, IReadOnlyList<Digest> Proof, SignedCheckpoint? Checkpoint, bool Simulated)
{
    /// <summary>Longest canonical form, in bytes.</summary>
    public const int MaxSize = 96 << 10;

    /// <summary>Makes a provisional receipt.</summary>
    /// <param name="manifest">The manifest's leaf.</param>
    /// <param name="index">Its position as ingestion answered.</param>
    /// <param name="simulated">The room's label.</param>
    /// <exception cref="ArgumentException">The leaf is not a batch entry.</exception>
    public static Receipt Provisional(SignedEntry manifest, long index, bool simulated) => manifest.Entry is BatchEntry batch
        ? new Receipt(batch.Room, batch.Batch, index, manifest.LeafHash, [], null, simulated)
        : throw new ArgumentException("Only batches have receipts.", nameof(manifest));

    /// <summary>Makes the final receipt. <see cref="Verify"/> judges it.</summary>
    /// <param name="checkpoint">The cosigned checkpoint.</param>
    /// <param name="proof">Audit path, leaf to root.</param>
    public Receipt Finalised(SignedCheckpoint checkpoint, IReadOnlyList<Digest> proof) => this with { Checkpoint = checkpoint, Proof = proof };

    /// <summary>Verifies the receipt, offline.</summary>
    /// <param name="charter">The newest charter that took over within the checkpoint's size.</param>
    /// <param name="manifest">The manifest's leaf, if at hand: it must be what the receipt speaks of.</param>
    public ReceiptStatus Verify(RoomCharter charter, SignedEntry? manifest = null)
    {
        if (Room != charter.Room)
        {
            return ReceiptStatus.OtherRoom;
        }

        if (Simulated != charter.Simulated)
        {
            return ReceiptStatus.WrongLabel;
        }

        if (manifest is not null && (manifest.LeafHash != Leaf || manifest.Entry is not BatchEntry batch || batch.Batch != Batch))
        {
            return ReceiptStatus.OtherBatch;
        }

        if (Checkpoint is null)
        {
            return ReceiptStatus.Provisional;
        }

        if (!CosignedCheckpoint.IsCosigned(Checkpoint, charter, out _))
        {
            return ReceiptStatus.NotCosigned;
        }

        return MerkleProof.VerifyInclusion(Leaf, Index, Checkpoint.Checkpoint.Size, Proof, Checkpoint.Checkpoint.Root)
            ? ReceiptStatus.Final
            : ReceiptStatus.NotIncluded;
    }

    /// <summary>Writes the canonical form.</summary>
    public byte[] ToBytes() => JsonBuild.Bytes(new JsonObject
    {
        ["batch"] = Batch.ToString(),
        ["checkpoint"] = Checkpoint?.ToText(),
        ["index"] = Index,
        ["leaf"] = Leaf.ToString(),
        ["proof"] = JsonBuild.Array(Proof.Select(hash => StrictBase64.EncodeUrl(hash.Span))),
        ["room"] = Room.ToString(),
        ["simulated"] = Simulated,
    });

    /// <summary>Parses the canonical form.</summary>
    public static bool TryParse(ReadOnlySpan<byte> canonicalJson, [NotNullWhen(true)] out Receipt? receipt, [NotNullWhen(false)] out CharterError? error)
    {
        receipt = null;
        error = null;
        if (!StrictJson.TryParseCanonical(canonicalJson, out var document, MaxSize))
        {
            error = new CharterError("", "The receipt is not canonical JSON (RFC 8785)", "fetch it again");
            return false;
        }

        using (document)
        {
            var problems = new Problems();
            receipt = Read(new JsonFields(document.RootElement, "", problems), problems);
            error = receipt is null ? problems.Errors[0] : null;
            return receipt is not null;
        }
    }

    private static Receipt? Read(JsonFields fields, Problems problems)
    {
        var room = fields.ParsedValue<RoomId>("room", "is not a room id", "fetch the receipt again", RoomId.TryParse);
        var batch = fields.ParsedValue<BatchId>("batch", "is not a batch id", "fetch the receipt again", BatchId.TryParse);
        var index = fields.Integer("index", 0, RoomState.MaxEntries);
        var leaf = fields.Digest("leaf");
        var proof = fields.List("proof", 0, 64, (element, path) =>
        {
            if (JsonFields.TextOf(element) is { } text && StrictBase64.TryDecodeUrl(text, out var bytes) && Digest.TryFromBytes(bytes, out var hash))
            {
                return hash;
            }

            problems.Add(path, "is not a hash", "fetch the receipt again");
            return null;
        });
        var checkpoint = fields.Value("checkpoint") is { ValueKind: System.Text.Json.JsonValueKind.Null }
            ? null
            : fields.Parsed<SignedCheckpoint>("checkpoint", "is not a signed checkpoint", "fetch the receipt again", SignedCheckpoint.TryParse);
        var simulated = fields.Bool("simulated");
        fields.End();
        if (checkpoint is null && proof.Count > 0)
        {
            problems.Add("proof", "has hashes without a checkpoint", "fetch the receipt again");
        }

        return problems.Any || room is null || batch is null || index is null || leaf is null || simulated is null
            ? null
            : new Receipt(room.Value, batch.Value, index.Value, leaf, proof, checkpoint, simulated.Value);
    }
}
