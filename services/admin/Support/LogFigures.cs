using System.Text.Json;
using System.Text.RegularExpressions;

namespace CleanRoom.Admin.Support;

/// <summary>Counts log lines by what produced them. Of a line only its category, number and level are read, and only if they are what our programs write.</summary>
internal sealed partial class LogFigures
{
    private const int MaximumLine = 1 << 20;
    private const int MaximumKinds = 1_000;
    private static readonly string[] Levels = ["Trace", "Debug", "Information", "Warning", "Error", "Critical"];
    private readonly Dictionary<(string Category, int Event, string Level), (long Count, DateTimeOffset? First, DateTimeOffset? Last)> _counts = [];

    public long LeftOut { get; private set; }

    public IReadOnlyList<SupportBundle.EventCount> Counts =>
    [
        .. _counts.OrderBy(static item => item.Key.Category, StringComparer.Ordinal).ThenBy(static item => item.Key.Event)
            .Select(static item => new SupportBundle.EventCount(item.Key.Category, item.Key.Event, item.Key.Level, item.Value.Count, item.Value.First, item.Value.Last)),
    ];

    public async Task ReadAsync(string file, CancellationToken cancellationToken)
    {
        // The service goes on writing.
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (!Take(line))
            {
                LeftOut++;
            }
        }
    }

    private bool Take(string line)
    {
        if (line.Length > MaximumLine || line is not ['{', ..])
        {
            return false;
        }

        try
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            if (!root.TryGetProperty("Category", out var category) || !root.TryGetProperty("EventId", out var number) || !root.TryGetProperty("LogLevel", out var level)
                || category.GetString() is not { } name || !Category().IsMatch(name) || !number.TryGetInt32(out var id) || !Levels.Contains(level.GetString()))
            {
                return false;
            }

            DateTimeOffset? time = root.TryGetProperty("Timestamp", out var stamp) && stamp.TryGetDateTimeOffset(out var at) ? at : null;
            var key = (name, id, level.GetString()!);
            if (!_counts.TryGetValue(key, out var counted) && _counts.Count == MaximumKinds)
            {
                return false;
            }

            _counts[key] = (counted.Count + 1, counted.First ?? time, time ?? counted.Last);
            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"\A(?:CleanRoom|Microsoft|System|Grpc)(?:\.[A-Za-z0-9]{1,60}){0,8}\z")]
    private static partial Regex Category();
}
