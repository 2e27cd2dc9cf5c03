using System.Globalization;
using System.IO.Compression;
using CleanRoom.Admin;
using CleanRoom.Demo;

namespace CleanRoom.Operations.Tests.Upgrade;

/// <summary>
/// Databases that earlier commits left behind under <c>earlier/COMMIT</c> (fictional samples, sealed; of the messages the first four of each member): every later commit carries them
/// on. A commit that changes a schema adds the folder of the one before it; none is ever written anew. <c>make upgrade</c> does the same with a whole room of any commit.
/// </summary>
public sealed class EarlierStoreTests(ITestOutputHelper output) : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-earlier-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Earlier => Path.Combine(Repository.Root, "tests/CleanRoom.Operations.Tests/Upgrade/earlier");

    /// <summary>Commit, kind of store, rows in it.</summary>
    public static TheoryData<string, string, int> Stores
    {
        get
        {
            var stores = new TheoryData<string, string, int>();
            foreach (var line in File.ReadLines(Path.Combine(Earlier, "stores.txt")))
            {
                var parts = line.Split(' ');
                stores.Add(parts[0], parts[1], int.Parse(parts[2], CultureInfo.InvariantCulture));
            }

            return stores;
        }
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Store_OfAnEarlierCommit_IsCarriedForwardAndHoldsWhatItHeld(string commit, string kind, int rows)
    {
        Unpack(commit, kind);
        Assert.Equal(0, (await AdminAsync("store", "migrate", "--kind", kind, "--data", _folder.FullName)).Code);
        Assert.Equal((0, $"{rows} rows looked at, 0 problems."), await AdminAsync("store", "verify", "--kind", kind, "--data", _folder.FullName));
        var (code, rooms) = await AdminAsync("rooms", "--kind", kind, "--data", _folder.FullName);
        Assert.Equal(0, code);
        Assert.Equal(2, rooms.Split('\n').Select(static line => line.Split(' ')[0]).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Ingestion_OverALogOfAnEarlierCommit_GoesOnWithAllOfIt(string commit, string kind, int rows)
    {
        if (kind != "ingestion")
        {
            // The others do their work with a log that answers.
            return;
        }

        Unpack(commit, kind);
        var witness = (await AdminAsync("witness", "--kind", kind, "--data", _folder.FullName)).Text.Split('\n')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var port = DemoRoom.FreePort();
        await using var service = await ServiceProcess.StartAsync(
            "ingestion", "CleanRoom.Ingestion", _folder.FullName, _folder.FullName, [$"--Server:DataFolder={_folder.FullName}", $"--Management:MetricsPort={port}"], Token);
        using var client = new HttpClient();
        var metrics = (await client.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"), Token)).Split('\n');
        Assert.True(rows > 0);
        Assert.Contains($"cleanroom_log_entries{{cleanroom_room=\"{witness[0]}\"}} {witness[1]}", metrics);
        Assert.Contains($"cleanroom_log_cosigned_entries{{cleanroom_room=\"{witness[0]}\"}} {witness[2]}", metrics);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private void Unpack(string commit, string kind)
    {
        using var packed = new BrotliStream(File.OpenRead(Path.Combine(Earlier, commit, kind + ".db.br")), CompressionMode.Decompress);
        using var file = File.Create(Path.Combine(_folder.FullName, kind + ".db"));
        packed.CopyTo(file);
    }

    private async Task<(int Code, string Text)> AdminAsync(params string[] arguments)
    {
        await using var text = new StringWriter();
        var code = await AdminCommand.RunAsync(arguments, text, text, Token);
        output.WriteLine(text.ToString());
        return (code, text.ToString().TrimEnd());
    }
}
