using CleanRoom.Cryptography;
using Microsoft.Extensions.Options;

namespace CleanRoom.Hosting.Calls;

/// <summary>The calls that run, by peer.</summary>
internal sealed class PeerCalls(IOptions<ServerOptions> options)
{
    private readonly Places<object> _places = new(options.Value.MaxCallsPerPeer);

    /// <returns>A place until it is disposed of, or <see langword="null"/> if the peer has too many calls running.</returns>
    public IDisposable? TryEnter(KeyId? peer) => _places.TryEnter(PeerRateLimit.PartitionOf(peer));
}
