using System.Collections.Immutable;

namespace CleanRoom.Matching.Enclave;

/// <summary>Where the enclave stands.</summary>
internal enum EnclavePhase
{
    Replaying,
    Attesting,
    Running,
    Halted,
}

/// <summary>One consistent view of it.</summary>
internal sealed record EnclaveSnapshot(
    EnclavePhase Phase, string Reason, long Generation, long Position, long Epoch, long EvaluatedEpoch, bool Simulated,
    ImmutableArray<string> Keys, ReadOnlyMemory<byte> InstanceLeaf, long InstanceIndex, DateTimeOffset? LeaseEnds = null)
{
    public static EnclaveSnapshot Start { get; } = new(EnclavePhase.Replaying, "", 0, 0, 0, 0, false, [], ReadOnlyMemory<byte>.Empty, 0);
}

/// <summary>What the gRPC class shows; replaced whole, never changed. Holds no count of records or matches.</summary>
internal sealed class EnclaveStatus
{
    private EnclaveSnapshot _current = EnclaveSnapshot.Start;

    public EnclaveSnapshot Current => Volatile.Read(ref _current);

    /// <summary>Only the enclave's own loop writes.</summary>
    public void Change(Func<EnclaveSnapshot, EnclaveSnapshot> change) => Volatile.Write(ref _current, change(_current));
}
