using System.CommandLine;
using CleanRoom.Cli.Output;

namespace CleanRoom.Cli.Commands;

/// <summary>Completion scripts, made from the commands themselves: commands of any depth, options, the values of options that have a list, else file names.</summary>
internal static class CompletionCommand
{
    private static readonly Argument<string> Shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." }.AcceptOnlyFromAmong("bash", "zsh", "fish");

    public static Command Create(RootCommand root)
    {
        var command = new Command("completion", "Write a completion script for a shell; source it.") { Shell };
        command.Handle(call =>
        {
            Console.Out.Write(call.Get(Shell) switch
            {
                "fish" => Fish(root),
                "zsh" => "autoload -U +X bashcompinit && bashcompinit\n" + Bash(root),
                _ => Bash(root),
            });
            return ExitCodes.Ok;
        });
        return command;
    }

    private static string Bash(RootCommand root)
    {
        var commands = All(root, "").ToList();
        var paths = string.Join('|', commands.Where(item => item.Path.Length > 0).Select(item => item.Path));
        var words = commands.Select(item => $"    \"{item.Path}\") words=\"{string.Join(' ', Words(item.Command, root))}\" ;;");
        var values = Values(root, commands).Select(item => $"    {item.Option}) COMPREPLY=($(compgen -W \"{string.Join(' ', item.Values)}\" -- \"$current\")); return ;;");
        return $$"""
            _cleanroom() {
              local words word path="" longer current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
              for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
                longer="${path:+$path }$word"
                case "|{{paths}}|" in *"|$longer|"*) path="$longer" ;; esac
              done
              case "$previous" in
            {{string.Join('\n', values)}}
              esac
              case "$path" in
            {{string.Join('\n', words)}}
              esac
              COMPREPLY=($(compgen -W "$words" -- "$current"))
              case "$current" in
                -*) ;;
                *) [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current")) ;;
              esac
            }
            complete -F _cleanroom cleanroom

            """;
    }

    private static string Fish(RootCommand root)
    {
        var lines = new List<string>();
        foreach (var (path, command) in All(root, "").Where(item => item.Path.Length > 0))
        {
            var above = path.LastIndexOf(' ') is var at && at < 0 ? "__fish_use_subcommand" : $"'__fish_seen_subcommand_from {path[..at].Split(' ')[^1]}'";
            lines.Add($"complete -c cleanroom -n {above} -a {command.Name} -d '{Quoted(command.Description)}'");
            lines.AddRange(command.Options.Where(IsLong).Select(option => $"complete -c cleanroom -n '__fish_seen_subcommand_from {command.Name}' -l {option.Name[2..]} -d '{Quoted(option.Description)}'"));
        }

        lines.AddRange(root.Options.Where(IsLong).Select(option => $"complete -c cleanroom -l {option.Name[2..]} -d '{Quoted(option.Description)}'"));
        return string.Join('\n', lines) + "\n";
    }

    private static IEnumerable<(string Path, Command Command)> All(Command command, string path) =>
        command.Subcommands.SelectMany(sub => All(sub, path.Length == 0 ? sub.Name : $"{path} {sub.Name}")).Prepend((path, command));

    private static IEnumerable<string> Words(Command command, RootCommand root) => command.Subcommands.Select(sub => sub.Name)
        .Concat(command.Arguments.SelectMany(argument => argument.GetCompletions(System.CommandLine.Completions.CompletionContext.Empty)).Select(item => item.Label))
        .Concat(command.Options.Concat(root.Options).Where(IsLong).Select(option => option.Name)).Distinct();

    /// <summary>Options whose values are a list; what an option is called means the same everywhere.</summary>
    private static IEnumerable<(string Option, IReadOnlyList<string> Values)> Values(RootCommand root, IEnumerable<(string Path, Command Command)> commands) => commands
        .SelectMany(item => item.Command.Options).Concat(root.Options).Where(option => IsLong(option) && option.ValueType != typeof(bool))
        .Select(option => (option.Name, Values: (IReadOnlyList<string>)[.. option.GetCompletions(System.CommandLine.Completions.CompletionContext.Empty).Select(item => item.Label)]))
        .Where(item => item.Values.Count > 0).DistinctBy(item => item.Name);

    private static bool IsLong(Option option) => option.Name.StartsWith("--", StringComparison.Ordinal);

    private static string Quoted(string? text) => (text ?? "").ReplaceLineEndings(" ").Replace("'", "\\'", StringComparison.Ordinal);
}
