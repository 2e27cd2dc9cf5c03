using System.Diagnostics;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Client.Uploads;
using CleanRoom.Cryptography;
using CleanRoom.Demo;
using CleanRoom.Evidence;
using CleanRoom.Evidence.Simulation;
using CleanRoom.Matching.Enclave;
using CleanRoom.Matching.Release;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Transport;
using Google.Protobuf;

namespace CleanRoom.Benchmarks;

/// <summary>What needs a room: ingestion, notification and three brokers as processes of their own, mTLS on loopback, every write flushed to the disk.</summary>
internal sealed class RoomBenches : IAsyncDisposable
{
    private static readonly string[] Contributors = ["alpha", "bravo", "charlie"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-bench-");
    private readonly DemoRoom _room;
    private int _next;

    private RoomBenches()
    {
        var file = new RoomFile(
            _folder.FullName, "bench", 3600, 8, 4096, 20,
            [.. Contributors.Select(id => new DemoContributor(id, id, "none.csv", "auto", null, null, "desk", null, []))], []);
        _room = new DemoRoom(file, _folder.FullName, new ServiceProcesses(_folder.CreateSubdirectory("logs").FullName), _ => { });
    }

    public static async Task<RoomBenches> OpenAsync()
    {
        var room = new RoomBenches();
        try
        {
            await room._room.OpenAsync(CancellationToken.None);
            return room;
        }
        catch
        {
            await room.DisposeAsync();
            throw;
        }
    }

    /// <summary>Batches from rows to final receipt: sealed, kept, streamed, cosigned by three witnesses, proof checked.</summary>
    public async Task UploadAsync(Report report)
    {
        _ = await UploadAsync("alpha", 64);
        var small = new List<double>();
        for (var i = 0; i < 25; i++)
        {
            small.Add(await UploadAsync("alpha", 64));
        }
        report.Add("upload", "batch of 64 records, rows to final receipt", small, 99);
        var large = new List<double>();
        for (var i = 0; i < 6; i++)
        {
            large.Add(await UploadAsync("bravo", 1024));
        }
        report.Add("upload", "batch of 1,024 records, p50 of 6", Report.Percentile(large, 50), "ms");
        report.Add("upload", "records, in batches of 1,024", 1024 * 1000 / Report.Percentile(large, 50), "records/s");
        await ReadAsync(report);
    }

    /// <summary>A small entry, then the wait until a checkpoint over it bears a quorum of cosignatures.</summary>
    public async Task CosignAsync(Report report)
    {
        var room = _room.Rooms["alpha"];
        using var key = room.Profile.OpenPersonKey(PersonRoles.Approver);
        var times = new List<double>();
        for (var i = -3; i < 40; i++)
        {
            var entry = new ListingEntry(room.Room, EntryId.From(RandomUuid.New()), room.Profile.Member, [MemberId.Parse("bravo"), MemberId.Parse("charlie")], [], []);
            var leaf = entry.Sign(key);
            var appended = await room.Ingestion.AppendAsync(new AppendRequest { Room = room.Room.ToString(), Leaf = ByteString.CopyFrom(leaf) });
            var watch = Stopwatch.StartNew();
            _ = await room.Ingestion.GetInclusionAsync(new GetInclusionRequest { Room = room.Room.ToString(), Index = appended.Index });
            if (i >= 0)
            {
                times.Add(watch.Elapsed.TotalMilliseconds);
            }
        }
        await room.SyncAsync(CancellationToken.None);
        report.Add("cosign", "round of 3 witnesses, from append to proof", times, 95);
    }

    /// <summary>What a new instance does at one broker: attest, have the instance entry and the release entry cosigned, take the keys.</summary>
    public async Task ReleaseAsync(Report report)
    {
        var charter = _room.Charter;
        var terms = charter.Operator.Ingestion;

        // Only the room's matching service may read every entry.
        using var identity = TlsCertificates.LoadOrCreate(Path.Combine(_folder.FullName, "matching", "tls.pem"), "bench", TimeProvider.System);
        using var channel = PinnedChannel.Create(terms.Endpoint, terms.Tls, identity);
        using var log = new VerifiedLog(channel, charter.Room, TimeProvider.System);
        _ = await log.SyncAsync(fresh: true, CancellationToken.None);
        _ = LaunchMeasurement.TryParse(charter.Enclaves[0].Measurements[0], out var measurement);
        using var provider = new SimulatedEvidenceProvider(measurement!);
        var member = charter.Members.First(member => member.Broker is not null);
        var (whole, collect) = (new List<double>(), new List<double>());
        for (var i = -2; i < 200; i++)
        {
            using var keys = new InstanceKeys(TimeProvider.System);
            using var broker = new BrokerClient(member.Id, BrokerPlace.Of(member.Broker!).First(), keys.Certificate);
            var checkpoint = log.Checkpoint!;
            var watch = Stopwatch.StartNew();
            var nonce = await broker.ChallengeAsync(charter.Room, CancellationToken.None);
            var binding = ReportBinding.Compute(nonce.Span, keys.Signing.PublicKey, keys.Release.PublicKey, charter.Hash);
            var evidence = new InstanceEvidence(member.Id, (await provider.GetEvidenceAsync(binding, CancellationToken.None)).Json, nonce);
            var entry = new InstanceEntry(
                charter.Room, EntryId.From(RandomUuid.New()), charter.Hash, LogPosition.Of(checkpoint.Note.Checkpoint), [evidence],
                (log.Newest.CurrentInstance?.Generation ?? 0) + 1, keys.Release.PublicKey, keys.Signing.PublicKey);
            var leaf = entry.Sign(keys.Signing);
            var index = await log.AppendAsync(leaf, TimeSpan.FromMinutes(1), CancellationToken.None);
            var logged = watch.Elapsed.TotalMilliseconds;
            using var released = await broker.CollectAsync(entry, new LoggedInstance(leaf, index), keys, log, 1, CancellationToken.None);
            if (i >= 0)
            {
                whole.Add(watch.Elapsed.TotalMilliseconds);
                collect.Add(watch.Elapsed.TotalMilliseconds - logged);
            }
        }
        report.Add("release", "evidence to keys, instance entry included", whole, 95, 99);
        report.Add("release", "attest and release, its entry cosigned", collect, 95, 99);
    }

    public async ValueTask DisposeAsync()
    {
        await _room.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    /// <summary>Reads the ciphertexts back as an enclave does.</summary>
    private async Task ReadAsync(Report report)
    {
        var room = _room.Rooms["bravo"];
        var (bytes, watch) = (0L, Stopwatch.StartNew());
        foreach (var batch in room.State.Batches.Values.Where(batch => batch.Contributor == room.Profile.Member))
        {
            using var call = room.Ingestion.ReadBatch(new ReadBatchRequest { Room = room.Room.ToString(), Batch = batch.Manifest.Batch.ToString() });
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                bytes += call.ResponseStream.Current.Data.Length;
            }
        }
        report.Add("upload", "ciphertexts read back", bytes / 1e6 / watch.Elapsed.TotalSeconds, "MB/s");
    }

    private async Task<double> UploadAsync(string member, int records)
    {
        var import = MadeRecords.Import(member, _next, records);
        _next += records;
        var watch = Stopwatch.StartNew();
        var result = await new Uploader(_room.Rooms[member]).UploadAsync(import, "{}"u8.ToArray(), null, CancellationToken.None);
        return result.Plan.New == records && result.Batches.Count == 1 ? watch.Elapsed.TotalMilliseconds : throw new InvalidOperationException("The upload was not one batch.");
    }
}
