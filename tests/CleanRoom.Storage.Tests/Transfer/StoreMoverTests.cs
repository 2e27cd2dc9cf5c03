using System.Security.Cryptography;
using CleanRoom.Cryptography;
using CleanRoom.Storage.Batches;
using CleanRoom.Storage.Brokers;
using CleanRoom.Storage.Logs;
using CleanRoom.Storage.Postgres;
using CleanRoom.Storage.Slots;
using CleanRoom.Storage.Sqlite;
using CleanRoom.Storage.Tests.Postgres;
using CleanRoom.Storage.Transfer;

namespace CleanRoom.Storage.Tests.Transfer;

/// <summary>Stores moved from driver to driver: every row arrives, and what is damaged is found.</summary>
public sealed class StoreMoverTests(PostgresServer server) : IDisposable
{
    private static readonly Guid Room = Guid.Parse("5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10");
    private static readonly Guid OtherRoom = Guid.Parse("6f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10");
    private static readonly Guid Batch = Guid.Parse("11111111-2f0c-4d57-9a58-0f3b8f1f7f10");
    private static readonly DateTimeOffset Now = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly string[] Recipients = ["alpha", "al-pha", "al"];
    private readonly TemporaryFolder _first = new();
    private readonly TemporaryFolder _last = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(StoreKind.Ingestion)]
    [InlineData(StoreKind.Notification)]
    [InlineData(StoreKind.Broker)]
    public async Task Store_FromSqliteToPostgresAndBack_LosesNothing(StoreKind kind)
    {
        await FillAsync(kind);
        var options = await server.GetSchemaAsync();
        byte[] before, between, after;
        using (var first = StoreMover.Open(kind, new SqliteOptions { Folder = _first.Path }))
        using (var middle = StoreMover.Open(kind, options))
        using (var last = StoreMover.Open(kind, new SqliteOptions { Folder = _last.Path }))
        {
            before = await ExportAsync(first);
            Assert.True(await middle.ImportAsync(new MemoryStream(before), Token) > 3);
            between = await ExportAsync(middle);
            await last.ImportAsync(new MemoryStream(between), Token);
            after = await ExportAsync(last);
            Assert.Empty((await middle.VerifyAsync(PartsOf, Token)).Problems);
        }

        Assert.Equal(Convert.ToHexString(SHA256.HashData(before)), Convert.ToHexString(SHA256.HashData(between)));
        Assert.Equal(before, after);
    }

    [Fact]
    public async Task Store_MovedToPostgres_GoesOnWhereItWas()
    {
        await FillAsync(StoreKind.Ingestion);
        var options = await server.GetSchemaAsync();
        using (var first = StoreMover.Open(StoreKind.Ingestion, new SqliteOptions { Folder = _first.Path }))
        using (var middle = StoreMover.Open(StoreKind.Ingestion, options))
        {
            await middle.ImportAsync(new MemoryStream(await ExportAsync(first)), Token);
        }

        using var store = PostgresIngestionStore.Open(options);
        var head = (await store.Logs.FindHeadAsync(Room, Token))!;
        Assert.Equal(new LogAppend.Appended([new AppendedLeaf(head.Size, false)]).Leaves, Assert.IsType<LogAppend.Appended>(
            await store.Logs.AppendAsync(Room, head.Size, [Bytes.Of("next", 50)], Token)).Leaves);
        Assert.IsType<RoomCreation.Created>(await store.Logs.CreateRoomAsync(Guid.Parse("7f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10"), Bytes.Of("third", 50), Token));
        Assert.Equal(new UploadStart.Open(1, 1000), await store.Batches.BeginAsync(Request(OtherRoom, Other(Batch)), Token));
    }

    [Fact]
    public async Task Export_OfOneRoom_FitsIntoAStoreWithOthers()
    {
        await FillAsync(StoreKind.Ingestion);
        byte[] one, other;
        using (var first = StoreMover.Open(StoreKind.Ingestion, new SqliteOptions { Folder = _first.Path }))
        {
            one = await ExportAsync(first, Room);
            other = await ExportAsync(first, OtherRoom);
        }

        var options = await server.GetSchemaAsync();
        foreach (var target in new[] { StoreMover.Open(StoreKind.Ingestion, options), StoreMover.Open(StoreKind.Ingestion, new SqliteOptions { Folder = _last.Path }) })
        {
            using var store = target;
            await store.ImportAsync(new MemoryStream(other), Token);
            await store.ImportAsync(new MemoryStream(one), Token);
            Assert.Empty((await store.VerifyAsync(PartsOf, Token)).Problems);
            Assert.Contains("already", (await Assert.ThrowsAsync<StorageException>(() => store.ImportAsync(new MemoryStream(one), Token))).Message, StringComparison.Ordinal);
        }

        using var moved = PostgresIngestionStore.Open(options);
        Assert.Equal(3, (await moved.Batches.ReadPartsAsync(Room, Batch, 1, 1 << 20, Token))!.Count);
        Assert.Equal([OtherRoom, Room], await moved.Logs.ListRoomsAsync(Token));
    }

    [Fact]
    public async Task Import_FileThatIsCutOffOrChanged_AddsNothing()
    {
        await FillAsync(StoreKind.Ingestion);
        byte[] whole;
        using (var first = StoreMover.Open(StoreKind.Ingestion, new SqliteOptions { Folder = _first.Path }))
        {
            whole = await ExportAsync(first);
        }

        using var postgres = StoreMover.Open(StoreKind.Ingestion, await server.GetSchemaAsync());
        using var sqlite = StoreMover.Open(StoreKind.Ingestion, new SqliteOptions { Folder = _last.Path });
        var empty = await ExportAsync(sqlite);
        foreach (var target in new[] { postgres, sqlite })
        {
            for (var i = 0; i < 25; i++)
            {
                var changed = whole.ToArray();
                changed[i * (whole.Length - 1) / 24] ^= 1;
                await Assert.ThrowsAsync<StorageException>(() => target.ImportAsync(new MemoryStream(changed), Token));
                await Assert.ThrowsAsync<StorageException>(() => target.ImportAsync(new MemoryStream(whole, 0, i * (whole.Length - 1) / 24), Token));
            }

            await Assert.ThrowsAsync<StorageException>(() => target.ImportAsync(new MemoryStream([.. whole, 0]), Token));
            Assert.Equal(empty, await ExportAsync(target));
        }
    }

    [Theory]
    [InlineData("UPDATE entry SET leaf = x'00' WHERE position = 2 AND room = 1", "entry 2 has another hash")]
    [InlineData("UPDATE entry SET position = 9 WHERE position = 2 AND room = 1", "entry 3 where 2 is next")]
    [InlineData("DELETE FROM entry WHERE position = 5 AND room = 1", "5 entries, but its row says 6")]
    [InlineData("DELETE FROM node WHERE level = 1 AND position = 1", "1 nodes of the tree are missing")]
    [InlineData("UPDATE node SET hash = zeroblob(32) WHERE level = 2", "node 2/0 is not of the tree")]
    [InlineData("UPDATE room SET cosigned_root = zeroblob(32) WHERE id = 1", "the cosigned checkpoint of 4 entries is not of this log")]
    [InlineData("UPDATE room SET genesis = zeroblob(32) WHERE id = 1", "entry 0 is not its genesis")]
    [InlineData("UPDATE batch SET position = 1 WHERE id = 1", "entry 1 is not its manifest")]
    [InlineData("UPDATE part SET ciphertext = x'01' WHERE batch = 1 AND number = 2", "part 2 is not the one in the manifest")]
    [InlineData("DELETE FROM part WHERE batch = 1 AND number = 3", "3 parts, but its row says 4")]
    [InlineData("UPDATE batch SET next_part = 3 WHERE id = 1", "complete with 3 parts of 4")]
    public async Task Verify_DatabaseThatWasChanged_SaysWhatDoesNotFit(string sql, string problem)
    {
        await FillAsync(StoreKind.Ingestion);
        using (var database = SqliteDatabase.Open(new SqliteOptions { Folder = _first.Path }, "ingestion.db", SqliteIngestionStore.Schema))
        {
            await database.WriteAsync(session => session.Execute(sql), Token);
        }

        using var store = StoreMover.Open(StoreKind.Ingestion, new SqliteOptions { Folder = _first.Path });
        Assert.Contains((await store.VerifyAsync(PartsOf, Token)).Problems, line => line.Contains(problem, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Verify_WholeStore_FindsNothing()
    {
        await FillAsync(StoreKind.Ingestion);
        using var store = StoreMover.Open(StoreKind.Ingestion, new SqliteOptions { Folder = _first.Path });
        var findings = await store.VerifyAsync(PartsOf, Token);
        Assert.Empty(findings.Problems);
        Assert.Equal(27, findings.Rows);
    }

    public void Dispose()
    {
        _first.Dispose();
        _last.Dispose();
    }

    private static byte[] Part(int number) => Bytes.Of($"part {number}", 1000);

    private static byte[] Manifest(Guid batch) => Bytes.Of($"manifest {batch}", 300);

    private static Guid Other(Guid batch) => new([.. batch.ToByteArray().Reverse()]);

    private static IReadOnlyList<Digest> PartsOf(ReadOnlyMemory<byte> manifest) => [.. Enumerable.Range(0, 4).Select(static number => Digest.Of(Part(number)))];

    private static UploadRequest Request(Guid room, Guid batch) => new()
    {
        Room = room,
        Batch = batch,
        Author = "alpha",
        Manifest = Manifest(batch),
        Slots = 2,
        Window = "2026-12",
        Charge = 2,
        Quota = 100,
        OpenUploads = 10,
        Now = Now,
    };

    private static async Task<byte[]> ExportAsync(StoreMover store, Guid? room = null)
    {
        using var target = new MemoryStream();
        await store.ExportAsync(target, room, Token);
        return target.ToArray();
    }

    private async Task FillAsync(StoreKind kind)
    {
        var options = new SqliteOptions { Folder = _first.Path };
        switch (kind)
        {
            case StoreKind.Ingestion:
                using (var store = SqliteIngestionStore.Open(options))
                {
                    await store.Logs.CreateRoomAsync(Room, Bytes.Of("genesis", 100), Token);
                    await store.Logs.CreateRoomAsync(OtherRoom, Bytes.Of("other genesis", 100), Token);
                    await store.Logs.AppendAsync(Room, 1, [.. Enumerable.Range(1, 4).Select(static i => (ReadOnlyMemory<byte>)Bytes.Of($"{i}", 10 * i))], Token);
                    await store.Logs.TrySaveCosignedAsync(Room, new StoredCheckpoint(4, await store.Logs.GetRootAsync(Room, 4, Token), "a note\n\n— with a dash"), Token);
                    await store.Batches.BeginAsync(Request(Room, Batch), Token);
                    await store.Batches.AppendPartsAsync(Room, Batch, 0, [Part(0), Part(1), Part(2), Part(3)], Now, Token);
                    await store.Batches.CommitAsync(Room, Batch, 5, Token);
                    await store.Batches.EraseAsync(Room, [new ErasedSlot(Batch, 0)], 4, Token);
                    await store.Batches.BeginAsync(Request(OtherRoom, Other(Batch)), Token);
                    await store.Batches.AppendPartsAsync(OtherRoom, Other(Batch), 0, [Part(0)], Now, Token);
                }

                break;
            case StoreKind.Notification:
                using (var store = SqliteSlotStore.Open(options))
                {
                    await store.PutAsync(Room, [.. Recipients.SelectMany(static name => Enumerable.Range(1, 3).Select(
                        number => new SlotFrame(name, number, $"header {number}", Bytes.Of($"{name} {number}", 500), [Digest.Of(Part(number))])))], Token);
                    await store.AcknowledgeAsync(Room, "alpha", 2, Token);
                    await store.AcknowledgeAsync(OtherRoom, "alpha", 0, Token);
                }

                break;
            default:
                using (var store = SqliteBrokerStore.Open(options))
                {
                    var record = new BrokerRoom
                    {
                        Room = Room,
                        Genesis = Digest.Of(Part(0)),
                        SignedCharter = Part(1),
                        RecordKeys = [new SealedRecordKey(1, Part(2), Part(3)), new SealedRecordKey(2, Part(4), Part(5))],
                        SealedRoomSecret = Part(6),
                        Frozen = true,
                        CosignedSize = 7,
                        CosignedRoot = Digest.Of(Part(7)),
                        CosignedTime = Now,
                        Generation = 3,
                        Instance = new KeyId(Digest.Of(Part(8)).Span),
                        LeaseEnds = Now.AddHours(1),
                    };
                    await store.TryCreateAsync(record, Token);
                    await store.TryCreateAsync(new BrokerRoom { Room = OtherRoom, Genesis = record.Genesis, SignedCharter = Part(1), RecordKeys = [], SealedRoomSecret = Part(6) }, Token);
                    await store.TryAddNonceAsync(Room, Bytes.Of("nonce", 32), Now.AddMinutes(5), Now, 10, Token);
                    await store.TryUseNonceAsync(Room, Bytes.Of("nonce", 32), Now, Token);
                    await store.AddReleaseAsync(new BrokerRelease(Room, Digest.Of(Part(9)), 3, Part(10), Now), Token);
                }

                break;
        }
    }
}
