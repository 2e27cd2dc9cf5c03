using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Evidence;
using CleanRoom.Evidence.Collateral;
using CleanRoom.Evidence.Files;

namespace CleanRoom.Cli.Commands;

/// <summary>Evidence in a file, outside any room: verified or decoded on this machine, without a connection and without a profile.</summary>
internal static class EvidenceFileCommands
{
    public static readonly Argument<string?> VerifiedFile = new("FILE")
    {
        Description = "File with evidence: a report or quote, raw, in hexadecimal or base64, a token, or what an attestation client wrote. Without it: the evidence of the room's instances.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static readonly Option<string?> Kind = new("--kind") { Description = "The kind that the file must be: " + string.Join(", ", EvidenceKinds.Supported) + ".", HelpName = "KIND" };

    public static readonly Option<string?> Policy = new("--policy")
    {
        Description = "File with reference values: a charter, or an object with its enclaves. Without it identity is not appraised.",
        HelpName = "FILE",
    };

    public static readonly Option<string?> Collateral = new("--collateral")
    {
        Description = "Collateral pack, or folder or file with certificates, revocation lists, TCB info, identities and key sets; found by what they hold.",
        HelpName = "PATH",
    };

    public static readonly Option<string?> At = new("--at") { Description = "The time of appraisal, such as 2026-03-15 or 2026-03-15T12:00:00Z. Default: now.", HelpName = "TIME" };

    private const int Rejected = 3;
    private const int Unusable = 2;

    private static readonly Argument<string> ShownFile = new("FILE") { Description = "File with evidence, certificates, revocation lists or Intel's documents." };

    public static Command CreateShow()
    {
        var show = new Command("show", "Decode a file of evidence or collateral; nothing is judged.") { ShownFile };
        show.Handle(Show);
        return show;
    }

    /// <summary>The collateral and the time that the options name; null if they name neither, for then the profile's own count.</summary>
    public static AppraisalContext? ReadContext(Call call) => call.Get(Collateral) is null && call.Get(At) is null
        ? null
        : TryReadContext(call, out var context, out var problem) ? context : throw new ClientException(ClientProblem.NoInput, problem);

    /// <summary>Verifies a file: exit code 0 trusted, 3 rejected, 2 unusable input.</summary>
    public static int Verify(Call call, string file)
    {
        if (!TryReadContext(call, out var context, out var problem) || !TryReadInput(call, file, context.Collateral, out var envelope, out problem) || !TryReadPolicy(call, out var policy, out problem))
        {
            return Refuse(call, problem);
        }

        var inspection = EvidenceInspector.Inspect(envelope, context, policy);
        if (call.Screen.Json)
        {
            call.Screen.Line(ToJson(inspection, policy is not null, context.Time).ToJsonString());
        }
        else
        {
            Print(call.Screen, inspection, policy is not null, context.Time);
        }

        return inspection.IsSound ? ExitCodes.Ok : Rejected;
    }

    private static int Show(Call call)
    {
        var file = call.Get(ShownFile);
        if (!TryReadFile(file, out var content, out var problem))
        {
            return Refuse(call, problem);
        }

        JsonNode shown;
        if (EvidenceFile.TryRead(content, out var envelope, out problem))
        {
            var inspection = EvidenceInspector.Inspect(envelope, new AppraisalContext(Call.Time.GetUtcNow(), CollateralSet.Empty));
            if (inspection.Claims is null)
            {
                return Refuse(call, $"The file looks like evidence of kind {envelope.Kind}, but does not parse: {inspection.Objections[0]}");
            }

            shown = new JsonObject { ["kind"] = inspection.Kind, ["claims"] = inspection.Claims };
        }
        else
        {
            var collateral = CollateralSet.Read([content]);
            if (collateral.Count > 0)
            {
                shown = new JsonObject { ["kind"] = "collateral", ["pieces"] = collateral.Describe() };
            }
            else if (EvidencePieces.Describe(content) is { } piece)
            {
                shown = piece;
            }
            else
            {
                return Refuse(call, problem);
            }
        }

        if (call.Screen.Json)
        {
            call.Screen.Line(shown.ToJsonString());
        }
        else
        {
            call.Screen.Table(["field", "value"], Rows("", shown));
        }

        return ExitCodes.Ok;
    }

    private static bool TryReadInput(Call call, string file, CollateralSet collateral, out EvidenceEnvelope envelope, out string problem)
    {
        envelope = null!;
        if (!TryReadFile(file, out var content, out problem))
        {
            return false;
        }

        if (!EvidenceFile.TryRead(content, collateral, out var found, out var unknown))
        {
            problem = unknown;
            return false;
        }

        envelope = found;
        var kind = call.Get(Kind);
        problem = $"The file is evidence of kind {found.Kind}, not {kind}: leave --kind out, or give the right file.";
        return kind is null || kind == found.Kind;
    }

    private static bool TryReadContext(Call call, out AppraisalContext context, out string problem)
    {
        context = AppraisalContext.SimulatedOnly;
        problem = "--at must be a date or time such as 2026-03-15 or 2026-03-15T12:00:00Z.";
        var time = Call.Time.GetUtcNow();
        if (call.Get(At) is { } text && !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time))
        {
            return false;
        }

        var contents = CollateralContents.Empty;
        if (call.Get(Collateral) is { } path)
        {
            problem = $"The collateral {path} is missing: give a folder, a pack or another file.";
            if (!Path.Exists(path))
            {
                return false;
            }

            try
            {
                contents = CollateralFolder.Read(path, null, CollateralMemory.Empty);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                problem = $"The collateral {path} cannot be read: check its rights.";
                return false;
            }
        }

        context = new AppraisalContext(time, contents.Set) { Early = contents.Early };
        return true;
    }

