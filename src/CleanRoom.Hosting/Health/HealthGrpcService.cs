using CleanRoom.Protocol.Health.V1;
using CleanRoom.Transport;
using Grpc.Core;

namespace CleanRoom.Hosting.Health;

/// <summary>Translates <see cref="ServiceHealth"/> to <c>grpc.health.v1</c>.</summary>
internal sealed class HealthGrpcService(ServiceHealth health) : Protocol.Health.V1.Health.HealthBase
{
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        var (status, _) = health.Find(request.Service);
        return status == HealthCheckResponse.Types.ServingStatus.ServiceUnknown
            ? throw new CleanRoomException(ErrorReason.NotFound, "This server has no such service.", "service", "Ask with the full name, or with none.")
            : Task.FromResult(new HealthCheckResponse { Status = status });
    }

    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        HealthCheckResponse.Types.ServingStatus? sent = null;
        while (true)
        {
            var (status, changed) = health.Find(request.Service);
            if (status != sent)
            {
                await responseStream.WriteAsync(new HealthCheckResponse { Status = status }, context.CancellationToken);
                sent = status;
            }

            await changed.WaitAsync(context.CancellationToken);
        }
    }
}
