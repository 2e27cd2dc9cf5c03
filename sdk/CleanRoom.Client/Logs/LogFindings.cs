using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Client.Attestation;

namespace CleanRoom.Client.Logs;

/// <summary>One entry of a verified log, as a reader sees it.</summary>
/// <param name="Index">Its position.</param>
/// <param name="Type">Its type; null if only its hash is visible or it does not parse.</param>
/// <param name="Author">The member; null for the enclave or if not visible.</param>
/// <param name="Effect">Accepted, ignored or unseen.</param>
/// <param name="Reason">Why it is ignored; None otherwise.</param>
/// <param name="Detail">What it says, in a few words without data; empty if not visible.</param>
public sealed record LogLine(long Index, string? Type, string? Author, EntryEffect Effect, IgnoredReason Reason, string Detail)
{
    /// <summary>The entry; null if only its hash is visible or it does not parse.</summary>
    public Entry? Entry { get; init; }

    /// <summary>Room time of the first cosigned checkpoint over it; null if none covers it.</summary>
    public DateTimeOffset? RoomTime { get; init; }
}

/// <summary>What came out of verifying a whole log.</summary>
/// <param name="Room">The room.</param>
/// <param name="Simulated">Whether the room is simulated.</param>
/// <param name="Charter">The charter in force, or the last that was.</param>
/// <param name="Status">Whether it is valid at room time.</param>
/// <param name="Checkpoint">The newest cosigned checkpoint; null if none was accepted.</param>
/// <param name="Checkpoints">Checkpoints that were verified.</param>
/// <param name="Lines">Every entry.</param>
/// <param name="Instances">What the appraisal of each enclave instance's evidence showed.</param>
/// <param name="Releases">Releases that had their effect.</param>
/// <param name="Epochs">Number of the last epoch.</param>
/// <param name="Problem">Why the log as a whole is not to be trusted; null if it is.</param>
public sealed record LogFindings(
    RoomId Room, bool Simulated, RoomCharter? Charter, CharterStatus Status, CosignedCheckpoint? Checkpoint, int Checkpoints, IReadOnlyList<LogLine> Lines,
    IReadOnlyList<InstanceAppraisal> Instances, int Releases, long Epochs, string? Problem)
{
    /// <summary>Entries that have no effect, with the reason.</summary>
    public IEnumerable<LogLine> Ignored => Lines.Where(line => line.Effect == EntryEffect.Ignored);

    /// <summary>Whether the log verifies: a cosigned checkpoint covers all of it and every instance's evidence meets the charter.</summary>
    public bool Verified => Problem is null && Instances.All(instance => instance.Trusted);
}
