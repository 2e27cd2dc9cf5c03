using System.Text.Json;
using CleanRoom.Admin;
using CleanRoom.Cryptography;
using CleanRoom.Storage.Sqlite;
using CleanRoom.Storage.Tests.Postgres;

namespace CleanRoom.Storage.Tests.Transfer;

/// <summary><c>store backup</c> and <c>store restore</c>: whole or not at all, and never an older log than witnesses know (THREATS T5).</summary>
public sealed class BackupTests(PostgresServer server) : IDisposable
{
    private static readonly Guid Room = Guid.Parse("5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10");
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Backup => Path.Combine(_folder.Path, "backup");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Backup_OfAStoreInUse_IsRestoredElsewhereWithItsKeys(bool postgres)
    {
        var (data, roots) = await ServiceAsync(3);
        Assert.Equal((0, $"8 rows and 2 key files written to {Backup}; 8 rows read back, 0 problems."), await RunAsync("store", "backup", "--kind", "ingestion", "--data", data, "--to", Backup));
        var restored = Path.Combine(_folder.Path, "restored");
        string[] place = ["--data", restored];
        if (postgres)
        {
            var options = await server.GetSchemaAsync();
            place = ["--postgres", options.ConnectionString, "--schema", options.Schema, "--keys", restored];
        }

        Assert.Equal(0, (await RunAsync(["store", "restore", "--kind", "ingestion", "--from", Backup, "--checkpoint", await CheckpointAsync(3, roots[2]), .. place])).Code);
        Assert.Equal((0, "8 rows looked at, 0 problems."), await RunAsync(["store", "verify", "--kind", "ingestion", .. place.Take(4 - (postgres ? 0 : 2))]));
        Assert.Equal("operator key", await File.ReadAllTextAsync(Path.Combine(restored, "operator.pem"), Token));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(restored, "tls.pem")));
        }
    }

    [Fact]
    public async Task Restore_OlderThanWitnessesKnow_IsRefusedAndNothingIsWritten()
    {
        var (data, roots) = await ServiceAsync(3);
        Assert.Equal(0, (await RunAsync("store", "backup", "--kind", "ingestion", "--data", data, "--to", Backup)).Code);
        await AppendAsync(data, 3, "entry 4");
        var restored = Path.Combine(_folder.Path, "restored");
        var (code, text) = await RunAsync("store", "restore", "--kind", "ingestion", "--data", restored, "--from", Backup, "--checkpoint", await CheckpointAsync(4, roots[0]));
        Assert.Equal(AdminCommand.Problems, code);
        Assert.Contains("3 entries, but witnesses have cosigned 4", text, StringComparison.Ordinal);
        Assert.EndsWith("Nothing was restored.", text, StringComparison.Ordinal);
        Assert.False(Directory.Exists(restored));
    }

    [Fact]
    public async Task Restore_OfAnotherHistory_IsRefused()
    {
        var (data, _) = await ServiceAsync(3);
        Assert.Equal(0, (await RunAsync("store", "backup", "--kind", "ingestion", "--data", data, "--to", Backup)).Code);
        var (code, text) = await RunAsync(
            "store", "restore", "--kind", "ingestion", "--data", Path.Combine(_folder.Path, "restored"), "--from", Backup, "--checkpoint", await CheckpointAsync(2, Digest.Of("other"u8)));
        Assert.Equal(AdminCommand.Problems, code);
        Assert.Contains("another history", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("store")]
    [InlineData("operator.pem")]
    [InlineData("backup.json")]
    public async Task Restore_BackupThatWasChanged_IsRefused(string file)
    {
        var (data, _) = await ServiceAsync(2);
        Assert.Equal(0, (await RunAsync("store", "backup", "--kind", "ingestion", "--data", data, "--to", Backup)).Code);
        var path = Path.Combine(Backup, file);
        var bytes = await File.ReadAllBytesAsync(path, Token);
        bytes[^3] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, Token);
        var restored = Path.Combine(_folder.Path, "restored");
        Assert.Equal(74, (await RunAsync("store", "restore", "--kind", "ingestion", "--data", restored, "--from", Backup, "--checkpoint", "none")).Code);
        Assert.False(Directory.Exists(restored));
    }

    [Theory]
    [InlineData("../operator.pem")]
    [InlineData("/etc/operator.pem")]
    [InlineData("keys/../../operator.pem")]
    [InlineData(".ssh")]
    public async Task Restore_BackupThatNamesAFileOutside_IsRefused(string name)
    {
        var (data, _) = await ServiceAsync(1);
        Assert.Equal(0, (await RunAsync("store", "backup", "--kind", "ingestion", "--data", data, "--to", Backup)).Code);
        var index = Path.Combine(Backup, "backup.json");
        await File.WriteAllTextAsync(index, (await File.ReadAllTextAsync(index, Token)).Replace("operator.pem", name, StringComparison.Ordinal), Token);
        var (code, text) = await RunAsync("store", "restore", "--kind", "ingestion", "--data", Path.Combine(_folder.Path, "restored"), "--from", Backup, "--checkpoint", "none");
        Assert.Equal(74, code);
        Assert.Contains("backup.json", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restore_IntoAFolderInUse_IsRefused()
    {
        var (data, _) = await ServiceAsync(1);
        Assert.Equal(0, (await RunAsync("store", "backup", "--kind", "ingestion", "--data", data, "--to", Backup)).Code);
        var (code, text) = await RunAsync("store", "restore", "--kind", "ingestion", "--data", data, "--from", Backup, "--checkpoint", "none");
        Assert.Equal(73, code);
        Assert.Contains("already", text, StringComparison.Ordinal);
        Assert.Equal(73, (await RunAsync("store", "backup", "--kind", "ingestion", "--data", data, "--to", Backup)).Code);
    }

    /// <summary>What opens an owner's records never lies in one folder with what is opened.</summary>
    [Fact]
    public async Task Backup_OfABroker_LeavesTheMasterKeyOut()
    {
        var data = Directory.CreateDirectory(Path.Combine(_folder.Path, "broker")).FullName;
        SqliteBrokerStore.Open(new SqliteOptions { Folder = data }).Dispose();
        await File.WriteAllTextAsync(Path.Combine(data, "master.key"), "master", Token);
        _ = Directory.CreateDirectory(Path.Combine(data, "keys"));
        await File.WriteAllTextAsync(Path.Combine(data, "keys", "witness.key"), "encrypted", Token);
        Assert.Equal((0, $"0 rows and 1 key files written to {Backup}; 0 rows read back, 0 problems."), await RunAsync("store", "backup", "--kind", "broker", "--data", data, "--to", Backup));
        Assert.Equal(["backup.json", "store", "witness.key"], Directory.EnumerateFiles(Backup, "*", SearchOption.AllDirectories).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(0, (await RunAsync("store", "restore", "--kind", "broker", "--data", Path.Combine(_folder.Path, "restored"), "--from", Backup)).Code);
        Assert.Equal("encrypted", await File.ReadAllTextAsync(Path.Combine(_folder.Path, "restored", "keys", "witness.key"), Token));
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>A data folder with a room of some entries, and the roots over 1, 2, … of them.</summary>
    private async Task<(string Folder, IReadOnlyList<Digest> Roots)> ServiceAsync(int entries)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.Path, "data")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "operator.pem"), "operator key", Token);
        await File.WriteAllTextAsync(Path.Combine(folder, "tls.pem"), "tls key", Token);
        var frontier = new MerkleFrontier();
        var roots = new List<Digest>();
        using (var store = SqliteIngestionStore.Open(new SqliteOptions { Folder = folder }))
        {
            await store.Logs.CreateRoomAsync(Room, Bytes.Of("entry 1", 100), Token);
        }

        for (var i = 1; i <= entries; i++)
        {
            if (i > 1)
            {
                await AppendAsync(folder, i - 1, $"entry {i}");
            }

            _ = frontier.Append(MerkleTree.LeafHash(Bytes.Of($"entry {i}", 100)));
            roots.Add(frontier.Root);
        }

        return (folder, roots);
    }

    private static async Task AppendAsync(string folder, long size, string name)
    {
        using var store = SqliteIngestionStore.Open(new SqliteOptions { Folder = folder });
        await store.Logs.AppendAsync(Room, size, [Bytes.Of(name, 100)], Token);
    }

    /// <summary>What a member's "cleanroom --json log verify" would say, in the parts that count.</summary>
    private async Task<string> CheckpointAsync(long size, Digest root)
    {
        var file = Path.Combine(_folder.Path, "checkpoint");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new { ok = true, simulated = true, result = new { room = Room.ToString("D"), verified = true, size, root = root.ToString() } }) + "\n", Token);
        return file;
    }

    private static async Task<(int Code, string Text)> RunAsync(params string[] arguments)
    {
        await using var output = new StringWriter();
        var code = await AdminCommand.RunAsync(arguments, output, output, Token);
        return (code, output.ToString().TrimEnd());
    }
}
