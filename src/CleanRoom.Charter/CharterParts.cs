using CleanRoom.Charter.Queries;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter;

/// <summary>What a charter consists of, read but not yet judged as a whole.</summary>
internal sealed record CharterParts(
    RoomId Room, int Version, Digest? Previous, string Title, bool Simulated, DateTimeOffset ValidFrom, DateTimeOffset Expires,
    PurposeTerms Purposes, IReadOnlyList<CharterMember> Members, OperatorTerms Operator, int FaultyWitnesses,
    IReadOnlyList<EnclaveTerms> Enclaves, EpochTerms Epochs, RetentionTerms Retention, Digest LinkageModel,
    IReadOnlyList<QueryDefinition> Queries, QuotaTerms Quotas, IReadOnlyList<string> NeedsSecond, EmergencyTerms? Emergencies, OverrideTerms? Overrides, AuditTerms? Audits);
