using CleanRoom.Storage.Batches;
using CleanRoom.Storage.Logs;
using CleanRoom.Storage.Postgres;
using CleanRoom.Storage.Sqlite;
using CleanRoom.Storage.Tests.Postgres;

namespace CleanRoom.Storage.Tests.Migrations;

/// <summary>Stores of every earlier version are carried forward with all that is in them, and in the middle of an upload.</summary>
public sealed class MigrationTests(PostgresServer server) : IDisposable
{
    private static readonly Guid Room = Guid.Parse("5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10");
    private static readonly Guid Whole = Guid.Parse("11111111-2f0c-4d57-9a58-0f3b8f1f7f10");
    private static readonly Guid Open = Guid.Parse("22222222-2f0c-4d57-9a58-0f3b8f1f7f10");
    private static readonly DateTimeOffset Now = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sqlite_OfEveryEarlierVersion_GoesOn()
    {
        for (var version = 1; version < SqliteIngestionStore.Schema.Version; version++)
        {
            var options = new SqliteOptions { Folder = Path.Combine(_folder.Path, $"v{version}") };
            using (var database = SqliteDatabase.Open(options, "ingestion.db", SqliteIngestionStore.Schema.At(version)))
            {
                await FillAsync(new SqliteLogStore(database), new SqliteBatchStore(database));
            }

            using var store = SqliteIngestionStore.Open(options);
            await GoOnAsync(store);
        }
    }

    [Fact]
    public async Task Postgres_OfEveryEarlierVersion_GoesOn()
    {
        for (var version = 1; version < PostgresIngestionStore.Schema.Version; version++)
        {
            var options = await server.GetSchemaAsync();
            using (var database = PostgresDatabase.Open(options, PostgresIngestionStore.Schema.At(version)))
            {
                await FillAsync(new PostgresLogStore(database), new PostgresBatchStore(database));
            }

            var old = Assert.Throws<StorageException>(() => PostgresIngestionStore.Open(options with { Migrate = false }));
            Assert.Equal(StorageProblem.OlderThanProgram, old.Problem);
            using var store = PostgresIngestionStore.Open(options);
            await GoOnAsync(store);
        }
    }

    [Fact]
    public async Task Sqlite_WhatIsUsedUp_IsReadFromAnIndexAlone()
    {
        var options = new SqliteOptions { Folder = _folder.Path };
        SqliteIngestionStore.Open(options).Dispose();
        using var database = SqliteDatabase.Open(options, "ingestion.db", SqliteIngestionStore.Schema);
        foreach (var question in new[]
        {
            "SELECT coalesce(sum(charge), 0), coalesce(sum(bytes), 0) FROM batch WHERE room = 1 AND author = 'a' AND quota_window = 'w'",
            "SELECT coalesce(sum(bytes), 0) FROM batch WHERE room = 1 AND quota_window = 'w'",
            "SELECT count(*) FROM batch WHERE room = 1 AND author = 'a' AND position IS NULL",
        })
        {
            var plan = await database.ReadAsync(session => session.First("EXPLAIN QUERY PLAN " + question, static row => row.GetString(3)), Token);
            Assert.Contains("COVERING INDEX", plan, StringComparison.Ordinal);
        }
    }

    public void Dispose() => _folder.Dispose();

    private static async Task FillAsync(ILogStore logs, IBatchStore batches)
    {
        await logs.CreateRoomAsync(Room, Bytes.Of("genesis", 100), Token);
        Assert.IsType<UploadStart.Open>(await batches.BeginAsync(Request(Whole), Token));
        await batches.AppendPartsAsync(Room, Whole, 0, [.. Enumerable.Range(0, 4).Select(number => (ReadOnlyMemory<byte>)Part(number))], Now, Token);
        Assert.IsType<BatchCommit.Committed>(await batches.CommitAsync(Room, Whole, 1, Token));
        Assert.IsType<UploadStart.Open>(await batches.BeginAsync(Request(Open), Token));
        await batches.AppendPartsAsync(Room, Open, 0, [Part(0)], Now, Token);
    }

    private static async Task GoOnAsync(IIngestionStore store)
    {
        Assert.Equal(new UploadStart.Complete(1), await store.Batches.BeginAsync(Request(Whole), Token));
        Assert.Equal(new UploadUsage(4, 5000), await store.Batches.GetUsageAsync(Room, "alpha", "2026-12", Token));
        Assert.IsType<UploadStart.OtherManifest>(await store.Batches.BeginAsync(Request(Open) with { Manifest = new byte[] { 1 } }, Token));
        Assert.Equal(new UploadStart.Open(1, 1000), await store.Batches.BeginAsync(Request(Open), Token));
        Assert.IsType<UploadStart.QuotaExceeded>(await store.Batches.BeginAsync(Request(Guid.NewGuid()) with { Quota = 5 }, Token));
        Assert.IsType<UploadStart.TooManyOpen>(await store.Batches.BeginAsync(Request(Guid.NewGuid()) with { OpenUploads = 1 }, Token));
        Assert.Equal(4, await store.Batches.AppendPartsAsync(Room, Open, 1, [Part(1), Part(2), Part(3)], Now, Token));
        Assert.Equal(new BatchCommit.Committed(new AppendedLeaf(2, false)), await store.Batches.CommitAsync(Room, Open, 2, Token));
        foreach (var batch in new[] { Whole, Open })
        {
            var parts = await store.Batches.ReadPartsAsync(Room, batch, 0, 1 << 20, Token);
            Assert.Equal(Enumerable.Range(0, 4).Select(Part), parts!.Select(part => part.Ciphertext!.Value.ToArray()));
        }
    }

    private static byte[] Part(int number) => Bytes.Of($"part {number}", 1000);

    private static UploadRequest Request(Guid batch) => new()
    {
        Room = Room,
        Batch = batch,
        Author = "alpha",
        Manifest = Bytes.Of($"manifest {batch}", 90_000),
        Slots = 2,
        Window = "2026-12",
        Charge = 2,
        Quota = 100,
        OpenUploads = 10,
        Now = Now,
    };
}
