using CleanRoom.Protocol.Attestation.V1;
using CleanRoom.Protocol.Matching.V1;
using CleanRoom.Protocol.Tests.Server;
using CleanRoom.Transport;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;

namespace CleanRoom.Protocol.Tests;

public sealed class RetryTests
{
    private static readonly PinnedChannelOptions Fast = new() { InitialBackoff = TimeSpan.FromMilliseconds(20) };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Unavailable_MethodOfTheContract_IsTriedAgain()
    {
        await using var server = await StartAsync();
        var client = new MatchingService.MatchingServiceClient(server.Connect(options: Fast).CallInvoker);

        await client.GetStatusAsync(new GetStatusRequest(), cancellationToken: Token);

        Assert.Equal(3, server.Echo.Attempts["status"]);
    }

    [Fact]
    public async Task Unavailable_MethodThatUsesItsNonceUp_IsNotTriedAgain()
    {
        await using var server = await StartAsync();
        var client = new AttestationService.AttestationServiceClient(server.Connect(options: Fast).CallInvoker);

        var refusal = await Assert.ThrowsAsync<CleanRoomException>(async () => await client.AttestAsync(new AttestRequest(), cancellationToken: Token));

        Assert.Equal(ErrorReason.Unavailable, refusal.Reason);
        Assert.Equal(1, server.Echo.Attempts["attest"]);
    }

    [Theory]
    [InlineData(ErrorReason.RateLimited, 20, 3)]
    [InlineData(ErrorReason.ResourceExhausted, 20, 3)]
    [InlineData(ErrorReason.ResourceExhausted, -1, 1)]
    [InlineData(ErrorReason.QuotaExceeded, null, 1)]
    [InlineData(ErrorReason.NotFound, null, 1)]
    public async Task Overload_WithAHint_IsTriedAgainAsTheServerSays(ErrorReason reason, int? milliseconds, int attempts)
    {
        await using var server = await StartAsync();
        server.Echo.Refusal = () => new CleanRoomException(reason, "Too much.") { RetryAfter = milliseconds is { } wait ? TimeSpan.FromMilliseconds(wait) : null };
        var client = new MatchingService.MatchingServiceClient(server.Connect(options: Fast).CallInvoker);

        try
        {
            await client.GetStatusAsync(new GetStatusRequest(), cancellationToken: Token);
            Assert.Equal(3, attempts);
        }
        catch (CleanRoomException refusal)
        {
            Assert.Equal((reason, 1), (refusal.Reason, attempts));
            Assert.Equal(reason == ErrorReason.NotFound ? null : Timeout.InfiniteTimeSpan, refusal.RetryAfter);
        }

        Assert.Equal(attempts, server.Echo.Attempts["status"]);
    }

    [Fact]
    public async Task Unavailable_NobodyListens_SaysSoAfterSomeAttempts()
    {
        var server = await StartAsync();
        var channel = server.Connect(options: Fast);
        await server.StopAsync();

        var refusal = await Assert.ThrowsAsync<CleanRoomException>(
            async () => await new MatchingService.MatchingServiceClient(channel.CallInvoker).GetStatusAsync(new GetStatusRequest(), cancellationToken: Token));
        await server.DisposeAsync();

        Assert.Equal(ErrorReason.Unavailable, refusal.Reason);
    }

    private static Task<TestServer> StartAsync() => TestServer.StartAsync(
        app =>
        {
            app.MapGrpcService<StumblingMatching>();
            app.MapGrpcService<StumblingAttestation>();
        });

    private static void Stumble(EchoState state, string name)
    {
        if (state.Attempts.AddOrUpdate(name, 1, (_, count) => count + 1) <= 2)
        {
            throw state.Refusal();
        }
    }

    private sealed class StumblingMatching(EchoState state) : MatchingService.MatchingServiceBase
    {
        public override Task<GetStatusResponse> GetStatus(GetStatusRequest request, ServerCallContext context)
        {
            Stumble(state, "status");
            return Task.FromResult(new GetStatusResponse());
        }
    }

    private sealed class StumblingAttestation(EchoState state) : AttestationService.AttestationServiceBase
    {
        public override Task<AttestResponse> Attest(AttestRequest request, ServerCallContext context)
        {
            Stumble(state, "attest");
            return Task.FromResult(new AttestResponse());
        }
    }
}
