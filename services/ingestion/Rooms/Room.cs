using System.Diagnostics;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Storage.Batches;
using CleanRoom.Storage.Logs;
using CleanRoom.Transport;

namespace CleanRoom.Ingestion.Rooms;

/// <summary>A cosigned checkpoint and when its round began, by the monotonic clock.</summary>
internal sealed record CosignedHead(CosignedCheckpoint Checkpoint, long Begun)
{
    public long Size => Checkpoint.Size;
}

/// <summary>The recovery that stands last in a log.</summary>
/// <param name="Index">Its position: as many entries as were left.</param>
/// <param name="Leaf">The leaf.</param>
internal sealed record LoggedRecovery(long Index, ReadOnlyMemory<byte> Leaf);

/// <summary>
/// One room: its log in the store and the state that follows from it in memory. Appends go one after the other, because each is judged
/// by the state after the one before. Safe for concurrent use.
/// </summary>
internal sealed class Room(Guid id, ILogStore logs, IBatchStore batches) : IDisposable
{
    private const int PageBytes = 1 << 20;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Lock _lists = new();
    private List<Audience> _audiences = [];
    private List<(long Index, IReadOnlyList<RecordSlot> Records)> _tombstones = [];
    private SortedSet<(DateTimeOffset End, Guid Batch)> _ends = [];
    private List<(long Index, Guid Batch)> _replaced = [];
    private LoggedRecovery? _recovery;

    // Null when it may differ from the store: it is then read again.
    private RoomState? _state;

    // The span of the newest append, boxed so that it is read and written whole.
    private object? _cause;

    public Guid Id => id;

    public RoomId Name { get; } = RoomId.From(id);

    /// <summary>Entries in the log.</summary>
    public Watched<long> Size { get; } = new(0);

    /// <summary>The last cosigned checkpoint.</summary>
    public Watched<CosignedHead?> Cosigned { get; } = new(null);

    /// <summary>The last recovery in the log, for witnesses that cosigned what is lost; null if there is none.</summary>
    public LoggedRecovery? Recovery => Volatile.Read(ref _recovery);

    /// <summary>The month of room time, as quotas count it (<c>2026-12</c>); empty before the first cosigned checkpoint.</summary>
    public string Month => Cosigned.Value is { Checkpoint.Time.Opening: var time } ? BudgetPeriod.MonthOf(time) : string.Empty;

    /// <summary>When somebody last asked for a new checkpoint, by the monotonic clock.</summary>
    public Watched<long> Wanted { get; } = new(long.MinValue);

    /// <summary>Gives, once, the span of the newest append: the round of cosigning that covers it is its consequence.</summary>
    public ActivityContext TakeCause() => Interlocked.Exchange(ref _cause, null) is ActivityContext cause ? cause : default;

