using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Client.Acts;
using CleanRoom.Client.Inbox;
using CleanRoom.Client.Logs;
using CleanRoom.Client.Rooms;

namespace CleanRoom.Client.Uploads;

/// <summary>Something that was done with a record.</summary>
/// <param name="At">Room time; null if no cosigned checkpoint covers it yet.</param>
/// <param name="Text">What, in a sentence.</param>
public sealed record SheetLine(DateTimeOffset? At, string Text)
{
    /// <summary>Whether those who signed it said that telling the person would endanger somebody: leave it out of what she is given, and ask them first.</summary>
    public bool WouldEndanger { get; init; }
}

/// <summary>An act that counts, with what it says; null where this profile has kept no copy.</summary>
internal sealed record SignedAct(long CountsAt, EntryId Id, RoomAct? Act);

/// <summary>
/// What was done with one record, in plain words, for the person whom it is about: from what this profile kept, without any connection. It says nothing of any other record, and it says what it cannot know.
/// </summary>
/// <param name="Reference">The contributor's own reference.</param>
/// <param name="AsOf">Room time of the newest checkpoint that was kept: what came later is not in it.</param>
/// <param name="Now">Where the record stands now.</param>
/// <param name="Done">What was done, in order.</param>
public sealed record RecordSheet(string Reference, DateTimeOffset AsOf, string Now, IReadOnlyList<SheetLine> Done)
{
    /// <summary>What no contributor can know of its record.</summary>
    public static IReadOnlyList<string> NotKnown { get; } =
    [
        "whom else the room has told that a match exists: an organisation is told of its own record, not what another one was told",
        "which agency was told that a match exists, unless it has asked us for facts",
        "whether it is among the persons counted in a table of numbers, where the room has such tables",
        "what those who were told have done with it, unless an agency has reported an outcome",
        "what had been agreed to when the record was sealed: that is sealed with it, and stands in our own file",
    ];

    /// <summary>Changes of consent and overrides that this member has signed and this profile has kept no copy of, because another profile signed them or an earlier program: any of them may be about this record.</summary>
    public int NotKept { get; init; }

    private static readonly Dictionary<string, string> Words = new(StringComparer.Ordinal)
    {
        ["C0_CASE"] = "keeping the case",
        ["C1_AGGREGATE"] = "being counted in tables of numbers",
        ["C2_BLIND_MATCH"] = "being compared with other organisations' records, unseen",
        ["C3_TELL_NGO"] = "telling another helping organisation that there is a match",
        ["C4_CONTACT_ME"] = "being contacted",
        ["C5_LE_NONIDENT"] = "telling an agency facts that do not say who she is",
        ["C6_LE_IDENT"] = "telling an agency who she is",
        ["C7_TRACING"] = "being found by who looks for her",
        ["C8_REFERRAL"] = "passing on her file",
        ["C9_RESEARCH"] = "research",
        ["LegalDuty"] = "a legal duty",
        ["LiveOperation"] = "a case on which somebody is working now",
        ["ModusOperandi"] = "a similar way in which people were exploited",
        ["ReTrafficking"] = "the same person, exploited again later",
        ["RouteOverlap"] = "a similar route",
        ["SameAccount"] = "the same account",
        ["SameAddress"] = "the same address",
        ["SameDocument"] = "the same document",
        ["SameEmail"] = "the same e-mail address",
        ["SameHandle"] = "the same name on a platform",
        ["SameOrganisation"] = "the same employer, agency or venue",
        ["SamePersonMissing"] = "somebody who is looked for",
        ["SamePersonSuspect"] = "the same suspect",
        ["SamePersonVictim"] = "the same person who was helped",
        ["SamePhone"] = "the same telephone number",
        ["SameVehicle"] = "the same vehicle",
        ["SameVessel"] = "the same vessel",
        ["SpaceTime"] = "the same place at the same time",
        ["VitalInterest"] = "a danger to somebody's life",
        ["VictimAsOffender"] = "a victim who is accused elsewhere",
        ["exploitation.sites"] = "places of exploitation",
        ["exploitation.types"] = "kinds of exploitation",
        ["organisations"] = "employers, agencies and venues",
        ["suspects.identifiers"] = "numbers and accounts of suspects",
        ["suspects.names"] = "names of suspects",
        ["vehicles"] = "vehicles",
        ["vessels"] = "vessels",
        ["victims.birth"] = "the date of birth",
        ["victims.citizenship"] = "the citizenship",
        ["victims.identifiers"] = "numbers and documents of the person",
        ["victims.names"] = "the person's name",
    };

