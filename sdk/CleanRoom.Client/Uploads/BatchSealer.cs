using System.Security.Cryptography;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Records;
using CleanRoom.Records.V1;

namespace CleanRoom.Client.Uploads;

/// <summary>What a batch is sealed for.</summary>
internal sealed record BatchTerms(
    RoomId Room, MemberId Contributor, Digest Charter, LogPosition Checkpoint, Digest Dataset, DateTimeOffset DeleteBy, HpkePublicKey Key, int Period, Digest? Previous);

/// <summary>Seals records into the parts of one batch (docs/protocol.md section 4): one HPKE context, part i is message i, unused parts are empty messages.</summary>
internal static class BatchSealer
{
    /// <summary>Longest sealed part, in bytes.</summary>
    public const int MaxPart = 1 << 20;

    /// <summary>The smallest batch that takes so many records.</summary>
    public static int SlotsFor(int records) => BatchEntry.SlotCounts.First(slots => slots >= records);

    /// <summary>Seals and writes the ciphertexts one after another.</summary>
    /// <param name="terms">What the batch is sealed for.</param>
    /// <param name="items">Records by slot, at most 1,024.</param>
    /// <param name="ids">Ids of the entry and of the batch.</param>
    /// <param name="output">Takes the ciphertexts.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The manifest, and the length of each ciphertext.</returns>
    public static (BatchEntry Manifest, int[] Lengths) Seal(
        BatchTerms terms, IReadOnlyList<SealItem> items, (EntryId Entry, BatchId Batch) ids, Stream output, CancellationToken cancellationToken)
    {
        var slots = SlotsFor(items.Count);
        var parts = new Digest[2 * slots];
        var lengths = new int[2 * slots];
        using var sender = Hpke.SetupSender(terms.Key, BatchSeal.Info(terms.Room, terms.Contributor, terms.Key.Id));
        for (var index = 0; index < parts.Length; index++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var item = index / 2 < items.Count ? items[index / 2] : null;
            var (kind, payload) = index % 2 == 0 ? (PartKind.Identity, item?.Identity) : (PartKind.Analytic, item?.Analytic);
            var plain = payload is null ? [] : SealedPartCodec.Serialize(kind, payload);
            var padded = Padme.Pad(plain);
            try
            {
                var aad = BatchSeal.Aad(
                    terms.Room, terms.Contributor, ids.Batch, terms.Charter, terms.DeleteBy, terms.Key.Id, terms.Period, slots, index);
                var ciphertext = sender.Seal(aad, padded);
                parts[index] = Digest.Of(ciphertext);
                lengths[index] = ciphertext.Length;
                output.Write(ciphertext);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(plain);
                CryptographicOperations.ZeroMemory(padded);
            }
        }

        var manifest = new BatchEntry(
            terms.Room, ids.Entry, terms.Contributor, ids.Batch, terms.Charter, terms.Checkpoint, terms.Dataset, terms.DeleteBy,
            sender.Enc, terms.Key.Id, terms.Period, parts, terms.Previous, slots);
        return (manifest, lengths);
    }
}
