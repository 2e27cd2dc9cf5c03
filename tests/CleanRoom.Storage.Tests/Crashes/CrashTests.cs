using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using CleanRoom.Cryptography;
using CleanRoom.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace CleanRoom.Storage.Tests.Crashes;

/// <summary>
/// Kills a writing process (SIGKILL) at seeded points, again and again in one folder, and looks after each kill: acknowledged = present,
/// nothing doubled, the tree is the tree of the leaves, the file is sound.
/// </summary>
public sealed class CrashTests
{
    private const int Kills = 20;
    private const int Seed = 20261201;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public Task Log_KilledAtRandomPoints_KeepsWhatItAcknowledged() => KillAsync("log", "ingestion.db", async (folder, acknowledged) =>
    {
        using var store = SqliteIngestionStore.Open(new SqliteOptions { Folder = folder });
        var entries = await store.Logs.ReadAsync(Writers.Room, 0, long.MaxValue, int.MaxValue, Token);
        Assert.True(entries.Count > acknowledged, $"{entries.Count} entries, acknowledged {acknowledged}");
        var frontier = new MerkleFrontier();
        for (var i = 0; i < entries.Count; i++)
        {
            Assert.Equal(i, entries[i].Index);
            Assert.Equal(Writers.Leaf(i), entries[i].Leaf.ToArray());
            frontier.Append(MerkleTree.LeafHash(entries[i].Leaf.Span));
            if (i == 0 || i == acknowledged)
            {
                var path = await store.Logs.GetInclusionAsync(Writers.Room, i, entries.Count, Token);
                Assert.True(MerkleProof.VerifyInclusion(entries[i].Hash, i, entries.Count, path, await store.Logs.GetRootAsync(Writers.Room, entries.Count, Token)));
            }
        }

        var head = (await store.Logs.FindHeadAsync(Writers.Room, Token))!;
        Assert.Equal((frontier.Size, frontier.Root), (head.Size, head.Root));
    });

    [Fact]
    public Task Batches_KilledAtRandomPoints_AreWhollyInTheLogOrNot() => KillAsync("batches", "ingestion.db", async (folder, acknowledged) =>
    {
        using var store = SqliteIngestionStore.Open(new SqliteOptions { Folder = folder });
        var size = (await store.Logs.FindHeadAsync(Writers.Room, Token))!.Size;
        var (batch, step) = Math.DivRem(acknowledged, Writers.AcknowledgementsPerBatch);
        var complete = step == Writers.Complete ? batch : batch - 1;
        Assert.True(size > complete, $"{size} entries, acknowledged {complete} batches");
        for (var number = 1L; number < size; number++)
        {
            var progress = (await store.Batches.FindAsync(Writers.Room, Writers.Batch(number), Token))!;
            Assert.Equal((number, Writers.PartsPerBatch), (progress.Index, progress.NextPart));
            Assert.Equal(number, await store.Logs.FindIndexAsync(Writers.Room, MerkleTree.LeafHash(Writers.Manifest(number)), Token));
            var parts = (await store.Batches.ReadPartsAsync(Writers.Room, Writers.Batch(number), 0, int.MaxValue, Token))!;
            Assert.Equal(Writers.PartsPerBatch, parts.Count);
            Assert.All(parts, part => Assert.True(part.Ciphertext is null || part.Ciphertext.Value.Span.SequenceEqual(Writers.Part(number, part.Part))));
            Assert.All(parts, part => Assert.True(part.Ciphertext is not null || (part.Part < 2 && number % 3 == 2)));
        }

        // The one under way: its acknowledged parts are there, and it is not in the log.
        var open = await store.Batches.FindAsync(Writers.Room, Writers.Batch(size), Token);
        if (batch == size)
        {
            Assert.True(open!.NextPart > step);
        }

        Assert.Null(open?.Index);
        Assert.Null(await store.Logs.FindIndexAsync(Writers.Room, MerkleTree.LeafHash(Writers.Manifest(size)), Token));
    });

