using System.Diagnostics;
using CleanRoom.Client;
using CleanRoom.Client.Inbox;
using CleanRoom.Demo;

namespace CleanRoom.Benchmarks;

/// <summary>
/// From the end of an epoch to messages that their readers have verified, opened and kept, in a room of processes: every message travels enclave, frame check, durable slot (SQLite,
/// synchronous=FULL), stream, client. A message is a message: empty slots cost what notices cost, which is their purpose.
/// </summary>
internal static class Notices
{
    private const int Slots = 1024;
    private const int Epochs = 12;
    private const int EpochSeconds = 4;

    private static readonly string[] Readers = ["bravo", "charlie"];
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    public static async Task RunAsync(Report report)
    {
        var folder = Directory.CreateTempSubdirectory("cleanroom-bench-");
        try
        {
            var file = new RoomFile(
                folder.FullName, "bench", EpochSeconds, Slots, 2048, 20,
                [.. Readers.Append("alpha").Order(StringComparer.Ordinal).Select(id => new DemoContributor(id, id, "none.csv", "auto", null, null, "desk", null, []))], []);
            await using var room = new DemoRoom(file, folder.FullName, new ServiceProcesses(folder.CreateSubdirectory("logs").FullName), _ => { });
            await room.OpenAsync(CancellationToken.None);
            await room.StartMatchingAsync(CancellationToken.None);
            await MeasureAsync(report, room);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task MeasureAsync(Report report, DemoRoom room)
    {
        var watch = Stopwatch.StartNew();
        using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        var ends = EndsAsync(room.Rooms["alpha"], watch, stop.Token);
        var readers = await Task.WhenAll(Readers.Select(id => ReadAsync(room.Rooms[id], watch, stop.Token)));
        var ended = await ends;
        var delivered = new List<double>();
        var rates = new List<double>();
        foreach (var arrivals in readers)
        {
            foreach (var (epoch, end) in ended)
            {
                if (arrivals.TryGetValue(epoch, out var times) && times.Count == Slots)
                {
                    delivered.AddRange(times.Select(time => Math.Max(0, time - end)));
                    rates.Add(Slots / Math.Max(0.001, (times[^1] - times[0]) / 1000));
                }
            }
        }

        // All members get as many: three inboxes fill while two are read.
        report.Add("notices", $"epoch cosigned to message read, {Slots} a member", delivered, 99);
        report.Add("notices", "read by one of two readers, verified and kept", Report.Percentile(rates, 50), "messages/s");
        report.Add("notices", "into durable inboxes, three members", Report.Percentile(rates, 50) * (Readers.Length + 1), "messages/s at least");
    }

    /// <summary>When each epoch's entry was first seen cosigned.</summary>
    private static async Task<Dictionary<long, double>> EndsAsync(RoomClient room, Stopwatch watch, CancellationToken cancellationToken)
    {
        var ends = new Dictionary<long, double>();
        await room.SyncAsync(cancellationToken);
        var first = room.State.LastEpoch;
        while (room.State.LastEpoch < first + Epochs)
        {
            await Task.Delay(Look, cancellationToken);
            await room.SyncAsync(cancellationToken);
            _ = ends.TryAdd(room.State.LastEpoch, watch.Elapsed.TotalMilliseconds);
        }

        return ends;
    }

    /// <summary>When each message came, by epoch.</summary>
    private static async Task<Dictionary<long, List<double>>> ReadAsync(RoomClient room, Stopwatch watch, CancellationToken cancellationToken)
    {
        var arrivals = new Dictionary<long, List<double>>();
        await room.SyncAsync(cancellationToken);
        var last = room.State.LastEpoch + Epochs;
        await foreach (var item in new InboxReader(room).ReadAsync(follow: true, cancellationToken))
        {
            if (item is not InboxEvent.Received { Message: var message })
            {
                throw new DemoException(1, $"A message raised an alarm: {item}");
            }

            if (!arrivals.TryGetValue(message.Epoch, out var times))
            {
                arrivals[message.Epoch] = times = [];
            }

            times.Add(watch.Elapsed.TotalMilliseconds);
            if (message.Epoch >= last && times.Count == Slots)
            {
                break;
            }
        }

        return arrivals;
    }
}
