using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;

namespace CleanRoom.Matching.Epochs;

/// <summary>What was done with a contributor's record.</summary>
internal enum RecordUse
{
    /// <summary>A pointer that names its owner, who may know of the match too.</summary>
    Pointer,

    /// <summary>A pointer whose reader stays unnamed.</summary>
    OneWayPointer,

    /// <summary>An agency's notice.</summary>
    Notice,

    /// <summary>An answer to an agency's watch or search.</summary>
    Answer,

    /// <summary>An agency's request for facts.</summary>
    Request,

    /// <summary>A request or an offer with which facts left.</summary>
    Disclosure,

    /// <summary>Something of these that its reader is told to forget.</summary>
    Withdrawal,
}

/// <summary>
/// Counts what others are told of each contributor's records, and tells it after each quarter of room time, in bands, to that contributor alone. A statement is told once: what a replay computes otherwise than the
/// log binds could be subtracted from what was told. A function of the log and the keys, as everything in the enclave.
/// </summary>
internal sealed class UseBook
{
    private readonly Dictionary<(MemberId Owner, RecordUse Use), int> _counts = [];
    private readonly Dictionary<MemberId, List<(MemberId Owner, RecordUse Use)>> _last = [];
    private readonly Dictionary<(MemberId Recipient, string Reference), IReadOnlyList<MemberId>> _told = [];
    private readonly Dictionary<EntryId, MemberId> _disclosed = [];
    private readonly Dictionary<MemberId, Queue<RoomMessage.UseStatement>> _waiting = [];
    private DateTimeOffset? _at;

    /// <summary>Once an epoch, before anything is taken: at the first one of a quarter, writes the statements of the quarter before.</summary>
    /// <param name="state">The room at the epoch's position.</param>
    /// <param name="time">Room time; a quarter ends by the slower clock, which never goes back.</param>
    public void Close(RoomState state, RoomTime time)
    {
        if (_at is { } last && BudgetPeriod.QuarterOf(last) is var quarter && quarter != BudgetPeriod.QuarterOf(time.Opening))
        {
            // What was told in entries that are lost, nobody knows.
            if (state.Charter!.Epochs.UseStatements && !BudgetPeriod.IsQuarterSpent(last, state.SpentUntil))
            {
                foreach (var contributor in state.Charter.Contributors)
                {
                    Write(contributor.Id, quarter);
                }
            }

            _counts.Clear();
        }

        _at = time.Opening;
    }

    /// <summary>Begins an epoch for a recipient.</summary>
    public void Begin(MemberId recipient) => _last[recipient] = [];

    /// <summary>A recipient is told of a match.</summary>
    /// <param name="recipient">Who is told.</param>
    /// <param name="reference">Under which reference.</param>
    /// <param name="use">As what; null for what is no use of anybody else's record.</param>
    /// <param name="owners">Whose records it reveals and who may hear of it.</param>
    public void Note(MemberId recipient, string reference, RecordUse? use, IReadOnlyList<MemberId> owners)
    {
        _told[(recipient, reference)] = use is null ? [] : owners;
        foreach (var owner in _told[(recipient, reference)])
        {
            Count(recipient, owner, use!.Value);
        }
    }

    /// <summary>Whose facts leave; the message need not say it.</summary>
    public void Leaves(EntryId facts, MemberId owner) => _disclosed[facts] = owner;

    /// <summary>A recipient is told something about a request, or to forget something.</summary>
    public void Note(MemberId recipient, RoomMessage message)
    {
        switch (message)
        {
            case RoomMessage.Request { Escalated: false }:
                Count(recipient, recipient, RecordUse.Request);
                break;
            case RoomMessage.Disclosed { Part: 1 } disclosed:
                _disclosed[disclosed.Id] = disclosed.From.Member;
                Count(recipient, disclosed.From.Member, RecordUse.Disclosure);
                break;
            case RoomMessage.NoticeFacts { Part: 1 } facts:
                Count(recipient, _disclosed[facts.Id], RecordUse.Disclosure);
                break;
            case RoomMessage.Withdrawn { Match: { } match } when _told.TryGetValue((recipient, match), out var owners):
                foreach (var owner in owners)
                {
                    Count(recipient, owner, RecordUse.Withdrawal);
                }

                break;
            case RoomMessage.Withdrawn { Id: { } request } when _disclosed.TryGetValue(request, out var owner):
                Count(recipient, owner, RecordUse.Withdrawal);
                break;
            default:
                break;
        }
    }

    /// <summary>Takes statements that wait for a contributor, as many as fit.</summary>
    public IReadOnlyList<RoomMessage> Take(MemberId recipient, int most)
    {
        var taken = new List<RoomMessage>();
        while (taken.Count < most && _waiting.TryGetValue(recipient, out var statements) && statements.TryDequeue(out var statement))
        {
            taken.Add(statement);
        }

        return taken;
    }

    /// <summary>What was last taken for a recipient was told to nobody, or nobody knows it: it is not counted, and a statement that was among it or still waits is not told any more.</summary>
    public void PutBack(MemberId recipient)
    {
        _ = _waiting.Remove(recipient);
        if (_last.Remove(recipient, out var taken))
        {
            taken.ForEach(use => _counts[use]--);
        }
    }

    private void Count(MemberId recipient, MemberId owner, RecordUse use)
    {
        _counts[(owner, use)] = _counts.GetValueOrDefault((owner, use)) + 1;
        _last[recipient].Add((owner, use));
    }

    private void Write(MemberId owner, string quarter)
    {
        if (!_waiting.TryGetValue(owner, out var statements))
        {
            _waiting.Add(owner, statements = new());
        }

        statements.Enqueue(new RoomMessage.UseStatement(
            quarter, Band(RecordUse.Pointer), Band(RecordUse.OneWayPointer), Band(RecordUse.Notice), Band(RecordUse.Answer), Band(RecordUse.Request), Band(RecordUse.Disclosure),
            Band(RecordUse.Withdrawal)));

        string Band(RecordUse use) => CountBand.Of(_counts.GetValueOrDefault((owner, use)));
    }
}
