using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Consent;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Cryptography;
using CleanRoom.Matching.Epochs;
using CleanRoom.Matching.Overrides;
using CleanRoom.Matching.Records;

namespace CleanRoom.Matching.Emergencies;

/// <summary>
/// Emergencies that two people have signed (N4): who may be warned is told in an epoch of its own, at once; who was warned is told when it may be known no longer. A function of the log and
/// the keys, as everything in the enclave.
/// </summary>
internal sealed class EmergencyDesk(OverrideBook overrides)
{
    private readonly List<Item> _waiting = [];
    private readonly Dictionary<EntryId, Told> _told = [];
    private readonly Dictionary<(MemberId, string), int> _used = [];
    private readonly Dictionary<MemberId, List<(Item Item, RoomMessage Message)>> _taken = [];

    /// <summary>An emergency that has both its signatures.</summary>
    public void Hear(LoggedAct logged, RoomAct.Emergency act) => _waiting.Add(new Item(logged, act, Counted: false));

    /// <summary>Whether one waits that has to be answered now. What is over its quota waits for the next epoch, and ends none of its own.</summary>
    /// <param name="state">The room.</param>
    /// <param name="note">The cosigned checkpoint that an epoch would end on.</param>
    public bool IsDue(RoomState state, SignedCheckpoint note) =>
        _waiting.Count > 0 && EpochRun.TimeOf(note, state) is var time && _waiting.Any(item => item.Counted || HasQuota(item, state, time));