    private static bool TryReadPolicy(Call call, out AppraisalPolicy? policy, out string problem)
    {
        policy = null;
        problem = "";
        if (call.Get(Policy) is not { } path)
        {
            return true;
        }

        return TryReadFile(path, out var content, out problem) && (PolicyFile.TryRead(content, out policy, out var unusable) || Fail(unusable, out problem));
    }

    private static bool Fail(string text, out string problem)
    {
        problem = text;
        return false;
    }

    private static bool TryReadFile(string file, out byte[] content, out string problem)
    {
        content = [];
        var info = new FileInfo(file);
        problem = $"The file {file} is missing, or longer than {EvidenceFile.MaxSize} bytes.";
        if (!info.Exists || info.Length > EvidenceFile.MaxSize)
        {
            return false;
        }

        try
        {
            content = File.ReadAllBytes(file);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problem = $"The file {file} cannot be read: check its rights.";
            return false;
        }
    }

    private static JsonObject ToJson(Inspection inspection, bool appraised, DateTimeOffset time) => new()
    {
        ["verdict"] = Verdict(inspection),
        ["kind"] = inspection.Kind,
        ["at"] = time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        ["identity"] = Identity(inspection, appraised),
        ["reasons"] = new JsonArray([.. inspection.Objections.Select(objection => objection.Reason.ToString()).Distinct().Select(reason => (JsonNode)reason)]),
        ["findings"] = new JsonArray([.. inspection.Objections.Select(objection => new JsonObject
        {
            ["reason"] = objection.Reason.ToString(),
            ["field"] = objection.Field,
            ["found"] = objection.Found,
            ["approved"] = objection.Approved,
            ["remedy"] = objection.Remedy,
        })]),
        ["notices"] = new JsonArray([.. inspection.Notices.Select(notice => new JsonObject { ["code"] = notice.Code.ToString(), ["text"] = notice.Text })]),
        ["claims"] = inspection.Claims ?? [],
    };

    private static void Print(Screen screen, Inspection inspection, bool appraised, DateTimeOffset time)
    {
        screen.Table(
            ["evidence", ""],
            [
                ["verdict", Verdict(inspection)], ["kind", inspection.Kind], ["at", time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture)],
                ["identity", Identity(inspection, appraised)],
            ]);
        screen.Table(
            ["reason", "field", "found", "accepted", "what to do"],
            inspection.Objections.Select(objection => (IReadOnlyList<string>)[objection.Reason.ToString(), objection.Field, objection.Found, objection.Approved, objection.Remedy]));
        foreach (var notice in inspection.Notices)
        {
            screen.Line($"Note: {notice.Text}");
        }

        if (inspection.Claims is { } claims)
        {
            screen.Table(["claim", "value"], Rows("", claims));
        }
    }

    private static string Verdict(Inspection inspection) => inspection.IsSound ? "trusted" : "rejected";

    private static string Identity(Inspection inspection, bool appraised) => appraised ? inspection.Enclave ?? "not approved" : "not appraised";

    internal static IEnumerable<IReadOnlyList<string>> Rows(string path, JsonNode? node) => node switch
    {
        JsonObject owner => owner.SelectMany(member => Rows(path.Length == 0 ? member.Key : $"{path}.{member.Key}", member.Value)),
        JsonArray list when list.Any(item => item is JsonObject) => list.SelectMany((item, index) => Rows($"{path}[{index}]", item)),
        JsonArray list => [[path, string.Join(", ", list.Select(item => item?.ToString() ?? ""))]],
        _ => [[path, node?.ToString() ?? ""]],
    };

    private static int Refuse(Call call, string problem) => call.Screen.Error(Unusable, "UnusableInput", problem);
}
