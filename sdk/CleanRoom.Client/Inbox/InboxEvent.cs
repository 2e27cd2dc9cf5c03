using CleanRoom.Charter.Messages;

namespace CleanRoom.Client.Inbox;

/// <summary>A verified and opened message.</summary>
/// <param name="Number">Its number: they run from 1 without gap.</param>
/// <param name="Epoch">The epoch that it left with.</param>
/// <param name="Generation">The enclave instance that sent it.</param>
/// <param name="RoomTime">When it was decided.</param>
/// <param name="Simulated">The room is simulated: the message protects and accuses nobody.</param>
/// <param name="Content">What it says.</param>
public sealed record InboxMessage(long Number, long Epoch, long Generation, DateTimeOffset RoomTime, bool Simulated, RoomMessage Content);

/// <summary>Why the inbox raises an alarm.</summary>
public enum InboxAlarm
{
    /// <summary>A number was left out, or comes out of order.</summary>
    NumberMissing,

    /// <summary>The epoch head in the log counts messages that were not delivered.</summary>
    MessageSuppressed,

    /// <summary>Another content came under a number that was taken before.</summary>
    OtherContent,

    /// <summary>The header does not parse, or is another room's or member's.</summary>
    NotForUs,

    /// <summary>The header names an epoch that the cosigned log does not hold.</summary>
    UnknownEpoch,

    /// <summary>It is signed neither by the instance that ended the epoch nor by a later one that was trusted; an older generation's word is void.</summary>
    WrongSigner,

    /// <summary>It names another charter than the one in force at the epoch's end.</summary>
    WrongCharter,

    /// <summary>Ciphertext, number or audit path do not fit the epoch head in the log.</summary>
    NotInEpoch,

    /// <summary>The instance's evidence does not meet the charter when this client appraises it.</summary>
    EvidenceRejected,

    /// <summary>The epoch's entry was not cosigned within 15 minutes of its decision: what left with it is void.</summary>
    TooLate,

    /// <summary>It does not open with this member's inbox key, or is not a message.</summary>
    CannotOpen,

    /// <summary>The label "simulated" does not fit the charter.</summary>
    WrongLabel,

    /// <summary>The sealed head contradicts the epoch head in the log, or is missing.</summary>
    HeadContradictsLog,

    /// <summary>No epoch head for two epochs.</summary>
    EpochMissing,
}

/// <summary>What happens at an inbox.</summary>
public abstract record InboxEvent
{
    private InboxEvent()
    {
    }

    /// <summary>A message arrived and every check passed.</summary>
    /// <param name="Message">The message.</param>
    public sealed record Received(InboxMessage Message) : InboxEvent;

    /// <summary>Something is wrong. After an alarm about a message the inbox ends: nothing behind it is believed.</summary>
    /// <param name="Reason">What.</param>
    /// <param name="Number">The number concerned; 0 if none.</param>
    /// <param name="Text">One sentence with the remedy.</param>
    public sealed record Alarm(InboxAlarm Reason, long Number, string Text) : InboxEvent;
}
