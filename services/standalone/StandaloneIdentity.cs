using System.Text.Json;
using System.Text.Json.Nodes;
using CleanRoom.Cryptography;
using CleanRoom.Hosting.Startup;

namespace CleanRoom.Standalone;

/// <summary>Where a service is and by which key it is known.</summary>
internal sealed record ServiceAddress(string Name, string Folder, int Port, KeyId Tls)
{
    public Uri Endpoint => new($"https://127.0.0.1:{Port}");

    public JsonObject ToJson() => new() { ["endpoint"] = Endpoint.GetLeftPart(UriPartial.Authority), ["tls"] = Tls.ToString() };
}

/// <summary>An owner's broker.</summary>
internal sealed record BrokerAddress(Owner Owner, ServiceAddress Service, VerifyingKey VerifierKey, VerifyingKey WitnessKey)
{
    public JsonObject ToJson()
    {
        var json = Service.ToJson();
        json["standIn"] = new JsonArray();
        json["verifierKey"] = VerifierKey.ToJwk();
        json["witnessKey"] = WitnessKey.ToJwk();
        return json;
    }
}

/// <summary>What charters need to know of this host, from the identity commands of the services themselves; makes keys and chooses ports at first use.</summary>
internal sealed record StandaloneIdentity(
    VerifyingKey Operator, ServiceAddress Ingestion, ServiceAddress Matching, ServiceAddress Notification, string Measurement, IReadOnlyList<BrokerAddress> Brokers)
{
    /// <summary>Gives every service with its address.</summary>
    public IEnumerable<ServiceAddress> Services => [Ingestion, Matching, Notification, .. Brokers.Select(broker => broker.Service)];

    public static StandaloneIdentity Of(StandaloneFolder folder)
    {
        var ingestion = Ask("ingestion", folder, (data, output, error) => CleanRoom.Ingestion.IdentityCommand.Run(["identity", "--data", data], output, error));
        var matching = Ask("matching", folder, (data, output, error) => CleanRoom.Matching.IdentityCommand.Run(["--data", data], output, error));
        var notification = Ask("notification", folder, (data, output, error) => CleanRoom.Notification.IdentityCommand.Run(["identity", "--data", data], output, error));
        var identity = new StandaloneIdentity(
            Key(ingestion, "operator"), Address("ingestion", folder, ingestion), Address("matching", folder, matching), Address("notification", folder, notification),
            matching.GetProperty("measurement").GetString()!, []);
        return identity with
        {
            Brokers = [.. folder.ReadOwners().Select(owner =>
            {
                var name = "broker-" + owner.Member;
                var broker = Ask(name, folder, (data, output, error) => CleanRoom.Attestation.IdentityCommand.Run(["--data", data], output, error));
                return new BrokerAddress(owner, Address(name, folder, broker), Key(broker, "verifierKey"), Key(broker, "witnessKey"));
            })],
        };
    }

    /// <summary>The charter's "operator".</summary>
    public JsonObject OperatorTerms() => new()
    {
        ["key"] = Operator.ToJwk(),
        ["services"] = new JsonObject { ["ingestion"] = Ingestion.ToJson(), ["matching"] = Matching.ToJson(), ["notification"] = Notification.ToJson() },
    };

    /// <summary>One of the charter's "enclaves".</summary>
    public JsonObject EnclaveTerms()
    {
        // With the floors, without which no broker approves it.
        var terms = Charter.EnclaveTerms.ForSimulation("cleanroom-standalone (simulated)", Measurement);
        return new JsonObject
        {
            ["floors"] = JsonNode.Parse(terms.FloorsJson!.Value.Span),
            ["name"] = terms.Name,
            ["reference"] = JsonNode.Parse(terms.ReferenceJson.Span),
            ["tee"] = terms.Tee,
        };
    }

    public JsonObject ToJson() => new()
    {
        ["simulated"] = true,
        ["operator"] = OperatorTerms(),
        ["enclave"] = EnclaveTerms(),
        ["brokers"] = new JsonObject(Brokers.Select(broker => KeyValuePair.Create(broker.Owner.Member.Value, (JsonNode?)broker.ToJson()))),
    };

    private static ServiceAddress Address(string name, StandaloneFolder folder, JsonElement identity) =>
        new(name, folder.Of(name), folder.PortOf(name), KeyId.Parse(identity.GetProperty("tls").GetString()!));

    private static JsonElement Ask(string name, StandaloneFolder folder, Func<string, TextWriter, TextWriter, int> command)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var data = folder.Of(name);
        _ = OperatingSystem.IsWindows()
            ? Directory.CreateDirectory(data)
            : Directory.CreateDirectory(data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var code = command(data, output, error);
        if (code != 0)
        {
            throw new StartupException((ExitCode)code, $"{name}: {error.ToString().Trim()}");
        }

        using var json = JsonDocument.Parse(output.ToString());
        return json.RootElement.Clone();
    }

    private static VerifyingKey Key(JsonElement identity, string name) => VerifyingKey.TryFromJwk(identity.GetProperty(name), out var key)
        ? key
        : throw new StartupException(ExitCode.Unexpected, $"The identity's {name} is not a key.");
}
