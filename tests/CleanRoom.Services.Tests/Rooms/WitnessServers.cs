using System.Collections.Concurrent;
using System.Globalization;
using CleanRoom.Cryptography;
using CleanRoom.Hosting;
using CleanRoom.Protocol.Attestation.V1;
using CleanRoom.Services.Tests.Rooms;
using CleanRoom.Transport;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

[assembly: AssemblyFixture(typeof(WitnessServers))]

namespace CleanRoom.Services.Tests.Rooms;

/// <summary>Four small but real witnesses, for all tests: gRPC over mTLS, real proofs and signatures. How one behaves is set per room.</summary>
public sealed class WitnessServers : IAsyncLifetime
{
    internal IReadOnlyList<TestWitness> All { get; } = [new("alpha"), new("beta"), new("gamma"), new("delta")];

    public async ValueTask InitializeAsync()
    {
        foreach (var witness in All)
        {
            await witness.StartAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var witness in All)
        {
            await witness.DisposeAsync();
        }
    }
}

/// <summary>One witness.</summary>
internal sealed class TestWitness(string name) : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-witness-");
    private readonly ConcurrentDictionary<string, (long Size, Digest Root)> _rooms = new();
    private WebApplication? _app;

    public string Name => name;

    public SigningKey Key { get; } = SigningKey.Generate();

    public Uri Address { get; private set; } = null!;

    public KeyId Pin { get; private set; } = null!;

    /// <summary>What it does instead of cosigning, by room.</summary>
    public ConcurrentDictionary<string, Func<CosignRequest, Func<CosignResponse>, CancellationToken, Task<CosignResponse>>> Behaviours { get; } = new();

    /// <summary>Its clock, less the true time.</summary>
    public ConcurrentDictionary<string, TimeSpan> Skews { get; } = new();

    public ConcurrentDictionary<string, int> Questions { get; } = new();

    public async Task StartAsync()
    {
        _app = ServiceHost.Build(
            ["--Server:DataFolder=" + _folder.FullName, "--Server:CallsPerSecondAndPeer=0"],
            builder => builder.Services.AddSingleton(this),
            app => app.MapGrpcService<Service>());
        await _app.StartAsync();
        Address = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Pin = _app.Services.GetRequiredService<ServerIdentity>().Key;
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }

        Key.Dispose();
        _folder.Delete(recursive: true);
    }

    private CosignResponse Cosign(CosignRequest request)
    {
        if (!CleanRoom.Cryptography.SignedCheckpoint.TryParse(request.Checkpoint.Note, out var note))
        {
            throw new CleanRoomException(ErrorReason.InvalidArgument, "No note.");
        }

        var checkpoint = note.Checkpoint;
        lock (_rooms)
        {
            var last = _rooms.GetValueOrDefault(request.Room);
            if (last.Root is not null)
            {
                var proof = request.Proof.Path.Select(hash => new Digest(hash.Span)).ToList();
                if ((long)request.Proof.OldSize != last.Size
                    || !MerkleProof.VerifyConsistency(last.Size, last.Root, checkpoint.Size, checkpoint.Root, proof))
                {
                    throw new CleanRoomException(ErrorReason.LogForked, "Not the history that this witness cosigned.", last.Size.ToString(CultureInfo.InvariantCulture));
                }
            }

            _rooms[request.Room] = (checkpoint.Size, checkpoint.Root);
        }

        var time = DateTimeOffset.UtcNow + Skews.GetValueOrDefault(request.Room);
        return new CosignResponse { Cosignature = Cosigner.Cosign(Key, name, checkpoint, time).ToText() };
    }

    private sealed class Service(TestWitness witness) : AttestationService.AttestationServiceBase
    {
        public override async Task<CosignResponse> Cosign(CosignRequest request, ServerCallContext context)
        {
            witness.Questions.AddOrUpdate(request.Room, 1, static (_, count) => count + 1);
            return witness.Behaviours.TryGetValue(request.Room, out var behave)
                ? await behave(request, () => witness.Cosign(request), context.CancellationToken)
                : witness.Cosign(request);
        }
    }
}
