using System.Collections.Concurrent;
using CleanRoom.Cryptography;
using CleanRoom.Hosting;
using CleanRoom.Transport;
using Microsoft.Extensions.Options;

namespace CleanRoom.Ingestion.Cosigning;

/// <summary>Channels to brokers, one for each address and pin, for all rooms.</summary>
internal sealed class WitnessConnections(ServerIdentity identity, IOptions<IngestionOptions> options, TimeProvider clock) : IDisposable
{
    private readonly ConcurrentDictionary<(Uri, KeyId), Lazy<PinnedChannel>> _channels = new();

    public PinnedChannel Get(Uri endpoint, KeyId pin) => _channels.GetOrAdd((endpoint, pin), _ => new(() => PinnedChannel.Create(
        endpoint,
        pin,
        identity.Certificate,
        new PinnedChannelOptions
        {
            // The round repeats the question with a newer checkpoint; repeating the old one below it would only cost time.
            MaxAttempts = 1,
            ConnectTimeout = options.Value.WitnessTimeout,
            UnaryDeadline = options.Value.WitnessTimeout,
            Clock = clock,
        }))).Value;

    public void Dispose()
    {
        foreach (var channel in _channels.Values.Where(static channel => channel.IsValueCreated))
        {
            channel.Value.Dispose();
        }
    }
}
