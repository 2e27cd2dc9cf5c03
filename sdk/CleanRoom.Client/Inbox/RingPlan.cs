using CleanRoom.Charter.Messages;

namespace CleanRoom.Client.Inbox;

/// <summary>When people of a member are told of a message, reminded of it, and when somebody else of theirs is told instead. Only who reads messages can make it: to the service all are alike.</summary>
/// <param name="First">The first time: at once for a risk to life, otherwise not in quiet hours.</param>
/// <param name="Remind">When a quarter of the time is left; null if there is nothing to do by a date.</param>
/// <param name="Escalate">The end of the time; null if there is nothing to do by a date.</param>
public sealed record RingPlan(DateTimeOffset First, DateTimeOffset? Remind, DateTimeOffset? Escalate)
{
    /// <summary>What was withdrawn is deleted within so much time (ARCHITECTURE §7.10).</summary>
    private static readonly TimeSpan Deletion = TimeSpan.FromHours(72);

    /// <summary>Makes the plan of a message; null for one without news.</summary>
    /// <param name="message">The message.</param>
    /// <param name="now">When it came.</param>
    /// <param name="quiet">The people's quiet hours; null for none.</param>
    public static RingPlan? For(RoomMessage message, DateTimeOffset now, QuietHours? quiet)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message is RoomMessage.Head or RoomMessage.Empty)
        {
            return null;
        }

        return DeadlineOf(message, now) is { } deadline && deadline > now
            ? new RingPlan(When(now), Earlier(When(deadline - ((deadline - now) / 4)), deadline), When(deadline))
            : new RingPlan(When(now), null, null);

        DateTimeOffset When(DateTimeOffset time) => message.IsUrgent || quiet is null ? time : quiet.After(time);
    }

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    private static DateTimeOffset? DeadlineOf(RoomMessage message, DateTimeOffset now) => message switch
    {
        RoomMessage.Notice notice => notice.AnswerBy,
        RoomMessage.Review review => review.Due,
        RoomMessage.Request request => request.Due,
        RoomMessage.Offer { Given: false } offer => offer.Due,
        RoomMessage.NoticeFacts facts => facts.OutcomeDue,
        RoomMessage.Disclosed disclosed => disclosed.OutcomeDue,
        RoomMessage.Withdrawn => now + Deletion,
        RoomMessage.Ending ending => ending.Records.Min(record => record.Ends),
        _ => null,
    };
}
