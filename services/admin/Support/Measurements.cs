using System.Globalization;
using System.Text.RegularExpressions;

namespace CleanRoom.Admin.Support;

/// <summary>Reads /metrics and keeps what is on this list, whatever the other side sends (THREATS T15).</summary>
internal static partial class Measurements
{
    private const int MaximumAnswer = 16 << 20;
    private const int MaximumSamples = 20_000;
    private const string RoomLabel = "cleanroom_room";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Labels whose values are words of our programs.</summary>
    private static readonly string[] Words =
        ["cleanroom_event", "cleanroom_level", "cleanroom_phase", "cleanroom_service", "rpc_method", "rpc_response_status_code", "error_type", "gc_heap_generation", "cpu_mode"];

    /// <summary>What a port measures; empty if it does not answer.</summary>
    public static async Task<IReadOnlyList<SupportBundle.Sample>> ReadAsync(Uri address, int port, RoomNames rooms, CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler { ConnectTimeout = Patience, UseProxy = false, AllowAutoRedirect = false };
        using var client = new HttpClient(handler) { Timeout = Patience, MaxResponseContentBufferSize = MaximumAnswer };
        try
        {
            return Parse(await client.GetStringAsync(new Uri(address, "/metrics"), cancellationToken), port, rooms);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return [];
        }
    }

    /// <summary>Reads the text format of Prometheus.</summary>
    public static IReadOnlyList<SupportBundle.Sample> Parse(string text, int port, RoomNames rooms)
    {
        var samples = new List<SupportBundle.Sample>();
        foreach (Match line in Line().Matches(text))
        {
            if (samples.Count == MaximumSamples || !double.TryParse(line.Groups["value"].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !double.IsFinite(value))
            {
                continue;
            }

            var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
            foreach (Match label in Label().Matches(line.Groups["labels"].Value))
            {
                var (name, said) = (label.Groups[1].Value, label.Groups[2].Value);
                if (name == RoomLabel && Guid.TryParseExact(said, "D", out var room))
                {
                    labels[name] = rooms.Of(room);
                }
                else if (Words.Contains(name) && Word().IsMatch(said))
                {
                    labels[name] = said;
                }
            }

            samples.Add(new SupportBundle.Sample(port, line.Groups["name"].Value, labels, value));
        }

        return samples;
    }

    // Buckets of histograms are many and help little.
    [GeneratedRegex(@"^(?<name>(?:cleanroom|rpc|dotnet|kestrel)_[a-z0-9_]{1,100}(?<!_bucket))(?:\{(?<labels>[^\n]*)\})? (?<value>[0-9eE+.-]{1,32})$", RegexOptions.Multiline)]
    private static partial Regex Line();

    [GeneratedRegex("([a-z_]{1,60})=\"([^\"\\\\]{0,200})\"")]
    private static partial Regex Label();

    [GeneratedRegex(@"\A(?!.*[0-9a-f]{8}-)[A-Za-z0-9._/]{0,80}\z", RegexOptions.None)]
    private static partial Regex Word();
}
