using CleanRoom.Charter;
using CleanRoom.Charter.Messages;

namespace CleanRoom.Matching.Disclosures;

/// <summary>Spreads facts over as many messages as the room's one size needs.</summary>
internal static class Pages
{
    private const long WorstNumber = 1L << 53;
    private const int MostFacts = 256;

    /// <summary>The message with the facts, in parts that each fit.</summary>
    public static IReadOnlyList<T> Of<T>(Func<int, int, IReadOnlyList<RoomMessage.Fact>, T> letter, IReadOnlyList<RoomMessage.Fact> facts, RoomId room, MemberId recipient, RoomCharter charter)
        where T : RoomMessage
    {
        var place = new MessagePlace(room, recipient, WorstNumber, WorstNumber, charter.Simulated);
        var capacity = MessageSeal.Capacity(charter.Epochs.MessageBytes);
        var pages = new List<List<RoomMessage.Fact>> { new() };
        foreach (var fact in facts)
        {
            var page = pages[^1];
            page.Add(fact);
            if (page.Count > 1 && (page.Count > MostFacts || letter(1000, 1000, page).ToBytes(place).Length > capacity))
            {
                page.RemoveAt(page.Count - 1);
                pages.Add([fact]);
            }
        }
        return [.. pages.Select((page, i) => letter(i + 1, pages.Count, page))];
    }
}
