using System.Text.Json.Nodes;
using CleanRoom.Hosting.Startup;
using CleanRoom.Protocol.Health.V1;
using CleanRoom.Transport;

namespace CleanRoom.Standalone;

/// <summary>Asks each service how it is, over its own port and with its own key, as a monitor would.</summary>
internal static class HealthCheck
{
    /// <exception cref="StartupException">A service that should run does not serve.</exception>
    public static async Task RunAsync(StandaloneIdentity identity, bool json, TextWriter output)
    {
        using var certificate = TlsCertificates.CreateSelfSigned("health", TimeProvider.System);
        var down = new List<string>();
        var all = new JsonObject();
        foreach (var service in identity.Services)
        {
            using var channel = PinnedChannel.Create(service.Endpoint, service.Tls, certificate);
            string state;
            try
            {
                var answer = await new Health.HealthClient(channel.CallInvoker).CheckAsync(new HealthCheckRequest(), deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(5));
                state = answer.Status.ToString();
            }
            catch (CleanRoomException exception)
            {
                state = exception.Reason.ToString();
            }

            all[service.Name] = state;
            if (state != nameof(HealthCheckResponse.Types.ServingStatus.Serving))
            {
                // Before there is a room there is no enclave.
                down.Add(service.Name);
            }

            if (!json)
            {
                await output.WriteLineAsync($"{service.Name,-24} {state}");
            }
        }

        if (json)
        {
            await output.WriteLineAsync(all.ToJsonString());
        }

        if (down.Count > 0)
        {
            throw new StartupException(ExitCode.DependencyUnavailable, $"Not serving: {string.Join(", ", down)}. (The enclave starts with the first charter that names it.)");
        }
    }
}
