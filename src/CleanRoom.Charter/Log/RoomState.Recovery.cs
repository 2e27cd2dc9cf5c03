using CleanRoom.Charter.Recovery;

namespace CleanRoom.Charter.Log;

/// <content>How a room goes on after entries were lost for good.</content>
public sealed partial class RoomState
{
    private readonly HashSet<MemberId> _held = [];
    private long _recoveredAt;

    /// <summary>The last recovery; null if the room had none.</summary>
    public RecoveryStatement? LastRecovery { get; private set; }

    /// <summary>Members who have not resumed since the last recovery.</summary>
    public IReadOnlySet<MemberId> Held => _held;

    /// <summary>Budgets of the months and quarters up to this time count as spent; null if nothing was lost.</summary>
    public DateTimeOffset? SpentUntil { get; private set; }

    private IgnoredReason ApplyRecovery(SignedEntry signed, RecoveryEntry entry)
    {
        var statement = entry.Content.Statement;
        if (statement.Surviving.Size != Size || statement.Surviving.Root != Root)
        {
            return IgnoredReason.OtherLogSurvives;
        }

        // Of the versions that are lost each must follow the one before it, as it did.
        var charter = Charter!;
        foreach (var version in entry.Charters)
        {
            if (!version.Check(charter, VetoesOf(version.Charter.Hash)).TakesOver)
            {
                return IgnoredReason.CharterRefused;
            }

            charter = version.Charter;
        }

        if (charter.Contributor(entry.Author!) is not { } author)
        {
            return IgnoredReason.NotAllowed;
        }

        var reason = CheckKey(signed, author.OrganisationKey);
        if (reason != IgnoredReason.None)
        {
            return reason;
        }

        if (statement.Charter != charter.Hash)
        {
            return IgnoredReason.WrongCharter;
        }

        if (statement.Number <= (LastRecovery?.Number ?? 0))
        {
            return IgnoredReason.RecoveryOutOfOrder;
        }

        if (!entry.Content.Check(charter).Holds)
        {
            return IgnoredReason.RecoveryRefused;
        }

        foreach (var version in entry.Charters)
        {
            _charters.Add((Size, version.Charter));
            ForgetRemoved(version.Charter);
        }

        StepOverGap(statement);
        return IgnoredReason.None;
    }

    /// <summary>
    /// Nothing that the lost entries may have used is used again. Each of them was at most one instance, or one epoch with one set of messages for everybody; so numbers go on beyond that,
    /// whatever was in them. Nobody's keys are released before that member has said again what it withdrew, revoked and froze.
    /// </summary>
    private void StepOverGap(RecoveryStatement statement)
    {
        var slots = _charters.Max(item => item.Charter.Epochs.SlotsPerMember);
        foreach (var member in _lastNumbers.Keys.Union(Charter!.Members.Select(member => member.Id)).ToList())
        {
            var first = NextNumber(member);
            var last = first - 1 + (statement.Gap * slots);
            if (!_void.TryGetValue(member, out var ranges))
            {
                _void.Add(member, ranges = []);
            }

            ranges.Add(first, last);
            _lastNumbers[member] = last;
        }

        LastEpoch += statement.Gap;
        LastGeneration += statement.Gap;
        _releases.Clear();
        _held.UnionWith(Charter.Members.Where(member => member.Broker is not null).Select(member => member.Id));
        SpentUntil = statement.Until > SpentUntil || SpentUntil is null ? statement.Until : SpentUntil;
        LastRecovery = statement;
        _recoveredAt = Size;
    }

    private IgnoredReason ApplyResume(SignedEntry signed, ResumeEntry entry)
    {
        Charter!.TryFind(entry.Author!, out var member);
        var reason = CheckKey(signed, member!.OrganisationKey);
        return reason != IgnoredReason.None ? reason
            : entry.Number != LastRecovery?.Number || !_held.Remove(entry.Author!) ? IgnoredReason.RecoveryOutOfOrder
            : IgnoredReason.None;
    }
}
