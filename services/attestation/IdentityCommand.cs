using System.Text.Json.Nodes;
using CleanRoom.Attestation.Keys;
using CleanRoom.Cryptography;
using CleanRoom.Evidence;

namespace CleanRoom.Attestation;

/// <summary><c>identity --data DIR [--master-key FILE]</c>: prints the broker's public keys, for the charter, as one line of JSON. Makes them at first use.</summary>
internal static class IdentityCommand
{
    private const int UsageExit = 64;
    private const int ConfigurationExit = 78;

    public static int Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter errors)
    {
        string? data = null;
        string? masterKey = null;
        for (var i = 0; i < arguments.Count; i += 2)
        {
            var value = i + 1 < arguments.Count ? arguments[i + 1] : null;
            switch (arguments[i])
            {
                case "--data" when value is { Length: > 0 }:
                    data = value;
                    break;
                case "--master-key" when value is { Length: > 0 }:
                    masterKey = value;
                    break;
                default:
                    data = null;
                    i = arguments.Count;
                    break;
            }
        }

        if (data is null)
        {
            errors.WriteLine("Usage: identity --data DIR [--master-key FILE]");
            return UsageExit;
        }

        try
        {
            using var keys = BrokerKeys.Open(data, masterKey);
            output.WriteLine(System.Text.Encoding.UTF8.GetString(CanonicalJson.Canonicalize(new JsonObject
            {
                ["adminHint"] = "Attestation:AdminKeys:0 = key id (spki-sha256:...) of the TLS key with which the owner calls this broker",
                ["evidenceKinds"] = new JsonArray([.. EvidenceKinds.Supported.Select(kind => (JsonNode)kind)]),
                ["handOverKey"] = keys.HandOver.PublicKey.ToJwk(),
                ["tls"] = keys.Tls.PublicKey.Id.ToString(),
                ["verifierKey"] = keys.Verifier.PublicKey.ToJwk(),
                ["witnessKey"] = keys.Witness.PublicKey.ToJwk(),
            })));
            return 0;
        }
        catch (Exception exception) when (exception is BrokerKeyException or IOException or UnauthorizedAccessException)
        {
            errors.WriteLine(exception.Message);
            return ConfigurationExit;
        }
    }
}
