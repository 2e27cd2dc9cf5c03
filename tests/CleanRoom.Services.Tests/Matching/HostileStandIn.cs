using System.Text;
using CleanRoom.Attestation.Rooms;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Hosting;
using CleanRoom.Protocol.Attestation.V1;
using CleanRoom.Protocol.Common.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>A stand-in of alpha's that releases all that it was ever handed to whoever asks, and neither reads the log nor writes into it.</summary>
internal sealed class HostileStandIn : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-stand-in-");
    private readonly SigningKey _verifier = SigningKey.Generate();
    private readonly HpkePrivateKey _handOver = HpkePrivateKey.Generate();
    private HandOverContent _handed = new();
    private WebApplication? _app;

    private HostileStandIn()
    {
    }

    public StandInTerms Terms { get; private set; } = null!;

    /// <summary>Periods of the record keys that it released last.</summary>
    public IReadOnlyList<int> Released { get; private set; } = [];

    public static async Task<HostileStandIn> StartAsync()
    {
        var hostile = new HostileStandIn();
        hostile._app = ServiceHost.Build(
            ["--Server:DataFolder=" + hostile._folder.FullName, "--Server:CallsPerSecondAndPeer=0"],
            builder => builder.Services.AddSingleton(hostile),
            app => app.MapGrpcService<Service>());
        await hostile._app.StartAsync(TestContext.Current.CancellationToken);
        hostile.Terms = new StandInTerms(
            new Uri(hostile._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()),
            hostile._app.Services.GetRequiredService<ServerIdentity>().Key, hostile._verifier.PublicKey, hostile._handOver.PublicKey);
        return hostile;
    }

    /// <summary>Takes what the owner's broker handed over.</summary>
    public void Take(string package)
    {
        Assert.True(Jws.TryParse(package, out var jws, HandOver.MaxSize));
        Assert.True(Hpke.TryOpen(_handOver, HandOver.Info(_verifier.PublicKey.Id), [], jws.Payload.Span, out var plain));
        _handed = HandOverContent.Parser.ParseFrom(plain);
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }

        _verifier.Dispose();
        _handOver.Dispose();
        _folder.Delete(recursive: true);
    }

    private ReleaseKeyResponse Release(ReleaseKeyRequest request)
    {
        Assert.True(SignedEntry.TryParse(request.Instance.Leaf.Span, out var signed, out _));
        var instance = Assert.IsType<InstanceEntry>(signed.Entry);
        var owner = MemberId.Parse("alpha");
        var leaseEnds = TimeProvider.System.GetUtcNow().AddHours(1);
        Released = [.. _handed.RecordKeys.Select(key => (int)key.Period)];
        var leaf = new ReleaseEntry(instance.Room, EntryId.From(Guid.NewGuid()), owner, instance.Generation, instance.Signing.Id, leaseEnds, Released).Sign(_verifier);
        var bundle = new KeyBundle { RoomSecret = _handed.RoomSecret.Content, LeaseEnds = leaseEnds.ToUnixTimeSeconds() };
        bundle.RecordKeys.Add(_handed.RecordKeys.Select(key => new KeyBundle.Types.RecordKey { Period = key.Period, PrivateKey = key.Content }));
        var info = Encoding.ASCII.GetBytes($"cleanroom/v1/release\0{instance.Room}\0{owner}\0{instance.Generation}");
        var box = Hpke.Seal(instance.Release, info, MerkleTree.LeafHash(leaf).Span, bundle.ToByteArray());
        return new ReleaseKeyResponse
        {
            Enc = ByteString.CopyFrom(box.AsSpan(0, Hpke.EncSize)),
            Ciphertext = ByteString.CopyFrom(box.AsSpan(Hpke.EncSize)),
            Release = new LogEntry { Leaf = ByteString.CopyFrom(leaf) },
        };
    }

    private sealed class Service(HostileStandIn hostile) : AttestationService.AttestationServiceBase
    {
        public override Task<ChallengeResponse> Challenge(ChallengeRequest request, ServerCallContext context) =>
            Task.FromResult(new ChallengeResponse { Nonce = ByteString.CopyFrom(new byte[32]) });

        public override Task<AttestResponse> Attest(AttestRequest request, ServerCallContext context) => Task.FromResult(new AttestResponse { Result = "yes" });

        public override Task<ReleaseKeyResponse> ReleaseKey(ReleaseKeyRequest request, ServerCallContext context) => Task.FromResult(hostile.Release(request));
    }
}
