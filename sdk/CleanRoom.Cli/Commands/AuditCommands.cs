using System.CommandLine;
using System.Text.Json.Nodes;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Client.Acts;
using CleanRoom.Client.Inbox;

namespace CleanRoom.Cli.Commands;

/// <summary>Random audits: the enclave draws, a contributor opens (two releasers), the charter's auditor looks at the case files and says what is there (two approvers).</summary>
internal static class AuditCommands
{
    private static readonly Argument<string> Quarter = new("QUARTER") { Description = "The quarter whose records were drawn, such as 2026-Q4." };
    private static readonly Argument<string> Contributor = new("CONTRIBUTOR") { Description = "Whose records were drawn." };
    private static readonly Argument<string> Result = new("RESULT") { Description = "passed: the cases are there; failed: one is not, or is another one; overdue: you have got nothing." };
    private static readonly Argument<string> File = new("FILE") { Description = "What the contributor's \"audit file\" wrote." };
    private static readonly Option<string> Out = new("--out") { Description = "File to write; it must not exist.", HelpName = "FILE", Required = true };

    public static Command Create()
    {
        var list = new Command("list", "Show what was drawn of whom, and what has become of it.");
        list.Handle(ListAsync);
        var open = new Command("open", "Contributors: open intake day, case number and consent reference of the drawn records. A second releaser confirms.") { Quarter, ActOutput.As };
        open.Handle(OpenAsync);
        var file = new Command("file", "Contributors: write what two releasers have opened to a file that only the auditor reads.") { Quarter, Out };
        file.Handle(WriteAsync);
        var read = new Command("read", "Auditors: open a contributor's file, and check that it shows the drawn cases and no others.") { File };
        read.Handle(ReadAsync);
        var verdict = new Command("verdict", "Auditors: say what is in the case files. A second approver confirms.") { Contributor, Quarter, Result, ActOutput.As };
        verdict.Handle(call => JudgeAsync(call, second: false));
        var confirm = new Command("confirm", "Auditors: confirm a colleague's verdict.") { Contributor, Quarter, Result, ActOutput.As };
        confirm.Handle(call => JudgeAsync(call, second: true));
        var key = new Command("key", "Auditors: write the key that the charter names, for \"charter propose --auditor-key\". Offline.") { Out };
        key.Handle(WriteKey);
        return new Command("audit", "Random audits of what contributors upload: list, open, file; for auditors key, read, verdict, confirm.") { list, open, file, read, verdict, confirm, key };
    }

    private static async Task<int> ListAsync(Call call)
    {
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        await room.SyncAsync(call.Token).ConfigureAwait(false);
        var terms = room.Charter.Audits;
        var news = new InboxReader(room).ReadTaken().OfType<InboxEvent.Received>().Select(item => item.Message.Content).OfType<RoomMessage.AuditNews>().ToList();
        var rows = room.State.Audits.Select(audit => (Audit: audit, State: StateOf(audit))).ToList();
        call.Screen.Result(
            new JsonObject
            {
                ["auditor"] = terms?.Auditor.Value,
                ["perQuarter"] = terms?.PerQuarter,
                ["draws"] = new JsonArray([.. rows.Select(row => new JsonObject
                {
                    ["contributor"] = row.Audit.Of.Member.Value,
                    ["quarter"] = row.Audit.Of.Quarter,
                    ["epoch"] = row.Audit.Epoch,
                    ["due"] = DueOf(row.Audit),
                    ["state"] = row.State,
                })]),
            },
            room.Simulated,
            () =>
            {
                call.Screen.Line(terms is null ? "The charter in force has no audits." : $"{terms.PerQuarter} records of each contributor and quarter, for {terms.Auditor}.");
                call.Screen.Table(["contributor", "quarter", "open by", "state"], rows.Select(row => (IReadOnlyList<string>)[row.Audit.Of.Member.Value, row.Audit.Of.Quarter, DueOf(row.Audit) ?? "", row.State]));
            });
        return ExitCodes.Ok;

        string? DueOf(LoggedAudit audit) => terms is null ? null : ProtocolTime.Write(terms.AnswerWithin.After(audit.RoomTime));

        // Who is neither concerned nor the auditor sees that there was a draw, and no more.
        string StateOf(LoggedAudit audit) =>
            audit.Of.Member == room.Profile.Member ? news.LastOrDefault(item => item.Quarter == audit.Of.Quarter)?.State.ToString().ToLowerInvariant() ?? "drawn"
            : room.State.WaitingVerdicts.FirstOrDefault(item => item.Entry.Of == audit.Of) is { } waiting ? $"{waiting.Entry.Result.ToString().ToLowerInvariant()}, by {waiting.Person} alone so far"
            : audit.Result?.ToString().ToLowerInvariant() ?? "drawn";
    }

    private static async Task<int> OpenAsync(Call call)
    {
        var quarter = QuarterOf(call);
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        await room.SyncAsync(call.Token).ConfigureAwait(false);
        var done = await new RoomActs(room).OpenSampleAsync(quarter, call.Get(ActOutput.As), call.Token).ConfigureAwait(false);
        ActOutput.Show(call, room.Simulated, done, new JsonObject { ["quarter"] = quarter }, $"Opened what was drawn for {quarter}. Then: cleanroom audit file {quarter} --out FILE, and hand the file to {room.Charter.Audits!.Auditor}.");
        return ExitCodes.Ok;
    }

