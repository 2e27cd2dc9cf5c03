using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Log;

namespace CleanRoom.Charter.Disclosure;

/// <summary>Where a request stands. Before the second officer has signed it is only an entry of the log.</summary>
public enum DisclosureState
{
    /// <summary>The contributor has it.</summary>
    UnderReview,

    /// <summary>Nobody decided in time; the contributor is asked once more.</summary>
    Escalated,

    /// <summary>All fields are granted; they leave with an epoch.</summary>
    Granted,

    /// <summary>Some fields are granted; they leave with an epoch.</summary>
    PartlyGranted,

    /// <summary>Refused, by rule or by the contributor.</summary>
    Refused,

    /// <summary>Nobody decided at all: refused.</summary>
    TimedOut,

    /// <summary>The granted fields have left.</summary>
    Disclosed,

    /// <summary>The agency has not said what became of it.</summary>
    OutcomeOverdue,

    /// <summary>The agency has said what became of it.</summary>
    OutcomeFiled,

    /// <summary>Withdrawn: nothing leaves any more, and what has left must be deleted.</summary>
    Recalled,
}

/// <summary>A request from its second signature on.</summary>
/// <param name="Request">The request's entry.</param>
/// <param name="Agency">Who asks.</param>
/// <param name="Asked">What it asks.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Closes">Room time at which silence closes it.</param>
/// <param name="Granted">Fields granted, sorted.</param>
/// <param name="Reason">Why not (all).</param>
/// <param name="OutcomeDue">Room time from which the outcome is overdue; null before anything has left.</param>
/// <param name="Outcome">What became of it.</param>
public sealed record DisclosureCase(
    EntryId Request, MemberId Agency, RoomAct.DisclosureRequest Asked, DisclosureState State, DateTimeOffset Closes, IReadOnlyList<string> Granted, string? Reason,
    DateTimeOffset? OutcomeDue = null, string? Outcome = null)
{
    /// <summary>Nobody has asked: the facts follow a notice (N2b).</summary>
    public bool IsUnasked { get; init; }

    /// <summary>A decision counts now.</summary>
    public bool IsOpen => State is DisclosureState.UnderReview or DisclosureState.Escalated;

    /// <summary>Granted fields wait to leave.</summary>
    public bool IsReleasable => State is DisclosureState.Granted or DisclosureState.PartlyGranted;

    /// <summary>Fields have left, and are not withdrawn.</summary>
    public bool IsOut => State is DisclosureState.Disclosed or DisclosureState.OutcomeOverdue or DisclosureState.OutcomeFiled;

    /// <summary>When something happens next by itself.</summary>
    public DateTimeOffset? Until => State switch
    {
        DisclosureState.UnderReview => Asked.Due,
        DisclosureState.Escalated => Closes,
        DisclosureState.Disclosed => OutcomeDue,
        _ => null,
    };
}
