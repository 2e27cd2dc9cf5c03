using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Consent;
using CleanRoom.Charter.Log;
using CleanRoom.Matching.Records;

namespace CleanRoom.Matching.Overrides;

/// <summary>Overrides of missing consent that two people have signed. Asked where people decide, and nowhere else: what is told automatically never rests on one.</summary>
internal sealed class OverrideBook
{
    private readonly Dictionary<EntryId, Item> _items = [];

    /// <summary>One that has both its signatures: it counts from its position on, for a record that its contributor has there.</summary>
    public void Hear(LoggedAct logged, RoomAct.Override act, RecordShelf shelf)
    {
        if (shelf.Find(logged.Entry.Author!, act.Record) is { } record)
        {
            _items[logged.Entry.Id] = new Item(record.Name, act, null);
        }
    }

    /// <summary>Its contributor ends it.</summary>
    public void Lift(EntryId id, MemberId author)
    {
        if (_items.TryGetValue(id, out var item) && item.Record.Contributor == author)
        {
            _ = _items.Remove(id);
        }
    }

    /// <summary>At an epoch's end, before it is asked: an entry has no time of its own, so the charter's longest runs from the first epoch. What is withdrawn or over is forgotten.</summary>
    public void Settle(RoomState state, RecordShelf shelf, RoomTime time)
    {
        foreach (var (id, item) in _items.ToList())
        {
            if (shelf.IsGone(item.Record) || state.Charter!.Overrides is not { } terms)
            {
                _ = _items.Remove(id);
                continue;
            }

            var until = item.Until ?? Earlier(item.Act.Expires, terms.Longest.After(time.Expiring));
            if (time.Expiring >= until)
            {
                _ = _items.Remove(id);
            }
            else
            {
                _items[id] = item with { Until = until };
            }
        }
    }

    /// <summary>A side with what is overridden for its record, as the charter in force allows it.</summary>
    public LinkSide On(LinkSide side, RecordName record, RoomCharter charter) => charter.Overrides is not { } terms
        ? side
        : side with
        {
            Record = side.Record with
            {
                Overrides =
                [
                    .. from item in _items.Values
                       where item.Record == record && item.Until is not null && terms.Recipients.Contains(item.Act.Recipient) && terms.Bases.Contains(item.Act.Basis, StringComparer.Ordinal)
                       select item.Act.ToConsent(item.Until!.Value),
                ],
            },
        };

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    /// <param name="Record">Through all its versions.</param>
    /// <param name="Act">What was signed.</param>
    /// <param name="Until">From then on it counts no more; null before the first epoch has come.</param>
    private sealed record Item(RecordName Record, RoomAct.Override Act, DateTimeOffset? Until);
}
