using System.Diagnostics;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Evidence;
using CleanRoom.Evidence.Platforms;
using CleanRoom.Hosting;
using CleanRoom.Hosting.Telemetry;
using CleanRoom.Matching.Epochs;
using CleanRoom.Matching.Records;
using CleanRoom.Matching.Release;
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
        var late = new LateEpochs();
        var detours = new Detours();
        while (!stoppingToken.IsCancellationRequested)
        {
            var started = clock.GetTimestamp();
            var reason = "";
            try
            {
                using var generation = new EnclaveGeneration(options, status, late, detours, evidence, identity, clock, logger);
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

    /// <summary>How long an instance that is told to stop goes on handing over.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly RoomOptions _options;
    private readonly EnclaveStatus _status;
    private readonly LateEpochs _late;
    private readonly Detours _detours;
    private readonly HashSet<MemberId> _frozen = [];
    private readonly IEvidenceProvider _evidence;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly PinnedChannel _ingestion;
    private readonly VerifiedLog _log;
    private readonly InstanceKeys _instanceKeys;
    private readonly KeyRing _keys = new();
    private readonly MessageCourier _courier;
    private readonly AbsentBrokers _absent;
    private List<VoidMessages> _void = [];
    private readonly string _room;
    private long _generation;
    private DateTimeOffset _bornAt;
    private DateTimeOffset _renewAt;

    public EnclaveGeneration(
        RoomOptions options, EnclaveStatus status, LateEpochs late, Detours detours, IEvidenceProvider evidence, ServerIdentity identity, TimeProvider clock, ILogger logger)
    {
        (_options, _status, _late, _detours, _evidence, _clock, _logger) = (options, status, late, detours, evidence, clock, logger);
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
        _late.See(checkpoint, _log);
        Log.Verified(_logger, _room, checkpoint.Size);
        var charter = CharterInForce(checkpoint);
        if (charter.Simulated)
        {
            Log.Simulated(_logger, _room);
        }

        // Before anything is logged or asked for: an instance that would compare by other numbers than those signed takes no keys.
        var model = _options.Models.For(charter);
        _status.Change(current => current with { Phase = EnclavePhase.Attesting, Simulated = charter.Simulated });
        var world = new EnclaveWorld(_options.Room, _log, _keys, model, _options.MaxRecords, _logger)
        {
            Advanced = size => _status.Change(current => current with { Position = size }),
        };
        var logged = await AttestAsync(charter, checkpoint, cancellationToken);

        var undelivered = new Queue<Delivery>(await ReplayAsync(world, logged, cancellationToken));
        _absent.Begin(_options.AskAgain, _clock.GetElapsedTime(started));
        _status.Change(current => current with { Phase = EnclavePhase.Running, Reason = "" });
        var resealer = new Resealer(_options.Room, _log, _keys, world, _instanceKeys, _generation, _options.CosignTimeout, _logger);
        try
        {
            await WorkAsync(world, charter, logged, undelivered, resealer, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // What the log says has left should leave before this instance does: a successor may not be able to make it again.
            using var grace = new CancellationTokenSource(Grace, _clock);
            _ = await TryDeliverAsync(charter, undelivered, grace.Token);
            throw;
        }
    }

    /// <summary>Follows the log and ends epochs until a successor has to take over.</summary>
    private async Task WorkAsync(EnclaveWorld world, RoomCharter charter, LoggedInstance logged, Queue<Delivery> undelivered, Resealer resealer, CancellationToken cancellationToken)
    {
        var ended = false;
        while (true)
        {
            var checkpoint = await _log.SyncAsync(fresh: true, cancellationToken);
            _late.See(checkpoint, _log);
            if (_log.Newest.CurrentInstance?.Generation != _generation)
            {
                throw new CleanRoomException(ErrorReason.InstanceSuperseded, "A newer generation of the enclave is in the log.");
            }
            if (CharterInForce(checkpoint).Hash != charter.Hash || checkpoint.Time.Expiring >= _renewAt || SomebodyHasNewKeys(charter, logged)
                || !_frozen.IsSubsetOf(_log.Newest.Frozen)
                || await _absent.IsAnyBackAsync(charter, _instanceKeys.Certificate, cancellationToken))
            {
                return;
            }
            await world.AdvanceAsync(checkpoint.Size, cancellationToken);
            foreach (var member in _keys.Expire(checkpoint.Time.Expiring))
            {
                world.Shelf.TakeAll(member);
            }
            foreach (var member in _log.Newest.Frozen.Where(_frozen.Add))
            {
                _keys.Remove(member);
                world.Shelf.TakeAll(member);
            }
            Show(world);
            if (!await TryDeliverAsync(charter, undelivered, cancellationToken))
            {
                // No epoch ends before the one before it is in the slots: only the last of a generation can be cut off.
                await PauseAsync(charter, cancellationToken);
                continue;
            }
            var isDue = checkpoint.Time.Opening >= (world.State.LastRegularEpochTime ?? _bornAt) + charter.Epochs.Length.Approximate;
            var isEmergency = world.Desk.Emergencies.IsDue(world.State, checkpoint.Note);
            if ((isDue || isEmergency) && !ended)
            {
                undelivered.Enqueue(await EndEpochAsync(world, checkpoint, isEmergency, cancellationToken));
                Show(world);
                ended = true;
                continue;
            }

            // Between two epochs one thing is sealed anew at least, however long they take: old keys must not live on because a room is busy.
            ended = false;
            if (!await resealer.StepAsync(cancellationToken) && !isDue && !isEmergency)
            {
                await PauseAsync(charter, cancellationToken);
            }
        }
    }

    public void Dispose()
    {
        _keys.Dispose();
        _instanceKeys.Dispose();
        _log.Dispose();
        _ingestion.Dispose();
    }

    /// <summary>A member that has logged a record key since this instance asked, its first one or that of the next cryptoperiod: its broker is asked by the next instance.</summary>
    private bool SomebodyHasNewKeys(RoomCharter charter, LoggedInstance logged) => charter.Members.Any(member =>
        member.Broker is not null && _log.Newest.CurrentKey(member.Id, KeyPurpose.Record) is { } newest && newest.Index > logged.Index
        && !(_keys.TryGet(member.Id, out var held) && held.TryRecordKey(newest.Period, out _)));

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

        // Who has frozen in the log is not asked, at whatever broker: a freeze that one broker knows of must not be a reason to ask another.
        _frozen.UnionWith(_log.Newest.Frozen);
        var owners = charter.Members.Where(member => member.Broker is not null && !_frozen.Contains(member.Id))
            .Select(member => (IReadOnlyList<BrokerClient>)[.. _detours.Order(BrokerPlace.Of(member.Broker!)).Select(place => new BrokerClient(member.Id, place, _instanceKeys.Certificate))])
            .ToList();
        try
        {
            var asked = (await Task.WhenAll(owners.Select(brokers => ShowAsync(brokers, charter, cancellationToken)))).OfType<(BrokerClient Broker, InstanceEvidence Shown)>().ToList();
            _generation = _log.Newest.LastGeneration + 1;
            var entry = new InstanceEntry(
                _options.Room, NewEntryId(), charter.Hash, LogPosition.Of(checkpoint.Note.Checkpoint), [.. asked.Select(item => item.Shown).OrderBy(item => item.Broker)], _generation,
                _instanceKeys.Release.PublicKey, _instanceKeys.Signing.PublicKey);
            var leaf = entry.Sign(_instanceKeys.Signing);
            var index = await _log.AppendAsync(leaf, _options.CosignTimeout, cancellationToken);
            if (!_log[index].IsAccepted)
            {
                throw new CleanRoomException(ErrorReason.InstanceSuperseded, $"The instance entry is ignored: {_log[index].Reason}.");
            }
            var logged = new LoggedInstance(leaf, index);
            _bornAt = _log.Checkpoint!.Time.Opening;
            _late.See(_log.Checkpoint, _log);
            Log.InstanceLogged(_logger, _room, _generation);
            _status.Change(current => current with { Generation = _generation, InstanceLeaf = leaf, InstanceIndex = index });

            var collected = await Task.WhenAll(asked.Select(item => CollectAsync(item.Broker, entry, logged, cancellationToken)));
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
            foreach (var broker in owners.SelectMany(static brokers => brokers))
            {
                broker.Dispose();
            }
        }
    }

    /// <summary>Asks an owner's brokers for a nonce, the next one only if the one before is away, and makes the evidence for the one that answered.</summary>
    private async Task<(BrokerClient Broker, InstanceEvidence Shown)?> ShowAsync(IReadOnlyList<BrokerClient> brokers, RoomCharter charter, CancellationToken cancellationToken)
    {
        foreach (var broker in brokers)
        {
            try
            {
                var nonce = await broker.ChallengeAsync(_options.Room, cancellationToken);
                var binding = ReportBinding.Compute(nonce.Span, _instanceKeys.Signing.PublicKey, _instanceKeys.Release.PublicKey, charter.Hash);
                return (broker, new InstanceEvidence(broker.Member, (await _evidence.GetEvidenceAsync(binding, cancellationToken)).Json, nonce));
            }
            catch (EvidenceUnavailableException exception)
            {
                Log.NoEvidence(_logger, _room, broker.Member.Value, exception.Message);
                return null;
            }
            catch (CleanRoomException exception)
            {
                Log.KeysRefused(_logger, _room, broker.Member.Value, exception.Reason.ToString());
                if (!AbsentBrokers.IsAway(exception))
                {
                    return null;
                }
                if (broker == brokers[^1])
                {
                    _absent.Note(broker.Member, exception);
                }
            }
        }
        return null;
    }

    private async Task<(MemberId, MemberKeys)?> CollectAsync(BrokerClient broker, InstanceEntry entry, LoggedInstance logged, CancellationToken cancellationToken)
    {
        try
        {
            var keys = await broker.CollectAsync(
                entry, logged, _instanceKeys, _log, _log.Newest.CurrentKey(broker.Member, KeyPurpose.Record)?.Period ?? 0, cancellationToken);
            foreach (var erasure in _log.Newest.Erasures.Where(erasure => erasure.Entry.Author == broker.Member))
            {
                // A broker that has not heard of it, or was restored from an old copy, may still have the key.
                keys.Forget(erasure.Entry.Period);
            }
            Log.KeysReleased(_logger, _room, broker.Member.Value, broker.Place.StandsIn);
            return (broker.Member, keys);
        }
        catch (CleanRoomException exception)
        {
            if (AbsentBrokers.IsAway(exception))
            {
                _detours.Around(broker.Place);
            }
            _absent.Note(broker.Member, exception);
            Log.KeysRefused(_logger, _room, broker.Member.Value, exception.Reason.ToString());
            return null;
        }
    }

    /// <summary>
    /// Computes the epochs of earlier generations again, to know what was told. Gives those that may never have been handed over: an instance ends no epoch
    /// before it has delivered the one before, so that only the last epoch before each change of instance can have been cut off. What of those comes out
    /// otherwise now, or was cosigned too late, is declared void with the next epoch: its recipients would wait for it for ever.
    /// </summary>
    private async Task<IEnumerable<Delivery>> ReplayAsync(EnclaveWorld world, LoggedInstance logged, CancellationToken cancellationToken)
    {
        var undelivered = new Queue<(Delivery Delivery, EpochEntry Entry)>();
        (Delivery, EpochEntry)? last = null;
        for (var index = 0L; index <= logged.Index; index++)
        {
            switch (_log[index])
            {
                case { IsAccepted: true, Entry.Entry: EpochEntry epoch }:
                    last = (new Delivery(await RepeatAsync(world, epoch, cancellationToken), _log.Newest.CharterAtSize(index)!.Hash), epoch);
                    await world.AdvanceAsync(index + 1, cancellationToken);
                    break;
                case { IsAccepted: true, Entry.Entry: InstanceEntry } when last is not null:
                    undelivered.Enqueue(last.Value);
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
        _void =
        [
            .. from item in undelivered
               from recipient in item.Entry.Recipients
               where item.Delivery.Result.Recipients.All(made => made.Member != recipient.Member) && _log.Newest.VoidThrough(recipient.Member, recipient.First) is null
               select new VoidMessages(item.Entry.Epoch, recipient.Member),
        ];
        return undelivered.Select(item => item.Delivery);
    }

    /// <summary>Computes an epoch of the log again. A recipient for whom it comes out otherwise (an owner's key or a ciphertext is gone since) is told again later.</summary>
    private async Task<EpochResult> RepeatAsync(EnclaveWorld world, EpochEntry epoch, CancellationToken cancellationToken)
    {
        await world.AdvanceAsync(epoch.Checkpoint.Checkpoint.Size, cancellationToken);
        var recipients = epoch.Recipients.Select(recipient => recipient.Member).ToHashSet();
        var isEmergency = epoch.Emergencies.Count > 0;
        var same = Compute(world, epoch.Checkpoint, isEmergency, recipients, cancellationToken).As(epoch);
        foreach (var recipient in recipients.Except(same.Recipients.Select(recipient => recipient.Member)))
        {
            Log.EpochDiffers(_logger, _room, epoch.Epoch, recipient.Value);
        }
        // What is void was told to nobody, whether it comes out the same by now or not: each instance replays what the one that declared it has done.
        same = same with { Recipients = [.. same.Recipients.Where(made => !_late.Contains(epoch.Epoch) && _log.Newest.VoidThrough(made.Member, made.First) is null)] };
        foreach (var recipient in recipients.Except(same.Recipients.Select(recipient => recipient.Member)))
        {
            if (isEmergency)
            {
                world.Desk.Emergencies.PutBack(recipient, world.Outbox);
            }
            else
            {
                world.Outbox.PutBack(recipient);
            }
        }
        return same;
    }

    /// <summary>An epoch, told now or replayed; one of emergencies is for nothing else.</summary>
    private EpochResult Compute(EnclaveWorld world, SignedCheckpoint note, bool isEmergency, IReadOnlySet<MemberId>? recipients, CancellationToken cancellationToken) => isEmergency
        ? EpochRun.ComputeEmergency(note, world.State, world.Shelf, world.Desk.Emergencies, _keys, recipients)
        : EpochRun.Compute(note, world.State, world.Shelf, world.Outbox, world.Desk, _keys, recipients, cancellationToken);

    /// <summary>Computes the epoch, records it, and only then has something to deliver.</summary>
    private async Task<Delivery> EndEpochAsync(EnclaveWorld world, CosignedCheckpoint checkpoint, bool isEmergency, CancellationToken cancellationToken)
    {
        using var span = Tracing.Source.StartActivity("epoch")?.SetTag(TelemetryFields.Room, _room).SetTag(TelemetryFields.Generation, _generation);
        var result = Compute(world, checkpoint.Note, isEmergency, null, cancellationToken);
        var entry = new EpochEntry(
            _options.Room, NewEntryId(), checkpoint.Note, result.Epoch, result.Evaluated, _generation, [.. result.Recipients.Select(recipient => recipient.ToEntry())], result.RoomTime)
        {
            Audits = result.Audits,
            Automatic = result.Automatic,
            Disclosed = result.Disclosed,
            Emergencies = result.Emergencies,
            Void = _void,
        };
        var index = await _log.AppendAsync(entry.Sign(_instanceKeys.Signing), _options.CosignTimeout, cancellationToken);
        if (!_log[index].IsAccepted)
        {
            throw new CleanRoomException(ErrorReason.EntryInvalid, $"The epoch entry is ignored: {_log[index].Reason}.");
        }
        await world.AdvanceAsync(index + 1, cancellationToken);
        if (world.State.Epoch(result.Epoch) is not { } head || !head.IsTimely(_log.Checkpoint!))
        {
            _late.Add(result.Epoch);
            throw new CleanRoomException(ErrorReason.NotCosigned, "The epoch's entry was cosigned too late; its messages are void.");
        }
        _void = [];
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

    private static EntryId NewEntryId() => EntryId.From(RandomUuid.New());
}
