namespace CleanRoom.Attestation.Rooms;

/// <summary>Why a broker says no. Each one leaves as a machine-readable reason of its own.</summary>
internal enum BrokerReason
{
    RequestMalformed = 1,
    RoomNotJoined,
    TooManyNonces,
    NonceUsed,
    EvidenceRejected,
    ResultInvalid,
    InstanceInvalid,
    GenerationSuperseded,
    CharterInvalid,
    CharterConflict,
    CharterNotInForce,
    CharterExpired,
    KeyFrozen,
    SimulatedNotAllowed,
    CheckpointInvalid,
    ProofFromElsewhere,
    NotCosigned,
    LogForked,
    LogUnavailable,
    Conflict,
    CustodyUnavailable,
    RecordKeyUnknown,
    RecordKeyInUse,
    StandsIn,
    StandInUnknown,
    HandOverInvalid,
    RecoveryInvalid,
}

/// <summary>An expected no.</summary>
/// <param name="Reason">Machine-readable.</param>
/// <param name="Field">The field of the request at fault, or empty.</param>
/// <param name="Message">One sentence, without data.</param>
/// <param name="Remedy">What the caller can do, or empty.</param>
internal sealed record Refusal(BrokerReason Reason, string Field, string Message, string Remedy = "");

/// <summary>What an act of the broker gives: a value, or a refusal. There is no third state and no default.</summary>
internal abstract record Outcome<T>
{
    private Outcome()
    {
    }

    public sealed record Done(T Value) : Outcome<T>;

    public sealed record Refused(Refusal Refusal) : Outcome<T>;
}
