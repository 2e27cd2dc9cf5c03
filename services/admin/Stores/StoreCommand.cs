using System.Diagnostics.CodeAnalysis;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Storage.Postgres;
using CleanRoom.Storage.Sqlite;
using CleanRoom.Storage.Transfer;

namespace CleanRoom.Admin.Stores;

/// <summary><c>store migrate|verify|export|import</c>.</summary>
internal sealed class StoreCommand
{
    public const string Usage = """
        Use: cleanroom-admin store migrate --kind KIND STORE
             cleanroom-admin store verify  --kind KIND STORE
             cleanroom-admin store export  --kind KIND STORE --file FILE [--room ID]
             cleanroom-admin store import  --kind KIND STORE --file FILE
        KIND is ingestion, notification or broker. STORE is --data DIR (SQLite in a service's data folder), or --postgres "Host=…;Database=…;Username=…" and, if the
        service has a Store:Schema, --schema NAME. An export is one state of a store in use; FILE is new. An import adds all of a file or nothing of it.
        """;

    private static readonly string[] Verbs = ["migrate", "verify", "export", "import"];
    private readonly Dictionary<string, string> _options;

    private StoreCommand(string verb, StoreKind kind, Guid? room, Dictionary<string, string> options) => (Verb, Kind, Room, _options) = (verb, kind, room, options);

    private string? File => _options.GetValueOrDefault("--file");

    private string Verb { get; }

    private StoreKind Kind { get; }

    private Guid? Room { get; }

    /// <summary>Reads a command line.</summary>
    /// <param name="arguments">What follows <c>store</c>.</param>
    /// <param name="command">The command.</param>
    /// <param name="mistake">What is wrong, in one line, or how it is used.</param>
    public static bool TryParse(string[] arguments, [NotNullWhen(true)] out StoreCommand? command, out string mistake)
    {
        command = null;
        mistake = Usage;
        if (arguments.Length % 2 != 1 || !Verbs.Contains(arguments[0]))
        {
            return false;
        }

        var verb = arguments[0];
        string[] known = ["--kind", "--data", "--postgres", "--schema", .. verb is "export" or "import" ? ["--file"] : Array.Empty<string>(), .. verb == "export" ? ["--room"] : Array.Empty<string>()];
        var options = new Dictionary<string, string>();
        for (var i = 1; i < arguments.Length; i += 2)
        {
            if (!known.Contains(arguments[i]) || !options.TryAdd(arguments[i], arguments[i + 1]))
            {
                mistake = $"{arguments[i]} is not an option of store {verb}, or stands twice: see cleanroom-admin --help.";
                return false;
            }
        }

        var kind = options.GetValueOrDefault("--kind") switch
        {
            "ingestion" => StoreKind.Ingestion,
            "notification" => StoreKind.Notification,
            "broker" => StoreKind.Broker,
            _ => (StoreKind?)null,
        };
        Guid? room = options.TryGetValue("--room", out var text) && Guid.TryParseExact(text, "D", out var id) ? id : null;
        mistake = kind is null ? "--kind must be ingestion, notification or broker."
            : options.ContainsKey("--data") == options.ContainsKey("--postgres") ? "Name the store with --data DIR or with --postgres CONNECTION, one of them."
            : options.ContainsKey("--schema") && !options.ContainsKey("--postgres") ? "--schema goes with --postgres."
            : verb is "export" or "import" && !options.ContainsKey("--file") ? $"Name the file of the {verb} with --file FILE."
            : text is not null && room is null ? "--room must be a UUID in lower case with hyphens."
            : string.Empty;
        command = mistake.Length == 0 ? new StoreCommand(verb, kind!.Value, room, options) : null;
        return command is not null;
    }

    public async Task<int> RunAsync(TextWriter output, CancellationToken cancellationToken)
    {
        using var store = Open();
        switch (Verb)
        {
            case "migrate":
                await output.WriteLineAsync(store.FoundVersion == store.Version
                    ? $"The store has version {store.Version}, the newest that this program knows."
                    : $"The store was carried from version {store.FoundVersion} to {store.Version}.");
                return 0;
            case "verify":
                var findings = await store.VerifyAsync(PartsOf, cancellationToken);
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

    private StoreMover Open() => _options.TryGetValue("--data", out var folder)
        ? StoreMover.Open(Kind, new SqliteOptions { Folder = folder })
        : StoreMover.Open(Kind, new PostgresOptions { ConnectionString = _options["--postgres"], Schema = _options.GetValueOrDefault("--schema", "cleanroom") });

    private static IReadOnlyList<Digest>? PartsOf(ReadOnlyMemory<byte> manifest) =>
        SignedEntry.TryParse(manifest.Span, out var entry, out _) && entry.Entry is BatchEntry batch ? batch.Parts : null;

    private async Task<long> ExportAsync(StoreMover store, CancellationToken cancellationToken)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, Options = FileOptions.WriteThrough };
        if (!OperatingSystem.IsWindows())
        {
            // For its owner only: it holds who is in which room, though nothing about a person that can be read.
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using var target = new FileStream(File!, options);
        return await store.ExportAsync(target, Room, cancellationToken);
    }
}