    /// <summary>Answers what waits, oldest first, as far as the slots go.</summary>
    /// <param name="state">The room at the epoch's position.</param>
    /// <param name="shelf">The records at that position.</param>
    /// <param name="time">Room time of the epoch.</param>
    /// <param name="reached">Members that get messages in this epoch.</param>
    /// <param name="most">Slots of each.</param>
    /// <returns>What each member is told, and which emergencies are answered.</returns>
    public (IReadOnlyDictionary<MemberId, IReadOnlyList<RoomMessage>> Messages, IReadOnlyList<EntryId> Answered) Work(
        RoomState state, RecordShelf shelf, RoomTime time, IReadOnlyList<MemberId> reached, int most)
    {
        _taken.Clear();
        overrides.Settle(state, shelf, time);
        var answered = new List<EntryId>();
        foreach (var item in _waiting.ToList())
        {
            var author = item.Author;
            if (!(item.Counted || HasQuota(item, state, time)) || IsFull(author) || IsFull(item.Act.Recipient) || answered.Count >= EpochEntry.MaxDisclosed)
            {
                continue;
            }

            _ = _waiting.Remove(item);
            if (!item.Counted)
            {
                var month = (author, BudgetPeriod.MonthOf(time.Opening));
                _used[month] = _used.GetValueOrDefault(month) + 1;
            }

            answered.Add(item.Id);
            var record = shelf.Find(author, item.Act.Record);
            var refusal = WhyNot(item, record, state, time) ?? (reached.Contains(item.Act.Recipient) ? null : "RecipientAway");
            if (refusal is null)
            {
                _told[item.Id] = new Told(item, record!.Name, Outbox.RefOf(record));
                Put(item.Act.Recipient, item, MessageOf(item, record, state.Charter!, time));
            }

            Put(author, item, AnswerOf(item, record, refusal));
        }

        return (_taken.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<RoomMessage>)[.. pair.Value.Select(taken => taken.Message)]), answered);

        bool IsFull(MemberId member) => _taken.TryGetValue(member, out var taken) && taken.Count >= most;

        void Put(MemberId member, Item item, RoomMessage message)
        {
            if (!reached.Contains(member))
            {
                return;
            }

            if (!_taken.TryGetValue(member, out var taken))
            {
                _taken.Add(member, taken = []);
            }

            taken.Add((item, message));
        }
    }

    /// <summary>At the end of any other epoch: refuses what is over its quota, and takes back what may be known no longer.</summary>
    public void Pass(RoomState state, RecordShelf shelf, Outbox outbox, RoomTime time)
    {
        foreach (var item in _waiting.Where(item => !item.Counted && !HasQuota(item, state, time)).ToList())
        {
            _ = _waiting.Remove(item);
            outbox.Post(item.Author, AnswerOf(item, shelf.Find(item.Author, item.Act.Record), "QuotaUsed"), item.Id);
        }

        foreach (var told in _told.Values.OrderBy(told => told.Item.Logged.Index).ToList())
        {
            var record = shelf.Find(told.Record);
            var isGone = shelf.IsGone(told.Record);
            if (!isGone && (record is null || AgencyOf(told.Item, state) is not { } agency || ConsentEngine.WhyNotWarned(SideOf(record, state), agency, time.Expiring) is null))
            {
                // Missing keys are no withdrawal, and whom the charter lists no more gets no message any more.
                continue;
            }

            _ = _told.Remove(told.Item.Id);
            if (AgencyOf(told.Item, state) is not null)
            {
                outbox.Post(told.Item.Act.Recipient, new RoomMessage.Withdrawn(null, told.Item.Id), told.Item.Id);
            }

            outbox.Post(told.Item.Author, new RoomMessage.EmergencyAnswer(told.Item.Id, told.Item.Act.Recipient, told.Own, EmergencyState.Withdrawn, null), told.Item.Id);
        }
    }

    /// <summary>Lets wait again what the last epoch of emergencies told a member, as nobody knows whether it came. It is counted already.</summary>
    public void PutBack(MemberId recipient, Outbox outbox)
    {
        foreach (var (item, message) in _taken.Remove(recipient, out var taken) ? taken : [])
        {
            if (message is RoomMessage.Emergency)
            {
                _ = _told.Remove(item.Id);
                _waiting.Add(item with { Counted = true });
            }
            else
            {
                outbox.Post(recipient, message, item.Id);
            }
        }

        _waiting.Sort((one, other) => one.Logged.CountsAt!.Value.CompareTo(other.Logged.CountsAt!.Value));
    }

    private bool HasQuota(Item item, RoomState state, RoomTime time) =>
        state.Charter!.Emergencies is { } terms && !BudgetPeriod.IsMonthSpent(time.Opening, state.SpentUntil)
        && _used.GetValueOrDefault((item.Author, BudgetPeriod.MonthOf(time.Opening))) < terms.PerMonth;

    private string? WhyNot(Item item, HeldRecord? record, RoomState state, RoomTime time) =>
        state.Charter!.Emergencies?.Recipients.Contains(item.Act.Recipient) != true || AgencyOf(item, state) is not { } agency ? "RecipientNotAllowed"
        : !state.HasLiveApproval(item.Author, time) ? "ApprovalExpired"
        : record is null || record.DeleteBy <= time.Expiring ? "UnknownRecord"
        // Nobody is to look for a person who was made up.
        : record.IsDecoy ? "UnknownRecord"
        : ConsentEngine.WhyNotWarned(SideOf(record, state), agency, time.Expiring)?.ToString();

    private static Agency? AgencyOf(Item item, RoomState state) => PairStory.AgenciesOf(state.Charter!).FirstOrDefault(agency => agency.Id == item.Act.Recipient);

    /// <summary>What its person agrees to now, in full: a consent that she has just given need not wait for an epoch either.</summary>
    private LinkSide SideOf(HeldRecord record, RoomState state) =>
        overrides.On(PairStory.SideOf(state, record with { Consent = record.Next ?? record.Consent }, null), record.Name, state.Charter!);

    private static RoomMessage.Emergency MessageOf(Item item, HeldRecord record, RoomCharter charter, RoomTime time) => new(
        item.Id, item.Act.What, ConsentEngine.IsAboutChild(record.Consent), Outbox.DeskOf(charter, item.Author),
        Outbox.HandlingOf([record]), Outbox.Whole(time.Opening + RoomMessage.Emergency.Life));

    private static RoomMessage.EmergencyAnswer AnswerOf(Item item, HeldRecord? record, string? refusal) => new(
        item.Id, item.Act.Recipient, record is null ? item.Act.Record.ToString("D") : Outbox.RefOf(record), refusal is null ? EmergencyState.Sent : EmergencyState.Refused, refusal);

    /// <param name="Logged">Its entry.</param>
    /// <param name="Act">What it says.</param>
    /// <param name="Counted">It is counted against the month's quota.</param>
    private sealed record Item(LoggedAct Logged, RoomAct.Emergency Act, bool Counted)
    {
        public EntryId Id => Logged.Entry.Id;

        public MemberId Author => Logged.Entry.Author!;
    }

    private sealed record Told(Item Item, RecordName Record, string Own);
}
