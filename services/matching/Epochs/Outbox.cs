using CleanRoom.Charter;
using CleanRoom.Charter.Consent;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Charter.Queries;
using CleanRoom.Linkage;
using CleanRoom.Matching.Records;
using CleanRoom.Matching.Release;
using CleanRoom.Matching.Tables;
using CleanRoom.Matching.Watches;
using CleanRoom.Records.Matching;

namespace CleanRoom.Matching.Epochs;

/// <summary>As what a recipient was told a story.</summary>
internal enum ToldAs
{
    /// <summary>A review item.</summary>
    Review,

    /// <summary>A pointer.</summary>
    Pointer,

    /// <summary>An agency's notice.</summary>
    Notice,
}

/// <summary>What a recipient was told under a reference.</summary>
/// <param name="Story">The story.</param>
/// <param name="As">As what.</param>
/// <param name="At">Room time.</param>
internal readonly record struct Told(PairStory Story, ToldAs As, DateTimeOffset At);

/// <summary>What waits besides stories: about disclosures, and withdrawals of what was told.</summary>
/// <param name="Message">The message.</param>
/// <param name="About">The request that it belongs to; null for none.</param>
internal sealed record Letter(RoomMessage Message, EntryId? About)
{
    /// <summary>A draw leaves with the epoch whose entry names it, or never; then withdrawals go before everything else; what nobody has asked for keeps no news waiting.</summary>
    public int Rank => Message switch { RoomMessage.AuditDraw => 0, RoomMessage.Withdrawn => 1, RoomMessage.Offer => LastRank, _ => 2 };

    /// <summary>Behind all news.</summary>
    public const int LastRank = 3;
}

/// <summary>
/// What waits to be told, per recipient, and what was told. Filling slots decides anew by consent; a story is told to a recipient once, and taken back when it may
/// no longer be known (N6). Everything here follows from the log and the keys, so that a restart arrives at the same.
/// </summary>
internal sealed class Outbox(RoomId room)
{
    private readonly SortedDictionary<MemberId, List<PairStory>> _waiting = [];
    private readonly Dictionary<MemberId, List<Letter>> _letters = [];
    private readonly Dictionary<MemberId, SortedDictionary<string, Told>> _told = [];
    private readonly HashSet<(LinkType, RecordName, RecordName)> _wrong = [];
    private readonly HashSet<((LinkType, RecordName, RecordName), MemberId)> _released = [];
    private readonly EndingConsents _endings = new(room);
    private readonly WatchDesk _watches = new();
    private readonly TableDesk _tables = new(room);
    private readonly UseBook _uses = new();
    private readonly HashSet<(LinkType, RecordName, RecordName)> _takenUp = [];
    private readonly Dictionary<(MemberId, string), DateTimeOffset> _heldSince = [];
    private readonly Dictionary<(MemberId, string), int> _oneWay = [];
    private readonly Dictionary<MemberId, Taken> _taken = [];

    /// <summary>What agencies look for by themselves.</summary>
    public WatchDesk Watches => _watches;

    /// <summary>Tables of counts.</summary>
    public TableDesk Tables => _tables;

    /// <summary>Statements of use.</summary>
    public UseBook Uses => _uses;

    /// <summary>Lets a story wait for all who may be told of it now.</summary>
    public void Add(PairStory story, ConsentDecision decision)
    {
        if (_wrong.Contains(story.Pair))
        {
            return;
        }
        if (decision.TellFirst != Telling.Nothing)
        {
            Queue(story.First.Contributor, story);
        }
        if (decision.TellSecond != Telling.Nothing)
        {
            Queue(story.Second.Contributor, story);
        }
        foreach (var agency in decision.FirstReleases.Union(decision.SecondReleases))
        {
            Queue(agency, story);
        }
    }

    /// <summary>Lets a message wait.</summary>
    public void Post(MemberId recipient, RoomMessage message, EntryId? about)
    {
        if (!_letters.TryGetValue(recipient, out var letters))
        {
            _letters.Add(recipient, letters = []);
        }
        letters.Add(new Letter(message, about));
    }

    /// <summary>Drops facts of a request that have not left yet.</summary>
    /// <returns>Whether some were still waiting.</returns>
    public bool DropFacts(MemberId recipient, EntryId request) =>
        _letters.TryGetValue(recipient, out var letters) && letters.RemoveAll(letter => letter.About == request && letter.Message is (RoomMessage.Disclosed or RoomMessage.NoticeFacts)) > 0;

