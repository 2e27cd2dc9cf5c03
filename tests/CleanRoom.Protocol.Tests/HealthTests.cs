using System.Diagnostics;
using CleanRoom.Protocol.Health.V1;
using CleanRoom.Protocol.Tests.Server;
using CleanRoom.Transport;
using static CleanRoom.Protocol.Health.V1.HealthCheckResponse.Types;

namespace CleanRoom.Protocol.Tests;

public sealed class HealthTests
{
    private const string Echo = "cleanroom.testing.v1.EchoService";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Check_RunningServer_ServesItselfAndItsServices()
    {
        await using var server = await TestServer.StartAsync();
        var client = new Health.V1.Health.HealthClient(server.Connect().CallInvoker);

        foreach (var service in new[] { string.Empty, Echo, "grpc.health.v1.Health" })
        {
            Assert.Equal(ServingStatus.Serving, (await client.CheckAsync(new HealthCheckRequest { Service = service }, cancellationToken: Token)).Status);
        }

        server.Health.Report(Echo, ready: false);
        Assert.Equal(ServingStatus.NotServing, (await client.CheckAsync(new HealthCheckRequest { Service = Echo }, cancellationToken: Token)).Status);
    }

    [Fact]
    public async Task Check_ServiceThatIsNotThere_IsNotFound()
    {
        await using var server = await TestServer.StartAsync();
        var client = new Health.V1.Health.HealthClient(server.Connect().CallInvoker);

        var refusal = await Assert.ThrowsAsync<CleanRoomException>(
            async () => await client.CheckAsync(new HealthCheckRequest { Service = "cleanroom.nothing.v1.Service" }, cancellationToken: Token));

        Assert.Equal(ErrorReason.NotFound, refusal.Reason);
    }

    [Fact]
    public async Task Watch_ChangesAndTheEnd_AreTold()
    {
        await using var server = await TestServer.StartAsync();
        var client = new Health.V1.Health.HealthClient(server.Connect().CallInvoker);
        using var call = client.Watch(new HealthCheckRequest { Service = Echo }, cancellationToken: Token);

        Assert.True(await call.ResponseStream.MoveNext(Token));
        Assert.Equal(ServingStatus.Serving, call.ResponseStream.Current.Status);
        server.Health.Report(Echo, ready: false);
        Assert.True(await call.ResponseStream.MoveNext(Token));
        Assert.Equal(ServingStatus.NotServing, call.ResponseStream.Current.Status);

        // A watcher must not keep the server from stopping.
        var clock = Stopwatch.StartNew();
        var stop = server.StopAsync();
        var refusal = await Assert.ThrowsAsync<CleanRoomException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(Token))
            {
            }
        });
        await stop;

        Assert.Equal((ErrorReason.Unavailable, "The service is stopping."), (refusal.Reason, refusal.Message));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), clock.Elapsed.ToString());
    }

    [Fact]
    public async Task Watch_ServiceThatIsNotThere_IsUnknown()
    {
        await using var server = await TestServer.StartAsync();
        var client = new Health.V1.Health.HealthClient(server.Connect().CallInvoker);
        using var call = client.Watch(new HealthCheckRequest { Service = "cleanroom.nothing.v1.Service" }, cancellationToken: Token);

        Assert.True(await call.ResponseStream.MoveNext(Token));
        Assert.Equal(ServingStatus.ServiceUnknown, call.ResponseStream.Current.Status);
    }
}
