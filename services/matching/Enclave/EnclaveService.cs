using System.Diagnostics;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Evidence;
using CleanRoom.Evidence.Platforms;
using CleanRoom.Hosting;
using CleanRoom.Hosting.Telemetry;
using CleanRoom.Matching.Epochs;
using CleanRoom.Matching.Release;
using CleanRoom.Records.Import;
using CleanRoom.Transport;

namespace CleanRoom.Matching.Enclave;

/// <summary>Runs one generation after the other. Whatever goes wrong ends a generation: nothing leaves, and the next one begins from the cosigned log.</summary>
internal sealed class EnclaveService(
    RoomOptions options, EnclaveStatus status, IEvidenceProvider evidence, ServerIdentity identity, TimeProvider clock, ILogger<EnclaveService> logger)
    : BackgroundService
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestHalt = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = FirstPause;
        while (!stoppingToken.IsCancellationRequested)
        {
            var started = clock.GetTimestamp();
            var reason = "";
            try
            {
                using var generation = new EnclaveGeneration(options, status, evidence, identity, clock, logger);
                await generation.RunAsync(stoppingToken);
                reason = "Renewing";
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (CleanRoomException exception)
            {
                reason = exception.Reason.ToString();
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // The message may quote data; the type does not.
                reason = exception.GetType().Name;
            }
            pause = clock.GetElapsedTime(started) > LongestHalt ? FirstPause : TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestHalt.Ticks));
            status.Change(current => current with { Phase = EnclavePhase.Halted, Reason = reason, Keys = [] });
            Log.Halted(logger, options.Room.ToString(), reason, pause);
            await Task.Delay(pause, clock, stoppingToken);
        }
    }
}

/// <summary>One instance of the enclave, from empty memory to its end.</summary>
internal sealed class EnclaveGeneration : IDisposable
{
    /// <summary>The most epochs that are handed over again after a start, the newest.</summary>
    private const int MaxUndelivered = 32;

    private readonly RoomOptions _options;
    private readonly EnclaveStatus _status;
    private readonly IEvidenceProvider _evidence;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly PinnedChannel _ingestion;
    private readonly VerifiedLog _log;
    private readonly InstanceKeys _instanceKeys;
    private readonly KeyRing _keys = new();
    private readonly MessageCourier _courier;
    private readonly AbsentBrokers _absent;
    private readonly string _room;
    private long _generation;
    private DateTimeOffset _bornAt;
    private DateTimeOffset _renewAt;

    public EnclaveGeneration(RoomOptions options, EnclaveStatus status, IEvidenceProvider evidence, ServerIdentity identity, TimeProvider clock, ILogger logger)
    {
        (_options, _status, _evidence, _clock, _logger) = (options, status, evidence, clock, logger);
        _room = options.Room.ToString();
        _ingestion = PinnedChannel.Create(options.Ingestion, options.IngestionKey, identity.Certificate);
        _log = new VerifiedLog(_ingestion, options.Room, clock);
        _instanceKeys = new InstanceKeys(clock);
        _courier = new MessageCourier(_instanceKeys);
        _absent = new AbsentBrokers(options.Room, clock);
    }

    /// <summary>Runs until the instance has to be renewed (lease, charter) or something is wrong.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var started = _clock.GetTimestamp();
        _status.Change(last => EnclaveSnapshot.Start with { Reason = last.Reason });
        var checkpoint = await _log.SyncAsync(fresh: true, cancellationToken);
        Log.Verified(_logger, _room, checkpoint.Size);
        var charter = CharterInForce(checkpoint);
        if (charter.Simulated)
        {
            Log.Simulated(_logger, _room);
        }

        _status.Change(current => current with { Phase = EnclavePhase.Attesting, Simulated = charter.Simulated });
        var world = new EnclaveWorld(_options.Room, _log, _keys, _options.MaxRecords, _logger);
        var logged = await AttestAsync(charter, checkpoint, cancellationToken);