    /// <summary>The story that a member was told under a reference, and as what; null if it was told none, or told to forget it.</summary>
    public Told? ToldTo(MemberId recipient, string reference) =>
        _told.TryGetValue(recipient, out var told) && told.TryGetValue(reference, out var item) ? item : _watches.ToldTo(recipient, reference);

    /// <summary>What agencies were told by standing queries, and may still know: in one order. What answers a search of their own is not among it.</summary>
    public IEnumerable<(MemberId Agency, string Match, PairStory Story)> Notices =>
        from recipient in _told.OrderBy(item => item.Key)
        from told in recipient.Value
        where told.Value.As == ToldAs.Notice
        select (recipient.Key, told.Key, told.Value.Story);

    /// <summary>Whether somebody who was told of a pair has said that the two are not the same.</summary>
    public bool IsWrong(PairStory story) => _wrong.Contains(story.Pair);

    /// <summary>A side releases what was held back for a person's look: the other side may get its pointer.</summary>
    public void Release(PairStory story, MemberId by)
    {
        if (_released.Add((story.Pair, by)))
        {
            Queue(story.First.Contributor == by ? story.Second.Contributor : story.First.Contributor, story);
        }
    }

    /// <summary>A side takes its release back, as far as nobody was told.</summary>
    public void Hold(PairStory story, MemberId by) => _released.Remove((story.Pair, by));

    /// <summary>The two are not the same: nobody hears of them again, and whoever did is told to forget it.</summary>
    public void Forget(PairStory story) => _wrong.Add(story.Pair);

    /// <summary>An agency acts on it: who is next in line is not told because the first stayed silent.</summary>
    public void TakeUp(PairStory story) => _takenUp.Add(story.Pair);

    /// <summary>Takes the next messages for a recipient: withdrawals, then what concerns disclosures, review items, then by strength, then answers to its own watches, then what it is offered to give, then tables, consents that end, statements of use. What may no longer be told falls away.</summary>
    /// <param name="recipient">The member.</param>
    /// <param name="most">Slots.</param>
    /// <param name="state">The room at the epoch's position.</param>
    /// <param name="shelf">The records at that position.</param>
    /// <param name="keys">Room secrets.</param>
    /// <param name="now">Room time of the epoch, for what expires.</param>
    /// <param name="paused">The recipient owes an answer: no new stories.</param>
    /// <param name="evaluated">The standing queries ran at this epoch's end.</param>
    public IReadOnlyList<RoomMessage> Take(
        MemberId recipient, int most, RoomState state, RecordShelf shelf, KeyRing keys, DateTimeOffset now, bool paused = false, bool evaluated = false)
    {
        var messages = TakeNews(recipient, most, state, shelf, keys, now, paused);
        // Last of all: they must not keep news waiting.
        messages.AddRange(_watches.Take(recipient, paused ? 0 : most - messages.Count, evaluated, state, shelf, this, keys, now));
        foreach (var answer in messages.OfType<RoomMessage.Notice>().Where(notice => notice.Watch is not null))
        {
            NoteUse(_watches.ToldTo(recipient, answer.Match)!.Value.Story, recipient, answer.Match, RecordUse.Answer, state, now);
        }

        messages.AddRange(TakeLast(recipient, most - messages.Count));
        messages.AddRange(_tables.Take(recipient, paused ? 0 : most - messages.Count));
        messages.AddRange(_endings.Take(recipient, most - messages.Count, state.Charter!, shelf, now));
        return [.. messages, .. _uses.Take(recipient, most - messages.Count)];
    }

    private List<RoomMessage> TakeLast(MemberId recipient, int most)
    {
        var letters = _letters.GetValueOrDefault(recipient) ?? [];
        var sent = letters.Where(letter => letter.Rank == Letter.LastRank).Take(most).ToList();
        _ = letters.RemoveAll(sent.Contains);
        return sent.ConvertAll(letter => letter.Message);
    }

