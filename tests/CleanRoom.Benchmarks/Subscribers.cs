using System.Diagnostics;
using System.Globalization;
using CleanRoom.Demo;
using CleanRoom.Protocol.Notification.V1;
using CleanRoom.Transport;

namespace CleanRoom.Benchmarks;

/// <summary>
/// Many subscribers of one notification service, each with a connection of its own, who wait: what one costs while nothing happens, and how long an epoch takes to
/// reach them all. They take frames and count them; what verifying costs stands under "notices".
/// </summary>
internal static class Subscribers
{
    /// <summary>What a service needs to admit so many; every other limit is as it is.</summary>
    private static readonly Dictionary<string, string> Settings = new()
    {
        ["Server__MaxConnections"] = "100000",
        ["Server__MaxConnectionsPerPeer"] = "100000",
        ["Server__MaxCallsPerPeer"] = "100000",
        ["Notification__StreamsPerMember"] = "100000",
    };

    private const int Slots = 8;
    private const int EpochSeconds = 90;
    private const int ConnectTogether = 32;

    private static readonly string[] Members = ["alpha", "bravo", "charlie"];
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    public static async Task RunAsync(Report report, int count)
    {
        var folder = Directory.CreateTempSubdirectory("cleanroom-bench-");
        try
        {
            var file = new RoomFile(
                folder.FullName, "bench", EpochSeconds, Slots, 2048, 20,
                [.. Members.Select(id => new DemoContributor(id, id, "none.csv", "auto", null, null, "desk", null, []))], []);
            var services = new ServiceProcesses(folder.CreateSubdirectory("logs").FullName, Settings);
            await using var room = new DemoRoom(file, folder.FullName, services, _ => { });
            await room.OpenAsync(CancellationToken.None);
            await room.StartMatchingAsync(CancellationToken.None);
            await MeasureAsync(report, room, services.Running.Single(process => process.Name == "notification").Id, count);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task MeasureAsync(Report report, DemoRoom room, int process, int count)
    {
        using var stop = new CancellationTokenSource(Patience);
        var first = new Subscriber();
        var running = first.RunAsync(room, Members[0], stop.Token);
        await UntilAsync(() => first.Frames > 0, stop.Token);
        var before = Usage.Of(process);

        var watch = Stopwatch.StartNew();
        var all = Enumerable.Range(0, count).Select(_ => new Subscriber()).ToList();
        var streams = new List<Task>(count);
        for (var i = 0; i < count; i += ConnectTogether)
        {
            var together = all.Skip(i).Take(ConnectTogether).ToList();
            streams.AddRange(together.Select((subscriber, j) => subscriber.RunAsync(room, Members[(i + j) % Members.Length], stop.Token)));
            await UntilAsync(() => together.All(subscriber => subscriber.Frames > 0), stop.Token);
        }
        report.Add("subscribers", "connected, each over TLS of its own", count, "");
        report.Add("subscribers", "connected and served a first epoch", count / watch.Elapsed.TotalSeconds, "a second");

        var (idle, after) = await IdleAsync(process, first, all, stop.Token);
        report.Add("subscribers", "memory of the service before", before.Resident / 1e6, "MB");
        report.Add("subscribers", "memory of the service with all of them", after.Resident / 1e6, "MB");
        report.Add("subscribers", "memory a subscriber", (after.Resident - before.Resident) / 1e3 / count, "kB");
        report.Add("subscribers", "threads of the service before", before.Threads, "");
        report.Add("subscribers", "threads of the service with all of them", after.Threads, "");
        report.Add("subscribers", "processor while nothing happens", idle * 100, "% of one");

        var known = first.Frames;
        await UntilAsync(() => all.Append(first).All(subscriber => subscriber.Frames >= known + Slots), stop.Token);
        var start = all.Append(first).Min(subscriber => subscriber.FirstAfter(known));
        var times = all.Select(subscriber => Stopwatch.GetElapsedTime(start, subscriber.LastAt).TotalMilliseconds).ToList();
        report.Add("subscribers", $"{Slots} messages to each, from the first message to the first", times, 99);
        report.Add("subscribers", "the last of them", times.Max(), "ms");
        report.Add("subscribers", "messages", count * Slots * 1000 / times.Max(), "messages/s");
        report.Add("subscribers", "connections lost and made anew", all.Sum(subscriber => subscriber.Broken), "");
        report.Add("subscribers", "memory of the service after", Usage.Of(process).Resident / 1e6, "MB");
        await stop.CancelAsync();
        await Task.WhenAll(streams.Append(running));
    }

    /// <summary>The share of a processor in a time in which no message came.</summary>
    private static async Task<(double Processor, Usage After)> IdleAsync(int process, Subscriber first, List<Subscriber> all, CancellationToken cancellationToken)
    {
        while (true)
        {
            await UntilAsync(() => all.TrueForAll(subscriber => subscriber.Frames == first.Frames), cancellationToken);
            var (frames, begun, watch) = (first.Frames, Usage.Of(process), Stopwatch.StartNew());
            await Task.Delay(Idle, TimeProvider.System, cancellationToken);
            var ended = Usage.Of(process);
            if (first.Frames == frames && all.TrueForAll(subscriber => subscriber.Frames == frames))
            {
                return ((ended.Processor - begun.Processor) / watch.Elapsed, ended);
            }
        }
    }

    private static async Task UntilAsync(Func<bool> condition, CancellationToken cancellationToken)
    {
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>What a process takes from the machine.</summary>
    private readonly record struct Usage(long Resident, int Threads, TimeSpan Processor)
    {
        public static Usage Of(int id)
        {
            using var process = Process.GetProcessById(id);
            return new Usage(process.WorkingSet64, process.Threads.Count, process.TotalProcessorTime);
        }
    }

    private sealed class Subscriber
    {
        private long _firstAt;
        private long _firstFrom;
        private long _frames;
        private long _lastAt;

        /// <summary>Taken so far; numbers have no gaps, so it is the number of the last one.</summary>
        public long Frames => Volatile.Read(ref _frames);

        /// <summary>Connections that were lost, each replaced by a new one.</summary>
        public int Broken { get; private set; }

        public long LastAt => Volatile.Read(ref _lastAt);

        /// <summary>When the first of the newest epoch came.</summary>
        public long FirstAfter(long known) => _firstFrom == known
            ? Volatile.Read(ref _firstAt)
            : throw new DemoException(1, string.Create(CultureInfo.InvariantCulture, $"More than one epoch came: {_firstFrom} instead of {known}."));

        public async Task RunAsync(DemoRoom room, string member, CancellationToken cancellationToken)
        {
            var terms = room.Charter.Operator.Notification;
            using var certificate = room.Profiles[member].OpenTransportCertificate();
            while (true)
            {
                using var channel = PinnedChannel.Create(terms.Endpoint, terms.Tls, certificate);
                using var call = new NotificationService.NotificationServiceClient(channel.CallInvoker)
                    .Subscribe(new SubscribeRequest { Room = room.Room.ToString(), After = (ulong)_frames }, cancellationToken: cancellationToken);
                try
                {
                    while (await call.ResponseStream.MoveNext(cancellationToken))
                    {
                        var now = Stopwatch.GetTimestamp();
                        if (_frames % Slots == 0)
                        {
                            (_firstFrom, _firstAt) = (_frames, now);
                        }
                        Volatile.Write(ref _lastAt, now);
                        Volatile.Write(ref _frames, _frames + 1);
                    }
                }
                catch (OperationCanceledException)
                {
                    // The measurement is over.
                    return;
                }
                catch (CleanRoomException exception) when (exception.Reason == ErrorReason.Unavailable)
                {
                    // As a client does: a machine that is too busy to answer a ping in time loses connections.
                    Broken++;
                }
            }
        }
    }
}
