using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using CleanRoom.Benchmarks;
using CleanRoom.Charter;
using CleanRoom.Client.Inbox;
using CleanRoom.Client.Uploads;
using CleanRoom.Cryptography;
using CleanRoom.Demo;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Protocol.Notification.V1;
using CleanRoom.Transport;

namespace CleanRoom.Room.Tests.Soak;

/// <summary>
/// A room of processes that works and is pestered, round after round: uploads, withdrawals, readers, and callers that break off in the middle, ask for what is not
/// there or come with unknown keys. A few rounds here; <c>make soak MINUTES=60</c> goes on for an hour.
/// </summary>
public sealed class SoakTests(ITestOutputHelper output)
{
    private const string MinutesVariable = "CLEANROOM_SOAK_MINUTES";

    /// <summary>Of a long run, rounds begin no faster than this: an hour of it is to see what grows with time, not how much a machine can do.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(4);
    private const int Rounds = 6;
    private const int WarmUp = 4;
    private const int Records = 16;
    private const int Callers = 8;

    /// <summary>More handles or threads than before that are no leak: pools fill as they are needed.</summary>
    private const int Slack = 24;

    private static readonly string[] Members = ["alpha", "bravo", "charlie"];

    /// <summary>What warnings say that a simulated room must log, and what a busy machine makes ingestion say until its witnesses have answered.</summary>
    private static readonly string[] Expected = ["SIMULATED", "no quorum for {Size} entries", "witness {Witness} refused {Size} entries"];

    /// <summary>A slow machine is late; alarms of time have tests of their own.</summary>
    private static readonly InboxOptions Patient = new() { DeliveryGrace = TimeSpan.FromMinutes(30), LeastSilence = TimeSpan.FromHours(1) };

    /// <summary>Seconds that each round's three uploads, from rows to final receipts, and its reading of all inboxes took.</summary>
    private readonly List<(double Upload, double Read)> _times = [];

    private readonly Dictionary<string, TimeSpan> _processor = [];

    private int _next;
    private int _batches;

