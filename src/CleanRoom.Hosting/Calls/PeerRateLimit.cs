using System.Threading.RateLimiting;
using CleanRoom.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CleanRoom.Hosting.Calls;

/// <summary>A call, as rate limits see it.</summary>
/// <param name="Peer">The caller's key, or null.</param>
/// <param name="Method">The HTTP/2 path of the method.</param>
public readonly record struct PeerCall(KeyId? Peer, string Method);

/// <summary>The default limit: a token bucket for each peer, with a burst of two seconds. Callers without a key share one bucket.</summary>
internal static class PeerRateLimit
{
    private static readonly object NoKey = new();

    /// <summary>What calls and connections of a peer are counted under.</summary>
    internal static object PartitionOf(KeyId? peer) => peer is null ? NoKey : peer;

    internal static PartitionedRateLimiter<PeerCall> Create(IServiceProvider services)
    {
        var perSecond = services.GetRequiredService<IOptions<ServerOptions>>().Value.CallsPerSecondAndPeer;
        return PartitionedRateLimiter.Create<PeerCall, object>(call =>
        {
            var partition = PartitionOf(call.Peer);
            return perSecond == 0
                ? RateLimitPartition.GetNoLimiter(partition)
                : RateLimitPartition.GetTokenBucketLimiter(partition, _ => new TokenBucketRateLimiterOptions
                {
                    AutoReplenishment = false,
                    QueueLimit = 0,
                    ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                    TokenLimit = perSecond * 2,
                    TokensPerPeriod = perSecond,
                });
        });
    }
}
