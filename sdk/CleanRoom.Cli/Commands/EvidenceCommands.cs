using System.CommandLine;
using System.Text.Json.Nodes;
using CleanRoom.Cli.Output;
using CleanRoom.Client;

namespace CleanRoom.Cli.Commands;

internal static class EvidenceCommands
{
    public static Command Create()
    {
        var verify = new Command(
            "verify",
            "Appraise evidence on this machine: a file (exit code 0 trusted, 3 rejected, 2 unusable input), or, without one, the raw evidence of every enclave instance of the room against its charter.")
        {
            EvidenceFileCommands.VerifiedFile, EvidenceFileCommands.Kind, EvidenceFileCommands.Policy, EvidenceFileCommands.Collateral, EvidenceFileCommands.At, Common.Offline,
        };
        verify.Handle(call => call.Get(EvidenceFileCommands.VerifiedFile) is { } file ? Task.FromResult(EvidenceFileCommands.Verify(call, file)) : VerifyAsync(call));
        return new Command("evidence", "Evidence of the enclave.") { verify, EvidenceFileCommands.CreateShow(), EvidenceCollectCommand.Create(), ReleaseCommands.CreateVerify() };
    }

    private static async Task<int> VerifyAsync(Call call)
    {
        var findings = await LogCommands.FindingsAsync(call, EvidenceFileCommands.ReadContext(call)).ConfigureAwait(false);
        if (findings.Problem is { } problem)
        {
            return call.Screen.Error((int)ClientProblem.VerificationFailed, "LogNotVerified", problem);
        }

        if (findings.Instances.Count == 0)
        {
            return call.Screen.Error((int)ClientProblem.Unavailable, "NoInstance", "No enclave instance stands in the log yet: wait until the matching service has started.");
        }

        var bad = findings.Instances.FirstOrDefault(instance => !instance.Trusted);
        if (bad is not null)
        {
            var reason = bad.Evidence.FirstOrDefault(item => !item.Trusted)?.Rejection?.ToString() ?? "NoEvidence";
            return call.Screen.Error(
                (int)ClientProblem.VerificationFailed, reason, $"The evidence of enclave generation {bad.Generation} does not meet the charter ({reason}).", null,
                "Freeze your keys with \"cleanroom broker freeze\" and tell the other members.");
        }

        call.Screen.Result(
            new JsonObject
            {
                ["instances"] = new JsonArray([.. findings.Instances.Select(instance => new JsonObject
                {
                    ["generation"] = instance.Generation,
                    ["signing"] = instance.Signing,
                    ["trusted"] = instance.Trusted,
                    ["evidence"] = new JsonArray([.. instance.Evidence.Select(item => new JsonObject
                    {
                        ["broker"] = item.Broker.Value, ["kind"] = item.Kind, ["enclave"] = item.Enclave, ["measurement"] = item.Measurement,
                    })]),
                })]),
            },
            findings.Simulated,
            () => call.Screen.Table(
                ["generation", "broker", "kind", "enclave", "measurement"],
                findings.Instances.SelectMany(instance => instance.Evidence.Select(item => (IReadOnlyList<string>)
                    [$"{instance.Generation}", item.Broker.Value, item.Kind ?? "", item.Enclave ?? "", item.Measurement ?? ""]))));
        return ExitCodes.Ok;
    }
}
