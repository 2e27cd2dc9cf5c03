using System.Security.Cryptography;
using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Matching.Enclave;
using CleanRoom.Matching.Release;
using CleanRoom.Transport;

namespace CleanRoom.Matching.Records;

/// <summary>
/// Seals anew, to an owner's current record key, what older ones of its keys seal (ARCHITECTURE §4, Erasure), one batch or act at a time, so that epochs go on meanwhile. What is done stands in the
/// log; a successor goes on with the rest.
/// </summary>
internal sealed class Resealer(RoomId room, VerifiedLog log, KeyRing keys, EnclaveWorld world, InstanceKeys instance, long generation, TimeSpan timeout, ILogger logger)
{
    private readonly HashSet<Digest> _unreadable = [];

    /// <summary>Seals one thing anew.</summary>
    /// <returns>False if nothing is left to do.</returns>
    /// <exception cref="CleanRoomException">Ingestion does not give what the log names, or does not take it back.</exception>
    public async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        foreach (var member in keys.Members)
        {
            // Only to a key that this instance holds: what it writes it must be able to read.
            if (log.Newest.CurrentKey(member, KeyPurpose.Record) is not { Period: > 1 } next || !keys.TryGet(member, out var held) || !held.TryRecordKey(next.Period, out _))
            {
                continue;
            }
            foreach (var act in log.Newest.ActsToReseal(member))
            {
                if (!_unreadable.Contains(act.LeafHash) && held.TryRecordKey(act.Sealed.Period, out var key) && await TryAsync(act, key, next, cancellationToken))
                {
                    return true;
                }
            }
            foreach (var batch in log.Newest.ToReseal(member))
            {
                if (!_unreadable.Contains(batch.LeafHash) && batch.Manifest.DeleteBy > log.Checkpoint!.Time.Expiring && held.TryRecordKey(batch.Sealed.Period, out var key)
                    && await TryAsync(batch, key, next, cancellationToken))
                {
                    return true;
                }
            }
        }
        return false;
    }

    private async Task<bool> TryAsync(LoggedAct act, HpkePrivateKey key, MemberKey next, CancellationToken cancellationToken)
    {
        if (ActSeal.Reseal(act.Sealed, key, next) is not { } text)
        {
            _ = _unreadable.Add(act.LeafHash);
            return false;
        }
        var entry = new ActResealEntry(room, EntryId.From(RandomUuid.New()), act.Entry.Author!, act.LeafHash, generation, next.Period, text);
        Require(await log.AppendAsync(entry.Sign(instance.Signing), timeout, cancellationToken));
        return true;
    }

    private async Task<bool> TryAsync(LoggedBatch batch, HpkePrivateKey key, MemberKey next, CancellationToken cancellationToken)
    {
        using var opener = BatchOpener.Create(batch.Sealed, key);
        if (opener is null)
        {
            _ = _unreadable.Add(batch.LeafHash);
            return false;
        }
        var anew = batch.Manifest with { Batch = BatchId.From(RandomUuid.New()), Key = next.Key.Id, Period = next.Period };
        using var sender = Hpke.SetupSender(next.Key, BatchSeal.Info(room, batch.Contributor, next.Key.Id));
        var parts = new List<byte[]>();
        await foreach (var (part, ciphertext) in log.ReadBatchAsync(batch.Sealed.Batch, cancellationToken))
        {
            if (part != parts.Count || part >= batch.Sealed.Parts.Count)
            {
                throw new CleanRoomException(ErrorReason.DataLoss, "Ingestion sent parts of a batch out of order, or one that its manifest does not have.");
            }
            var present = ciphertext is not null && batch.Sealed.IsPart(part, ciphertext);
            if (!present)
            {
                await world.RequireWithdrawnAsync(batch.Manifest.Batch, part, cancellationToken);
            }

            // What is withdrawn, and what nobody can open, is an empty message from now on: it was no record before either.
            var plain = (present ? opener.OpenAsSealed(part, ciphertext) : null) ?? Padme.Pad([]);
            parts.Add(sender.Seal(BatchSeal.Aad(anew, part), plain));
            CryptographicOperations.ZeroMemory(plain);
        }
        if (parts.Count != batch.Sealed.Parts.Count)
        {
            throw new CleanRoomException(ErrorReason.DataLoss, "Ingestion left out parts of a batch.");
        }
        var entry = new ResealEntry(
            room, EntryId.From(RandomUuid.New()), batch.Contributor, batch.LeafHash, anew.Batch, generation, sender.Enc, next.Key.Id, next.Period, [.. parts.Select(part => Digest.Of(part))]);
        Require(await log.UploadAsync(entry.Sign(instance.Signing), parts, timeout, cancellationToken));
        await ReadBackAsync(entry, cancellationToken);
        Log.Resealed(logger, room.ToString(), batch.Manifest.Batch.ToString(), next.Period);
        return true;
    }

    private void Require(long index)
    {
        if (!log[index].IsAccepted)
        {
            throw new CleanRoomException(ErrorReason.EntryInvalid, $"What was sealed anew is ignored: {log[index].Reason}.");
        }
    }

    private async Task ReadBackAsync(ResealEntry entry, CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var (part, ciphertext) in log.ReadBatchAsync(entry.Batch, cancellationToken))
        {
            count += part == count && (ciphertext is null || BatchSeal.IsPart(entry.Parts, part, ciphertext)) ? 1 : 0;
        }
        if (count != entry.Parts.Count)
        {
            throw new CleanRoomException(ErrorReason.DataLoss, "Ingestion does not give back what was sealed anew.");
        }
    }
}
