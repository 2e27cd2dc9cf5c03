using System.Globalization;
using CleanRoom.Charter;
using CleanRoom.Charter.Consent;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Linkage;
using CleanRoom.Matching.Records;
using CleanRoom.Matching.Release;

namespace CleanRoom.Matching.Epochs;

/// <summary>
/// What waits to be told, per recipient, and what was told. Filling slots decides anew by consent; a story is told to a recipient once. Everything here
/// follows from the log and the keys, so that a restart arrives at the same.
/// </summary>
internal sealed class Outbox(RoomId room)
{
    private readonly SortedDictionary<MemberId, List<PairStory>> _waiting = [];
    private readonly HashSet<(MemberId, string)> _told = [];
    private readonly Dictionary<(MemberId, string), int> _oneWay = [];
    private readonly Dictionary<MemberId, (IReadOnlyList<PairStory> Stories, List<string> References)> _taken = [];

    /// <summary>Lets a story wait for all who may be told of it now.</summary>
    public void Add(PairStory story, ConsentDecision decision)
    {
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

    /// <summary>Takes the next messages for a recipient: review items first, then by strength. What may no longer be told falls away.</summary>
    /// <param name="recipient">The member.</param>
    /// <param name="most">Slots.</param>
    /// <param name="state">The room at the epoch's position.</param>
    /// <param name="shelf">The records at that position.</param>
    /// <param name="keys">Room secrets.</param>
    /// <param name="now">Room time of the epoch, for what expires.</param>
    public IReadOnlyList<RoomMessage> Take(MemberId recipient, int most, RoomState state, RecordShelf shelf, KeyRing keys, DateTimeOffset now)
    {
        var told = new List<string>();
        _taken[recipient] = (_waiting.TryGetValue(recipient, out var stories) ? [.. stories] : [], told);
        if (stories is null)
        {
            return [];
        }
        var messages = new List<RoomMessage>();
        var rest = new List<PairStory>();
        foreach (var (story, decision, reference) in stories
            .Where(story => shelf.Find(story.First.Handle) is not null && shelf.Find(story.Second.Handle) is not null)
            .Select(story => (Story: story, Decision: story.Decide(state, now), Reference: ReferenceOf(story, recipient, keys)))
            .OrderBy(item => item.Decision.ChildProtection ? 0 : item.Decision.NeedsReview ? 1 : 2)
            .ThenByDescending(item => item.Story.Link.Strength)
            .ThenBy(item => item.Reference, StringComparer.Ordinal))
        {
            if (_told.Contains((recipient, reference)))
            {
                continue;
            }
            var (message, isOneWay) = Compose(story, decision, recipient, reference, state, now);
            if (message is null)
            {
                continue;
            }
            var quarter = QuarterOf(now);
            if (messages.Count >= most || (isOneWay && _oneWay.GetValueOrDefault((recipient, quarter)) >= state.Charter!.Quotas.OneWayPointersPerQuarter))
            {
                rest.Add(story);
                continue;
            }
            if (isOneWay)
            {
                _oneWay[(recipient, quarter)] = _oneWay.GetValueOrDefault((recipient, quarter)) + 1;
            }
            _ = _told.Add((recipient, reference));
            told.Add(reference);
            messages.Add(message);
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
        if (_taken.Remove(recipient, out var last))
        {
            _told.ExceptWith(last.References.Select(reference => (recipient, reference)));
            _waiting[recipient] = [.. last.Stories];
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

    private string ReferenceOf(PairStory story, MemberId recipient, KeyRing keys) => MatchReference.Compute(
        room, recipient, story.Link.Type.ToString(), (story.First.Contributor, story.First.FirstId), (story.Second.Contributor, story.Second.FirstId),
        owner => keys.TryGet(owner, out var held) ? held.RoomSecret : throw new InvalidOperationException("A record on the shelf belongs to an owner whose keys are here."));

    private static (RoomMessage? Message, bool OneWay) Compose(PairStory story, ConsentDecision decision, MemberId recipient, string reference, RoomState state, DateTimeOffset now)
    {
        var link = story.Link.Type.ToString();
        var strength = StandingQueries.StrengthOf(story.Link);
        var isFirst = recipient == story.First.Contributor;
        if (isFirst || recipient == story.Second.Contributor)
        {
            var (own, other, telling) = isFirst ? (story.First, story.Second, decision.TellFirst) : (story.Second, story.First, decision.TellSecond);
            return telling switch
            {
                Telling.MutualPointer or Telling.OneWayPointer => (
                    new RoomMessage.MatchPointer(
                        reference, link, strength, RefOf(own), DeskOf(state.Charter!, other.Contributor), ContactQuarterOf(other),
                        [.. other.Consent.Caveats.Order(StringComparer.Ordinal)], IsKnown(story.First, story.Second), Whole(now.AddDays(90))),
                    telling == Telling.OneWayPointer),
                Telling.Review or Telling.SafeguardingReview => (
                    new RoomMessage.Review(
                        reference, link, strength, RefOf(own), Words(story.Link.Evidence), [.. decision.Reasons.Select(reason => reason.ToString()).Order(StringComparer.Ordinal)],
                        decision.ChildProtection, telling == Telling.SafeguardingReview, Whole(now.AddDays(30))),
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
        var handling = releasing.SelectMany(item => item.Record.Consent.Caveats).Append("NO_IMMIGRATION").Distinct().Order(StringComparer.Ordinal);
        return (
            new RoomMessage.Notice(
                reference, link, strength,
                [.. releasing.SelectMany(item => PairStory.JurisdictionsOf(item.Record, item.Side)).Distinct().Order(StringComparer.Ordinal)],
                releasing.Count == 1 ? "single source" : "2",
                [.. releasing.Select(item => DeskOf(state.Charter!, item.Record.Contributor))],
                GradingOf(releasing.Select(item => item.Record)), [.. handling], Whole(now.AddDays(180))),
            false);
    }

    private static string RefOf(HeldRecord record) => record.Content.ContributorRecordRef is { Length: > 0 } text ? text : record.Id.ToString("D");

    private static Desk DeskOf(RoomCharter charter, MemberId contributor) => new(contributor, charter.Contributor(contributor)?.Desk ?? "(left the room)");

    private static string[] Words(LinkEvidence evidence) =>
        [.. Enum.GetValues<LinkEvidence>().Where(kind => kind != LinkEvidence.None && evidence.HasFlag(kind)).Select(kind => kind.ToString()).Order(StringComparer.Ordinal)];

    /// <summary>3x5x2 of the weakest source; untested, not known and C where nobody has graded.</summary>
    private static string GradingOf(IEnumerable<HeldRecord> records)
    {
        var gradings = records.Select(record => record.Content.Handling).ToList();
        var source = gradings.Select(h => h?.SourceEvaluation is { Length: > 0 } s ? s : "2").Max(StringComparer.Ordinal);
        var information = gradings.Select(h => h?.InformationAssessment is { Length: > 0 } i ? i : "D").Max(StringComparer.Ordinal);
        var handling = gradings.Select(h => h?.UkHandling is { Length: > 0 } u ? u : "C").Max(StringComparer.Ordinal);
        return $"{source} {information} {handling}";
    }

    /// <summary>A recorded referral that names the other organisation joins the two records already.</summary>
    private static bool IsKnown(HeldRecord one, HeldRecord other) => Names(one, other.Contributor) || Names(other, one.Contributor);

    private static bool Names(HeldRecord record, MemberId member)
    {
        return record.Content.Case?.Referrals.Any(referral => Same(referral.Organisation, member.Value.Replace('-', ' '))) == true;

        // The charter's id of an organisation is its name in lower case with hyphens, so that its name, or a name that begins with it, is recognised.
        static bool Same(string text, string name) => text.Trim().StartsWith(name, StringComparison.OrdinalIgnoreCase);
    }

    private static string ContactQuarterOf(HeldRecord record)
    {
        var day = record.Content.Provenance?.CollectedOn ?? record.Content.Case?.OpenedOn;
        return day is null || day.Precision is "" or "Unknown" || day.LatestDay - day.EarliestDay > 92 ? "" : QuarterOf(DateTimeOffset.UnixEpoch.AddDays(day.EarliestDay));
    }

    private static string QuarterOf(DateTimeOffset time) => string.Create(CultureInfo.InvariantCulture, $"{time.Year}-Q{((time.Month - 1) / 3) + 1}");

    private static DateTimeOffset Whole(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());
}
