using System.Runtime.CompilerServices;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Protocol.Ingestion.V1;
using Grpc.Core;

namespace CleanRoom.Transport;

/// <summary>Entries that a cosigned checkpoint covers, in order.</summary>
/// <param name="Outcomes">What became of each entry since the last segment; empty if only room time has moved on.</param>
/// <param name="Checkpoint">The cosigned checkpoint over all entries up to here.</param>
public sealed record LogSegment(IReadOnlyList<EntryOutcome> Outcomes, CosignedCheckpoint Checkpoint)
{
    /// <summary>The same entries as they came: the leaf, empty where this reader may see its hash only, and the hash.</summary>
    public IReadOnlyList<(ReadOnlyMemory<byte> Leaf, Digest Hash)> Leaves { get; init; } = [];
}

/// <summary>
/// Reads a room's log from ingestion and believes nothing of it: every entry is hashed and judged at its position, and nothing is handed out before
/// a quorum of the charter's witnesses has cosigned it. One caller at a time. After an exception with reason LogForked, LogRolledBack or NotCosigned the
/// reader is spent.
/// </summary>
public sealed class LogReader
{
    /// <summary>Most entries that may come without a checkpoint over them.</summary>
    private const int MaxUncovered = 1 << 20;

    private readonly IngestionService.IngestionServiceClient _client;
    private readonly LogVerifier _verifier;

    /// <summary>Makes a reader that begins at genesis.</summary>
    /// <param name="ingestion">A channel to the ingestion service.</param>
    /// <param name="room">The room.</param>
    /// <param name="kept">A cosigned position from an earlier visit that the log must extend, or null.</param>
    /// <param name="recovery">Number of the last recovery that the log held at that visit; 0 for none. A later one, signed by all contributors, may give up what was kept.</param>
    public LogReader(PinnedChannel ingestion, RoomId room, LogPosition? kept = null, int recovery = 0)
    {
        ArgumentNullException.ThrowIfNull(ingestion);
        _client = new IngestionService.IngestionServiceClient(ingestion.CallInvoker);
        _verifier = new LogVerifier(room);
        Kept = kept;
        if (kept is not null)
        {
            _verifier.Expect(kept, recovery);
        }
    }

    /// <summary>The room as the entries read so far say it is.</summary>
    public RoomState State => _verifier.State;

    /// <summary>The newest cosigned checkpoint; null before the first segment.</summary>
    public CosignedCheckpoint? Checkpoint => _verifier.Cosigned;

    /// <summary>Number of the last recovery under <see cref="Checkpoint"/>; 0 for none.</summary>
    public int Recovery => _verifier.Recovery;

    /// <summary>The position from an earlier visit.</summary>
    public LogPosition? Kept { get; }

    /// <summary>Reads up to the newest cosigned checkpoint.</summary>
    /// <param name="fresh">Let the witnesses cosign again first, so that room time is now's.</param>
    /// <param name="onSegment">Called for each segment, or null.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="CleanRoomException">The log is forked, rolled back or not cosigned, or ingestion cannot be reached.</exception>
    public async Task<CosignedCheckpoint> SyncAsync(bool fresh, Action<LogSegment>? onSegment, CancellationToken cancellationToken)
    {
        if (fresh)
        {
            try
            {
                _ = await _client.GetCheckpointAsync(new GetCheckpointRequest { Room = State.Room.ToString(), Fresh = true }, cancellationToken: cancellationToken);
            }
            catch (CleanRoomException exception) when (exception.Reason is ErrorReason.DeadlineExceeded or ErrorReason.NotCosigned)
            {
                // No quorum cosigns: what is there may say why.
                _ = await ReadOnAsync(onSegment, cancellationToken);
                throw;
            }
        }
        return await ReadOnAsync(onSegment, cancellationToken);
    }

    private async Task<CosignedCheckpoint> ReadOnAsync(Action<LogSegment>? onSegment, CancellationToken cancellationToken)
    {
        await foreach (var segment in ReadAsync(follow: false, cancellationToken))
        {
            onSegment?.Invoke(segment);
        }
        var checkpoint = Checkpoint ?? throw Refuse(CheckpointRefusal.TooFewCosignatures);
        return checkpoint.Size < _verifier.Expected ? throw Refuse(CheckpointRefusal.Shrunk) : checkpoint;
    }

