using System.Diagnostics;
using CleanRoom.Client;
using CleanRoom.Client.Uploads;
using CleanRoom.Cryptography;
using CleanRoom.Demo;

namespace CleanRoom.Benchmarks;

/// <summary>
/// Four contributors upload at once into one room of processes (mTLS on loopback, every write flushed), a fifth uploads single records meanwhile; by turns with a plain write of the
/// same bytes into the same kind of store. Once from rows, and once from batches that lie sealed in the journal: what a client that was cut off goes on with.
/// </summary>
internal static class Uploads
{
    private const int BatchRecords = 1024;
    private const int Batches = 24;
    private const int Rounds = 3;
    private const int WarmUps = 1;

    private static readonly string[] Uploaders = ["alpha", "bravo", "charlie", "delta"];
    private const string Single = "echo";

    public static async Task RunAsync(Report report)
    {
        await using (var raw = new RawSqlite())
        {
            await RunAsync(report, "SQLite", null, raw);
        }

        var folder = Path.Combine(Path.GetTempPath(), $"cleanroom-bench-pg-{Environment.ProcessId}");
        await using var server = await CleanRoom.Storage.Tests.Postgres.PostgresProcess.StartAsync(folder);
        await using var copy = new RawPostgres(server.Connection);
        await RunAsync(report, "PostgreSQL", server.Connection, copy);
    }

    private static async Task RunAsync(Report report, string name, string? postgres, IRawStore raw)
    {
        var folder = Directory.CreateTempSubdirectory("cleanroom-bench-");
        try
        {
            var file = new RoomFile(
                folder.FullName, "bench", 3600, 8, 4096, 20,
                [.. Uploaders.Append(Single).Select(id => new DemoContributor(id, id, "none.csv", "auto", null, null, "desk", null, []))], []);
            await using var room = new DemoRoom(file, folder.FullName, new ServiceProcesses(folder.CreateSubdirectory("logs").FullName), _ => { }, postgres);
            await room.OpenAsync(CancellationToken.None);
            await new Measurement(report, name, room, raw).RunAsync();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private sealed class Measurement(Report report, string name, DemoRoom room, IRawStore raw)
    {
        private readonly List<double> _singles = [];
        private readonly Dictionary<string, double> _processor = [];
        private int _next;

        public async Task RunAsync()
        {
            // What is compiled, and compiled again because it is used much, belongs to no figure: a service runs for months.
            for (var round = 0; round < WarmUps; round++)
            {
                _ = await FromRowsAsync(Batches * BatchRecords);
                _ = await FromJournalAsync();
            }

            var rows = new List<double>();
            var sealedRates = new List<double>();
            var rawRates = new List<double>();
            _processor.Clear();
            _singles.Clear();
            for (var round = 0; round < Rounds; round++)
            {
                rows.Add(await FromRowsAsync(Batches * BatchRecords));
                sealedRates.Add(await FromJournalAsync());
                rawRates.Add(await raw.WriteAsync(Uploaders.Length, Batches, 2 * BatchRecords));
            }

            var benchmark = "upload " + name;
            report.Add(benchmark, "4 uploaders, rows to final receipt", Report.Percentile(rows, 50), "records/s");
            report.Add(benchmark, "4 uploaders, sealed to final receipt", Report.Percentile(sealedRates, 50), "records/s");
            report.Add(benchmark, $"the same bytes, {raw.What}", Report.Percentile(rawRates, 50), "records/s");
            report.Add(benchmark, "sealed to receipt, share of that", 100 * Report.Percentile(sealedRates, 50) / Report.Percentile(rawRates, 50), "%");
            report.Add(benchmark, "one record beside them, rows to receipt", _singles, 99);
            foreach (var (process, seconds) in _processor.OrderByDescending(pair => pair.Value))
            {
                report.Add(benchmark, $"processor time, sealed to receipt, {process}", seconds * 1e6 / (Rounds * Uploaders.Length * Batches * BatchRecords), "us/record");
            }
        }

        /// <summary>Imported rows of each uploader to final receipts.</summary>
        private async Task<double> FromRowsAsync(int records)
        {
            var imports = Uploaders.Select(id => (id, import: MadeRecords.Import(id, Next(records), records))).ToList();
            return await WithSinglesAsync(
                imports.Count * records,
                () => Task.WhenAll(imports.Select(item => Task.Run(async () =>
                {
                    var result = await new Uploader(room.Rooms[item.id]).UploadAsync(item.import, "{}"u8.ToArray(), null, CancellationToken.None);
                    _ = result.Plan.New == records ? 0 : throw new InvalidOperationException("Not all records were uploaded.");
                }))));
        }

        /// <summary>Sealed batches of each uploader to final receipts.</summary>
        private async Task<double> FromJournalAsync()
        {
            foreach (var id in Uploaders)
            {
                Seal(room.Rooms[id], id);
            }

            var before = Processors.Seconds();
            var rate = await WithSinglesAsync(
                Uploaders.Length * Batches * BatchRecords,
                () => Task.WhenAll(Uploaders.Select(id => Task.Run(async () =>
                    _ = await new Uploader(room.Rooms[id]).ResumeAsync(null, CancellationToken.None) == Batches * BatchRecords
                        ? 0
                        : throw new InvalidOperationException("Not all batches were accepted.")))));
            foreach (var (process, seconds) in Processors.Seconds())
            {
                _processor[process] = _processor.GetValueOrDefault(process) + seconds - before.GetValueOrDefault(process);
            }

            return rate;
        }

        private async Task<double> WithSinglesAsync(int records, Func<Task> upload)
        {
            using var over = new CancellationTokenSource();
            var singles = Task.Run(() => SinglesAsync(over.Token));
            var watch = Stopwatch.StartNew();
            await upload();
            var rate = records / watch.Elapsed.TotalSeconds;
            await over.CancelAsync();
            await singles;
            return rate;
        }

        private async Task SinglesAsync(CancellationToken over)
        {
            while (!over.IsCancellationRequested)
            {
                var import = MadeRecords.Import(Single, Next(1), 1);
                var watch = Stopwatch.StartNew();
                _ = await new Uploader(room.Rooms[Single]).UploadAsync(import, "{}"u8.ToArray(), null, CancellationToken.None);
                if (!over.IsCancellationRequested)
                {
                    _singles.Add(watch.Elapsed.TotalMilliseconds);
                }
            }
        }

        private void Seal(RoomClient client, string id)
        {
            var preparer = new BatchPreparer(client, new UploadJournal(client.Memory.Folder));
            Digest? previous = client.State.LastBatchOf(client.Profile.Member)?.LeafHash;
            for (var i = 0; i < Batches; i++)
            {
                var items = SealedBatches.Items(Next(BatchRecords), BatchRecords, id).ToArray();
                previous = preparer.Seal(preparer.Terms(items, Digest.Of("{}"u8), previous), items, CancellationToken.None).Manifest.LeafHash;
            }
        }

        private int Next(int count) => Interlocked.Add(ref _next, count) - count;
    }
}
