using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Cryptography;
using CleanRoom.Evidence;
using CleanRoom.Evidence.Collateral;
using CleanRoom.Evidence.Platforms;

namespace CleanRoom.Cli.Commands;

/// <summary>
/// Evidence of the machine that this command runs on, for an operator who sets a TEE up: what it gives, and the values that a charter would list. It binds a nonce and keys
/// that nobody keeps, so it opens nothing.
/// </summary>
internal static class EvidenceCollectCommand
{
    private const string Auto = "auto";

    private static readonly Option<string> From = new("--from")
    {
        Description = $"How: {Auto}, {string.Join(", ", EvidencePlatforms.Names)}.",
        HelpName = "PLATFORM",
        DefaultValueFactory = _ => Auto,
    };

    private static readonly Option<string?> Out = new("--out") { Description = "File for the evidence; \"evidence verify\" reads it.", HelpName = "FILE" };

    private static readonly Option<string?> KeyHandle = new("--key-handle") { Description = "Handle of the TPM's attestation key. Default: 0x81000003.", HelpName = "HANDLE" };

    private static readonly Option<string?> Sidecar = new("--sidecar") { Description = "Address of the secure key release sidecar. Default: http://localhost:8080/.", HelpName = "URL" };

    private static readonly Option<bool> List = new("--list") { Description = "Only say what this machine has and what it lacks." };

    public static Command Create()
    {
        var collect = new Command("collect", "Collect evidence of this machine and show what it says: inside a TEE, for the reference values of a charter.") { From, Out, KeyHandle, Sidecar, List };
        collect.Handle(CollectAsync);
        return collect;
    }

    private static async Task<int> CollectAsync(Call call)
    {
        using var platforms = new EvidencePlatforms(ReadOptions(call), Call.Time);
        return call.Get(List) ? await ListAsync(call, platforms).ConfigureAwait(false) : await CollectAsync(call, platforms).ConfigureAwait(false);
    }

    private static async Task<int> ListAsync(Call call, EvidencePlatforms platforms)
    {
        var probes = await platforms.ProbeAsync(call.Token).ConfigureAwait(false);
        if (call.Screen.Json)
        {
            call.Screen.Line(new JsonArray([.. probes.Select(probe => new JsonObject { ["platform"] = probe.Name, ["lacks"] = probe.Lacks })]).ToJsonString());
        }
        else
        {
            call.Screen.Table(["platform", "here"], probes.Select(probe => (IReadOnlyList<string>)[probe.Name, probe.Lacks ?? "yes"]));
        }

        return ExitCodes.Ok;
    }

    private static async Task<int> CollectAsync(Call call, EvidencePlatforms platforms)
    {
        var from = call.Get(From);
        if (from != Auto && !EvidencePlatforms.Names.Contains(from))
        {
            throw new ClientException(ClientProblem.Usage, $"--from must be one of {Auto}, {string.Join(", ", EvidencePlatforms.Names)}.");
        }

        EvidenceEnvelope envelope;
        try
        {
            var provider = from == Auto ? await platforms.OpenFirstAsync(call.Token).ConfigureAwait(false) : await platforms.OpenAsync(from, call.Token).ConfigureAwait(false);
            envelope = await provider.GetEvidenceAsync(NobodysBinding(), call.Token).ConfigureAwait(false);
        }
        catch (EvidenceUnavailableException exception)
        {
            throw new ClientException(ClientProblem.Unavailable, exception.Message);
        }

        if (call.Get(Out) is { } file)
        {
            await File.WriteAllBytesAsync(file, envelope.Json, call.Token).ConfigureAwait(false);
        }

        var claims = EvidenceInspector.Inspect(envelope, new AppraisalContext(Call.Time.GetUtcNow(), CollateralSet.Empty)).Claims ?? [];
        if (call.Screen.Json)
        {
            call.Screen.Line(new JsonObject { ["kind"] = envelope.Kind, ["claims"] = claims }.ToJsonString());
        }
        else
        {
            call.Screen.Line($"Evidence of kind {envelope.Kind}. Nothing in it has been judged: \"cleanroom evidence verify\" does that.");
            call.Screen.Table(["claim", "value"], EvidenceFileCommands.Rows("", claims));
        }

        return ExitCodes.Ok;
    }

    private static EvidencePlatformOptions ReadOptions(Call call)
    {
        var options = new EvidencePlatformOptions();
        if (call.Get(KeyHandle) is { } text)
        {
            options = text.StartsWith("0x", StringComparison.Ordinal) && uint.TryParse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var handle)
                ? options with { AttestationKey = handle }
                : throw new ClientException(ClientProblem.Usage, "--key-handle must be a number such as 0x81000003.");
        }

        if (call.Get(Sidecar) is { } address)
        {
            options = Uri.TryCreate(address, UriKind.Absolute, out var sidecar) && sidecar.IsLoopback
                ? options with { Sidecar = sidecar }
                : throw new ClientException(ClientProblem.Usage, "--sidecar must be an address of this machine, such as http://localhost:8080/.");
        }

        return options;
    }

    private static ReportBinding NobodysBinding()
    {
        using var signing = SigningKey.Generate();
        using var release = HpkePrivateKey.Generate();
        return ReportBinding.Compute(RandomNumberGenerator.GetBytes(ReportBinding.NonceSize), signing.PublicKey, release.PublicKey, Digest.Of("cleanroom evidence collect"u8));
    }
}
