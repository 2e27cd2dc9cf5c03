using CleanRoom.Protocol.Tests.Server;
using CleanRoom.Protocol.Tests.V1;
using CleanRoom.Transport;
using Grpc.Core;

namespace CleanRoom.Protocol.Tests;

public sealed class CallTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Unary_OverMutualTls_AnswersAndKnowsTheCallersKey()
    {
        await using var server = await TestServer.StartAsync();
        var client = new EchoService.EchoServiceClient(server.Connect().CallInvoker);

        var response = await client.SayAsync(new SayRequest { Text = "سلام" }, cancellationToken: Token);

        Assert.Equal("سلام", response.Text);
        Assert.Equal(TlsCertificates.KeyOf(server.Client).ToString(), response.Peer);
    }

    [Fact]
    public async Task ClientStreaming_ManyMessages_AreAllTaken()
    {
        await using var server = await TestServer.StartAsync();
        var client = new EchoService.EchoServiceClient(server.Connect().CallInvoker);

        using var call = client.Sum(cancellationToken: Token);
        for (var i = 1; i <= 2_000; i++)
        {
            await call.RequestStream.WriteAsync(new SumRequest { Number = i }, Token);
        }

        await call.RequestStream.CompleteAsync();
        Assert.Equal(2_001_000, (await call).Sum);
    }

    [Fact]
    public async Task ClientStreaming_RefusedInTheMiddle_GivesTheReasonToTheWriter()
    {
        await using var server = await TestServer.StartAsync();
        var client = new EchoService.EchoServiceClient(server.Connect().CallInvoker);
        using var call = client.Sum(cancellationToken: Token);
        await call.RequestStream.WriteAsync(new SumRequest { Number = -1 }, Token);

        // The refusal overtakes the writes sooner or later; whoever meets it, meets the reason.
        var refusal = await Assert.ThrowsAsync<CleanRoomException>(async () =>
        {
            for (var i = 0; i < 1_000_000; i++)
            {
                await call.RequestStream.WriteAsync(new SumRequest { Number = 1 }, Token);
            }
        });

        Assert.Equal((ErrorReason.OutOfRange, "number", "Send numbers from 0."), (refusal.Reason, refusal.Field, refusal.Remedy));
        Assert.Equal(ErrorReason.OutOfRange, (await Assert.ThrowsAsync<CleanRoomException>(() => call.ResponseAsync)).Reason);
    }

    [Fact]
    public async Task ServerStreaming_ManyMessages_ArriveInOrder()
    {
        await using var server = await TestServer.StartAsync();
        var client = new EchoService.EchoServiceClient(server.Connect().CallInvoker);

        using var call = client.Count(new CountRequest { Number = 2_000 }, cancellationToken: Token);
        var numbers = new List<int>();
        await foreach (var response in call.ResponseStream.ReadAllAsync(Token))
        {
            numbers.Add(response.Number);
        }

        Assert.Equal(Enumerable.Range(1, 2_000), numbers);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task ServerStreaming_Refused_ThrowsTheReasonFromTheReader()
    {
        await using var server = await TestServer.StartAsync();
        var client = new EchoService.EchoServiceClient(server.Connect().CallInvoker);

        using var call = client.Count(new CountRequest { Number = -1 }, cancellationToken: Token);
        var refusal = await Assert.ThrowsAsync<CleanRoomException>(() => call.ResponseStream.MoveNext(Token));

        Assert.Equal((ErrorReason.NotFound, "number"), (refusal.Reason, refusal.Field));
    }

    [Fact]
    public async Task Duplex_EveryMessage_IsAnsweredBeforeTheNextIsSent()
    {
        await using var server = await TestServer.StartAsync();
        var client = new EchoService.EchoServiceClient(server.Connect().CallInvoker);

        using var call = client.Chat(cancellationToken: Token);
        foreach (var text in new[] { "one", "two", "three" })
        {
            await call.RequestStream.WriteAsync(new ChatRequest { Text = text }, Token);
            Assert.True(await call.ResponseStream.MoveNext(Token));
            Assert.Equal(text.ToUpperInvariant(), call.ResponseStream.Current.Text);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(Token));
    }

    [Fact]
    public async Task Duplex_WrittenToAfterARefusal_GivesTheReasonToTheWriter()
    {
        await using var server = await TestServer.StartAsync();

        // Reflection is off: the server refuses before it reads anything.
        var client = new Reflection.V1.ServerReflection.ServerReflectionClient(server.Connect().CallInvoker);
        using var call = client.ServerReflectionInfo(cancellationToken: Token);

        Assert.Equal(ErrorReason.Unimplemented, (await Assert.ThrowsAsync<CleanRoomException>(() => call.ResponseStream.MoveNext(Token))).Reason);
        Assert.Equal(
            ErrorReason.Unimplemented,
            (await Assert.ThrowsAsync<CleanRoomException>(() => call.RequestStream.WriteAsync(new Reflection.V1.ServerReflectionRequest(), Token))).Reason);
    }

    [Fact]
    public async Task Unary_DeadlinePasses_BothSidesEnd()
    {
        await using var server = await TestServer.StartAsync();
        var channel = server.Connect(options: new PinnedChannelOptions { UnaryDeadline = TimeSpan.FromSeconds(5) });
        var client = new EchoService.EchoServiceClient(channel.CallInvoker);

        // The connection stands before the clock starts to matter, so that the call does reach the server.
        await client.SayAsync(new SayRequest(), deadline: DateTime.UtcNow.AddSeconds(30), cancellationToken: Token);

        var refusal = await Assert.ThrowsAsync<CleanRoomException>(
            async () => await client.SayAsync(Waiting("deadline"), cancellationToken: Token));

        Assert.Equal(ErrorReason.DeadlineExceeded, refusal.Reason);
        await Eventually(() => server.Echo.Ended.Contains("deadline"));
    }

    [Fact]
    public async Task Unary_CallerCancels_BothSidesEnd()
    {
        await using var server = await TestServer.StartAsync();
        var client = new EchoService.EchoServiceClient(server.Connect().CallInvoker);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);

        var call = client.SayAsync(Waiting("cancel"), cancellationToken: cancel.Token);
        await Eventually(() => server.Echo.Waiting.Contains("cancel"));
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await call);
        await Eventually(() => server.Echo.Ended.Contains("cancel"));
    }

    [Fact]
    public async Task Unary_UnavailableTwice_IsNotRepeatedForAMethodThatIsNotInTheContract()
    {
        await using var server = await TestServer.StartAsync();
        var client = new EchoService.EchoServiceClient(server.Connect().CallInvoker);
        var request = new SayRequest { Text = "stumble", Behaviour = SayRequest.Types.Behaviour.Stumble };

        var refusal = await Assert.ThrowsAsync<CleanRoomException>(async () => await client.SayAsync(request, cancellationToken: Token));

        Assert.Equal(ErrorReason.Unavailable, refusal.Reason);
        Assert.Equal(1, server.Echo.Attempts["stumble"]);
    }

    private static SayRequest Waiting(string text) => new() { Text = text, Behaviour = SayRequest.Types.Behaviour.Wait };

    private static async Task Eventually(Func<bool> condition)
    {
        for (var i = 0; i < 3600 && !condition(); i++)
        {
            await Task.Delay(50, Token);
        }

        Assert.True(condition());
    }
}
