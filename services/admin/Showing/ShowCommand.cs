using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using CleanRoom.Admin.Commands;
using CleanRoom.Charter.Messages;
using CleanRoom.Cryptography;
using CleanRoom.Storage.Transfer;

namespace CleanRoom.Admin.Showing;

/// <summary><c>rooms|quotas|leases|witness|dead-letters</c>: what stands in a store, in figures. Changes nothing.</summary>
internal sealed class ShowCommand
{
    public const string Usage = """
        Use: cleanroom-admin rooms        --kind KIND STORE     what a store holds of each room, in figures
             cleanroom-admin quotas       STORE                 what contributors have used, by month (ingestion)
             cleanroom-admin leases       STORE                 who leads: name, term, seconds left
             cleanroom-admin witness      --kind KIND STORE     who cosigned the last checkpoint (ingestion), what this witness cosigned last (broker)
             cleanroom-admin dead-letters STORE [--epochs N]    recipients whose oldest message waits since N epochs (3); 1 if there are any (notification)
        """;

    public static readonly string[] Verbs = ["rooms", "quotas", "leases", "witness", "dead-letters"];

    private const int DefaultEpochs = 3;
    private readonly string _verb;
    private readonly StorePlace _place;
    private readonly StoreKind _kind;
    private readonly int _epochs;

    private ShowCommand(string verb, StorePlace place, StoreKind kind, int epochs) => (_verb, _place, _kind, _epochs) = (verb, place, kind, epochs);

