using CleanRoom.Charter;
using CleanRoom.Charter.Messages;

namespace CleanRoom.Matching.Disclosures;

/// <summary>Spreads facts, rows or groups over as many messages as the room's one size needs.</summary>
internal static class Pages
{
    private const long WorstNumber = 1L << 53;
    private const int WorstPart = 1000;

    /// <summary>Most facts of one message.</summary>
    public const int MostFacts = 256;

    /// <summary>The longest member id there may be: a message for several recipients has the same parts for all.</summary>
    public static MemberId Anybody { get; } = MemberId.Parse(new string('m', MemberId.MaxLength));

    /// <summary>The message with all items, in parts that each fit; one part without any where there are none.</summary>
    /// <param name="letter">Makes a message of its part, the number of parts and the items.</param>
    /// <param name="items">What is told.</param>
    /// <param name="most">Most items of one message.</param>
    /// <param name="room">The room.</param>
    /// <param name="recipient">Who gets it, or <see cref="Anybody"/>.</param>
    /// <param name="charter">The charter in force.</param>
    public static IReadOnlyList<T> Of<T, TItem>(Func<int, int, IReadOnlyList<TItem>, T> letter, IReadOnlyList<TItem> items, int most, RoomId room, MemberId recipient, RoomCharter charter)
        where T : RoomMessage
    {
        var place = new MessagePlace(room, recipient, WorstNumber, WorstNumber, charter.Simulated);
        var capacity = MessageSeal.Capacity(charter.Epochs.MessageBytes);
        var pages = new List<List<TItem>> { new() };
        foreach (var item in items)
        {
            var page = pages[^1];
            page.Add(item);
            if (page.Count > 1 && (page.Count > most || letter(WorstPart, WorstPart, page).ToBytes(place).Length > capacity))
            {
                page.RemoveAt(page.Count - 1);
                pages.Add([item]);
            }
        }
        return [.. pages.Select((page, i) => letter(i + 1, pages.Count, page))];
    }
}
