using System.CommandLine;
using System.Text.Json.Nodes;
using CleanRoom.Charter;
using CleanRoom.Charter.Audits;
using CleanRoom.Charter.Log;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Client.Quality;
using CleanRoom.Client.Rooms;
using CleanRoom.Client.Uploads;
using CleanRoom.Records.Import;
using CleanRoom.Records.Wording;

namespace CleanRoom.Cli.Commands;

internal static class RecordsCommands
{
    private const int MaxManifest = 1 << 20;

    private static readonly Argument<string> File = new("FILE") { Description = "The case file." };
    private static readonly Argument<string[]> References = new("REF") { Description = "The records' own references.", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Option<string> Profile = new("--profile") { Description = "auto, a shipped profile's name, or a profile file.", DefaultValueFactory = _ => "auto" };
    private static readonly Option<string?> Manifest = new("--manifest") { Description = "Dataset manifest (JSON).", HelpName = "FILE" };
    private static readonly Option<string?> Ref = new("--ref") { Description = "Column, or pattern such as REF-{Column:000}, of the record's own number." };
    private static readonly Option<string[]> Map = new("--map") { Description = "COLUMN=FIELD: read a column as a field. May be repeated." };
    private static readonly Option<string?> Sheet = new("--sheet") { Description = "Name or number of a workbook's sheet.", HelpName = "SHEET" };
    private static readonly Option<string?> Html = new("--html") { Description = "Write the report as a page too, for a browser; it needs no network.", HelpName = "FILE" };
    private static readonly Option<string?> SaveTo = new("--save") { Description = "Where the profile is written.", HelpName = "FILE" };
    private static readonly Option<bool> Accept = new("--accept") { Description = "Ask nothing; columns that are unclear are not read." };
    private static readonly Option<bool> All = new("--all") { Description = "Withdraw every record of this profile: before leaving the room." };
    private static readonly Option<bool> AllNew = new("--all-new") { Description = "The file holds no case that was uploaded before, under whatever reference." };
    private static readonly Argument<string[]> Decoys = new("REF") { Description = "Your own references of cases that you have made up.", Arity = ArgumentArity.OneOrMore };
    private static readonly string[] EvidenceColumns = ["reference", "intake", "consent"];
    private static readonly Argument<string> EvidenceFile = new("FILE") { Description = "A table with the columns reference, intake (2026-03-01) and consent; and case, where your case number is not the reference." };
    private static readonly Option<bool> Unknown = new("--unknown") { Description = "Withdraw the batches that this profile did not upload." };

    private static readonly Argument<string> Reference = new("REF") { Description = "Your own reference of the record." };
    private static readonly Option<bool> Everything = new("--everything") { Description = "Show also what its signers said would endanger somebody if the person were told: for staff, not to hand out." };
    private static readonly Option<string?> SheetFile = new("--out") { Description = "Write the sheet to a file, which must not exist yet.", HelpName = "FILE" };
    private static readonly Option<bool> NoWait = new("--no-wait") { Description = "Say how far it is, and do not wait." };

    public static Command Create()
    {
        var check = new Command("check", "Read a case file and report on its quality. Offline; nothing is sent.") { File, Profile, Manifest, Ref, Map, Sheet, Html };
        check.Handle(CheckAsync);
        var map = new Command("map", "Show how a case file would be read, ask what is unclear, save the answers as a profile. Offline.") { File, Profile, Manifest, Ref, Map, Sheet, SaveTo, Accept };
        map.Handle(call => RecordsMapping.RunAsync(call, call.Get(File), Options(call, contributor: null, out _), call.Get(SaveTo), call.Get(Accept)));
        var upload = new Command("upload", "Seal and upload what is new or changed; withdraw records whose consent has ended.") { File, Profile, Manifest, Ref, Map, Sheet, AllNew };
        upload.Handle(UploadAsync);
        var withdraw = new Command("withdraw", "Withdraw records for ever.") { References, All, Unknown };
        withdraw.Handle(WithdrawAsync);
        var decoy = new Command("decoy", "Mark references of made-up cases before they are uploaded: nobody but the enclave knows, and you are told who touches them.") { Decoys };
        decoy.Handle(MarkDecoysAsync);
        var evidence = new Command("evidence", "Keep where cases are filed, before they are uploaded to a room with audits: it stays here until a record is drawn.") { EvidenceFile };
        evidence.Handle(KeepEvidenceAsync);
        var reseal = new Command("reseal", "Wait until the enclave has sealed everything to the newest record key; then the older keys can be destroyed.") { NoWait };
        reseal.Handle(ResealAsync);
        var sheet = new Command("sheet", "What was done with a record, in plain words, for the person whom it is about. Offline.") { Reference, SheetFile, Everything };
        sheet.Handle(ShowSheet);
        return new Command("records", "Case records: map, check, export, evidence, upload, decoy, withdraw, reseal, sheet.") { map, check, RecordsExport.Create([File, Profile, Manifest, Ref, Map, Sheet], call => (call.Get(File), Options(call, contributor: null, out _))), evidence, upload, decoy, withdraw, reseal, sheet };
    }

    private static int ShowSheet(Call call)
    {
        var room = call.Kept();
        var sheet = RecordSheet.Of(room, call.Get(Reference));
        var text = new List<string>
        {
            $"What was done with record {sheet.Reference}{(room.Simulated ? " (SIMULATED ROOM: for trying out)" : "")}",
            $"As of {ProtocolTime.Write(sheet.AsOf)}. {sheet.Now}",
            "",
        };
        var done = sheet.Done.Where(line => !line.WouldEndanger || call.Get(Everything)).ToList();
        text.AddRange(done.Select(line => $"{(line.At is { } at ? ProtocolTime.Write(at)[..10] : "just now")}  {line.Text}"));
        text.AddRange(["", "What we cannot know:", .. RecordSheet.NotKnown.Select(item => $"* {item};")]);
        if (call.Get(SheetFile) is { } path)
        {
            using var file = RecordsExport.Create(path);
            file.Write(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', text) + "\n"));
        }

        call.Screen.Result(
            new JsonObject
            {
                ["reference"] = sheet.Reference,
                ["asOf"] = ProtocolTime.Write(sheet.AsOf),
                ["now"] = sheet.Now,
                ["done"] = new JsonArray([.. done.Select(line => new JsonObject { ["at"] = line.At is { } at ? ProtocolTime.Write(at) : null, ["text"] = line.Text, ["wouldEndanger"] = line.WouldEndanger })]),
                ["leftOut"] = sheet.Done.Count - done.Count,
                ["notKept"] = sheet.NotKept,
                ["notKnown"] = new JsonArray([.. RecordSheet.NotKnown.Select(item => (JsonNode)item)]),
                ["file"] = call.Get(SheetFile),
            },
            room.Simulated,
            () => text.ForEach(call.Screen.Line));
        if (done.Exists(line => line.WouldEndanger))
        {
            call.Screen.Note("DO NOT HAND THIS OUT: it shows what its signers said would endanger somebody if the person were told.");
        }
        else if (done.Count < sheet.Done.Count)
        {
            call.Screen.Note($"{sheet.Done.Count - done.Count} left out, because their signers said that telling the person would endanger somebody: \"--everything\" shows them to you.");
        }

        if (sheet.NotKept > 0)
        {
            call.Screen.Note($"{sheet.NotKept} changes of consent or overrides of ours are sealed and were signed by another profile or an earlier program: they may be about this record, and stand in your own file.");
        }

        call.Screen.Note("Read it before you hand it out, and ask whether it is safe for the person to have it: it says which agencies have asked. \"cleanroom inbox watch --once\" takes what is new.");
        return ExitCodes.Ok;
    }

    /// <summary>The enclave does it; here it is looked at. Cut off and called again it goes on looking.</summary>
    private static async Task<int> ResealAsync(Call call)
    {
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        var total = SealedBefore.Of(room);
        var left = await call.Screen.WithProgressAsync("Sealing anew", async report =>
        {
            for (var now = total; ; now = SealedBefore.Of(room))
            {
                report?.Invoke("Sealing anew", total.Batches + total.Acts - now.Batches - now.Acts, total.Batches + total.Acts);
                if (now.IsNone || call.Get(NoWait))
                {
                    return now;
                }

                await Task.Delay(TimeSpan.FromSeconds(1), Call.Time, call.Token).ConfigureAwait(false);
                await room.SyncAsync(call.Token).ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
        var period = room.State.CurrentKey(room.Profile.Member, KeyPurpose.Record)?.Period ?? 0;
        call.Screen.Result(
            new JsonObject { ["room"] = room.Room.ToString(), ["period"] = period, ["batchesLeft"] = left.Batches, ["actsLeft"] = left.Acts },
            room.Simulated,
            () => call.Screen.Line(left.IsNone
                ? $"Everything is sealed to record key {period}: older ones can be destroyed (\"cleanroom broker destroy-key\")."
                : $"{left.Batches} batches and {left.Acts} acts are sealed to older record keys than {period}; the enclave seals them anew while it runs and holds both keys."));
        return ExitCodes.Ok;
    }

    private static async Task<int> CheckAsync(Call call)
    {
        var options = Options(call, contributor: null, out _);
        foreach (var problem in call.Get(Manifest) is null ? [] : options.Manifest.Check())
        {
            call.Screen.Note($"{call.Get(Manifest)}: {problem.Field}: {problem.Message} {problem.Remedy}");
        }

        var links = new OwnFileLinks();
        var (report, question) = await CaseFile.ReadAsync(call, call.Get(File), options, async (rows, report) =>
        {
            await foreach (var row in rows.ConfigureAwait(false))
            {
                links.Add(row);
            }

            _ = links.Report(report, call.Token);
        }).ConfigureAwait(false);
        if (question is not null)
        {
            return Question(call, question);
        }

        RequireRows(call, report);
        if (call.Get(Html) is { } page)
        {
            await System.IO.File.WriteAllTextAsync(page, report.ToHtml(Path.GetFileName(call.Get(File)), Words.Of(call.Words.Language)), call.Token).ConfigureAwait(false);
        }

        call.Screen.Result(JsonNode.Parse(report.ToJson())!.AsObject(), null, () => CheckReport.Print(call, call.Get(File), report));
        return ExitCodes.Ok;
    }

    private static async Task<int> UploadAsync(Call call)
    {
        if (call.Get(Manifest) is null)
        {
            throw new ClientException(ClientProblem.Usage, "Name the dataset manifest with --manifest: its digest goes into the log (samples/manifest_a.json is one).");
        }

        // What is wrong with the file is said before anything is connected.
        var profile = call.Profile();
        var options = Options(call, profile.Member.Value, out var manifest);
        var upload = new FileUpload(call.Get(File), options, manifest);
        var (report, question) = await upload.ReadAsync(call, profile, call.Room(profile)).ConfigureAwait(false);
        if (question is not null)
        {
            return Question(call, question);
        }

        RequireRows(call, report);
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        if (!call.Get(AllNew) && upload.Plan is { New: > 0, Changed: 0, Unchanged: 0, ToWithdraw: 0 } && new Uploader(room).CountLiveRecords() is > 0 and var live)
        {
            return call.Screen.Error(
                (int)ClientProblem.DecisionNeeded, "ReferencesUnknown",
                $"None of this file's references is among the {live} records of yours in the room: if it holds the same cases, each would stand there twice.", "--ref",
                "Use the --ref of the earlier uploads, or --all-new if the cases are new.");
        }

        return await upload.SendAsync(call, room).ConfigureAwait(false);
    }

    private static async Task<int> MarkDecoysAsync(Call call)
    {
        var references = call.Get(Decoys) ?? [];
        if (references.Any(reference => reference.Length is 0 or > 64))
        {
            throw new ClientException(ClientProblem.Usage, "A reference has 1 to 64 characters.");
        }

        using var room = await call.ConnectAsync().ConfigureAwait(false);
        var marked = new Uploader(room).MarkDecoys(references);
        call.Screen.Result(new JsonObject { ["marked"] = marked }, room.Simulated, () => call.Screen.Line($"{marked} references marked as decoys. Upload them together with real cases."));
        return ExitCodes.Ok;
    }

    private static async Task<int> KeepEvidenceAsync(Call call)
    {
        var cases = await ReadEvidenceAsync(call.Get(EvidenceFile), call.Token).ConfigureAwait(false);
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        var kept = new Uploader(room).KeepEvidence(cases);
        call.Screen.Result(
            new JsonObject { ["cases"] = cases.Count, ["changed"] = kept }, room.Simulated,
            () => call.Screen.Line($"{cases.Count} cases, {kept} new or filed elsewhere now. They are committed to with the next upload; back up this profile after it."));
        return ExitCodes.Ok;
    }

    private static async Task<Dictionary<string, CaseEvidence>> ReadEvidenceAsync(string path, CancellationToken token)
    {
        var stream = CaseFile.Open(path);
        await using var closing = stream.ConfigureAwait(false);
        using var reader = await TableReader.OpenAsync(stream, token).ConfigureAwait(false);
        var cases = new Dictionary<string, CaseEvidence>(StringComparer.Ordinal);
        List<string>? header = null;
        await foreach (var row in reader.RowsAsync(token).ConfigureAwait(false))
        {
            if (row.IsBlank)
            {
                continue;
            }

            if (header is null)
            {
                header = [.. row.Cells.Select(cell => cell.Trim().ToLowerInvariant())];
                if (!EvidenceColumns.All(header.Contains))
                {
                    throw new ClientException(ClientProblem.BadData, $"{path}: the first row must name the columns reference, intake and consent.");
                }

                continue;
            }

            var reference = Cell("reference");
            var number = header.Contains("case") ? Cell("case") : reference;
            if (reference.Length == 0 || number.Length == 0 || Cell("consent").Length == 0 || !CaseEvidence.TryParseDay(Cell("intake"), out var intake))
            {
                throw new ClientException(ClientProblem.BadData, $"{path}, line {row.Line}: each row needs a reference, an intake day such as 2026-03-01 and a consent reference.");
            }

            if (!cases.TryAdd(reference, new CaseEvidence(intake, number, Cell("consent"))))
            {
                throw new ClientException(ClientProblem.BadData, $"{path}, line {row.Line}: the reference is there twice; each case needs one row.");
            }

            string Cell(string name) => header.IndexOf(name) is var column && column < row.Cells.Length ? row.Cells[column].Trim() : "";
        }

        return header is null ? throw new ClientException(ClientProblem.BadData, $"{path} holds no header: the first row must name the columns.") : cases;
    }

    private static async Task<int> WithdrawAsync(Call call)
    {
        var references = call.Get(References) ?? [];
        if ((references.Length > 0 ? 1 : 0) + (call.Get(All) ? 1 : 0) + (call.Get(Unknown) ? 1 : 0) != 1)
        {
            throw new ClientException(ClientProblem.Usage, "Name the references of the records to withdraw, or --all, or --unknown: one of the three.");
        }

        using var room = await call.ConnectAsync().ConfigureAwait(false);
        var uploader = new Uploader(room);
        if (call.Get(Unknown))
        {
            var batches = await uploader.WithdrawUnknownAsync(call.Token).ConfigureAwait(false);
            call.Screen.Result(new JsonObject { ["batches"] = batches }, room.Simulated, () => call.Screen.Line($"{batches} batches withdrawn."));
            return ExitCodes.Ok;
        }

        if (call.Get(All))
        {
            var all = await uploader.WithdrawAllAsync(call.Token).ConfigureAwait(false);
            call.Screen.Result(new JsonObject { ["withdrawn"] = all, ["before"] = 0 }, room.Simulated, () => call.Screen.Line($"{all} records withdrawn for ever."));
            return ExitCodes.Ok;
        }

        var count = await uploader.WithdrawAsync(references, call.Token).ConfigureAwait(false);
        call.Screen.Result(
            new JsonObject { ["withdrawn"] = count, ["before"] = references.Length - count }, room.Simulated,
            () => call.Screen.Line($"{count} records withdrawn for ever{(count < references.Length ? $"; {references.Length - count} were before" : "")}."));
        return ExitCodes.Ok;
    }

    private static ImportOptions Options(Call call, string? contributor, out byte[] manifest)
    {
        manifest = call.Get(Manifest) is { } path ? ReadManifest(path) : "{}"u8.ToArray();
        var parsed = DatasetManifest.Parse(System.Text.Encoding.UTF8.GetString(manifest));
        return new ImportOptions
        {
            Profile = call.Get(Profile),
            ContributorId = contributor ?? (parsed.ContributorId.Length > 0 ? parsed.ContributorId : "contributor"),
            Manifest = parsed,
            RefPattern = call.Get(Ref),
            Map = Mapped(call),
            Sheet = call.Get(Sheet),
            Time = Call.Time,
        };
    }

    private static Dictionary<string, string> Mapped(Call call)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var item in call.Get(Map) ?? [])
        {
            var at = item.LastIndexOf('=');
            if (at < 1 || !map.TryAdd(item[..at], item[(at + 1)..]))
            {
                throw new ClientException(ClientProblem.Usage, "--map must be COLUMN=FIELD with each column once.");
            }

            if (!ImportOptions.IsField(item[(at + 1)..]))
            {
                throw new ClientException(ClientProblem.Usage, $"--map: {item[(at + 1)..]} is not a field; docs/mapping-profiles.md lists the fields.");
            }
        }

        return map;
    }

    private static void RequireRows(Call call, QualityReport report)
    {
        if (report.Rows == 0)
        {
            throw new ClientException(ClientProblem.BadData, $"{call.Get(File)} has a header and no rows: export it again from the case system.");
        }
    }

    private static byte[] ReadManifest(string path)
    {
        try
        {
            var info = new FileInfo(path);
            return info.Exists && info.Length <= MaxManifest
                ? System.IO.File.ReadAllBytes(path)
                : throw new ClientException(ClientProblem.NoInput, $"The dataset manifest {path} is missing or longer than 1 MiB: check the path.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ClientException(ClientProblem.NoInput, $"The dataset manifest {path} cannot be read: check its permissions.", exception);
        }
    }

    internal static int Question(Call call, NeedsProfile question) => call.Screen.Error(
        (int)ClientProblem.DecisionNeeded, "NeedsProfile", $"{question.Question} Closest profile: {question.ClosestProfile}.", "--profile",
        $"Try --profile {question.ClosestProfile}, or name columns with --map.");
}
