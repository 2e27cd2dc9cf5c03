using System.Collections.Concurrent;
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

/// <summary>The two plaintexts of a slot, padding and all; null where a part is missing or did not open. <see cref="BatchOpener.Read"/> zeroes them.</summary>
internal readonly record struct PlainSlot(int Slot, byte[]? Identity, byte[]? Analytic);

/// <summary>Why a part was not taken.</summary>
internal enum PartRefusal
{
    DoesNotOpen,
    WrongPadding,
    WrongForm,
    PartsDiffer,
}

/// <summary>
/// Opens the parts of a batch as they come, each in its place (<see cref="Take"/>, in order), and reads them (<see cref="Read"/>, on whatever threads); what does not fit is refused and
/// counted, never guessed at.
/// </summary>
internal sealed class BatchOpener : IDisposable
{
    private static readonly PlainSlot None = new(-1, null, null);
    private readonly BatchEntry _manifest;
    private readonly HpkeRecipient _recipient;
    private readonly ConcurrentQueue<(int Part, PartRefusal Why)> _refusals = [];
    private PlainSlot _begun = None;

    private BatchOpener(BatchEntry manifest, HpkeRecipient recipient)
    {
        _manifest = manifest;
        _recipient = recipient;
    }

    /// <summary>Refusals so far, by part.</summary>
    public IReadOnlyList<(int Part, PartRefusal Why)> Refusals => [.. _refusals.OrderBy(refusal => refusal.Part)];

    /// <summary>Sets up the batch's context; null if its encapsulated key is not a point.</summary>
    public static BatchOpener? Create(BatchEntry manifest, HpkePrivateKey key) =>
        Hpke.SetupRecipient(key, manifest.Enc.Span, BatchSeal.Info(manifest.Room, manifest.Author!, manifest.Key)) is { } recipient
            ? new BatchOpener(manifest, recipient)
            : null;

    /// <summary>Takes the next part, the bytes that the manifest names. A slot comes out with its second part.</summary>
    public PlainSlot? Take(int part, ReadOnlySpan<byte> ciphertext)
    {
        var padded = OpenAsSealed(part, ciphertext);
        if (padded is null)
        {
            Refuse(part, PartRefusal.DoesNotOpen);
        }
        if (part % 2 == 0)
        {
            Forget();
            _begun = new PlainSlot(part / 2, padded, null);
            return null;
        }
        if (_begun.Slot != part / 2)
        {
            Forget();
        }
        var identity = _begun.Identity;
        _begun = None;
        return new PlainSlot(part / 2, identity, padded);
    }

    /// <summary>Reads what <see cref="Take"/> gave; null if nothing is in it. Thread-safe.</summary>
    public OpenedSlot? Read(PlainSlot slot)
    {
        var identity = Parse(2 * slot.Slot, slot.Identity, PartKind.Identity);
        var analytic = Parse((2 * slot.Slot) + 1, slot.Analytic, PartKind.Analytic);
        if (identity is not null && analytic is not null && (!identity.RecordId.Equals(analytic.RecordId) || identity.RecordVersion != analytic.RecordVersion))
        {
            Refuse((2 * slot.Slot) + 1, PartRefusal.PartsDiffer);
            return null;
        }
        return identity is null && analytic is null ? null : new OpenedSlot(slot.Slot, identity, analytic);
    }

    public void Dispose()
    {
        Forget();
        _recipient.Dispose();
    }

    /// <summary>Gives a part's plaintext as it was sealed, padding and all, whatever it says; null if it does not open. The caller zeroes it.</summary>
    public byte[]? OpenAsSealed(int part, ReadOnlySpan<byte> ciphertext) => _recipient.TryOpenAt((ulong)part, BatchSeal.Aad(_manifest, part), ciphertext, out var padded) ? padded : null;

    /// <summary>A first part whose second one never came.</summary>
    private void Forget()
    {
        CryptographicOperations.ZeroMemory(_begun.Identity);
        _begun = None;
    }

    private CaseRecord? Parse(int part, byte[]? padded, PartKind kind)
    {
        if (padded is null)
        {
            return null;
        }
        try
        {
            if (!Padme.TryUnpad(padded, out var bytes))
            {
                Refuse(part, PartRefusal.WrongPadding);
            }
            else if (SealedPartCodec.TryParse(bytes, kind, out var payload))
            {
                return payload;
            }
            else
            {
                Refuse(part, PartRefusal.WrongForm);
            }
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(padded);
        }
    }

    private void Refuse(int part, PartRefusal why) => _refusals.Enqueue((part, why));
}
