using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Transport;

namespace CleanRoom.Ingestion.Rooms;

/// <summary>Says no to what everyone would ignore, with the reason that the verifier of the log would name.</summary>
internal static class Refusals
{
    public static CleanRoomException UnknownRoom() =>
        new(ErrorReason.UnknownRoom, "There is no such room here.", "room", "Check the room id; a room begins with its charter, version 1.");

    public static CleanRoomException Of(EntryOutcome outcome)
    {
        if (outcome.Error is { } error)
        {
            return new CleanRoomException(ErrorReason.EntryInvalid, error.ToString(), "leaf");
        }

        return Of(outcome.Reason, outcome.Verdict is { } verdict ? Describe(verdict) : null);
    }

    public static CleanRoomException Of(IgnoredReason reason, string? detail = null)
    {
        var (error, message, remedy) = Explain(reason);
        return new CleanRoomException(error, detail is null ? $"{message} ({reason})" : $"{message} ({reason}: {detail})", "leaf", remedy)
        {
            RetryAfter = reason == IgnoredReason.LimitReached ? Timeout.InfiniteTimeSpan : null,
        };
    }

    private static string Describe(CharterVerdict verdict) => verdict switch
    {
        { VetoedBy.Count: > 0 } => $"vetoed by {string.Join(", ", verdict.VetoedBy)}",
        { Missing.Count: > 0 } => $"not approved by {string.Join(", ", verdict.Missing)}",
        { Invalid.Count: > 0 } => $"approvals that do not verify: {string.Join(", ", verdict.Invalid)}",
        _ => verdict.Refusal.ToString(),
    };