    /// <summary>Makes the sheet of a record.</summary>
    /// <param name="room">What the profile kept of the room.</param>
    /// <param name="reference">The contributor's own reference.</param>
    /// <exception cref="ClientException">The profile has put no such record into the room, or what it kept does not verify.</exception>
    public static RecordSheet Of(KeptRoom room, string reference)
    {
        ArgumentNullException.ThrowIfNull(room);
        var record = RecordLedger.Open(room.Memory.Folder).Find(reference) is { Slots.Count: > 0 } known
            ? known
            : throw new ClientException(ClientProblem.NoInput, "This profile has put no such record into the room: check the reference, or take the profile that uploaded it.");
        var findings = LogAudit.Verify(KeptRoom.LogFolder(room.Profile, room.Memory.Room), room.Memory.Checkpoint, room.Profile.ReadCollateral(), room.Memory.Recovery);
        var messages = InboxReader.ReadTaken(room).Select(item => item is InboxEvent.Received received
            ? received.Message
            : throw new ClientException(ClientProblem.VerificationFailed, $"A message that this profile kept does not verify ({((InboxEvent.Alarm)item).Reason}): a sheet that leaves it out would be wrong; see \"cleanroom inbox show\"."));
        return findings.Verified
            ? Of(record, room.Profile.Member, findings.Lines, [.. messages], [.. Signed(room)], room.Checkpoint.Time.Opening)
            : throw new ClientException(ClientProblem.VerificationFailed, "The log that this profile kept does not verify: see \"cleanroom log verify --offline\".");
    }

    internal static RecordSheet Of(
        LedgerRecord record, MemberId member, IReadOnlyList<LogLine> log, IReadOnlyList<InboxMessage> messages, IReadOnlyList<SignedAct> acts, DateTimeOffset asOf)
    {
        var slots = record.Slots.ToHashSet();
        var own = log.Where(line => line.Effect == EntryEffect.Accepted).ToList();
        var done = new List<SheetLine>();
        DateTimeOffset? deleteBy = null;
        var versions = 0;
        foreach (var line in own)
        {
            switch (line.Entry)
            {
                case BatchEntry batch when batch.Author == member && slots.Any(slot => slot.Batch == batch.Batch):
                    deleteBy = batch.DeleteBy;
                    done.Add(new SheetLine(line.RoomTime, ++versions == 1
                        ? "Sealed into the room by us. Nobody but the room's attested program can open it."
                        : "A corrected version sealed into the room by us."));
                    break;
                case TombstoneEntry tombstone when tombstone.Author == member && tombstone.Records.Any(slots.Contains):
                    done.Add(new SheetLine(line.RoomTime, "A version of it withdrawn by us, for ever: its sealed copy is deleted."));
                    break;
            }
        }

        done.AddRange(OfMessages(record.Reference, messages, own));
        done.AddRange(OfActs(record.RecordId, acts, own));
        return new RecordSheet(
            record.Reference, asOf,
            record.Withdrawn ? "Withdrawn for ever: it is compared with nothing, and nobody is told of it."
                : deleteBy is { } until ? $"In the room, until {Day(until)} at the latest."
                : "In the room.",
            [.. done.OrderBy(line => line.At ?? DateTimeOffset.MaxValue)])
        {
            NotKept = acts.Count(item => item.Act is null),
        };
    }

    /// <summary>This member's changes of consent and overrides that count.</summary>
    private static IEnumerable<SignedAct> Signed(KeptRoom room) =>
        from act in room.State.Acts
        where act.Entry.Author == room.Profile.Member && act.CountsAt is not null && act.Entry.Kind is ActKind.Consent or ActKind.Override or ActKind.Lift
        select new SignedAct(act.CountsAt!.Value, act.Entry.Id, ActCopy.Find(room.Memory, act.Entry.Id)?.Act);

