using CleanRoom.Attestation.Keys;
using CleanRoom.Attestation.Rooms;
using CleanRoom.Charter;
using CleanRoom.Evidence;
using CleanRoom.Protocol.Attestation.V1;
using CleanRoom.Storage.Brokers;
using Google.Protobuf;
using Grpc.Core;

namespace CleanRoom.Attestation.Api;

/// <summary>Translates for the owner. Who may call is decided by <see cref="OwnerOnly"/> before anything else is looked at.</summary>
internal sealed class BrokerGrpcService(BrokerKeys keys, CharterDesk desk, RoomGuard guard, OwnerOnly owner) : BrokerService.BrokerServiceBase
{
    public override Task<GetIdentityResponse> GetIdentity(GetIdentityRequest request, ServerCallContext context)
    {
        owner.Demand(context);
        var response = new GetIdentityResponse
        {
            VerifierKey = ByteString.CopyFrom(keys.Verifier.PublicKey.Spki.Span),
            WitnessKey = ByteString.CopyFrom(keys.Witness.PublicKey.Spki.Span),
            TlsKeyHash = ByteString.CopyFrom(keys.Tls.PublicKey.Id.Span),
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
        return new GetRoomResponse
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
    }
}