    private static async Task<int> WriteAsync(Call call)
    {
        var quarter = QuarterOf(call);
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        await room.SyncAsync(call.Token).ConfigureAwait(false);
        var content = new RoomActs(room).WriteOpening(quarter);
        WriteNew(call.Get(Out), content);
        call.Screen.Result(
            new JsonObject { ["file"] = call.Get(Out), ["auditor"] = room.Charter.Audits!.Auditor.Value }, room.Simulated,
            () => call.Screen.Line($"{call.Get(Out)}: hand it to {room.Charter.Audits.Auditor}, who alone can open it."));
        return ExitCodes.Ok;
    }

    private static async Task<int> ReadAsync(Call call)
    {
        var content = RoomActs.ReadOpeningFile(call.Get(File));
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        await room.SyncAsync(call.Token).ConfigureAwait(false);
        var (audit, opening) = new RoomActs(room).ReadOpening(content);
        call.Screen.Result(
            new JsonObject
            {
                ["contributor"] = audit.Of.Member.Value,
                ["quarter"] = audit.Of.Quarter,
                ["withdrawn"] = opening.Sample.Withdrawn,
                ["cases"] = new JsonArray([.. opening.Records.Select(record => record.Evidence is { } evidence
                    ? new JsonObject { ["intake"] = evidence.IntakeText, ["case"] = evidence.CaseNumber, ["consent"] = evidence.Consent, ["withdrawn"] = false }
                    : new JsonObject { ["withdrawn"] = true })]),
            },
            room.Simulated,
            () =>
            {
                call.Screen.Line($"{audit.Of.Member}, {audit.Of.Quarter}: these cases and no others were drawn, and uploaded as taken in on these days.");
                call.Screen.Table(
                    ["intake", "case", "consent"],
                    opening.Records.Select(record => (IReadOnlyList<string>)(record.Evidence is { } evidence ? [evidence.IntakeText, evidence.CaseNumber, evidence.Consent] : ["", "withdrawn since", ""])));
                call.Screen.Line($"  Withdrawn before the draw: {opening.Sample.Withdrawn}. Ask why, if that is much.");
                call.Screen.Line("  Look whether each file is there, was opened on that day, and holds that consent. Read nothing else, keep no copy.");
                call.Screen.Line($"    cleanroom audit verdict {audit.Of.Member} {audit.Of.Quarter} passed --as PERSON");
            });
        return ExitCodes.Ok;
    }

    private static async Task<int> JudgeAsync(Call call, bool second)
    {
        var contributor = Call.Member(call.Get(Contributor));
        var quarter = QuarterOf(call);
        var result = VerdictEntry.Words.Contains(call.Get(Result), StringComparer.Ordinal)
            ? Enum.Parse<AuditResult>(call.Get(Result), ignoreCase: true)
            : throw new ClientException(ClientProblem.Usage, $"The result must be one of {string.Join(", ", VerdictEntry.Words)}.");
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        var acts = new RoomActs(room);
        var entry = second
            ? await acts.ConfirmVerdictAsync(contributor, quarter, result, call.Get(ActOutput.As), call.Token).ConfigureAwait(false)
            : await acts.JudgeAsync(contributor, quarter, result, call.Get(ActOutput.As), call.Token).ConfigureAwait(false);
        call.Screen.Result(
            new JsonObject { ["contributor"] = contributor.Value, ["quarter"] = quarter, ["result"] = call.Get(Result), ["index"] = entry.Index, ["needsSecond"] = !second }, room.Simulated,
            () => call.Screen.Line(second
                ? $"{contributor}, {quarter}: {call.Get(Result)}. It counts from the next epoch on."
                : $"It counts when a second approver has confirmed it: cleanroom audit confirm {contributor} {quarter} {call.Get(Result)} --as PERSON"));
        return ExitCodes.Ok;
    }

    private static int WriteKey(Call call)
    {
        var key = call.Profile().InboxKeys[^1].PublicKey;
        WriteNew(call.Get(Out), CleanRoom.Cryptography.CanonicalJson.Canonicalize(key.ToJwk()));
        call.Screen.Result(
            new JsonObject { ["file"] = call.Get(Out), ["key"] = key.Id.ToString() }, null,
            () => call.Screen.Line($"{call.Get(Out)}: {key.Id}. Tell whoever writes the charter this id by another way."));
        return ExitCodes.Ok;
    }

    private static string QuarterOf(Call call) => BudgetPeriod.IsQuarter(call.Get(Quarter))
        ? call.Get(Quarter)
        : throw new ClientException(ClientProblem.Usage, "A quarter is written as 2026-Q4.");

    private static void WriteNew(string path, ReadOnlySpan<byte> content)
    {
        if (System.IO.File.Exists(path))
        {
            throw new ClientException(ClientProblem.CannotCreate, $"{path} is there already: name another file.");
        }

        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        file.Write(content);
    }
}