    /// <summary>Reads a command line.</summary>
    /// <param name="arguments">The verb and what follows.</param>
    /// <param name="command">The command.</param>
    /// <param name="mistake">What is wrong, in one line.</param>
    public static bool TryParse(string[] arguments, [NotNullWhen(true)] out ShowCommand? command, out string mistake)
    {
        command = null;
        var verb = arguments[0];
        string[] own = verb switch
        {
            "rooms" or "witness" => ["--kind"],
            "dead-letters" => ["--epochs"],
            _ => [],
        };
        if (!Options.TryRead(verb, arguments.AsSpan(1), [.. own, .. StorePlace.Names], out var options, out var wrong))
        {
            mistake = wrong;
            return false;
        }

        var kind = verb switch
        {
            "rooms" => StorePlace.Kind(options["--kind"]),
            "witness" => StorePlace.Kind(options["--kind"]) is StoreKind.Ingestion or StoreKind.Broker ? StorePlace.Kind(options["--kind"]) : null,
            "dead-letters" => StoreKind.Notification,
            _ => StoreKind.Ingestion,
        };
        var epochs = DefaultEpochs;
        mistake = kind is null ? (verb == "rooms" ? "--kind must be ingestion, notification or broker." : "--kind must be ingestion or broker.")
            : StorePlace.Problem(options) is { } problem ? problem
            : options["--epochs"] is { } text && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out epochs) && epochs is >= 1 and <= 10_000)
                ? "--epochs must be a whole number from 1 to 10000."
                : string.Empty;
        command = mistake.Length == 0 ? new ShowCommand(verb, StorePlace.Of(options), kind!.Value, epochs) : null;
        return command is not null;
    }

    public async Task<int> RunAsync(TextWriter output, CancellationToken cancellationToken)
    {
        if (_verb == "leases")
        {
            using var leases = _place.OpenExistingLeases();
            await Table.WriteAsync(output, ["name", "term", "seconds"], [.. (await leases.ListAsync(cancellationToken)).Select(static lease => (IReadOnlyList<string>)
                [lease.Name, Text(lease.Term), lease.Remaining > TimeSpan.Zero ? Text((long)Math.Ceiling(lease.Remaining.TotalSeconds)) : "free"])]);
            return 0;
        }

        using var store = _place.OpenExisting(_kind);
        return _verb switch
        {
            "rooms" => await RoomsAsync(store, output, cancellationToken),
            "quotas" => await QuotasAsync(store, output, cancellationToken),
            "witness" => await WitnessAsync(store, output, cancellationToken),
            _ => await DeadLettersAsync(store, output, cancellationToken),
        };
    }

    private async Task<int> RoomsAsync(StoreMover store, TextWriter output, CancellationToken cancellationToken)
    {
        switch (_kind)
        {
            case StoreKind.Ingestion:
                var uploads = (await store.UploadsAsync(cancellationToken)).ToLookup(static upload => upload.Room);
                await Table.WriteAsync(output, ["room", "entries", "cosigned", "contributors", "batches", "unfinished", "bytes"], [.. (await store.LogsAsync(cancellationToken)).Select(room => Row(
                    room.Room, room.Entries, room.Cosigned, uploads[room.Room].Select(static upload => upload.Contributor).Distinct().Count(),
                    uploads[room.Room].Sum(static upload => upload.Batches), uploads[room.Room].Sum(static upload => upload.Unfinished), uploads[room.Room].Sum(static upload => upload.Bytes)))]);
                break;
            case StoreKind.Notification:
                await Table.WriteAsync(output, ["room", "recipient", "messages", "newest", "acknowledged", "waiting"], [.. (await store.SlotsAsync(cancellationToken)).Select(static slots => Row(
                    slots.Room, slots.Recipient, slots.Messages, slots.Newest, slots.Acknowledged, slots.Waiting))]);
                break;
            default:
                await Table.WriteAsync(output, ["room", "frozen", "cosigned", "generation", "lease ends", "record keys"], [.. (await store.BrokersAsync(cancellationToken)).Select(static room => Row(
                    room.Room, room.Frozen ? "yes" : "no", room.Cosigned, room.Generation, Time(room.LeaseEnds), room.RecordKeys))]);
                break;
        }

        return 0;
    }

    private static async Task<int> QuotasAsync(StoreMover store, TextWriter output, CancellationToken cancellationToken)
    {
        await Table.WriteAsync(output, ["room", "contributor", "month", "charged records", "batches", "bytes"], [.. (await store.UploadsAsync(cancellationToken)).Select(static upload => Row(
            upload.Room, upload.Contributor, upload.Window, upload.Charge, upload.Batches, upload.Bytes))]);
        return 0;
    }

    private async Task<int> WitnessAsync(StoreMover store, TextWriter output, CancellationToken cancellationToken)
    {
        if (_kind == StoreKind.Broker)
        {
            await Table.WriteAsync(output, ["room", "cosigned", "at"], [.. (await store.BrokersAsync(cancellationToken)).Select(static room => Row(room.Room, room.Cosigned, Time(room.CosignedTime)))]);
            return 0;
        }

        await Table.WriteAsync(output, ["room", "entries", "cosigned", "by"], [.. (await store.LogsAsync(cancellationToken)).Select(static room => Row(
            room.Room,
            room.Entries,
            room.Cosigned,
            SignedCheckpoint.TryParse(room.Checkpoint, out var checkpoint) ? string.Join(", ", checkpoint.Cosignatures.Select(static cosignature => cosignature.Name)) : "nobody yet"))]);
        return 0;
    }

    private async Task<int> DeadLettersAsync(StoreMover store, TextWriter output, CancellationToken cancellationToken)
    {
        var slots = await store.SlotsAsync(cancellationToken);

        // The room's newest epoch is the newest that anybody got a message of.
        var newest = slots.GroupBy(static slot => slot.Room).ToDictionary(static room => room.Key, static room => room.Max(static slot => Epoch(slot.NewestHeader) ?? 0));
        IReadOnlyList<string>[] rows =
        [
            .. slots.Select(slot => (Slot: slot, Behind: newest[slot.Room] - Epoch(slot.OldestWaiting)))
                .Where(item => item.Behind >= _epochs)
                .Select(static item => Row(item.Slot.Room, item.Slot.Recipient, item.Slot.Waiting, item.Slot.Acknowledged + 1, item.Behind!)),
        ];
        await Table.WriteAsync(output, ["room", "recipient", "waiting", "from number", "epochs behind"], rows);
        return rows.Length == 0 ? 0 : AdminCommand.Problems;
    }

    private static long? Epoch(string? header) => header is not null && FrameHeader.TryParse(header, out var read, out _) ? read.Epoch : null;

    private static IReadOnlyList<string> Row(params object[] cells) => [.. cells.Select(static cell => Convert.ToString(cell, CultureInfo.InvariantCulture)!)];

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Time(DateTimeOffset? time) => time?.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) ?? "never";
}
