using CleanRoom.Protocol.Tests.Server;
using CleanRoom.Protocol.Tests.V1;
using CleanRoom.Transport;

namespace CleanRoom.Protocol.Tests;

public sealed class TlsTests
{
    private static readonly SayRequest Anonymous = new() { Text = "hello", Behaviour = SayRequest.Types.Behaviour.Anonymous };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Server_WithAnotherKeyThanThePinnedOne_IsRefusedBeforeAnythingIsSent()
    {
        await using var server = await TestServer.StartAsync();
        var client = new EchoService.EchoServiceClient(server.Connect(pin: TlsCertificates.KeyOf(server.Client)).CallInvoker);

        var refusal = await Assert.ThrowsAsync<CleanRoomException>(async () => await client.SayAsync(Anonymous, cancellationToken: Token));

        Assert.Equal(ErrorReason.UntrustedPeer, refusal.Reason);
        Assert.NotNull(refusal.Remedy);
    }

    [Fact]
    public async Task Caller_WithoutACertificate_IsRefusedInTheHandshake()
    {
        await using var server = await TestServer.StartAsync();
        var channel = server.Connect(anonymous: true, options: new PinnedChannelOptions { MaxAttempts = 1 });

        var refusal = await Assert.ThrowsAsync<CleanRoomException>(
            async () => await new EchoService.EchoServiceClient(channel.CallInvoker).SayAsync(Anonymous, cancellationToken: Token));

        // TLS 1.3 lets the client finish its handshake before the server judges, so the refusal may come as a broken connection.
        Assert.Contains(refusal.Reason, new[] { ErrorReason.UntrustedPeer, ErrorReason.Unavailable, ErrorReason.Internal });
    }

    [Fact]
    public async Task Caller_WithoutACertificateWhereItIsAllowed_IsRefusedByMethodsThatAskWhoCalls()
    {
        await using var server = await TestServer.StartAsync("--Tls:ClientCertificates=Allowed");
        var client = new EchoService.EchoServiceClient(server.Connect(anonymous: true).CallInvoker);

        Assert.Equal("hello", (await client.SayAsync(Anonymous, cancellationToken: Token)).Text);
        var refusal = await Assert.ThrowsAsync<CleanRoomException>(
            async () => await client.SayAsync(new SayRequest { Text = "hello" }, cancellationToken: Token));

        Assert.Equal(ErrorReason.Unauthenticated, refusal.Reason);
    }

    [Fact]
    public async Task Callers_WithDifferentCertificates_HaveDifferentKeys()
    {
        await using var server = await TestServer.StartAsync();
        using var other = TlsCertificates.CreateSelfSigned("test client", TimeProvider.System);

        var first = await new EchoService.EchoServiceClient(server.Connect().CallInvoker).SayAsync(new SayRequest(), cancellationToken: Token);
        var second = await new EchoService.EchoServiceClient(server.Connect(certificate: other).CallInvoker).SayAsync(new SayRequest(), cancellationToken: Token);

        Assert.Equal(TlsCertificates.KeyOf(server.Client).ToString(), first.Peer);
        Assert.Equal(TlsCertificates.KeyOf(other).ToString(), second.Peer);
        Assert.NotEqual(first.Peer, second.Peer);
    }

    [Fact]
    public void Create_AddressWithoutTls_IsAWrongCall()
    {
        using var certificate = TlsCertificates.CreateSelfSigned("x", TimeProvider.System);

        Assert.Throws<ArgumentException>(() => PinnedChannel.Create(new Uri("http://127.0.0.1:1"), TlsCertificates.KeyOf(certificate), certificate));
    }

    [Fact]
    public void LoadOrCreate_Twice_KeepsTheKeyInAFileForItsOwnerOnly()
    {
        var folder = Directory.CreateTempSubdirectory("cleanroom-test-");
        try
        {
            var file = Path.Combine(folder.FullName, "tls.pem");
            using var first = TlsCertificates.LoadOrCreate(file, "x", TimeProvider.System);
            using var second = TlsCertificates.LoadOrCreate(file, "x", TimeProvider.System);

            Assert.Equal(TlsCertificates.KeyOf(first), TlsCertificates.KeyOf(second));
            Assert.True(second.HasPrivateKey);
            Assert.Equal([file], Directory.GetFiles(folder.FullName));
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Load_CertificateWithTheKeyOfAnother_IsRefusedWithARemedy()
    {
        var folder = Directory.CreateTempSubdirectory("cleanroom-test-");
        try
        {
            var (one, two) = (Path.Combine(folder.FullName, "1.pem"), Path.Combine(folder.FullName, "2.pem"));
            using var first = TlsCertificates.LoadOrCreate(one, "x", TimeProvider.System);
            using var second = TlsCertificates.LoadOrCreate(two, "x", TimeProvider.System);

            var refusal = Assert.Throws<CleanRoomException>(() => TlsCertificates.Load(one, two));

            Assert.Equal(ErrorReason.InvalidArgument, refusal.Reason);
            Assert.NotNull(refusal.Remedy);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
