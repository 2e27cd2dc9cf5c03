using System.Collections.Immutable;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Log;

namespace CleanRoom.Charter.Watches;

/// <summary>A watch or a search, from its second signature on.</summary>
/// <param name="Id">Its entry.</param>
/// <param name="Agency">Who asks.</param>
/// <param name="Asked">What it asks.</param>
/// <param name="IsAllowed">The quota and every rule of the charter allow it; otherwise its one answer is that nothing may be told. Nobody is told why.</param>
public sealed record WatchCase(EntryId Id, MemberId Agency, RoomAct.WatchRequest Asked, bool IsAllowed)
{
    /// <summary>It has had its first answer.</summary>
    public bool IsAnswered { get; init; }

    /// <summary>Something of it waits for a slot.</summary>
    public bool HasMore { get; init; }

    /// <summary>Nothing is told because of it any more.</summary>
    public bool IsOver { get; init; }

    /// <summary>References of the matches that were told because of it.</summary>
    public ImmutableHashSet<string> Told { get; init; } = ImmutableHashSet.Create<string>(StringComparer.Ordinal);

    /// <summary>Whether it goes on after its first answer.</summary>
    public bool IsStanding => Asked.Expires is not null && IsAllowed;
}

/// <summary>
/// All watches and searches of a room: without clock and I/O, so that whoever applies the same acts at the same room times has the same book. That two persons
/// have signed is the caller's to know (<see cref="LoggedAct.Counts"/>).
/// </summary>
public sealed class WatchBook
{
    private readonly Dictionary<EntryId, WatchCase> _cases = [];
    private readonly Dictionary<MemberId, List<EntryId>> _order = [];
    private readonly Dictionary<(MemberId Agency, string Month), int> _used = [];

    /// <summary>Gives a watch or search; null if there is none.</summary>
    public WatchCase? Find(EntryId watch) => _cases.GetValueOrDefault(watch);

    /// <summary>An agency's watches and searches that are not over, in the log's order.</summary>
    public IReadOnlyList<WatchCase> Of(MemberId agency) => _order.TryGetValue(agency, out var ids) ? [.. ids.Select(id => _cases[id]).Where(item => !item.IsOver)] : [];

    /// <summary>
    /// Takes what two officers have signed. It counts against the month's quota before anything else is looked at and whatever becomes of it.
    /// </summary>
    /// <param name="watch">Its entry.</param>
    /// <param name="agency">Who asks.</param>
    /// <param name="asked">What it asks.</param>
    /// <param name="charter">The charter in force.</param>
    /// <param name="time">Room time.</param>
    /// <param name="spentUntil">Nobody knows what was asked until then, in entries that are lost: the quota of that month is used up; null if nothing is lost.</param>
    public WatchCase Ask(EntryId watch, AgencyMember agency, RoomAct.WatchRequest asked, RoomCharter charter, RoomTime time, DateTimeOffset? spentUntil = null)
    {
        if (_cases.TryGetValue(watch, out var known))
        {
            return known;
        }

        // By the time for what refills, so that no clock ahead of the others gives a month twice.
        var month = BudgetPeriod.MonthOf(time.Opening);
        var used = _used.GetValueOrDefault((agency.Id, month));
        _used[(agency.Id, month)] = used + 1;
        var allowed = !BudgetPeriod.IsMonthSpent(time.Opening, spentUntil) && used < agency.Quota.SearchesPerMonth && asked.WhyNot(charter, agency, time.Opening, time.Expiring) is null;
        if (!_order.TryGetValue(agency.Id, out var ids))
        {
            _order.Add(agency.Id, ids = []);
        }

        ids.Add(watch);
        return _cases[watch] = new WatchCase(watch, agency.Id, asked, allowed);
    }

    /// <summary>Ends a watch. What has not had its first answer still gets it: nothing may be told.</summary>
    /// <returns>Whether it was this agency's.</returns>
    public bool Withdraw(EntryId watch, MemberId agency)
    {
        if (Find(watch) is not { } item || item.Agency != agency)
        {
            return false;
        }

        Put(item with { IsAllowed = false, HasMore = false, IsOver = item.IsAnswered });
        return true;
    }

    /// <summary>Keeps what has become of one.</summary>
    public void Put(WatchCase item)
    {
        ArgumentNullException.ThrowIfNull(item);
        _cases[item.Id] = item;
    }
}
