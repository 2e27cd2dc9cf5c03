using System.Text.Json.Nodes;
using CleanRoom.Charter.Audits;
using CleanRoom.Charter.Json;
using CleanRoom.Charter.Log;

namespace CleanRoom.Charter.Acts;

/// <content>Random audits.</content>
public abstract partial record RoomAct
{
    /// <summary>A contributor opens what was drawn of its records. Two releasers. The enclave compares it with the commitments; the auditor gets the same, sealed to it, by another way.</summary>
    /// <param name="Answer">What is opened.</param>
    public sealed record SampleOpening(AuditOpening Answer) : RoomAct
    {
        /// <inheritdoc/>
        public override ActKind Kind => ActKind.Opening;

        private protected override void Write(JsonObject json) => Answer.Write(json);

        internal static SampleOpening? Read(JsonFields fields) => AuditOpening.Read(fields) is { } answer ? new SampleOpening(answer) : null;
    }
}
