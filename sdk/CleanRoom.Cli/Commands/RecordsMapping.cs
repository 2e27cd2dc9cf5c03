using System.Text.Json.Nodes;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Records.Import;
using CleanRoom.Records.Wording;

namespace CleanRoom.Cli.Commands;

/// <summary>"records map": shows how a file would be read, asks what its headers do not say, and saves the answers as a profile.</summary>
internal static class RecordsMapping
{
    private const int MaxAsked = 60;

    private const string Ignored = "Ignore";

    /// <summary>What a consent cell can be said to grant; the words of each are map.grant0 and so on.</summary>
    private static readonly string[][] Grants = [[], ["C1"], ["C1", "C2", "C3"], ["C1", "C2", "C3", "C5"], ["C1", "C2", "C3", "C5", "C6"]];

    public static async Task<int> RunAsync(Call call, string file, ImportOptions options, string? save, bool accept)
    {
        if (!call.Screen.Json && !accept && options.Profile == "auto")
        {
            _ = await AskAsync(call, file, options, save ?? ProfileFor(Path.GetFileName(file))).ConfigureAwait(false);
            return ExitCodes.Ok;
        }

        var proposal = await ProposeAsync(call, file, options).ConfigureAwait(false);
        var unclear = proposal.Columns.Where(c => c.IsUnclear).ToList();
        call.Screen.Result(ToJson(proposal), null, () => Show(call, proposal));
        if (save is not null)
        {
            Save(call, save, proposal, unclear.ToDictionary(c => c.Header, c => Ignored, StringComparer.Ordinal), new Dictionary<string, IReadOnlyList<string>>(), null);
        }

        var open = unclear.Count + proposal.Consents.Count;
        return open == 0 || accept ? ExitCodes.Ok
            : call.Screen.Json ? (int)ClientProblem.DecisionNeeded
            : call.Screen.Error((int)ClientProblem.DecisionNeeded, "Unclear", $"{unclear.Count} columns and {proposal.Consents.Count} consent words are unclear.", null, "Run \"cleanroom records map FILE\" at a terminal, or name them in a profile.");
    }

    /// <summary>Shows how a file would be read, asks what is unclear, and saves the answers.</summary>
    /// <returns>How the file is read with the answers.</returns>
    public static async Task<MappingProposal> AskAsync(Call call, string file, ImportOptions options, string save)
    {
        RequireNew(save);
        var dialogue = new Dialogue(call);
        var proposal = await ProposeAsync(call, file, options).ConfigureAwait(false);
        Show(call, proposal);
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var column in proposal.Columns.Where(c => c.IsUnclear).Take(MaxAsked))
        {
            fields[column.Header] = AskField(call, dialogue, column);
        }

        while (dialogue.Ask(call.Words["map.change"]) is { Length: > 0 } number)
        {
            if (Dialogue.Number(number) is { } n && proposal.Columns.FirstOrDefault(c => c.Index + 1 == n) is { } column)
            {
                fields[column.Header] = AskField(call, dialogue, column);
            }
            else
            {
                call.Screen.Line("  " + call.Words["map.nocolumn"]);
            }
        }

        // Consent words and dates stand in the columns that the person has just named, so the file is looked at again with her answers.
        var map = new Dictionary<string, string>(options.Map, StringComparer.Ordinal);
        foreach (var (header, field) in fields)
        {
            map[header] = field;
        }