    private List<RoomMessage> TakeNews(MemberId recipient, int most, RoomState state, RecordShelf shelf, KeyRing keys, DateTimeOffset now, bool paused)
    {
        if (!_told.TryGetValue(recipient, out var told))
        {
            _told.Add(recipient, told = new(StringComparer.Ordinal));
        }
        var letters = _letters.GetValueOrDefault(recipient) ?? [];
        var stories = _waiting.GetValueOrDefault(recipient) ?? [];
        var changed = new List<(string Reference, Told? Before)>();
        _taken[recipient] = new Taken([.. stories], [.. letters], changed);
        _uses.Begin(recipient);

        var gone = _watches.Begin(recipient, state, shelf, this, now).ToList();
        foreach (var (reference, item) in NoLongerKnown(recipient, told, state, shelf, now))
        {
            _ = told.Remove(reference);
            changed.Add((reference, item));
            gone.Add(reference);
        }
        // What one way may be known no longer and another way still may, stays told.
        letters.AddRange(gone.Distinct(StringComparer.Ordinal).Where(reference => ToldTo(recipient, reference) is null).Select(reference => new Letter(new RoomMessage.Withdrawn(reference, null), null)));
        var sent = letters.Where(letter => letter.Rank < Letter.LastRank).OrderBy(letter => letter.Rank).Take(most).ToList();
        _letters[recipient] = [.. letters.Except(sent, ReferenceEqualityComparer.Instance).Cast<Letter>()];
        var messages = sent.ConvertAll(letter => letter.Message);
        messages.ForEach(message => _uses.Note(recipient, message));
        if (paused || stories.Count == 0)
        {
            return messages;
        }

        var rest = new List<PairStory>();
        foreach (var (story, decision, reference) in stories
            .Select(story => story.On(shelf)).OfType<PairStory>()
            .Where(story => !_wrong.Contains(story.Pair))
            .Select(story => (Story: story, Decision: story.Decide(state, now), Reference: ReferenceOf(story, recipient, keys)))
            .OrderBy(item => item.Story.IsRiskToLife || item.Story.RecordOf(recipient)?.IsDecoy == true ? 0 : 1)
            .ThenBy(item => item.Decision.ChildProtection ? 0 : item.Decision.NeedsReview ? 1 : 2)
            .ThenByDescending(item => item.Story.Link.Strength)
            .ThenBy(item => item.Reference, StringComparer.Ordinal))
        {
            var (message, isOneWay) = Compose(story, decision, recipient, reference, state, now);
            // What was told for review is told again once as a pointer, when the other side has released it.
            var wasTold = told.TryGetValue(reference, out var before);
            if (message is null || (wasTold && !(before.As == ToldAs.Review && message is RoomMessage.MatchPointer)))
            {
                continue;
            }
            if (message is RoomMessage.Notice && TurnOf(story, decision, recipient, reference, state.Charter!, keys, now) is var turn && turn != Turn.Now)
            {
                if (turn == Turn.Later)
                {
                    rest.Add(story);
                }
                continue;
            }
            var quarter = BudgetPeriod.QuarterOf(now);
            if (messages.Count >= most || (isOneWay && (BudgetPeriod.IsQuarterSpent(now, state.SpentUntil) || _oneWay.GetValueOrDefault((recipient, quarter)) >= state.Charter!.Quotas.OneWayPointersPerQuarter)))
            {
                rest.Add(story);
                continue;
            }
            if (isOneWay)
            {
                _oneWay[(recipient, quarter)] = _oneWay.GetValueOrDefault((recipient, quarter)) + 1;
            }
            changed.Add((reference, wasTold ? before : null));
            told[reference] = new Told(story, message switch { RoomMessage.Notice => ToldAs.Notice, RoomMessage.MatchPointer => ToldAs.Pointer, _ => ToldAs.Review }, now);
            messages.Add(message);
            NoteUse(story, recipient, reference, message switch { RoomMessage.Notice => RecordUse.Notice, RoomMessage.MatchPointer => isOneWay ? RecordUse.OneWayPointer : RecordUse.Pointer, _ => null }, state, now);
        }
        stories.Clear();
        stories.AddRange(rest);
        return messages;
    }

    /// <summary>
    /// Lets wait again what was last taken for a recipient: the log binds other messages, so that nobody knows which of these were told. What was counted
    /// against a quota stays counted.
    /// </summary>
    public void PutBack(MemberId recipient)
    {
        _endings.PutBack(recipient);
        _watches.PutBack(recipient);
        _tables.Drop();
        _uses.PutBack(recipient);
        if (_taken.Remove(recipient, out var last))
        {
            var told = _told[recipient];
            foreach (var (reference, before) in last.Changed.Reverse())
            {
                _ = told.Remove(reference);
                if (before is { } item)
                {
                    told.Add(reference, item);
                }
            }
            _waiting[recipient] = [.. last.Stories];
            // What was drawn is told with the entry that names it, or is drawn anew.
            _letters[recipient] = [.. last.Letters.Where(letter => letter.Message is not RoomMessage.AuditDraw)];
        }
    }

