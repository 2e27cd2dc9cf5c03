namespace CleanRoom.Client.Uploads;

/// <summary>What an upload of a file does, by record.</summary>
/// <param name="New">Records that the room does not have.</param>
/// <param name="Changed">Records whose content has changed: a new version supersedes the old one.</param>
/// <param name="Unchanged">Records that stand in the room as they are in the file: nothing is sent.</param>
/// <param name="NotSealed">Rows without a live grant: nothing about them leaves this machine.</param>
/// <param name="ToWithdraw">Records in the room whose grant has ended by what the file says: they are withdrawn.</param>
/// <param name="AggregateOnly">Rows of published statistics: never uploaded.</param>
public sealed record UploadPlan(int New, int Changed, int Unchanged, int NotSealed, int ToWithdraw, int AggregateOnly)
{
    /// <summary>Records that are sealed and sent.</summary>
    public int ToSend => New + Changed;
}

/// <summary>What an upload did.</summary>
/// <param name="Plan">What was to be done.</param>
/// <param name="Resumed">Records of batches that an earlier run had sealed and this one finished.</param>
/// <param name="Batches">Batches accepted in this run, resumed ones included.</param>
/// <param name="Bytes">Ciphertext bytes sent in this run.</param>
/// <param name="Withdrawn">Records withdrawn.</param>
public sealed record UploadResult(UploadPlan Plan, int Resumed, IReadOnlyList<BatchReceipt> Batches, long Bytes, int Withdrawn);