    private static (ErrorReason Error, string Message, string Remedy) Explain(IgnoredReason reason) => reason switch
    {
        IgnoredReason.Malformed => (ErrorReason.EntryInvalid, "The entry is malformed.", "Let the cleanroom tool write it."),
        IgnoredReason.WrongRoom => (ErrorReason.EntryInvalid, "The entry was written for another room.", "Write it for this room."),
        IgnoredReason.NoGenesis => (ErrorReason.UnknownRoom, "The room has no charter.", "Begin it with its charter, version 1."),
        IgnoredReason.DuplicateId => (ErrorReason.AlreadyExists, "Another entry has this id.", "Make a new random id."),
        IgnoredReason.NotAMember => (ErrorReason.UnknownMember, "The charter in force lists no such author.", "Check the member id."),
        IgnoredReason.UnknownSigner => (ErrorReason.UnknownKey, "The log has no such key for this author.", "Add the person's key first."),
        IgnoredReason.WrongSignature => (ErrorReason.SignatureInvalid, "The signature does not verify.", "Sign the entry again."),
        IgnoredReason.WrongRole => (ErrorReason.RoleMissing, "The signer's key lacks the role.", "Sign with a key that has it."),
        IgnoredReason.Revoked => (ErrorReason.UnknownKey, "The signer's key was revoked.", "Sign with a live key."),
        IgnoredReason.NotAllowed => (ErrorReason.RoleMissing, "The author's role in the charter does not allow this entry.", "Only members in that role may."),
        IgnoredReason.CharterRefused => (ErrorReason.CharterNotInForce, "The charter version does not take over.", "Collect the missing approvals for the version in force."),
        IgnoredReason.VetoTooLate => (ErrorReason.FailedPrecondition, "The version is in force already.", "Propose a next version."),
        IgnoredReason.KeyUsed => (ErrorReason.AlreadyExists, "The key has been used in this room.", "Make a new key."),
        IgnoredReason.UnknownPerson => (ErrorReason.NotFound, "The person has no such live key.", "Check person and key."),
        IgnoredReason.PeriodOutOfOrder => (ErrorReason.FailedPrecondition, "Periods rise by one.", "Read the log and use the next period."),
        IgnoredReason.UnknownMember => (ErrorReason.EntryInvalid, "A member that the entry names is not in the charter in that role.", "Name listed members only."),
        IgnoredReason.WrongCharter => (ErrorReason.CharterNotInForce, "The entry names another charter than the one in force.", "Read the log and name the newest charter."),
        IgnoredReason.CheckpointAhead => (ErrorReason.FailedPrecondition, "The entry names a log size that does not exist yet.", "Name the last cosigned checkpoint."),
        IgnoredReason.BatchExists => (ErrorReason.AlreadyExists, "The batch id is in the log.", "Make a new batch."),
        IgnoredReason.WrongRecordKey => (ErrorReason.FailedPrecondition, "The entry is not sealed to the author's current record key.", "Read the log and seal to the newest record key."),
        IgnoredReason.WrongPrevious => (ErrorReason.Conflict, "Another batch of this contributor came first.", "Read the log and sign the manifest again, after the newest batch."),
        IgnoredReason.UnknownRecord => (ErrorReason.NotFound, "The author has no such batch or slot.", "Name own batches in the log only."),
        IgnoredReason.GenerationOutOfOrder => (ErrorReason.InstanceSuperseded, "Generations rise by one.", "Read the log and start again."),
        IgnoredReason.NotNewestInstance => (ErrorReason.InstanceSuperseded, "The newest instance is another one.", "Read the log and start again."),
        IgnoredReason.UnknownPeriod => (ErrorReason.FailedPrecondition, "The member has logged no key of this period.", "Add the key entry first."),
        IgnoredReason.KeyErased => (ErrorReason.KeyDestroyed, "The key is destroyed already.", "Begin the next period, and seal to its key."),
        IgnoredReason.InstanceNotTrusted => (ErrorReason.FailedPrecondition, "Too few brokers have released keys to the instance.", "Wait for more releases."),
        IgnoredReason.EpochOutOfOrder => (ErrorReason.FailedPrecondition, "Epochs rise by one.", "Read the log and start again."),
        IgnoredReason.NumbersDoNotContinue => (ErrorReason.FailedPrecondition, "A recipient's numbers do not continue.", "Read the log and start again."),
        IgnoredReason.NotVoidable => (ErrorReason.FailedPrecondition, "What is declared void is not an earlier instance's, or is void already.", "Read the log and start again."),
        IgnoredReason.NoInboxKey => (ErrorReason.FailedPrecondition, "A recipient has no inbox key.", "Leave it out."),
        IgnoredReason.CheckpointNotCosigned => (ErrorReason.NotCosigned, "The checkpoint in the entry is not cosigned.", "Use a cosigned checkpoint."),
        IgnoredReason.RoomTimeWentBack => (ErrorReason.FailedPrecondition, "Room time went back.", "Use the room time of a newer checkpoint."),
        IgnoredReason.UnknownAct => (ErrorReason.NotFound, "The author has no such act that waits for a second person.", "Confirm what \"cleanroom room status\" shows as waiting."),
        IgnoredReason.SameRole => (ErrorReason.RoleMissing, "The two signatures need two different roles.", "Let a person with another role confirm."),
        IgnoredReason.SamePerson => (ErrorReason.RoleMissing, "The second signature is the same person's as the first.", "Let another person with the role confirm."),
        IgnoredReason.NotApproved => (ErrorReason.FailedPrecondition, "The request that the entry names has not been signed by two officers, or lacks a decision.", "Name a request from the inbox."),
        IgnoredReason.KeysFrozen => (ErrorReason.KeyFrozen, "The owner has frozen its keys, or has not resumed since a recovery.", "Ask the owner to resume."),
        IgnoredReason.OtherLogSurvives => (ErrorReason.Conflict, "The recovery goes on from another log than the one that is here.", "Draft it anew from what is here, and have it signed; one that stands in the log already needs nothing."),
        IgnoredReason.RecoveryOutOfOrder => (ErrorReason.FailedPrecondition, "The log has a recovery with that number or a later one, or nothing is to be resumed.", "Read the log."),
        IgnoredReason.RecoveryRefused => (ErrorReason.EntryInvalid, "The recovery lacks a contributor's signature, or a quorum of witnesses.", "Collect the missing signatures."),
        IgnoredReason.LimitReached => (ErrorReason.ResourceExhausted, "The member may log no more of these.", "Revoke what is not needed."),
        IgnoredReason.UnknownType => (ErrorReason.EntryInvalid, "This version does not know the entry's type.", "Install the newer version."),
        _ => (ErrorReason.Internal, "The entry was not accepted.", "Report this."),
    };
}
