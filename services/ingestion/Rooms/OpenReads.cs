using CleanRoom.Hosting.Calls;
using CleanRoom.Transport;
using Microsoft.Extensions.Options;

namespace CleanRoom.Ingestion.Rooms;

/// <summary>
/// The reads that are open, by room and by as whom they read. What a reader that does not read can hold is bounded by what the charter lists, however many
/// keys strangers make.
/// </summary>
internal sealed class OpenReads(IOptions<IngestionOptions> options)
{
    private readonly Places<(Guid Room, Viewer As)> _places = new(options.Value.ReadsPerCaller);

    /// <summary>Takes a place until it is disposed of.</summary>
    /// <exception cref="CleanRoomException">The viewer has all it may have in the room.</exception>
    public IDisposable Enter(Room room, Viewer viewer) => _places.TryEnter((room.Id, viewer)) ?? throw new CleanRoomException(
        ErrorReason.ResourceExhausted, "Too many reads of this caller are open in the room.", "room", "Read what is sent, or end some of them.");
}
