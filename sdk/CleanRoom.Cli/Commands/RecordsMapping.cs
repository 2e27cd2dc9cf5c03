using System.Text.Json.Nodes;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Records.Import;

namespace CleanRoom.Cli.Commands;

/// <summary>"records map": shows how a file would be read, asks what its headers do not say, and saves the answers as a profile.</summary>
internal static class RecordsMapping
{
    private const int MaxAsked = 60;

    /// <summary>What a consent cell can be said to grant.</summary>
    private static readonly (string Words, string[] Purposes)[] Grants =
    [
        ("nothing (leave the people out)", []),
        ("statistics only (C1)", ["C1"]),
        ("matching, and other organisations may hear of it (C1 C2 C3)", ["C1", "C2", "C3"]),
        ("as before, and police without identity (C1 C2 C3 C5)", ["C1", "C2", "C3", "C5"]),
        ("everything, also police with identity (C1 C2 C3 C5 C6)", ["C1", "C2", "C3", "C5", "C6"]),
    ];

    public static async Task<int> RunAsync(Call call, string file, ImportOptions options, string? save, bool accept)
    {
        var stream = CaseFile.Open(file);
        await using var closing = stream.ConfigureAwait(false);
        var proposal = await MappingProposal.OfAsync(stream, options, call.Token).ConfigureAwait(false);
        var unclear = proposal.Columns.Where(c => c.IsUnclear).ToList();
        if (call.Screen.Json || accept || options.Profile != "auto")
        {
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

        Show(call, proposal);
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var column in unclear.Take(MaxAsked))
        {
            fields[column.Header] = AskField(call, column);
        }

        while (Ask(call, "Column to change (its number), or Enter to go on") is { Length: > 0 } number)
        {
            if (int.TryParse(number, out var n) && proposal.Columns.FirstOrDefault(c => c.Index + 1 == n) is { } column)
            {
                fields[column.Header] = AskField(call, column);
            }
            else
            {
                call.Screen.Line("  There is no such column.");
            }
        }

        var consents = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var question in proposal.Consents)
        {
            consents[question.Words] = AskGrant(call, question);
        }

        bool? monthFirst = proposal.AsksForDateOrder ? AskChoice(call, "Dates such as 03/04/2024 are in this file", ["3 April (day first)", "March 4 (month first)"], 0) == 1 : null;
        Save(call, save ?? Path.ChangeExtension(Path.GetFileName(file), null) + ".profile.json", proposal, fields, consents, monthFirst);
        return ExitCodes.Ok;
    }

    private const string Ignored = "Ignore";

    private static void Show(Call call, MappingProposal proposal)
    {
        call.Screen.Line($"Layout: {proposal.Profile}. Letters are shown as a, digits as 9.");
        call.Screen.Table(
            ["", "column", "read as", "cells look like"],
            proposal.Columns.Select(c => (IReadOnlyList<string>)[$"{c.Index + 1}", c.Header, c.IsUnclear ? "?" : c.Field, c.Filled == 0 ? "(empty)" : string.Join("  ", c.Shapes.Take(2))]));
    }

    private static string AskField(Call call, ColumnProposal column)
    {
        IReadOnlyList<string> choices = column.Choices.Count > 0 ? column.Choices : [column.Field, Ignored];
        while (true)
        {
            call.Screen.Line($"\"{column.Header}\": what does it hold? {column.Filled} cells, such as {string.Join("  ", column.Shapes)}");
            call.Screen.Line($"  {string.Join("   ", choices.Select((c, i) => $"{i + 1} {c}"))}   or another field's name, ? lists them");
            var answer = Ask(call, "  [1]");
            if (answer == "?")
            {
                call.Screen.Line("  " + string.Join(", ", MappingProposal.Fields));
            }
            else if (answer.Length == 0)
            {
                return choices[0];
            }
            else if (int.TryParse(answer, out var n) && n >= 1 && n <= choices.Count)
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
                call.Screen.Line("  That is no field.");
            }
        }
    }

    private static string[] AskGrant(Call call, ConsentQuestion question) =>
        Grants[AskChoice(call, $"Consent \"{question.Words}\" ({question.Count}x): what did the people agree to?", [.. Grants.Select(g => g.Words)], 0)].Purposes;

    private static int AskChoice(Call call, string question, IReadOnlyList<string> choices, int usual)
    {
        while (true)
        {
            call.Screen.Line(question);
            for (var i = 0; i < choices.Count; i++)
            {
                call.Screen.Line($"  {i + 1} {choices[i]}");
            }

            var answer = Ask(call, $"  [{usual + 1}]");
            if (answer.Length == 0)
            {
                return usual;
            }

            if (int.TryParse(answer, out var n) && n >= 1 && n <= choices.Count)
            {
                return n - 1;
            }
        }
    }

    private static string Ask(Call call, string prompt)
    {
        Console.Out.Write(prompt + " ");
        Console.Out.Flush();
        call.Token.ThrowIfCancellationRequested();
        return Console.In.ReadLine()?.Trim() ?? throw new ClientException(ClientProblem.DecisionNeeded, "The answers ended before the questions: nothing was saved. Run it at a terminal, or with --accept.");
    }

    private static void Save(
        Call call, string path, MappingProposal proposal, Dictionary<string, string> fields, IReadOnlyDictionary<string, IReadOnlyList<string>> consents, bool? monthFirst)
    {
        var name = new string([.. Path.GetFileName(path).Replace(".profile.json", "", StringComparison.OrdinalIgnoreCase).ToLowerInvariant().Select(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '+' ? c : '-').Take(36)]).Trim('-', '.');
        var json = proposal.ToProfile($"own-{(name.Length > 0 ? name : "list")}"[..Math.Min(40, 4 + Math.Max(4, name.Length))], fields, consents, monthFirst);
        if (File.Exists(path))
        {
            throw new ClientException(ClientProblem.Usage, $"{path} is there already: name another file with --save.");
        }

        File.WriteAllText(path, json);
        if (!call.Screen.Json)
        {
            call.Screen.Line($"Saved {path}. Use it with --profile {path}.");
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
