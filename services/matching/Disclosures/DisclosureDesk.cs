using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Consent;
using CleanRoom.Charter.Disclosure;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Matching.Audits;
using CleanRoom.Matching.Emergencies;
using CleanRoom.Matching.Epochs;
using CleanRoom.Matching.Overrides;
using CleanRoom.Matching.Records;
using CleanRoom.Matching.Release;

namespace CleanRoom.Matching.Disclosures;

/// <summary>
/// Works through what people did since the last epoch, in the log's order and at the epoch's room time: answers to review items, requests, decisions, outcomes.
/// A function of the log and the keys, as everything in the enclave.
/// </summary>
internal sealed class DisclosureDesk
{
    private readonly Queue<(LoggedAct Logged, RoomAct Act)> _heard = [];
    private readonly Dictionary<EntryId, PairStory> _stories = [];

    public DisclosureBook Book { get; } = new();

    public DisclosureDesk() => Emergencies = new EmergencyDesk(Overrides);

    /// <summary>What people override.</summary>
    public OverrideBook Overrides { get; } = new();

    /// <summary>Random audits of what contributors upload.</summary>
    public AuditDesk Audits { get; } = new();

    /// <summary>Facts that follow notices.</summary>
    public OfferDesk Offers { get; } = new();

    /// <summary>What waits for no epoch.</summary>
    public EmergencyDesk Emergencies { get; }

    /// <summary>An act that has all its signatures.</summary>
    public void Hear(LoggedAct logged, RoomAct act)
    {
        if (act is RoomAct.Emergency emergency)
        {
            Emergencies.Hear(logged, emergency);
        }
        else if (act is RoomAct.SampleOpening opening)
        {
            Audits.Hear(logged.Entry.Author!, opening);
        }
        else
        {
            _heard.Enqueue((logged, act));
        }
    }

    /// <summary>Works.</summary>
    /// <param name="state">The room at the epoch's position.</param>
    /// <param name="shelf">The records at that position.</param>
    /// <param name="outbox">Takes what is to be told.</param>
    /// <param name="keys">Room secrets.</param>
    /// <param name="time">Room time of the epoch.</param>
    /// <param name="reached">Members that get messages in this epoch.</param>
    /// <returns>Requests and offers whose facts leave with this epoch, and facts that follow by a rule alone: the epoch's entry names them.</returns>
    public (IReadOnlyList<EntryId> Disclosed, IReadOnlyList<EntryId> Automatic) Work(
        RoomState state, RecordShelf shelf, Outbox outbox, KeyRing keys, RoomTime time, IReadOnlyList<MemberId> reached)
    {
        Overrides.Settle(state, shelf, time);
        while (_heard.TryDequeue(out var item))
        {
            Do(item.Logged, item.Act, state, shelf, outbox, time);
        }
        Emergencies.Pass(state, shelf, outbox, time);
        foreach (var (item, story) in Offers.Work(state, shelf, outbox, keys, time, Book))
        {
            _stories[item.Request] = story;
        }
        foreach (var item in Book.Pass(time))
        {
            Tell(item, outbox);
            if (item.State == DisclosureState.Escalated)
            {
                Ask(item, outbox);
            }
        }

        var (disclosed, automatic) = (new List<EntryId>(), new List<EntryId>());
        foreach (var item in Book.Cases.Where(item => item.IsOpen || item.IsReleasable || item.IsOut).OrderBy(item => item.Request.ToString(), StringComparer.Ordinal).ToList())
        {
            Recheck(item, state, shelf, outbox, time);
            if (Book.Find(item.Request) is { IsReleasable: true } granted && disclosed.Count < EpochEntry.MaxDisclosed && automatic.Count < EpochEntry.MaxDisclosed && reached.Contains(granted.Agency)
                && _stories[granted.Request].On(shelf) is { } story && TryDisclose(granted, story, state, outbox, time))
            {
                // Whose epoch could not be computed again is sent the same once more: the log has named it already.
                if (!state.IsDisclosed(granted.Request))
                {
                    (granted.IsUnasked && Offers.IsAutomatic(granted.Request) ? automatic : disclosed).Add(granted.Request);
                }
            }
        }
        return (disclosed, automatic);
    }

