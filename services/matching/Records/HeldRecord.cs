using CleanRoom.Charter;
using CleanRoom.Charter.Consent;
using CleanRoom.Linkage;
using CleanRoom.Records.V1;

namespace CleanRoom.Matching.Records;

/// <summary>A record in the clear, in memory only.</summary>
/// <param name="Handle">Position of its batch in the log × 2,048 + slot: the same after every restart.</param>
/// <param name="Contributor">Its owner.</param>
/// <param name="Id">Its id.</param>
/// <param name="FirstId">Id of its first version; names the record in match references.</param>
/// <param name="Version">From 1.</param>
/// <param name="Bytes">The record, both parts in one. Bytes and not objects: of a million records the collector would follow every name and date, again and again.</param>
/// <param name="Consent">What it allows.</param>
/// <param name="DeleteBy">From then on it is not held.</param>
internal sealed record HeldRecord(
    RecordHandle Handle, MemberId Contributor, Guid Id, Guid FirstId, uint Version, byte[] Bytes, RecordConsent Consent, DateTimeOffset DeleteBy)
{
    /// <summary>What it allows from the next epoch on; null if nothing changes. What narrows counts at once, what widens waits.</summary>
    public RecordConsent? Next { get; init; }

    /// <summary>Countries of its events of exploitation, each once: asked in every decision about it, so that nobody reads the whole record for them.</summary>
    public required IReadOnlyList<string> ExploitedIn { get; init; }

    /// <summary>Made up by its owner, to be told who touches it. Its first version says so, for all of them.</summary>
    public bool IsDecoy { get; init; }

    /// <summary>The record through all its versions.</summary>
    public RecordName Name => new(Contributor, FirstId);

    /// <summary>Reads the record; the caller's own.</summary>
    public CaseRecord Read() => CaseRecord.Parser.ParseFrom(Bytes);
}

/// <summary>A record on its way to the shelf.</summary>
/// <param name="Record">As it will be held, but for what its earlier versions say.</param>
/// <param name="Prepared">As it will be indexed.</param>
/// <param name="Supersedes">Id of the record in whose place it comes; null if it says none.</param>
/// <param name="IsOwners">Whether it names the contributor that signed the batch.</param>
internal sealed record ShelfItem(HeldRecord Record, PreparedRecord Prepared, Guid? Supersedes, bool IsOwners)
{
    /// <summary>Whether it carries a commitment to its case in the contributor's files.</summary>
    public bool HasEvidence { get; init; }
}

/// <summary>A record through all its versions.</summary>
internal readonly record struct RecordName(MemberId Contributor, Guid FirstId);
