using System.Security.Cryptography;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Records;
using CleanRoom.Records.V1;

namespace CleanRoom.Matching.Records;

/// <summary>One slot of a batch, opened.</summary>
/// <param name="Slot">From 0.</param>
/// <param name="Identity">What is matched; null where the record has none.</param>
/// <param name="Analytic">What is counted; null where the record has none.</param>
internal sealed record OpenedSlot(int Slot, CaseRecord? Identity, CaseRecord? Analytic);

/// <summary>Why a part was not taken.</summary>
internal enum PartRefusal
{
    DoesNotOpen,
    WrongPadding,
    WrongForm,
    PartsDiffer,
}

/// <summary>Opens the parts of a batch as they come, each in its place; what does not fit is refused and counted, never guessed at.</summary>
internal sealed class BatchOpener : IDisposable
{
    private readonly BatchEntry _manifest;
    private readonly HpkeRecipient _recipient;
    private readonly Dictionary<int, CaseRecord> _identities = [];

    private BatchOpener(BatchEntry manifest, HpkeRecipient recipient)
    {
        _manifest = manifest;
        _recipient = recipient;
    }

    /// <summary>Refusals so far, with the part.</summary>
    public List<(int Part, PartRefusal Why)> Refusals { get; } = [];

    /// <summary>Sets up the batch's context; null if its encapsulated key is not a point.</summary>
    public static BatchOpener? Create(BatchEntry manifest, HpkePrivateKey key) =>
        Hpke.SetupRecipient(key, manifest.Enc.Span, BatchSeal.Info(manifest.Room, manifest.Author!, manifest.Key)) is { } recipient
            ? new BatchOpener(manifest, recipient)
            : null;

    /// <summary>Takes the next part, the bytes that the manifest names. A slot comes out with its second part.</summary>
    public OpenedSlot? Take(int part, ReadOnlySpan<byte> ciphertext)
    {
        var payload = Open(part, ciphertext);
        var slot = part / 2;
        if (part % 2 == 0)
        {
            if (payload is not null)
            {
                _identities[slot] = payload;
            }
            return null;
        }
        _ = _identities.Remove(slot, out var identity);
        if (identity is not null && payload is not null && (!identity.RecordId.Equals(payload.RecordId) || identity.RecordVersion != payload.RecordVersion))
        {
            Refusals.Add((part, PartRefusal.PartsDiffer));
            return null;
        }
        return identity is null && payload is null ? null : new OpenedSlot(slot, identity, payload);
    }

    public void Dispose() => _recipient.Dispose();

    /// <summary>Gives a part's plaintext as it was sealed, padding and all, whatever it says; null if it does not open. The caller zeroes it.</summary>
    public byte[]? OpenAsSealed(int part, ReadOnlySpan<byte> ciphertext) => _recipient.TryOpenAt((ulong)part, BatchSeal.Aad(_manifest, part), ciphertext, out var padded) ? padded : null;

    private CaseRecord? Open(int part, ReadOnlySpan<byte> ciphertext)
    {
        if (!_recipient.TryOpenAt((ulong)part, BatchSeal.Aad(_manifest, part), ciphertext, out var padded))
        {
            return Refuse(part, PartRefusal.DoesNotOpen);
        }
        try
        {
            if (!Padme.TryUnpad(padded, out var bytes))
            {
                return Refuse(part, PartRefusal.WrongPadding);
            }
            return SealedPartCodec.TryParse(bytes, part % 2 == 0 ? PartKind.Identity : PartKind.Analytic, out var payload)
                ? payload
                : Refuse(part, PartRefusal.WrongForm);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(padded);
        }
    }

    private CaseRecord? Refuse(int part, PartRefusal why)
    {
        Refusals.Add((part, why));
        return null;
    }
}
