using System.Threading.RateLimiting;
using CleanRoom.Charter;
using CleanRoom.Transport;
using Microsoft.Extensions.Options;

namespace CleanRoom.Ingestion.Rooms;

/// <summary>
/// How fast each member fills a room's log, which can never be emptied again. Only entries that came into it count, so that nobody uses up what is another's;
/// entries of the enclave have no author and do not count.
/// </summary>
internal sealed class EntryRates : IDisposable
{
    private readonly PartitionedRateLimiter<(Guid Room, MemberId Author)> _limiter;
    private readonly TimeSpan _each;

    public EntryRates(IOptions<IngestionOptions> options)
    {
        var most = options.Value.EntriesPerMinute;
        _each = TimeSpan.FromMinutes(1) / most;
        _limiter = PartitionedRateLimiter.Create<(Guid, MemberId), (Guid, MemberId)>(of => RateLimitPartition.GetTokenBucketLimiter(of, _ => new TokenBucketRateLimiterOptions
        {
            AutoReplenishment = false,
            QueueLimit = 0,
            ReplenishmentPeriod = _each,
            TokenLimit = most,
            TokensPerPeriod = 1,
        }));
    }

    /// <summary>Refuses an entry whose author has had its share.</summary>
    /// <exception cref="CleanRoomException">The author is too fast.</exception>
    public void Check(Guid room, MemberId? author)
    {
        if (author is not null && _limiter.GetStatistics((room, author)) is { CurrentAvailablePermits: < 1 })
        {
            throw new CleanRoomException(ErrorReason.RateLimited, "Too many entries of this member came into the log.", "leaf", "Wait, and send fewer entries.")
            {
                RetryAfter = _each > TimeSpan.FromSeconds(1) ? _each : TimeSpan.FromSeconds(1),
            };
        }
    }

    /// <summary>Counts an entry that came into the log.</summary>
    public void Count(Guid room, MemberId? author)
    {
        if (author is not null)
        {
            using var taken = _limiter.AttemptAcquire((room, author));
        }
    }

    public void Dispose() => _limiter.Dispose();
}
