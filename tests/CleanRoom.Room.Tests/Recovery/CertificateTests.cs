using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CleanRoom.Cryptography;
using CleanRoom.Demo;
using CleanRoom.Protocol.Health.V1;
using CleanRoom.Room.Tests.Rooms;
using CleanRoom.Transport;

namespace CleanRoom.Room.Tests.Recovery;

/// <summary>Certificates end and are renewed (docs/operators/keys.md): the key counts, not the date.</summary>
public sealed class CertificateTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-certificates-");
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    [Fact]
    public async Task Certificate_ThatHasEnded_StillServesWhoPinsItsKey()
    {
        var pin = Write(_key, -400, -35);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, await AskAsync(pin));
    }

    [Fact]
    public async Task Certificate_RenewedWithTheSameKey_ChangesNothingForWhoPinsIt()
    {
        var pin = Write(_key, -80, 10);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, await AskAsync(pin));
        Assert.Equal(pin, Write(_key, -1, 90));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, await AskAsync(pin));
    }

    [Fact]
    public async Task Certificate_RenewedWithANewKey_IsRefusedUntilThePinChanges()
    {
        var pin = Write(_key, -80, 10);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var renewed = Write(other, -1, 90);
        var refused = await Assert.ThrowsAsync<CleanRoomException>(() => AskAsync(pin));
        Assert.Equal(ErrorReason.UntrustedPeer, refused.Reason);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, await AskAsync(renewed));
    }

    public void Dispose()
    {
        _key.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <summary>Starts ingestion with the certificate in the folder and asks for its health.</summary>
    private async Task<HealthCheckResponse.Types.ServingStatus> AskAsync(KeyId pin)
    {
        await using var services = new InProcessServices();
        var data = _folder.CreateSubdirectory("data").FullName;
        var service = await services.StartAsync(
            ServiceKind.Ingestion, "ingestion", data, [$"--Tls:CertificateFile={_folder.FullName}/tls.crt", $"--Tls:KeyFile={_folder.FullName}/tls.key"], WholeRoom.Token);
        using var client = TlsCertificates.CreateSelfSigned("test", TimeProvider.System);
        using var channel = PinnedChannel.Create(service.Address, pin, client, new PinnedChannelOptions { MaxAttempts = 1 });
        return (await new Health.HealthClient(channel.CallInvoker).CheckAsync(new HealthCheckRequest(), cancellationToken: WholeRoom.Token)).Status;
    }

    /// <summary>Writes a certificate that holds from one day to another, counted from today, as a TLS secret holds it.</summary>
    private KeyId Write(ECDsa key, int from, int to)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=ingestion", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(from), now.AddDays(to));
        File.WriteAllText(Path.Combine(_folder.FullName, "tls.crt"), certificate.ExportCertificatePem() + "\n");
        File.WriteAllText(Path.Combine(_folder.FullName, "tls.key"), key.ExportPkcs8PrivateKeyPem() + "\n");
        return TlsCertificates.KeyOf(certificate);
    }
}
