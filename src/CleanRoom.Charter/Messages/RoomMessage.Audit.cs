using System.Text.Json.Nodes;
using CleanRoom.Charter.Audits;
using CleanRoom.Charter.Json;

namespace CleanRoom.Charter.Messages;

/// <summary>What has become of a draw.</summary>
public enum AuditState
{
    /// <summary>The auditor has found a case that is not there, or is another one. Nothing new is told before it has passed.</summary>
    Failed,

    /// <summary>What was opened is what was committed to; the auditor looks at the files.</summary>
    Opened,

    /// <summary>Nothing was opened in time, or the auditor has got nothing. Nothing new is told before it is.</summary>
    Overdue,

    /// <summary>The auditor has found the cases.</summary>
    Passed,

    /// <summary>What two people have signed is not what was drawn or committed to: it counts for nothing.</summary>
    Refused,
}

/// <content>Random audits: what a contributor is told.</content>
public abstract partial record RoomMessage
{
    /// <summary>To a contributor: which of its records are drawn.</summary>
    /// <param name="Sample">The draw; the log binds its digest.</param>
    /// <param name="Due">Open by then.</param>
    public sealed record AuditDraw(AuditSample Sample, DateTimeOffset Due) : RoomMessage
    {
        /// <inheritdoc/>
        public override string Kind => "audit";

        private protected override void Write(JsonObject json)
        {
            json["due"] = ProtocolTime.Write(Due);
            Sample.Write(json);
        }

        internal static AuditDraw? Read(JsonFields fields)
        {
            var due = fields.Time("due");
            return AuditSample.Read(fields) is { } sample && due is not null ? new AuditDraw(sample, due.Value) : null;
        }
    }

    /// <summary>To a contributor: what has become of a draw.</summary>
    /// <param name="Quarter">Of which quarter.</param>
    /// <param name="State">What has become of it.</param>
    public sealed record AuditNews(string Quarter, AuditState State) : RoomMessage
    {
        /// <inheritdoc/>
        public override string Kind => "audited";

        private protected override void Write(JsonObject json)
        {
            json["quarter"] = Quarter;
            json["state"] = State.ToString();
        }

        internal static AuditNews? Read(JsonFields fields)
        {
            var quarter = fields.Parsed("quarter", "is not a quarter", "write it as 2026-Q4", (string text, out string? result) => (result = BudgetPeriod.IsQuarter(text) ? text : null) is not null);
            var state = fields.OneOf("state", Enum.GetNames<AuditState>());
            return quarter is null || state is null ? null : new AuditNews(quarter, Enum.Parse<AuditState>(state));
        }
    }
}
