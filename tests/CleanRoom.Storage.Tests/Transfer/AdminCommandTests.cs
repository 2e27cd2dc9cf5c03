using CleanRoom.Admin;
using CleanRoom.Storage.Postgres;
using CleanRoom.Storage.Sqlite;
using CleanRoom.Storage.Tests.Postgres;

namespace CleanRoom.Storage.Tests.Transfer;

/// <summary><c>cleanroom-admin</c> as an operator calls it.</summary>
public sealed class AdminCommandTests(PostgresServer server) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Store_ExportedVerifiedAndImported_SaysWhatItDid()
    {
        using (var store = SqliteIngestionStore.Open(new SqliteOptions { Folder = _folder.Path }))
        {
            await store.Logs.CreateRoomAsync(Guid.Parse("5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10"), Bytes.Of("genesis", 100), Token);
        }

        var file = Path.Combine(_folder.Path, "export");
        var postgres = await server.GetSchemaAsync();
        string[] to = ["--postgres", postgres.ConnectionString, "--schema", postgres.Schema];
        Assert.Equal((0, $"3 rows written to {file}."), await RunAsync("store", "export", "--kind", "ingestion", "--data", _folder.Path, "--file", file));
        Assert.Equal((0, $"The store was carried from version 0 to {PostgresIngestionStore.Schema.Version}."), await RunAsync(["store", "migrate", "--kind", "ingestion", .. to]));
        Assert.Equal((0, $"The store has version {PostgresIngestionStore.Schema.Version}, the newest that this program knows."), await RunAsync(["store", "migrate", "--kind", "ingestion", .. to]));
        Assert.Equal((0, "3 rows added."), await RunAsync(["store", "import", "--kind", "ingestion", .. to, "--file", file]));
        Assert.Equal((0, "3 rows looked at, 0 problems."), await RunAsync(["store", "verify", "--kind", "ingestion", .. to]));
        var (again, message) = await RunAsync(["store", "import", "--kind", "ingestion", .. to, "--file", file]);
        Assert.Equal(74, again);
        Assert.Contains("already", message, StringComparison.Ordinal);
        Assert.Equal((73, $"{file} exists already: name a new file."), await RunAsync("store", "export", "--kind", "ingestion", "--data", _folder.Path, "--file", file));
    }

    [Fact]
    public async Task Verify_DamagedStore_EndsWithOne()
    {
        using (var store = SqliteIngestionStore.Open(new SqliteOptions { Folder = _folder.Path }))
        {
            await store.Logs.CreateRoomAsync(Guid.Parse("5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10"), Bytes.Of("genesis", 100), Token);
        }

        using (var database = SqliteDatabase.Open(new SqliteOptions { Folder = _folder.Path }, "ingestion.db", SqliteIngestionStore.Schema))
        {
            await database.WriteAsync(session => session.Execute("DELETE FROM node"), Token);
        }

        Assert.Equal(AdminCommand.Problems, (await RunAsync("store", "verify", "--kind", "ingestion", "--data", _folder.Path)).Code);
    }

    [Theory]
    [InlineData("--kind must be", "store", "verify", "--data", "x")]
    [InlineData("one of them", "store", "verify", "--kind", "broker")]
    [InlineData("one of them", "store", "verify", "--kind", "broker", "--data", "x", "--postgres", "y")]
    [InlineData("--file FILE", "store", "import", "--kind", "broker", "--data", "x")]
    [InlineData("--kind must be ingestion or broker.", "witness", "--kind", "notification", "--data", "x")]
    [InlineData("--kind must be ingestion, notification or broker.", "rooms", "--data", "x")]
    [InlineData("--epochs must be", "dead-letters", "--data", "x", "--epochs", "0")]
    [InlineData("one of them", "leases")]
    [InlineData("has no value", "quotas", "--data")]
    [InlineData("must be an address", "health", "127.0.0.1:8081")]
    [InlineData("must be an address", "health", "http://user@host:1")]
    [InlineData("--to DIR", "store", "backup", "--kind", "broker", "--data", "x")]
    [InlineData("--from DIR", "store", "restore", "--kind", "broker", "--data", "x")]
    [InlineData("--checkpoint FILE", "store", "restore", "--kind", "ingestion", "--data", "x", "--from", "y")]
    [InlineData("--keys DIR", "store", "backup", "--kind", "broker", "--postgres", "x", "--to", "y")]
    [InlineData("--file FILE", "support-bundle")]
    [InlineData("Say with --kind", "support-bundle", "--file", "x", "--data", "y")]
    [InlineData("--room must", "store", "export", "--kind", "broker", "--data", "x", "--file", "y", "--room", "z")]
    [InlineData("stands twice", "store", "verify", "--kind", "broker", "--kind", "broker", "--data", "x")]
    [InlineData("not an option", "store", "verify", "--kind", "broker", "--data", "x", "--file", "y")]
    [InlineData("Use:", "store", "drop")]
    [InlineData("There is no command nothing: see", "nothing")]
    public async Task Arguments_ThatAreWrong_AreExplained(string expected, params string[] arguments)
    {
        var (code, message) = await RunAsync(arguments);
        Assert.Equal(64, code);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<(int Code, string Text)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        var code = await AdminCommand.RunAsync(arguments, output, output, Token);
        return (code, output.ToString().TrimEnd());
    }
}
