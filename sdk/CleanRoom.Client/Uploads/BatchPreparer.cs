using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Uploads;

/// <summary>Seals records into a batch, signs it and keeps it in the journal. What it must know of the room is asked first, so that sealing itself touches files only.</summary>
internal sealed class BatchPreparer(RoomClient room, UploadJournal journal)
{
    private MemberId Member => room.Profile.Member;

    /// <summary>The key that the room's records are sealed to.</summary>
    /// <exception cref="ClientException">The member is no contributor, or its key is not in the log.</exception>
    public MemberKey RequireKeys()
    {
        if (room.Charter.Contributor(Member) is null)
        {
            throw new ClientException(ClientProblem.NotPermitted, $"{Member} is not a contributor of this room: only contributors upload records.");
        }

        return room.State.CurrentKey(Member, KeyPurpose.Record)
            ?? throw new ClientException(ClientProblem.Configuration, $"The room holds no record key of {Member}: run \"cleanroom room register\".");
    }

    /// <summary>What a batch is sealed for, as the room is now.</summary>
    /// <param name="items">The records.</param>
    /// <param name="dataset">Digest of the dataset manifest.</param>
    /// <param name="previous">Leaf hash of this member's batch before; null for the first.</param>
    public BatchTerms Terms(SealItem[] items, Digest dataset, Digest? previous)
    {
        var key = RequireKeys();
        var checkpoint = room.Checkpoint;
        return new BatchTerms(
            room.Room, Member, room.Charter.Hash, new LogPosition(checkpoint.Size, checkpoint.Root), dataset, DeleteBy(items), key.Key, key.Period, previous);
    }

    /// <summary>Seals and signs. The batch is on the disk when this returns.</summary>
    public SealedBatch Seal(BatchTerms terms, SealItem[] items, CancellationToken cancellationToken)
    {
        var batch = BatchId.From(RandomUuid.New());
        using var uploader = room.Profile.OpenPersonKey(PersonRoles.Uploader);
        return journal.Add(batch, parts =>
        {
            var (entry, lengths) = BatchSealer.Seal(terms, items, (RoomClient.NewEntryId(), batch), parts, cancellationToken);
            _ = SignedEntry.TryParse(entry.Sign(uploader), out var manifest, out _);
            return (manifest!, lengths, [.. items.Select((item, slot) => new SealedRecord(item.Reference, item.RecordId, item.Version, item.Content, slot))]);
        });
    }

    /// <summary>Whether the log would still take a batch: charter, key and the batch before it are those that it was sealed for.</summary>
    public bool IsCurrent(SealedBatch batch) =>
        batch.Entry.Charter == room.Charter.Hash
        && room.State.CurrentKey(Member, KeyPurpose.Record) is { } key && key.Key.Id == batch.Entry.Key
        && room.State.LastBatchOf(Member)?.LeafHash == batch.Entry.Previous;

    /// <summary>The latest day that a record of the batch names, never beyond the charter's ceiling; the enclave holds each record to its own day besides.</summary>
    private DateTimeOffset DeleteBy(SealItem[] items)
    {
        var ceiling = room.Charter.Retention.Ceiling.After(room.Checkpoint.Time.Opening);
        var latest = Array.TrueForAll(items, item => item.DeleteByDay > 0)
            ? DateTimeOffset.UnixEpoch.AddDays(items.Max(item => item.DeleteByDay))
            : ceiling;
        var deleteBy = latest < ceiling ? latest : ceiling;
        return DateTimeOffset.FromUnixTimeSeconds(deleteBy.ToUnixTimeSeconds());
    }
}
