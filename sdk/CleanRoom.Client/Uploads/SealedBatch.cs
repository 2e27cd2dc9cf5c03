using CleanRoom.Charter.Log;

namespace CleanRoom.Client.Uploads;

/// <summary>Where one record of a sealed batch stands.</summary>
internal sealed record SealedRecord(string Reference, Guid RecordId, int Version, string Content, int Slot);

/// <summary>A batch on disk that is sealed and signed and not known to be accepted by the log.</summary>
/// <param name="Folder">Its folder in the journal.</param>
/// <param name="Manifest">The signed manifest: the leaf.</param>
/// <param name="Lengths">Length of each ciphertext in the parts file.</param>
/// <param name="Records">Its records.</param>
internal sealed record SealedBatch(string Folder, SignedEntry Manifest, IReadOnlyList<int> Lengths, IReadOnlyList<SealedRecord> Records)
{
    public BatchEntry Entry => (BatchEntry)Manifest.Entry;

    public string PartsPath => Path.Combine(Folder, UploadJournal.PartsName);
}
