using System.Text.Json;
using CleanRoom.Admin;
using CleanRoom.Admin.Support;
using CleanRoom.Demo;
using CleanRoom.Operations.Tests.Telemetry;
using CleanRoom.Room.Tests.Canaries;
using CleanRoom.Room.Tests.Rooms;

namespace CleanRoom.Operations.Tests.Support;

/// <summary>What an operator may send away about a whole room that runs: nothing of a record, a member, a key, a path or an address (THREATS T15).</summary>
public sealed class SupportBundleTests(ObservedRoom room) : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-support-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ingestion")]
    [InlineData("notification")]
    public async Task Bundle_OfAWholeRoom_HoldsFiguresAndNoData(string kind)
    {
        var file = Path.Combine(_folder.FullName, "bundle.json");
        var hostile = Path.Combine(_folder.FullName, "hostile.log");
        await File.WriteAllLinesAsync(
            hostile,
            [
                $$"""{"EventId":1,"LogLevel":"{{ObservedRoom.Planted.Values.First()}}","Category":"CleanRoom.X","Message":"m"}""",
                $$"""{"EventId":1,"LogLevel":"Error","Category":"CleanRoom.{{ObservedRoom.Planted.Values.First()}} x","Message":"m"}""",
                $$"""{"EventId":"{{room.Room.Room}}","LogLevel":"Error","Category":"CleanRoom.X"}""",
                "Unhandled exception. " + string.Join(' ', ObservedRoom.Planted.Values),
                "{",
            ],
            Token);
        var logs = Directory.EnumerateFiles(room.Logs, "*.log").Append(hostile);
        var (code, said) = await RunAsync(
            [
                "support-bundle", "--file", file, "--kind", kind, "--data", room.Room.Folder(kind),
                .. room.Health.Values.SelectMany(address => new[] { "--health", address.ToString() }),
                .. room.Metrics.Values.SelectMany(address => new[] { "--metrics", address.ToString() }),
                .. logs.SelectMany(log => new[] { "--log", log }),
            ]);
        Assert.Equal(0, code);

        // The operator is told which room is which; the file does not say.
        Assert.Contains($"room-1 is {room.Room.Room}", said, StringComparison.Ordinal);
        var bytes = await File.ReadAllBytesAsync(file, Token);
        string[] names =
        [
            room.Room.Room.ToString(), .. room.Room.Profiles.Keys, SmallCases.Agency, "spki-sha256:", "sha256:", "127.0.0.1", "https://", _folder.FullName, room.Room.Folder(kind), "Orimbasa",
        ];
        Assert.Empty(new CanarySearch(ObservedRoom.Planted.Where(cell => cell.Value.Length > 4).Select(cell => new Canary(cell.Key, cell.Value))).In(file, bytes));
        var text = System.Text.Encoding.UTF8.GetString(bytes);
        Assert.All(names, name => Assert.DoesNotContain(name, text, StringComparison.Ordinal));

        using var bundle = JsonDocument.Parse(bytes);
        Assert.Equal(7, bundle.RootElement.GetProperty("services").EnumerateArray().Count(answer => answer.GetString() == "Serving"));
        Assert.True(bundle.RootElement.GetProperty("samples").GetArrayLength() > 50);
        Assert.Equal(5, bundle.RootElement.GetProperty("linesLeftOut").GetInt64());
        Assert.Contains(bundle.RootElement.GetProperty("events").EnumerateArray(), item => item.GetProperty("category").GetString()!.StartsWith("CleanRoom.Ingestion", StringComparison.Ordinal));
        var figures = bundle.RootElement.GetProperty("rooms").EnumerateArray().Single();
        Assert.Equal("room-1", figures.GetProperty("room").GetString());
        Assert.True(figures.GetProperty("numbers").GetProperty(kind == "ingestion" ? "cosigned" : "messages").GetInt64() > 0);
    }

    /// <summary>A port that is none of ours must not get words into the file.</summary>
    [Fact]
    public void Measurements_WithLabelsOfSomebodyElse_AreLeftOut()
    {
        var samples = Measurements.Parse(
            """
            # TYPE cleanroom_log_entries gauge
            cleanroom_log_entries{cleanroom_room="5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10",name="Tavelina"} 7
            cleanroom_events_total{cleanroom_event="Tavelina Orimbasa",cleanroom_level="Error"} 1
            cleanroom_events_total{cleanroom_event="5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10"} 1
            someone_elses_total{cleanroom_event="Tavelina"} 1
            rpc_server_call_duration_seconds_bucket{le="0.1"} 3
            cleanroom_log_entries NaN
            """,
            0,
            new RoomNames());
        Assert.Equal(["room-1", "", ""], samples.Select(sample => sample.Labels.GetValueOrDefault("cleanroom_room", "")));
        Assert.Equal(["Error"], samples.SelectMany(sample => sample.Labels).Where(label => label.Key != "cleanroom_room").Select(label => label.Value));
    }

    [Fact]
    public async Task Health_OfAllProcessesAndOfAPortWithout_IsToldByTheExitCode()
    {
        var (code, said) = await RunAsync(["health", .. room.Health.Values.Select(address => address.ToString())]);
        Assert.Equal(0, code);
        Assert.Equal(7, said.Split('\n').Count(line => line.EndsWith(" serving", StringComparison.Ordinal)));
        Assert.Equal(69, (await RunAsync(["health", $"http://127.0.0.1:{DemoRoom.FreePort()}"])).Code);
        Assert.Equal(69, (await RunAsync(["health", room.Metrics["ingestion"].ToString()])).Code);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task<(int Code, string Text)> RunAsync(string[] arguments)
    {
        await using var output = new StringWriter();
        var code = await AdminCommand.RunAsync(arguments, output, output, Token);
        return (code, output.ToString().TrimEnd());
    }
}
