using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CleanRoom.Cli.Output;
using CleanRoom.Cryptography;

namespace CleanRoom.Cli.Commands;

/// <summary>
/// A release's provenance: an in-toto statement (v1) with SLSA's provenance (v1), in a DSSE envelope signed with ECDSA P-256. What it names is compared with the images on
/// this machine and with the measurements that a charter approves.
/// </summary>
internal static class ReleaseCommands
{
    private const int Rejected = 3;
    private const int Unusable = 2;
    private const int MaxFile = 1 << 20;
    private const string PayloadType = "application/vnd.in-toto+json";

    private static readonly Argument<string> Statement = new("FILE") { Description = "The release's provenance: a DSSE envelope." };

    private static readonly Option<string> Key = new("--key") { Description = "File with the public key of who releases, a JWK.", HelpName = "FILE", Required = true };

    private static readonly Option<string?> Images = new("--images") { Description = "Folder with the images, an OCI layout: every digest is computed anew.", HelpName = "DIR" };

    private static readonly Option<string?> Charter = new("--charter") { Description = "Charter: the release's measurement must be one that it approves.", HelpName = "FILE" };

    public static Command CreateVerify()
    {
        var verify = new Command(
            "verify-release", "Verify a release offline: who signed its provenance, that these images are the ones it names, that the charter approves its measurement. Exit code 0, 3 rejected, 2 unusable input.")
        {
            Statement, Key, Images, Charter,
        };
        verify.Handle(Verify);
        return verify;
    }

    private static int Verify(Call call)
    {
        if (!TryReadJson(call.Get(Statement), out var envelope, out var problem) || !TryReadJson(call.Get(Key), out var jwk, out problem))
        {
            return call.Screen.Error(Unusable, "UnusableInput", problem);
        }

        if (!VerifyingKey.TryFromJwk(jwk.ToJsonString(), out var key))
        {
            return call.Screen.Error(Unusable, "UnusableInput", "The key is not the public JWK of a P-256 key.");
        }

        if (!TryOpen(envelope, key, out var statement))
        {
            return call.Screen.Error(Rejected, "SignatureInvalid", "The provenance is not signed with this key.");
        }

        if (!TryReadSubjects(statement, out var subjects))
        {
            return call.Screen.Error(Rejected, "StatementInvalid", "The signed statement is no provenance with subjects and digests.");
        }

        if (call.Get(Images) is { } folder && FindWrongImage(folder, subjects) is { } wrong)
        {
            return call.Screen.Error(Rejected, "ImageDiffers", wrong);
        }

        if (call.Get(Charter) is { } file)
        {
            if (!TryReadJson(file, out var charter, out problem))
            {
                return call.Screen.Error(Unusable, "UnusableInput", problem);
            }

            var measurement = subjects.FirstOrDefault(subject => subject.Algorithm == "sha384").Digest;
            if (measurement is null || !Texts((charter["charter"] ?? charter)["enclaves"]).Contains(measurement, StringComparer.Ordinal))
            {
                return call.Screen.Error(Rejected, "MeasurementNotApproved", "The charter approves no enclave with the release's measurement.");
            }
        }

        if (call.Screen.Json)
        {
            call.Screen.Line(new JsonObject
            {
                ["key"] = key.Id.ToString(),
                ["subjects"] = new JsonArray([.. subjects.Select(subject => (JsonNode)new JsonObject { ["name"] = subject.Name, [subject.Algorithm] = subject.Digest })]),
                ["verdict"] = "trusted",
            }.ToJsonString());
        }
        else
        {
            call.Screen.Line($"signed by {key.Id}");
            foreach (var (name, algorithm, digest) in subjects)
            {
                call.Screen.Line($"  {name,-28} {algorithm}:{digest}");
            }

            call.Screen.Line(call.Get(Images) is null ? "Images were not compared: name their folder with --images." : "The images are the ones that were signed.");
        }

        return ExitCodes.Ok;
    }