    /// <summary>What was told and may be known no longer (withdrawn, past its time, wrong). Missing keys of an owner are no withdrawal.</summary>
    private List<KeyValuePair<string, Told>> NoLongerKnown(
        MemberId recipient, SortedDictionary<string, Told> told, RoomState state, RecordShelf shelf, DateTimeOffset now) =>
    [
        .. told.Where(item =>
        {
            var story = item.Value.Story;
            return shelf.IsGone(story.First.Name) || shelf.IsGone(story.Second.Name) || _wrong.Contains(story.Pair)
                || (story.On(shelf) is { } current && !MayStillKnow(current.Decide(state, now), current, recipient));
        }),
    ];

    private static bool MayStillKnow(ConsentDecision decision, PairStory story, MemberId recipient) =>
        recipient == story.First.Contributor ? decision.TellFirst != Telling.Nothing
        : recipient == story.Second.Contributor ? decision.TellSecond != Telling.Nothing
        : decision.FirstReleases.Contains(recipient) || decision.SecondReleases.Contains(recipient);

    /// <summary>
    /// Counts what a recipient is told of a match for those whose record it reveals, as far as consent lets them know of the match, whether its query tells contributors or agencies alone; a pointer
    /// whose reader stays unnamed is counted all the same (DATA.md §4.1).
    /// </summary>
    private void NoteUse(PairStory story, MemberId recipient, string reference, RecordUse? use, RoomState state, DateTimeOffset now)
    {
        var decision = (story with { Query = story.Query with { TellsContributors = true } }).Decide(state, now);
        _uses.Note(recipient, reference, use, [.. Revealed(story.First, story.Second, decision.TellFirst, decision.FirstReleases), .. Revealed(story.Second, story.First, decision.TellSecond, decision.SecondReleases)]);

        IEnumerable<MemberId> Revealed(HeldRecord own, HeldRecord counterpart, Telling telling, IReadOnlyList<MemberId> releases)
        {
            var isRevealed = use is RecordUse.Pointer or RecordUse.OneWayPointer ? counterpart.Contributor == recipient : releases.Contains(recipient);
            var mayKnow = use == RecordUse.OneWayPointer || (telling == Telling.PointerOnRelease ? _released.Contains((story.Pair, counterpart.Contributor)) : telling != Telling.Nothing);
            return isRevealed && mayKnow && !own.IsDecoy ? [own.Contributor] : [];
        }
    }

    private void Queue(MemberId recipient, PairStory story)
    {
        if (!_waiting.TryGetValue(recipient, out var stories))
        {
            _waiting.Add(recipient, stories = []);
        }
        stories.Add(story);
    }

    /// <summary>
    /// When an agency's turn comes. The first in line are told at once; the next ones when the first have had their time and nobody has acted, or where there is no first, or a life is at risk.
    /// Only what is signed in the log counts as acting: what the service says of who has read what is not the enclave's to believe.
    /// </summary>
    private Turn TurnOf(PairStory story, ConsentDecision decision, MemberId recipient, string reference, RoomCharter charter, KeyRing keys, DateTimeOffset now)
    {
        if (story.Query.Agencies?.Next is not { } next || story.IsFirstInLine(charter, recipient) || story.IsRiskToLife)
        {
            return Turn.Now;
        }
        var first = decision.FirstReleases.Union(decision.SecondReleases).Where(agency => story.IsFirstInLine(charter, agency)).ToList();
        if (first.Count == 0)
        {
            return Turn.Now;
        }
        if (_takenUp.Contains(story.Pair))
        {
            return Turn.Never;
        }
        // From when it could be told, and never before who was told first has had the time that its notice says.
        _ = _heldSince.TryAdd((recipient, reference), now);
        var since = first.Select(agency => ToldTo(agency, ReferenceOf(story, agency, keys))?.At ?? DateTimeOffset.MinValue).Append(_heldSince[(recipient, reference)]).Max();
        return now < next.After.After(since) ? Turn.Later : Turn.Now;
    }

