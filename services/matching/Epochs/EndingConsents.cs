using CleanRoom.Charter;
using CleanRoom.Charter.Consent;
using CleanRoom.Charter.Messages;
using CleanRoom.Matching.Records;

namespace CleanRoom.Matching.Epochs;

/// <summary>Warns contributors 60 and 14 days before a record's consent ends (ARCHITECTURE §7.10), once for each end and stage. It follows from the log and the keys, as everything here.</summary>
internal sealed class EndingConsents(RoomId room)
{
    private const ConsentPurpose Told = ConsentPurpose.Aggregate | ConsentPurpose.BlindMatch | ConsentPurpose.TellNgo | ConsentPurpose.LeNonIdentifying | ConsentPurpose.LeIdentifying;
    private const long WorstNumber = 1L << 53;

    private static readonly TimeSpan[] Stages = [TimeSpan.FromDays(14), TimeSpan.FromDays(60)];

    private readonly HashSet<Warning> _warned = [];
    private readonly Dictionary<MemberId, List<Warning>> _last = [];

    private readonly record struct Warning(RecordName Record, DateTimeOffset Ends, TimeSpan Stage);

    /// <summary>Takes warnings for a contributor, the soonest end first, as many as fit.</summary>
    /// <param name="contributor">The contributor.</param>
    /// <param name="most">Messages.</param>
    /// <param name="charter">The charter in force.</param>
    /// <param name="shelf">The records.</param>
    /// <param name="now">Room time, the one for what expires.</param>
    public IReadOnlyList<RoomMessage.Ending> Take(MemberId contributor, int most, RoomCharter charter, RecordShelf shelf, DateTimeOffset now)
    {
        var taken = _last[contributor] = [];
        var messages = new List<RoomMessage.Ending>();
        if (most == 0 || charter.Contributor(contributor) is null)
        {
            return messages;
        }
        var place = new MessagePlace(room, contributor, WorstNumber, WorstNumber, charter.Simulated);
        var capacity = MessageSeal.Capacity(charter.Epochs.MessageBytes);
        foreach (var (warning, record) in DueFor(contributor, shelf, now).OrderBy(item => item.Warning.Ends).ThenBy(item => item.Record.Own, StringComparer.Ordinal).ThenBy(item => item.Warning.Record.FirstId))
        {
            var longer = messages.Count == 0 ? null : new RoomMessage.Ending([.. messages[^1].Records, record]);
            if (longer is not null && longer.Records.Count <= RoomMessage.Ending.MaxRecords && longer.ToBytes(place).Length <= capacity)
            {
                messages[^1] = longer;
            }
            else if (messages.Count < most)
            {
                messages.Add(new RoomMessage.Ending([record]));
            }
            else
            {
                break;
            }
            _ = _warned.Add(warning);
            taken.Add(warning);
        }
        return messages;
    }

    /// <summary>Lets be told again what was last taken for a contributor.</summary>
    public void PutBack(MemberId contributor)
    {
        if (_last.Remove(contributor, out var taken))
        {
            _warned.ExceptWith(taken);
        }
    }

    private IEnumerable<(Warning Warning, RoomMessage.EndingConsent Record)> DueFor(MemberId contributor, RecordShelf shelf, DateTimeOffset now)
    {
        foreach (var held in shelf.Of(contributor))
        {
            var ending = held.Consent.Grants.Where(grant => (grant.Purpose & Told) != 0 && grant.Expires > now && grant.Expires <= now + Stages[^1]).ToList();
            if (ending.Count == 0)
            {
                continue;
            }
            var ends = ending.Min(grant => grant.Expires);
            var warning = new Warning(held.Name, ends, Stages.First(stage => ends <= now + stage));
            if (!_warned.Contains(warning))
            {
                var codes = ConsentPurposes.Codes.Where(pair => ending.Any(grant => grant.Purpose == pair.Value)).Select(pair => pair.Key).Order(StringComparer.Ordinal);
                yield return (warning, new RoomMessage.EndingConsent(Outbox.RefOf(held), [.. codes], Outbox.Whole(ends)));
            }
        }
    }
}
