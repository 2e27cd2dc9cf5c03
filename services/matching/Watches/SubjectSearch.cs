using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Consent;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Queries;
using CleanRoom.Linkage;
using CleanRoom.Matching.Epochs;
using CleanRoom.Matching.Records;
using CleanRoom.Records.Matching;

namespace CleanRoom.Matching.Watches;

/// <summary>
/// What an agency's subject finds: pairs of records of different contributors that hold it and both may tell this agency. Records whose persons have not agreed to that are not
/// even compared with it. Of the same log it finds the same.
/// </summary>
internal static class SubjectSearch
{
    /// <summary>The most records of one contributor that are looked at for one subject, the oldest.</summary>
    private const int MostOfOne = 8;

    /// <param name="query">The charter's query.</param>
    /// <param name="subject">What is looked for.</param>
    /// <param name="agency">Who asks.</param>
    /// <param name="state">The room at the epoch's position.</param>
    /// <param name="shelf">The records at that position.</param>
    /// <param name="outbox">Knows which pairs are wrong.</param>
    /// <param name="now">Room time, the one for what expires.</param>
    /// <returns>Each record that it finds stands in one pair at least; none if too few contributors hold it.</returns>
    public static IReadOnlyList<PairStory> Find(QueryDefinition query, WatchSubject subject, Agency agency, RoomState state, RecordShelf shelf, Outbox outbox, DateTimeOffset now)
    {
        if (SearchedSubject.From(subject.Kind, subject.Value, subject.Country ?? "", subject.Platform ?? "") is not { } wanted || !Enum.TryParse<LinkType>(subject.LinkType, out var type))
        {
            return [];
        }

        // What the standing queries have not run over yet is not looked at either: who sees when a record came must not see it by an answer.
        bool MayTell(RecordHandle handle) => shelf.IsEvaluated(handle) && shelf.Find(handle) is { IsDecoy: false } record
            && ConsentEngine.WhyNotDisclosed(PairStory.SideOf(state, record, null), agency, identifying: false, now) is null;
        var holders = shelf.Index.FindLinks(wanted, MayTell).Where(link => link.Type == type).GroupBy(link => link.First.Record)
            .Where(links => links.All(link => IsOf(query, link.First)) && links.Any(link => StandingQueries.StrengthOf(link) >= query.Strength))
            .Select(links => shelf.Find(links.Key)!).GroupBy(record => record.Contributor).SelectMany(records => records.Take(MostOfOne)).Select(record => record.Handle).ToHashSet();
        var pairs = shelf.Index.FindLinks(
                holders, (a, b) => holders.Contains(a) && holders.Contains(b) && PairStory.AreComparable(state, shelf.Find(a)!, shelf.Find(b)!, now)).Links
            .Where(link => link.Type == type && IsOf(query, link.First) && IsOf(query, link.Second))
            .Select(link => StandingQueries.Tell(link, shelf.Find(link.First.Record)!, shelf.Find(link.Second.Record)!, query))
            .Where(story => !outbox.IsWrong(story) && MayKnow(story, agency.Id, state, now)).DistinctBy(story => story.Pair).ToList();
        if (pairs.SelectMany(story => new[] { story.First.Contributor, story.Second.Contributor }).Distinct().Count() < query.MinimumContributors)
        {
            return [];
        }

        var covered = new HashSet<RecordHandle>();
        return [.. pairs.Where(story => covered.Add(story.First.Handle) | covered.Add(story.Second.Handle))];
    }

    /// <summary>Whether both sides let an agency know: one alone corroborates nothing.</summary>
    public static bool MayKnow(PairStory story, Charter.MemberId agency, RoomState state, DateTimeOffset now) =>
        story.Decide(state, now) is var decision && decision.FirstReleases.Contains(agency) && decision.SecondReleases.Contains(agency);

    /// <summary>Whether the thing is one of those whose things may be asked for: what is a victim's, a relative's or nobody knows whose is not found.</summary>
    private static bool IsOf(QueryDefinition query, Linkage.LinkSide side) => query.Asking!.Roles.Contains(side.HolderRole, StringComparer.Ordinal);
}
