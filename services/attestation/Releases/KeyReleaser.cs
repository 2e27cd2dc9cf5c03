using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CleanRoom.Attestation.Api;
using CleanRoom.Attestation.Keys;
using CleanRoom.Attestation.Rooms;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Evidence.Results;
using CleanRoom.Storage.Brokers;
using CleanRoom.Transport;

namespace CleanRoom.Attestation.Releases;

/// <summary>What an instance shows to get the keys.</summary>
/// <param name="Room">The room.</param>
/// <param name="Result">Attestation result by this broker.</param>
/// <param name="Leaf">The instance entry.</param>
/// <param name="Index">Its position.</param>
/// <param name="Note">A cosigned checkpoint that covers it.</param>
/// <param name="Path">Its audit path.</param>
/// <param name="OldSize">Smaller size of the consistency proof.</param>
/// <param name="NewSize">Larger size.</param>
/// <param name="Consistency">Between that checkpoint and the last one that this broker cosigned.</param>
/// <param name="NewestPeriod">Newest period of the owner's record keys in the log; later ones are held back.</param>
internal sealed record ReleaseRequest(
    RoomId Room, string Result, ReadOnlyMemory<byte> Leaf, long Index, string Note, IReadOnlyList<Digest> Path,
    long OldSize, long NewSize, IReadOnlyList<Digest> Consistency, long NewestPeriod);

/// <summary>Keys, sealed to an instance.</summary>
/// <param name="Enc">HPKE encapsulated key.</param>
/// <param name="Ciphertext">Sealed key bundle.</param>
/// <param name="Leaf">The release entry.</param>
/// <param name="Logged">Where it stands, verified.</param>
internal sealed record KeyRelease(ReadOnlyMemory<byte> Enc, ReadOnlyMemory<byte> Ciphertext, ReadOnlyMemory<byte> Leaf, LoggedLeaf Logged);

/// <summary>Bounds of releases.</summary>
/// <param name="Lease">Longest lease.</param>
/// <param name="ClockSkew">How far room time may be from this broker's clock.</param>
internal sealed record ReleaseLimits(TimeSpan Lease, TimeSpan ClockSkew);

