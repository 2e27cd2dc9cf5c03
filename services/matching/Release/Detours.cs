using System.Collections.Concurrent;
using CleanRoom.Cryptography;

namespace CleanRoom.Matching.Release;

/// <summary>
/// Brokers that gave a nonce and then could not release: evidence is bound to one broker's nonce, so that another one of the owner can only be asked by the next instance. That one asks them last, once.
/// </summary>
internal sealed class Detours
{
    private readonly ConcurrentDictionary<KeyId, bool> _last = [];

    /// <summary>Asks this broker last the next time.</summary>
    public void Around(BrokerPlace place) => _last[place.Tls] = true;

    /// <summary>Gives an owner's places in the order in which they are asked this time.</summary>
    public IReadOnlyList<BrokerPlace> Order(IEnumerable<BrokerPlace> places) => [.. places.OrderBy(place => _last.TryRemove(place.Tls, out _))];
}
