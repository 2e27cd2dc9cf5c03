using System.Diagnostics.CodeAnalysis;
using CleanRoom.Admin.Commands;
using CleanRoom.Storage.Transfer;

namespace CleanRoom.Admin.Stores;

/// <summary><c>store migrate|verify|export|import|backup|restore</c>.</summary>
internal sealed class StoreCommand
{
    public const string Usage = """
        Use: cleanroom-admin store migrate --kind KIND STORE
             cleanroom-admin store verify  --kind KIND STORE
             cleanroom-admin store export  --kind KIND STORE --file FILE [--room ID]
             cleanroom-admin store import  --kind KIND STORE --file FILE
             cleanroom-admin store backup  --kind KIND STORE --to DIR [--keys DATADIR]
             cleanroom-admin store restore --kind KIND STORE --from DIR [--keys DATADIR] --checkpoint FILE|none
        KIND is ingestion, notification or broker, and lease for migrate. STORE is --data DIR (SQLite in a service's data folder), or --postgres "Host=…;Database=…;Username=…" and, if the
        service has a Store:Schema, --schema NAME. An export is one state of a store in use; FILE is new. An import adds all of a file or nothing of it.
        A backup is a new folder with an export, the service's key files (never a broker's master key) and their digests; it is read back and checked. A restore checks
        everything before it writes anything, and compares the log with what a member knows to be cosigned.
        """;

    private const string LeaseKind = "lease";
    private const string MigrateLeases = "migrate leases";
    private static readonly string[] Verbs = ["migrate", "verify", "export", "import", "backup", "restore"];
    private readonly string _verb;
    private readonly StoreKind _kind;
    private readonly Guid? _room;
    private readonly Options _options;
    private readonly StorePlace _place;

    private StoreCommand(string verb, StoreKind kind, Guid? room, Options options) =>
        (_verb, _kind, _room, _options, _place) = (verb, kind, room, options, StorePlace.Of(options));

    private string? File => _options["--file"];

    /// <summary>Where keys lie beside the store: the data folder, also of a service whose store is PostgreSQL.</summary>
    private string? KeyFolder => _place.Folder ?? _options["--keys"];

    /// <summary>Reads a command line.</summary>
    /// <param name="arguments">What follows <c>store</c>.</param>
    /// <param name="command">The command.</param>
    /// <param name="mistake">What is wrong, in one line, or how it is used.</param>
    public static bool TryParse(string[] arguments, [NotNullWhen(true)] out StoreCommand? command, out string mistake)
    {
        command = null;
        mistake = Usage;
        if (arguments is not [var verb, ..] || !Verbs.Contains(verb))
        {
            return false;
        }

        string[] own = verb switch
        {
            "export" => ["--file", "--room"],
            "import" => ["--file"],
            "backup" => ["--to", "--keys"],
            "restore" => ["--from", "--keys", "--checkpoint"],
            _ => [],
        };
        if (!Options.TryRead("store " + verb, arguments.AsSpan(1), ["--kind", .. own, .. StorePlace.Names], out var options, out var wrong))
        {
            mistake = wrong;
            return false;
        }

        // Leases are nothing to move or check: whoever leads takes them anew.
        var lease = verb == "migrate" && options["--kind"] == LeaseKind;
        var kind = lease ? StoreKind.Ingestion : StorePlace.Kind(options["--kind"]);
        Guid? room = options["--room"] is { } text && Guid.TryParseExact(text, "D", out var id) ? id : null;
        mistake = kind is null ? "--kind must be ingestion, notification or broker."
            : StorePlace.Problem(options) is { } problem ? problem
            : options["--keys"] is not null && options["--data"] is not null ? "--keys goes with --postgres: with --data the keys lie in the data folder."
            : verb is "backup" or "restore" && options["--postgres"] is not null && options["--keys"] is null ? "Name the service's data folder, which holds its keys, with --keys DIR."
            : verb is "export" or "import" && options["--file"] is null ? $"Name the file of the {verb} with --file FILE."
            : verb == "backup" && options["--to"] is null ? "Name a new folder for the backup with --to DIR."
            : verb == "restore" && options["--from"] is null ? "Name the folder of the backup with --from DIR."
            : verb == "restore" && kind == StoreKind.Ingestion && options["--checkpoint"] is null
                ? "Name what a member knows to be cosigned (\"cleanroom --json log verify\" prints it) with --checkpoint FILE: an older copy stops the room. Or say --checkpoint none."
                : options["--room"] is not null && room is null ? "--room must be a UUID in lower case with hyphens."
                : string.Empty;
        command = mistake.Length == 0 ? new StoreCommand(lease ? MigrateLeases : verb, kind!.Value, room, options) : null;
        return command is not null;
    }

    public async Task<int> RunAsync(TextWriter output, CancellationToken cancellationToken)
    {
        switch (_verb)
        {
            case MigrateLeases:
                _place.OpenLeases().Dispose();
                await output.WriteLineAsync("The table of leases is the newest that this program knows.");
                return 0;
            case "backup":
                using (var existing = _place.OpenExisting(_kind))
                {
                    return await Backup.WriteAsync(existing, _kind, KeyFolder!, _options["--to"]!, output, cancellationToken);
                }

            case "restore":
                return await Backup.RestoreAsync(_place, _kind, KeyFolder!, _options["--from"]!, _options["--checkpoint"], output, cancellationToken);
            default:
                break;
        }

        using var store = _place.Open(_kind);
        switch (_verb)
        {
            case "migrate":
                await output.WriteLineAsync(store.FoundVersion == store.Version
                    ? $"The store has version {store.Version}, the newest that this program knows."
                    : $"The store was carried from version {store.FoundVersion} to {store.Version}.");
                return 0;
            case "verify":
                var findings = await store.VerifyAsync(Manifests.PartsOf, cancellationToken);
                foreach (var problem in findings.Problems)
                {
                    await output.WriteLineAsync(problem);
                }

                await output.WriteLineAsync($"{findings.Rows} rows looked at, {findings.Problems.Count} problems.");
                return findings.Problems.Count == 0 ? 0 : AdminCommand.Problems;
            case "export":
                await output.WriteLineAsync($"{await ExportAsync(store, cancellationToken)} rows written to {File}.");
                return 0;
            default:
                await using (var source = System.IO.File.OpenRead(File!))
                {
                    await output.WriteLineAsync($"{await store.ImportAsync(source, cancellationToken)} rows added.");
                }

                return 0;
        }
    }

    private async Task<long> ExportAsync(StoreMover store, CancellationToken cancellationToken)
    {
        await using var target = OwnFile.Create(File!);
        return await store.ExportAsync(target, _room, cancellationToken);
    }
}
