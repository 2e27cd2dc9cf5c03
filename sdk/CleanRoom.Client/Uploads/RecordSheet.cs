using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Client.Inbox;
using CleanRoom.Client.Logs;
using CleanRoom.Client.Rooms;

namespace CleanRoom.Client.Uploads;

/// <summary>Something that was done with a record.</summary>
/// <param name="At">Room time; null if no cosigned checkpoint covers it yet.</param>
/// <param name="Text">What, in a sentence.</param>
public sealed record SheetLine(DateTimeOffset? At, string Text);

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
        "what was agreed to, taken back and overridden since the record was sealed: that is sealed too, and stands in our own file",
    ];

    private static readonly Dictionary<string, string> Words = new(StringComparer.Ordinal)
    {
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
            ? Of(record, room.Profile.Member, findings.Lines, [.. messages], room.Checkpoint.Time.Opening)
            : throw new ClientException(ClientProblem.VerificationFailed, "The log that this profile kept does not verify: see \"cleanroom log verify --offline\".");
    }

    internal static RecordSheet Of(LedgerRecord record, MemberId member, IReadOnlyList<LogLine> log, IReadOnlyList<InboxMessage> messages, DateTimeOffset asOf)
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
        return new RecordSheet(
            record.Reference, asOf,
            record.Withdrawn ? "Withdrawn for ever: it is compared with nothing, and nobody is told of it."
                : deleteBy is { } until ? $"In the room, until {Day(until)} at the latest."
                : "In the room.",
            [.. done.OrderBy(line => line.At ?? DateTimeOffset.MaxValue)]);
    }

    private static IEnumerable<SheetLine> OfMessages(string reference, IReadOnlyList<InboxMessage> messages, List<LogLine> log)
    {
        var matches = new HashSet<string>(StringComparer.Ordinal);
        var requests = new HashSet<EntryId>();
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
                    _ = requests.Add(asked.Id);
                    text = $"{asked.Agency} asked for {string.Join(", ", asked.Fields.Select(Plain))}, for the purpose {asked.Purpose}. Two people of ours must agree before anything is given.";
                    break;
                case RoomMessage.Outcome outcome when outcome.Own == reference:
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
            foreach (var request in line.Entry is EpochEntry epoch ? epoch.Disclosed.Where(requests.Contains) : [])
            {
                var agency = messages.Select(message => message.Content).OfType<RoomMessage.Request>().First(asked => asked.Id == request).Agency;
                yield return new SheetLine(line.RoomTime, $"Facts that two people of ours had granted, and that the consent covered, were given to {agency}.");
            }
        }
    }

    /// <summary>A code in words; what is new is shown as it is.</summary>
    private static string Plain(string code) => Words.GetValueOrDefault(code, code);

    private static string Day(DateTimeOffset time) => ProtocolTime.Write(time)[..10];
}
