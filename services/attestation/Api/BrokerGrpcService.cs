using CleanRoom.Attestation.Keys;
using CleanRoom.Attestation.Rooms;
using CleanRoom.Charter;
using CleanRoom.Cryptography;
using CleanRoom.Evidence;
using CleanRoom.Protocol.Attestation.V1;
using CleanRoom.Storage.Brokers;
using Google.Protobuf;
using Grpc.Core;

namespace CleanRoom.Attestation.Api;

/// <summary>Translates for the owner. Who may call is decided by <see cref="OwnerOnly"/> before anything else is looked at.</summary>
internal sealed class BrokerGrpcService(BrokerKeys keys, CharterDesk desk, RecordKeyDesk recordKeys, HandOverDesk handOvers, RoomKeys custodies, RoomGuard guard, OwnerOnly owner) : BrokerService.BrokerServiceBase
{
    public override Task<GetIdentityResponse> GetIdentity(GetIdentityRequest request, ServerCallContext context)
    {
        owner.Demand(context);
        var response = new GetIdentityResponse
        {
            VerifierKey = ByteString.CopyFrom(keys.Verifier.PublicKey.Spki.Span),
            WitnessKey = ByteString.CopyFrom(keys.Witness.PublicKey.Spki.Span),
            TlsKeyHash = ByteString.CopyFrom(keys.Tls.PublicKey.Id.Span),
            HandOverKey = ByteString.CopyFrom(keys.HandOver.PublicKey.ToSpki()),
        };
        response.EvidenceKinds.AddRange(EvidenceKinds.Supported);
        return Task.FromResult(response);
    }

    public override async Task<AcceptCharterResponse> AcceptCharter(AcceptCharterRequest request, ServerCallContext context)
    {
        owner.Demand(context);
        var room = Requests.Value(await desk.AcceptAsync(
            Requests.Bytes(request.SignedCharter, 1, SignedCharter.MaxSize, "signed_charter"), context.CancellationToken));
        var newest = room.Record.RecordKeys.MaxBy(key => key.Period) ?? throw new InvalidOperationException("A joined room has a record key.");
        return new AcceptCharterResponse
        {
            Version = (uint)room.Charter.Version,
            RecordKey = ByteString.CopyFrom(newest.PublicKey.Span),
            Period = (uint)newest.Period,
        };
    }

    public override async Task<SetFrozenResponse> SetFrozen(SetFrozenRequest request, ServerCallContext context)
    {
        owner.Demand(context);
        var room = Requests.Value(await guard.ChangeAsync(
            Requests.Room(request.Room),
            state => new Outcome<BrokerRoom>.Done(state.Record.Frozen == request.Frozen ? state.Record : state.Record with { Frozen = request.Frozen }),
            context.CancellationToken));
        return new SetFrozenResponse { Frozen = room.Record.Frozen };
    }

    public override async Task<GetRoomResponse> GetRoom(GetRoomRequest request, ServerCallContext context)
    {
        owner.Demand(context);
        var room = Requests.Value(await guard.GetAsync(Requests.Room(request.Room), context.CancellationToken));
        var response = new GetRoomResponse
        {
            CharterVersion = (uint)room.Charter.Version,
            CharterHash = ByteString.CopyFrom(room.Charter.Hash.Span),
            Frozen = room.Record.Frozen,
            Simulated = room.Charter.Simulated,
            Size = (ulong)room.Record.CosignedSize,
            Root = room.Record.CosignedRoot is { } root ? ByteString.CopyFrom(root.Span) : ByteString.Empty,
            Generation = (ulong)room.Record.Generation,
            LeaseEnds = room.Record.LeaseEnds?.ToUnixTimeSeconds() ?? 0,
        };
        response.RecordKeys.AddRange(room.Record.RecordKeys.OrderBy(key => key.Period).Select(key => new HeldRecordKey
        {
            Period = (uint)key.Period,
            PublicKey = ByteString.CopyFrom(key.PublicKey.Span),
            Custody = custodies.NameOf(key.SealedPrivateKey),
        }));
        return response;
    }

    public override async Task<RollRecordKeyResponse> RollRecordKey(RollRecordKeyRequest request, ServerCallContext context)
    {
        owner.Demand(context);
        var key = Requests.Value(await recordKeys.RollAsync(Requests.Room(request.Room), Requests.Period(request.From, "from"), context.CancellationToken));
        return new RollRecordKeyResponse { RecordKey = ByteString.CopyFrom(key.PublicKey.Span), Period = (uint)key.Period };
    }

    public override async Task<DestroyRecordKeyResponse> DestroyRecordKey(DestroyRecordKeyRequest request, ServerCallContext context)
    {
        owner.Demand(context);
        var key = new KeyId(Requests.Bytes(request.KeyHash, KeyId.Size, KeyId.Size, "key_hash").Span);
        var erasure = Requests.Value(await recordKeys.DestroyAsync(Requests.Room(request.Room), Requests.Period(request.Period, "period"), key, context.CancellationToken));
        return new DestroyRecordKeyResponse { Statement = erasure.Statement, Index = (ulong)erasure.Index };
    }

    public override async Task<HandOverResponse> HandOver(HandOverRequest request, ServerCallContext context)
    {
        owner.Demand(context);
        var to = new KeyId(Requests.Bytes(request.To, KeyId.Size, KeyId.Size, "to").Span);
        return new HandOverResponse { Package = Requests.Value(await handOvers.HandOverAsync(Requests.Room(request.Room), to, context.CancellationToken)) };
    }

    public override async Task<TakeOverResponse> TakeOver(TakeOverRequest request, ServerCallContext context)
    {
        owner.Demand(context);
        var package = Requests.Text(request.Package, 2 * Rooms.HandOver.MaxSize, "package");
        var room = Requests.Value(await handOvers.TakeOverAsync(package, context.CancellationToken));
        var response = new TakeOverResponse { Room = room.Id.ToString(), Version = (uint)room.Charter.Version, Frozen = room.Record.Frozen };
        response.Periods.AddRange(room.Record.RecordKeys.Select(key => (uint)key.Period).Order());
        return response;
    }
}
