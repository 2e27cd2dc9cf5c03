using System.Diagnostics;
using System.Globalization;
using CleanRoom.Storage.Tests.Postgres;
using Npgsql;

namespace CleanRoom.Storage.Tests.Torture;

/// <summary>
/// Rounds of load and faults on one store, and a comparison after each. Faults by lot from the seed: kill -9 of one process or of all; a disk that is full (SQLite);
/// all connections cut, or every process of the server killed (PostgreSQL).
/// </summary>
internal sealed class Campaign(int seed, Action<string> say)
{
    private const int Workers = 3;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    private static readonly string[] Files = ["ingestion.db", "notification.db"];
    private readonly Ledger _ledger = new();
    private readonly SortedDictionary<string, int> _faults = [];
    private int _life;
    private long _answers;

    public IReadOnlyList<string> Violations => _ledger.Violations;

    public long Operations => _ledger.Operations;

    /// <summary><c>--torture sqlite|postgres ROUNDS [SEED]</c>.</summary>
    public static async Task<int> RunAsync(string driver, int rounds, int seed)
    {
        var campaign = new Campaign(seed, Console.Out.WriteLine);
        if (driver == "sqlite")
        {
            using var folder = new TemporaryFolder();
            await campaign.RunAsync(new Place(folder.Path, null), null, rounds);
        }
        else
        {
            await using var server = await PostgresProcess.StartAsync(Path.Combine(Path.GetTempPath(), $"cleanroom-torture-{Environment.ProcessId}"));
            await campaign.RunAsync(new Place(null, server.Connection), server, rounds);
        }

        return campaign.Violations.Count == 0 ? 0 : 1;
    }

    public async Task RunAsync(Place place, PostgresProcess? server, int rounds)
    {
        var watch = Stopwatch.StartNew();
        using (var store = place.OpenIngestion())
        {
            await store.Logs.CreateRoomAsync(Load.Room, Load.Genesis, default);
        }

        ((IDisposable)place.OpenSlots()).Dispose();
        for (var round = 0; round < rounds; round++)
        {
            await RoundAsync(place, server, round);
            await _ledger.CompareAsync(place, whole: round == rounds - 1);
            if (round % 10 == 9)
            {
                say(string.Create(CultureInfo.InvariantCulture, $"  round {round + 1}: {_ledger.Operations} operations, {_ledger.Violations.Count} violations, {watch.Elapsed.TotalSeconds:0} s"));
            }
        }

        foreach (var violation in _ledger.Violations.Take(20))
        {
            say("  VIOLATION " + violation);
        }

        say(string.Create(
            CultureInfo.InvariantCulture,
            $"{(server is null ? "sqlite" : "postgres")}: seed {seed}, {rounds} rounds, {_ledger.Operations} acknowledged operations, faults: {string.Join(", ", _faults.Select(static item => $"{item.Value} {item.Key}"))}; "
            + $"errors answered and repeated: {string.Join(", ", _ledger.Errors.Select(static item => $"{item.Value} {item.Key}"))}; {_ledger.Violations.Count} violations; {watch.Elapsed.TotalSeconds:0} s"));
    }

    private async Task RoundAsync(Place place, PostgresProcess? server, int round)
    {
        var lot = Bytes.Of($"{seed} {round}", 8);
        var full = server is null && round > 0 && lot[0] % 4 == 0;
        if (full)
        {
            Count("disk full");
            var pages = Files.Max(file => new FileInfo(Path.Combine(place.Folder!, file)).Length / 4096);
            place = place with { Pages = (int)pages + 20 };
        }

        var answers = _answers;
        var workers = Enumerable.Range(0, Workers).Select(worker => Start(place, worker)).ToList();

        // Not after a time but after some answers: a busy machine has the same rounds.
        var waited = Stopwatch.StartNew();
        while (Volatile.Read(ref _answers) < answers + 10 + (lot[1] % 60) && waited.Elapsed < Longest)
        {
            await Task.Delay(5);
        }

        await Task.Delay(TimeSpan.FromMilliseconds(lot[6] / 8));
        if (server is not null && lot[0] % 3 == 0)
        {
            Count("server killed");
            await server.CrashAsync();
            await server.StartAgainAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(lot[2] * 2));
        }
        else if (server is not null && lot[0] % 3 == 1)
        {
            Count("connections cut");
            await CutAsync(server.Connection);
            await Task.Delay(TimeSpan.FromMilliseconds(lot[2] * 2));
        }

        if (lot[3] % 2 == 0)
        {
            // One dies in the midst of the others, which go on for a while.
            Count("process killed");
            await KillAsync(workers[lot[4] % Workers]);
            await Task.Delay(TimeSpan.FromMilliseconds(lot[5] * 3));
        }

        foreach (var worker in workers)
        {
            if (!worker.Process.HasExited)
            {
                Count("process killed");
            }

            await KillAsync(worker);
            worker.Process.Dispose();
        }
    }

    private (Process Process, Task Reading) Start(Place place, int worker)
    {
        var process = Process.Start(new ProcessStartInfo(
            Environment.ProcessPath!,
            ["--load", place.ToString(), worker.ToString(CultureInfo.InvariantCulture), (++_life).ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardOutput = true,
        })!;
        return (process, Task.Run(async () =>
        {
            // Lines that were in the pipe when it died count: they were acknowledged.
            while (await process.StandardOutput.ReadLineAsync() is { } line)
            {
                lock (_ledger)
                {
                    _ledger.Told(line);
                }

                Interlocked.Increment(ref _answers);
            }
        }));
    }

    private static async Task KillAsync((Process Process, Task Reading) worker)
    {
        if (!worker.Process.HasExited)
        {
            worker.Process.Kill();
        }

        await worker.Process.WaitForExitAsync();
        await worker.Reading;
    }

    private static async Task CutAsync(string connection)
    {
        await using var own = new NpgsqlConnection(connection + ";Pooling=False");
        await own.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'torture%'", own);
        await command.ExecuteNonQueryAsync();
    }

    private void Count(string fault) => _faults[fault] = _faults.GetValueOrDefault(fault) + 1;
}
