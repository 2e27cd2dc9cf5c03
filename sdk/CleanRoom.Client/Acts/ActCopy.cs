using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Log;
using CleanRoom.Client.Files;
using CleanRoom.Client.Rooms;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Acts;

/// <summary>
/// What an act says, kept by who signed first, for the second person: she cannot open the entry, but with the seed she makes it anew and sees that it says this and
/// nothing else. Hand it over by a way of your own; it is as secret as the act. The profile keeps it, as nobody here could read the entry later.
/// </summary>
/// <param name="Id">The entry.</param>
/// <param name="Act">What it says.</param>
/// <param name="Seed">What it was sealed with.</param>
public sealed record ActCopy(EntryId Id, RoomAct Act, ReadOnlyMemory<byte> Seed)
{
    private const string Schema = "cleanroom/act-copy/v1";
    private const int MaxSize = 1 << 16;

    /// <summary>Where a profile keeps the copy of an act of a room.</summary>
    public static string PathOf(RoomMemory memory, EntryId id)
    {
        ArgumentNullException.ThrowIfNull(memory);
        return Path.Combine(memory.Folder, "acts", string.Create(CultureInfo.InvariantCulture, $"{id}.json"));
    }

    /// <summary>The copy that a profile keeps of an act; null if it keeps none.</summary>
    public static ActCopy? Find(RoomMemory memory, EntryId id) => PathOf(memory, id) is var path && File.Exists(path) ? Read(path) : null;

    /// <summary>Writes the copy; durable when it returns.</summary>
    public void Write(string path)
    {
        DurableFile.CreateFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
        DurableFile.Write(path, CanonicalJson.Canonicalize(new JsonObject
        {
            ["act"] = JsonNode.Parse(Act.ToBytes()),
            ["id"] = Id.ToString(),
            ["kind"] = ActRules.WordOf(Act.Kind),
            ["schema"] = Schema,
            ["seed"] = StrictBase64.EncodeUrl(Seed.Span),
        }));
    }

    /// <summary>Reads a copy.</summary>
    /// <exception cref="ClientException">There is none, or the file is something else.</exception>
    public static ActCopy Read(string path)
    {
        var content = DurableFile.Read(path, MaxSize, "The copy of the act");
        try
        {
            var json = JsonNode.Parse(content)!.AsObject();
            if ((string?)json["schema"] == Schema && EntryId.TryParse((string?)json["id"], out var id) && ActRules.Words.TryGetValue((string?)json["kind"] ?? "", out var kind)
                && StrictBase64.TryDecodeUrl((string?)json["seed"] ?? "", out var seed) && seed.Length == ActSeal.SeedSize
                && RoomAct.TryParse(CanonicalJson.Canonicalize(json["act"]!), kind, out var act, out _))
            {
                return new ActCopy(id, act, seed);
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or NullReferenceException or ArgumentException or FormatException)
        {
            throw NotACopy(path, exception);
        }

        throw NotACopy(path, null);
    }

    private static ClientException NotACopy(string path, Exception? exception) =>
        new(ClientProblem.BadData, $"{path} is not the copy of an act: ask the first signer for the file that the cleanroom tool wrote.", exception!);
}
