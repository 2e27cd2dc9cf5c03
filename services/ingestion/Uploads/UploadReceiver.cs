using System.Collections.Concurrent;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Ingestion.Rooms;
using CleanRoom.Ingestion.Upkeep;
using CleanRoom.Storage.Batches;
using CleanRoom.Storage.Logs;
using CleanRoom.Transport;
using Microsoft.Extensions.Options;

namespace CleanRoom.Ingestion.Uploads;

/// <summary>A chunk as it came.</summary>
internal readonly record struct Chunk(long Part, long Offset, ReadOnlyMemory<byte> Data, bool Last);

/// <summary>What is uploaded: a contributor's batch, or what the enclave has sealed anew for a contributor.</summary>
/// <param name="Author">The contributor.</param>
/// <param name="Batch">Name of the ciphertexts.</param>
/// <param name="Parts">Their hashes.</param>
/// <param name="Anew">The enclave's.</param>
internal sealed record Sealed(MemberId Author, Guid Batch, IReadOnlyList<Digest> Parts, bool Anew)
{
    public static Sealed Of(Entry entry) => entry switch
    {
        BatchEntry batch => new Sealed(batch.Author!, Guid.ParseExact(batch.Batch.ToString(), "D"), batch.Parts, Anew: false),
        ResealEntry reseal => new Sealed(reseal.Member, Guid.ParseExact(reseal.Batch.ToString(), "D"), reseal.Parts, Anew: true),
        _ => throw new ArgumentException("The entry has no ciphertexts.", nameof(entry)),
    };

    public bool MayBeSentBy(Viewer viewer) => Anew ? viewer is Viewer.Service { Enclave: true } : viewer is Viewer.Member { Id: var member } && member == Author;
}

