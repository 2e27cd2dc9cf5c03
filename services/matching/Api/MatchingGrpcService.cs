using CleanRoom.Matching.Enclave;
using CleanRoom.Protocol.Matching.V1;
using CleanRoom.Transport;
using Google.Protobuf;
using Grpc.Core;

namespace CleanRoom.Matching.Api;

/// <summary>Translates; decides nothing.</summary>
internal sealed class MatchingGrpcService(EnclaveStatus status, RoomOptions options) : MatchingService.MatchingServiceBase
{
    public override Task<GetStatusResponse> GetStatus(GetStatusRequest request, ServerCallContext context)
    {
        CheckRoom(request.Room);
        var current = status.Current;
        var response = new GetStatusResponse
        {
            State = current.Phase switch
            {
                EnclavePhase.Replaying => GetStatusResponse.Types.State.Replaying,
                EnclavePhase.Attesting => GetStatusResponse.Types.State.Attesting,
                EnclavePhase.Running => GetStatusResponse.Types.State.Running,
                _ => GetStatusResponse.Types.State.Halted,
            },
            Reason = current.Reason,
            Generation = (ulong)current.Generation,
            Position = (ulong)current.Position,
            Epoch = (ulong)current.Epoch,
            EvaluatedEpoch = (ulong)current.EvaluatedEpoch,
            Simulated = current.Simulated,
        };
        response.Keys.Add(current.Keys);
        return Task.FromResult(response);
    }

    public override Task<GetInstanceResponse> GetInstance(GetInstanceRequest request, ServerCallContext context)
    {
        CheckRoom(request.Room);
        var current = status.Current;
        return current.InstanceLeaf.IsEmpty
            ? throw new CleanRoomException(ErrorReason.FailedPrecondition, "The enclave has no cosigned instance entry yet.", null, "Ask again when its state is attesting or running.")
            : Task.FromResult(new GetInstanceResponse { Leaf = ByteString.CopyFrom(current.InstanceLeaf.Span), Index = (ulong)current.InstanceIndex });
    }

    private void CheckRoom(string room)
    {
        if (room != options.Room.ToString())
        {
            throw new CleanRoomException(ErrorReason.UnknownRoom, "This enclave serves another room.", "room", "Take the address from the room's charter.");
        }
    }
}