    /// <summary>Reads on from where the reader stands, segment by segment.</summary>
    /// <param name="follow">Wait for new entries instead of ending at the newest checkpoint.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    public async IAsyncEnumerable<LogSegment> ReadAsync(bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var call = _client.ReadEntries(
            new ReadEntriesRequest { Room = State.Room.ToString(), From = (ulong)_verifier.Size, Follow = follow }, cancellationToken: cancellationToken);
        var outcomes = new List<EntryOutcome>();
        var leaves = new List<(ReadOnlyMemory<byte>, Digest)>();
        while (await NextAsync(call.ResponseStream, cancellationToken))
        {
            var message = call.ResponseStream.Current;
            switch (message.MessageCase)
            {
                case ReadEntriesResponse.MessageOneofCase.Entry:
                    outcomes.Add(Append(message.Entry, out var hash));
                    leaves.Add((message.Entry.Leaf.Memory, hash));
                    if (outcomes.Count > MaxUncovered)
                    {
                        throw Refuse(CheckpointRefusal.TooFewCosignatures);
                    }
                    break;
                case ReadEntriesResponse.MessageOneofCase.Checkpoint:
                    yield return new LogSegment([.. outcomes], Accept(message.Checkpoint.Note)) { Leaves = [.. leaves] };
                    outcomes.Clear();
                    leaves.Clear();
                    break;
                default:
                    throw new CleanRoomException(ErrorReason.DataLoss, "Ingestion sent a message that is neither an entry nor a checkpoint.");
            }
        }
        if (outcomes.Count > 0)
        {
            throw Refuse(CheckpointRefusal.TooFewCosignatures);
        }
    }

    private async Task<bool> NextAsync(IAsyncStreamReader<ReadEntriesResponse> entries, CancellationToken cancellationToken)
    {
        try
        {
            return await entries.MoveNext(cancellationToken);
        }
        catch (CleanRoomException exception) when (exception.Reason == ErrorReason.OutOfRange && Checkpoint is not null)
        {
            // The log ends before what a quorum had cosigned when this reader read it.
            throw Refuse(CheckpointRefusal.Shrunk);
        }
    }

    private EntryOutcome Append(Protocol.Common.V1.LogEntry entry, out Digest hash)
    {
        if (entry.Index != (ulong)_verifier.Size || !Digest.TryFromBytes(entry.LeafHash.Span, out var stated))
        {
            throw new CleanRoomException(ErrorReason.DataLoss, $"Ingestion sent another entry than the one at position {_verifier.Size}.");
        }
        hash = stated;
        if (entry.Leaf.IsEmpty)
        {
            return _verifier.AppendHash(hash);
        }
        return MerkleTree.LeafHash(entry.Leaf.Span) == hash
            ? _verifier.Append(entry.Leaf.Memory)
            : throw new CleanRoomException(ErrorReason.DataLoss, $"The entry at position {entry.Index} does not have the hash that ingestion states.");
    }

    private CosignedCheckpoint Accept(string note)
    {
        if (!SignedCheckpoint.TryParse(note, out var parsed))
        {
            throw new CleanRoomException(ErrorReason.DataLoss, "Ingestion sent a checkpoint that is not a signed note.");
        }
        return _verifier.TryAccept(parsed, out var cosigned, out var refusal) ? cosigned : throw Refuse(refusal);
    }

    private static CleanRoomException Refuse(CheckpointRefusal refusal) => refusal switch
    {
        CheckpointRefusal.WrongRoot => new CleanRoomException(
            ErrorReason.LogForked, "The log contradicts what was cosigned before: it was forked or changed.", "checkpoint",
            "Send nothing to this room; compare checkpoints with the other members."),
        CheckpointRefusal.Shrunk => new CleanRoomException(
            ErrorReason.LogRolledBack, "The log is shorter than it was: an old state was restored.", "checkpoint",
            "Send nothing to this room. The operator must bring back the newest copy; if there is none, all contributors sign a recovery (\"cleanroom charter recover\")."),
        CheckpointRefusal.OtherRoom or CheckpointRefusal.WrongOperatorSignature => new CleanRoomException(
            ErrorReason.SignatureInvalid, "The checkpoint is not this room's: wrong origin or not signed by the operator that the charter names.", "checkpoint"),
        CheckpointRefusal.NoGenesis => new CleanRoomException(
            ErrorReason.CharterNotInForce, "The log does not begin with a charter signed by all its contributors.", "genesis"),
        _ => new CleanRoomException(
            ErrorReason.NotCosigned, $"Too few witnesses have cosigned the log ({refusal}).", "checkpoint",
            "Wait until more brokers are reachable; nothing is lost meanwhile."),
    };
}
