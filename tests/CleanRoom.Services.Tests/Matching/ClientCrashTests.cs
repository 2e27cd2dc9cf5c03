using System.Diagnostics;
using System.Text.Json;
using CleanRoom.Attestation.Keys;
using CleanRoom.Charter.Log;
using CleanRoom.Client;
using CleanRoom.Client.Inbox;
using CleanRoom.Client.Uploads;
using CleanRoom.Cryptography;
using CleanRoom.Matching.Records;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Services.Tests.Rooms;
using CleanRoom.Storage.Sqlite;
using CleanRoom.Transport;
using Grpc.Core;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>The command line as a process of its own, killed at seeded points while it uploads and while it takes messages (THREATS T21).</summary>
[Collection(EnclaveTests.Name)]
public sealed class ClientCrashTests(Consortium consortium, ITestOutputHelper output) : IDisposable
{
    private const int Kills = 20;
    private const int RowsARound = 70;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-client-crash-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Kill_WhileTheClientUploads_EveryRecordStandsInTheLogOnce()
    {
        const string seed = "upload 2026-12-01";
        var lot = new Lot(seed);
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        var (place, file, upload) = await PrepareAsync(room);
        var rows = 0;
        var kills = 0;
        for (var round = 0; kills < Kills; round++)
        {
            Assert.True(round < 3 * Kills, "The client ends before it can be killed.");
            await WriteFileAsync(file, rows += RowsARound);
            var before = place.Read();
            using var client = new CommandLine(upload);

            // From its start over sealing, sending and the receipt to the record map; then a little later.
            var step = round % 5;
            while (!client.HasExited && step > 0 && !place.Read().IsPast(step, before))
            {
                await Task.Delay(1, Token);
            }

            await Task.Delay(step == 0 ? lot.Next(0, 1500) : lot.Next(0, 25), Token);
            if (await client.KillAsync())
            {
                kills++;
            }
            else
            {
                Assert.True(client.ExitCode == 0, client.Errors + client.Output);
            }
        }

        using (var last = new CommandLine(upload))
        {
            await last.EndAsync();
            Assert.True(last.ExitCode == 0, last.Errors + last.Output);
        }

        output.WriteLine($"seed {seed}, {kills} kills, {rows} rows, {place.Read().Receipts} receipts");
        var expected = Enumerable.Range(1, rows).Select(Reference).ToList();
        Assert.Equal(expected, (await OpenAllAsync(room)).Order(StringComparer.Ordinal));
        Assert.Empty(Directory.GetDirectories(Path.Combine(place.Folder, "journal")));
        Assert.All(Uploader.VerifyOffline(consortium.Profiles["alpha"], room.Id), receipt => Assert.Equal(ReceiptStatus.Final, receipt.Status));
    }

    /// <summary>Several batches of one window: some stand in the log, one lies sealed on disk, the rest was only in memory.</summary>
    [Fact]
    public async Task Kill_InTheMiddleOfALargeUpload_TheNextRunSendsTheRestAndNothingTwice()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        var (place, file, upload) = await PrepareAsync(room);
        var rows = 0;
        for (var killed = false; !killed;)
        {
            // A client that ends before it is killed has a larger file to send next.
            Assert.True(rows < 20_000, "The client ends before it can be killed.");
            await WriteFileAsync(file, rows += 3_500);
            var before = place.Read();
            using var client = new CommandLine(upload);
            while (!client.HasExited && place.Read().Receipts == before.Receipts)
            {
                await Task.Delay(1, Token);
            }

            killed = await client.KillAsync();
        }

        var sent = place.Read().Receipts;
        using (var last = new CommandLine(upload))
        {
            await last.EndAsync();
            Assert.True(last.ExitCode == 0, last.Errors + last.Output);
        }

