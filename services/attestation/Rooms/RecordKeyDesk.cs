using System.Globalization;
using System.Text;
using CleanRoom.Attestation.Keys;
using CleanRoom.Attestation.Releases;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Storage.Brokers;

namespace CleanRoom.Attestation.Rooms;

/// <summary>
/// Cryptoperiods of an owner's record keys: the next one is made, and one that is over is destroyed with a signed statement of what remains. Statements are kept in the data folder, so that the same
/// request gives the same statement.
/// </summary>
internal sealed partial class RecordKeyDesk(
    RoomGuard guard, BrokerKeys keys, StandingReader standing, RoomKeys roomKeys, ErasureFolder statements, IRoomLog log, TimeProvider clock, ILogger<RecordKeyDesk> logger)
{
    /// <summary>Most periods whose keys a broker holds.</summary>
    public const int MaxPeriods = 64;

    /// <summary>Makes the record key of the next period. Idempotent: what counts is the period that the owner knows.</summary>
    /// <param name="room">The room.</param>
    /// <param name="from">The newest period that the owner knows.</param>
    /// <param name="cancellationToken">Before a write begins.</param>
    /// <returns>The newest record key.</returns>
    public async Task<Outcome<SealedRecordKey>> RollAsync(RoomId room, int from, CancellationToken cancellationToken)
    {
        var state = await guard.FindAsync(room, cancellationToken);
        if (state is null)
        {
            return new Outcome<SealedRecordKey>.Refused(RoomGuard.NotJoined());
        }

        if (standing.In(state.Charter) != Standing.Broker)
        {
            return new Outcome<SealedRecordKey>.Refused(new Refusal(
                BrokerReason.StandsIn, "room", "This broker stands in for the owner's, which makes the record keys.", "Begin the period there, and hand over again."));
        }

        if (Newest(state).Period == from + 1)
        {
            return new Outcome<SealedRecordKey>.Done(Newest(state));
        }

        if (Objection(state, from) is { } objection)
        {
            return new Outcome<SealedRecordKey>.Refused(objection);
        }

        SealedRecordKey made;
        try
        {
            made = await roomKeys.Maker.MakeRecordKeyAsync(room, from + 1, cancellationToken);
        }
        catch (CustodyException exception)
        {
            LogCustody(exception, room);
            return new Outcome<SealedRecordKey>.Refused(Unavailable("made"));
        }

        var changed = await guard.ChangeAsync(
            room,
            current => Newest(current).Period == from + 1
                ? new Outcome<BrokerRoom>.Done(current.Record)
                : Objection(current, from) is { } late
                    ? new Outcome<BrokerRoom>.Refused(late)
                    : new Outcome<BrokerRoom>.Done(current.Record with { RecordKeys = [.. current.Record.RecordKeys, made] }),
            cancellationToken);
        if (changed is not Outcome<JoinedRoom>.Done done)
        {
            return new Outcome<SealedRecordKey>.Refused(((Outcome<JoinedRoom>.Refused)changed).Refusal);
        }

        LogRolled(room, from + 1);
        return new Outcome<SealedRecordKey>.Done(Newest(done.Value));
    }

    /// <summary>Destroys the record key of a period that is over. What it sealed and what nobody has sealed anew can be opened no more.</summary>
    /// <param name="room">The room.</param>
    /// <param name="period">The period; not the newest.</param>
    /// <param name="key">Id of the key that the owner means.</param>
    /// <param name="cancellationToken">Before a write begins.</param>
    /// <returns>The signed statement, which stands in the cosigned log.</returns>
    public async Task<Outcome<LoggedErasure>> DestroyAsync(RoomId room, int period, KeyId key, CancellationToken cancellationToken)
    {
        var state = await guard.FindAsync(room, cancellationToken);
        if (state is null)
        {
            return new Outcome<LoggedErasure>.Refused(RoomGuard.NotJoined());
        }

        if (state.Record.RecordKeys.FirstOrDefault(item => item.Period == period) is not { } found)
        {
            return statements.Find(room, period) is { } earlier
                ? await LogAsync(state, earlier, cancellationToken)
                : Refuse(BrokerReason.RecordKeyUnknown, "period", "This broker holds no record key of that period.", "Ask for the room's state to see which it holds.");
        }

        if (KeyId.OfSpki(found.PublicKey.Span) != key)
        {
            return Refuse(BrokerReason.RecordKeyUnknown, "key", "The record key of that period is another one than was named.", "Name the key by its id, as the room's log has it.");
        }

        if (period == Newest(state).Period)
        {
            return Refuse(BrokerReason.RecordKeyInUse, "period", "The newest record key seals what is uploaded now.", "Begin the next period first, and let what must survive be sealed anew.");
        }

        string statement;
        try
        {
            var custody = roomKeys.CustodyOf(found.SealedPrivateKey);
            var destruction = await custody.DestroyRecordKeyAsync(room, found, cancellationToken);

            // The statement first: a crash then leaves a key that the same request takes out, never a destroyed key without a statement.
            _ = Keep(state, found, key, custody.Name, destruction);
            var changed = await guard.ChangeAsync(
                room,
                current => new Outcome<BrokerRoom>.Done(
                    current.Record.RecordKeys.Any(item => item.Period == period)
                        ? current.Record with { RecordKeys = [.. current.Record.RecordKeys.Where(item => item.Period != period)] }
                        : current.Record),
                cancellationToken);
            if (changed is Outcome<JoinedRoom>.Refused refused)
            {
                return new Outcome<LoggedErasure>.Refused(refused.Refusal);
            }

            // A release that went out meanwhile has a lease of its own.
            LogDestroyed(room, period, custody.Name);
            state = ((Outcome<JoinedRoom>.Done)changed).Value;
            statement = Keep(state, found, key, custody.Name, destruction);
        }
        catch (CustodyException exception)
        {
            LogCustody(exception, room);
            return new Outcome<LoggedErasure>.Refused(Unavailable("destroyed"));
        }

        return await LogAsync(state, statement, cancellationToken);
    }

    /// <summary>Puts the statement into the room's log, where every member reads it and the enclave drops the key. The same statement again has the same place.</summary>
    private async Task<Outcome<LoggedErasure>> LogAsync(JoinedRoom room, string statement, CancellationToken cancellationToken)
    {
        var leaf = Encoding.ASCII.GetBytes(statement);
        try
        {
            var logged = await log.AppendAsync(room.Charter, leaf, cancellationToken);
            return logged.Proves(room.Charter, leaf)
                ? new Outcome<LoggedErasure>.Done(new LoggedErasure(statement, logged.Index))
                : Refuse(BrokerReason.NotCosigned, "", "The key is destroyed, but its statement is not in a checkpoint that a quorum cosigned.", "Ask again until it is.");
        }
        catch (RoomLogException exception)
        {
            LogNotLogged(exception, room.Id);
            return Refuse(BrokerReason.LogUnavailable, "", "The key is destroyed, but its statement could not be logged and cosigned in time.", "Ask again until it is.");
        }
    }

    /// <summary>Signs and keeps the statement. One that is kept already stays, unless an enclave has got a longer lease since.</summary>
    private string Keep(JoinedRoom room, SealedRecordKey found, KeyId key, string custody, Destruction destruction)
    {
        var statement = Statement(room, found, key, custody, destruction);
        return statements.Find(room.Id, found.Period) is { } kept && SignedEntry.TryParse(Encoding.ASCII.GetBytes(kept), out var signed, out _) && signed.Entry is ErasureEntry said
            && signed.Verify(keys.Verifier.PublicKey) && said.Key == key && (statement.LeaseEnds is null || said.LeaseEnds >= statement.LeaseEnds)
                ? kept
                : statements.Keep(room.Id, found.Period, statement.Sign(keys.Verifier));
    }

    private ErasureEntry Statement(JoinedRoom room, SealedRecordKey found, KeyId key, string custody, Destruction destruction)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(clock.GetUtcNow().ToUnixTimeSeconds());
        return new ErasureEntry(
            room.Id, EntryId.From(RandomUuid.New()), guard.Owner.Id, room.Charter.Simulated, found.Period, key, custody, now, room.Record.LeaseEnds > now ? room.Record.LeaseEnds : null,
            destruction.RecoverableUntil, destruction.Remains + OfOthers(room.Charter));
    }

    /// <summary>A statement is about one broker's copy; whoever reads it must know that there may be others.</summary>
    private string OfOthers(RoomCharter charter) => charter.TryFind(guard.Owner.Id, out var member) && member.Broker is { StandIns.Count: > 0 }
        ? " This is about this broker's copy; the owner's other brokers state theirs, each by itself."
        : "";

    private static SealedRecordKey Newest(JoinedRoom room) => room.Record.RecordKeys.MaxBy(key => key.Period) ?? throw new InvalidOperationException("A joined room has a record key.");

    private static Refusal? Objection(JoinedRoom room, int from)
    {
        var newest = Newest(room).Period;
        return newest != from
            ? new Refusal(
                BrokerReason.Conflict, "from", string.Create(CultureInfo.InvariantCulture, $"The newest period at this broker is {newest}."), "Ask for the room's state, and name the newest period.")
            : room.Record.RecordKeys.Count >= MaxPeriods
                ? new Refusal(BrokerReason.RecordKeyInUse, "from", "This broker holds the keys of 64 periods.", "Destroy those that are over first.")
                : null;
    }

    private static Refusal Unavailable(string what) =>
        new(BrokerReason.CustodyUnavailable, "", $"The record key could not be {what} where this broker keeps its keys.", "Try again; the broker's log says why.");

    private static Outcome<LoggedErasure> Refuse(BrokerReason reason, string field, string message, string remedy) => new Outcome<LoggedErasure>.Refused(new Refusal(reason, field, message, remedy));

    [LoggerMessage(Level = LogLevel.Information, Message = "Record key of period {Period} made for room {Room}.")]
    private partial void LogRolled(RoomId room, int period);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Record key of period {Period} of room {Room} destroyed (custody {Custody}).")]
    private partial void LogDestroyed(RoomId room, int period, string custody);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The custody of room {Room} could not do what its owner asked.")]
    private partial void LogCustody(Exception exception, RoomId room);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The statement about a destroyed key of room {Room} could not be logged.")]
    private partial void LogNotLogged(Exception exception, RoomId room);
}

/// <summary>A statement about a destroyed key, in the cosigned log.</summary>
/// <param name="Statement">The leaf, ASCII.</param>
/// <param name="Index">Its position.</param>
internal sealed record LoggedErasure(string Statement, long Index);

/// <summary>Erasure statements on the broker's disk: leaves of the log. Nothing in them is secret.</summary>
internal sealed class ErasureFolder(string path)
{
    private const int MaxSize = 8 << 10;

    public string? Find(RoomId room, int period) => new FileInfo(FileOf(room, period)) is { Exists: true, Length: <= MaxSize } file ? File.ReadAllText(file.FullName) : null;

    public string Keep(RoomId room, int period, byte[] statement)
    {
        _ = KeyFolder.TryWrite(FileOf(room, period), statement, replace: true);
        return Find(room, period) ?? throw new IOException("An erasure statement cannot be read back.");
    }

    private string FileOf(RoomId room, int period) => Path.Combine(path, string.Create(CultureInfo.InvariantCulture, $"{room}-{period}.jws"));
}