    [Fact]
    public Task Slots_KilledAtRandomPoints_KeepWhatTheyAcknowledged() => KillAsync("slots", "notification.db", async (folder, acknowledged) =>
    {
        using var store = SqliteSlotStore.Open(new SqliteOptions { Folder = folder });
        var frames = await store.ReadAsync(Writers.Room, "alpha", 0, int.MaxValue, Token);
        Assert.True(frames.Count >= acknowledged && frames.Count % 2 == 0, $"{frames.Count} frames, acknowledged {acknowledged}");
        for (var i = 0; i < frames.Count; i++)
        {
            var expected = Writers.Frame(i + 1);
            Assert.Equal((expected.Number, expected.Header), (frames[i].Number, frames[i].Header));
            Assert.Equal(expected.Ciphertext.ToArray(), frames[i].Ciphertext.ToArray());
            Assert.Equal(expected.Path, frames[i].Path);
        }

        Assert.True(await store.FindAcknowledgedAsync(Writers.Room, "alpha", Token) >= acknowledged - 1);
    });

    [Fact]
    public Task Broker_KilledAtRandomPoints_NeverGoesBack() => KillAsync("broker", "broker.db", async (folder, acknowledged) =>
    {
        using var store = SqliteBrokerStore.Open(new SqliteOptions { Folder = folder });
        var record = (await store.FindAsync(Writers.Room, Token))!;
        Assert.True(record.CosignedSize >= acknowledged, $"size {record.CosignedSize}, acknowledged {acknowledged}");
        Assert.Equal(Writers.CosignedRoot(record.CosignedSize), record.CosignedRoot ?? Writers.CosignedRoot(0));
        Assert.Equal(Writers.Leaf(3), Assert.Single(record.RecordKeys).SealedPrivateKey.ToArray());
        for (var size = Math.Max(1, record.CosignedSize - 20); size <= record.CosignedSize; size++)
        {
            Assert.False(await store.TryUseNonceAsync(Writers.Room, Writers.Nonce(size), Writers.Now, Token));
        }
    });

    private static async Task KillAsync(string writer, string file, Func<string, long, Task> check)
    {
        using var folder = new TemporaryFolder();
        TestContext.Current.TestOutputHelper?.WriteLine($"Seed {Seed}, {Kills} kills");
        var highest = -1L;
        for (var kill = 0; kill < Kills; kill++)
        {
            // Some die while the database is made or taken up, before they acknowledge anything.
            var lot = Bytes.Of($"{Seed} {writer} {kill}", 4);
            var after = lot[0] % 25;
            var delay = TimeSpan.FromMicroseconds(BinaryPrimitives.ReadUInt16BigEndian(lot.AsSpan(2)) % 8000);
            highest = Math.Max(highest, await RunAndKillAsync(writer, folder.Path, after, delay));
            if (highest < 0)
            {
                continue;
            }

            await check(folder.Path, highest);
            Assert.Equal("ok", IntegrityOf(Path.Combine(folder.Path, file)));
        }

        Assert.True(highest >= 0, "No process acknowledged anything.");
    }

    private static async Task<long> RunAndKillAsync(string writer, string folder, int after, TimeSpan delay)
    {
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["--write", writer, folder])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var highest = -1L;
        var errors = process.StandardError.ReadToEndAsync(Token);
        for (var lines = 0; ; lines++)
        {
            if (lines == after)
            {
                // A busy wait: sleeping would round the point of the kill to the scheduler's grain.
                var start = Stopwatch.GetTimestamp();
                while (Stopwatch.GetElapsedTime(start) < delay)
                {
                    Thread.SpinWait(50);
                }

                process.Kill();
            }

            // Lines that were in the pipe when it died count: they were acknowledged.
            if (await process.StandardOutput.ReadLineAsync(Token) is not { } line)
            {
                break;
            }

            highest = Math.Max(highest, long.Parse(line, CultureInfo.InvariantCulture));
        }

        await process.WaitForExitAsync(Token);
        Assert.True(process.ExitCode == 137, $"The writer ended by itself: {await errors}");
        return highest;
    }

    private static string IntegrityOf(string path)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA integrity_check";
        return (string)command.ExecuteScalar()!;
    }
}
