using CleanRoom.Attestation.Keys;
using CleanRoom.Charter;
using CleanRoom.Storage.Brokers;

namespace CleanRoom.Attestation.Rooms;

/// <summary>Takes charters from the owner: version 1 joins a room, each later one must be the child of the one before. One child per parent, never back.</summary>
internal sealed partial class CharterDesk(RoomGuard guard, StandingReader standing, RoomKeys roomKeys, TimeProvider clock, ILogger<CharterDesk> logger)
{
    /// <summary>Accepts a signed charter. The same one again is no error.</summary>
    /// <param name="json">Canonical JSON.</param>
    /// <param name="cancellationToken">Before a write begins.</param>
    public async Task<Outcome<JoinedRoom>> AcceptAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        if (!SignedCharter.TryParse(json.Span, out var signed, out var errors))
        {
            return Refuse(BrokerReason.CharterInvalid, errors.Count > 0 ? errors[0].ToString() : "The signed charter does not parse.");
        }

        var objection = CheckOwner(signed.Charter);
        if (objection is not null)
        {
            return new Outcome<JoinedRoom>.Refused(objection);
        }

        if (await guard.FindAsync(signed.Charter.Room, cancellationToken) is null)
        {
            if (standing.In(signed.Charter) == Standing.StandIn)
            {
                return new Outcome<JoinedRoom>.Refused(new Refusal(
                    BrokerReason.StandsIn, "signed_charter", "This broker stands in for the owner's: it joins a room by what that one hands over.", "Run \"cleanroom broker hand-over\"."));
            }

            var verdict = signed.Check(null);
            if (!verdict.TakesOver)
            {
                return new Outcome<JoinedRoom>.Refused(RefusalOf(verdict, signed.Charter));
            }

            BrokerRoom made;
            try
            {
                made = await NewRoomAsync(signed, cancellationToken);
            }
            catch (CustodyException exception)
            {
                LogNotMade(exception, signed.Charter.Room);
                return new Outcome<JoinedRoom>.Refused(new Refusal(
                    BrokerReason.CustodyUnavailable, "", "The room's keys cannot be made where this broker keeps its keys, so the room was not joined.", "Try again; the broker's log says why."));
            }

            if (await guard.TryCreateAsync(made, cancellationToken))
            {
                LogJoined(signed.Charter.Room);
                if (signed.Charter.Simulated)
                {
                    LogSimulated(signed.Charter.Room);
                }
            }
        }

        // Whoever won the race above, the state that is stored decides.
        return await guard.ChangeAsync(signed.Charter.Room, room => Next(room, signed), cancellationToken);
    }

    private static Outcome<BrokerRoom> Next(JoinedRoom room, SignedCharter signed)
    {
        var charter = signed.Charter;
        if (charter.Hash == room.Charter.Hash)
        {
            return new Outcome<BrokerRoom>.Done(room.Record);
        }

        if (charter.Version <= room.Charter.Version)
        {
            return new Outcome<BrokerRoom>.Refused(new Refusal(
                BrokerReason.CharterConflict,
                "signed_charter",
                charter.Version == room.Charter.Version
                    ? $"The owner has accepted another charter with version {charter.Version} for this room."
                    : $"The owner has accepted version {room.Charter.Version} of this room's charter; a lower one is never taken again.",
                "Propose a version above the newest one."));
        }

        var verdict = signed.Check(room.Charter);
        return verdict.TakesOver
            ? new Outcome<BrokerRoom>.Done(room.Record with { SignedCharter = signed.ToBytes() })
            : new Outcome<BrokerRoom>.Refused(RefusalOf(verdict, charter));
    }

    private async Task<BrokerRoom> NewRoomAsync(SignedCharter signed, CancellationToken cancellationToken)
    {
        var room = signed.Charter.Room;
        return new BrokerRoom
        {
            Room = RoomGuard.ToGuid(room),
            Genesis = signed.Charter.Hash,
            SignedCharter = signed.ToBytes(),
            RecordKeys = [await roomKeys.Maker.MakeRecordKeyAsync(room, period: 1, cancellationToken)],
            SealedRoomSecret = await roomKeys.Maker.MakeRoomSecretAsync(room, cancellationToken),
        };
    }

    /// <summary>What a charter must say of the owner and of this broker, whoever brings it.</summary>
    internal Refusal? CheckOwner(RoomCharter charter)
    {
        if (!charter.TryFind(guard.Owner.Id, out var member) || member.Broker is null)
        {
            return Invalid($"The charter does not list {guard.Owner.Id} as a contributor or agency.", "Give this broker the charters of its own owner.");
        }

        if (!member.OrganisationKey.Equals(guard.Owner.OrganisationKey))
        {
            return Invalid("The charter lists the owner with another organisation key than this broker is set up with.", "Correct the charter or Attestation:OrganisationKey.");
        }

        if (standing.In(charter) == Standing.None)
        {
            return Invalid("The charter lists other verifier, witness or TLS keys than this broker has, and names it as no stand-in.", "Take them from this broker's identity.");
        }

        if (charter.Simulated && !guard.Owner.AllowSimulated)
        {
            return new Refusal(
                BrokerReason.SimulatedNotAllowed, "signed_charter", "The room is simulated, and this broker takes no part in simulated rooms.", "Set Attestation:AllowSimulated to try it out.");
        }

        return clock.GetUtcNow() >= charter.Expires
            ? new Refusal(BrokerReason.CharterExpired, "signed_charter", "The charter has expired.", "Let the members sign a new version.")
            : null;
    }

    private static Refusal Invalid(string message, string remedy) => new(BrokerReason.CharterInvalid, "signed_charter", message, remedy);

    private static Outcome<JoinedRoom> Refuse(BrokerReason reason, string message) =>
        new Outcome<JoinedRoom>.Refused(new Refusal(reason, "signed_charter", message));

    private static Refusal RefusalOf(CharterVerdict verdict, RoomCharter charter) => verdict.Refusal switch
    {
        CharterRefusal.ApprovalsMissing when verdict.Invalid.Count > 0 => Invalid(
            $"The approval of {string.Join(", ", verdict.Invalid)} does not verify.", "Let them sign again."),
        CharterRefusal.ApprovalsMissing => Invalid(
            $"The charter lacks the approval of {string.Join(", ", verdict.Missing)}.", "Collect the missing signatures first."),
        CharterRefusal.WrongVersion => Invalid(
            $"Version {charter.Version} does not follow the newest one that this broker has.", "Give it every version in order, from 1 on."),
        CharterRefusal.WrongParent => new Refusal(
            BrokerReason.CharterConflict, "signed_charter", "The charter is not a child of the newest one that this broker has.", "Propose a version on top of the newest one."),
        CharterRefusal.SimulationChanged => Invalid("A room is simulated for ever or never.", "Found a new room."),
        _ => Invalid("The charter does not take over.", "Compare it with the newest one."),
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "Joined room {Room}: genesis pinned, record key and room secret made.")]
    private partial void LogJoined(RoomId room);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The keys of room {Room} cannot be made.")]
    private partial void LogNotMade(Exception exception, RoomId room);

    [LoggerMessage(Level = LogLevel.Warning, Message = "SIMULATED room {Room}: no hardware stands behind its evidence. Never use it with real records.")]
    private partial void LogSimulated(RoomId room);
}