        var answered = await ProposeAsync(call, file, options with { Map = map }).ConfigureAwait(false);
        var consents = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var question in answered.Consents)
        {
            var choices = Grants.Select((_, i) => call.Words[$"map.grant{i}"]).ToList();
            consents[question.Words] = Grants[dialogue.Choose(call.Words.Format("map.consent", question.Words, question.Count), choices, 0)];
        }

        bool? monthFirst = answered.AsksForDateOrder ? dialogue.Choose(call.Words["map.dates"], [call.Words["map.dayfirst"], call.Words["map.monthfirst"]], 0) == 1 : null;
        Save(call, save, proposal, fields, consents, monthFirst);
        return answered;
    }

    /// <summary>Where the profile of a file is saved unless told otherwise.</summary>
    public static string ProfileFor(string file) => Path.ChangeExtension(file, null) + ".profile.json";

    private static async Task<MappingProposal> ProposeAsync(Call call, string file, ImportOptions options)
    {
        var stream = CaseFile.Open(file);
        await using (stream.ConfigureAwait(false))
        {
            return await MappingProposal.OfAsync(stream, options, call.Token).ConfigureAwait(false);
        }
    }

    private static void Show(Call call, MappingProposal proposal)
    {
        var words = Words.Of(call.Words.Language);
        call.Screen.Line(call.Words.Format("map.layout", proposal.Profile));
        call.Screen.Table(
            ["", words["col.column"], words["col.readas"], call.Words["map.like"]],
            proposal.Columns.Select(c => (IReadOnlyList<string>)
                [$"{c.Index + 1}", c.Header, c.IsUnclear ? "?" : c.Field, c.Filled == 0 ? call.Words["map.empty"] : string.Join("  ", c.Shapes.Take(2))]));
    }

    private static string AskField(Call call, Dialogue dialogue, ColumnProposal column)
    {
        IReadOnlyList<string> choices = column.Choices.Count > 0 ? column.Choices : [column.Field, Ignored];
        while (true)
        {
            call.Screen.Line(call.Words.Format("map.what", column.Header, column.Filled, string.Join("  ", column.Shapes)));
            for (var i = 0; i < choices.Count; i++)
            {
                call.Screen.Line($"  {i + 1} {Field(call, choices[i])}");
            }

            call.Screen.Line("  " + call.Words["map.other"]);
            var answer = dialogue.Ask("  [1]");
            if (answer == "?")
            {
                call.Screen.Line("  " + string.Join(", ", MappingProposal.Fields.Select(f => Field(call, f))));
            }
            else if (answer.Length == 0)
            {
                return choices[0];
            }
            else if (Dialogue.Number(answer) is { } n && n >= 1 && n <= choices.Count)
            {
                return choices[n - 1];
            }
            else if (MappingProposal.Fields.FirstOrDefault(f => f.Equals(answer, StringComparison.OrdinalIgnoreCase)) is { } field)
            {
                return field;
            }
            else if (answer.StartsWith("Flag:", StringComparison.OrdinalIgnoreCase) && ImportOptions.IsField(answer))
            {
                return answer;
            }
            else
            {
                call.Screen.Line("  " + call.Words["map.nofield"]);
            }
        }
    }

    /// <summary>A field's name, which is typed and saved, with what it means.</summary>
    private static string Field(Call call, string field) => call.Words.Find("field." + field) is { } meaning ? $"{field} ({meaning})" : field;

    private static void RequireNew(string path)
    {
        if (File.Exists(path))
        {
            throw new ClientException(ClientProblem.Usage, $"{path} is there already: name another file with --save.");
        }
    }

    private static void Save(
        Call call, string path, MappingProposal proposal, Dictionary<string, string> fields, IReadOnlyDictionary<string, IReadOnlyList<string>> consents, bool? monthFirst)
    {
        RequireNew(path);
        var name = new string([.. Path.GetFileName(path).Replace(".profile.json", "", StringComparison.OrdinalIgnoreCase).ToLowerInvariant().Select(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '+' ? c : '-').Take(36)]).Trim('-', '.');
        var json = proposal.ToProfile($"own-{(name.Length > 0 ? name : "list")}", fields, consents, monthFirst);
        File.WriteAllText(path, json);
        if (!call.Screen.Json)
        {
            call.Screen.Line(call.Words.Format("map.saved", path));
        }
    }

    private static JsonObject ToJson(MappingProposal proposal) => new()
    {
        ["profile"] = proposal.Profile,
        ["columns"] = new JsonArray([.. proposal.Columns.Select(c => new JsonObject
        {
            ["column"] = c.Index + 1,
            ["header"] = c.Header,
            ["field"] = c.Field,
            ["unclear"] = c.IsUnclear,
            ["choices"] = new JsonArray([.. c.Choices.Select(x => JsonValue.Create(x))]),
        })]),
        ["consentWords"] = new JsonArray([.. proposal.Consents.Select(c => new JsonObject { ["words"] = c.Words, ["count"] = c.Count })]),
        ["asksForDateOrder"] = proposal.AsksForDateOrder,
    };
}
