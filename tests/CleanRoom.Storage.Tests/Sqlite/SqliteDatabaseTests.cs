using System.Text;
using CleanRoom.Storage.Batches;
using CleanRoom.Storage.Slots;
using CleanRoom.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace CleanRoom.Storage.Tests.Sqlite;

/// <summary>What goes wrong with files and libraries, and what is left on the disk.</summary>
public sealed class SqliteDatabaseTests : IDisposable
{
    private static readonly Guid Room = Guid.Parse("5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10");
    private static readonly DateTimeOffset Now = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private SqliteOptions Options => new() { Folder = _folder.Path };

    [Fact]
    public void Load_MissingLibrary_NamesThePackage()
    {
        var exception = Assert.Throws<StorageException>(() => SqliteLibrary.Load("libsqlite3-is-not-here.so.0"));
        Assert.Equal(StorageProblem.LibraryMissing, exception.Problem);
        Assert.Contains("apt install libsqlite3-0", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_FolderThatCannotBeMade_SaysSoInOneLine()
    {
        // Root may write anywhere but here, so that the test says something for every user.
        var exception = Assert.Throws<StorageException>(() => SqliteSlotStore.Open(new SqliteOptions { Folder = "/proc/cleanroom" }));
        Assert.Equal(StorageProblem.NotWritable, exception.Problem);
        Assert.DoesNotContain('\n', exception.Message);
    }

    [Fact]
    public void Open_FileThatIsNoDatabase_IsDamaged()
    {
        File.WriteAllText(Path.Combine(_folder.Path, "notification.db"), new string('x', 8192));
        Assert.Equal(StorageProblem.Damaged, Assert.Throws<StorageException>(() => SqliteSlotStore.Open(Options)).Problem);
    }

    [Fact]
    public void Open_DatabaseOfANewerProgram_IsRefused()
    {
        SqliteSlotStore.Open(Options).Dispose();
        Execute("notification.db", "UPDATE schema_version SET version = 99");
        var exception = Assert.Throws<StorageException>(() => SqliteSlotStore.Open(Options));
        Assert.Equal(StorageProblem.NewerThanProgram, exception.Problem);
        Assert.Contains("99", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_DatabaseOfAnotherKind_IsRefused()
    {
        SqliteSlotStore.Open(Options).Dispose();
        File.Move(Path.Combine(_folder.Path, "notification.db"), Path.Combine(_folder.Path, "broker.db"));
        Assert.Equal(StorageProblem.Damaged, Assert.Throws<StorageException>(() => SqliteBrokerStore.Open(Options)).Problem);
    }

    [Fact]
    public void Open_TwiceInTwoProcesses_BothFindTheTables()
    {
        using var one = SqliteSlotStore.Open(Options);
        using var two = SqliteSlotStore.Open(Options);
    }

    [Fact]
    public void Open_NewFiles_AreReadableByTheirOwnerOnly()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("File modes are Unix's.");
            return;
        }

        using var store = SqliteSlotStore.Open(Options);
        foreach (var file in Directory.GetFiles(_folder.Path))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public async Task Write_WhenTheDiskIsFull_IsRefusedAndEverythingElseStays()
    {
        using (var store = SqliteSlotStore.Open(Options with { MaximumPages = 40 }))
        {
            var stored = 0L;
            var exception = await Assert.ThrowsAsync<StorageException>(async () =>
            {
                for (var number = 1; number < 1000; number++)
                {
                    await store.PutAsync(Room, [Frame(number)], Token);
                    stored = number;
                }
            });
            Assert.Equal(StorageProblem.Full, exception.Problem);
            Assert.True(stored > 1);
            Assert.Equal(stored, (await store.ReadAsync(Room, "alpha", 0, 1000, Token)).Count);
        }

        // With space again it goes on.
        using var later = SqliteSlotStore.Open(Options);
        await later.PutAsync(Room, [Frame(500)], Token);
    }

    [Fact]
    public async Task Erase_Ciphertext_IsNowhereInTheFilesAfterwards()
    {
        var canary = Encoding.ASCII.GetBytes("CANARY-7f3a-ciphertext-that-must-go");
        using var store = SqliteIngestionStore.Open(Options);
        var batch = Guid.NewGuid();
        await store.Logs.CreateRoomAsync(Room, new byte[] { 1 }, Token);
        await store.Batches.BeginAsync(
            new UploadRequest
            {
                Room = Room,
                Batch = batch,
                Author = "alpha",
                Manifest = new byte[] { 2 },
                Slots = 1,
                Window = "",
                Charge = 1,
                Quota = 1,
                OpenUploads = 1,
                Now = Now,
            },
            Token);
        await store.Batches.AppendPartsAsync(Room, batch, 0, [canary, Enumerable.Repeat(canary, 3000).SelectMany(bytes => bytes).ToArray()], Now, Token);
        await store.Batches.CommitAsync(Room, batch, 1, Token);
        Assert.True(OnDisk(canary), "The search must find it while it is there.");

        await store.Batches.EraseAsync(Room, [new ErasedSlot(batch, 0)], 2, Token);
        Assert.False(OnDisk(canary));
    }

    [Fact]
    public async Task Settings_OfTheOpenDatabase_AreThoseThatDurabilityNeeds()
    {
        using var database = SqliteDatabase.Open(Options, "settings.db", new SqliteSchema("test", "CREATE TABLE t (x INTEGER) STRICT"));
        var settings = await database.ReadAsync(
            session => (
                session.First("PRAGMA journal_mode", row => row.GetString(0)),
                session.First("PRAGMA synchronous", row => row.GetInt64(0)),
                session.First("PRAGMA foreign_keys", row => row.GetInt64(0)),
                session.First("PRAGMA secure_delete", row => row.GetInt64(0))),
            Token);
        Assert.Equal(("wal", 2L, 1L, 1L), settings);
    }

    [Fact]
    public async Task Open_OlderVersion_IsBroughtForwardAndKeepsItsRows()
    {
        using (var old = SqliteDatabase.Open(Options, "versions.db", new SqliteSchema("test", "CREATE TABLE t (x INTEGER) STRICT")))
        {
            await old.WriteAsync(session => session.Execute("INSERT INTO t (x) VALUES ($0)", 7L), Token);
        }

        using var database = SqliteDatabase.Open(
            Options, "versions.db", new SqliteSchema("test", "CREATE TABLE t (x INTEGER) STRICT", "ALTER TABLE t ADD COLUMN y INTEGER NOT NULL DEFAULT 3"));
        Assert.Equal((7L, 3L), await database.ReadAsync(session => session.First("SELECT x, y FROM t", row => (row.GetInt64(0), row.GetInt64(1))), Token));
    }

    /// <summary>Those who wait for the disk together wait once: the second sees in its transaction what the first wrote, and nobody else does yet.</summary>
    [Fact]
    public async Task Write_SeveralWaiting_ShareATransactionThatNobodySeesBeforeItsEnd()
    {
        using var database = Numbers();
        using var gate = new ManualResetEventSlim();
        var begun = new TaskCompletionSource();
        var first = database.WriteAsync(_ => begun.TrySetResult() & Wait(gate), Token);
        await begun.Task;
        var second = database.WriteAsync(session => Put(session, 1), Token);
        var third = database.WriteAsync(
            session => (Inside: Count(session), Outside: CountOutside(database), IsTold: second.IsCompleted), Token);
        gate.Set();

        Assert.Equal((1L, 0L, false), await third);
        Assert.True(await first && await second == 1);
        Assert.Equal(1, await database.ReadAsync(Count, Token));
    }

    [Fact]
    public async Task Write_OneOfSeveralWaitingFails_TheOthersAreKeptOnceAndNothingOfIt()
    {
        using var database = Numbers();
        using var gate = new ManualResetEventSlim();
        var begun = new TaskCompletionSource();
        var first = database.WriteAsync(_ => begun.TrySetResult() & Wait(gate), Token);
        await begun.Task;
        var good = Enumerable.Range(1, 40).Select(number => database.WriteAsync(session => Put(session, number), Token)).ToList();
        var bad = database.WriteAsync(
            session =>
            {
                Put(session, 1_000);
                return Put(session, 7);
            },
            Token);
        using var cancel = new CancellationTokenSource();
        var cancelled = database.WriteAsync(session => Put(session, 2_000), cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        gate.Set();

        await Assert.ThrowsAsync<StorageException>(() => bad);
        Assert.True(await first);
        Assert.Equal(Enumerable.Range(1, 40), (await Task.WhenAll(good)).Order());
        Assert.Equal(
            Enumerable.Range(1, 40).Select(number => (long)number), await database.ReadAsync(session => session.All("SELECT x FROM t ORDER BY x", row => row.GetInt64(0)), Token));
        Assert.Equal(41, await database.WriteAsync(session => Put(session, 41), Token));
    }

    public void Dispose() => _folder.Dispose();

    private SqliteDatabase Numbers() => SqliteDatabase.Open(Options, "numbers.db", new SqliteSchema("test", "CREATE TABLE t (x INTEGER PRIMARY KEY) STRICT"));

    private static bool Wait(ManualResetEventSlim gate)
    {
        gate.Wait(Token);
        return true;
    }

    private static int Put(SqliteSession session, int number)
    {
        _ = session.Execute("INSERT INTO t (x) VALUES ($0)", (long)number);
        return number;
    }

    private static long CountOutside(SqliteDatabase database) => database.ReadAsync(Count, Token).GetAwaiter().GetResult();

    private static long Count(SqliteSession session) => session.First("SELECT count(*) FROM t", row => row.GetInt64(0));

    private static SlotFrame Frame(long number) => new("alpha", number, "header", Bytes.Of($"frame {number}", 4177), []);

    private bool OnDisk(byte[] bytes) => Directory.GetFiles(_folder.Path).Any(file =>
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray().AsSpan().IndexOf(bytes) >= 0;
    });

    private void Execute(string file, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_folder.Path, file)};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The tests' own constants.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