    /// <summary>Reads the log from the store.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var state = await GetStateAsync(cancellationToken);
            if (await logs.FindCosignedAsync(id, cancellationToken) is { } stored
                && SignedCheckpoint.TryParse(stored.Note, out var note)
                && state.CharterAtSize(stored.Size) is { } charter
                && CosignedCheckpoint.TryVerify(note, charter, out var cosigned, out _))
            {
                Cosigned.Set(new CosignedHead(cosigned, long.MinValue));
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Looks at the state as it is after all entries; the callee must not keep it.</summary>
    public async Task<T> WithStateAsync<T>(Func<RoomState, T> look, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return look(await GetStateAsync(cancellationToken));
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Appends an entry that has its effect.</summary>
    /// <exception cref="CleanRoomException">Everyone would ignore it.</exception>
    public Task<AppendedLeaf> AppendAsync(ReadOnlyMemory<byte> leaf, CancellationToken cancellationToken) =>
        AppendAsync(leaf, size => logs.AppendAsync(id, size, [leaf], CancellationToken.None), cancellationToken);

    /// <summary>Appends the leaf of a batch whose parts are all stored, and completes the batch with it.</summary>
    /// <exception cref="CleanRoomException">Everyone would ignore it.</exception>
    public Task<AppendedLeaf> CommitBatchAsync(SignedEntry manifest, Guid batch, CancellationToken cancellationToken) => AppendAsync(
        manifest.Leaf,
        async size => await batches.CommitAsync(id, batch, size, CancellationToken.None) switch
        {
            BatchCommit.Committed committed => new LogAppend.Appended([committed.Leaf]),
            BatchCommit.SizeMoved moved => new LogAppend.SizeMoved(moved.Size),
            BatchCommit.Incomplete incomplete => throw new CleanRoomException(
                ErrorReason.BatchIncomplete, $"Part {incomplete.NextPart} is missing.", "chunk.part", "Go on with this part."),
            _ => throw new CleanRoomException(ErrorReason.NotFound, "The upload was deleted meanwhile.", "batch", "Upload the batch again."),
        },
        cancellationToken);

    /// <summary>Waits for a checkpoint that the witnesses were asked for after this call.</summary>
    public async Task<CosignedCheckpoint> GetFreshAsync(long now, CancellationToken cancellationToken)
    {
        if (Wanted.Value < now)
        {
            Wanted.Set(now);
        }

        while (true)
        {
            var (head, changed) = Cosigned.Observe();
            if (head is not null && head.Begun >= now)
            {
                return head.Checkpoint;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Tells as whom the owner of a TLS key reads.</summary>
    public Task<Viewer> IdentifyAsync(KeyId peer, CancellationToken cancellationToken) => WithStateAsync<Viewer>(
        state =>
        {
            // The instance's own key and the pin of its service: both are the enclave, before and after it has attested.
            if (state.Charter?.Operator is { } services)
            {
                if (peer == services.Matching.Tls || peer == state.CurrentInstance?.Signing.Id)
                {
                    return new Viewer.Service(Enclave: true);
                }

                if (peer == services.Notification.Tls || peer == services.Ingestion.Tls)
                {
                    return new Viewer.Service(Enclave: false);
                }
            }

            return state.MemberOfTransportKey(peer) is { } member ? new Viewer.Member(member) : new Viewer.Stranger();
        },
        cancellationToken);

    /// <summary>Tells whether a viewer may see an entry.</summary>
    public bool IsVisible(long index, Viewer viewer)
    {
        lock (_lists)
        {
            return index < _audiences.Count && _audiences[(int)index].Admits(viewer);
        }
    }

    /// <summary>Gives the slots withdrawn by entries from one position up to another.</summary>
    public IReadOnlyList<RecordSlot> Withdrawn(long from, long until)
    {
        lock (_lists)
        {
            return [.. _tombstones.Where(item => item.Index >= from && item.Index < until).SelectMany(item => item.Records)];
        }
    }

    /// <summary>Gives the batches whose time is over by room time and whose ciphertext is not known to be deleted.</summary>
    public IReadOnlyList<(DateTimeOffset End, Guid Batch)> Overdue(DateTimeOffset roomTime)
    {
        lock (_lists)
        {
            return [.. _ends.TakeWhile(item => item.End <= roomTime)];
        }
    }

    /// <summary>Gives the batches whose ciphertext an entry below a position has replaced by another under a newer key, and is not known to be deleted.</summary>
    public IReadOnlyList<(long Index, Guid Batch)> Replaced(long until)
    {
        lock (_lists)
        {
            return [.. _replaced.Where(item => item.Index < until)];
        }
    }

    /// <summary>Notes that their ciphertext is deleted.</summary>
    public void Erased(IReadOnlyCollection<(long Index, Guid Batch)> replaced)
    {
        lock (_lists)
        {
            _ = _replaced.RemoveAll(replaced.Contains);
        }
    }

    /// <summary>Notes that their ciphertext is deleted.</summary>
    public void Erased(IEnumerable<(DateTimeOffset End, Guid Batch)> overdue)
    {
        lock (_lists)
        {
            _ends.ExceptWith(overdue);
        }
    }

    public void Dispose() => _gate.Dispose();

    private async Task<AppendedLeaf> AppendAsync(ReadOnlyMemory<byte> leaf, Func<long, Task<LogAppend>> append, CancellationToken cancellationToken)
    {
        var hash = MerkleTree.LeafHash(leaf.Span);
        await _gate.WaitAsync(cancellationToken);
        try
        {
            while (true)
            {
                if (await logs.FindIndexAsync(id, hash, cancellationToken) is { } known)
                {
                    return new AppendedLeaf(known, Existed: true);
                }

                var state = await GetStateAsync(cancellationToken);
                var size = state.Size;
                var outcome = state.ApplyIfAccepted(leaf);
                if (!outcome.IsAccepted)
                {
                    throw Refusals.Of(outcome);
                }

                // From here on the state is ahead of the store: whatever goes wrong, it is read again.
                _state = null;
                _ = Interlocked.Exchange(ref _cause, Activity.Current?.Context);
                switch (await append(size))
                {
                    case LogAppend.Appended appended:
                        _state = state;
                        lock (_lists)
                        {
                            Remember(state, outcome, _audiences, _tombstones, _ends, _replaced);
                        }

                        NoteRecovery(outcome);

                        Size.Set(state.Size);
                        return appended.Leaves[0];
                    case LogAppend.SizeMoved:
                        continue;
                    default:
                        throw Refusals.UnknownRoom();
                }
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<RoomState> GetStateAsync(CancellationToken cancellationToken)
    {
        if (_state is { } current)
        {
            return current;
        }

        var state = RoomState.Open(Name);
        var audiences = new List<Audience>();
        var tombstones = new List<(long Index, IReadOnlyList<RecordSlot> Records)>();
        var ends = new SortedSet<(DateTimeOffset End, Guid Batch)>();
        var replaced = new List<(long Index, Guid Batch)>();
        while (await logs.ReadAsync(id, state.Size, long.MaxValue, PageBytes, cancellationToken) is { Count: > 0 } page)
        {
            foreach (var entry in page)
            {
                var outcome = state.Apply(entry.Index, entry.Leaf);
                Remember(state, outcome, audiences, tombstones, ends, replaced);
                NoteRecovery(outcome);
            }
        }

        // Readers go on with the old lists until the new ones are whole.
        lock (_lists)
        {
            _audiences = audiences;
            _tombstones = tombstones;
            _ends = ends;
            _replaced = replaced;
        }

        _state = state;
        Size.Set(state.Size);
        return state;
    }

    private void NoteRecovery(EntryOutcome outcome)
    {
        if (outcome is { IsAccepted: true, Entry: { Entry: RecoveryEntry } signed })
        {
            Volatile.Write(ref _recovery, new LoggedRecovery(outcome.Index, signed.Leaf));
        }
    }

    private static void Remember(
        RoomState state, EntryOutcome outcome, List<Audience> audiences, List<(long Index, IReadOnlyList<RecordSlot> Records)> tombstones,
        SortedSet<(DateTimeOffset End, Guid Batch)> ends, List<(long Index, Guid Batch)> replaced)
    {
        audiences.Add(Audience.Of(outcome.Entry?.Entry));
        switch (outcome)
        {
            case { IsAccepted: true, Entry.Entry: TombstoneEntry tombstone }:
                tombstones.Add((outcome.Index, [.. tombstone.Records.Select(record => record with { Batch = state.Batches[record.Batch].Sealed.Batch })]));
                break;
            case { Entry.Entry: BatchEntry batch }:
                // Also of one that the log ignores: what nobody reads is not kept longer.
                ends.Add((batch.DeleteBy, ToGuid(batch.Batch)));
                break;
            case { IsAccepted: true, Entry.Entry: ResealEntry reseal }:
                var logged = state.BatchOf(reseal.Of)!;
                ends.Add((logged.Manifest.DeleteBy, ToGuid(reseal.Batch)));
                tombstones.Add((outcome.Index, [.. logged.Withdrawn.Select(slot => new RecordSlot(reseal.Batch, slot))]));
                replaced.Add((outcome.Index, ToGuid(logged.Replaced!.Value)));
                break;
            default:
                break;
        }
    }

    private static Guid ToGuid(BatchId batch) => Guid.ParseExact(batch.ToString(), "D");
}
