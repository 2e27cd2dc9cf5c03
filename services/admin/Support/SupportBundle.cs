using CleanRoom.Admin.Commands;

namespace CleanRoom.Admin.Support;

/// <summary>
/// What an operator may send to somebody who helps. Numbers, times, words of our own programs and made-up names for rooms: no field can hold what a record, a member, a path, an
/// address or a key is called.
/// </summary>
/// <param name="Format">Of this file.</param>
/// <param name="Made">When.</param>
/// <param name="Machine">Where.</param>
/// <param name="Services">What each management port answered, in the order asked.</param>
/// <param name="Samples">Measurements, by port in the same order.</param>
/// <param name="Events">Log lines, counted; of a line only category, event number and level are read.</param>
/// <param name="LinesLeftOut">Log lines that are none of ours.</param>
/// <param name="Rooms">Figures of a store.</param>
internal sealed record SupportBundle(
    string Format, DateTimeOffset Made, SupportBundle.MachineFigures Machine, IReadOnlyList<ServiceAnswer> Services, IReadOnlyList<SupportBundle.Sample> Samples,
    IReadOnlyList<SupportBundle.EventCount> Events, long LinesLeftOut, IReadOnlyList<SupportBundle.RoomFigures> Rooms)
{
    public const string CurrentFormat = "cleanroom/support/v1";

    /// <summary>The machine.</summary>
    internal sealed record MachineFigures(string Version, string Runtime, string System, int Processors, long MemoryBytes, long? FreeDiskBytes);

    /// <summary>A measurement.</summary>
    internal sealed record Sample(int Port, string Name, SortedDictionary<string, string> Labels, double Value);

    /// <summary>How often an event was logged.</summary>
    internal sealed record EventCount(string Category, int Event, string Level, long Count, DateTimeOffset? First, DateTimeOffset? Last);

    /// <summary>Numbers of one room, by name.</summary>
    internal sealed record RoomFigures(string Room, string Kind, SortedDictionary<string, long> Numbers);
}
