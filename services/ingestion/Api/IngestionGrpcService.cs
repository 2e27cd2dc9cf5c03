using CleanRoom.Charter.Log;
using CleanRoom.Hosting;
using CleanRoom.Ingestion.Rooms;
using CleanRoom.Ingestion.Uploads;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Storage.Batches;
using CleanRoom.Storage.Logs;
using CleanRoom.Transport;
using Google.Protobuf;
using Grpc.Core;
using ConsistencyProof = CleanRoom.Protocol.Common.V1.ConsistencyProof;
using InclusionProof = CleanRoom.Protocol.Common.V1.InclusionProof;

namespace CleanRoom.Ingestion.Api;

/// <summary>Translates the contract's calls.</summary>
internal sealed class IngestionGrpcService(RoomDirectory rooms, UploadReceiver uploads, OpenReads reads, EntryRates rates, ILogStore logs, IBatchStore batches, TimeProvider clock)
    : IngestionService.IngestionServiceBase
{
    private const int PageBytes = 1 << 20;
    private const int ChunkBytes = 64 << 10;

    public override async Task<AppendResponse> Append(AppendRequest request, ServerCallContext context)
    {
        var id = Wire.Room(request.Room);
        var entry = Wire.Entry(request.Leaf, request.Room, "leaf");
        switch (entry.Entry)
        {
            case BatchEntry or ResealEntry:
                throw new CleanRoomException(ErrorReason.InvalidArgument, "A batch goes through UploadBatch.", "leaf", "Send the manifest with its parts.");
            case CharterEntry { Content.Charter.Version: 1 }:
                return new AppendResponse { Index = 0, Existed = await rooms.CreateAsync(id, entry, context.CancellationToken) };
            default:
                var room = rooms.Get(id);
                rates.Check(id, entry.Entry.Author);
                var leaf = await room.AppendAsync(entry.Leaf, context.CancellationToken);
                if (!leaf.Existed)
                {
                    rates.Count(id, entry.Entry.Author);
                }

                return new AppendResponse { Index = (ulong)leaf.Index, Existed = leaf.Existed };
        }
    }

    public override async Task<UploadBatchResponse> UploadBatch(IAsyncStreamReader<UploadBatchRequest> requestStream, ServerCallContext context)
    {
        var peer = context.GetPeerKey();
        if (!await requestStream.MoveNext(context.CancellationToken) || requestStream.Current.Start is not { } start)
        {
            throw new CleanRoomException(ErrorReason.InvalidArgument, "The first message must be the start.", "start", "Send room and manifest first.");
        }

        var room = rooms.Get(Wire.Room(start.Room));
        var manifest = Wire.Entry(start.Manifest, start.Room, "start.manifest");
        if (manifest.Entry is not (BatchEntry or ResealEntry))
        {
            throw new CleanRoomException(ErrorReason.InvalidArgument, "The manifest is not a batch entry.", "start.manifest", "Other entries go through Append.");
        }

        var leaf = await uploads.ReceiveAsync(room, peer, manifest, NextAsync, context.CancellationToken);
        return new UploadBatchResponse { Index = (ulong)leaf.Index, Existed = leaf.Existed };

        async Task<IReadOnlyList<Chunk>?> NextAsync(CancellationToken cancellationToken) =>
            await requestStream.MoveNext(cancellationToken) ? Wire.Chunks(requestStream.Current) : null;
    }

    public override async Task<GetUploadResponse> GetUpload(GetUploadRequest request, ServerCallContext context)
    {
        var room = rooms.Get(Wire.Room(request.Room));
        var batch = Wire.Batch(request.Batch);
        var viewer = await room.IdentifyAsync(context.GetPeerKey(), context.CancellationToken);
        var progress = await batches.FindAsync(room.Id, batch, context.CancellationToken);
        if (progress is null || viewer is not Viewer.Member { Id.Value: var member } || member != progress.Author)
        {
            throw NoBatch();
        }

        var response = new GetUploadResponse { NextPart = (uint)progress.NextPart };
        if (progress.Index is { } index)
        {
            response.Index = (ulong)index;
        }

        return response;
    }

    public override async Task ReadEntries(ReadEntriesRequest request, IServerStreamWriter<ReadEntriesResponse> responseStream, ServerCallContext context)
    {
        var room = rooms.Get(Wire.Room(request.Room));
        var peer = context.GetPeerKey();
        var position = Wire.Position(request.From, "from");
        using var place = reads.Enter(room, await room.IdentifyAsync(peer, context.CancellationToken));
        CosignedCheckpoint? sent = null;
        while (true)
        {
            var (head, changed) = room.Cosigned.Observe();
            var cosigned = head?.Checkpoint;
            if (cosigned is not null && cosigned != sent)
            {
                if (position > cosigned.Size)
                {
                    throw new CleanRoomException(
                        ErrorReason.OutOfRange, $"The cosigned log has {cosigned.Size} entries.", "from", "If you have seen more, the log was rolled back: stop and tell the other members.");
                }

                // Asked anew for every checkpoint: a key may have been revoked or added meanwhile.
                var viewer = await room.IdentifyAsync(peer, context.CancellationToken);
                while (position < cosigned.Size)
                {
                    foreach (var entry in await logs.ReadAsync(room.Id, position, cosigned.Size, PageBytes, context.CancellationToken))
                    {
                        await responseStream.WriteAsync(
                            new ReadEntriesResponse { Entry = Wire.Entry(entry, room.IsVisible(entry.Index, viewer)) }, context.CancellationToken);
                        position = entry.Index + 1;
                    }
                }

                await responseStream.WriteAsync(new ReadEntriesResponse { Checkpoint = Wire.Checkpoint(cosigned) }, context.CancellationToken);
                sent = cosigned;
            }

            if (!request.Follow)
            {
                return;
            }

            await changed.WaitAsync(context.CancellationToken);
        }
    }

    public override async Task ReadBatch(ReadBatchRequest request, IServerStreamWriter<ReadBatchResponse> responseStream, ServerCallContext context)
    {
        var room = rooms.Get(Wire.Room(request.Room));
        var batch = Wire.Batch(request.Batch);
        var viewer = await room.IdentifyAsync(context.GetPeerKey(), context.CancellationToken);
        var progress = await batches.FindAsync(room.Id, batch, context.CancellationToken);
        var enclave = viewer is Viewer.Service { Enclave: true };
        var owner = viewer is Viewer.Member { Id.Value: var member } && member == progress?.Author;
        if (progress?.Index is not { } index || !(owner || (enclave && index < room.Cosigned.Value?.Size)))
        {
            // Whether another member's batch exists is not told.
            throw NoBatch();
        }

        using var place = reads.Enter(room, viewer);
        var part = checked((int)Math.Min(request.FromPart, int.MaxValue));
        while (await batches.ReadPartsAsync(room.Id, batch, part, PageBytes, context.CancellationToken) is { Count: > 0 } page)
        {
            foreach (var stored in page)
            {
                await WritePartAsync(stored, responseStream, context.CancellationToken);
                part = stored.Part + 1;
            }
        }
    }

    public override async Task<GetCheckpointResponse> GetCheckpoint(GetCheckpointRequest request, ServerCallContext context)
    {
        var room = rooms.Get(Wire.Room(request.Room));
        var known = Wire.Position(request.KnownSize, "known_size");
        var cosigned = request.Fresh
            ? await room.GetFreshAsync(clock.GetTimestamp(), context.CancellationToken)
            : room.Cosigned.Value?.Checkpoint ?? throw new CleanRoomException(
            ErrorReason.NotCosigned, "No checkpoint of this room is cosigned yet.", "room", "Wait until the brokers have joined the room.");
        if (known > cosigned.Size)
        {
            throw new CleanRoomException(
                ErrorReason.LogRolledBack, $"The cosigned log has {cosigned.Size} entries.", "known_size", "If yours was cosigned, the log was rolled back: stop and tell the other members.");
        }

        var held = await logs.FindHeadAsync(room.Id, context.CancellationToken) ?? throw Refusals.UnknownRoom();
        var response = new GetCheckpointResponse { Checkpoint = Wire.Checkpoint(cosigned), HeldSize = (ulong)held.Size, HeldRoot = UnsafeByteOperations.UnsafeWrap(held.Root.Memory) };
        if (known > 0)
        {
            response.Proof = new ConsistencyProof { OldSize = (ulong)known, NewSize = (ulong)cosigned.Size };
            response.Proof.Path.AddRange(Wire.Path(await logs.GetConsistencyAsync(room.Id, known, cosigned.Size, context.CancellationToken)));
        }

        return response;
    }

    public override async Task<GetInclusionResponse> GetInclusion(GetInclusionRequest request, ServerCallContext context)
    {
        var room = rooms.Get(Wire.Room(request.Room));
        var index = Wire.Position(request.Index, "index");
        var least = Math.Max(index + 1, Wire.Position(request.AtLeast, "at_least"));
        if (least > room.Size.Value)
        {
            throw new CleanRoomException(ErrorReason.OutOfRange, $"The log has {room.Size.Value} entries.", index >= room.Size.Value ? "index" : "at_least");
        }

        while (true)
        {
            var (head, changed) = room.Cosigned.Observe();
            if (head?.Checkpoint is { } cosigned && cosigned.Size >= least)
            {
                var proof = new InclusionProof { Index = (ulong)index, Checkpoint = Wire.Checkpoint(cosigned) };
                proof.Path.AddRange(Wire.Path(await logs.GetInclusionAsync(room.Id, index, cosigned.Size, context.CancellationToken)));
                return new GetInclusionResponse { Proof = proof };
            }

            await changed.WaitAsync(context.CancellationToken);
        }
    }

    private static async Task WritePartAsync(StoredPart part, IServerStreamWriter<ReadBatchResponse> stream, CancellationToken cancellationToken)
    {
        if (part.Ciphertext is not { } ciphertext)
        {
            await stream.WriteAsync(new ReadBatchResponse { Part = (uint)part.Part, Last = true, Deleted = true }, cancellationToken);
            return;
        }

        for (var offset = 0; offset < ciphertext.Length; offset += ChunkBytes)
        {
            var length = Math.Min(ChunkBytes, ciphertext.Length - offset);
            await stream.WriteAsync(
                new ReadBatchResponse
                {
                    Part = (uint)part.Part,
                    Offset = (uint)offset,
                    Data = UnsafeByteOperations.UnsafeWrap(ciphertext.Slice(offset, length)),
                    Last = offset + length == ciphertext.Length,
                },
                cancellationToken);
        }
    }

    private static CleanRoomException NoBatch() => new(ErrorReason.NotFound, "There is no such batch for this caller.", "batch", "Check the batch id and the TLS key.");
}
