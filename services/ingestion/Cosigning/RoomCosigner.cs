using System.Diagnostics;
using System.Security.Cryptography;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Hosting.Telemetry;
using CleanRoom.Ingestion.Rooms;
using CleanRoom.Ingestion.Upkeep;
using CleanRoom.Storage.Logs;
using Microsoft.Extensions.Options;

namespace CleanRoom.Ingestion.Cosigning;

/// <summary>
/// Brings one room's log under cosigned checkpoints: whatever was appended since the last round goes into the next. It ends a round with
/// the cosignature that makes the quorum and does not wait for the rest.
/// </summary>
internal sealed class RoomCosigner(
    Room room,
    ILogStore logs,
    SigningKey operatorKey,
    WitnessConnections connections,
    Eraser eraser,
    IOptions<IngestionOptions> options,
    TimeProvider clock,
    ILogger<CosigningService> logger)
{
    private const string OperatorName = "operator";
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    private readonly Dictionary<MemberId, Witness> _witnesses = [];
    private readonly HashSet<Task> _unanswered = [];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var failures = 0;
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                try
                {
                    await WaitForWorkAsync(cancellationToken);
                    failures = await RoundAsync(failures + 1, cancellationToken) ? 0 : failures + 1;
                }
                catch (Exception exception) when (exception is not (OperationCanceledException or OutOfMemoryException))
                {
                    failures++;
                    Log.CosigningFailed(logger, room.Id, exception.GetType().Name);
                }

                if (failures > 0)
                {
                    await Task.Delay(Pause(failures), clock, cancellationToken);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The service stops. Uncosigned entries are taken up at the next start.
        }

        await Task.WhenAll(_unanswered);
    }

    private async Task WaitForWorkAsync(CancellationToken cancellationToken)
    {
        while (room.Cosigned.Value is { Begun: not long.MinValue } cosigned)
        {
            var (size, grown) = room.Size.Observe();
            var (wanted, asked) = room.Wanted.Observe();
            if (size > cosigned.Size || wanted > cosigned.Begun)
            {
                return;
            }

            // Room time is the witnesses' clocks on the last checkpoint: it must go on while nobody writes.
            var wait = await RefreshAfterAsync(cancellationToken) - clock.GetElapsedTime(cosigned.Begun);
            if (wait <= TimeSpan.Zero)
            {
                return;
            }

            using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(grown, asked, Task.Delay(wait, clock, timer.Token));
            await timer.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task<TimeSpan> RefreshAfterAsync(CancellationToken cancellationToken)
    {
        var epoch = await room.WithStateAsync(static state => state.Charter?.Epochs.Length.Approximate ?? TimeSpan.MaxValue, cancellationToken);
        var quarter = TimeSpan.FromTicks(Math.Max(epoch.Ticks / 4, TimeSpan.TicksPerSecond));
        return quarter < options.Value.RefreshTimeAfter ? quarter : options.Value.RefreshTimeAfter;
    }

    private async Task<bool> RoundAsync(int attempt, CancellationToken cancellationToken)
    {
        using var span = Tracing.Source.StartActivity("cosign", ActivityKind.Internal, room.TakeCause())?.SetTag(TelemetryFields.Room, room.Name.ToString());

        // Before the head is read: who asks from now on wants another round.
        var begun = clock.GetTimestamp();
        if (await logs.FindHeadAsync(room.Id, cancellationToken) is not { } head)
        {
            return false;
        }

        var charter = await room.WithStateAsync(state => state.CharterAtSize(head.Size), cancellationToken);
        if (charter is null)
        {
            return false;
        }

        var note = CheckpointSigner.Sign(operatorKey, OperatorName, new Checkpoint(CosignedCheckpoint.OriginOf(room.Name), head.Size, head.Root));
        Update(charter);
        var open = _witnesses.Values.Select(witness => witness.AskAsync(room, note, cancellationToken)).ToList();
        while (open.Count > 0)
        {
            var answered = await Task.WhenAny(open);
            open.Remove(answered);
            if (await answered is not { } cosignature)
            {
                continue;
            }

            note = note.WithCosignatures(cosignature);
            if (CosignedCheckpoint.TryVerify(note, charter, out var cosigned, out _, room.Cosigned.Value?.Checkpoint.Time ?? default))
            {
                LeaveUnanswered(open);
                return await AcceptAsync(cosigned, begun, cancellationToken);
            }
        }

        Log.NoQuorum(logger, room.Id, head.Size, attempt);
        return false;
    }

    private async Task<bool> AcceptAsync(CosignedCheckpoint cosigned, long begun, CancellationToken cancellationToken)
    {
        if (!await logs.TrySaveCosignedAsync(room.Id, new StoredCheckpoint(cosigned.Size, cosigned.Root, cosigned.Note.ToText()), cancellationToken))
        {
            return false;
        }

        var grew = cosigned.Size > (room.Cosigned.Value?.Size ?? 0);
        room.Cosigned.Set(new CosignedHead(cosigned, begun));
        if (grew)
        {
            Log.Cosigned(logger, room.Id, cosigned.Size, cosigned.Cosignatures);
        }

        await eraser.EraseAsync(room, cosigned, cancellationToken);
        return true;
    }

    /// <summary>Keeps what is known of witnesses that the charter still names with the same keys and address.</summary>
    private void Update(RoomCharter charter)
    {
        foreach (var gone in _witnesses.Keys.Where(id => !charter.TryFind(id, out var member) || member.Broker != _witnesses[id].Terms).ToList())
        {
            _witnesses.Remove(gone);
        }

        foreach (var member in charter.Members)
        {
            if (member.Broker is { } broker && !_witnesses.ContainsKey(member.Id))
            {
                _witnesses[member.Id] = new Witness(member.Id, broker, connections, logs, logger);
            }
        }
    }

    private void LeaveUnanswered(IEnumerable<Task> open)
    {
        _unanswered.RemoveWhere(static task => task.IsCompleted);
        _unanswered.UnionWith(open);
    }

    private TimeSpan Pause(int failures)
    {
        var full = Math.Min(FirstPause.Ticks << Math.Min(failures - 1, 16), options.Value.LongestPause.Ticks);

        // Half of it by lot, so that many rooms do not ask a returning witness all at once.
        return TimeSpan.FromTicks((full / 2) + (full * RandomNumberGenerator.GetInt32(0, 1001) / 2000));
    }
}
