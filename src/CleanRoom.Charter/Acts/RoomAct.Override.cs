using System.Text.Json.Nodes;
using CleanRoom.Charter.Consent;
using CleanRoom.Charter.Json;
using CleanRoom.Charter.Log;

namespace CleanRoom.Charter.Acts;

/// <content>Where a duty or a life outweighs what a person has not agreed to.</content>
public abstract partial record RoomAct
{
    /// <summary>
    /// A contributor's people override missing consent for one record towards one agency, for a time. It opens nothing by itself: only what people then decide, a request's fields or an emergency, may rest on it.
    /// </summary>
    /// <param name="Record">Id of the record.</param>
    /// <param name="Recipient">An agency that the charter names for it.</param>
    /// <param name="Purpose">One of <see cref="KnownPurposes"/>.</param>
    /// <param name="Basis">One of <see cref="KnownBases"/>.</param>
    /// <param name="Subject">One of <see cref="KnownSubjects"/>: whether the person concerned is told.</param>
    /// <param name="Expires">From then on it counts no more.</param>
    public sealed record Override(Guid Record, MemberId Recipient, string Purpose, string Basis, string Subject, DateTimeOffset Expires) : RoomAct
    {
        /// <summary>Why.</summary>
        public static IReadOnlyList<string> KnownBases { get; } = ["LegalDuty", "VitalInterest"];

        /// <summary>Codes of the list consentPurpose that may be overridden: facts that do not identify, or those that do.</summary>
        public static IReadOnlyList<string> KnownPurposes { get; } = ["C5_LE_NONIDENT", "C6_LE_IDENT"];

        /// <summary>The person is told, or telling would endanger somebody.</summary>
        public static IReadOnlyList<string> KnownSubjects { get; } = ["Informed", "WouldEndanger"];

        /// <inheritdoc/>
        public override ActKind Kind => ActKind.Override;

        private protected override void Write(JsonObject json)
        {
            json["basis"] = Basis;
            json["expires"] = ProtocolTime.Write(Expires);
            json["purpose"] = Purpose;
            json["recipient"] = Recipient.Value;
            json["record"] = Record.ToString("D");
            json["subject"] = Subject;
        }

        internal static Override? Read(JsonFields fields)
        {
            var basis = fields.OneOf("basis", KnownBases);
            var expires = fields.Time("expires");
            var purpose = fields.OneOf("purpose", KnownPurposes);
            var recipient = fields.Member("recipient");
            var record = ReadRecord(fields);
            var subject = fields.OneOf("subject", KnownSubjects);
            return basis is null || expires is null || purpose is null || recipient is null || record is null || subject is null
                ? null
                : new Override(record.Value, recipient, purpose, basis, subject, expires.Value);
        }

        /// <summary>The same as the consent engine takes it.</summary>
        /// <param name="until">From then on it counts no more.</param>
        public ConsentOverride ToConsent(DateTimeOffset until) => new(Recipient, ConsentPurposes.Codes[Purpose] == ConsentPurpose.LeIdentifying, until);
    }

    /// <summary>A contributor ends an override before its time. One person is enough.</summary>
    /// <param name="Of">The override's entry.</param>
    public sealed record OverrideEnd(EntryId Of) : RoomAct
    {
        /// <inheritdoc/>
        public override ActKind Kind => ActKind.Lift;

        private protected override void Write(JsonObject json) => json["override"] = Of.ToString();

        internal static OverrideEnd? Read(JsonFields fields) =>
            fields.ParsedValue<EntryId>("override", "is not an override's id", "write a UUID in lower case with hyphens", EntryId.TryParse) is { } of ? new OverrideEnd(of) : null;
    }
}
