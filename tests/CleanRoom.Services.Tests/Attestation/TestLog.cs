using CleanRoom.Cryptography;
using CleanRoom.Hosting;
using CleanRoom.Protocol.Common.V1;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Transport;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace CleanRoom.Services.Tests.Attestation;

/// <summary>A small but real log server: gRPC over mTLS, a real Merkle tree, real signatures; its misbehaviour is set by tests.</summary>
internal sealed class TestLog : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-testlog-");
    private WebApplication? _app;

    public TestTree Tree { get; private set; } = new();

    public Lock Gate { get; } = new();

    /// <summary>Makes the cosigned checkpoint of a size.</summary>
    public Func<int, Task<string>> Cosign { get; set; } = _ => throw new InvalidOperationException("No witnesses yet.");

    /// <summary>Runs before an inclusion is answered.</summary>
    public Func<Task> BeforeInclusion { get; set; } = () => Task.CompletedTask;

    /// <summary>Refuses to append.</summary>
    public bool Refuses { get; set; }

    /// <summary>Shows readers so many entries only.</summary>
    public int? Shows { get; set; }

    /// <summary>Proves another leaf than the one asked for.</summary>
    public bool ProvesAnother { get; set; }

    public Uri Address { get; private set; } = new("https://127.0.0.1:1");

    public KeyId Key { get; private set; } = KeyId.OfSpki([]);

    public async Task StartAsync()
    {
        _app = ServiceHost.Build(
            ["--Server:DataFolder=" + _folder.FullName],
            builder => builder.Services.AddSingleton(this),
            app => app.MapGrpcService<Service>());
        await _app.StartAsync(TestContext.Current.CancellationToken);
        Address = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Key = _app.Services.GetRequiredService<ServerIdentity>().Key;
    }

    public int Append(byte[] leaf)
    {
        lock (Gate)
        {
            for (var i = 0; i < Tree.Size; i++)
            {
                if (Tree.Leaves[i].AsSpan().SequenceEqual(leaf))
                {
                    return i;
                }
            }

            return Tree.Append(leaf);
        }
    }

    public void Replace(TestTree tree)
    {
        lock (Gate)
        {
            Tree = tree;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    internal sealed class Service(TestLog log) : IngestionService.IngestionServiceBase
    {
        public override Task<AppendResponse> Append(AppendRequest request, ServerCallContext context) => log.Refuses
            ? throw new CleanRoomException(ErrorReason.FailedPrecondition, "The log refuses.")
            : Task.FromResult(new AppendResponse { Index = (ulong)log.Append(request.Leaf.ToByteArray()) });

        public override async Task ReadEntries(ReadEntriesRequest request, IServerStreamWriter<ReadEntriesResponse> responseStream, ServerCallContext context)
        {
            if (log.Refuses)
            {
                throw new CleanRoomException(ErrorReason.FailedPrecondition, "The log refuses.");
            }

            var leaves = log.Tree.Leaves.Take(log.Shows ?? int.MaxValue).ToList();
            for (var i = (int)request.From; i < leaves.Count; i++)
            {
                var entry = new LogEntry { Index = (ulong)i, Leaf = ByteString.CopyFrom(leaves[i]), LeafHash = ByteString.CopyFrom(MerkleTree.LeafHash(leaves[i]).Span) };
                await responseStream.WriteAsync(new ReadEntriesResponse { Entry = entry });
            }

            await responseStream.WriteAsync(new ReadEntriesResponse { Checkpoint = new Protocol.Common.V1.SignedCheckpoint { Note = await log.Cosign(leaves.Count) } });
        }

        public override async Task<GetInclusionResponse> GetInclusion(GetInclusionRequest request, ServerCallContext context)
        {
            await log.BeforeInclusion();
            int size;
            IReadOnlyList<Digest> path;
            lock (log.Gate)
            {
                size = log.Tree.Size;
                path = log.Tree.Inclusion(log.ProvesAnother ? 0 : (int)request.Index, size);
            }

            var proof = new InclusionProof
            {
                Index = request.Index,
                Checkpoint = new Protocol.Common.V1.SignedCheckpoint { Note = await log.Cosign(size) },
            };
            proof.Path.AddRange(path.Select(hash => ByteString.CopyFrom(hash.Span)));
            return new GetInclusionResponse { Proof = proof };
        }
    }
}
