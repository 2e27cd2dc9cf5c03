using System.Text.Json.Nodes;
using CleanRoom.Charter.Disclosure;
using CleanRoom.Charter.Json;
using CleanRoom.Charter.Log;

namespace CleanRoom.Charter.Acts;

/// <content>What a contributor does where a life or a child is in danger.</content>
public abstract partial record RoomAct
{
    /// <summary>A contributor warns an agency about a record of its own (N4). Codes only: no name, no number, no sentence has a place in it.</summary>
    /// <param name="Record">Id of the record.</param>
    /// <param name="Recipient">An agency that the charter names for it.</param>
    /// <param name="What">What it is told.</param>
    public sealed record Emergency(Guid Record, MemberId Recipient, Warning What) : RoomAct
    {
        /// <inheritdoc/>
        public override ActKind Kind => ActKind.Emergency;

        private protected override void Write(JsonObject json)
        {
            What.Write(json);
            json["recipient"] = Recipient.Value;
            json["record"] = Record.ToString("D");
        }

        internal static Emergency? Read(JsonFields fields)
        {
            var what = Warning.Read(fields);
            var recipient = fields.Member("recipient");
            var record = ReadRecord(fields);
            return what is null || recipient is null || record is null ? null : new Emergency(record.Value, recipient, what);
        }
    }
}
