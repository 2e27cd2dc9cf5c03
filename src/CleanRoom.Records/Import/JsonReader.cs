using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CleanRoom.Records.Import;

/// <summary>
/// Reads JSON: an array of objects, or objects one after the other (NDJSON). Members of members get joined names ("address city"), lists of
/// values one cell, lists of objects numbered blocks ("suspect_1_name"). The members of the first objects are the columns.
/// </summary>
internal sealed class JsonReader(ReadOnlyMemory<byte> head, Stream stream) : ITableSource
{
    private readonly PrefixStream _stream = new(head.Span.StartsWith(System.Text.Encoding.UTF8.Preamble) ? head[3..] : head, stream);

    private const int MaxObject = 4 << 20;
    private const int HeaderObjects = 400;
    private const int MaxBlocks = 9;

    public string Encoding => "utf-8";

    public string Separator => "JSON";

    /// <summary>True if the file begins like an array or an object.</summary>
    public static bool Looks(ReadOnlySpan<byte> head)
    {
        var text = head.StartsWith(System.Text.Encoding.UTF8.Preamble) ? head[3..] : head;
        text = text.TrimStart(" \t\r\n"u8);
        if (text.IsEmpty || text[0] is not ((byte)'{' or (byte)'['))
        {
            return false;
        }
        // "[draft] list,,," is a title line of a table.
        var next = text[1..].TrimStart(" \t\r\n"u8);
        return next.IsEmpty || (text[0] == '{' ? next[0] is (byte)'"' or (byte)'}' : next[0] is (byte)'{' or (byte)']');
    }

