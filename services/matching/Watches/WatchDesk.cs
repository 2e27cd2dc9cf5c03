using System.Collections.Immutable;
using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Charter.Watches;
using CleanRoom.Matching.Epochs;
using CleanRoom.Matching.Records;
using CleanRoom.Matching.Release;

namespace CleanRoom.Matching.Watches;

/// <summary>
/// Answers agencies' watches and searches in slots that nothing else needs, so that whoever asks changes nothing of what others are told, or of what the agency is told otherwise.
/// What it told is kept apart from what standing queries told, for the same reason. A function of the log and the keys, as everything in the enclave.
/// </summary>
internal sealed class WatchDesk
{
    private readonly WatchBook _book = new();
    private readonly Dictionary<MemberId, ImmutableSortedDictionary<string, Told>> _told = [];
    private readonly Dictionary<MemberId, (IReadOnlyList<WatchCase> Cases, ImmutableSortedDictionary<string, Told> Told)> _before = [];

    /// <summary>Takes what two officers have signed. The quota is debited here, in the log's order, before anything is looked for.</summary>
    public void Ask(EntryId watch, AgencyMember agency, RoomAct.WatchRequest asked, RoomCharter charter, RoomTime time, DateTimeOffset? spentUntil = null) =>
        _ = _book.Ask(watch, agency, asked, charter, time, spentUntil);

    /// <summary>Ends a watch.</summary>
    public void Withdraw(EntryId watch, MemberId agency) => _ = _book.Withdraw(watch, agency);

    /// <summary>What an agency was told because it asked, under a reference.</summary>
    public Told? ToldTo(MemberId agency, string reference) => ToldTo(agency).TryGetValue(reference, out var told) ? told : null;

    /// <summary>Begins an epoch for a recipient, and takes back what it may know no longer.</summary>
    /// <returns>References that are no longer told because of a watch.</returns>
    public IReadOnlyList<string> Begin(MemberId recipient, RoomState state, RecordShelf shelf, Outbox outbox, DateTimeOffset now)
    {
        var told = ToldTo(recipient);
        _before[recipient] = (_book.Of(recipient), told);
        var gone = told.Where(item => item.Value.Story is var story
            && (shelf.IsGone(story.First.Name) || shelf.IsGone(story.Second.Name) || outbox.IsWrong(story)
                || (story.On(shelf) is { } current && !SubjectSearch.MayKnow(current, recipient, state, now)))).Select(item => item.Key).ToList();
        if (gone.Count > 0)
        {
            _told[recipient] = told.RemoveRange(gone);
            // Told again to a watch that goes on, if it may be known anew.
            foreach (var item in _book.Of(recipient))
            {
                _book.Put(item with { Told = item.Told.Except(gone) });
            }
        }
        return gone;
    }

    /// <summary>Answers, in the log's order, as many as fit; the rest waits.</summary>
    /// <param name="recipient">The agency.</param>
    /// <param name="most">Slots that are left.</param>
    /// <param name="evaluated">The standing queries ran: watches look again.</param>
    /// <param name="state">The room at the epoch's position.</param>
    /// <param name="shelf">The records at that position.</param>
    /// <param name="outbox">Writes the notices.</param>
    /// <param name="keys">Room secrets.</param>
    /// <param name="now">Room time, the one for what expires.</param>
    public IReadOnlyList<RoomMessage> Take(MemberId recipient, int most, bool evaluated, RoomState state, RecordShelf shelf, Outbox outbox, KeyRing keys, DateTimeOffset now)
    {
        var messages = new List<RoomMessage>();
        foreach (var item in _book.Of(recipient))
        {
            if (item.IsAnswered && item.Asked.Expires <= now)
            {
                _book.Put(item with { IsOver = true, HasMore = false });
            }
            else if (!item.IsAnswered || item.HasMore || evaluated)
            {
                Answer(item, messages, most, state, shelf, outbox, keys, now);
            }
        }
        return messages;
    }

    /// <summary>Lets be answered again what was last answered for a recipient. What was counted against a quota stays counted.</summary>
    public void PutBack(MemberId recipient)
    {
        if (_before.Remove(recipient, out var before))
        {
            foreach (var item in before.Cases)
            {
                _book.Put(item);
            }
            _told[recipient] = before.Told;
        }
    }

    private void Answer(WatchCase item, List<RoomMessage> messages, int most, RoomState state, RecordShelf shelf, Outbox outbox, KeyRing keys, DateTimeOffset now)
    {
        if (messages.Count >= most)
        {
            _book.Put(item with { HasMore = true });
            return;
        }
        var told = item.Told;
        var more = false;
        foreach (var (story, reference, notice) in Found(item, state, shelf, outbox, keys, now))
        {
            if (told.Contains(reference))
            {
                continue;
            }
            if (messages.Count >= most)
            {
                more = true;
                break;
            }
            told = told.Add(reference);
            _told[item.Agency] = ToldTo(item.Agency).SetItem(reference, new Told(story, ToldAs.Notice, now));
            messages.Add(notice);
        }
        if (!item.IsAnswered && told.IsEmpty)
        {
            messages.Add(new RoomMessage.NothingReleasable(item.Id));
        }
        _book.Put(item with { IsAnswered = true, HasMore = more, IsOver = !more && !item.IsStanding, Told = told });
    }

    private static IEnumerable<(PairStory Story, string Reference, RoomMessage.Notice Notice)> Found(
        WatchCase item, RoomState state, RecordShelf shelf, Outbox outbox, KeyRing keys, DateTimeOffset now)
    {
        // A query that the charter in force has not, or has otherwise, answers nothing any more.
        var charter = state.Charter!;
        if (!item.IsAllowed || item.Asked.Expires <= now
            || charter.Queries.FirstOrDefault(query => query.Id == item.Asked.Query && query.Version == item.Asked.Version && query.Asking is not null) is not { } asked
            || PairStory.AgenciesOf(charter).FirstOrDefault(agency => agency.Id == item.Agency) is not { } agency)
        {
            return [];
        }
        return SubjectSearch.Find(asked, item.Asked.Subject, agency, state, shelf, outbox, now)
            .Select(story => (Story: story, Notice: outbox.NoticeOf(story, item.Agency, state, keys, now) with { Watch = item.Id }))
            .Select(hit => (hit.Story, hit.Notice.Match, hit.Notice))
            .OrderBy(hit => hit.Story.IsRiskToLife ? 0 : 1).ThenByDescending(hit => hit.Story.Link.Strength).ThenBy(hit => hit.Match, StringComparer.Ordinal);
    }

    private ImmutableSortedDictionary<string, Told> ToldTo(MemberId agency) =>
        _told.GetValueOrDefault(agency) ?? ImmutableSortedDictionary.Create<string, Told>(StringComparer.Ordinal);
}