/// <summary>
/// Receives sealed batches. It reads the next message only when it has dealt with the one before, so that a fast sender waits on flow
/// control and not in our memory; parts are stored in groups, each group with one write to the disk.
/// </summary>
internal sealed class UploadReceiver(
    IBatchStore batches, QuotaMetrics quotas, RoomTurns turns, EntryRates rates, IOptions<IngestionOptions> options, TimeProvider clock, ILogger<UploadReceiver> logger)
{
    private const int GroupBytes = 4 << 20;
    private const int GroupParts = 2048;

    private readonly ConcurrentDictionary<(Guid Room, Guid Batch), byte> _running = new();

    /// <summary>Receives a batch and puts it into the log.</summary>
    /// <param name="room">The room.</param>
    /// <param name="peer">The caller's TLS key.</param>
    /// <param name="manifest">The manifest.</param>
    /// <param name="next">Gives the next chunks, one or more, or <see langword="null"/> at the end.</param>
    /// <param name="cancellationToken">The call's end.</param>
    /// <exception cref="CleanRoomException">The batch is refused; parts that were stored stay for a later call.</exception>
    public async Task<AppendedLeaf> ReceiveAsync(
        Room room, KeyId peer, SignedEntry manifest, Func<CancellationToken, Task<IReadOnlyList<Chunk>?>> next, CancellationToken cancellationToken)
    {
        var entry = Sealed.Of(manifest.Entry);
        if (!entry.MayBeSentBy(await room.IdentifyAsync(peer, cancellationToken)))
        {
            throw new CleanRoomException(
                ErrorReason.PermissionDenied,
                "The TLS key is not one of the batch's author.",
                "manifest.author",
                "Connect with a key that the log lists for this member with the role transport.");
        }

        var batch = entry.Batch;
        if (!_running.TryAdd((room.Id, batch), 0))
        {
            throw new CleanRoomException(ErrorReason.Conflict, "Another upload of this batch is running.", "manifest.batch", "Wait for it, or try again.");
        }

        try
        {
            return await ReceiveAsync(room, manifest, entry, batch, next, cancellationToken);
        }
        finally
        {
            _running.TryRemove((room.Id, batch), out _);
        }
    }

    private async Task<AppendedLeaf> ReceiveAsync(
        Room room, SignedEntry manifest, Sealed entry, Guid batch, Func<CancellationToken, Task<IReadOnlyList<Chunk>?>> next, CancellationToken cancellationToken)
    {
        var start = await BeginAsync(room, manifest, entry, batch, cancellationToken);
        if (start is UploadStart.Complete complete)
        {
            return new AppendedLeaf(complete.Index, Existed: true);
        }

        var open = (UploadStart.Open)start;
        var assembler = new PartAssembler(entry.Parts, open.NextPart, open.Bytes);
        var group = new List<ReadOnlyMemory<byte>>();
        var stored = open.NextPart;
        var bytes = 0;
        try
        {
            while (await NextAsync(next, cancellationToken) is { } chunks)
            {
                foreach (var chunk in chunks)
                {
                    if (assembler.Add(chunk) is { } part)
                    {
                        group.Add(part);
                        bytes += part.Length;
                    }
                }

                if (bytes >= GroupBytes || group.Count >= GroupParts)
                {
                    stored = await StoreAsync(room, batch, stored, group);
                    bytes = 0;
                }
            }
        }
        finally
        {
            // Also when the call was cut off: the next one goes on after these.
            await StoreAsync(room, batch, stored, group);
        }

        if (!assembler.IsComplete)
        {
            throw new CleanRoomException(
                ErrorReason.BatchIncomplete,
                $"The stream ended before part {assembler.NextPart} of {entry.Parts.Count} was whole.",
                "chunk.part",
                "Call again and go on where GetUpload says.");
        }

        var leaf = await room.CommitBatchAsync(manifest, batch, cancellationToken);
        if (!leaf.Existed)
        {
            rates.Count(room.Id, manifest.Entry.Author);
        }

        Log.BatchComplete(logger, room.Id, batch, leaf.Index);
        return leaf;
    }

    private async Task<UploadStart> BeginAsync(Room room, SignedEntry manifest, Sealed entry, Guid batch, CancellationToken cancellationToken)
    {
        if (await batches.FindAsync(room.Id, batch, cancellationToken) is not { Index: not null })
        {
            rates.Check(room.Id, manifest.Entry.Author);
            await CheckAsync(room, manifest, cancellationToken);
        }

        // What the enclave seals anew was counted when it came.
        var quota = entry.Anew ? null : await room.WithStateAsync(
            state => state.Charter?.Quotas.RecordsPerMonth.TryGetValue(entry.Author, out var records) == true ? records : (int?)null, cancellationToken);
        using var turn = await turns.EnterAsync(room.Id, cancellationToken);
        var start = await batches.BeginAsync(
            new UploadRequest
            {
                Room = room.Id,
                Batch = batch,
                Author = entry.Author.Value,
                Manifest = manifest.Leaf,
                Slots = entry.Parts.Count / 2,
                Window = room.Month,
                Charge = entry.Anew ? 0 : LeastRecords(entry.Parts.Count / 2),
                Quota = quota ?? long.MaxValue,
                MostBytes = entry.Anew ? long.MaxValue : options.Value.BytesPerContributor,
                MostBytesOfRoom = entry.Anew ? long.MaxValue : options.Value.BytesPerRoom,
                OpenUploads = entry.Anew ? int.MaxValue : options.Value.OpenUploadsPerContributor,
                Now = clock.GetUtcNow(),
            },
            cancellationToken);
        if (!entry.Anew)
        {
            await quotas.TakeAsync(room, entry.Author, quota, cancellationToken);
        }

        return start switch
        {
            UploadStart.OtherManifest => throw new CleanRoomException(
                ErrorReason.AlreadyExists, "The batch id is taken by another manifest.", "manifest.batch", "Make a new batch."),
            UploadStart.QuotaExceeded => throw new CleanRoomException(
                ErrorReason.QuotaExceeded, "The charter's quota of records for this month is used up.", "manifest.author", "Wait for the next month of room time."),
            UploadStart.BytesUsedUp used => throw new CleanRoomException(
                ErrorReason.ResourceExhausted,
                used.ByRoom ? "The room's bytes of this month are used up at this service." : "This contributor's bytes of this month are used up at this service.",
                "manifest.author",
                "Ask the operator, or wait for the next month of room time.")
            {
                RetryAfter = Timeout.InfiniteTimeSpan,
            },
            UploadStart.TooManyOpen => throw new CleanRoomException(
                ErrorReason.ResourceExhausted, "Too many uploads of this contributor are open.", "manifest.author", "Complete one of them first."),
            UploadStart.NoRoom => throw Refusals.UnknownRoom(),
            _ => start,
        };
    }

    /// <summary>Refuses before the parts come what would be refused after them.</summary>
    private static async Task CheckAsync(Room room, SignedEntry manifest, CancellationToken cancellationToken)
    {
        var time = room.Cosigned.Value?.Checkpoint.Time;
        var (reason, status) = await room.WithStateAsync(
            state => (state.CheckBatch(manifest), time is { } now ? state.CharterAt(now).Status : CharterStatus.InForce), cancellationToken);
        if (reason != IgnoredReason.None)
        {
            throw Refusals.Of(reason);
        }

        if (status == CharterStatus.Expired)
        {
            throw new CleanRoomException(
                ErrorReason.CharterExpired, "The charter has expired, by room time.", "manifest.charter", "Let the contributors sign the next version.");
        }

        if (status == CharterStatus.NotYetValid)
        {
            throw new CleanRoomException(ErrorReason.CharterNotInForce, "The charter is not yet valid, by room time.", "manifest.charter", "Wait until it is.");
        }
    }

    private async Task<IReadOnlyList<Chunk>?> NextAsync(Func<CancellationToken, Task<IReadOnlyList<Chunk>?>> next, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(options.Value.ChunkTimeout, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            return await next(linked.Token);
        }
        catch (Exception exception) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested && exception is not CleanRoomException)
        {
            throw new CleanRoomException(
                ErrorReason.DeadlineExceeded, "The next chunk did not come in time.", "chunk", "Call again and go on where GetUpload says.");
        }
    }

    private async Task<int> StoreAsync(Room room, Guid batch, int first, List<ReadOnlyMemory<byte>> group)
    {
        if (group.Count == 0)
        {
            return first;
        }

        var parts = group.ToArray();
        group.Clear();
        using var turn = await turns.EnterAsync(room.Id, CancellationToken.None);
        return await batches.AppendPartsAsync(room.Id, batch, first, parts, clock.GetUtcNow(), CancellationToken.None)
            ?? throw new CleanRoomException(ErrorReason.Conflict, "Another upload of this batch is running.", "manifest.batch", "Call again and go on where GetUpload says.");
    }

    /// <summary>
    /// How many records a batch of this many slots has at least: a smaller batch would have done otherwise. How many it has cannot be
    /// seen here; the enclave counts.
    /// </summary>
    private static long LeastRecords(int slots) => slots switch
    {
        <= 64 => 1,
        <= 256 => 65,
        _ => 257,
    };
}
