using System.Globalization;
using CleanRoom.Storage.Logs;
using CleanRoom.Storage.Postgres;
using CleanRoom.Storage.Slots;
using Npgsql;

namespace CleanRoom.Storage.Tests.Postgres;

/// <summary>What goes wrong with servers and connections.</summary>
public sealed class PostgresDatabaseTests(PostgresServer server)
{
    private static readonly Guid Room = Guid.Parse("5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Host")]
    [InlineData("Host=/nowhere;NoSuchWord=1")]
    [InlineData("Host=/nowhere;Port=secret")]
    public void Open_ConnectionThatCannotBeRead_SaysSoWithoutQuotingIt(string connection)
    {
        var exception = Assert.Throws<StorageException>(() => PostgresSlotStore.Open(new PostgresOptions { ConnectionString = connection }));
        Assert.Equal(StorageProblem.NotWritable, exception.Problem);
        Assert.DoesNotContain("secret", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("a;drop")]
    [InlineData("a\n")]
    public void Open_SchemaThatIsNoPlainName_IsRefused(string schema) => Assert.Equal(
        StorageProblem.NotWritable,
        Assert.Throws<StorageException>(() => PostgresSlotStore.Open(new PostgresOptions { ConnectionString = "Host=/nowhere", Schema = schema })).Problem);

    [Fact]
    public void Open_ServerThatDoesNotAnswer_IsUnreachableAndThePasswordIsNotTold()
    {
        var exception = Assert.Throws<StorageException>(
            () => PostgresSlotStore.Open(new PostgresOptions { ConnectionString = "Host=/nowhere;Database=d;Username=u;Password=hunter2" }));
        Assert.Equal(StorageProblem.Unreachable, exception.Problem);
        Assert.DoesNotContain("hunter2", exception.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(140_010, "on", "on", "on")]
    [InlineData(150_000, "off", "on", "on")]
    [InlineData(150_000, "on", "off", "on")]
    [InlineData(170_000, "on", "on", "off")]
    public void Server_ThatCouldLoseWhatItAcknowledges_IsRefused(int version, string fsync, string fullPages, string commit) => Assert.Equal(
        StorageProblem.NotDurable,
        Assert.Throws<StorageException>(() => PostgresDatabase.CheckSettings(version, [fsync, fullPages, commit], "here")).Problem);

    [Fact]
    public async Task Open_ConnectionThatTurnsDurabilityOff_TurnsItOnAgain()
    {
        var options = await server.GetSchemaAsync();
        PostgresSlotStore.Open(options with { ConnectionString = options.ConnectionString + ";Options=-c synchronous_commit=off" }).Dispose();
    }

    [Fact]
    public async Task Open_DatabaseOfANewerProgram_IsRefused()
    {
        var options = await server.GetSchemaAsync();
        PostgresSlotStore.Open(options).Dispose();
        await ExecuteAsync(options, $"UPDATE {options.Schema}_notification.schema_version SET version = 99");
        var exception = Assert.Throws<StorageException>(() => PostgresSlotStore.Open(options));
        Assert.Equal(StorageProblem.NewerThanProgram, exception.Problem);
        Assert.Contains("99", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_WithoutTheRightToMigrate_NamesTheCommand()
    {
        var options = await server.GetSchemaAsync();
        var exception = Assert.Throws<StorageException>(() => PostgresSlotStore.Open(options with { Migrate = false }));
        Assert.Equal(StorageProblem.OlderThanProgram, exception.Problem);
        Assert.Contains("cleanroom-admin store migrate", exception.Message, StringComparison.Ordinal);
        PostgresSlotStore.Open(options).Dispose();
        PostgresSlotStore.Open(options with { Migrate = false }).Dispose();
    }

    [Fact]
    public async Task Open_ByEightAtOnce_AllFindTheTables()
    {
        var options = await server.GetSchemaAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => PostgresIngestionStore.Open(options with { MaximumConnections = 2 }).Dispose(), Token)));
    }

    [Fact]
    public async Task Wait_WhileAnotherProcessPuts_WakesAtOnce()
    {
        var options = await server.GetSchemaAsync();
        using var here = PostgresSlotStore.Open(options);
        using var there = PostgresSlotStore.Open(options);
        await there.PutAsync(Room, [Frame(1)], Token);
        for (var number = 1; number < 20; number++)
        {
            var waiting = here.WaitAsync(Room, "alpha", number, Token);
            await there.PutAsync(Room, [Frame(number + 1)], Token);
            await waiting.WaitAsync(TimeSpan.FromSeconds(60), Token);
        }
    }

    [Fact]
    public async Task Connections_CutByTheServer_AreReplacedAndWaitersStillWake()
    {
        var options = await server.GetSchemaAsync();
        using var here = PostgresSlotStore.Open(options);
        using var there = PostgresSlotStore.Open(options);
        var waiting = here.WaitAsync(Room, "alpha", 0, Token);
        await ExecuteAsync(options, $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{options.Schema}_notification'");
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await there.PutAsync(Room, [Frame(1)], Token);
                break;
            }
            catch (StorageException exception) when (exception.Problem == StorageProblem.Unreachable && attempt < 20)
            {
                // Each broken connection of the pool says so once.
            }
        }

        try
        {
            await waiting.WaitAsync(TimeSpan.FromSeconds(60), Token);
        }
        catch (StorageException exception) when (exception.Problem == StorageProblem.Unreachable)
        {
            await here.WaitAsync(Room, "alpha", 0, Token);
        }

        Assert.Single(await here.ReadAsync(Room, "alpha", 0, 10, Token));
    }

    [Fact]
    public async Task Append_ByTwoProcessesAtOnce_LosesAndDoublesNothing()
    {
        var options = await server.GetSchemaAsync();
        using var one = PostgresIngestionStore.Open(options);
        using var two = PostgresIngestionStore.Open(options);
        await one.Logs.CreateRoomAsync(Room, Bytes.Of("0", 100), Token);
        await Task.WhenAll(new[] { one, two }.Select((store, process) => Task.Run(async () =>
        {
            for (var i = 0; i < 40; i++)
            {
                var size = 1L;
                while (await store.Logs.AppendAsync(Room, size, [Bytes.Of($"{process} {i}", 100)], Token) is LogAppend.SizeMoved moved)
                {
                    size = moved.Size;
                }
            }
        })));
        Assert.Equal(Enumerable.Range(0, 81).Select(static i => (long)i), (await two.Logs.ReadAsync(Room, 0, 100, int.MaxValue, Token)).Select(static entry => entry.Index));
    }

    private static SlotFrame Frame(long number) => new("alpha", number, "header", Bytes.Of(number.ToString(CultureInfo.InvariantCulture), 4177), []);

    private static async Task ExecuteAsync(PostgresOptions options, string sql)
    {
        await using var connection = new NpgsqlConnection(options.ConnectionString + ";Pooling=False");
        await connection.OpenAsync(Token);
#pragma warning disable CA2100 // The tests' own constants.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(Token);
    }
}
