using System.Text.Json.Nodes;
using CleanRoom.Charter.Disclosure;
using CleanRoom.Charter.Json;
using CleanRoom.Charter.Log;

namespace CleanRoom.Charter.Messages;

/// <summary>What became of an emergency.</summary>
public enum EmergencyState
{
    /// <summary>It is told with the epoch that this stands in.</summary>
    Sent,

    /// <summary>It is not told; the reason says why.</summary>
    Refused,

    /// <summary>What was told is withdrawn: the recipient has to delete it.</summary>
    Withdrawn,
}

/// <content>Emergencies: what the recipient is told, and what the contributor hears of it.</content>
public abstract partial record RoomMessage
{
    /// <summary>N4: somebody is in danger, said by the two people who know. It waits for no epoch.</summary>
    /// <param name="Id">The emergency: what a withdrawal names.</param>
    /// <param name="What">Whether somebody is there, roughly where, and how soon.</param>
    /// <param name="Child">The record is about a child, by what it says itself.</param>
    /// <param name="From">Whom to call.</param>
    /// <param name="Handling">Handling codes that bind the reader.</param>
    /// <param name="Expires">End of its life.</param>
    public sealed record Emergency(EntryId Id, Warning What, bool Child, Desk From, IReadOnlyList<string> Handling, DateTimeOffset Expires) : RoomMessage
    {
        /// <summary>How long it may be kept.</summary>
        public static TimeSpan Life { get; } = TimeSpan.FromDays(30);

        /// <inheritdoc/>
        public override string Kind => "N4";

        private protected override void Write(JsonObject json)
        {
            What.Write(json);
            json["child"] = Child;
            json["emergency"] = Id.ToString();
            json["expires"] = ProtocolTime.Write(Expires);
            json["from"] = From.ToJson();
            json["handling"] = JsonBuild.Sorted(Handling);
            json["notice"] = Notice.NonPunishment;
        }

        internal static Emergency? Read(JsonFields fields)
        {
            fields.Constant("notice", Notice.NonPunishment);
            var what = Warning.Read(fields);
            var child = fields.Bool("child");
            var id = ReadId(fields, "emergency");
            var expires = fields.Time("expires");
            var from = fields.Object("from") is { } desk ? Desk.Read(desk) : null;
            var handling = fields.SortedCodes("handling", 0, 32);
            return what is null || child is null || id is null || expires is null || from is null ? null : new Emergency(id.Value, what, child.Value, from, handling, expires.Value);
        }
    }

    /// <summary>To a contributor: what became of its emergency.</summary>
    /// <param name="Id">The emergency.</param>
    /// <param name="Recipient">Who was to be warned.</param>
    /// <param name="Own">The contributor's own record reference.</param>
    /// <param name="State">What became of it.</param>
    /// <param name="Reason">Why it was refused; null otherwise.</param>
    public sealed record EmergencyAnswer(EntryId Id, MemberId Recipient, string Own, EmergencyState State, string? Reason) : RoomMessage
    {
        /// <inheritdoc/>
        public override string Kind => "emergency";

        private protected override void Write(JsonObject json)
        {
            json["agency"] = Recipient.Value;
            json["emergency"] = Id.ToString();
            json["own"] = Own;
            if (Reason is not null)
            {
                json["reason"] = Reason;
            }

            json["state"] = State.ToString();
        }

        internal static EmergencyAnswer? Read(JsonFields fields)
        {
            var recipient = fields.Member("agency");
            var id = ReadId(fields, "emergency");
            var own = fields.Text("own", MaxText);
            var state = fields.OneOf("state", Enum.GetNames<EmergencyState>());
            var reason = fields.Optional("reason") is null ? null : fields.Code("reason");
            return recipient is null || id is null || own is null || state is null ? null : new EmergencyAnswer(id.Value, recipient, own, Enum.Parse<EmergencyState>(state), reason);
        }
    }
}
