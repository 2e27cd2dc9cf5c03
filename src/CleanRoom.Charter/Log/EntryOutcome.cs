namespace CleanRoom.Charter.Log;

/// <summary>What became of an entry at its position.</summary>
public enum EntryEffect
{
    /// <summary>It stays in the log and has no effect.</summary>
    Ignored,

    /// <summary>It has its effect.</summary>
    Accepted,

    /// <summary>The reader may not see it, or not what it takes to judge it; it has no effect on this view.</summary>
    Unseen,
}

/// <summary>Why an entry is ignored. The names are the machine-readable reasons of <c>log verify</c>.</summary>
public enum IgnoredReason
{
    None,

    /// <summary>The leaf does not parse.</summary>
    Malformed,

    /// <summary>It was written for another room.</summary>
    WrongRoom,

    /// <summary>The log does not begin with a genesis that holds.</summary>
    NoGenesis,

    /// <summary>An accepted entry had this id.</summary>
    DuplicateId,

    /// <summary>The author is no member by the charter in force.</summary>
    NotAMember,

    /// <summary>No key that may sign for the author has this id.</summary>
    UnknownSigner,

    /// <summary>The signature does not verify.</summary>
    WrongSignature,

    /// <summary>The signer lacks the role.</summary>
    WrongRole,

    /// <summary>The signer's key was revoked before.</summary>
    Revoked,

    /// <summary>The author's role in the charter does not allow this type.</summary>
    NotAllowed,

    /// <summary>The version does not follow the one in force, or lacks approvals: see the verdict.</summary>
    CharterRefused,

    /// <summary>The version vetoed is in the log already.</summary>
    VetoTooLate,

    /// <summary>The key has been used in this room.</summary>
    KeyUsed,

    /// <summary>The person has no such live key.</summary>
    UnknownPerson,

    /// <summary>Periods rise by one.</summary>
    PeriodOutOfOrder,

    /// <summary>A member named is not in the charter, or not in that role.</summary>
    UnknownMember,

    /// <summary>It names another charter than the one in force.</summary>
    WrongCharter,

    /// <summary>It names a log size that is not before it.</summary>
    CheckpointAhead,

    /// <summary>The batch id counts once.</summary>
    BatchExists,

    /// <summary>The key is not the author's current record key.</summary>
    WrongRecordKey,

    /// <summary>The previous batch is another one.</summary>
    WrongPrevious,

    /// <summary>The author has no such batch or slot.</summary>
    UnknownRecord,

    /// <summary>Generations rise by one.</summary>
    GenerationOutOfOrder,

    /// <summary>The newest instance is another one.</summary>
    NotNewestInstance,

    /// <summary>The member has logged no key of this period.</summary>
    UnknownPeriod,

    /// <summary>The key is destroyed already.</summary>
    KeyErased,

    /// <summary>The owner has frozen its keys, and the log says so.</summary>
    KeysFrozen,

    /// <summary>Too few brokers have released keys to the instance.</summary>
    InstanceNotTrusted,

    /// <summary>Epochs rise by one.</summary>
    EpochOutOfOrder,

    /// <summary>A recipient's numbers do not continue, or are not as many as the charter says.</summary>
    NumbersDoNotContinue,

    /// <summary>What is declared void is not an earlier instance's, was given to nobody, or is void already.</summary>
    NotVoidable,

    /// <summary>A recipient has no inbox key.</summary>
    NoInboxKey,

    /// <summary>The checkpoint carries too few cosignatures, or is another room's.</summary>
    CheckpointNotCosigned,

    /// <summary>Room time went back.</summary>
    RoomTimeWentBack,

    /// <summary>The author has no such act that waits for a second person.</summary>
    UnknownAct,

    /// <summary>The second signature is the same person's.</summary>
    SamePerson,

    /// <summary>The two signatures are of one role where two different ones are asked for.</summary>
    SameRole,

    /// <summary>The log holds no such draw of the contributor's records, or it is void.</summary>
    UnknownAudit,

    /// <summary>The log holds no request of this id that two officers have signed, or the disclosure lacks an approval.</summary>
    NotApproved,

    /// <summary>The recovery goes on from another log than the one that it stands in.</summary>
    OtherLogSurvives,

    /// <summary>The recovery's number is not above that of the last one, or there is no such recovery to resume after.</summary>
    RecoveryOutOfOrder,

    /// <summary>The recovery lacks the signature of a contributor, or does not say for a quorum of the witnesses what they cosigned.</summary>
    RecoveryRefused,

    /// <summary>A bound on what a member may log is reached.</summary>
    LimitReached,

    /// <summary>This version does not know the type.</summary>
    UnknownType,
}

/// <summary>What became of an entry.</summary>
/// <param name="Index">Its position.</param>
/// <param name="Effect">Accepted, ignored or unseen.</param>
/// <param name="Reason">Why it is ignored, or None.</param>
/// <param name="Entry">What parsed.</param>
/// <param name="Verdict">For charter entries that were judged.</param>
/// <param name="Error">For leaves that do not parse.</param>
public sealed record EntryOutcome(
    long Index, EntryEffect Effect, IgnoredReason Reason, SignedEntry? Entry, CharterVerdict? Verdict = null, CharterError? Error = null)
{
    /// <summary>Whether it has its effect.</summary>
    public bool IsAccepted => Effect == EntryEffect.Accepted;
}