        Assert.True(place.Read().Receipts > sent);
        Assert.Equal(Enumerable.Range(1, rows).Select(Reference), (await OpenAllAsync(room)).Order(StringComparer.Ordinal));
        Assert.Empty(Directory.GetDirectories(Path.Combine(place.Folder, "journal")));
    }

    [Fact]
    public async Task Kill_WhileTheClientTakesMessages_EachIsKeptOnceAndShownInOrder()
    {
        const string seed = "inbox 2026-12-01";
        output.WriteLine($"seed {seed}, {Kills} kills");
        var lot = new Lot(seed);
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        await room.UploadAsync("alpha", new Row("a1", "one@example.org"));
        await room.UploadAsync("bravo", new Row("b1", "one@example.org"));
        await room.UploadAsync("charlie", new Row("c1", "one@example.org"));
        await room.Matching.StartAsync();
        await room.WaitForAsync(state => state.LastEpoch > 1, "two epochs");
        var inbox = Path.Combine(consortium.FolderOf("home-alpha"), "rooms", room.Id.ToString(), "inbox");
        string[] watch = ["inbox", "watch", "--all", "--home", consortium.FolderOf("home-alpha"), "--room", room.Id.ToString(), "--json"];
        var last = 0L;
        var again = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            using var client = new CommandLine(watch);
            for (var target = Kept(inbox) + lot.Next(0, 12000); Kept(inbox) < target; await Task.Delay(1, Token))
            {
                Assert.False(client.HasExited, client.Errors);
            }

            await Task.Delay(lot.Next(0, 15), Token);
            Assert.True(await client.KillAsync(), client.Errors);
            again += Follow(ref last, client.Numbers());
        }

        await room.Matching.StopAsync();
        using (var end = new CommandLine([.. watch, "--once"]))
        {
            await end.EndAsync();
            Assert.True(end.ExitCode == 0, end.Errors + end.Output);
            again += Follow(ref last, end.Numbers());
        }

        using var alpha = await RoomClient.ConnectAsync(consortium.Profiles["alpha"], room.Id, null, Token);
        var taken = new InboxReader(alpha).ReadTaken().ToList();
        Assert.All(taken, item => Assert.IsType<InboxEvent.Received>(item));
        var messages = taken.OfType<InboxEvent.Received>().Select(item => item.Message).ToList();

        // The stop may have come between the last epoch's head and its delivery; all before it has arrived.
        Assert.InRange((await room.StateAsync()).LastEpoch - (messages.Count / room.Charter.Epochs.SlotsPerMember), 0, 1);
        Assert.Equal(Enumerable.Range(1, messages.Count).Select(number => (long)number), messages.Select(message => message.Number));
        Assert.Equal(2, EnclaveRoom.Pointers(messages).Count());
        Assert.Equal(messages.Count, last);
        output.WriteLine($"{messages.Count} messages, {again} shown again after a kill");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Where alpha's client keeps what it knows of the room, a file to fill with rows, and the command that uploads it.</summary>
    private async Task<(Place Place, string File, string[] Upload)> PrepareAsync(EnclaveRoom room)
    {
        var home = consortium.FolderOf("home-alpha");
        var file = Path.Combine(_folder.FullName, "cases.csv");
        var manifest = Path.Combine(_folder.FullName, "manifest.json");
        await File.WriteAllTextAsync(manifest, "{}", Token);
        return (
            new Place(Path.Combine(home, "rooms", room.Id.ToString())), file,
            ["records", "upload", file, "--manifest", manifest, "--ref", "ext_CaseNumber", "--home", home, "--room", room.Id.ToString(), "--json"]);
    }

    /// <summary>No number is left out; only the last one before a kill may be shown again after it, for it may not have been noted.</summary>
    private static int Follow(ref long last, IEnumerable<long> numbers)
    {
        var (again, isFirst) = (0, true);
        foreach (var number in numbers)
        {
            Assert.True(number == last + 1 || (isFirst && number == last), $"{number} after {last}");
            again += number == last ? 1 : 0;
            (last, isFirst) = (number, false);
        }

        return again;
    }

    private static long Kept(string folder) => Directory.Exists(folder) ? new DirectoryInfo(folder).GetFiles("*.frames").Sum(file => file.Length) : 0;

    private static string Reference(int row) => $"LBF-{row:00000}";

    /// <summary>A file in the layout of the first sample, its first row again and again under new numbers.</summary>
    private static async Task WriteFileAsync(string path, int rows)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "CleanRoom.sln")))
        {
            folder = folder.Parent!;
        }

        var lines = await File.ReadAllLinesAsync(Path.Combine(folder.FullName, "samples", "contributor_a_htcds.csv"), Token);
        await File.WriteAllLinesAsync(path, Enumerable.Range(1, rows).Select(row => lines[1].Replace("LBF-0001", Reference(row), StringComparison.Ordinal)).Prepend(lines[0]), Token);
    }

    /// <summary>Opens every batch of alpha in the log with the record key at its broker: the references of all records that stand there.</summary>
    private async Task<List<string>> OpenAllAsync(EnclaveRoom room)
    {
        using var keys = BrokerKeys.Open(consortium.Brokers["alpha"].Folder, null);
        using var store = SqliteBrokerStore.Open(new SqliteOptions { Folder = consortium.Brokers["alpha"].Folder });
        var kept = await store.FindAsync(Guid.Parse(room.Id.ToString()), Token);
        using var recordKey = HpkePrivateKey.Import(new RoomSecrets(keys).OpenRecordKey(room.Id, kept!.RecordKeys.Single()));
        using var certificate = consortium.Profiles["alpha"].OpenTransportCertificate();
        using var channel = PinnedChannel.Create(room.Ingestion.Address, room.Ingestion.Pin, certificate);
        var references = new List<string>();
        foreach (var batch in (await room.StateAsync()).Batches.Values)
        {
            using var opener = BatchOpener.Create(batch.Manifest, recordKey);
            using var call = new IngestionService.IngestionServiceClient(channel.CallInvoker).ReadBatch(
                new ReadBatchRequest { Room = room.Id.ToString(), Batch = batch.Manifest.Batch.ToString() }, cancellationToken: Token);
            var part = new MemoryStream();
            await foreach (var chunk in call.ResponseStream.ReadAllAsync(Token))
            {
                chunk.Data.WriteTo(part);
                if (chunk.Last)
                {
                    Assert.True(chunk.Deleted || batch.Manifest.IsPart((int)chunk.Part, part.ToArray()));
                    if (opener!.Take((int)chunk.Part, part.ToArray()) is { } slot && opener.Read(slot) is { Identity: { } record })
                    {
                        references.Add(record.ContributorRecordRef);
                    }

                    part.SetLength(0);
                }
            }

            Assert.Empty(opener!.Refusals);
        }

        return references;
    }

    /// <summary>What an upload has left in the profile so far.</summary>
    private sealed record Steps(bool Sealing, bool Sealed, int Receipts, DateTime Ledger)
    {
        public bool IsPast(int step, Steps before) => step switch
        {
            1 => Sealing || Sealed,
            2 => Sealed,
            3 => Receipts > before.Receipts,
            _ => Ledger > before.Ledger,
        };
    }

    private sealed class Place(string folder)
    {
        public string Folder => folder;

        public Steps Read()
        {
            var journal = Entries(Path.Combine(folder, "journal"));
            return new Steps(
                journal.Any(name => name.StartsWith("new-", StringComparison.Ordinal)), journal.Any(name => !name.StartsWith("new-", StringComparison.Ordinal) && !name.StartsWith("old-", StringComparison.Ordinal)),
                Entries(Path.Combine(folder, "receipts")).Count, File.GetLastWriteTimeUtc(Path.Combine(folder, "records.json")));
        }

        private static List<string> Entries(string path) =>
            Directory.Exists(path) ? [.. Directory.EnumerateFileSystemEntries(path).Select(entry => Path.GetFileName(entry)!)] : [];
    }

    /// <summary>One run of the command line.</summary>
    private sealed class CommandLine : IDisposable
    {
        private readonly Process _process;
        private readonly Task<string> _output;
        private readonly Task<string> _errors;

        public CommandLine(string[] arguments)
        {
            var start = new ProcessStartInfo(Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "CleanRoom.Cli", "debug", "cleanroom")), arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            _process = Process.Start(start)!;
            _output = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            _errors = _process.StandardError.ReadToEndAsync(CancellationToken.None);
        }

        public bool HasExited => _process.HasExited;

        public int ExitCode => _process.ExitCode;

        public string Output => _output.IsCompleted ? _output.GetAwaiter().GetResult() : "";

        public string Errors => _errors.IsCompleted ? _errors.GetAwaiter().GetResult() : "";

        /// <summary>SIGKILL.</summary>
        /// <returns>False if it had ended by itself.</returns>
        public async Task<bool> KillAsync()
        {
            _process.Kill();
            await EndAsync();
            return _process.ExitCode == 128 + 9;
        }

        public async Task EndAsync()
        {
            await _process.WaitForExitAsync(Token);
            _ = await Task.WhenAll(_output, _errors);
        }

        /// <summary>Numbers of the messages that it has shown. A line that a kill cut off was not shown.</summary>
        public IEnumerable<long> Numbers()
        {
            foreach (var line in _output.GetAwaiter().GetResult().Split('\n'))
            {
                if (TryNumber(line) is { } number)
                {
                    yield return number;
                }
            }
        }

        public void Dispose()
        {
            if (!_process.HasExited)
            {
                _process.Kill();
            }

            _process.Dispose();
        }

        private static long? TryNumber(string line)
        {
            try
            {
                using var json = JsonDocument.Parse(line);
                return json.RootElement.GetProperty("result").GetProperty("number").GetInt64();
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }
}
