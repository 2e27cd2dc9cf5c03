using CleanRoom.Storage.Postgres;
using CleanRoom.Storage.Tests.Postgres;

[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace CleanRoom.Storage.Tests.Postgres;

/// <summary>
/// A real server for all tests: the one that CLEANROOM_TEST_POSTGRES names (a connection string), else one of the installed version, started for
/// this run. If there is none, tests that need it are skipped with the reason; where CI=true they fail.
/// </summary>
public sealed class PostgresServer : IAsyncLifetime
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private PostgresProcess? _process;
    private string? _connection;
    private string? _missing;
    private int _schemas;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>For tests that need a server of their own, to kill it.</summary>
    public static void RequireInstalled()
    {
        if (!Directory.Exists("/usr/lib/postgresql"))
        {
            Refuse("PostgreSQL is not installed: apt install postgresql.");
        }
    }

    /// <summary>Gives a schema that no other test has.</summary>
    public async Task<PostgresOptions> GetSchemaAsync()
    {
        var number = Interlocked.Increment(ref _schemas);
        return new PostgresOptions { ConnectionString = await ConnectAsync(), Schema = $"t{Environment.ProcessId}_{number}", MaximumConnections = 16 };
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _gate.Dispose();
    }

    private static void Refuse(string reason)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", reason);
        Assert.Fail(reason);
    }

    private async Task<string> ConnectAsync()
    {
        await _gate.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (_connection is null && _missing is null)
            {
                await StartAsync();
            }
        }
        finally
        {
            _gate.Release();
        }

        if (_missing is not null)
        {
            Refuse(_missing);
        }

        return _connection!;
    }

    private async Task StartAsync()
    {
        if (Environment.GetEnvironmentVariable("CLEANROOM_TEST_POSTGRES") is { Length: > 0 } named)
        {
            _connection = named;
            return;
        }

        try
        {
            _process = await PostgresProcess.StartAsync(Path.Combine(Path.GetTempPath(), $"cleanroom-pg-{Environment.ProcessId}"));
            _connection = _process.Connection;
        }
        catch (InvalidOperationException exception)
        {
            _missing = exception.Message;
        }
    }
}
