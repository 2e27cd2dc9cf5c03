namespace CleanRoom.Storage.Transfer;

/// <summary>A room's log in an ingestion store.</summary>
/// <param name="Room">The room.</param>
/// <param name="Entries">In the log.</param>
/// <param name="Cosigned">Of them under the last cosigned checkpoint.</param>
/// <param name="Checkpoint">That checkpoint, a signed note with the cosignatures; <see langword="null"/> before the first.</param>
/// <param name="ErasedThrough">Entries whose tombstones have been carried out.</param>
public sealed record LogFigures(Guid Room, long Entries, long Cosigned, string? Checkpoint, long ErasedThrough);

/// <summary>What one contributor uploaded in one window of its quota.</summary>
/// <param name="Room">The room.</param>
/// <param name="Contributor">Member id.</param>
/// <param name="Window">Month of room time, as the service names it.</param>
/// <param name="Batches">Complete and under way.</param>
/// <param name="Unfinished">Of them under way.</param>
/// <param name="Slots">Records that the batches have place for: 64, 256 or 1,024 each.</param>
/// <param name="Charge">What counts against the charter's quota.</param>
/// <param name="Bytes">Sealed bytes that are kept.</param>
public sealed record UploadFigures(Guid Room, string Contributor, string Window, long Batches, long Unfinished, long Slots, long Charge, long Bytes);

/// <summary>One recipient's slots.</summary>
/// <param name="Room">The room.</param>
/// <param name="Recipient">Member id.</param>
/// <param name="Messages">Stored.</param>
/// <param name="Newest">Highest number.</param>
/// <param name="Acknowledged">Highest number that the recipient has acknowledged; 0 for none.</param>
/// <param name="Waiting">Stored and not acknowledged.</param>
/// <param name="OldestWaiting">Signed header of the first that waits; <see langword="null"/> if none does.</param>
/// <param name="NewestHeader">Signed header of the newest.</param>
public sealed record SlotFigures(Guid Room, string Recipient, long Messages, long Newest, long Acknowledged, long Waiting, string? OldestWaiting, string NewestHeader);

/// <summary>What a broker remembers of a room.</summary>
/// <param name="Room">The room.</param>
/// <param name="Frozen">By its owner.</param>
/// <param name="Cosigned">Entries under the last checkpoint that it cosigned.</param>
/// <param name="CosignedTime">Its time then.</param>
/// <param name="Generation">Highest generation that it released keys to.</param>
/// <param name="LeaseEnds">End of the last lease.</param>
/// <param name="RecordKeys">Cryptoperiods whose keys it holds, sealed.</param>
public sealed record BrokerFigures(Guid Room, bool Frozen, long Cosigned, DateTimeOffset? CosignedTime, long Generation, DateTimeOffset? LeaseEnds, long RecordKeys);

/// <summary>Asks stores for figures. No manifest, ciphertext or key is read. The words are those that SQLite and PostgreSQL share.</summary>
internal static class StoreSurvey
{
    public static async Task<IReadOnlyList<LogFigures>> LogsAsync(IStoreRows store, CancellationToken cancellationToken)
    {
        var rows = await store.AskAsync(
            "SELECT uuid, size, cosigned_size, cosigned_note, erased_through FROM room ORDER BY uuid",
            [ColumnKind.Id, ColumnKind.Number, ColumnKind.Number, ColumnKind.Text, ColumnKind.Number],
            cancellationToken);
        return [.. rows.Select(static row => new LogFigures((Guid)row[0]!, (long)row[1]!, (long)row[2]!, (string?)row[3], (long)row[4]!))];
    }

    public static async Task<IReadOnlyList<UploadFigures>> UploadsAsync(IStoreRows store, CancellationToken cancellationToken)
    {
        // A sum of bigint is a numeric in PostgreSQL.
        var rows = await store.AskAsync(
            """
            SELECT r.uuid, b.author, b.quota_window, count(*), count(*) - count(b.position), CAST(sum(b.slots) AS bigint), CAST(sum(b.charge) AS bigint), CAST(sum(b.bytes) AS bigint)
            FROM batch b JOIN room r ON r.id = b.room GROUP BY r.uuid, b.author, b.quota_window ORDER BY r.uuid, b.author, b.quota_window
            """,
            [ColumnKind.Id, ColumnKind.Text, ColumnKind.Text, ColumnKind.Number, ColumnKind.Number, ColumnKind.Number, ColumnKind.Number, ColumnKind.Number],
            cancellationToken);
        return
        [
            .. rows.Select(static row =>
                new UploadFigures((Guid)row[0]!, (string)row[1]!, (string)row[2]!, (long)row[3]!, (long)row[4]!, (long)row[5]!, (long)row[6]!, (long)row[7]!)),
        ];
    }

    public static async Task<IReadOnlyList<SlotFigures>> SlotsAsync(IStoreRows store, CancellationToken cancellationToken)
    {
        var rows = await store.AskAsync(
            """
            SELECT s.room, s.recipient, s.messages, s.newest, s.acknowledged, s.waiting,
              (SELECT o.header FROM frame o WHERE o.room = s.room AND o.recipient = s.recipient AND o.number > s.acknowledged ORDER BY o.number LIMIT 1),
              (SELECT o.header FROM frame o WHERE o.room = s.room AND o.recipient = s.recipient AND o.number = s.newest)
            FROM (SELECT f.room, f.recipient, count(*) AS messages, max(f.number) AS newest, coalesce(max(a.through), 0) AS acknowledged,
                count(CASE WHEN f.number > coalesce(a.through, 0) THEN 1 END) AS waiting
              FROM frame f LEFT JOIN acknowledged a ON a.room = f.room AND a.recipient = f.recipient GROUP BY f.room, f.recipient) s
            ORDER BY s.room, s.recipient
            """,
            [ColumnKind.Id, ColumnKind.Text, ColumnKind.Number, ColumnKind.Number, ColumnKind.Number, ColumnKind.Number, ColumnKind.Text, ColumnKind.Text],
            cancellationToken);
        return
        [
            .. rows.Select(static row =>
                new SlotFigures((Guid)row[0]!, (string)row[1]!, (long)row[2]!, (long)row[3]!, (long)row[4]!, (long)row[5]!, (string?)row[6], (string)row[7]!)),
        ];
    }

    public static async Task<IReadOnlyList<BrokerFigures>> BrokersAsync(IStoreRows store, CancellationToken cancellationToken)
    {
        var rows = await store.AskAsync(
            """
            SELECT r.uuid, r.frozen, r.cosigned_size, r.cosigned_time, r.generation, r.lease_ends, (SELECT count(*) FROM record_key k WHERE k.room = r.uuid)
            FROM room r ORDER BY r.uuid
            """,
            [ColumnKind.Id, ColumnKind.Number, ColumnKind.Number, ColumnKind.Number, ColumnKind.Number, ColumnKind.Number, ColumnKind.Number],
            cancellationToken);
        return
        [
            .. rows.Select(static row =>
                new BrokerFigures((Guid)row[0]!, (long)row[1]! != 0, (long)row[2]!, Time(row[3]), (long)row[4]!, Time(row[5]), (long)row[6]!)),
        ];
    }

    private static DateTimeOffset? Time(object? seconds) => seconds is long number ? DateTimeOffset.FromUnixTimeSeconds(number) : null;
}
