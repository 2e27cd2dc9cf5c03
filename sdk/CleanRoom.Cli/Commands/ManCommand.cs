using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using CleanRoom.Cli.Output;
using CleanRoom.Client;

namespace CleanRoom.Cli.Commands;

/// <summary>Manual pages (man(7) macros), made from the commands themselves: one for the program, one for each command.</summary>
internal static class ManCommand
{
    private static readonly Argument<string[]> Of = new("COMMAND") { Description = "The command whose page is written to standard output; without it that of the program.", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Option<string?> Out = new("--out") { Description = "Write every page into this folder instead.", HelpName = "DIR" };

    public static Command Create(RootCommand root)
    {
        var man = new Command("man", "Write manual pages: \"cleanroom man --out ~/.local/share/man/man1\".") { Of, Out };
        man.Handle(call =>
        {
            var pages = Pages(root).ToList();
            if (call.Get(Out) is { } folder)
            {
                _ = Directory.CreateDirectory(folder);
                pages.ForEach(page => File.WriteAllText(Path.Combine(folder, page.Name + ".1"), page.Text));
                call.Screen.Result(new JsonObject { ["folder"] = folder, ["pages"] = pages.Count }, null, () => call.Screen.Line($"{pages.Count} pages in {folder}."));
                return ExitCodes.Ok;
            }

            var name = string.Join('-', (call.Get(Of) ?? []).Prepend("cleanroom"));
            var found = pages.Find(page => page.Name == name);
            Console.Out.Write(found.Text ?? throw new ClientException(ClientProblem.Usage, "There is no such command: \"cleanroom --help\" lists them."));
            return ExitCodes.Ok;
        });
        return man;
    }

    private static IEnumerable<(string Name, string Text)> Pages(RootCommand root)
    {
        yield return ("cleanroom", Page(root, ["cleanroom"], root));
        foreach (var page in Below(root, ["cleanroom"], root))
        {
            yield return page;
        }
    }

    private static IEnumerable<(string Name, string Text)> Below(Command command, string[] path, RootCommand root)
    {
        foreach (var sub in command.Subcommands)
        {
            string[] names = [.. path, sub.Name];
            yield return (string.Join('-', names), Page(sub, names, root));
            foreach (var page in Below(sub, names, root))
            {
                yield return page;
            }
        }
    }

    private static string Page(Command command, string[] path, RootCommand root)
    {
        var name = string.Join('-', path);
        var description = (command.Description ?? "").Split("\n\n")[0].ReplaceLineEndings(" ");
        var page = new StringBuilder();
        _ = page.Append(".TH ").Append(Escape(name).ToUpperInvariant()).Append(" 1 \"\" \"CleanRoom\" \"User Commands\"\n.SH NAME\n").Append(Escape(name)).Append(" \\- ").Append(Escape(description.TrimEnd('.')))
            .Append("\n.SH SYNOPSIS\n.B ").Append(Escape(string.Join(' ', path))).Append('\n');
        foreach (var argument in command.Arguments)
        {
            var (open, close) = argument.Arity.MinimumNumberOfValues == 0 ? ("[", "]") : ("", "");
            _ = page.Append(open).Append("\\fI").Append(Escape(argument.Name)).Append("\\fR").Append(close).Append(argument.Arity.MaximumNumberOfValues > 1 ? " ..." : "").Append('\n');
        }

        _ = page.Append(command.Subcommands.Count > 0 ? "\\fICOMMAND\\fR\n" : "").Append("[\\fIOPTIONS\\fR]\n.SH DESCRIPTION\n").Append(Escape(description)).Append('\n');
        Items(page, "ARGUMENTS", command.Arguments.Select(argument => ($"\\fI{Escape(argument.Name)}\\fR", argument.Description)));
        Items(page, "COMMANDS", command.Subcommands.Select(sub => ($"\\fB{Escape(sub.Name)}\\fR", sub.Description)));
        Items(page, "OPTIONS", command.Options.Where(option => !option.Hidden).Select(option => (OptionHead(option), option.Description)));
        _ = page.Append(".SH EXIT STATUS\n.nf\n");
        foreach (var line in ExitCodes.Table.ReplaceLineEndings("\n").Split('\n').Skip(1))
        {
            _ = page.Append(Escape(line.Trim())).Append('\n');
        }

        _ = page.Append(".fi\n.SH SEE ALSO\n");
        _ = command == root
            ? page.AppendJoin(",\n", root.Subcommands.Select(sub => $".BR {Escape("cleanroom-" + sub.Name)} (1)")).Append('\n')
            : page.Append(".BR ").Append(Escape(string.Join('-', path[..^1]))).Append(" (1)\n.PP\nOptions that every command has stand in\n.BR cleanroom (1).\n");
        return page.ToString().Replace(",\n.BR", "\n.BR", StringComparison.Ordinal);
    }

    private static void Items(StringBuilder page, string title, IEnumerable<(string Head, string? Text)> items)
    {
        var first = true;
        foreach (var (head, text) in items)
        {
            _ = page.Append(first ? $".SH {title}\n" : "").Append(".TP\n").Append(head).Append('\n').Append(Escape(string.IsNullOrEmpty(text) ? "." : text.ReplaceLineEndings(" "))).Append('\n');
            first = false;
        }
    }

    private static string OptionHead(Option option)
    {
        var names = string.Join(", ", option.Aliases.Append(option.Name).OrderBy(name => name.Length).Select(name => $"\\fB{Escape(name)}\\fR"));
        var value = option.Arity.MaximumNumberOfValues == 0 || option.ValueType == typeof(bool) ? "" : $" \\fI{Escape(option.HelpName ?? option.Name.TrimStart('-').ToUpperInvariant())}\\fR";
        return names + value;
    }

    // A line that begins with a point or an apostrophe would be a command of the formatter; what is not ASCII depends on the formatter's locale unless it is named.
    private static string Escape(string text)
    {
        var escaped = new StringBuilder(text.StartsWith('.') || text.StartsWith('\'') ? "\\&" : "");
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '\\' => escaped.Append("\\e"),
                '-' => escaped.Append("\\-"),
                < 128 => escaped.Append((char)rune.Value),
                _ => escaped.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\[u{rune.Value:X4}]"),
            };
        }

        return escaped.ToString();
    }
}
