using System.Security.Cryptography;
using CleanRoom.Charter;
using CleanRoom.Charter.Audits;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Uploads;

/// <summary>What this profile knows of one of its records.</summary>
/// <param name="Reference">The contributor's own reference.</param>
/// <param name="RecordId">Random; never derived from data.</param>
/// <param name="Version">The last version uploaded, or reserved.</param>
/// <param name="Content">Digest of the content last uploaded; empty while only reserved.</param>
/// <param name="Slots">Where its versions stand in the log, the newest last.</param>
/// <param name="Withdrawn">Withdrawn for ever: the id never returns.</param>
internal sealed record LedgerRecord(string Reference, Guid RecordId, int Version, string Content, IReadOnlyList<RecordSlot> Slots, bool Withdrawn)
{
    /// <summary>Made up, to be told who touches it: for as long as the reference is known here.</summary>
    public bool IsDecoy { get; init; }

    /// <summary>Where the case stands in the contributor's files, the newest last: an auditor may ask for what an earlier version was committed to.</summary>
    public IReadOnlyList<LedgerEvidence> Evidence { get; init; } = [];

    /// <summary>Id and version are given out, but no accepted batch holds them: the next sealing uses the same ones.</summary>
    public bool IsReserved => Content.Length == 0;
}

/// <summary>Where a case stands in the contributor's files, and what opens the commitment to it. Kept, so that the same file gives the same commitment.</summary>
/// <param name="Facts">Intake day, case number, consent reference.</param>
/// <param name="Opening">32 random bytes.</param>
internal sealed record LedgerEvidence(CaseEvidence Facts, ReadOnlyMemory<byte> Opening)
{
    public static LedgerEvidence New(CaseEvidence facts) => new(facts, RandomNumberGenerator.GetBytes(CaseEvidence.OpeningSize));

    public Digest Commit(RoomId room, MemberId member, Guid record) => Facts.Commit(room, member, record, Opening.Span);
}
