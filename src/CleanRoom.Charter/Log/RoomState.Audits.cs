namespace CleanRoom.Charter.Log;

/// <content>Random audits: what was drawn, when the next draw is due, and what the auditor says.</content>
public sealed partial class RoomState
{
    private readonly SortedDictionary<(MemberId, string), LoggedAudit> _audits = [];
    private readonly Dictionary<(MemberId, string), WaitingVerdict> _waitingVerdicts = [];

    /// <summary>The quarter of room time in which the first epoch ended under a charter with audits; null before.</summary>
    private string? _auditedSince;

    /// <summary>The draws of a contributor's records that count, the oldest first; one whose message was declared void does not.</summary>
    public IEnumerable<LoggedAudit> AuditsOf(MemberId contributor) => _audits.Values.Where(audit => audit.Of.Member == contributor);

    /// <summary>Gives the draw of a contributor and quarter; null if there is none that counts.</summary>
    public LoggedAudit? Audit(MemberId contributor, string quarter) => _audits.GetValueOrDefault((contributor, quarter));

    /// <summary>All draws that count, by contributor and quarter.</summary>
    public IReadOnlyCollection<LoggedAudit> Audits => _audits.Values;

    /// <summary>Verdicts that wait for a second person of the auditor.</summary>
    public IReadOnlyCollection<WaitingVerdict> WaitingVerdicts => _waitingVerdicts.Values;

    /// <summary>The quarter whose records are to be drawn of a contributor with the epoch that ends now; null if none is.</summary>
    /// <param name="contributor">The contributor.</param>
    /// <param name="roomTime">Of the epoch, for what opens: a quarter ends by the slower clock.</param>
    public string? AuditDue(MemberId contributor, DateTimeOffset roomTime)
    {
        var over = BudgetPeriod.QuarterBefore(roomTime);
        return Charter?.Audits is not null && Charter.Contributor(contributor) is not null && _auditedSince is { } since && string.CompareOrdinal(over, since) >= 0
            && AuditsOf(contributor).All(audit => string.CompareOrdinal(audit.Of.Quarter, over) < 0)
            ? over
            : null;
    }

    private IgnoredReason CheckAudits(EpochEntry entry) =>
        entry.Audits.Count == 0 || (entry.Emergencies.Count == 0 && entry.Audits.All(audit =>
            AuditDue(audit.Member, entry.RoomTime) == audit.Quarter && entry.Recipients.Any(recipient => recipient.Member == audit.Member)))
            ? IgnoredReason.None
            : IgnoredReason.NotApproved;

    /// <summary>What nobody was told is not drawn: a later epoch draws anew.</summary>
    private void VoidAudits(IReadOnlyList<VoidMessages> without)
    {
        foreach (var key in _audits.Where(audit => without.Any(item => item.Epoch == audit.Value.Epoch && item.Member == audit.Value.Of.Member)).Select(audit => audit.Key).ToList())
        {
            _ = _audits.Remove(key);
            _ = _waitingVerdicts.Remove(key);
        }
    }

    private void AddAudits(EpochEntry entry)
    {
        foreach (var audit in entry.Audits)
        {
            _audits[(audit.Member, audit.Quarter)] = new LoggedAudit(audit, entry.Epoch, entry.RoomTime, entry.Checkpoint.Checkpoint.Size, null);
        }

        if (Charter!.Audits is not null)
        {
            _auditedSince ??= BudgetPeriod.QuarterOf(entry.RoomTime);
        }
    }

    private IgnoredReason ApplyVerdict(SignedEntry signed, VerdictEntry entry)
    {
        if (Charter!.Audits?.Auditor != entry.Author)
        {
            return IgnoredReason.NotAllowed;
        }

        var reason = CheckPerson(signed, PersonRoles.Approver);
        if (reason != IgnoredReason.None)
        {
            return reason;
        }

        if (Audit(entry.Of.Member, entry.Of.Quarter)?.Of != entry.Of)
        {
            return IgnoredReason.UnknownAudit;
        }

        _waitingVerdicts[(entry.Of.Member, entry.Of.Quarter)] = new WaitingVerdict(entry, signed.LeafHash, signed.SignedBy, _persons[signed.SignedBy].Name);
        return IgnoredReason.None;
    }

    private IgnoredReason ConfirmVerdict(SignedEntry signed, WaitingVerdict waiting)
    {
        if (Charter!.Audits?.Auditor != waiting.Entry.Author)
        {
            return IgnoredReason.NotAllowed;
        }

        var reason = CheckSecond(signed, PersonRoles.Approver, waiting.Signer, waiting.Person);
        if (reason == IgnoredReason.None)
        {
            var key = (waiting.Entry.Of.Member, waiting.Entry.Of.Quarter);
            _ = _waitingVerdicts.Remove(key);
            _audits[key] = _audits[key] with { Result = waiting.Entry.Result };
        }

        return reason;
    }
}
