using System.Security.Cryptography;
using CleanRoom.Attestation.Api;
using CleanRoom.Attestation.Keys;
using CleanRoom.Charter;
using CleanRoom.Cryptography;
using CleanRoom.Storage.Brokers;

namespace CleanRoom.Attestation.Rooms;

/// <summary>
/// How a stand-in comes to hold the same keys: the owner's broker seals them to the key that the newest charter lists for the stand-in and signs that; the stand-in takes them if its charter says the same.
/// Both only for the owner's administrators. Nothing is handed over by itself: each copy more is the owner's own decision.
/// </summary>
internal sealed partial class HandOverDesk(
    RoomGuard guard, BrokerKeys keys, StandingReader standing, CharterDesk charters, RoomKeys roomKeys, ErasureFolder statements, ILogger<HandOverDesk> logger)
{
    /// <summary>Seals what this broker holds to a stand-in.</summary>
    /// <param name="room">The room.</param>
    /// <param name="to">Id of the stand-in's verifier key.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The package, compact JWS.</returns>
    public async Task<Outcome<string>> HandOverAsync(RoomId room, KeyId to, CancellationToken cancellationToken)
    {
        if (await guard.FindAsync(room, cancellationToken) is not { } state)
        {
            return new Outcome<string>.Refused(RoomGuard.NotJoined());
        }

        if (standing.In(state.Charter) != Standing.Broker)
        {
            return Refuse<string>(BrokerReason.StandsIn, "room", "This broker stands in itself: only the owner's broker hands over.", "Ask the owner's broker.");
        }

        if (!state.Charter.TryFind(guard.Owner.Id, out var member) || member.Broker!.StandIns.FirstOrDefault(item => item.VerifierKey.Id == to) is not { } standIn)
        {
            return Refuse<string>(BrokerReason.StandInUnknown, "to", "The newest charter names no stand-in with that key.", "Name it in a charter first, and give that to this broker.");
        }

        try
        {
            using var handed = new HandOver(
                state.Record.SignedCharter, state.Record.Genesis, state.Record.Frozen, state.Record.CosignedSize, state.Record.CosignedRoot,
                [.. state.Record.RecordKeys.OrderBy(key => key.Period).Select(key => Secret(room, key))], Secret(room, state.Record.SealedRoomSecret));
            LogHandedOver(room, to);
            return new Outcome<string>.Done(Seal(handed, standIn));
        }
        catch (CustodyException exception)
        {
            LogCustody(exception, room);
            return Refuse<string>(BrokerReason.CustodyUnavailable, "", "The owner's keys cannot be opened where they are kept, so nothing was handed over.", "Try again; the broker's log says why.");
        }
    }

    /// <summary>Takes a package of the owner's broker. The same again is no error.</summary>
    /// <param name="package">Compact JWS.</param>
    /// <param name="cancellationToken">Before a write begins.</param>
    public async Task<Outcome<JoinedRoom>> TakeOverAsync(string package, CancellationToken cancellationToken)
    {
        if (!Jws.TryParse(package, out var jws, HandOver.MaxSize) || jws.Type != HandOver.Type
            || !Hpke.TryOpen(keys.HandOver, HandOver.Info(keys.Verifier.PublicKey.Id), [], jws.Payload.Span, out var plain))
        {
            return Refuse<JoinedRoom>(BrokerReason.HandOverInvalid, "package", "The package was not sealed to this broker.", "Let the owner's broker hand over to this one.");
        }

        HandOver? handed = null;
        try
        {
            if (!HandOverFormat.TryRead(plain, out handed) || !SignedCharter.TryParse(handed.SignedCharter.Span, out var signed, out _))
            {
                return Refuse<JoinedRoom>(BrokerReason.HandOverInvalid, "package", "The package does not hold what a broker hands over.", "Let the owner's broker hand over again.");
            }

            return Objection(signed, jws) is { } objection ? new Outcome<JoinedRoom>.Refused(objection) : await KeepAsync(signed, handed, cancellationToken);
        }
        catch (CustodyException exception)
        {
            LogCustody(exception, default);
            return Refuse<JoinedRoom>(BrokerReason.HandOverInvalid, "package", exception.Message, "Set this broker up like the owner's, and let that one hand over again.");
        }
        finally
        {
            handed?.Dispose();
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    /// <summary>The charter must name this broker as a stand-in, bear all signatures, and name the signer of the package as the owner's broker.</summary>
    private Refusal? Objection(SignedCharter signed, Jws jws)
    {
        if (charters.CheckOwner(signed.Charter) is { } objection)
        {
            return objection;
        }

        if (standing.In(signed.Charter) != Standing.StandIn)
        {
            return new Refusal(BrokerReason.StandInUnknown, "package", "The charter in the package does not name this broker as a stand-in.", "Name it in a charter first.");
        }

        // That this version is the newest one and descends from genesis, the owner's broker vouches for; that all have signed it shows by itself.
        var verdict = signed.Check(null);
        if (verdict.Missing.Count > 0 || verdict.Invalid.Count > 0)
        {
            return new Refusal(BrokerReason.CharterInvalid, "package", "The charter in the package lacks the approval of a contributor.", "Let the owner's broker hand over again.");
        }

        _ = signed.Charter.TryFind(guard.Owner.Id, out var member);
        var broker = member!.Broker!.VerifierKey;
        return jws.KeyId == broker.Id && jws.Verify(broker)
            ? null
            : new Refusal(BrokerReason.HandOverInvalid, "package", "The package is not signed by the owner's broker, as the charter names it.", "Let the owner's broker hand over again.");
    }

    private async Task<Outcome<JoinedRoom>> KeepAsync(SignedCharter signed, HandOver handed, CancellationToken cancellationToken)
    {
        var room = signed.Charter.Room;
        var taken = handed.RecordKeys
            .Where(secret => statements.Find(room, secret.Period) is null)
            .Select(secret => roomKeys.CustodyCalled(secret.Custody).TakeOverRecordKey(room, secret.Period, secret.PublicKey, secret.Content.Span)).ToList();
        if (await guard.FindAsync(room, cancellationToken) is null)
        {
            _ = await guard.TryCreateAsync(
                new BrokerRoom
                {
                    Room = RoomGuard.ToGuid(room),
                    Genesis = handed.Genesis,
                    SignedCharter = signed.ToBytes(),
                    RecordKeys = taken,
                    SealedRoomSecret = roomKeys.CustodyCalled(handed.RoomSecret.Custody).TakeOverRoomSecret(room, handed.RoomSecret.Content.Span),
                    Frozen = handed.Frozen,
                    CosignedSize = handed.Size,
                    CosignedRoot = handed.Root,
                },
                cancellationToken);
            LogTaken(room);
        }

        // Whoever won the race above, the state that is stored decides.
        return await guard.ChangeAsync(room, state => Next(state, signed, handed, taken), cancellationToken);
    }

    private static Outcome<BrokerRoom> Next(JoinedRoom state, SignedCharter signed, HandOver handed, IReadOnlyList<SealedRecordKey> taken)
    {
        var record = state.Record;
        var charter = signed.Charter;
        if (handed.Genesis != record.Genesis || charter.Version < state.Charter.Version || (charter.Version == state.Charter.Version && charter.Hash != state.Charter.Hash))
        {
            return new Outcome<BrokerRoom>.Refused(new Refusal(
                BrokerReason.CharterConflict, "package", $"This broker has version {state.Charter.Version} of this room's charter; an older one, or another of that number, is never taken.",
                "Give the owner's broker the newest charter, and let it hand over again."));
        }

        if (record.RecordKeys.Any(held => taken.Any(key => key.Period == held.Period && !key.PublicKey.Span.SequenceEqual(held.PublicKey.Span))))
        {
            return new Outcome<BrokerRoom>.Refused(new Refusal(
                BrokerReason.HandOverInvalid, "package", "This broker holds another key of one of the periods.", "Compare \"cleanroom broker status\" of both brokers."));
        }

        var added = taken.Where(key => record.RecordKeys.All(held => held.Period != key.Period)).ToList();
        var ahead = handed.Size > record.CosignedSize;
        return added.Count == 0 && !ahead && charter.Hash == state.Charter.Hash && (record.Frozen || !handed.Frozen)
            ? new Outcome<BrokerRoom>.Done(record)
            : new Outcome<BrokerRoom>.Done(record with
            {
                SignedCharter = signed.ToBytes(),
                RecordKeys = [.. record.RecordKeys.Concat(added).OrderBy(key => key.Period)],
                Frozen = record.Frozen || handed.Frozen,
                CosignedSize = ahead ? handed.Size : record.CosignedSize,
                CosignedRoot = ahead ? handed.Root : record.CosignedRoot,
            });
    }

    private HandedSecret Secret(RoomId room, SealedRecordKey key)
    {
        var custody = roomKeys.CustodyOf(key.SealedPrivateKey);
        using var content = custody.HandOverRecordKey(room, key);
        using var loan = content.Borrow();
        return new HandedSecret(key.Period, key.PublicKey, custody.Name, loan.Span.ToArray());
    }

    private HandedSecret Secret(RoomId room, ReadOnlyMemory<byte> blob)
    {
        var custody = roomKeys.CustodyOf(blob);
        using var content = custody.HandOverRoomSecret(room, blob);
        using var loan = content.Borrow();
        return new HandedSecret(0, ReadOnlyMemory<byte>.Empty, custody.Name, loan.Span.ToArray());
    }

    private string Seal(HandOver handed, StandInTerms standIn)
    {
        var plain = HandOverFormat.Write(handed);
        try
        {
            return Jws.Sign(keys.Verifier, HandOver.Type, Hpke.Seal(standIn.HandOverKey, HandOver.Info(standIn.VerifierKey.Id), [], plain));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    private static Outcome<T> Refuse<T>(BrokerReason reason, string field, string message, string remedy) => new Outcome<T>.Refused(new Refusal(reason, field, message, remedy));

    [LoggerMessage(Level = LogLevel.Warning, Message = "The keys of room {Room} were handed over to the stand-in {To}.")]
    private partial void LogHandedOver(RoomId room, KeyId to);

    [LoggerMessage(Level = LogLevel.Warning, Message = "This broker stands in for its owner's in room {Room}.")]
    private partial void LogTaken(RoomId room);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The custody of room {Room} could not do what its owner asked.")]
    private partial void LogCustody(Exception exception, RoomId room);
}
