namespace CleanRoom.Client.Uploads;

/// <summary>What an upload is doing.</summary>
public enum UploadStep
{
    /// <summary>Sends what an earlier run sealed.</summary>
    Resuming,

    /// <summary>Seals records on this machine.</summary>
    Sealing,

    /// <summary>Sends sealed batches.</summary>
    Sending,

    /// <summary>Waits for the witnesses.</summary>
    Cosigning,

    /// <summary>Withdraws records whose consent has ended.</summary>
    Withdrawing,
}

/// <summary>How far an upload is.</summary>
/// <param name="Step">What it is doing.</param>
/// <param name="Records">Records accepted by the log so far in this run.</param>
/// <param name="TotalRecords">Records that this run uploads.</param>
/// <param name="Bytes">Ciphertext bytes sent so far in this run.</param>
public sealed record UploadProgress(UploadStep Step, int Records, int TotalRecords, long Bytes);
