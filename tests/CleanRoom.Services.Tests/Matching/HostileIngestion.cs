using System.Security.Cryptography.X509Certificates;
using CleanRoom.Cryptography;
using CleanRoom.Hosting;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Transport;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using SignedCheckpoint = CleanRoom.Protocol.Common.V1.SignedCheckpoint;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>An operator between the enclave and the log: passes on what it is asked, and changes what it shows.</summary>
internal sealed class HostileIngestion : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-hostile-");
    private WebApplication? _app;
    private PinnedChannel? _channel;
    private X509Certificate2? _certificate;

    private HostileIngestion()
    {
    }

    /// <summary>Changes an entry on its way; null leaves it out.</summary>
    public Func<Protocol.Common.V1.LogEntry, Protocol.Common.V1.LogEntry?> Entry { get; set; } = entry => entry;

    /// <summary>Holds an entry back before it is appended.</summary>
    public Func<ReadOnlyMemory<byte>, Task> Appending { get; set; } = _ => Task.CompletedTask;

    /// <summary>Changes a part of a batch on its way; null leaves it out.</summary>
    public Func<ReadBatchResponse, ReadBatchResponse?> Part { get; set; } = part => part;

    /// <summary>Shows this checkpoint, of an earlier and shorter log, as the newest; null shows the true one.</summary>
    public SignedCheckpoint? Old { get; set; }

    public (Uri Address, KeyId Pin) Service { get; private set; }

    private IngestionService.IngestionServiceClient Client => new(_channel!.CallInvoker);

    public static async Task<HostileIngestion> StartAsync(EnclaveRoom room)
    {
        var hostile = new HostileIngestion();
        hostile._certificate = room.Matching.OpenCertificate();
        hostile._channel = PinnedChannel.Create(room.Ingestion.Address, room.Ingestion.Pin, hostile._certificate);
        hostile._app = ServiceHost.Build(
            ["--Server:DataFolder=" + hostile._folder.FullName, "--Server:CallsPerSecondAndPeer=0"],
            builder => builder.Services.AddSingleton(hostile),
            app => app.MapGrpcService<Proxy>());
        await hostile._app.StartAsync(TestContext.Current.CancellationToken);
        hostile.Service = (
            new Uri(hostile._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()),
            hostile._app.Services.GetRequiredService<ServerIdentity>().Key);
        return hostile;
    }

    /// <summary>The newest true checkpoint.</summary>
    public async Task<SignedCheckpoint> CheckpointAsync(EnclaveRoom room) => (await Client.GetCheckpointAsync(
        new GetCheckpointRequest { Room = room.Id.ToString() }, cancellationToken: TestContext.Current.CancellationToken)).Checkpoint;

    /// <summary>Appends an entry that was held back.</summary>
    public async Task AppendAsync(EnclaveRoom room, byte[] leaf) => _ = await Client.AppendAsync(
        new AppendRequest { Room = room.Id.ToString(), Leaf = ByteString.CopyFrom(leaf) }, cancellationToken: TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }

        _channel?.Dispose();
        _certificate?.Dispose();
        _folder.Delete(recursive: true);
    }

    private sealed class Proxy(HostileIngestion hostile) : IngestionService.IngestionServiceBase
    {
        public override async Task<AppendResponse> Append(AppendRequest request, ServerCallContext context)
        {
            await hostile.Appending(request.Leaf.Memory);
            return await hostile.Client.AppendAsync(request, cancellationToken: context.CancellationToken);
        }

        public override async Task<GetInclusionResponse> GetInclusion(GetInclusionRequest request, ServerCallContext context) =>
            await hostile.Client.GetInclusionAsync(request, cancellationToken: context.CancellationToken);

        public override async Task<GetCheckpointResponse> GetCheckpoint(GetCheckpointRequest request, ServerCallContext context) => hostile.Old is { } old
            ? new GetCheckpointResponse { Checkpoint = old }
            : await hostile.Client.GetCheckpointAsync(request, cancellationToken: context.CancellationToken);

        public override async Task ReadBatch(ReadBatchRequest request, IServerStreamWriter<ReadBatchResponse> responseStream, ServerCallContext context)
        {
            using var call = hostile.Client.ReadBatch(request, cancellationToken: context.CancellationToken);
            await foreach (var message in call.ResponseStream.ReadAllAsync(context.CancellationToken))
            {
                if (hostile.Part(message) is { } shown)
                {
                    await responseStream.WriteAsync(shown, context.CancellationToken);
                }
            }
        }

        public override async Task ReadEntries(ReadEntriesRequest request, IServerStreamWriter<ReadEntriesResponse> responseStream, ServerCallContext context)
        {
            var end = hostile.Old is { } old && Cryptography.SignedCheckpoint.TryParse(old.Note, out var note) ? (ulong)note.Checkpoint.Size : ulong.MaxValue;
            using var call = hostile.Client.ReadEntries(request, cancellationToken: context.CancellationToken);
            await foreach (var message in call.ResponseStream.ReadAllAsync(context.CancellationToken))
            {
                if (message.Entry is { } entry)
                {
                    if (entry.Index < end && hostile.Entry(entry) is { } shown)
                    {
                        await responseStream.WriteAsync(new ReadEntriesResponse { Entry = shown }, context.CancellationToken);
                    }
                }
                else
                {
                    await responseStream.WriteAsync(hostile.Old is { } earlier ? new ReadEntriesResponse { Checkpoint = earlier } : message, context.CancellationToken);
                }
            }
        }
    }

    /// <summary>Another leaf at the same place, with its own hash.</summary>
    public static Protocol.Common.V1.LogEntry With(Protocol.Common.V1.LogEntry entry, ReadOnlyMemory<byte> leaf) => new()
    {
        Index = entry.Index,
        Leaf = ByteString.CopyFrom(leaf.Span),
        LeafHash = ByteString.CopyFrom(MerkleTree.LeafHash(leaf.Span).Span),
    };
}
