using System.Buffers;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Transport;

namespace CleanRoom.Ingestion.Uploads;

/// <summary>Puts chunks together to parts, in order, and compares each with its hash in the manifest.</summary>
internal sealed class PartAssembler(IReadOnlyList<Digest> parts, int stored, long storedBytes)
{
    public const int MaximumPart = 1 << 20;
    public const long MaximumBatch = 256L << 20;
    private const int MaximumChunk = 64 << 10;

    private readonly ArrayBufferWriter<byte> _part = new();
    private int _next;
    private long _bytes = storedBytes;

    /// <summary>Whether every part has arrived.</summary>
    public bool IsComplete => Math.Max(_next, stored) == parts.Count && _part.WrittenCount == 0;

    /// <summary>The first part that has not arrived.</summary>
    public int NextPart => Math.Max(_next, stored);

    /// <summary>Takes a chunk. Chunks of parts that are stored already are passed over.</summary>
    /// <returns>The part that the chunk completes (it may be the chunk's own memory), or <see langword="null"/>.</returns>
    /// <exception cref="CleanRoomException">The chunk is out of order or too large, or the part is not the one in the manifest.</exception>
    public ReadOnlyMemory<byte>? Add(Chunk chunk)
    {
        var (part, offset, data, last) = chunk;
        if (data.Length is < 1 or > MaximumChunk)
        {
            throw new CleanRoomException(ErrorReason.InvalidArgument, "A chunk must have 1 byte to 64 KiB.", "chunk.data");
        }

        if (part < stored && _next <= part && _part.WrittenCount == 0)
        {
            // Sent again from the beginning: what is stored was compared when it came.
            _next = last ? (int)part + 1 : (int)part;
            return null;
        }

        if (_next < stored)
        {
            _next = stored;
        }

        if (part != _next || offset != _part.WrittenCount || part >= parts.Count)
        {
            throw new CleanRoomException(
                ErrorReason.InvalidArgument,
                $"Part {_next} at offset {_part.WrittenCount} is next.",
                part == _next ? "chunk.offset" : "chunk.part",
                "Send parts and chunks in order; GetUpload tells where to go on.");
        }

        if (_part.WrittenCount + data.Length > MaximumPart || _bytes + data.Length > MaximumBatch)
        {
            throw new CleanRoomException(ErrorReason.TooLarge, "A part may have 1 MiB and a batch 256 MiB.", "chunk.data", "Split the records into more batches.");
        }

        var whole = data;
        if (!last || offset > 0)
        {
            _part.Write(data.Span);
            whole = last ? _part.WrittenSpan.ToArray() : default;
        }

        _bytes += data.Length;
        if (!last)
        {
            return null;
        }

        if (!BatchSeal.IsPart(parts, _next, whole.Span))
        {
            throw new CleanRoomException(
                ErrorReason.DataLoss, $"Part {_next} is not the one in the manifest.", "chunk.data", "Send this part again; GetUpload tells where to go on.");
        }

        _part.ResetWrittenCount();
        _next++;
        return whole;
    }
}
