namespace CleanRoom.Demo;

/// <summary>What a kept room offers to look at: a script that starts its services again, and commands that work.</summary>
internal static class KeptRoom
{
    /// <summary>Writes the script that starts the services again, each at the address that the charter names, until it is stopped.</summary>
    public static async Task WriteScriptAsync(string folder, IEnumerable<(string Name, string CommandLine)> services, CancellationToken cancellationToken)
    {
        var path = ScriptOf(folder);
        await File.WriteAllLinesAsync(
            path,
            [
                "#!/bin/sh", "# Starts the services of this simulated room again; Ctrl-C stops them.", "trap 'kill 0' INT TERM",
                .. services.Select(service => $"{service.CommandLine} >>{Quoted(Path.Combine(folder, "logs", service.Name + ".log"))} 2>&1 &"), "wait",
            ],
            cancellationToken);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Lines that say what to try.</summary>
    public static IEnumerable<string> Hints(string folder, RoomFile? file)
    {
        yield return $"kept in {folder}: members/ID are the members' profiles, logs/ what the services wrote.";
        if (file is null || !File.Exists(ScriptOf(folder)))
        {
            yield break;
        }
        var first = file.Contributors[0];
        var contributor = "  artifacts/cleanroom --home " + Quoted(Path.Combine(folder, "members", first.Id));
        var agency = "  artifacts/cleanroom --home " + Quoted(Path.Combine(folder, "members", file.Agencies.Count > 0 ? file.Agencies[0].Id : first.Id));
        var manifest = first.Manifest is { } path ? " --manifest " + Quoted(Path.Combine(file.Folder, path)) : "";
        yield return "To try, after \"make cli\":";
        yield return $"{contributor} receipts verify --offline";
        yield return $"{contributor} inbox show";
        yield return $"{contributor} log show --offline";
        yield return $"{contributor} charter show";
        yield return $"  artifacts/cleanroom records check {Quoted(Path.Combine(file.Folder, first.File))}{manifest}";
        yield return $"{agency} inbox show";
        yield return $"{agency} evidence verify --offline";
        yield return $"  {Quoted(ScriptOf(folder))} starts the services again (Ctrl-C stops them); a minute later, in another terminal:";
        yield return $"{agency} inbox watch --once";
        yield return $"{contributor} room status";
    }

    /// <summary>A word for a shell.</summary>
    public static string Quoted(string word) =>
        word.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '-' or '.' or '_' or '=' or ':') ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static string ScriptOf(string folder) => Path.Combine(folder, "start.sh");
}
