using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Client.Inbox;
using CleanRoom.Client.Uploads;

namespace CleanRoom.Client.Rooms;

/// <summary>Where a member stands in a room, out of what its profile kept at the last visit: verified, without a connection.</summary>
public sealed record RoomStanding
{
    /// <summary>The room.</summary>
    public required RoomId Room { get; init; }

    /// <summary>The room's title, for people.</summary>
    public required string Title { get; init; }

    /// <summary>Version of the charter.</summary>
    public required int Version { get; init; }

    /// <summary>Whether the charter was valid at <see cref="AsOf"/>.</summary>
    public required CharterStatus Charter { get; init; }

    /// <summary>Whether the room is simulated: nothing in it protects anybody.</summary>
    public required bool Simulated { get; init; }

    /// <summary>Room time of the newest checkpoint that was kept.</summary>
    public required DateTimeOffset AsOf { get; init; }

    /// <summary>Records of this profile that stand in the room and are not withdrawn.</summary>
    public required int LiveRecords { get; init; }

    /// <summary>Batches that are sealed and not settled: the next upload goes on with them.</summary>
    public required int UnsentBatches { get; init; }

    /// <summary>Receipts that were kept.</summary>
    public required int Receipts { get; init; }

    /// <summary>Those of them that are not final.</summary>
    public required int UnsettledReceipts { get; init; }

    /// <summary>Messages that were taken.</summary>
    public required long MessagesTaken { get; init; }

    /// <summary>Those of them that hold news: pointers, notices, questions, answers.</summary>
    public required int News { get; init; }

    /// <summary>Rooms that a profile has joined, by id.</summary>
    public static IReadOnlyList<RoomId> Joined(MemberProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        return [.. profile.Rooms.Where(room => profile.OpenRoom(room).FindCharter() is not null)];
    }

    /// <summary>Reads and verifies what the profile kept.</summary>
    /// <param name="profile">The member.</param>
    /// <param name="room">A room that the profile has joined and visited.</param>
    /// <exception cref="ClientException">Nothing was kept, it does not verify, or it contradicts what this profile knows.</exception>
    public static RoomStanding Of(MemberProfile profile, RoomId room)
    {
        var kept = KeptRoom.Open(profile, room);
        var receipts = Uploader.VerifyOffline(profile, room);
        var messages = InboxReader.ReadTaken(kept).OfType<InboxEvent.Received>().Select(item => item.Message).ToList();
        return new RoomStanding
        {
            Room = room,
            Title = kept.Charter.Title,
            Version = kept.Charter.Version,
            Charter = kept.State.CharterAt(kept.Checkpoint.Time).Status,
            Simulated = kept.Simulated,
            AsOf = kept.Checkpoint.Time.Opening,
            LiveRecords = RecordLedger.Open(kept.Memory.Folder).Records.Count(record => record is { Withdrawn: false, Slots.Count: > 0 }),
            UnsentBatches = new UploadJournal(kept.Memory.Folder).Read().Count,
            Receipts = receipts.Count,
            UnsettledReceipts = receipts.Count(receipt => receipt.Status != ReceiptStatus.Final),
            MessagesTaken = messages.Count,
            News = messages.Count(message => message.Content is not (RoomMessage.Head or RoomMessage.Empty)),
        };
    }
}
