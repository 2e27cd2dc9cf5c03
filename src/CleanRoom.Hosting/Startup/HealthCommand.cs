using CleanRoom.Protocol.Health.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace CleanRoom.Hosting.Startup;

/// <summary>
/// <c>health ADDRESS [SERVICE]</c>: asks a management port (<see cref="Telemetry.ManagementOptions"/>) and ends with 0 if it says SERVING. For container health checks, which
/// have no other program to ask with: images hold no shell.
/// </summary>
internal static class HealthCommand
{
    private const int Patience = 5;

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output, TextWriter errors)
    {
        if (arguments.Count is not (1 or 2) || !Uri.TryCreate(arguments[0], UriKind.Absolute, out var address) || address.Scheme != Uri.UriSchemeHttp)
        {
            await errors.WriteLineAsync("Use: health http://HOST:PORT [SERVICE], with the port of Management:HealthPort.");
            return (int)ExitCode.BadOption;
        }

        using var handler = new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(Patience), UseProxy = false };
        using var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = handler });
        var client = new Protocol.Health.V1.Health.HealthClient(channel);
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(Patience));
            var answer = await client.CheckAsync(new HealthCheckRequest { Service = arguments.Count == 2 ? arguments[1] : "" }, cancellationToken: patience.Token);
            await output.WriteLineAsync(answer.Status == HealthCheckResponse.Types.ServingStatus.Serving ? "serving" : "not serving");
            return (int)(answer.Status == HealthCheckResponse.Types.ServingStatus.Serving ? ExitCode.Ok : ExitCode.DependencyUnavailable);
        }
        catch (Exception exception) when (exception is RpcException or OperationCanceledException)
        {
            await errors.WriteLineAsync($"{address.Authority} does not answer; is Management:HealthPort set, and does the service run?");
            return (int)ExitCode.DependencyUnavailable;
        }
    }
}
