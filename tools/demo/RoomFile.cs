using System.Text.Json;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;

namespace CleanRoom.Demo;

/// <summary>A contributor of room.json.</summary>
internal sealed record DemoContributor(
    string Id, string Name, string File, string Profile, string? Manifest, string? Ref, string Desk, IReadOnlyList<string>? Lists, IReadOnlyList<string> Authorises);

/// <summary>An agency of room.json.</summary>
internal sealed record DemoAgency(string Id, string Name, string Kind, IReadOnlyList<string> Jurisdictions);

/// <summary>A folder of case files: room.json says whose they are (samples/README.md).</summary>
internal sealed record RoomFile(
    string Folder, string Title, int EpochSeconds, int Slots, int MessageBytes, int? MinimumNewRecords, IReadOnlyList<DemoContributor> Contributors, IReadOnlyList<DemoAgency> Agencies)
{
    /// <summary>What a charter of a room that is not simulated must ask for at least.</summary>
    public const int UsualMinimum = 20;

    public static RoomFile Read(string folder)
    {
        var path = Path.Combine(folder, "room.json");
        if (!System.IO.File.Exists(path))
        {
            throw new DemoException(66, $"{path} does not exist: CASES must name a folder with a room.json as in samples/.");
        }
        try
        {
            using var json = JsonDocument.Parse(System.IO.File.ReadAllBytes(path));
            var root = json.RootElement;
            var contributors = root.GetProperty("contributors").EnumerateArray().Select(ReadContributor).ToList();
            var agencies = root.TryGetProperty("agencies", out var list)
                ? list.EnumerateArray().Select(agency => new DemoAgency(Text(agency, "id"), Text(agency, "name"), Text(agency, "kind"), Texts(agency, "jurisdictions") ?? [])).ToList()
                : [];
            foreach (var contributor in contributors.Where(contributor => !System.IO.File.Exists(Path.Combine(folder, contributor.File))))
            {
                throw new DemoException(66, $"{path}: the file {contributor.File} of {contributor.Id} does not exist in {folder}.");
            }
            return contributors.Count >= 3
                ? new RoomFile(folder, Text(root, "room"), Number(root, "epochSeconds", 5), Number(root, "slotsPerEpoch", 96), Number(root, "messageBytes", 4096), root.TryGetProperty("minimumNewRecords", out var minimum) ? minimum.GetInt32() : null, contributors, agencies)
                : throw new DemoException(65, $"{path}: a room needs at least three contributors.");
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new DemoException(65, $"{path} is not as expected: {exception.Message} Compare it with samples/room.json.");
        }
    }

    /// <summary>
    /// Sets from how many new records on the queries run, unless room.json says it: 20, fewer if there are fewer, and all where a file is too large for one batch, so that no
    /// records wait for more that never come.
    /// </summary>
    /// <exception cref="DemoException">Fewer than three files have a record that may be matched: the queries would never run.</exception>
    public RoomFile For(IReadOnlyList<CaseFile> files)
    {
        var matchable = files.Select(file => file.Import.Rows.Count(row => row.Seal.Identity && !row.AggregateOnly)).ToList();
        return matchable.Count(count => count > 0) < RoomCharter.MinContributors
            ? throw new DemoException(
                65, $"Queries need records of at least {RoomCharter.MinContributors} contributors; records that may be matched: {string.Join(", ", files.Zip(matchable, (file, count) => $"{file.Contributor.File} {count}"))}. Look at consents with \"cleanroom records check FILE\".")
            : this with { MinimumNewRecords = MinimumNewRecords ?? (matchable.Max() > BatchEntry.SlotCounts[^1] ? matchable.Sum() : Math.Min(UsualMinimum, matchable.Sum())) };
    }

    private static DemoContributor ReadContributor(JsonElement json)
    {
        var lists = json.TryGetProperty("lists", out var value) && value.ValueKind == JsonValueKind.Array ? Texts(json, "lists") : null;
        return new DemoContributor(
            Text(json, "id"), Text(json, "name"), Text(json, "file"), Optional(json, "profile") ?? "auto", Optional(json, "manifest"), Optional(json, "ref"),
            Optional(json, "desk") ?? $"desk of {Text(json, "id")}", lists, Texts(json, "authorises") ?? []);
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString() ?? throw new FormatException($"\"{name}\" is empty.");

    private static string? Optional(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static int Number(JsonElement json, string name, int otherwise) => json.TryGetProperty(name, out var value) ? value.GetInt32() : otherwise;

    private static List<string>? Texts(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(item => item.GetString()!)] : null;
}

/// <summary>The demo cannot go on; the message is one line with the remedy.</summary>
internal sealed class DemoException(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
