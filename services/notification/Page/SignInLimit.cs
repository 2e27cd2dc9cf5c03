using System.Net;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace CleanRoom.Notification.Page;

/// <summary>Bounds how often one address tries to sign in.</summary>
internal sealed class SignInLimit : IDisposable
{
    private readonly PartitionedRateLimiter<string> _limiter;

    public SignInLimit(IOptions<PageOptions> options)
    {
        var window = new FixedWindowRateLimiterOptions { PermitLimit = options.Value.SignInsPerMinute, Window = TimeSpan.FromMinutes(1) };
        _limiter = PartitionedRateLimiter.Create<string, string>(address => RateLimitPartition.GetFixedWindowLimiter(address, _ => window));
    }

    public bool Admits(IPAddress? address)
    {
        using var lease = _limiter.AttemptAcquire(address?.ToString() ?? string.Empty);
        return lease.IsAcquired;
    }

    public void Dispose() => _limiter.Dispose();
}