    private void Do(LoggedAct logged, RoomAct act, RoomState state, RecordShelf shelf, Outbox outbox, RoomTime time)
    {
        var (author, charter) = (logged.Entry.Author!, state.Charter!);
        switch (act)
        {
            case RoomAct.MatchAnswer answer:
                Answer(logged, answer, state, shelf, outbox, time);
                break;
            case RoomAct.DisclosureRequest asked when charter.Agency(author) is { } agency:
                var story = outbox.ToldTo(author, asked.Match) is { As: ToldAs.Notice } told ? told.Story.On(shelf) : null;
                var noticed = story is not null && Releases(story, author, asked.Contributor, state, time);
                var item = Book.Ask(logged.Entry.Id, agency, asked, charter.Purposes.Allowed, noticed, time, state.SpentUntil);
                if (item.IsOpen)
                {
                    outbox.TakeUp(story!);
                    _stories[item.Request] = story!;
                    Ask(item, outbox);
                }
                Tell(item, outbox);
                break;
            case RoomAct.DisclosureDecision decision:
                if (Book.Decide(logged.Entry.About!.Value, author, decision) is { } decided)
                {
                    Tell(decided, outbox);
                }
                break;
            case RoomAct.OfferedRelease given:
                Offers.Hear(logged.Entry.Id, author, given, time);
                break;
            case RoomAct.DisclosureOutcome outcome:
                if (Book.Report(logged.Entry.About!.Value, author, outcome) is { } reported)
                {
                    outbox.Post(
                        reported.Asked.Contributor,
                        new RoomMessage.Outcome(reported.Request, author, OwnOf(reported), outcome.Code), reported.Request);
                    Tell(reported, outbox);
                }
                break;
            case RoomAct.WatchRequest asked when charter.Agency(author) is { } agency:
                outbox.Watches.Ask(logged.Entry.Id, agency, asked, charter, time, state.SpentUntil);
                break;
            case RoomAct.WatchWithdrawal withdrawal:
                outbox.Watches.Withdraw(withdrawal.Watch, author);
                break;
            default:
                break;
        }
    }

    private static void Answer(LoggedAct logged, RoomAct.MatchAnswer answer, RoomState state, RecordShelf shelf, Outbox outbox, RoomTime time)
    {
        var author = logged.Entry.Author!;
        if (outbox.ToldTo(author, answer.Match) is not { } told)
        {
            return;
        }
        if (answer.Answer == MatchVerdict.Wrong)
        {
            outbox.Forget(told.Story);
            return;
        }
        if (answer.Answer == MatchVerdict.Taken)
        {
            if (told.As == ToldAs.Notice)
            {
                outbox.TakeUp(told.Story);
            }
            return;
        }
        // Only a side can release or hold, and what was for the safeguarding lead alone is hers to answer.
        if (told.As == ToldAs.Notice || told.Story.On(shelf) is not { } story)
        {
            return;
        }
        var decision = story.Decide(state, time.Expiring);
        var telling = author == story.First.Contributor ? decision.TellFirst : decision.TellSecond;
        var needed = telling == Telling.SafeguardingReview ? PersonRoles.Safeguarding : PersonRoles.Releaser;
        if (telling is Telling.Review or Telling.SafeguardingReview && logged.Roles.HasFlag(needed))
        {
            if (answer.Answer == MatchVerdict.Release)
            {
                outbox.Release(story, author);
            }
            else
            {
                outbox.Hold(story, author);
            }
        }
    }

    /// <summary>What was withdrawn is recalled; what consent no longer covers does not leave.</summary>
    private void Recheck(DisclosureCase item, RoomState state, RecordShelf shelf, Outbox outbox, RoomTime time)
    {
        var story = _stories[item.Request];
        var own = story.RecordOf(item.Asked.Contributor)!.Name;
        var current = story.On(shelf);
        var lost = shelf.IsGone(own)
            || (item.IsUnasked && IsTakenBack(item, story, current, state, shelf, outbox, time))
            || (current is not null && outbox.ToldTo(item.Agency, item.Asked.Match) is null)
            || (current is not null && !item.IsUnasked && item.IsOut && Forbidden(item, item.Granted, current, state, time) is not null);
        if (lost)
        {
            var waited = outbox.DropFacts(item.Agency, item.Request);
            var wasOut = Book.Recall(item.Request);
            if (wasOut == true || waited)
            {
                outbox.Post(item.Agency, new RoomMessage.Withdrawn(null, item.Request), item.Request);
            }
            if (!item.IsUnasked || item.IsOut)
            {
                Tell(Book.Find(item.Request)!, outbox);
            }
        }
        else if (current is not null && !item.IsUnasked && item.IsReleasable && Forbidden(item, item.Granted, current, state, time) is { } reason && Book.Withhold(item.Request, reason.ToString()) is { } withheld)
        {
            Tell(withheld, outbox);
        }
    }

