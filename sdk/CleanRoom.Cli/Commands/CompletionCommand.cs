using System.CommandLine;
using CleanRoom.Cli.Output;

namespace CleanRoom.Cli.Commands;

/// <summary>Completion scripts, made from the commands themselves.</summary>
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
        var global = string.Join(' ', root.Options.Select(option => option.Name));
        var cases = root.Subcommands.SelectMany(command => command.Subcommands.Select(sub =>
            $"    \"{command.Name} {sub.Name}\") words=\"{string.Join(' ', sub.Options.Select(option => option.Name))} {global}\" ;;"));
        var groups = root.Subcommands.Select(command => $"    \"{command.Name}\") words=\"{string.Join(' ', command.Subcommands.Select(sub => sub.Name))}\" ;;");
        return $$"""
            _cleanroom() {
              local words current="${COMP_WORDS[COMP_CWORD]}"
              case "${COMP_WORDS[*]:1:$(( COMP_CWORD > 2 ? 2 : COMP_CWORD - 1 ))}" in
                "") words="{{string.Join(' ', root.Subcommands.Select(command => command.Name))}} {{global}}" ;;
            {{string.Join('\n', groups)}}
            {{string.Join('\n', cases)}}
              esac
              case "$current" in
                -*|"") COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
                *) COMPREPLY=($(compgen -W "$words" -- "$current")); [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current")) ;;
              esac
            }
            complete -F _cleanroom cleanroom

            """;
    }

    private static string Fish(RootCommand root)
    {
        var lines = new List<string>();
        foreach (var command in root.Subcommands)
        {
            lines.Add($"complete -c cleanroom -n __fish_use_subcommand -a {command.Name} -d '{Quoted(command.Description)}'");
            foreach (var sub in command.Subcommands)
            {
                lines.Add($"complete -c cleanroom -n '__fish_seen_subcommand_from {command.Name}' -a {sub.Name} -d '{Quoted(sub.Description)}'");
            }
        }

        lines.AddRange(root.Options.Where(option => option.Name.StartsWith("--", StringComparison.Ordinal)).Select(option =>
            $"complete -c cleanroom -l {option.Name[2..]} -d '{Quoted(option.Description)}'"));
        return string.Join('\n', lines) + "\n";
    }

    private static string Quoted(string? text) => (text ?? "").Replace("'", "\\'", StringComparison.Ordinal);
}
