using CleanRoom.Hosting.Telemetry;
using CleanRoom.Room.Tests.Canaries;

namespace CleanRoom.Operations.Tests.Telemetry;

/// <summary>What a collector gets from a whole room (THREATS T1, T15).</summary>
public sealed class OtlpTests(ObservedRoom room, ITestOutputHelper output)
{
    /// <summary>What the trace of an epoch shows of each service.</summary>
    private static readonly (string Service, string Name)[] Epoch =
    [
        ("CleanRoom.Matching", "epoch"),
        ("CleanRoom.Ingestion", "cleanroom.ingestion.v1.IngestionService/Append"),
        ("CleanRoom.Ingestion", "cosign"),
        ("CleanRoom.Attestation", "cleanroom.attestation.v1.AttestationService/Cosign"),
        ("CleanRoom.Notification", "cleanroom.notification.v1.NotificationService/Deliver"),
    ];

    [Fact]
    public async Task Traces_OfAnEpoch_CrossAllFourServices()
    {
        // Each process sends when it likes, so that a trace arrives in pieces and in any order.
        var spans = await WaitForAsync(
            () => room.Collector.Traces.SelectMany(Otlp.Spans).ToList(),
            all => all.GroupBy(span => span.TraceId).Any(trace => !Missing(trace).Any()));
        var trace = spans.GroupBy(span => span.TraceId).First(trace => !Missing(trace).Any()).ToList();
        foreach (var span in trace)
        {
            output.WriteLine($"{span.Service,-24} {span.Name}");
        }

        Assert.Contains(trace, span => span.Name == "epoch" && span.Attributes.ContainsKey("cleanroom.epoch"));

        static IEnumerable<(string Service, string Name)> Missing(IEnumerable<OtlpSpan> trace) =>
            Epoch.Except(trace.Select(span => (span.Service, span.Name)));
    }

    [Fact]
    public async Task Traces_OfAWholeRoom_HoldNoFieldThatIsNotOnTheList()
    {
        var spans = await WaitForAsync(() => room.Collector.Traces.SelectMany(Otlp.Spans).ToList(), all => all.Count > 50 && all.Exists(IsAnswered));
        Assert.All(spans, span =>
        {
            Assert.Empty(span.Attributes.Keys.Except(TelemetryFields.Spans));
            Assert.Equal((0, 0, "", ""), (span.Events, span.Links, span.TraceState, span.StatusMessage));
            Assert.Matches("^[A-Za-z0-9./ _-]{1,120}$", span.Name);
        });

        static bool IsAnswered(OtlpSpan span) => span.Attributes.GetValueOrDefault("rpc.response.status_code") == "OK";
    }

    [Fact]
    public async Task Logs_ThatAreSent_AreTemplatesWithListedValuesOnly()
    {
        // Services send on their own, so that the last to speak may come after the first three.
        var lines = await WaitForAsync(
            () => room.Collector.Logs.SelectMany(Otlp.Logs).ToList(),
            all => all.Select(line => line.Service).Distinct().Count() >= 3 && all.Exists(IsFirstDelivery));
        Assert.All(lines, line => Assert.Empty(line.Attributes.Keys.Except(TelemetryFields.LogValues)));
        Assert.Contains(lines, IsFirstDelivery);

        static bool IsFirstDelivery(OtlpLog line) => line.Body == "Room {Room}: epoch {Epoch} is in the slots." && line.Attributes["Epoch"] == "1";
    }

    [Fact]
    public async Task Measurements_ThatAreSent_HaveListedTagsOnly()
    {
        var points = await WaitForAsync(() => room.Collector.Metrics.SelectMany(Otlp.Points).ToList(), all => all.Any(point => point.Name == "cleanroom.epoch.number"));
        var allowed = TelemetryFields.Meters.Values.SelectMany(tags => tags).ToHashSet(StringComparer.Ordinal);
        Assert.Empty(points.SelectMany(point => point.Attributes.Keys).Except(allowed));
    }

    [Fact]
    public async Task Everything_ThatIsSent_HoldsNoCanaryAndNothingOfTheEnvironment()
    {
        _ = await WaitForAsync(() => room.Collector.Traces.Count, count => count > 3);
        var search = new CanarySearch(ObservedRoom.Planted.Where(cell => cell.Value.Length > 4).Select(cell => new Canary(cell.Key, cell.Value)));
        Assert.Empty(room.Collector.Everything.SelectMany(request => search.In(request.Path, request.Body)));
        Assert.All(room.Collector.Everything, request => Assert.All(Otlp.Resources(request.Body), resource =>
        {
            Assert.Equal(["service.instance.id", "service.name", "service.namespace", "service.version"], resource.Keys.Order(StringComparer.Ordinal));
            Assert.Equal("observed-0", resource["service.instance.id"]);
        }));
    }

    private static async Task<T> WaitForAsync<T>(Func<T> look, Func<T, bool> enough)
    {
        for (var waited = 0; ; waited++)
        {
            var seen = look();
            if (enough(seen) || waited > 1800)
            {
                Assert.True(enough(seen), "It did not come within three minutes.");
                return seen;
            }

            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }
}
