using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using CleanRoom.Protocol.Tests.Server;
using CleanRoom.Protocol.Tests.V1;
using CleanRoom.Transport;
using Grpc.Core;

namespace CleanRoom.Protocol.Tests;

public sealed class LimitTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Message_LargerThanTheServerTakes_IsRefusedAndTheConnectionLives()
    {
        await using var server = await TestServer.StartAsync("--Server:MaxMessageBytes=65536");
        var client = new EchoService.EchoServiceClient(server.Connect().CallInvoker);

        var refusal = await Assert.ThrowsAsync<CleanRoomException>(
            async () => await client.SayAsync(new SayRequest { Text = new string('x', 70_000) }, cancellationToken: Token));

        Assert.Equal(StatusCode.ResourceExhausted, RpcErrors.StatusCodeOf(refusal.Reason));
        Assert.Equal(60_000, (await client.SayAsync(new SayRequest { Text = new string('x', 60_000) }, cancellationToken: Token)).Text.Length);
    }

    [Fact]
    public async Task Message_LargerThanTheClientTakes_IsRefused()
    {
        await using var server = await TestServer.StartAsync();
        var client = new EchoService.EchoServiceClient(server.Connect(options: new PinnedChannelOptions { MaxReceiveBytes = 1024 }).CallInvoker);

        var refusal = await Assert.ThrowsAsync<CleanRoomException>(
            async () => await client.SayAsync(new SayRequest { Text = new string('x', 2_000) }, cancellationToken: Token));

        Assert.Equal(StatusCode.ResourceExhausted, RpcErrors.StatusCodeOf(refusal.Reason));
    }

    [Fact]
    public async Task Headers_LargerThanTheServerTakes_AreRefusedAndTheServerLives()
    {
        await using var server = await TestServer.StartAsync();
        var client = new EchoService.EchoServiceClient(server.Connect().CallInvoker);
        var headers = new Metadata { { "x-large", new string('x', 40_000) } };

        await Assert.ThrowsAsync<CleanRoomException>(async () => await client.SayAsync(new SayRequest { Text = "a" }, headers, cancellationToken: Token));

        var again = new EchoService.EchoServiceClient(server.Connect().CallInvoker);
        Assert.Equal("b", (await again.SayAsync(new SayRequest { Text = "b" }, cancellationToken: Token)).Text);
    }

    [Fact]
    public async Task Calls_MoreThanAPeerMay_AreRefusedForThatPeerOnly()
    {
        await using var server = await TestServer.StartAsync("--Server:CallsPerSecondAndPeer=1");
        var client = new EchoService.EchoServiceClient(server.Connect().CallInvoker);
        using var other = TlsCertificates.CreateSelfSigned("other", TimeProvider.System);

        var refusal = await Assert.ThrowsAsync<CleanRoomException>(async () =>
        {
            for (var i = 0; i < 50; i++)
            {
                await client.SayAsync(new SayRequest(), cancellationToken: Token);
            }
        });

        Assert.Equal(ErrorReason.RateLimited, refusal.Reason);
        await new EchoService.EchoServiceClient(server.Connect(certificate: other).CallInvoker).SayAsync(new SayRequest(), cancellationToken: Token);
    }

    [Theory]
    [InlineData("Say", null)] // Kestrel closes the connection.
    [InlineData("Sum", "14")] // The stream ends, with a reason.
    public async Task Body_ThatComesTooSlowly_IsCutOff(string method, string? expectedStatus)
    {
        await using var server = await TestServer.StartAsync(
            "--Server:MinRequestBytesPerSecond=1000", "--Server:SlowRequestGrace=00:00:02", "--Server:StreamIdleTimeout=00:00:02");
        using var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = [server.Client],
                LocalCertificateSelectionCallback = (_, _, _, _, _) => server.Client,
                RemoteCertificateValidationCallback = (_, shown, _, _) => TlsCertificates.KeyOf((X509Certificate2)shown!) == server.Identity.Key,
            },
        };
        using var http = new HttpClient(handler);
        using var body = new StallingContent();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Address, "/cleanroom.testing.v1.EchoService/" + method))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body,
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        var clock = Stopwatch.StartNew();

        var status = await StatusOf(http, request);

        Assert.Equal(expectedStatus, status);
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(110));
    }

    [Fact]
    public async Task Stream_LargerThanARequestMayBe_IsCutOff()
    {
        await using var server = await TestServer.StartAsync("--Server:MaxRequestBytes=65536");
        var client = new EchoService.EchoServiceClient(server.Connect().CallInvoker);
        using var call = client.Sum(cancellationToken: Token);

        var refusal = await Assert.ThrowsAsync<CleanRoomException>(async () =>
        {
            for (var i = 0; i < 100_000; i++)
            {
                await call.RequestStream.WriteAsync(new SumRequest { Number = long.MaxValue >> 20 }, Token);
            }

            await call.RequestStream.CompleteAsync();
            await call;
        });

        Assert.Equal(ErrorReason.TooLarge, refusal.Reason);
    }

    [Fact]
    public async Task Stream_ThatIsSentDropByDrop_IsCutOffThoughNoWaitIsTooLong()
    {
        await using var server = await TestServer.StartAsync("--Server:StreamTime=00:00:01", "--Server:StreamIdleTimeout=00:10:00");
        var client = new EchoService.EchoServiceClient(server.Connect().CallInvoker);
        using var call = client.Sum(cancellationToken: Token);

        var refusal = await Assert.ThrowsAsync<CleanRoomException>(async () =>
        {
            for (var i = 0; i < 1_000; i++)
            {
                await call.RequestStream.WriteAsync(new SumRequest { Number = 1 }, Token);
                await Task.Delay(50, Token);
            }
        });

        Assert.Equal((ErrorReason.Unavailable, "The stream took longer than 1 seconds."), (refusal.Reason, refusal.Message));
    }

    [Fact]
    public async Task Stream_ThatIsNotRead_IsCutOffAndTheConnectionLives()
    {
        await using var server = await TestServer.StartAsync("--Server:StreamIdleTimeout=00:00:02");
        var channel = server.Connect();
        var client = new EchoService.EchoServiceClient(channel.CallInvoker);

        // Far more than the windows of a stream and what the server may buffer for it.
        using var call = client.Count(new CountRequest { Number = int.MaxValue }, cancellationToken: Token);
        await Eventually(() => server.Logs.Lines.Any(line => line.Contains("EchoService/Count by", StringComparison.Ordinal) && line.Contains("refused: Unavailable", StringComparison.Ordinal)));

        Assert.Equal("a", (await client.SayAsync(new SayRequest { Text = "a" }, cancellationToken: Token)).Text);
        _ = await Assert.ThrowsAsync<CleanRoomException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(Token))
            {
            }
        });
    }

    [Fact]
    public async Task Calls_MoreAtATimeThanAPeerMay_AreRefusedForThatPeerOnlyUntilOneEnds()
    {
        await using var server = await TestServer.StartAsync("--Server:MaxCallsPerPeer=2");
        var client = new EchoService.EchoServiceClient(server.Connect().CallInvoker);
        var another = new EchoService.EchoServiceClient(server.Connect().CallInvoker);
        using var other = TlsCertificates.CreateSelfSigned("other", TimeProvider.System);
        var one = client.Chat(cancellationToken: Token);
        using var two = another.Chat(cancellationToken: Token);
        await ExchangeAsync(one);
        await ExchangeAsync(two);

        // Over another connection it is the same peer.
        var refusal = await Assert.ThrowsAsync<CleanRoomException>(async () => await another.SayAsync(new SayRequest(), cancellationToken: Token));
        Assert.Equal((ErrorReason.ResourceExhausted, TimeSpan.FromSeconds(5)), (refusal.Reason, refusal.RetryAfter));
        await new EchoService.EchoServiceClient(server.Connect(certificate: other).CallInvoker).SayAsync(new SayRequest(), cancellationToken: Token);

        await one.RequestStream.CompleteAsync();
        Assert.False(await one.ResponseStream.MoveNext(Token));
        one.Dispose();
        await Eventually(async () =>
        {
            try
            {
                await client.SayAsync(new SayRequest(), cancellationToken: Token);
                return true;
            }
            catch (CleanRoomException again) when (again.Reason == ErrorReason.ResourceExhausted)
            {
                return false;
            }
        });
    }

    [Fact]
    public async Task Connections_MoreThanAPeerMay_AreClosedForThatPeerOnlyUntilOneEnds()
    {
        await using var server = await TestServer.StartAsync("--Server:MaxConnectionsPerPeer=2");
        using var other = TlsCertificates.CreateSelfSigned("other", TimeProvider.System);
        var (one, two, three) = (server.Connect(), server.Connect(), server.Connect(options: new PinnedChannelOptions { MaxAttempts = 1 }));
        await SayAsync(one);
        await SayAsync(two);

        Assert.Equal(ErrorReason.Unavailable, (await Assert.ThrowsAsync<CleanRoomException>(() => SayAsync(three))).Reason);
        await SayAsync(server.Connect(certificate: other));
        await SayAsync(two);

        one.Dispose();
        await Eventually(async () =>
        {
            try
            {
                await SayAsync(three);
                return true;
            }
            catch (CleanRoomException again) when (again.Reason == ErrorReason.Unavailable)
            {
                return false;
            }
        });

        static async Task SayAsync(PinnedChannel channel) =>
            await new EchoService.EchoServiceClient(channel.CallInvoker).SayAsync(new SayRequest(), cancellationToken: Token);
    }

    private static async Task ExchangeAsync(AsyncDuplexStreamingCall<ChatRequest, ChatResponse> call)
    {
        await call.RequestStream.WriteAsync(new ChatRequest { Text = "a" }, Token);
        Assert.True(await call.ResponseStream.MoveNext(Token));
    }

    private static Task Eventually(Func<bool> condition) => Eventually(() => Task.FromResult(condition()));

    private static async Task Eventually(Func<Task<bool>> condition)
    {
        for (var i = 0; i < 1_800; i++)
        {
            if (await condition())
            {
                return;
            }

            await Task.Delay(100, Token);
        }

        Assert.Fail("It did not come to pass.");
    }

    /// <summary>The grpc-status, or null if the connection broke.</summary>
    private static async Task<string?> StatusOf(HttpClient http, HttpRequestMessage request)
    {
        try
        {
            using var response = await http.SendAsync(request, Token);
            await response.Content.ReadAsByteArrayAsync(Token);
            return response.Headers.Concat(response.TrailingHeaders).FirstOrDefault(header => header.Key == "grpc-status").Value?.Single();
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is OperationCanceledException && !Token.IsCancellationRequested))
        {
            // A broken connection also cancels the sending of the body, and either may be seen first.
            return null;
        }
    }

    /// <summary>Announces a message of 100 bytes and never sends it.</summary>
    private sealed class StallingContent : HttpContent
    {
        public StallingContent()
        {
            Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, Token);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(new byte[] { 0, 0, 0, 0, 100, 8 }, cancellationToken);
            await stream.FlushAsync(cancellationToken);
            await Task.Delay(TimeSpan.FromMinutes(2), cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