    /// <summary>Facts that nobody has asked for go with the notice that they followed, and with everybody's consent that they left with.</summary>
    private bool IsTakenBack(DisclosureCase item, PairStory story, PairStory? current, RoomState state, RecordShelf shelf, Outbox outbox, RoomTime time) =>
        shelf.IsGone(story.First.Name) || shelf.IsGone(story.Second.Name) || outbox.IsWrong(story) || outbox.ToldTo(item.Agency, item.Asked.Match) is null
        || (current is not null && !Offers.MayStill(item, current, state, time));

    private bool TryDisclose(DisclosureCase item, PairStory story, RoomState state, Outbox outbox, RoomTime time)
    {
        var charter = state.Charter!;
        var record = story.RecordOf(item.Asked.Contributor)!;
        var due = Outbox.Whole(time.Opening.AddDays(charter.Agency(item.Agency)!.OutcomeDueDays));
        if (item.IsUnasked)
        {
            var parts = Offers.Write(item, story, state, time, due);
            if (parts.Count == 0)
            {
                // The newest version of the record says it no longer.
                _ = Book.Withhold(item.Request, "NotNecessary");
                return false;
            }
            outbox.Uses.Leaves(item.Request, item.Asked.Contributor);
            foreach (var part in parts)
            {
                outbox.Post(item.Agency, part, item.Request);
            }
            _ = Book.Disclose(item.Request, due);
            if (Offers.IsAutomatic(item.Request))
            {
                outbox.Post(item.Asked.Contributor, Offers.ToldOf(item, story, time), item.Request);
            }
            return true;
        }
        var handling = Outbox.HandlingOf([record]);
        var letter = new RoomMessage.Disclosed(
            item.Request, 1, 1, Outbox.DeskOf(charter, item.Asked.Contributor), item.Asked.Purpose, item.Asked.CaseNumber, [], handling, due);
        foreach (var part in Pages.Of((part, parts, page) => letter with { Part = part, Parts = parts, Facts = page }, FieldCutter.Cut(record.Read(), item.Granted), Pages.MostFacts, state.Room, item.Agency, charter))
        {
            outbox.Post(item.Agency, part, item.Request);
        }
        Tell(Book.Disclose(item.Request, due), outbox);
        return true;
    }

    private static bool Releases(PairStory story, MemberId agency, MemberId contributor, RoomState state, RoomTime time)
    {
        var decision = story.Decide(state, time.Expiring);
        return (story.First.Contributor == contributor && decision.FirstReleases.Contains(agency))
            || (story.Second.Contributor == contributor && decision.SecondReleases.Contains(agency));
    }

    private ReasonCode? Forbidden(DisclosureCase item, IReadOnlyList<string> fields, PairStory story, RoomState state, RoomTime time)
    {
        if (PairStory.AgenciesOf(state.Charter!).FirstOrDefault(agency => agency.Id == item.Agency) is not { } agency)
        {
            return ReasonCode.NoAuthorisedAgency;
        }
        var side = Overrides.On(story.SideOf(state, item.Asked.Contributor), story.RecordOf(item.Asked.Contributor)!.Name, state.Charter!);
        return fields.Select(field => ConsentEngine.WhyNotDisclosed(side, agency, DisclosureFields.All[field] == ConsentPurpose.LeIdentifying, time.Expiring))
            .FirstOrDefault(reason => reason is not null);
    }

    private void Ask(DisclosureCase item, Outbox outbox) => outbox.Post(
        item.Asked.Contributor,
        new RoomMessage.Request(
            item.Request, item.Agency, OwnOf(item), item.Asked.LegalBasis, item.Asked.Purpose, item.Asked.CaseNumber, item.Asked.Fields,
            Outbox.Whole(item.State == DisclosureState.Escalated ? item.Closes : item.Asked.Due), item.State == DisclosureState.Escalated),
        item.Request);

    private string OwnOf(DisclosureCase item) => Outbox.RefOf(_stories[item.Request].RecordOf(item.Asked.Contributor)!);

    private static void Tell(DisclosureCase item, Outbox outbox) => outbox.Post(
        item.Agency, new RoomMessage.Status(item.Request, item.State, item.Reason, item.Until is { } until ? Outbox.Whole(until) : null), item.Request);
}
