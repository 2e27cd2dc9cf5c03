using System.Collections.Frozen;
using System.Globalization;
using System.Text.RegularExpressions;

namespace CleanRoom.Hosting.Telemetry;

/// <summary>
/// The only fields that may leave in a trace, a measurement or an exported log line (THREATS T15). Everything else is dropped, whoever added it. A value that is no number,
/// no truth value and no short word of the characters of ids, methods and reasons is dropped too: there is no room for text.
/// </summary>
public static partial class TelemetryFields
{
    /// <summary>The source of our own spans.</summary>
    public const string SourceName = "CleanRoom";

    /// <summary>A room's id.</summary>
    public const string Room = "cleanroom.room";

    /// <summary>A member's id, as the charter lists it.</summary>
    public const string Member = "cleanroom.member";

    /// <summary>Number of an epoch.</summary>
    public const string Epoch = "cleanroom.epoch";

    /// <summary>Number of an enclave's generation.</summary>
    public const string Generation = "cleanroom.generation";

    /// <summary>Name of a log event, as in its source.</summary>
    public const string Event = "cleanroom.event";

    /// <summary>Severity of a log event.</summary>
    public const string Level = "cleanroom.level";

    /// <summary>Where an enclave stands.</summary>
    public const string Phase = "cleanroom.phase";

    /// <summary>Full name of a gRPC service whose health is reported; empty for the process.</summary>
    public const string Service = "cleanroom.service";

    /// <summary>Attributes of spans.</summary>
    public static FrozenSet<string> Spans { get; } = FrozenSet.Create(
        StringComparer.Ordinal,
        "rpc.system.name", "rpc.method", "rpc.response.status_code", "http.request.method", "http.response.status_code", "network.protocol.version", "error.type",
        Room, Epoch, Generation);

    /// <summary>Attributes of the measurements of an instrument, by meter; instruments of other meters are not exported.</summary>
    public static FrozenDictionary<string, string[]> Meters { get; } = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["CleanRoom.Hosting"] = ["rpc.system.name", "rpc.method", "rpc.response.status_code", Event, Level, Service, Room],
        ["CleanRoom.Ingestion"] = [Room, Member],
        ["CleanRoom.Matching"] = [Room, Phase],
        ["CleanRoom.Notification"] = [Room],
        ["CleanRoom.Attestation"] = [Room],
        ["System.Runtime"] = ["gc.heap.generation", "error.type", "cpu.mode"],
        ["Microsoft.AspNetCore.Server.Kestrel"] = ["error.type", "tls.protocol.version", "network.type", "network.transport"],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Names of values in the templates of our log lines.</summary>
    public static FrozenSet<string> LogValues { get; } = FrozenSet.Create(
        StringComparer.Ordinal,
        "Room", "Batch", "Member", "Witness", "Key", "Peer", "Method", "Address", "Reason", "Status", "Failure", "ExceptionType", "ExceptionTypes", "Delay", "Evaluated", "Size",
        "Cosigned", "Cosignatures", "WitnessSize", "Attempt", "Index", "Position", "Generation", "Epoch", "Part", "Parts", "Through", "Uploads", "Stored", "Existed", "Period", "StandsIn", "Problem");

    /// <summary>Whether a value may leave.</summary>
    /// <param name="value">Of any type; only its invariant text counts.</param>
    public static bool IsHarmless(object? value) => value switch
    {
        null => false,
        bool or byte or short or int or long or uint or ulong or float or double => true,
        _ => Word().IsMatch(Text(value)),
    };

    /// <summary>A value as it leaves.</summary>
    internal static string Text(object value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    [GeneratedRegex(@"\A[A-Za-z0-9._:/<>{} `+-]{0,256}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Word();
}
