using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CleanRoom.Charter.Log;

namespace CleanRoom.Client.Uploads;

/// <summary>
/// The records between the file and its batches: so many consecutive ones as are held in memory at a time. They leave it in random order, so that neither a batch
/// nor a slot tells who stood beside whom in the file (DATA.md 5, R13); which window a record was in is all that the log tells.
/// </summary>
/// <param name="records">Records that it holds at most.</param>
internal sealed class UploadWindow(int records)
{
    /// <summary>Records that a window holds: eight of the largest batches.</summary>
    public const int Records = 8 * 1024;

    /// <summary>A window is full before its last record if the records are this long together, in bytes.</summary>
    private const long MaxBytes = 64L << 20;

    private readonly List<SealItem> _items = [];
    private long _bytes;

    /// <summary>Whether <see cref="Leave"/> must come before the next record.</summary>
    public bool IsFull => _items.Count >= records || _bytes >= MaxBytes;

    public void Add(SealItem item)
    {
        _items.Add(item);
        _bytes += (item.Identity?.CalculateSize() ?? 0) + (item.Analytic?.CalculateSize() ?? 0);
    }

    /// <summary>Empties the window.</summary>
    /// <returns>Its records, batch by batch.</returns>
    public IEnumerable<SealItem[]> Leave()
    {
        RandomNumberGenerator.Shuffle(CollectionsMarshal.AsSpan(_items));
        var batches = _items.Chunk(BatchEntry.SlotCounts[^1]).ToList();
        _items.Clear();
        _bytes = 0;
        return batches;
    }
}
