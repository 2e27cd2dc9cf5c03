using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Records;
using CleanRoom.Records.Export;
using CleanRoom.Records.Import;

namespace CleanRoom.Cli.Commands;

/// <summary>"records export": the same case file in the layout of HTCDS or CTDC. Offline.</summary>
internal static class RecordsExport
{
    private static readonly Option<string> Layout = new("--layout")
    {
        Description = $"One of {string.Join(", ", CaseExport.Layouts)}.",
        DefaultValueFactory = _ => CaseExport.Layouts[0],
        HelpName = "LAYOUT",
    };

    private static readonly Option<string> Out = new("--out") { Description = "Where the table is written; it must not exist yet.", HelpName = "FILE", Required = true };

    public static Command Create(Symbol[] shared, Func<Call, (string File, ImportOptions Options)> read)
    {
        var export = new Command("export", "Write a case file in the layout of HTCDS or CTDC (CSV). CTDC layouts hold nothing that identifies, and only rows with a live C1. Offline.") { Layout, Out };
        foreach (var symbol in shared)
        {
            if (symbol is Argument argument)
            {
                export.Arguments.Add(argument);
            }
            else if (symbol is Option option)
            {
                export.Options.Add(option);
            }
        }

        export.Handle(call => RunAsync(call, read(call)));
        return export;
    }

    private static async Task<int> RunAsync(Call call, (string File, ImportOptions Options) input)
    {
        var export = CaseExport.To(call.Get(Layout));
        var path = call.Get(Out);
        var today = DateOnly.FromDateTime(Call.Time.GetUtcNow().UtcDateTime);
        int written = 0, withheld = 0;

        // Once to measure, once to write: what is read is never held as a whole.
        if (await RowsAsync(call, input, row => export.Measure(row.Record)).ConfigureAwait(false) is { } question)
        {
            return question;
        }

        var file = Create(path);
        await using (file.ConfigureAwait(false))
        {
            var writer = new StreamWriter(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
            await using (writer.ConfigureAwait(false))
            {
                export.WriteHeader(writer);
                _ = await RowsAsync(call, input, row =>
                {
                    if (export.IsStatistics && !ConsentRules.IsLive(row.Record, "C1_AGGREGATE", today))
                    {
                        withheld++;
                        return;
                    }

                    export.WriteRow(writer, row.Record);
                    written++;
                }).ConfigureAwait(false);
            }
        }

        call.Screen.Result(
            new JsonObject
            {
                ["layout"] = call.Get(Layout),
                ["file"] = path,
                ["rows"] = written,
                ["withoutGrant"] = withheld,
                ["notWritten"] = new JsonObject(export.NotWritten.Select(item => KeyValuePair.Create(item.Key, (JsonNode?)JsonValue.Create(item.Value)))),
            },
            null,
            () =>
            {
                call.Screen.Line($"{path}: {written} rows in layout {call.Get(Layout)}{(withheld > 0 ? $"; {withheld} left out for lack of a live grant for statistics (C1)" : "")}.");
                call.Screen.Line(export.IsStatistics
                    ? "  It names nobody, but it is not anonymous: hand it to CTDC under your agreement, and publish nothing of it."
                    : "  It holds what your case file holds: keep it as safe.");
                call.Screen.Table(["the layout has no room for", ""], export.NotWritten.Select(item => (IReadOnlyList<string>)[item.Key, $"{item.Value}x"]));
            });
        return ExitCodes.Ok;
    }

    private static async Task<int?> RowsAsync(Call call, (string File, ImportOptions Options) input, Action<ImportedRow> use)
    {
        var file = CaseFile.Open(input.File);
        await using var closing = file.ConfigureAwait(false);
        var session = await CaseImporter.OpenAsync(file, input.Options, call.Token).ConfigureAwait(false);
        await using var ending = session.ConfigureAwait(false);
        if (session.NeedsProfile is { } question)
        {
            return RecordsCommands.Question(call, question);
        }

        await foreach (var row in session.RowsAsync(call.Token).ConfigureAwait(false))
        {
            if (row.AggregateOnly)
            {
                throw new ClientException(ClientProblem.BadData, "The file holds published statistics and no cases: there is nothing to export.");
            }

            use(row);
        }

        return null;
    }

    /// <summary>Makes a file that nobody but the owner reads.</summary>
    public static FileStream Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            return new FileStream(path, options);
        }
        catch (IOException) when (System.IO.File.Exists(path))
        {
            throw new ClientException(ClientProblem.Usage, $"{path} is there already: name another file with --out.");
        }
    }
}