    public async IAsyncEnumerable<TableRow> RowsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var guarded = new GuardedStream(_stream, MaxObject);
        var first = new List<Dictionary<string, string>>();
        List<string>? headers = null;
        Dictionary<string, int> columns = [];
        var number = 0;
        await using var values = Values(guarded, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await values.MoveNextAsync())
                {
                    break;
                }
            }
            catch (JsonException error)
            {
                throw new ImportException($"Object {number + first.Count + 1} is not valid JSON, nested too deep or not UTF-8; export the file again.", error);
            }
            guarded.Reset();
            var members = new Dictionary<string, string>(StringComparer.Ordinal);
            try
            {
                Flatten(values.Current, "", members, 0);
            }
            catch (InvalidOperationException error)
            {
                // What System.Text.Json says of "\ud800" alone.
                throw new ImportException($"Object {number + first.Count + 1} holds half a character; export the file again.", error);
            }
            if (headers is null)
            {
                first.Add(members);
                if (first.Count < HeaderObjects)
                {
                    continue;
                }
                (headers, columns) = Columns(first);
                yield return new TableRow(0, [.. headers]);
                foreach (var row in first)
                {
                    yield return Row(++number, row, columns);
                }
                continue;
            }
            yield return Row(++number, members, columns);
        }
        if (headers is null && first.Count > 0)
        {
            (headers, columns) = Columns(first);
            yield return new TableRow(0, [.. headers]);
            foreach (var row in first)
            {
                yield return Row(++number, row, columns);
            }
        }
    }

    public void Dispose() => _stream.Dispose();

    private static async IAsyncEnumerable<JsonElement> Values(Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Objects one after the other: an array is one value, whose items are too many to be read at once, so it is told apart by its first byte.
        var first = new byte[1];
        do
        {
            if (await stream.ReadAsync(first, cancellationToken) == 0)
            {
                yield break;
            }
        }
        while (first[0] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n');
        using var whole = new PrefixStream(first, stream);
        await foreach (var item in JsonSerializer.DeserializeAsyncEnumerable(whole, ElementContext.Default.JsonElement, topLevelValues: first[0] == '{', cancellationToken))
        {
            // {"records": [...]} wraps the list.
            if (first[0] == '{' && Wrapped(item) is { } list)
            {
                foreach (var inner in list.EnumerateArray())
                {
                    yield return inner;
                }
            }
            else
            {
                yield return item;
            }
        }
    }

    private static JsonElement? Wrapped(JsonElement item)
    {
        var lists = item.ValueKind == JsonValueKind.Object ? item.EnumerateObject().Where(m => m.Value.ValueKind == JsonValueKind.Array).ToList() : [];
        return lists is [var one] && one.Value.GetArrayLength() > 0 && one.Value.EnumerateArray().All(v => v.ValueKind == JsonValueKind.Object)
            && item.EnumerateObject().Count() <= 6 && one.Name.ToLowerInvariant() is "records" or "data" or "results" or "items" or "rows" or "cases" or "value" or "submissions" ? one.Value : null;
    }

    private static (List<string> Headers, Dictionary<string, int> Columns) Columns(List<Dictionary<string, string>> rows)
    {
        var columns = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var name in rows.SelectMany(r => r.Keys))
        {
            columns.TryAdd(name, columns.Count);
        }
        return columns.Count <= TableReader.MaxColumns ? ([.. columns.OrderBy(c => c.Value).Select(c => c.Key)], columns)
            : throw new ImportException($"The objects have more than {TableReader.MaxColumns} different members; export the list as one object per case.");
    }

    private static TableRow Row(int number, Dictionary<string, string> members, Dictionary<string, int> columns)
    {
        var cells = new string[columns.Count];
        Array.Fill(cells, "");
        foreach (var (name, value) in members)
        {
            if (columns.TryGetValue(name, out var at))
            {
                cells[at] = value;
            }
        }
        return new TableRow(number, cells);
    }

    private static void Flatten(JsonElement value, string path, Dictionary<string, string> members, int depth)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when depth < 8:
                foreach (var member in value.EnumerateObject())
                {
                    // Survey tools write "group/question"; a group that says whose the answer is belongs to the name.
                    var slash = member.Name.LastIndexOf('/');
                    var name = slash < 0 || HeaderMatcher.TellsWhose(member.Name[..slash]) ? member.Name : member.Name[(slash + 1)..];
                    Flatten(member.Value, path.Length == 0 ? name : path.EndsWith('_') ? path + name : $"{path} {name}", members, depth + 1);
                }
                break;
            case JsonValueKind.Array when depth < 8:
                var number = 0;
                var plain = new StringBuilder();
                foreach (var item in value.EnumerateArray())
                {
                    if (item.ValueKind is JsonValueKind.Object)
                    {
                        if (++number <= MaxBlocks)
                        {
                            Flatten(item, string.Create(CultureInfo.InvariantCulture, $"{path}_{number}_"), members, depth + 1);
                        }
                    }
                    else if (Scalar(item) is { Length: > 0 } text)
                    {
                        _ = plain.Append(plain.Length > 0 ? "; " : "").Append(text);
                    }
                }
                if (plain.Length > 0)
                {
                    Set(path, plain.ToString(), members);
                }
                break;
            default:
                Set(path, Scalar(value), members);
                break;
        }
    }

    private static void Set(string path, string text, Dictionary<string, string> members)
    {
        if (text.Length > TableReader.MaxCell)
        {
            throw new ImportException($"A value is longer than {TableReader.MaxCell} characters; shorten it.");
        }
        var name = path.Length == 0 ? "value" : path;
        // A member that stands there twice holds both values: neither is lost without a word.
        var before = members.GetValueOrDefault(name, "");
        members[name] = (before.Length > 0 && text.Length > 0 ? $"{before}; {text}" : before + text).Replace('\0', ' ');
    }

    private static string Scalar(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => "",
    };

    /// <summary>Stops an object that never ends before it fills the memory.</summary>
    private sealed class GuardedStream(Stream inner, int limit) : Stream
    {
        private long _since;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public void Reset() => _since = 0;

        public override int Read(byte[] buffer, int offset, int count) => Count(inner.Read(buffer, offset, count));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => Count(await inner.ReadAsync(buffer, cancellationToken));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        private int Count(int read)
        {
            _since += read;
            return _since <= limit ? read : throw new ImportException($"An object is larger than {limit >> 20} MiB, or the whole file is one; export one object per case.");
        }
    }
}

/// <summary>So that reading JSON survives trimming.</summary>
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class ElementContext : JsonSerializerContext;
