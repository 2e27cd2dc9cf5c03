using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using CleanRoom.Charter;
using CleanRoom.Cryptography;

namespace CleanRoom.Notification.Channels;

/// <summary>
/// "Something is waiting": all that a channel says, as a CloudEvent 1.0. Every epoch gives every member the same number of messages, so that the word tells
/// nobody whether there is news. Its id follows from what it says: who gets it twice knows.
/// </summary>
/// <param name="Room">The room.</param>
/// <param name="Member">The member.</param>
/// <param name="Through">Number of the newest message.</param>
/// <param name="Reminder">0 for the first word about it, then 1…</param>
/// <param name="Time">When it was first said.</param>
internal sealed record WaitingWord(RoomId Room, MemberId Member, long Through, int Reminder, DateTimeOffset Time)
{
    /// <summary>The event's type.</summary>
    public const string Type = "cleanroom.messages.waiting.v1";

    /// <summary>Idempotency key.</summary>
    public string Id { get; } = StrictBase64.EncodeUrl(Digest.Of(Encoding.UTF8.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"{Type}\0{Room}\0{Member}\0{Through}\0{Reminder}"))).Span[..18]);

    /// <summary>What it says, without the envelope.</summary>
    public byte[] Data() => Encoding.UTF8.GetBytes(DataNode().ToJsonString());

    /// <summary>The CloudEvent in structured mode.</summary>
    public byte[] CloudEvent() => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["specversion"] = "1.0",
        ["id"] = Id,
        ["source"] = $"/cleanroom/rooms/{Room}",
        ["type"] = Type,
        ["subject"] = Member.Value,
        ["time"] = ProtocolTime.Write(Time),
        ["datacontenttype"] = "application/json",
        ["data"] = DataNode(),
    }.ToJsonString());

    private JsonObject DataNode() => new() { ["room"] = Room.ToString(), ["member"] = Member.Value, ["through"] = Through, ["reminder"] = Reminder };
}
