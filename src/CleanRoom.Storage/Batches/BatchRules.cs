namespace CleanRoom.Storage.Batches;

/// <summary>What every driver decides alike about batches.</summary>
internal static class BatchRules
{
    private const int MaximumPartSize = 1 << 20;

    public static void CheckRequest(UploadRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentOutOfRangeException.ThrowIfLessThan(request.Slots, 1, nameof(request));
    }

    public static void CheckParts(IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (parts.Any(static part => part.Length is < 1 or > MaximumPartSize))
        {
            throw new ArgumentException("A part must have 1 byte to 1 MiB.", nameof(parts));
        }
    }

    /// <summary>Answers for a batch id that is known.</summary>
    public static UploadStart TakeUp(StoredUpload known, UploadRequest request) => !request.Manifest.Span.SequenceEqual(known.Manifest)
        ? new UploadStart.OtherManifest()
        : known.Index is { } index ? new UploadStart.Complete(index) : new UploadStart.Open(known.NextPart, known.Bytes);

    /// <summary>Tells what stands against a new upload; <see langword="null"/> for nothing.</summary>
    public static UploadStart? Refuse(UploadRequest request, UploadUsage used, long roomBytes, long open) =>
        used.Records + request.Charge > request.Quota ? new UploadStart.QuotaExceeded(used.Records)
        : used.Bytes >= request.MostBytes ? new UploadStart.BytesUsedUp(ByRoom: false)
        : roomBytes >= request.MostBytesOfRoom ? new UploadStart.BytesUsedUp(ByRoom: true)
        : open >= request.OpenUploads ? new UploadStart.TooManyOpen()
        : null;

    /// <summary>Tells whether these parts are what an upload waits for.</summary>
    public static bool Fits(StoredUpload upload, int firstPart, int count) =>
        upload.Index is null && upload.NextPart == firstPart && firstPart + count <= 2 * upload.Slots;
}

/// <summary>A batch's row.</summary>
internal sealed record StoredUpload(long Id, string Author, byte[] Manifest, int Slots, int NextPart, long Bytes, long? Index);
