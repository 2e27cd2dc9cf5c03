using CleanRoom.Charter.Log;

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

    /// <summary>Id and version are given out, but no accepted batch holds them: the next sealing uses the same ones.</summary>
    public bool IsReserved => Content.Length == 0;
}
