using System.Collections.Immutable;

namespace CleanRoom.Evidence;

/// <summary>Evidence kinds, as they stand in a charter's <c>tee</c> and in an envelope's <c>kind</c>.</summary>
public static class EvidenceKinds
{
    /// <summary>No hardware: a report signed with a key that everybody knows. Simulated rooms only.</summary>
    public const string Simulated = "simulated";

    /// <summary>Kinds that this build can appraise.</summary>
    public static ImmutableArray<string> Supported { get; } = [Simulated];
}
