using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using CleanRoom.Admin.Commands;
using CleanRoom.Admin.Showing;
using CleanRoom.Admin.Stores;
using CleanRoom.Storage.Transfer;

namespace CleanRoom.Admin.Support;

/// <summary><c>support-bundle</c>: one file of text without data, to be read before it is sent.</summary>
internal sealed class SupportCommand
{
    public const string Usage = """
        Use: cleanroom-admin support-bundle --file FILE [--health http://HOST:PORT ...] [--metrics http://HOST:PORT ...] [--log LOGFILE ...] [--kind KIND STORE]
        Writes figures without data into FILE, a new one: health, measurements, counts of log events, sizes of rooms under made-up names. Options may stand more than once.
        Read it before you send it.
        """;

    private readonly Options _options;
    private readonly Uri[] _health;
    private readonly Uri[] _metrics;
    private readonly StoreKind? _kind;

    private SupportCommand(Options options, Uri[] health, Uri[] metrics, StoreKind? kind) => (_options, _health, _metrics, _kind) = (options, health, metrics, kind);

    /// <summary>Reads a command line.</summary>
    /// <param name="arguments">What follows <c>support-bundle</c>.</param>
    /// <param name="command">The command.</param>
    /// <param name="mistake">What is wrong, in one line.</param>
    public static bool TryParse(string[] arguments, [NotNullWhen(true)] out SupportCommand? command, out string mistake)
    {
        command = null;
        if (!Options.TryRead("support-bundle", arguments, ["--file", "--health*", "--metrics*", "--log*", "--kind", .. StorePlace.Names], out var options, out var wrong))
        {
            mistake = wrong;
            return false;
        }

        var addresses = options.All("--health").Concat(options.All("--metrics")).ToList();
        mistake = options["--file"] is null ? "Name the new file with --file FILE."
            : addresses.Find(static text => !HealthCommand.TryAddress(text, out _)) is { } bad ? $"{bad} must be an address such as http://127.0.0.1:8081."
            : options["--kind"] is null && StorePlace.Names.Any(name => options[name] is not null) ? "Say with --kind what the store is of: ingestion, notification or broker."
            : options["--kind"] is { } text && StorePlace.Kind(text) is null ? "--kind must be ingestion, notification or broker."
            : options["--kind"] is not null && StorePlace.Problem(options) is { } problem ? problem
            : string.Empty;
        command = mistake.Length == 0
            ? new SupportCommand(
                options,
                [.. options.All("--health").Select(static text => new Uri(text))],
                [.. options.All("--metrics").Select(static text => new Uri(text))],
                StorePlace.Kind(options["--kind"]))
            : null;
        return command is not null;
    }

    public async Task<int> RunAsync(TextWriter output, CancellationToken cancellationToken)
    {
        var rooms = new RoomNames();
        var answers = new List<ServiceAnswer>();
        foreach (var address in _health)
        {
            answers.Add(await HealthProbe.AskAsync(address, cancellationToken));
        }

        var samples = new List<SupportBundle.Sample>();
        foreach (var (port, address) in _metrics.Index())
        {
            samples.AddRange(await Measurements.ReadAsync(address, port, rooms, cancellationToken));
        }

        var logs = new LogFigures();
        foreach (var file in _options.All("--log"))
        {
            await logs.ReadAsync(file, cancellationToken);
        }

        var bundle = new SupportBundle(
            SupportBundle.CurrentFormat, TimeProvider.System.GetUtcNow(), Machine(), answers, samples, logs.Counts, logs.LeftOut, await FiguresAsync(rooms, cancellationToken));
        await OwnFile.WriteAsync(_options["--file"]!, JsonSerializer.SerializeToUtf8Bytes(bundle, AdminJson.Default.SupportBundle), cancellationToken);
        await output.WriteLineAsync($"{_options["--file"]}: {answers.Count} services asked, {samples.Count} measurements, {bundle.Events.Count} kinds of events. Read it before you send it.");
        foreach (var (room, name) in rooms.Given)
        {
            await output.WriteLineAsync($"{name} is {room} (here only, not in the file)");
        }

        return 0;
    }

    private SupportBundle.MachineFigures Machine() => new(
        typeof(SupportCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
        RuntimeInformation.FrameworkDescription,
        RuntimeInformation.OSDescription,
        Environment.ProcessorCount,
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        _options["--data"] is { } folder ? new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace : null);

    private async Task<IReadOnlyList<SupportBundle.RoomFigures>> FiguresAsync(RoomNames rooms, CancellationToken cancellationToken)
    {
        if (_kind is not { } kind)
        {
            return [];
        }

        using var store = StorePlace.Of(_options).OpenExisting(kind);
        switch (kind)
        {
            case StoreKind.Ingestion:
                var uploads = (await store.UploadsAsync(cancellationToken)).ToLookup(static upload => upload.Room);
                return
                [
                    .. (await store.LogsAsync(cancellationToken)).Select(room => Figures(room.Room, [
                        ("entries", room.Entries), ("cosigned", room.Cosigned), ("erasedThrough", room.ErasedThrough),
                        ("contributors", uploads[room.Room].Select(static upload => upload.Contributor).Distinct().Count()),
                        ("batches", uploads[room.Room].Sum(static upload => upload.Batches)), ("unfinished", uploads[room.Room].Sum(static upload => upload.Unfinished)),
                        ("bytes", uploads[room.Room].Sum(static upload => upload.Bytes))])),
                ];
            case StoreKind.Notification:
                return
                [
                    .. (await store.SlotsAsync(cancellationToken)).GroupBy(static slot => slot.Room).Select(room => Figures(room.Key, [
                        ("recipients", room.Count()), ("messages", room.Sum(static slot => slot.Messages)), ("waiting", room.Sum(static slot => slot.Waiting)),
                        ("longestQueue", room.Max(static slot => slot.Waiting))])),
                ];
            default:
                return
                [
                    .. (await store.BrokersAsync(cancellationToken)).Select(room => Figures(room.Room, [
                        ("frozen", room.Frozen ? 1 : 0), ("cosigned", room.Cosigned), ("generation", room.Generation), ("recordKeys", room.RecordKeys)])),
                ];
        }

        SupportBundle.RoomFigures Figures(Guid room, (string Name, long Value)[] numbers) =>
            new(rooms.Of(room), kind.ToString(), new SortedDictionary<string, long>(numbers.ToDictionary(static item => item.Name, static item => item.Value), StringComparer.Ordinal));
    }
}
