using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace CleanRoom.Cli.Output;

/// <summary>
/// What a command shows. With --json standard output carries one object, <c>{"ok","simulated","result"}</c> or <c>{"ok":false,"error"}</c>, and nothing else (streams: one
/// object a line). A simulated room is named as such on every screen.
/// </summary>
internal sealed class Screen(bool json, TextWriter output, TextWriter error)
{
    private static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private bool _bannerShown;
    private bool? _simulated;

    public bool Json => json;

    /// <summary>The sentence that names a simulated room.</summary>
    public string SimulatedWords { get; set; } = "";

    public void Result(JsonObject result, bool? simulated, Action human)
    {
        _simulated = simulated ?? _simulated;
        if (json)
        {
            var document = new JsonObject { ["ok"] = true };
            if (simulated is not null)
            {
                document["simulated"] = simulated;
            }

            document["result"] = result;
            output.WriteLine(document.ToJsonString(Options));
            return;
        }

        Banner(simulated);
        human();
    }

    /// <summary>Names a simulated room as one; from then on errors in JSON carry the label too.</summary>
    public void Banner(bool? simulated)
    {
        _simulated = simulated ?? _simulated;
        if (!json && simulated == true && !_bannerShown)
        {
            output.WriteLine(SimulatedWords);
            _bannerShown = true;
        }
    }

    public void Line(string text) => output.WriteLine(text);

    public void Note(string text)
    {
        if (!json)
        {
            error.WriteLine(text);
        }
    }

    /// <summary>A table; nothing at all if it has no rows.</summary>
    public void Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        IReadOnlyList<string>[] lines = [.. rows];
        if (lines.Length == 0)
        {
            return;
        }

        var table = new Table { Border = TableBorder.Simple };
        for (var i = 0; i < columns.Count; i++)
        {
            // On a narrow screen sentences break; a single short word stays whole.
            table.AddColumn(new TableColumn(new Text(columns[i])) { NoWrap = Array.TrueForAll(lines, line => line[i].Length <= 16 && !line[i].Contains(' ', StringComparison.Ordinal)) });
        }

        foreach (var row in lines)
        {
            table.AddRow(row.Select(cell => new Text(cell)));
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = 200;
        }

        console.Write(table);
    }

    /// <summary>Shows a bar while something runs, where a person looks on.</summary>
    /// <param name="title">What is done.</param>
    /// <param name="work">Does it, and tells step, amount done and amount to do; null if nobody looks on.</param>
    public async Task<T> WithProgressAsync<T>(string title, Func<Action<string, double, double>?, Task<T>> work)
    {
        if (json || Console.IsOutputRedirected)
        {
            return await work(null).ConfigureAwait(false);
        }

        return await AnsiConsole.Progress().AutoClear(true).StartAsync(async context =>
        {
            var bar = context.AddTask(title);
            return await work((step, done, total) =>
            {
                bar.Description = step;
                bar.MaxValue = Math.Max(1, total);
                bar.Value = done;
            }).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    public int Error(int exitCode, string problem, string message, string? field = null, string? remedy = null)
    {
        var sentence = (remedy is null ? message : $"{message} {remedy}").ReplaceLineEndings(" ");
        error.WriteLine($"cleanroom: {sentence}");
        if (json)
        {
            var document = new JsonObject { ["ok"] = false };
            if (_simulated is not null)
            {
                document["simulated"] = _simulated;
            }

            document["error"] = new JsonObject { ["exitCode"] = exitCode, ["problem"] = problem, ["message"] = message, ["field"] = field, ["remedy"] = remedy };
            output.WriteLine(document.ToJsonString(Options));
        }

        return exitCode;
    }
}
