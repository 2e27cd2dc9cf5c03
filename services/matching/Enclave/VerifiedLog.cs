using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Matching.Release;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Transport;
using Google.Protobuf;

namespace CleanRoom.Matching.Enclave;

/// <summary>The cosigned log as this enclave has read it: entries in order, and the hashes to prove them by. One reader at a time, guarded by a gate.</summary>
internal sealed class VerifiedLog(PinnedChannel ingestion, RoomId room, TimeProvider clock) : IProofSource, IDisposable
{
    private readonly IngestionService.IngestionServiceClient _client = new(ingestion.CallInvoker);
    private readonly LogReader _reader = new(ingestion, room);
    private readonly SemaphoreSlim _gate = new(1);
    private readonly MerkleFrontier _frontier = new();
    private readonly Dictionary<MerklePosition, Digest> _nodes = [];
    private readonly List<(EntryOutcome Outcome, ReadOnlyMemory<byte> Leaf)> _entries = [];

    /// <summary>The room as the newest entries say; ahead of what the enclave has applied.</summary>
    public RoomState Newest => _reader.State;

    public CosignedCheckpoint? Checkpoint => _reader.Checkpoint;

    public long Size => _entries.Count;

    public EntryOutcome this[long index] => _entries[(int)index].Outcome;

    /// <summary>The bytes of an entry, also of one that does not parse.</summary>
    public ReadOnlyMemory<byte> LeafAt(long index) => _entries[(int)index].Leaf;

    /// <summary>Reads on.</summary>
    /// <param name="fresh">Let the witnesses cosign first, so that room time is now's.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<CosignedCheckpoint> SyncAsync(bool fresh, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return await _reader.SyncAsync(fresh, Keep, cancellationToken);
        }
        finally
        {
            _ = _gate.Release();
        }
    }

    /// <summary>Appends an entry of this instance and waits until it stands in a cosigned checkpoint that has been read.</summary>
    /// <returns>Its position.</returns>
    public async Task<long> AppendAsync(byte[] leaf, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var appended = await _client.AppendAsync(new AppendRequest { Room = room.ToString(), Leaf = ByteString.CopyFrom(leaf) }, cancellationToken: cancellationToken);
        return await ReadBackAsync(leaf, appended.Index, timeout, cancellationToken);
    }

    /// <summary>The same, with the ciphertexts that the entry names.</summary>
    public async Task<long> UploadAsync(byte[] leaf, IReadOnlyList<byte[]> parts, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var call = _client.UploadBatch(cancellationToken: cancellationToken);
        await call.RequestStream.WriteAsync(new UploadBatchRequest { Start = new UploadStart { Room = room.ToString(), Manifest = ByteString.CopyFrom(leaf) } }, cancellationToken);
        for (var part = 0; part < parts.Count; part++)
        {
            for (var offset = 0; offset < parts[part].Length; offset += ChunkSize)
            {
                var data = parts[part].AsMemory(offset, Math.Min(ChunkSize, parts[part].Length - offset));
                await call.RequestStream.WriteAsync(
                    new UploadBatchRequest
                    {
                        Chunk = new UploadChunk { Part = (uint)part, Offset = (uint)offset, Data = UnsafeByteOperations.UnsafeWrap(data), Last = offset + data.Length == parts[part].Length },
                    },
                    cancellationToken);
            }
        }
        await call.RequestStream.CompleteAsync();
        return await ReadBackAsync(leaf, (await call.ResponseAsync).Index, timeout, cancellationToken);
    }

    private async Task<long> ReadBackAsync(byte[] leaf, ulong position, TimeSpan timeout, CancellationToken cancellationToken)
    {
        _ = await _client.GetInclusionAsync(
            new GetInclusionRequest { Room = room.ToString(), Index = position }, deadline: clock.GetUtcNow().UtcDateTime + timeout, cancellationToken: cancellationToken);
        _ = await SyncAsync(fresh: false, cancellationToken);
        var index = (long)position;
        return index < Size && this[index].Entry?.LeafHash == MerkleTree.LeafHash(leaf)
            ? index
            : throw new CleanRoomException(ErrorReason.DataLoss, "Ingestion did not put the entry where it said.");
    }

    /// <summary>Streams the ciphertexts of a batch; null for one that a tombstone has deleted.</summary>
    public async IAsyncEnumerable<(int Part, byte[]? Ciphertext)> ReadBatchAsync(
        BatchId batch, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var call = _client.ReadBatch(new ReadBatchRequest { Room = room.ToString(), Batch = batch.ToString() }, cancellationToken: cancellationToken);
        using var buffer = new MemoryStream();
        while (await call.ResponseStream.MoveNext(cancellationToken))
        {
            var chunk = call.ResponseStream.Current;
            if (buffer.Length + chunk.Data.Length > MaxPartSize || chunk.Offset != buffer.Length)
            {
                throw new CleanRoomException(ErrorReason.DataLoss, "Ingestion sent a part that is too large or out of order.");
            }
            chunk.Data.WriteTo(buffer);
            if (chunk.Last)
            {
                yield return ((int)chunk.Part, chunk.Deleted ? null : buffer.ToArray());
                buffer.SetLength(0);
            }
        }
    }

    public async Task<CosignedCheckpoint> NewestAsync(CancellationToken cancellationToken) => await SyncAsync(fresh: false, cancellationToken);

    public IReadOnlyList<Digest> Inclusion(long index, long size) => MerkleProof.Inclusion(index, size, Node);

    public IReadOnlyList<Digest> Consistency(long from, long to) => MerkleProof.Consistency(from, to, Node);

    public void Dispose() => _gate.Dispose();

    private const int MaxPartSize = 1 << 20;
    private const int ChunkSize = 64 << 10;

    private Digest Node(MerklePosition position)
    {
        lock (_nodes)
        {
            return _nodes[position];
        }
    }

    private void Keep(LogSegment segment)
    {
        foreach (var (outcome, (leaf, hash)) in segment.Outcomes.Zip(segment.Leaves))
        {
            if (leaf.IsEmpty && hash != MerkleTree.LeafHash([]))
            {
                throw new CleanRoomException(ErrorReason.DataLoss, $"Ingestion withholds the entry at {outcome.Index} from the enclave.");
            }
            _entries.Add((outcome, outcome.Entry?.Leaf ?? leaf));
            lock (_nodes)
            {
                foreach (var node in _frontier.Append(hash))
                {
                    _nodes[node.Position] = node.Hash;
                }
            }
        }
    }
}
