using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using CleanRoom.Demo;
using CleanRoom.Protocol.Health.V1;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Room.Tests.Rooms;
using Grpc.Core;
using Grpc.Net.Client;

namespace CleanRoom.Operations.Tests.Telemetry;

/// <summary>The ports without TLS: health and measurements, nothing else.</summary>
public sealed class ManagementTests(ObservedRoom room, ITestOutputHelper output)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Health_AskedWithoutCertificate_IsServingForEveryProcess()
    {
        Assert.Equal(7, room.Health.Count);
        foreach (var address in room.Health.Values)
        {
            using var channel = GrpcChannel.ForAddress(address);
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, (await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest(), cancellationToken: Token)).Status);
        }
    }

    [Fact]
    public async Task HealthPort_CalledWithAMethodOfTheService_KnowsNone()
    {
        using var channel = GrpcChannel.ForAddress(room.Health["ingestion"]);
        var refusal = await Assert.ThrowsAsync<RpcException>(async () =>
            await new IngestionService.IngestionServiceClient(channel).GetCheckpointAsync(new GetCheckpointRequest { Room = room.Room.Room.ToString() }, cancellationToken: Token));
        Assert.Equal(StatusCode.Unimplemented, refusal.StatusCode);
    }

    [Fact]
    public async Task MetricsPort_AskedForAnythingElse_AnswersNotFound()
    {
        using var client = new HttpClient();
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(room.Metrics["ingestion"], Token)).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await client.PostAsync(new Uri(room.Metrics["ingestion"], "metrics"), null, Token)).StatusCode);
    }

    [Fact]
    public async Task HealthCommand_OfTheServicesOwnProgram_TellsByItsExitCode()
    {
        Assert.Equal(0, await RunAsync("CleanRoom.Ingestion", "health", room.Health["ingestion"].ToString()));
        Assert.Equal(69, await RunAsync("CleanRoom.Ingestion", "health", $"http://127.0.0.1:{DemoRoom.FreePort()}"));
        Assert.Equal(78, await RunAsync("CleanRoom.Ingestion", "health"));
    }

    /// <summary>The names that dashboards and alerts may use: charts/metrics.txt. A name that is gone, and one of ours that is not listed, are both told.</summary>
    [Fact]
    public async Task Measurements_OfAllServices_AreTheListedOnes()
    {
        var scraped = new SortedSet<string>(StringComparer.Ordinal);
        using var client = new HttpClient();
        foreach (var address in room.Metrics.Values)
        {
            var text = await client.GetStringAsync(new Uri(address, "metrics"), Token);
            scraped.UnionWith(text.Split('\n').Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(line => line["# TYPE ".Length..]));
        }

        output.WriteLine(string.Join('\n', scraped));
        var listed = await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "charts/metrics.txt"), Token);
        Assert.Empty(listed.Except(scraped));
        Assert.Empty(scraped.Where(name => name.StartsWith("cleanroom_", StringComparison.Ordinal) || name.StartsWith("rpc_", StringComparison.Ordinal)).Except(listed));
    }

    /// <summary>What dashboards show of budgets: eight records of each contributor, under a charter without a quota.</summary>
    [Fact]
    public async Task Quotas_OfEveryContributor_AreWhatTheStoreCounts()
    {
        using var client = new HttpClient();
        var lines = (await client.GetStringAsync(new Uri(room.Metrics["ingestion"], "metrics"), Token)).Split('\n');
        output.WriteLine(string.Join('\n', lines.Where(static line => line.StartsWith("cleanroom_quota", StringComparison.Ordinal))));
        foreach (var member in SmallCases.Contributors)
        {
            Assert.Equal("1", Value("cleanroom_quota_used_records", member));
            Assert.Equal("+Inf", Value("cleanroom_quota_records", member));
        }

        string Value(string name, string member) => lines.Single(line => line.StartsWith(name + "{", StringComparison.Ordinal)
            && line.Contains($"cleanroom_room=\"{room.Room.Room}\"", StringComparison.Ordinal) && line.Contains($"cleanroom_member=\"{member}\"", StringComparison.Ordinal)).Split(' ')[^1];
    }

    /// <summary>A real Prometheus reads every process and answers queries as the dashboards put them.</summary>
    [Fact]
    public async Task Prometheus_ScrapingTheRoom_FindsEveryProcessAndWhatItMeasures()
    {
        const string Program = "/usr/bin/prometheus";
        if (!File.Exists(Program))
        {
            const string Reason = "Prometheus is not installed: eng/tools.sh promtool.";
            Assert.SkipWhen(Environment.GetEnvironmentVariable("CI") != "true", Reason);
            Assert.Fail(Reason);
        }

        var folder = Directory.CreateTempSubdirectory("cleanroom-prometheus-");
        var port = DemoRoom.FreePort();
        var targets = string.Join(", ", room.Metrics.Values.Select(address => $"'{address.Authority}'"));
        await File.WriteAllTextAsync(
            Path.Combine(folder.FullName, "prometheus.yml"),
            $"global: {{ scrape_interval: 1s, scrape_timeout: 1s }}\nscrape_configs:\n  - job_name: room\n    static_configs: [{{ targets: [{targets}] }}]\n",
            Token);
        using var prometheus = Process.Start(new ProcessStartInfo(
            Program, [$"--config.file={folder.FullName}/prometheus.yml", $"--storage.tsdb.path={folder.FullName}/data", $"--web.listen-address=127.0.0.1:{port}"])
        {
            RedirectStandardError = true,
        })!;
        prometheus.ErrorDataReceived += (_, _) => { };
        prometheus.BeginErrorReadLine();
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            Assert.Equal(7, await QueryAsync(client, "sum(up)", value => value == 7));
            Assert.True(await QueryAsync(client, "max(cleanroom_epoch_number)", value => value >= 1) >= 1);
            Assert.True(await QueryAsync(client, "sum(rpc_server_call_duration_seconds_count{rpc_response_status_code=\"OK\"})", value => value > 10) > 10);
            Assert.True(await QueryAsync(client, "histogram_quantile(0.99, sum by (le) (rpc_server_call_duration_seconds_bucket))", value => value > 0) > 0);
            Assert.Equal(0, await QueryAsync(client, "sum(scrape_samples_scraped == 0) or vector(0)", value => value == 0));
        }
        finally
        {
            prometheus.Kill();
            await prometheus.WaitForExitAsync(Token);
            folder.Delete(recursive: true);
        }
    }

    private static async Task<double> QueryAsync(HttpClient client, string query, Func<double, bool> enough)
    {
        var last = double.NaN;
        for (var waited = 0; waited < 1800; waited++)
        {
            try
            {
                using var json = JsonDocument.Parse(await client.GetStringAsync($"/api/v1/query?query={Uri.EscapeDataString(query)}", Token));
                foreach (var result in json.RootElement.GetProperty("data").GetProperty("result").EnumerateArray())
                {
                    last = double.Parse(result.GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture);
                }
            }
            catch (HttpRequestException)
            {
                // It starts.
            }

            if (enough(last))
            {
                return last;
            }

            await Task.Delay(100, Token);
        }

        return last;
    }

    private static async Task<int> RunAsync(string assembly, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(ServiceProcess.Program(assembly), arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        await process.WaitForExitAsync(Token);
        return process.ExitCode;
    }
}