    /// <summary>The reference of a story for one recipient.</summary>
    public string ReferenceOf(PairStory story, MemberId recipient, KeyRing keys) => MatchReference.Compute(
        room, recipient, story.Link.Type.ToString(), (story.First.Contributor, story.First.FirstId), (story.Second.Contributor, story.Second.FirstId),
        owner => keys.TryGet(owner, out var held) ? held.RoomSecret : throw new InvalidOperationException("A record on the shelf belongs to an owner whose keys are here."));

    /// <summary>What an agency is told of a story that both sides let it know.</summary>
    public RoomMessage.Notice NoticeOf(PairStory story, MemberId agency, RoomState state, KeyRing keys, DateTimeOffset now) =>
        Compose(story, story.Decide(state, now), agency, ReferenceOf(story, agency, keys), state, now).Message as RoomMessage.Notice
        ?? throw new InvalidOperationException("Neither side lets this agency know.");

    private (RoomMessage? Message, bool OneWay) Compose(PairStory story, ConsentDecision decision, MemberId recipient, string reference, RoomState state, DateTimeOffset now)
    {
        var link = story.Link.Type.ToString();
        var strength = StandingQueries.StrengthOf(story.Link);
        var isFirst = recipient == story.First.Contributor;
        if (isFirst || recipient == story.Second.Contributor)
        {
            var (own, other, telling, back) = isFirst
                ? (story.First, story.Second, decision.TellFirst, decision.TellSecond)
                : (story.Second, story.First, decision.TellSecond, decision.TellFirst);
            // Whoever looks for a person has nothing to release.
            if (telling is Telling.Review or Telling.SafeguardingReview or Telling.PointerOnRelease && back != Telling.PointerOnRelease && _released.Contains((story.Pair, other.Contributor)))
            {
                telling = back == Telling.Nothing ? Telling.OneWayPointer : Telling.MutualPointer;
            }
            return telling switch
            {
                Telling.MutualPointer or Telling.OneWayPointer => (
                    PointerTo(other, story, reference, strength, RefOf(own), state.Charter!, now) is { } pointer ? pointer with { Decoy = own.IsDecoy } : null,
                    telling == Telling.OneWayPointer),
                Telling.Review or Telling.SafeguardingReview => (
                    new RoomMessage.Review(
                        reference, link, strength, RefOf(own), IsTracing(story) ? [] : Words(story.Link.Evidence), ReasonsOf(decision, own),
                        decision.ChildProtection, telling == Telling.SafeguardingReview, Whole(now.AddDays(IsTracing(story) ? 60 : 30)))
                    {
                        Decoy = own.IsDecoy,
                    },
                    false),
                _ => (null, false),
            };
        }

        var releasing = new List<(HeldRecord Record, Linkage.LinkSide Side)>();
        if (decision.FirstReleases.Contains(recipient))
        {
            releasing.Add((story.First, story.Link.First));
        }
        if (decision.SecondReleases.Contains(recipient))
        {
            releasing.Add((story.Second, story.Link.Second));
        }
        if (releasing.Count == 0)
        {
            return (null, false);
        }
        var handling = HandlingOf(releasing.Select(item => item.Record));
        return (
            new RoomMessage.Notice(
                reference, link, strength,
                [.. releasing.SelectMany(item => PairStory.JurisdictionsOf(item.Record, item.Side)).Distinct().Order(StringComparer.Ordinal)],
                releasing.Count == 1 ? "single source" : "2",
                [.. releasing.Select(item => DeskOf(state.Charter!, item.Record.Contributor))],
                GradingOf(releasing.Select(item => item.Record)), handling, Whole(now.AddDays(180)),
                story.Query.Agencies?.Next is { } next && story.IsFirstInLine(state.Charter!, recipient) ? Whole(next.After.After(now)) : null),
            false);
    }

