using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Log;

namespace CleanRoom.Charter.Disclosure;

/// <summary>
/// All requests for disclosure of a room: a state machine without clock and I/O, so that whoever applies the same acts at the same room times has the same
/// book. That two persons have signed is the caller's to know (<see cref="LoggedAct.Counts"/>).
/// </summary>
public sealed class DisclosureBook
{
    /// <summary>Longest time that a contributor may be given to decide.</summary>
    public static TimeSpan LongestDue { get; } = TimeSpan.FromDays(90);

    private readonly Dictionary<EntryId, DisclosureCase> _cases = [];
    private readonly Dictionary<(MemberId Agency, string Month), int> _used = [];

    /// <summary>All requests.</summary>
    public IReadOnlyCollection<DisclosureCase> Cases => _cases.Values;

    /// <summary>Gives a request; null if there is none.</summary>
    public DisclosureCase? Find(EntryId request) => _cases.GetValueOrDefault(request);

    /// <summary>Whether an agency owes an outcome whose time is over: until it reports, it is told nothing new.</summary>
    public bool OwesOutcome(MemberId agency) => _cases.Values.Any(item => item.Agency == agency && item.State == DisclosureState.OutcomeOverdue);

    /// <summary>Takes a request that two officers have signed. It counts against the month's quota whatever becomes of it.</summary>
    /// <param name="request">Its entry.</param>
    /// <param name="agency">Who asks.</param>
    /// <param name="asked">What it asks.</param>
    /// <param name="allowedPurposes">The charter's.</param>
    /// <param name="isNoticed">Whether the agency was told of this match, with this contributor as a desk to ask.</param>
    /// <param name="time">Room time.</param>
    /// <param name="spentUntil">Nobody knows what was asked until then, in entries that are lost: the quota of that month is used up; null if nothing is lost.</param>
    /// <returns>The case: under review, or refused by rule.</returns>
    public DisclosureCase Ask(
        EntryId request, AgencyMember agency, RoomAct.DisclosureRequest asked, IReadOnlyList<string> allowedPurposes, bool isNoticed, RoomTime time, DateTimeOffset? spentUntil = null)
    {
        if (_cases.TryGetValue(request, out var known))
        {
            return known;
        }

        // By the time for what refills, so that no clock ahead of the others gives a month twice.
        var month = BudgetPeriod.MonthOf(time.Opening);
        var used = _used.GetValueOrDefault((agency.Id, month));
        _used[(agency.Id, month)] = used + 1;
        var refusal =
            BudgetPeriod.IsMonthSpent(time.Opening, spentUntil) || used >= agency.Quota.DisclosureRequestsPerMonth ? "QuotaUsed"
            : OwesOutcome(agency.Id) ? "OutcomeOverdue"
            : !isNoticed ? "UnknownMatch"
            : !allowedPurposes.Contains(asked.Purpose, StringComparer.Ordinal) ? "PurposeNotAllowed"
            : asked.Due <= time.Expiring || asked.Due > time.Opening + LongestDue ? "DueOutOfRange"
            : null;
        return Put(new DisclosureCase(
            request, agency.Id, asked, refusal is null ? DisclosureState.UnderReview : DisclosureState.Refused, asked.Due + (asked.Due - time.Expiring), [], refusal));
    }

    /// <summary>Takes facts that follow a notice, without a request: two releasers of every contributor whose facts they are have signed, or a rule of the charter says so.</summary>
    /// <param name="id">The contributor's act, or what the enclave made for it.</param>
    /// <param name="agency">Who gets them.</param>
    /// <param name="contributor">Whose they are.</param>
    /// <param name="match">Reference of the agency's notice.</param>
    /// <param name="fields">What is given, sorted.</param>
    /// <param name="time">Room time.</param>
    public DisclosureCase Give(EntryId id, MemberId agency, MemberId contributor, string match, IReadOnlyList<string> fields, RoomTime time) => Put(new DisclosureCase(
        id, agency, new RoomAct.DisclosureRequest(match, contributor, "", "", "", fields, time.Opening), DisclosureState.Granted, time.Opening, fields, null)
    {
        IsUnasked = true,
    });

