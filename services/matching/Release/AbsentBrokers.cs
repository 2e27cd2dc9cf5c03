using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using CleanRoom.Charter;
using CleanRoom.Transport;

namespace CleanRoom.Matching.Release;

/// <summary>
/// The owners none of whose brokers could be reached when this instance asked for keys. One that answers again is a reason for a new instance: keys are released to
/// instances whose evidence for that broker is in the log. A broker that refused is not asked again before the renewal.
/// </summary>
/// <remarks>
/// A new instance replays the log, during which nobody is told anything. So that a broker that comes and goes cannot keep the room from working, the pause
/// between two questions is at least ten times as long as the last start took.
/// </remarks>
internal sealed class AbsentBrokers(RoomId room, TimeProvider clock)
{
    private const int PausePerStart = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<MemberId, bool> _members = [];
    private TimeSpan _pause;
    private long _lastAsked;

    /// <summary>
    /// Whether a broker gave no answer, or said that it cannot now. Everything else is its owner's word, above all a no: that is never asked for again at another broker.
    /// </summary>
    public static bool IsAway(CleanRoomException problem) => problem.Reason is ErrorReason.Unavailable or ErrorReason.DeadlineExceeded;

    /// <summary>Keeps a member in mind if its broker gave no answer.</summary>
    public void Note(MemberId member, CleanRoomException problem)
    {
        if (IsAway(problem))
        {
            _members[member] = true;
        }
    }

    /// <summary>Begins to wait: the instance runs.</summary>
    /// <param name="pause">Shortest pause between two questions.</param>
    /// <param name="start">How long the start took.</param>
    public void Begin(TimeSpan pause, TimeSpan start)
    {
        _pause = pause > start * PausePerStart ? pause : start * PausePerStart;
        _lastAsked = clock.GetTimestamp();
    }

    /// <summary>Asks the absent ones, if it is time to.</summary>
    /// <param name="charter">Names the brokers.</param>
    /// <param name="certificate">The instance's own.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Whether one has answered.</returns>
    public async Task<bool> IsAnyBackAsync(RoomCharter charter, X509Certificate2 certificate, CancellationToken cancellationToken)
    {
        if (_members.IsEmpty || clock.GetElapsedTime(_lastAsked) < _pause)
        {
            return false;
        }
        var answers = await Task.WhenAll(charter.Members.Where(member => _members.ContainsKey(member.Id)).Select(member => AnswersAsync(member, certificate, cancellationToken)));
        _lastAsked = clock.GetTimestamp();
        return answers.Contains(true);
    }

    private async Task<bool> AnswersAsync(CharterMember member, X509Certificate2 certificate, CancellationToken cancellationToken)
    {
        foreach (var place in BrokerPlace.Of(member.Broker!))
        {
            if (await AnswersAsync(member.Id, place, certificate, cancellationToken))
            {
                return true;
            }
        }
        return false;
    }

    private async Task<bool> AnswersAsync(MemberId member, BrokerPlace place, X509Certificate2 certificate, CancellationToken cancellationToken)
    {
        using var broker = new BrokerClient(member, place, certificate);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            _ = await broker.ChallengeAsync(room, patience.Token);
            return true;
        }
        catch (CleanRoomException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
