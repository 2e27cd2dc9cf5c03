using System.Globalization;
using CleanRoom.Hosting;

namespace CleanRoom.Standalone;

/// <summary>The command line: <c>run</c> (the default), <c>identity</c>, <c>add-member</c>, <c>health</c>.</summary>
internal static class StandaloneCommand
{
    public const int UsageExit = 64;

    public const string Usage = """
        Use: cleanroom-standalone [run] --data DIR [--port N] [--Section:Name=value ...]
             cleanroom-standalone identity --data DIR [--port N] [--json] [--operator FILE] [--enclave FILE]
             cleanroom-standalone add-member --data DIR KEYS.json ...
             cleanroom-standalone health --data DIR [--json]
        All services of a simulated room in one process on 127.0.0.1, over SQLite in DIR. N is the first of its ports (7400; 0 takes free ones),
        chosen once for a folder. KEYS.json is what "cleanroom --json keys show" prints: a broker runs for each such member.
        """;

    private static readonly string[] Commands = ["run", "identity", "add-member", "health"];

    // What this host decides for each service.
    private static readonly string[] Own = ["DataFolder", "Address", "Port", "AddressFile"];

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output, TextWriter errors)
    {
        if (arguments is [.., "--help" or "-h"] or ["help"])
        {
            await output.WriteLineAsync(Usage);
            return 0;
        }

        if (Line.Parse(arguments) is not { } line)
        {
            await errors.WriteLineAsync(Usage);
            return UsageExit;
        }

        return await ServiceHost.RunAsync(() => line.Command switch
        {
            "identity" => IdentityAsync(line, output),
            "add-member" => AddMembersAsync(line, output),
            "health" => HealthCheck.RunAsync(StandaloneIdentity.Of(StandaloneFolder.Open(line.Data, line.Port)), line.Json, output),
            _ => ServeAsync(line, output),
        });
    }

    private static async Task ServeAsync(Line line, TextWriter output)
    {
        var folder = StandaloneFolder.Open(line.Data, line.Port);
        await output.WriteLineAsync("SIMULATED ROOMS ONLY: brokers and enclave share a process with the operator's services; nothing here protects real data.");
        await using var host = await StandaloneHost.StartAsync(folder, line.Settings, output, CancellationToken.None);
        if (host.Identity.Brokers.Count == 0)
        {
            await output.WriteLineAsync("No broker runs yet: add each member with \"cleanroom-standalone add-member\" and start again.");
        }

        await output.WriteLineAsync($"Ready. Folder {folder.Path}. The enclave starts with the first charter that names it.");
        await host.WaitForStopAsync();
    }

    private static async Task IdentityAsync(Line line, TextWriter output)
    {
        var identity = StandaloneIdentity.Of(StandaloneFolder.Open(line.Data, line.Port));
        if (line.OperatorFile is { } operatorFile)
        {
            await File.WriteAllTextAsync(operatorFile, identity.OperatorTerms().ToJsonString() + "\n");
        }

        if (line.EnclaveFile is { } enclaveFile)
        {
            await File.WriteAllTextAsync(enclaveFile, identity.EnclaveTerms().ToJsonString() + "\n");
        }

        if (line.Json)
        {
            await output.WriteLineAsync(identity.ToJson().ToJsonString());
            return;
        }

        foreach (var service in identity.Services)
        {
            await output.WriteLineAsync($"{service.Name,-24} {service.Endpoint.GetLeftPart(UriPartial.Authority)}  {service.Tls}");
        }

        await output.WriteLineAsync($"{"operator",-24} {identity.Operator.Id}");
        await output.WriteLineAsync($"{"measurement",-24} {identity.Measurement} (simulated)");
    }

    private static async Task AddMembersAsync(Line line, TextWriter output)
    {
        var folder = StandaloneFolder.Open(line.Data, line.Port);
        foreach (var file in line.Files)
        {
            var owner = folder.Add(file);
            await output.WriteLineAsync($"{owner.Member}: its broker runs from the next start on. Compare with the member: organisation key {owner.OrganisationKey.Id}");
        }
    }

    private sealed record Line(
        string Command, string Data, int? Port, bool Json, string? OperatorFile, string? EnclaveFile, IReadOnlyList<string> Files, IReadOnlyList<string> Settings)
    {
        public static Line? Parse(IReadOnlyList<string> arguments)
        {
            var command = arguments.Count > 0 && Commands.Contains(arguments[0]) ? arguments[0] : "run";
            var line = new Line(command, "", null, false, null, null, [], []);
            var files = new List<string>();
            var settings = new List<string>();
            for (var i = arguments.Count > 0 && arguments[0] == command ? 1 : 0; i < arguments.Count; i++)
            {
                var value = i + 1 < arguments.Count ? arguments[i + 1] : "";
                switch (arguments[i])
                {
                    case "--data" when value.Length > 0:
                        (line, i) = (line with { Data = value }, i + 1);
                        break;
                    case "--port" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= 65000:
                        (line, i) = (line with { Port = port }, i + 1);
                        break;
                    case "--operator" when command == "identity" && value.Length > 0:
                        (line, i) = (line with { OperatorFile = value }, i + 1);
                        break;
                    case "--enclave" when command == "identity" && value.Length > 0:
                        (line, i) = (line with { EnclaveFile = value }, i + 1);
                        break;
                    case "--json" when command is "identity" or "health":
                        line = line with { Json = true };
                        break;
                    case var setting when command == "run" && IsSetting(setting):
                        settings.Add(setting);
                        break;
                    case var file when command == "add-member" && !file.StartsWith('-'):
                        files.Add(file);
                        break;
                    default:
                        return null;
                }
            }

            return line.Data.Length == 0 || (command == "add-member" && files.Count == 0) ? null : line with { Files = files, Settings = settings };
        }

        /// <summary>A setting for the services, but none of those that this host decides.</summary>
        private static bool IsSetting(string text) =>
            text.StartsWith("--", StringComparison.Ordinal) && text.Contains(':', StringComparison.Ordinal) && text.Contains('=', StringComparison.Ordinal)
            && !Own.Any(own => text.StartsWith($"--Server:{own}=", StringComparison.OrdinalIgnoreCase));
    }
}