    /// <summary>DSSE v1: what is signed is the pre-authentication encoding of type and payload.</summary>
    private static bool TryOpen(JsonObject envelope, VerifyingKey key, [NotNullWhen(true)] out JsonObject? statement)
    {
        statement = null;
        try
        {
            var payload = Convert.FromBase64String((string?)envelope["payload"] ?? "");
            var head = Encoding.UTF8.GetBytes($"DSSEv1 {PayloadType.Length} {PayloadType} {payload.Length} ");
            if ((string?)envelope["payloadType"] != PayloadType
                || envelope["signatures"] is not JsonArray signatures
                || !signatures.Any(signature => key.Verify([.. head, .. payload], Convert.FromBase64String((string?)signature?["sig"] ?? ""))))
            {
                return false;
            }

            statement = JsonNode.Parse(payload) as JsonObject;
            return statement is not null;
        }
        catch (Exception exception) when (exception is FormatException or InvalidOperationException or JsonException or ArgumentNullException)
        {
            return false;
        }
    }

    private static bool TryReadSubjects(JsonObject statement, out IReadOnlyList<(string Name, string Algorithm, string Digest)> subjects)
    {
        subjects = [];
        if ((string?)statement["_type"] != "https://in-toto.io/Statement/v1" || (string?)statement["predicateType"] != "https://slsa.dev/provenance/v1" || statement["subject"] is not JsonArray list)
        {
            return false;
        }

        var found = new List<(string, string, string)>();
        foreach (var item in list.OfType<JsonObject>())
        {
            if ((string?)item["name"] is not { } name || item["digest"] is not JsonObject digests)
            {
                return false;
            }

            found.AddRange(digests.Select(digest => (name, digest.Key, (string?)digest.Value ?? "")));
        }

        subjects = found;
        return found.Count > 0;
    }

    /// <summary>Follows the layout from its index to every layer. Null if all is as it was signed.</summary>
    private static string? FindWrongImage(string folder, IReadOnlyList<(string Name, string Algorithm, string Digest)> subjects)
    {
        if (!TryReadJson(Path.Combine(folder, "index.json"), out var index, out var problem) || index["manifests"] is not JsonArray manifests)
        {
            return problem;
        }

        foreach (var entry in manifests.OfType<JsonObject>())
        {
            var name = (string?)entry["annotations"]?["org.opencontainers.image.ref.name"] ?? "";
            var digest = (string?)entry["digest"] ?? "";
            if (!subjects.Contains(("image/" + name, "sha256", digest.Replace("sha256:", "", StringComparison.Ordinal))))
            {
                return $"The image {name} ({digest}) is not in the signed statement.";
            }

            if (!IsWhole(folder, digest) || !TryReadJson(Blob(folder, digest), out var manifest, out _))
            {
                return $"The manifest of the image {name} holds other bytes than its digest says.";
            }

            foreach (var part in new[] { manifest["config"] }.Concat(manifest["layers"] as JsonArray ?? []))
            {
                if (!IsWhole(folder, (string?)part?["digest"] ?? ""))
                {
                    return $"A part of the image {name} holds other bytes than its digest says: {(string?)part?["digest"]}.";
                }
            }
        }

        return null;
    }

    private static string Blob(string folder, string digest) => Path.Combine(folder, "blobs", "sha256", Path.GetFileName(digest.Replace("sha256:", "", StringComparison.Ordinal)));

    private static bool IsWhole(string folder, string digest)
    {
        var file = Blob(folder, digest);
        if (!digest.StartsWith("sha256:", StringComparison.Ordinal) || !File.Exists(file))
        {
            return false;
        }

        using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream)) == digest["sha256:".Length..];
    }

    private static IEnumerable<string> Texts(JsonNode? node) => node switch
    {
        JsonObject json => json.SelectMany(member => Texts(member.Value)),
        JsonArray array => array.SelectMany(Texts),
        JsonValue value when value.TryGetValue<string>(out var text) => [text],
        _ => [],
    };

    private static bool TryReadJson(string file, out JsonObject json, out string problem)
    {
        json = [];
        problem = $"The file {file} is missing, longer than {MaxFile} bytes, or no JSON object.";
        var info = new FileInfo(file);
        if (!info.Exists || info.Length > MaxFile)
        {
            return false;
        }

        try
        {
            json = JsonNode.Parse(File.ReadAllBytes(file)) as JsonObject ?? [];
        }
        catch (JsonException)
        {
            return false;
        }

        return json.Count > 0;
    }
}