    private static IEnumerable<SheetLine> OfActs(Guid record, IReadOnlyList<SignedAct> acts, List<LogLine> log)
    {
        var overrides = new Dictionary<EntryId, RoomAct.Override>();
        foreach (var (position, id, act) in acts.OrderBy(item => item.CountsAt))
        {
            var at = log.Find(line => line.Index == position)?.RoomTime;
            switch (act)
            {
                case RoomAct.ConsentChange change when change.Record == record:
                    yield return new SheetLine(at, change.Granted
                        ? $"We wrote down, as agreed with the person: {Plain(change.Purpose)}{(change.Expires is { } end ? $", until {Day(end)}" : "")}{Limits(change)}."
                        : $"We wrote down that the person takes back her consent to {Plain(change.Purpose)}.");
                    break;
                case RoomAct.Override exception when exception.Record == record:
                    overrides[id] = exception;
                    yield return new SheetLine(
                        at,
                        $"Two people of ours allowed {Plain(exception.Purpose)} without consent, for {Plain(exception.Basis)}, towards {exception.Recipient} alone and until {Day(exception.Expires)}. Whatever was given then stands here too.")
                    {
                        WouldEndanger = exception.Subject == "WouldEndanger",
                    };
                    break;
                case RoomAct.OverrideEnd lifted when overrides.TryGetValue(lifted.Of, out var ended):
                    yield return new SheetLine(at, $"What was allowed without consent towards {ended.Recipient} was ended.") { WouldEndanger = ended.Subject == "WouldEndanger" };
                    break;
            }
        }

        static string Limits(RoomAct.ConsentChange change) =>
            (change.NamedRecipients.Count == 0 ? "" : $", to {string.Join(", ", change.NamedRecipients)} alone") + (change.ExcludedRecipients.Count == 0 ? "" : $", not to {string.Join(", ", change.ExcludedRecipients)}");
    }

    private static IEnumerable<SheetLine> OfMessages(string reference, IReadOnlyList<InboxMessage> messages, List<LogLine> log)
    {
        var matches = new HashSet<string>(StringComparer.Ordinal);
        var requests = new Dictionary<EntryId, MemberId>();
        foreach (var message in messages)
        {
            string? text = null;
            switch (message.Content)
            {
                case RoomMessage.MatchPointer pointer when pointer.Own == reference:
                    _ = matches.Add(pointer.Match);
                    text = $"We were told that it agrees with a record of {(pointer.Counterpart is { } desk ? $"another organisation ({desk.Member})" : "another organisation, which stays unnamed")} "
                        + $"({Plain(pointer.Link)}), and whom to ask. We were told nothing that is in the other record.";
                    break;
                case RoomMessage.Review review when review.Own == reference:
                    _ = matches.Add(review.Match);
                    text = $"A person of ours was asked to look whether it may agree with another organisation's record ({Plain(review.Link)}), before anybody is pointed to anybody.";
                    break;
                case RoomMessage.Request asked when asked.Own == reference && !asked.Escalated:
                    requests[asked.Id] = asked.Agency;
                    text = $"{asked.Agency} asked for {string.Join(", ", asked.Fields.Select(Plain))}, for the purpose {asked.Purpose}. Two people of ours must agree before anything is given.";
                    break;
                case RoomMessage.Offer { Given: true } given when given.Own == reference:
                    text = $"{given.Agency}, which had been told that a match exists, was given {string.Join(", ", given.Fields.Select(Plain))} as far as the records agree, by a rule that all of us have signed, because this was agreed to.";
                    break;
                case RoomMessage.Offer offer when offer.Own == reference:
                    text = $"{offer.Agency} had been told that a match exists. Two people of ours could give it {string.Join(", ", offer.Fields.Select(Plain))} as far as the records agree, and nothing else.";
                    break;
                case RoomMessage.Outcome outcome when outcome.Own == reference:
                    requests[outcome.Id] = outcome.Agency;
                    text = $"{outcome.Agency} reported what became of it: {outcome.Code}.";
                    break;
                case RoomMessage.EmergencyAnswer { State: EmergencyState.Sent } warned when warned.Own == reference:
                    text = $"Two people of ours warned {warned.Recipient} at once of a danger: that somebody is there, in which province or country, and how soon to act. No name and nothing else of the record was given.";
                    break;
                case RoomMessage.EmergencyAnswer { State: EmergencyState.Withdrawn } warned when warned.Own == reference:
                    text = $"{warned.Recipient} was told to delete the warning.";
                    break;
                case RoomMessage.Withdrawn { Match: { } match } when matches.Contains(match):
                    text = "A match that we were told of was taken back: we are to forget it.";
                    break;
                case RoomMessage.Ending ending when ending.Records.FirstOrDefault(item => item.Own == reference) is { } ends:
                    text = $"We were reminded that what was agreed to ends on {Day(ends.Ends)}; without a new consent it stops by itself.";
                    break;
            }

            if (text is not null)
            {
                yield return new SheetLine(message.RoomTime, text);
            }
        }

        foreach (var line in log)
        {
            foreach (var request in line.Entry is EpochEntry epoch ? epoch.Disclosed.Where(requests.ContainsKey) : [])
            {
                yield return new SheetLine(line.RoomTime, $"Facts that two people of ours had granted, and that the consent covered, were given to {requests[request]}.");
            }
        }
    }

    /// <summary>A code in words; what is new is shown as it is.</summary>
    private static string Plain(string code) => Words.GetValueOrDefault(code, code);

    private static string Day(DateTimeOffset time) => ProtocolTime.Write(time)[..10];
}