        var undelivered = new Queue<Delivery>(await ReplayAsync(world, logged, cancellationToken));
        _absent.Begin(_options.AskAgain, _clock.GetElapsedTime(started));
        _status.Change(current => current with { Phase = EnclavePhase.Running, Reason = "" });
        while (true)
        {
            checkpoint = await _log.SyncAsync(fresh: true, cancellationToken);
            if (_log.Newest.CurrentInstance?.Generation != _generation)
            {
                throw new CleanRoomException(ErrorReason.InstanceSuperseded, "A newer generation of the enclave is in the log.");
            }
            if (CharterInForce(checkpoint).Hash != charter.Hash || checkpoint.Time.Expiring >= _renewAt || SomebodyHasJoined(charter, logged)
                || await _absent.IsAnyBackAsync(charter, _instanceKeys.Certificate, cancellationToken))
            {
                return;
            }
            await world.AdvanceAsync(checkpoint.Size, cancellationToken);
            foreach (var member in _keys.Expire(checkpoint.Time.Expiring))
            {
                world.Shelf.TakeAll(member);
            }
            Show(world);
            if (!await TryDeliverAsync(charter, undelivered, cancellationToken))
            {
                // No epoch ends before the one before it is in the slots: only the last of a generation can be cut off.
                await PauseAsync(charter, cancellationToken);
                continue;
            }
            if (checkpoint.Time.Opening >= (world.State.LastEpochTime ?? _bornAt) + charter.Epochs.Length.Approximate)
            {
                undelivered.Enqueue(await EndEpochAsync(world, checkpoint, cancellationToken));
                Show(world);
                continue;
            }
            await PauseAsync(charter, cancellationToken);
        }
    }

    public void Dispose()
    {
        _keys.Dispose();
        _instanceKeys.Dispose();
        _log.Dispose();
        _ingestion.Dispose();
    }

    /// <summary>A member whose broker had nothing to release when this instance asked, and that has logged a record key since: its broker is asked by the next one.</summary>
    private bool SomebodyHasJoined(RoomCharter charter, LoggedInstance logged) => charter.Members.Any(member =>
        member.Broker is not null && !_keys.TryGet(member.Id, out _) && _log.Newest.KeysOf(member.Id, KeyPurpose.Record) is [var first, ..] && first.Index > logged.Index);

    private RoomCharter CharterInForce(CosignedCheckpoint checkpoint) => _log.Newest.CharterAt(checkpoint.Time) switch
    {
        (not null, CharterStatus.InForce) and var (charter, _) => charter!,
        (_, CharterStatus.Expired) => throw new CleanRoomException(ErrorReason.CharterExpired, "The charter has expired."),
        _ => throw new CleanRoomException(ErrorReason.CharterNotInForce, "No charter is in force."),
    };

    /// <summary>Puts the instance into the log, and takes the keys of every owner whose broker approves of it.</summary>
    private async Task<LoggedInstance> AttestAsync(RoomCharter charter, CosignedCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        using var span = Tracing.Source.StartActivity("attest")?.SetTag(TelemetryFields.Room, _room);
        var brokers = charter.Members.Where(member => member.Broker is not null).Select(member => new BrokerClient(member, _instanceKeys.Certificate)).ToList();
        try
        {
            var shown = (await Task.WhenAll(brokers.Select(broker => ShowAsync(broker, charter, cancellationToken)))).OfType<InstanceEvidence>().ToList();
            _generation = (_log.Newest.CurrentInstance?.Generation ?? 0) + 1;
            var entry = new InstanceEntry(
                _options.Room, NewEntryId(), charter.Hash, LogPosition.Of(checkpoint.Note.Checkpoint), [.. shown.OrderBy(item => item.Broker)], _generation,
                _instanceKeys.Release.PublicKey, _instanceKeys.Signing.PublicKey);
            var leaf = entry.Sign(_instanceKeys.Signing);
            var index = await _log.AppendAsync(leaf, _options.CosignTimeout, cancellationToken);
            if (!_log[index].IsAccepted)
            {
                throw new CleanRoomException(ErrorReason.InstanceSuperseded, $"The instance entry is ignored: {_log[index].Reason}.");
            }
            var logged = new LoggedInstance(leaf, index);
            _bornAt = _log.Checkpoint!.Time.Opening;
            Log.InstanceLogged(_logger, _room, _generation);
            _status.Change(current => current with { Generation = _generation, InstanceLeaf = leaf, InstanceIndex = index });

            var collected = await Task.WhenAll(brokers.Where(broker => shown.Any(item => item.Broker == broker.Member))
                .Select(broker => CollectAsync(broker, entry, logged, cancellationToken)));
            foreach (var (member, keys) in collected.OfType<(MemberId, MemberKeys)>())
            {
                _keys.Add(member, keys);
            }
            if (_keys.Members.Count <= charter.FaultyWitnesses)
            {
                throw new CleanRoomException(ErrorReason.EvidenceRejected, "Too few brokers have released keys to this instance.");
            }
            var shortest = _keys.EarliestEnd!.Value;
            _renewAt = _bornAt + ((shortest - _bornAt) * 2 / 3);
            return logged;
        }
        finally
        {
            brokers.ForEach(broker => broker.Dispose());
        }
    }

    private async Task<InstanceEvidence?> ShowAsync(BrokerClient broker, RoomCharter charter, CancellationToken cancellationToken)
    {
        try
        {
            var nonce = await broker.ChallengeAsync(_options.Room, cancellationToken);
            var binding = ReportBinding.Compute(nonce.Span, _instanceKeys.Signing.PublicKey, _instanceKeys.Release.PublicKey, charter.Hash);
            return new InstanceEvidence(broker.Member, (await _evidence.GetEvidenceAsync(binding, cancellationToken)).Json, nonce);
        }
        catch (EvidenceUnavailableException exception)
        {
            Log.NoEvidence(_logger, _room, broker.Member.Value, exception.Message);
            return null;
        }
        catch (CleanRoomException exception)
        {
            _absent.Note(broker.Member, exception);
            Log.KeysRefused(_logger, _room, broker.Member.Value, exception.Reason.ToString());
            return null;
        }
    }

    private async Task<(MemberId, MemberKeys)?> CollectAsync(BrokerClient broker, InstanceEntry entry, LoggedInstance logged, CancellationToken cancellationToken)
    {
        try
        {
            var keys = await broker.CollectAsync(entry, logged, _instanceKeys, _log, cancellationToken);
            Log.KeysReleased(_logger, _room, broker.Member.Value);
            return (broker.Member, keys);
        }
        catch (CleanRoomException exception)
        {
            _absent.Note(broker.Member, exception);
            Log.KeysRefused(_logger, _room, broker.Member.Value, exception.Reason.ToString());
            return null;
        }
    }

    /// <summary>
    /// Computes the epochs of earlier generations again, to know what was told. Gives those that may never have been handed over: an instance ends no epoch
    /// before it has delivered the one before, so that only the last epoch before each change of instance can have been cut off.
    /// </summary>
    private async Task<IEnumerable<Delivery>> ReplayAsync(EnclaveWorld world, LoggedInstance logged, CancellationToken cancellationToken)
    {
        var undelivered = new Queue<Delivery>();
        Delivery? last = null;
        for (var index = 0L; index <= logged.Index; index++)
        {
            switch (_log[index])
            {
                case { IsAccepted: true, Entry.Entry: EpochEntry epoch }:
                    last = new Delivery(await RepeatAsync(world, epoch, cancellationToken), _log.Newest.CharterAtSize(index)!.Hash);
                    await world.AdvanceAsync(index + 1, cancellationToken);
                    break;
                case { IsAccepted: true, Entry.Entry: InstanceEntry } when last is not null:
                    undelivered.Enqueue(last);
                    last = null;
                    if (undelivered.Count > MaxUndelivered)
                    {
                        _ = undelivered.Dequeue();
                    }
                    break;
                default:
                    break;
            }
        }
        await world.AdvanceAsync(_log.Size, cancellationToken);
        return undelivered;
    }

    /// <summary>Computes an epoch of the log again. A recipient for whom it comes out otherwise (an owner's key or a ciphertext is gone since) is told again later.</summary>
    private async Task<EpochResult> RepeatAsync(EnclaveWorld world, EpochEntry epoch, CancellationToken cancellationToken)
    {
        await world.AdvanceAsync(epoch.Checkpoint.Checkpoint.Size, cancellationToken);
        var recipients = epoch.Recipients.Select(recipient => recipient.Member).ToHashSet();
        var same = EpochRun.Compute(epoch.Checkpoint, world.State, world.Shelf, world.Outbox, world.Desk, _keys, recipients, cancellationToken).As(epoch);
        foreach (var recipient in recipients.Except(same.Recipients.Select(recipient => recipient.Member)))
        {
            Log.EpochDiffers(_logger, _room, epoch.Epoch, recipient.Value);
            world.Outbox.PutBack(recipient);
        }
        return same;
    }

    /// <summary>Computes the epoch, records it, and only then has something to deliver.</summary>
    private async Task<Delivery> EndEpochAsync(EnclaveWorld world, CosignedCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        using var span = Tracing.Source.StartActivity("epoch")?.SetTag(TelemetryFields.Room, _room).SetTag(TelemetryFields.Generation, _generation);
        var result = EpochRun.Compute(checkpoint.Note, world.State, world.Shelf, world.Outbox, world.Desk, _keys, null, cancellationToken);
        var entry = new EpochEntry(
            _options.Room, NewEntryId(), checkpoint.Note, result.Epoch, result.Evaluated, _generation, [.. result.Recipients.Select(recipient => recipient.ToEntry())], result.RoomTime)
        {
            Disclosed = result.Disclosed,
        };
        var index = await _log.AppendAsync(entry.Sign(_instanceKeys.Signing), _options.CosignTimeout, cancellationToken);
        if (!_log[index].IsAccepted)
        {
            throw new CleanRoomException(ErrorReason.EntryInvalid, $"The epoch entry is ignored: {_log[index].Reason}.");
        }
        await world.AdvanceAsync(index + 1, cancellationToken);
        if (world.State.Epoch(result.Epoch) is not { } head || !head.IsTimely(_log.Checkpoint!))
        {
            throw new CleanRoomException(ErrorReason.NotCosigned, "The epoch's entry was cosigned too late; its messages are void.");
        }
        Log.EpochEnded(_logger, _room, result.Epoch, result.Evaluated);
        _ = span?.SetTag(TelemetryFields.Epoch, result.Epoch);
        return new Delivery(result, world.State.CharterAtSize(index)!.Hash, span?.Context ?? default);
    }

    private async Task<bool> TryDeliverAsync(RoomCharter charter, Queue<Delivery> undelivered, CancellationToken cancellationToken)
    {
        while (undelivered.TryPeek(out var delivery))
        {
            using var span = Tracing.Source.StartActivity("deliver", ActivityKind.Internal, delivery.Trace)?.SetTag(TelemetryFields.Room, _room)
                .SetTag(TelemetryFields.Epoch, delivery.Result.Epoch);
            try
            {
                await _courier.DeliverAsync(charter, _generation, delivery, cancellationToken);
                _ = undelivered.Dequeue();
                Log.Delivered(_logger, _room, delivery.Result.Epoch);
            }
            catch (CleanRoomException exception)
            {
                Log.DeliveryFailed(_logger, _room, delivery.Result.Epoch, exception.Reason.ToString());
                return false;
            }
        }
        return true;
    }

    private Task PauseAsync(RoomCharter charter, CancellationToken cancellationToken)
    {
        var fifth = charter.Epochs.Length.Approximate / 5;
        return Task.Delay(fifth < _options.LongestPause ? fifth : _options.LongestPause, _clock, cancellationToken);
    }

    private void Show(EnclaveWorld world) => _status.Change(current => current with
    {
        Position = world.State.Size,
        Epoch = world.State.LastEpoch,
        EvaluatedEpoch = world.State.LastEvaluatedEpoch,
        Keys = [.. _keys.Members.Select(member => member.Value)],
        LeaseEnds = _keys.EarliestEnd,
    });

    private static EntryId NewEntryId() => EntryId.From(RecordIds.Random());
}
