using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CleanRoom.Charter;
using CleanRoom.Client.Files;
using CleanRoom.Cryptography;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Transport;

namespace CleanRoom.Client.Logs;

/// <summary>One item of an exported log: an entry, or a checkpoint over the entries so far.</summary>
internal abstract record LogItem
{
    private LogItem()
    {
    }

    public sealed record Leaf(ReadOnlyMemory<byte> Bytes, Digest Hash) : LogItem;

    public sealed record Note(string Text) : LogItem;
}

/// <summary>
/// A room's log as a file, <c>log.jsonl</c>: the room in the first line, then one canonical JSON object a line, <c>{"hash","leaf"}</c> (leaf null where this member may
/// see the hash only) or <c>{"checkpoint"}</c>. It verifies offline.
/// </summary>
public static class LogExport
{
    /// <summary>Name of the file in the folder.</summary>
    public const string FileName = "log.jsonl";

    private const string Schema = "cleanroom/log/v1";

    /// <summary>Reads the whole log and writes it to a folder. Nothing is believed; <see cref="LogAudit"/> verifies it.</summary>
    /// <param name="room">The room, connected.</param>
    /// <param name="folder">Is made if needed.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Entries written.</returns>
    public static async Task<long> WriteAsync(RoomClient room, string folder, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(room);
        DurableFile.CreateFolder(folder);
        var path = Path.Combine(folder, FileName);
        var entries = 0L;
        try
        {
            using (var stream = DurableFile.Create(path + ".new"))
            {
                WriteHead(stream, room.Room);
                await foreach (var item in ReadAsync(room, cancellationToken).ConfigureAwait(false))
                {
                    Write(stream, item);
                    entries += item is LogItem.Leaf ? 1 : 0;
                }

                FlushToDisk(stream);
            }

            File.Move(path + ".new", path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ClientException(ClientProblem.CannotCreate, $"{path} cannot be written: check the free space and that you may write there.", exception);
        }

        return entries;
    }

    internal static void WriteHead(Stream stream, RoomId room) => Line(stream, new JsonObject { ["room"] = room.ToString(), ["schema"] = Schema });

    internal static void Write(Stream stream, LogItem item) => Line(stream, item switch
    {
        LogItem.Leaf leaf => new JsonObject { ["hash"] = leaf.Hash.ToString(), ["leaf"] = leaf.Bytes.IsEmpty ? null : Encoding.ASCII.GetString(leaf.Bytes.Span) },
        LogItem.Note note => new JsonObject { ["checkpoint"] = note.Text },
        _ => throw new ArgumentOutOfRangeException(nameof(item), item, null),
    });

    /// <summary>Reads one line as a checkpoint.</summary>
    internal static bool TryReadNote(ReadOnlyMemory<byte> line, out string text)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            text = json.RootElement.TryGetProperty("checkpoint", out var note) ? note.GetString() ?? "" : "";
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            text = "";
        }

        return text.Length > 0;
    }

    internal static async IAsyncEnumerable<LogItem> ReadAsync(
        RoomClient room, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var call = room.Ingestion.ReadEntries(new ReadEntriesRequest { Room = room.Room.ToString() }, cancellationToken: cancellationToken);
        while (await call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false))
        {
            var message = call.ResponseStream.Current;
            yield return message.MessageCase switch
            {
                ReadEntriesResponse.MessageOneofCase.Entry when Digest.TryFromBytes(message.Entry.LeafHash.Span, out var hash) => new LogItem.Leaf(message.Entry.Leaf.ToByteArray(), hash),
                ReadEntriesResponse.MessageOneofCase.Checkpoint => new LogItem.Note(message.Checkpoint.Note),
                _ => throw new CleanRoomException(ErrorReason.DataLoss, "Ingestion sent a message that is neither an entry nor a checkpoint."),
            };
        }
    }

    internal static IEnumerable<LogItem> Read(string path, out RoomId room)
    {
        if (Directory.Exists(path))
        {
            path = Path.Combine(path, FileName);
        }

        StreamReader reader;
        try
        {
            reader = new StreamReader(path, new UTF8Encoding(false, throwOnInvalidBytes: true));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ClientException(ClientProblem.NoInput, $"{path} cannot be read: name a folder that \"cleanroom log export\" wrote.", exception);
        }

        try
        {
            using var first = JsonDocument.Parse(reader.ReadLine() ?? "");
            if (first.RootElement.GetProperty("schema").GetString() != Schema || !RoomId.TryParse(first.RootElement.GetProperty("room").GetString(), out room))
            {
                throw new FormatException("schema");
            }
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or DecoderFallbackException)
        {
            reader.Dispose();
            throw NotALog(path, 1, exception);
        }

        return Lines(reader, path);
    }

    private static IEnumerable<LogItem> Lines(StreamReader reader, string path)
    {
        using (reader)
        {
            for (var number = 2; ; number++)
            {
                LogItem item;
                try
                {
                    if (reader.ReadLine() is not { } line)
                    {
                        yield break;
                    }

                    using var json = JsonDocument.Parse(line);
                    item = json.RootElement.TryGetProperty("checkpoint", out var note)
                        ? new LogItem.Note(note.GetString() ?? "")
                        : new LogItem.Leaf(
                            json.RootElement.GetProperty("leaf").GetString() is { } leaf ? Encoding.ASCII.GetBytes(leaf) : default,
                            Digest.Parse(json.RootElement.GetProperty("hash").GetString()));
                }
                catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or DecoderFallbackException)
                {
                    throw NotALog(path, number, exception);
                }

                yield return item;
            }
        }
    }

    private static void FlushToDisk(FileStream stream) => stream.Flush(flushToDisk: true);

    private static void Line(Stream stream, JsonObject json)
    {
        stream.Write(CanonicalJson.Canonicalize(json));
        stream.WriteByte((byte)'\n');
    }

    private static ClientException NotALog(string path, int line, Exception exception) =>
        new(ClientProblem.BadData, $"{path}: line {line} is not one of an exported log: export it again with \"cleanroom log export\".", exception);
}
