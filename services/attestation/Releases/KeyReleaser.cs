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
internal sealed record ReleaseRequest(
    RoomId Room, string Result, ReadOnlyMemory<byte> Leaf, long Index, string Note, IReadOnlyList<Digest> Path,
    long OldSize, long NewSize, IReadOnlyList<Digest> Consistency);

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
    RoomGuard guard, BrokerKeys keys, IRoomLog log, ReleaseLimits limits, TimeProvider clock, ILogger<KeyReleaser> logger)
{
    private readonly RoomSecrets _secrets = new(keys);

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

        var entry = await DecideAsync(room, request, instance!, cosigned!, cancellationToken);
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
        if (CheckLogged(room, release, logged) is { } notLogged)
        {
            return Refused(request.Room, notLogged);
        }

        if (CheckState(room, instance!) is { } changed)
        {
            return Refused(request.Room, changed);
        }

        LogReleased(request.Room, release.Generation);
        return new Outcome<KeyRelease>.Done(Seal(room, instance!, release, logged));
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

        if (room.Record.CosignedRoot is not { } lastRoot)
        {
            return new Refusal(BrokerReason.NotCosigned, "consistency", "This broker has cosigned nothing of the room's log yet.", "Let ingestion ask it for a cosignature first.");
        }

        if (CheckConsistency(room.Record.CosignedSize, lastRoot, cosigned, request) is { } forked)
        {
            return forked;
        }

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
        JoinedRoom room, ReleaseRequest request, InstanceEntry instance, CosignedCheckpoint cosigned, CancellationToken cancellationToken)
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
            state => CheckState(state, instance) is { } refusal
                ? new Outcome<BrokerRoom>.Refused(refusal)
                : new Outcome<BrokerRoom>.Done(state.Record with { Generation = instance.Generation, Instance = instance.Signing.Id, LeaseEnds = leaseEnds }),
            cancellationToken);
        if (taken is Outcome<JoinedRoom>.Refused refused)
        {
            return new Outcome<BrokerRelease>.Refused(refused.Refusal);
        }

        var entry = new ReleaseEntry(
            request.Room, NewEntryId(), guard.Owner.Id, instance.Generation, instance.Signing.Id, leaseEnds, [.. room.Record.RecordKeys.Select(key => key.Period)]);
        return new Outcome<BrokerRelease>.Done(await guard.Store.AddReleaseAsync(
            new BrokerRelease(room.Record.Room, result, instance.Generation, entry.Sign(keys.Verifier), leaseEnds), cancellationToken));
    }

    private static Refusal? CheckLogged(JoinedRoom room, BrokerRelease release, LoggedLeaf logged) =>
        SignedCheckpoint.TryParse(logged.Note, out var note) && CosignedCheckpoint.TryVerify(note, room.Charter, out var cosigned, out _)
        && MerkleProof.VerifyInclusion(MerkleTree.LeafHash(release.Leaf.Span), logged.Index, cosigned.Size, logged.Path, cosigned.Root)
            ? null
            : new Refusal(BrokerReason.NotCosigned, "", "The release entry is not in a checkpoint that a quorum cosigned, so nothing was released.", "Try again.");

    private KeyRelease Seal(JoinedRoom room, InstanceEntry instance, BrokerRelease release, LoggedLeaf logged)
    {
        var secrets = new List<byte[]>();
        byte[]? bundle = null;
        try
        {
            var recordKeys = new List<(int Period, byte[] Key)>();
            foreach (var sealedKey in room.Record.RecordKeys)
            {
                var key = _secrets.OpenRecordKey(room.Id, sealedKey);
                secrets.Add(key);
                recordKeys.Add((sealedKey.Period, key));
            }

            var roomSecret = _secrets.OpenRoomSecret(room.Id, room.Record.SealedRoomSecret.Span);
            secrets.Add(roomSecret);
            bundle = KeyBundleFormat.Write(recordKeys, roomSecret, release.LeaseEnds);
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
            foreach (var secret in secrets)
            {
                CryptographicOperations.ZeroMemory(secret);
            }

            CryptographicOperations.ZeroMemory(bundle);
        }
    }

    // A random UUID of version 4 from the cryptographic generator.
    private static EntryId NewEntryId()
    {
        Span<byte> random = stackalloc byte[16];
        RandomNumberGenerator.Fill(random);
        random[6] = (byte)((random[6] & 0x0F) | 0x40);
        random[8] = (byte)((random[8] & 0x3F) | 0x80);
        return EntryId.From(new Guid(random, bigEndian: true));
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
}