    /// <summary>Takes a decision that two releasers have signed.</summary>
    /// <returns>The case; null if the request is not this contributor's to decide, is not open, or more is granted than was asked: then nothing changes.</returns>
    public DisclosureCase? Decide(EntryId request, MemberId contributor, RoomAct.DisclosureDecision decision)
    {
        if (Find(request) is not { IsOpen: true } item || item.Asked.Contributor != contributor || decision.Fields.Except(item.Asked.Fields, StringComparer.Ordinal).Any())
        {
            return null;
        }

        return Put(item with
        {
            State = decision.Fields.Count == 0 ? DisclosureState.Refused
                : decision.Fields.Count == item.Asked.Fields.Count ? DisclosureState.Granted
                : DisclosureState.PartlyGranted,
            Granted = decision.Fields,
            Reason = decision.Fields.Count == item.Asked.Fields.Count ? null : decision.Reason,
        });
    }

    /// <summary>Lets time pass.</summary>
    /// <param name="time">Room time.</param>
    /// <returns>The cases that changed.</returns>
    public IReadOnlyList<DisclosureCase> Pass(RoomTime time)
    {
        var changed = new List<DisclosureCase>();
        foreach (var item in _cases.Values.ToList())
        {
            var state = item.State switch
            {
                DisclosureState.UnderReview when time.Expiring >= item.Asked.Due => DisclosureState.Escalated,
                DisclosureState.Escalated when time.Expiring >= item.Closes => DisclosureState.TimedOut,
                DisclosureState.Disclosed when time.Expiring >= item.OutcomeDue => DisclosureState.OutcomeOverdue,
                var same => same,
            };
            if (state != item.State)
            {
                changed.Add(Put(item with { State = state }));
            }
        }

        return changed;
    }

    /// <summary>Records that fields leave.</summary>
    /// <param name="request">The request.</param>
    /// <param name="outcomeDue">When an outcome is due.</param>
    /// <exception cref="InvalidOperationException">Nothing is granted that has not left.</exception>
    public DisclosureCase Disclose(EntryId request, DateTimeOffset outcomeDue) => Find(request) is { IsReleasable: true } item
        ? Put(item with { State = DisclosureState.Disclosed, OutcomeDue = outcomeDue })
        : throw new InvalidOperationException("Nothing is granted for this request.");

    /// <summary>Refuses what was granted before it has left: consent is no longer there.</summary>
    public DisclosureCase? Withhold(EntryId request, string reason) => Find(request) is { IsReleasable: true } item
        ? Put(item with { State = DisclosureState.Refused, Granted = [], Reason = reason })
        : null;

    /// <summary>Takes the agency's outcome.</summary>
    /// <returns>The case; null if it is not the agency's, nothing has left or an outcome is there.</returns>
    public DisclosureCase? Report(EntryId request, MemberId agency, RoomAct.DisclosureOutcome outcome) =>
        Find(request) is { State: DisclosureState.Disclosed or DisclosureState.OutcomeOverdue } item && item.Agency == agency
            ? Put(item with { State = DisclosureState.OutcomeFiled, Outcome = outcome.Code })
            : null;

    /// <summary>Withdraws: nothing leaves any more.</summary>
    /// <returns>Whether fields had left; null if there was nothing to withdraw.</returns>
    public bool? Recall(EntryId request)
    {
        if (Find(request) is not { } item || !(item.IsOpen || item.IsReleasable || item.IsOut))
        {
            return null;
        }

        _ = Put(item with { State = DisclosureState.Recalled, Granted = [] });
        return item.IsOut;
    }

    private DisclosureCase Put(DisclosureCase item)
    {
        _cases[item.Request] = item;
        return item;
    }
}
