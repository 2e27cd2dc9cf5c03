using System.CommandLine;
using System.Text.Json.Nodes;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Client.Logs;
using CleanRoom.Client.Rooms;
using CleanRoom.Evidence;

namespace CleanRoom.Cli.Commands;

internal static class LogCommands
{
    private static readonly Argument<string?> Folder = new("DIR") { Description = "An exported log; without it the log is read anew from ingestion.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Argument<string> Target = new("DIR") { Description = "Folder to write to." };

    public static Command Create()
    {
        var verify = new Command("verify", "Verify the whole log: signatures, roles, cosignatures, releases, epochs, evidence. Names entries without effect and why.") { Folder, Common.Offline, EvidenceFileCommands.Collateral, EvidenceFileCommands.At };
        verify.Handle(call => RunAsync(call, show: false));
        var show = new Command("show", "The same, with every entry.") { Folder, Common.Offline, EvidenceFileCommands.Collateral, EvidenceFileCommands.At };
        show.Handle(call => RunAsync(call, show: true));
        var report = new Command("report", "How the room was run, by quarter: a transparency report without persons, from the verified log.") { Folder, Common.Offline, EvidenceFileCommands.Collateral, EvidenceFileCommands.At };
        report.Handle(ReportAsync);
        var export = new Command("export", "Write the log to a folder, to be verified offline.") { Target };
        export.Handle(ExportAsync);
        return new Command("log", "The room's log.") { verify, show, report, export };
    }

    private static async Task<int> RunAsync(Call call, bool show)
    {
        var findings = await ReadAsync(call).ConfigureAwait(false);
        if (!findings.Verified)
        {
            return NotVerified(call, findings);
        }

        var lines = show ? findings.Lines : [.. findings.Ignored];
        var json = ToJson(findings, lines);
        call.Screen.Result(json, findings.Simulated, () =>
        {
            if (lines.Count > 0)
            {
                call.Screen.Table(
                    ["position", "type", "author", "", "says"],
                    lines.Select(line => (IReadOnlyList<string>)
                        [$"{line.Index}", line.Type ?? "(not visible)", line.Author ?? "", line.Effect == EntryEffect.Ignored ? $"ignored: {line.Reason}" : line.Effect.ToString(), line.Detail]));
            }

            call.Screen.Line($"The log of room {findings.Room} verifies: {findings.Lines.Count} entries, {findings.Ignored.Count()} without effect, {findings.Lines.Count(line => line.Effect == EntryEffect.Unseen)} visible as hashes only.");
            call.Screen.Line($"  {findings.Checkpoint!.Cosignatures} of {findings.Charter!.Witnesses.Count} witnesses cosigned {findings.Checkpoint.Root} at {ProtocolTime.Write(findings.Checkpoint.Time.Opening)}");
            call.Screen.Line($"  charter version {findings.Charter.Version} ({findings.Status}), {findings.Instances.Count} enclave instances with trusted evidence, {findings.Releases} releases, {findings.Epochs} epochs");
        });
        return ExitCodes.Ok;
    }

    private static async Task<LogFindings> ReadAsync(Call call) => call.Get(Folder) is { } folder
        ? LogAudit.Verify(folder, null, EvidenceFileCommands.ReadContext(call))
        : await FindingsAsync(call, EvidenceFileCommands.ReadContext(call)).ConfigureAwait(false);

    private static int NotVerified(Call call, LogFindings findings)
    {
        call.Screen.Banner(findings.Charter?.Simulated);
        return call.Screen.Error(
            (int)ClientProblem.VerificationFailed, "LogNotVerified", findings.Problem ?? "The evidence of an enclave instance does not meet the charter: run \"cleanroom evidence verify\".");
    }

    private static async Task<int> ReportAsync(Call call)
    {
        var findings = await ReadAsync(call).ConfigureAwait(false);
        if (!findings.Verified)
        {
            return NotVerified(call, findings);
        }

        var quarters = TransparencyReport.Of(findings);
        call.Screen.Result(
            new JsonObject
            {
                ["room"] = findings.Room.ToString(),
                ["charter"] = findings.Charter!.Hash.ToString(),
                ["entries"] = findings.Lines.Count,
                ["quarters"] = new JsonArray([.. quarters.Select(quarter => new JsonObject
                {
                    ["quarter"] = quarter.Name,
                    ["counts"] = new JsonObject(quarter.Counts.Select(count => KeyValuePair.Create(count.Kind, (JsonNode?)count.Count))),
                })]),
            },
            findings.Simulated,
            () =>
            {
                call.Screen.Table(
                    ["quarter", "what", "how often"],
                    from quarter in quarters from count in quarter.Counts select (IReadOnlyList<string>)[quarter.Name, count.Kind, count.Count]);
                call.Screen.Line($"Room {findings.Room}: {findings.Lines.Count} entries of a log that verifies, as this member may see it. What concerns persons is given in bands.");
            });
        return ExitCodes.Ok;
    }

    /// <summary>Verifies the room's log: from ingestion, or as this profile kept it; evidence with the profile's collateral, or with other.</summary>
    public static async Task<LogFindings> FindingsAsync(Call call, AppraisalContext? context = null)
    {
        if (call.Get(Common.Offline))
        {
            var kept = call.Kept();
            return LogAudit.Verify(KeptRoom.LogFolder(kept.Profile, kept.Memory.Room), kept.Memory.Checkpoint, context ?? kept.Profile.ReadCollateral(), kept.Memory.Recovery);
        }

        using var room = await call.ConnectAsync().ConfigureAwait(false);
        return await LogAudit.VerifyAsync(room, context, call.Token).ConfigureAwait(false);
    }

    private static async Task<int> ExportAsync(Call call)
    {
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        var entries = await LogExport.WriteAsync(room, call.Get(Target), call.Token).ConfigureAwait(false);
        call.Screen.Result(
            new JsonObject { ["folder"] = call.Get(Target), ["entries"] = entries }, room.Simulated,
            () => call.Screen.Line($"{entries} entries in {Path.Combine(call.Get(Target), LogExport.FileName)}"));
        return ExitCodes.Ok;
    }

    private static JsonObject ToJson(LogFindings findings, IReadOnlyList<LogLine> lines) => new()
    {
        ["room"] = findings.Room.ToString(),
        ["verified"] = findings.Verified,
        ["entries"] = findings.Lines.Count,
        ["unseen"] = findings.Lines.Count(line => line.Effect == EntryEffect.Unseen),
        ["ignored"] = findings.Ignored.Count(),
        ["charter"] = findings.Charter?.Hash.ToString(),
        ["version"] = findings.Charter?.Version,
        ["status"] = findings.Status.ToString(),
        ["size"] = findings.Checkpoint?.Size,
        ["root"] = findings.Checkpoint?.Root.ToString(),
        ["roomTime"] = findings.Checkpoint is { } checkpoint ? ProtocolTime.Write(checkpoint.Time.Opening) : null,
        ["cosignatures"] = findings.Checkpoint?.Cosignatures,
        ["checkpoints"] = findings.Checkpoints,
        ["instances"] = findings.Instances.Count,
        ["releases"] = findings.Releases,
        ["epochs"] = findings.Epochs,
        ["lines"] = new JsonArray([.. lines.Select(line => new JsonObject
        {
            ["index"] = line.Index,
            ["type"] = line.Type,
            ["author"] = line.Author,
            ["effect"] = line.Effect.ToString(),
            ["reason"] = line.Effect == EntryEffect.Ignored ? line.Reason.ToString() : null,
            ["says"] = line.Detail,
        })]),
    };
}
