namespace CleanRoom.Client.Uploads;

/// <summary>One run's counters.</summary>
internal sealed class UploadRun(IProgress<UploadProgress>? progress, RecordLedger ledger, List<BatchReceipt> batches)
{
    public RecordLedger Ledger { get; } = ledger;

    public List<BatchReceipt> Batches { get; } = batches;

    public int Total { get; set; }

    public int Records { get; set; }

    public long Bytes { get; set; }

    public void Report(UploadStep step) => progress?.Report(new UploadProgress(step, Records, Total, Bytes));
}