    /// <summary>This class runs alone, for a long time.</summary>
    internal static bool IsLong => Environment.GetEnvironmentVariable(MinutesVariable) is not null;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Room_ThatWorksAndIsPestered_LeaksNothingLosesNothingAndFailsAtNothing()
    {
        var minutes = double.Parse(Environment.GetEnvironmentVariable(MinutesVariable) ?? "0", NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
        var folder = Directory.CreateTempSubdirectory("cleanroom-soak-");
        try
        {
            var logs = folder.CreateSubdirectory("logs");
            var file = new RoomFile(
                folder.FullName, "soak", 2, 8, 2048, 20, [.. Members.Select(id => new DemoContributor(id, id, "none.csv", "auto", null, null, "desk", null, []))], []);
            Dictionary<string, int> seen;
            var services = new ServiceProcesses(logs.FullName);
            await using (var room = new DemoRoom(file, folder.FullName, services, output.WriteLine))
            {
                await room.OpenAsync(Token);
                await room.StartMatchingAsync(Token);
                await RunAsync(room, WarmUp, TimeSpan.Zero, null);
                var before = services.Running.ToDictionary(process => process.Name, process => Usage.Of(process.Id));
                var warmed = _next;

                // While a room begins, brokers that have not read its genesis yet refuse to cosign it.
                seen = logs.EnumerateFiles().ToDictionary(log => log.Name, log => File.ReadLines(log.FullName).Count(), StringComparer.Ordinal);
                _times.Clear();
                foreach (var process in services.Running)
                {
                    _processor[process.Name] = Usage.Of(process.Id).Processor;
                }

                await RunAsync(room, Rounds, TimeSpan.FromMinutes(minutes), services);
                foreach (var process in services.Running)
                {
                    await CompareAsync(process, before[process.Name], (_next - warmed) * Members.Length);
                }

                var (receipts, entries, ignored) = await room.VerifyAsync(Token);
                output.WriteLine($"{_batches} batches, {entries} entries");
                Assert.Equal((_batches, 0), (receipts, ignored));
            }

            // A few rounds beside all other tests may be slow, and warned of; an hour on a machine of its own may not.
            Assert.Equal("", string.Join('\n', Unexpected(logs, seen, warnings: minutes > 0)));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>At least so many rounds, for at least that long; what each tenth of the time took and held is written out when the services are given.</summary>
    private async Task RunAsync(DemoRoom room, int rounds, TimeSpan time, ServiceProcesses? services)
    {
        var (watch, tenth, told) = (Stopwatch.StartNew(), time / 10, 1);
        for (var round = 0; round < rounds || watch.Elapsed < time; round++)
        {
            if (services is not null && tenth > TimeSpan.Zero && watch.Elapsed >= told * tenth)
            {
                Tell(services, watch.Elapsed);
                told++;
            }

            var began = watch.Elapsed;
            foreach (var member in Members)
            {
                var uploader = new Uploader(room.Rooms[member]);
                var result = await uploader.UploadAsync(MadeRecords.Import(member, _next, Records), "{}"u8.ToArray(), null, Token);
                _batches += result.Batches.Count;
                if (_next > 0)
                {
                    // What came a round ago goes again, so that a room of any age holds as much as a young one.
                    _ = await uploader.WithdrawAsync([.. Enumerable.Range(_next - Records, Records).Select(number => $"{member}-{number}")], Token);
                }
            }

            var uploaded = watch.Elapsed;
            _next += Records;
            await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => PesterAsync(room)));
            var read = watch.Elapsed;
            foreach (var member in Members)
            {
                await foreach (var item in new InboxReader(room.Rooms[member], Patient).ReadAsync(follow: false, Token))
                {
                    Assert.IsType<InboxEvent.Received>(item);
                }
            }

            _times.Add(((uploaded - began).TotalSeconds, (watch.Elapsed - read).TotalSeconds));
            if (time > TimeSpan.Zero && watch.Elapsed - began is var took && took < Pace)
            {
                await Task.Delay(Pace - took, Token);
            }
        }
    }

    /// <summary>What the rounds since the last time took, at half and at 99 in 100, and what each process holds.</summary>
    private void Tell(ServiceProcesses services, TimeSpan elapsed)
    {
        var (uploads, reads) = (_times.Select(time => time.Upload).Order().ToList(), _times.Select(time => time.Read).Order().ToList());
        var text = $"{elapsed.TotalMinutes:F0} min: {_times.Count} rounds; uploads p50 {Of(uploads, 50):F2} s, p99 {Of(uploads, 99):F2} s; inboxes p50 {Of(reads, 50):F2} s, p99 {Of(reads, 99):F2} s";
        output.WriteLine(text);
        foreach (var process in services.Running)
        {
            // Processor time tells what rounds cost as the log grows, whatever else the machine does.
            var usage = Usage.Of(process.Id);
            var cost = (usage.Processor - _processor.GetValueOrDefault(process.Name)).TotalMilliseconds / _times.Count;
            _processor[process.Name] = usage.Processor;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {process.Name,-16} {cost,6:F0} ms of processor time a round, {usage.Resident >> 20,5} MiB, {usage.Handles} handles, {usage.Threads} threads"));
        }

        _times.Clear();
        static double Of(List<double> sorted, int percent) => sorted[Math.Clamp((int)Math.Ceiling(sorted.Count * percent / 100.0) - 1, 0, sorted.Count - 1)];
    }

    /// <summary>Calls that end as calls should not.</summary>
    private static async Task PesterAsync(DemoRoom room)
    {
        var (ingestion, notification, text) = (room.Charter.Operator.Ingestion, room.Charter.Operator.Notification, room.Room.ToString());
        using var known = room.Profiles[Members[0]].OpenTransportCertificate();
        using var unknown = TlsCertificates.CreateSelfSigned("nobody", TimeProvider.System);
        using (var channel = PinnedChannel.Create(notification.Endpoint, notification.Tls, known))
        {
            // Breaks off while messages come, and closes the connection under them.
            using var inbox = new NotificationService.NotificationServiceClient(channel.CallInvoker).Subscribe(new SubscribeRequest { Room = text }, cancellationToken: Token);
            Assert.True(await inbox.ResponseStream.MoveNext(Token));
        }

        using var stranger = PinnedChannel.Create(ingestion.Endpoint, ingestion.Tls, unknown);
        var client = new IngestionService.IngestionServiceClient(stranger.CallInvoker);
        using (var entries = client.ReadEntries(new ReadEntriesRequest { Room = text, Follow = true }, cancellationToken: Token))
        {
            Assert.True(await entries.ResponseStream.MoveNext(Token));
        }

        using (var upload = client.UploadBatch(cancellationToken: Token))
        {
            // Never says what it wants to send.
        }

        var nowhere = new GetCheckpointRequest { Room = RoomId.From(RandomUuid.New()).ToString() };
        Assert.Equal(ErrorReason.UnknownRoom, (await Assert.ThrowsAsync<CleanRoomException>(async () => await client.GetCheckpointAsync(nowhere, cancellationToken: Token))).Reason);
        Assert.Equal(ErrorReason.EntryInvalid, (await Assert.ThrowsAsync<CleanRoomException>(
            async () => await client.AppendAsync(new AppendRequest { Room = text, Leaf = Google.Protobuf.ByteString.CopyFromUtf8("no entry") }, cancellationToken: Token))).Reason);
    }

    private async Task CompareAsync(ServiceProcess process, Usage before, int records)
    {
        // What closes takes its time; what leaks stays.
        var now = Usage.Of(process.Id);
        for (var i = 0; i < 360 && (now.Handles > before.Handles + Slack || now.Threads > before.Threads + Slack); i++)
        {
            await Task.Delay(500, Token);
            now = Usage.Of(process.Id);
        }

        output.WriteLine($"{process.Name,-16} handles {before.Handles} -> {now.Handles}, threads {before.Threads} -> {now.Threads}, memory {before.Resident >> 20} -> {now.Resident >> 20} MiB");
        Assert.True(now.Handles <= before.Handles + Slack, $"{process.Name}: {now.Handles} handles after {before.Handles}.");
        Assert.True(now.Threads <= before.Threads + Slack, $"{process.Name}: {now.Threads} threads after {before.Threads}.");

        // Generous: the collector takes what it may. The log itself grows, and state with it.
        var most = (before.Resident * 2) + (96L << 20) + (records * 4096L);
        Assert.True(now.Resident <= most, $"{process.Name}: {now.Resident >> 20} MiB after {before.Resident >> 20} MiB.");
    }

    /// <summary>Errors, warnings if they count, and what is no log line at all.</summary>
    private static List<string> Unexpected(DirectoryInfo logs, Dictionary<string, int> seen, bool warnings)
    {
        var found = new List<string>();
        foreach (var file in logs.EnumerateFiles())
        {
            foreach (var line in File.ReadLines(file.FullName).Skip(seen.GetValueOrDefault(file.Name)))
            {
                try
                {
                    using var json = JsonDocument.Parse(line);
                    var level = json.RootElement.GetProperty("LogLevel").GetString();
                    var template = json.RootElement.GetProperty("State").GetProperty("{OriginalFormat}").GetString()!;
                    if (level is not ("Information" or "Debug" or "Trace") && (warnings || level != "Warning") && !Expected.Any(words => template.Contains(words, StringComparison.Ordinal)))
                    {
                        found.Add($"{file.Name}: {level} {template}");
                    }
                }
                catch (Exception exception) when (exception is JsonException or KeyNotFoundException)
                {
                    found.Add($"{file.Name}: {line}");
                }
            }
        }

        return [.. found.Distinct(StringComparer.Ordinal)];
    }

    private readonly record struct Usage(int Handles, int Threads, long Resident, TimeSpan Processor)
    {
        public static Usage Of(int id)
        {
            using var process = Process.GetProcessById(id);
            return new Usage(Directory.GetFileSystemEntries($"/proc/{id}/fd").Length, process.Threads.Count, process.WorkingSet64, process.TotalProcessorTime);
        }
    }
}