/// <summary>
/// The key broker. Keys are opened last, after the release entry is in the cosigned log: what cannot be recorded is not released.
/// </summary>
internal sealed partial class KeyReleaser(
    RoomGuard guard, BrokerKeys keys, StandingReader standing, RoomKeys roomKeys, IRoomLog log, ReleaseLimits limits, TimeProvider clock, ILogger<KeyReleaser> logger)
{
    public async Task<Outcome<KeyRelease>> ReleaseAsync(ReleaseRequest request, CancellationToken cancellationToken)
    {
        var room = await guard.FindAsync(request.Room, cancellationToken);
        if (room is null)
        {
            return new Outcome<KeyRelease>.Refused(RoomGuard.NotJoined());
        }

        if (Check(room, request, out var instance, out var cosigned) is { } refusal)
        {
            return Refused(request.Room, refusal);
        }

        var read = await AskLogAsync(room, instance!, LogPosition.Of(cosigned!.Note.Checkpoint), cancellationToken);
        if (read is Outcome<IReadOnlySet<int>>.Refused unread)
        {
            return Refused(request.Room, unread.Refusal);
        }

        var erased = ((Outcome<IReadOnlySet<int>>.Done)read).Value;
        var entry = await DecideAsync(room, request, instance!, cosigned!, erased, cancellationToken);
        if (entry is Outcome<BrokerRelease>.Refused undecided)
        {
            return Refused(request.Room, undecided.Refusal);
        }

        var release = ((Outcome<BrokerRelease>.Done)entry).Value;
        LoggedLeaf logged;
        try
        {
            logged = await log.AppendAsync(room.Charter, release.Leaf, cancellationToken);
        }
        catch (RoomLogException exception)
        {
            LogNotLogged(exception, request.Room);
            return Refused(request.Room, new Refusal(
                BrokerReason.LogUnavailable, "", "The release entry could not be logged and cosigned in time, so nothing was released.", "Try again with the same result or a new one."));
        }

        // The state may have changed while the log was slow: the newest one decides.
        room = await guard.FindAsync(request.Room, cancellationToken) ?? throw new InvalidOperationException("A joined room does not vanish.");
        if (!logged.Proves(room.Charter, release.Leaf))
        {
            return Refused(request.Room, new Refusal(
                BrokerReason.NotCosigned, "", "The release entry is not in a checkpoint that a quorum cosigned, so nothing was released.", "Try again."));
        }

        if (CheckState(room, instance!) is { } changed)
        {
            return Refused(request.Room, changed);
        }

        // So may the log have, up to the entry: what stands before it was heard by nobody else here.
        read = await AskLogAsync(room, instance!, LogPosition.Of(Parse(logged.Note).Checkpoint), cancellationToken);
        if (read is Outcome<IReadOnlySet<int>>.Refused overtaken)
        {
            return Refused(request.Room, overtaken.Refusal);
        }

        using var opened = await OpenAsync(room, release, ((Outcome<IReadOnlySet<int>>.Done)read).Value, cancellationToken);
        if (opened is null)
        {
            return Refused(request.Room, new Refusal(
                BrokerReason.CustodyUnavailable, "", "The owner's keys cannot be opened where they are kept, so nothing was released.", "Try again later; the broker's log says why."));
        }

        // A custody far away is slow: who froze meanwhile, or started another instance, is heard.
        room = await guard.FindAsync(request.Room, cancellationToken) ?? throw new InvalidOperationException("A joined room does not vanish.");
        if (CheckState(room, instance!) is { } late)
        {
            return Refused(request.Room, late);
        }

        LogReleased(request.Room, release.Generation);
        return new Outcome<KeyRelease>.Done(Seal(room, instance!, release, logged, opened));
    }

    /// <summary>
    /// Asks the log what a stand-in may not have been told: a freeze, an erasure, a newer charter, a newer instance. It must be the log that was shown. The owner's own broker knows by itself.
    /// </summary>
    /// <returns>The periods that are erased, or a refusal.</returns>
    private async Task<Outcome<IReadOnlySet<int>>> AskLogAsync(JoinedRoom room, InstanceEntry instance, LogPosition shown, CancellationToken cancellationToken)
    {
        if (standing.In(room.Charter) != Standing.StandIn)
        {
            return new Outcome<IReadOnlySet<int>>.Done(new HashSet<int>());
        }

        RoomState state;
        try
        {
            state = await log.ReadAsync(room.Charter, shown, cancellationToken);
        }
        catch (RoomLogException exception)
        {
            LogNotRead(exception, room.Id);
            return exception.Reason switch
            {
                ErrorReason.LogForked => Refuse(BrokerReason.LogForked, "Ingestion gives this broker another log than the instance shows.", "Stop and compare the logs: somebody shows two histories."),
                ErrorReason.LogRolledBack => Refuse(BrokerReason.NotCosigned, "Ingestion gives this broker less of the log than the instance shows, so nothing was released.", "Try again."),
                _ => Refuse(BrokerReason.LogUnavailable, "The room's log cannot be read, so nothing was released.", "Try again with the same result or a new one."),
            };
        }

        if (state.Frozen.Contains(guard.Owner.Id))
        {
            return Refuse(BrokerReason.KeyFrozen, "The log says that the owner has frozen its keys.", "Ask the owner to resume it.");
        }

        if (state.Charter is { } newest && newest.Hash != room.Charter.Hash && newest.Version >= room.Charter.Version)
        {
            return Refuse(BrokerReason.CharterNotInForce, "The log has another charter than the one that was handed over to this broker.", "Let the owner's broker hand over again.");
        }

        return state.CurrentInstance?.Signing.Id == instance.Signing.Id
            ? new Outcome<IReadOnlySet<int>>.Done(state.Erasures.Where(erasure => erasure.Entry.Author == guard.Owner.Id).Select(erasure => erasure.Entry.Period).ToHashSet())
            : Refuse(BrokerReason.GenerationSuperseded, "The instance is not the newest one in the log.", "Start a new instance.");

        static Outcome<IReadOnlySet<int>> Refuse(BrokerReason reason, string message, string remedy) => new Outcome<IReadOnlySet<int>>.Refused(new Refusal(reason, "", message, remedy));
    }

    /// <summary>Opens what the entry in the log says and no more: a period that began since belongs to the next release, one that was erased since to none.</summary>
    private async Task<OpenedKeys?> OpenAsync(JoinedRoom room, BrokerRelease release, IReadOnlySet<int> erased, CancellationToken cancellationToken)
    {
        var periods = PeriodsOf(release).Except(erased).ToHashSet();
        try
        {
            return await roomKeys.OpenAsync(room.Id, [.. room.Record.RecordKeys.Where(key => periods.Contains(key.Period))], room.Record.SealedRoomSecret, cancellationToken);
        }
        catch (CustodyException exception)
        {
            LogNotOpened(exception, room.Id);
            return null;
        }
    }

    private Refusal? Check(JoinedRoom room, ReleaseRequest request, out InstanceEntry? instance, out CosignedCheckpoint? cosigned)
    {
        cosigned = null;
        instance = null;
        var now = clock.GetUtcNow();
        return guard.Objection(room, now)
            ?? CheckInstance(room, request, now, out instance)
            ?? CheckLog(room, request, now, out cosigned)
            ?? CheckState(room, instance!);
    }

    /// <summary>What may change while the log is slow, and is asked again on the newest state.</summary>
    private Refusal? CheckState(JoinedRoom room, InstanceEntry instance)
    {
        if (guard.Objection(room, clock.GetUtcNow()) is { } objection)
        {
            return objection;
        }

        if (instance.Charter != room.Charter.Hash)
        {
            return new Refusal(BrokerReason.CharterNotInForce, "result", "The instance enforces another charter than the newest one.", "Start an instance with the newest charter.");
        }

        return instance.Generation < room.Record.Generation || (instance.Generation == room.Record.Generation && instance.Signing.Id != room.Record.Instance)
            ? new Refusal(BrokerReason.GenerationSuperseded, "instance", "A newer generation of the enclave has got keys here, or another instance of this one.", "Start a new instance.")
            : null;
    }

    private Refusal? CheckInstance(JoinedRoom room, ReleaseRequest request, DateTimeOffset now, out InstanceEntry? instance)
    {
        instance = null;
        if (!AttestationResult.TryVerify(request.Result, keys.Verifier.PublicKey, now, out var claims, out var error))
        {
            return new Refusal(BrokerReason.ResultInvalid, "result", $"The attestation result does not count: {error}.", "Attest again at this broker.");
        }

        if (claims.Member != guard.Owner.Id.Value || claims.Room != request.Room.ToString())
        {
            return new Refusal(BrokerReason.ResultInvalid, "result", "The attestation result is for another broker or room.", "Attest again at this broker.");
        }

        if (claims.Charter != room.Charter.Hash)
        {
            return new Refusal(BrokerReason.CharterNotInForce, "result", "The instance was appraised against another charter than the newest one.", "Attest again with the newest charter.");
        }

        if (!SignedEntry.TryParse(request.Leaf.Span, out var signed, out _) || signed.Entry is not InstanceEntry entry || !signed.Verify(entry.Signing))
        {
            return new Refusal(BrokerReason.InstanceInvalid, "instance.leaf", "The leaf is not an instance entry signed by the instance's own key.", "Send the leaf as it stands in the log.");
        }

        var evidence = entry.Evidence.FirstOrDefault(item => item.Broker == guard.Owner.Id);
        var same = entry.Room == request.Room && entry.Charter == claims.Charter
            && entry.Signing.Id == claims.Signing && entry.Release.Id == claims.Release && evidence is not null
            && Digest.Of(evidence.Evidence.Span) == claims.Evidence && CryptographicOperations.FixedTimeEquals(evidence.Nonce.Span, claims.Nonce.Span);
        if (!same)
        {
            return new Refusal(BrokerReason.InstanceInvalid, "instance.leaf", "The instance entry and the attestation result name different keys, charters, rooms or evidence.", "Attest the instance whose entry is in the log.");
        }

        instance = entry;
        return null;
    }

    private Refusal? CheckLog(JoinedRoom room, ReleaseRequest request, DateTimeOffset now, out CosignedCheckpoint? cosigned)
    {
        if (!SignedCheckpoint.TryParse(request.Note, out var note) || !CosignedCheckpoint.TryVerify(note, room.Charter, out cosigned, out _))
        {
            cosigned = null;
            return new Refusal(BrokerReason.NotCosigned, "inclusion.checkpoint", "The checkpoint is not one of this room that a quorum of its witnesses has cosigned.", "Wait for more cosignatures.");
        }

        var checkpoint = cosigned.Note.Checkpoint;
        if (!MerkleProof.VerifyInclusion(MerkleTree.LeafHash(request.Leaf.Span), request.Index, checkpoint.Size, request.Path, checkpoint.Root))
        {
            return new Refusal(BrokerReason.InstanceInvalid, "inclusion.path", "The instance entry does not stand in the checkpoint at that index.", "Fetch the inclusion proof again.");
        }

        if (room.Record.CosignedRoot is { } lastRoot)
        {
            if (CheckConsistency(room.Record.CosignedSize, lastRoot, cosigned, request) is { } forked)
            {
                return forked;
            }
        }
        else if (standing.In(room.Charter) != Standing.StandIn)
        {
            // A quorum forms without the slowest, and one that is just back is asked again soon: not the owner's no, but not yet.
            return new Refusal(BrokerReason.LogUnavailable, "", "This broker has cosigned nothing of the room's log yet, so nothing was released.", "Try again once ingestion has asked it for a cosignature.");
        }

        // A stand-in never cosigns. If its owner's broker had not either when it handed over (a room may have its quorum without the slowest), the first
        // checkpoint of a quorum is what later ones must extend.
        if (cosigned.Time.Opening < room.Charter.ValidFrom)
        {
            return new Refusal(BrokerReason.CharterNotInForce, "inclusion.checkpoint", "The charter is not yet valid at that room time.", "Wait until it is.");
        }

        if (cosigned.Time.Expiring >= room.Charter.Expires)
        {
            return new Refusal(BrokerReason.CharterExpired, "inclusion.checkpoint", "The charter has expired at that room time.", "Let the members sign a new version.");
        }

        return (cosigned.Time.Opening - now).Duration() > limits.ClockSkew || (cosigned.Time.Expiring - now).Duration() > limits.ClockSkew
            ? new Refusal(BrokerReason.NotCosigned, "inclusion.checkpoint", "The checkpoint's room time is too far from this broker's clock.", "Fetch a checkpoint that was cosigned just now.")
            : null;
    }

    private Refusal? CheckConsistency(long last, Digest lastRoot, CosignedCheckpoint cosigned, ReleaseRequest request)
    {
        var checkpoint = cosigned.Note.Checkpoint;
        var forked = new Refusal(
            BrokerReason.LogForked, last.ToString(CultureInfo.InvariantCulture), "The checkpoint is not of the history that this broker cosigned.", "Stop and compare the logs: somebody shows two histories.");
        if (checkpoint.Size == last)
        {
            return checkpoint.Root == lastRoot ? null : forked;
        }

        // What this witness cosigned before is part of what it cosigned last: its own name under the checkpoint is the proof. Without
        // this, a log that moves on while the request travels would make every proof one from elsewhere.
        if (checkpoint.Size < last && cosigned.Note.Cosignatures.Any(own => own.Name == guard.Owner.Id.Value && own.Verify(keys.Witness.PublicKey, checkpoint)))
        {
            return null;
        }

        var (size1, root1, size2, root2) = checkpoint.Size > last
            ? (last, lastRoot, checkpoint.Size, checkpoint.Root)
            : (checkpoint.Size, checkpoint.Root, last, lastRoot);
        if (request.OldSize != size1 || request.NewSize != size2)
        {
            return new Refusal(
                BrokerReason.ProofFromElsewhere, last.ToString(CultureInfo.InvariantCulture), $"This broker last cosigned size {last}.", "Send a consistency proof between there and the checkpoint.");
        }

        return MerkleProof.VerifyConsistency(size1, root1, size2, root2, request.Consistency) ? null : forked;
    }

    /// <summary>Decides once for a result: the same result gives the same entry, before and after a crash.</summary>
    private async Task<Outcome<BrokerRelease>> DecideAsync(
        JoinedRoom room, ReleaseRequest request, InstanceEntry instance, CosignedCheckpoint cosigned, IReadOnlySet<int> erased, CancellationToken cancellationToken)
    {
        var result = Digest.Of(Encoding.ASCII.GetBytes(request.Result));
        var known = await guard.Store.FindReleaseAsync(room.Record.Room, result, cancellationToken);
        if (known is not null)
        {
            return new Outcome<BrokerRelease>.Done(known);
        }

        var byCharter = room.Charter.Retention.KeyLease.After(cosigned.Time.Opening);
        var byOwner = cosigned.Time.Opening + limits.Lease;
        var leaseEnds = byCharter < byOwner ? byCharter : byOwner;

        // The generation is taken first: from here on no lower one, and no other instance of this one, gets anything.
        var taken = await guard.ChangeAsync(
            request.Room,
            state => (CheckState(state, instance) ?? CheckHistory(state, request, cosigned)) is { } refusal
                ? new Outcome<BrokerRoom>.Refused(refusal)
                : new Outcome<BrokerRoom>.Done(Remember(state, cosigned) with { Generation = instance.Generation, Instance = instance.Signing.Id, LeaseEnds = leaseEnds }),
            cancellationToken);
        if (taken is Outcome<JoinedRoom>.Refused refused)
        {
            return new Outcome<BrokerRelease>.Refused(refused.Refusal);
        }

        var entry = new ReleaseEntry(
            request.Room, EntryId.From(RandomUuid.New()), guard.Owner.Id, instance.Generation, instance.Signing.Id, leaseEnds,
            [.. room.Record.RecordKeys.Select(key => key.Period).Where(period => period <= request.NewestPeriod && !erased.Contains(period)).Order()]);
        return new Outcome<BrokerRelease>.Done(await guard.Store.AddReleaseAsync(
            new BrokerRelease(room.Record.Room, result, instance.Generation, entry.Sign(keys.Verifier), leaseEnds), cancellationToken));
    }

    /// <summary>A stand-in's last checkpoint moves with releases and hand-overs, so the one that is shown is held against it again where it is replaced.</summary>
    private Refusal? CheckHistory(JoinedRoom room, ReleaseRequest request, CosignedCheckpoint cosigned) =>
        standing.In(room.Charter) == Standing.StandIn && room.Record.CosignedRoot is { } root ? CheckConsistency(room.Record.CosignedSize, root, cosigned, request) : null;

    /// <summary>A stand-in cosigns nothing: the last checkpoint of a quorum that it released under takes that place.</summary>
    private BrokerRoom Remember(JoinedRoom room, CosignedCheckpoint cosigned) => standing.In(room.Charter) == Standing.StandIn && cosigned.Size > room.Record.CosignedSize
        ? room.Record with { CosignedSize = cosigned.Size, CosignedRoot = cosigned.Root }
        : room.Record;

    private static SignedCheckpoint Parse(string note) => SignedCheckpoint.TryParse(note, out var parsed) ? parsed : throw new InvalidOperationException("A proof that holds has a checkpoint.");

    private static IReadOnlyCollection<int> PeriodsOf(BrokerRelease release) => SignedEntry.TryParse(release.Leaf.Span, out var signed, out _) && signed.Entry is ReleaseEntry entry
        ? entry.Periods
        : throw new InvalidOperationException("A kept release has a release entry.");

    private KeyRelease Seal(JoinedRoom room, InstanceEntry instance, BrokerRelease release, LoggedLeaf logged, OpenedKeys opened)
    {
        byte[]? bundle = null;
        try
        {
            bundle = KeyBundleFormat.Write(opened, release.LeaseEnds);
            byte[] info =
            [
                .. "cleanroom/v1/release"u8, 0, .. Encoding.ASCII.GetBytes(room.Id.ToString()), 0, .. Encoding.ASCII.GetBytes(guard.Owner.Id.Value), 0,
                .. Encoding.ASCII.GetBytes(release.Generation.ToString(CultureInfo.InvariantCulture)),
            ];
            var message = Hpke.Seal(instance.Release, info, MerkleTree.LeafHash(release.Leaf.Span).Span, bundle);
            return new KeyRelease(message.AsMemory(0, Hpke.EncSize), message.AsMemory(Hpke.EncSize), release.Leaf, logged);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bundle);
        }
    }

    private Outcome<KeyRelease> Refused(RoomId room, Refusal refusal)
    {
        LogRefused(room, refusal.Reason);
        return new Outcome<KeyRelease>.Refused(refusal);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Released keys for room {Room} to generation {Generation}.")]
    private partial void LogReleased(RoomId room, long generation);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Released nothing for room {Room}: {Reason}.")]
    private partial void LogRefused(RoomId room, BrokerReason reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The release entry for room {Room} could not be logged.")]
    private partial void LogNotLogged(Exception exception, RoomId room);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The log of room {Room} cannot be read.")]
    private partial void LogNotRead(Exception exception, RoomId room);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The keys of room {Room} cannot be opened where they are kept.")]
    private partial void LogNotOpened(Exception exception, RoomId room);
}