    /// <summary>A pointer with what its query lets it hold (DATA.md §4.2): whom to call is all that tracing and a live operation give away.</summary>
    private static RoomMessage.MatchPointer? PointerTo(HeldRecord other, PairStory story, string reference, MatchStrength strength, string own, RoomCharter charter, DateTimeOffset now)
    {
        var link = story.Link.Type.ToString();
        var (desk, expires) = (DeskOf(charter, other.Contributor), Whole(now.AddDays(90)));
        if (IsTracing(story) || story.Link.Type == LinkType.LiveOperation)
        {
            return new RoomMessage.MatchPointer(reference, link, story.Query.Strength, own, desk, "", [], Known: false, expires);
        }
        var pointer = new RoomMessage.MatchPointer(
            reference, link, strength, own, desk, ContactQuarterOf(other), [.. other.Consent.Caveats.Order(StringComparer.Ordinal)], IsKnown(story.First, story.Second), expires);
        if (story.Link.Type != LinkType.ReTrafficking)
        {
            return pointer;
        }
        // The newest versions may not say so any more.
        return Exploitations.QuartersBetween(story.First.Read(), story.Second.Read()) is { } quarters ? pointer with { QuartersBetween = quarters } : null;
    }

    private static bool IsTracing(PairStory story) => story.Link.Type == LinkType.SamePersonMissing;

    public static string RefOf(HeldRecord record) => record.Read().ContributorRecordRef is { Length: > 0 } text ? text : record.Id.ToString("D");

    public static Desk DeskOf(RoomCharter charter, MemberId contributor) => new(contributor, charter.Contributor(contributor)?.Desk ?? "(left the room)");

    /// <summary>Why a person has to look, and whether her own record says that a life is at risk.</summary>
    private static string[] ReasonsOf(ConsentDecision decision, HeldRecord own)
    {
        var reasons = decision.Reasons.Select(reason => reason.ToString());
        return [.. (own.Consent.Caveats.Contains(RoomMessage.RiskToLife) ? reasons.Append(RoomMessage.Review.OwnRiskToLife) : reasons).Order(StringComparer.Ordinal)];
    }

    private static string[] Words(LinkEvidence evidence) =>
        [.. Enum.GetValues<LinkEvidence>().Where(kind => kind != LinkEvidence.None && evidence.HasFlag(kind)).Select(kind => kind.ToString()).Order(StringComparer.Ordinal)];

    /// <summary>3x5x2 of the weakest source; untested, not known and C where nobody has graded.</summary>
    public static string GradingOf(IEnumerable<HeldRecord> records)
    {
        var gradings = records.Select(record => record.Read().Handling).ToList();
        var source = gradings.Select(h => h?.SourceEvaluation is { Length: > 0 } s ? s : "2").Max(StringComparer.Ordinal);
        var information = gradings.Select(h => h?.InformationAssessment is { Length: > 0 } i ? i : "D").Max(StringComparer.Ordinal);
        var handling = gradings.Select(h => h?.UkHandling is { Length: > 0 } u ? u : "C").Max(StringComparer.Ordinal);
        return $"{source} {information} {handling}";
    }

    /// <summary>A recorded referral that names the other organisation joins the two records already.</summary>
    private static bool IsKnown(HeldRecord one, HeldRecord other) => Names(one, other.Contributor) || Names(other, one.Contributor);

    private static bool Names(HeldRecord record, MemberId member)
    {
        return record.Read().Case?.Referrals.Any(referral => Same(referral.Organisation, member.Value.Replace('-', ' '))) == true;

        // The charter's id of an organisation is its name in lower case with hyphens, so that its name, or a name that begins with it, is recognised.
        static bool Same(string text, string name) => text.Trim().StartsWith(name, StringComparison.OrdinalIgnoreCase);
    }

    private static string ContactQuarterOf(HeldRecord record)
    {
        var content = record.Read();
        var day = content.Provenance?.CollectedOn ?? content.Case?.OpenedOn;
        return day is null || day.Precision is "" or "Unknown" || day.LatestDay - day.EarliestDay > 92 ? "" : BudgetPeriod.QuarterOf(DateTimeOffset.UnixEpoch.AddDays(day.EarliestDay));
    }

    /// <summary>What binds who is told of records: their caveats, and that nobody uses it against migrants.</summary>
    public static IReadOnlyList<string> HandlingOf(IEnumerable<HeldRecord> records) =>
        [.. records.SelectMany(record => record.Consent.Caveats).Append("NO_IMMIGRATION").Distinct().Order(StringComparer.Ordinal)];

    public static DateTimeOffset Whole(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());

    private enum Turn
    {
        Now,
        Later,
        Never,
    }

    /// <summary>What stood before the last taking, and what it changed of what was told, in its order, to put it back.</summary>
    private sealed record Taken(
        IReadOnlyList<PairStory> Stories, IReadOnlyList<Letter> Letters, IReadOnlyList<(string Reference, Told? Before)> Changed);
}
