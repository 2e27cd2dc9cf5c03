using System.Text.Json.Nodes;
using CleanRoom.Charter.Consent;
using CleanRoom.Charter.Json;

namespace CleanRoom.Charter.Messages;

/// <content>What a contributor is told of its own records' consents.</content>
public abstract partial record RoomMessage
{
    /// <summary>A record whose consent ends soon.</summary>
    /// <param name="Own">The contributor's own record reference.</param>
    /// <param name="Purposes">What ends, codes of <see cref="ConsentPurposes"/>, sorted.</param>
    /// <param name="Ends">The first end among them.</param>
    public sealed record EndingConsent(string Own, IReadOnlyList<string> Purposes, DateTimeOffset Ends);

    /// <summary>To a contributor: consents of its records that end soon (ARCHITECTURE §7.10: 60 and 14 days before). Without a new one, what they allowed stops by itself.</summary>
    /// <param name="Records">What ends, the soonest first.</param>
    public sealed record Ending(IReadOnlyList<EndingConsent> Records) : RoomMessage
    {
        /// <summary>Most records in one message.</summary>
        public const int MaxRecords = 64;

        /// <inheritdoc/>
        public override string Kind => "ending";

        private protected override void Write(JsonObject json) => json["records"] = JsonBuild.Objects(
            Records.Select(record => new JsonObject { ["ends"] = ProtocolTime.Write(record.Ends), ["own"] = record.Own, ["purposes"] = JsonBuild.Sorted(record.Purposes) }));

        internal static Ending Read(JsonFields fields) => new(fields.List("records", 1, MaxRecords, (element, path) =>
        {
            var record = new JsonFields(element, path, fields.Problems);
            var ends = record.Time("ends");
            var own = record.Text("own", MaxText);
            var purposes = record.SortedTexts("purposes", 1, ConsentPurposes.Codes.Count, ConsentPurposes.Codes.ContainsKey, "write codes of the list consentPurpose");
            record.End();
            return ends is null || own is null ? null : new EndingConsent(own, purposes, ends.Value);
        }));
    }
}
