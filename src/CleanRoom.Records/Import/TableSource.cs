namespace CleanRoom.Records.Import;

/// <summary>One line of a table.</summary>
/// <param name="Line">Its number in the file: of the line, the row of the sheet or the object.</param>
/// <param name="Cells">Its cells.</param>
public sealed record TableRow(int Line, string[] Cells)
{
    /// <summary>Cells that a vertically merged range covers, with the text that stands at its top.</summary>
    public IReadOnlyDictionary<int, string>? Merged { get; init; }

    /// <summary>True if no cell holds anything.</summary>
    public bool IsBlank => Array.TrueForAll(Cells, string.IsNullOrWhiteSpace);

    /// <summary>The row with what merged ranges write across it.</summary>
    public TableRow Filled()
    {
        if (Merged is null)
        {
            return this;
        }
        var cells = new string[Math.Max(Cells.Length, Merged.Keys.Max() + 1)];
        for (var i = 0; i < cells.Length; i++)
        {
            var own = i < Cells.Length ? Cells[i] : "";
            cells[i] = own.Length == 0 && Merged.TryGetValue(i, out var above) ? above : own;
        }
        return new TableRow(Line, cells);
    }
}

/// <summary>A file as rows, whatever its format.</summary>
internal interface ITableSource : IDisposable
{
    /// <summary>Encoding, or the format where there is but one.</summary>
    string Encoding { get; }

    /// <summary>What parts the cells, or the sheet's number.</summary>
    string Separator { get; }

    /// <summary>What a person should know of the file as a whole.</summary>
    IReadOnlyList<ImportIssue> Notes => [];

    /// <summary>Gives the rows once, in order.</summary>
    IAsyncEnumerable<TableRow> RowsAsync(CancellationToken cancellationToken);
}

/// <summary>Tells the formats apart by their first bytes: names of files are not to be relied on.</summary>
internal static class TableSource
{
    public static async Task<ITableSource> OpenAsync(Stream stream, string? sheet, CancellationToken cancellationToken)
    {
        var head = new byte[512];
        var length = await stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        var start = head.AsMemory(0, length);
        if (start.Span.StartsWith("PK\u0003\u0004"u8))
        {
            return WorkbookReader.Open(await SeekableAsync(start, stream, cancellationToken), sheet);
        }
        if (start.Span.StartsWith((ReadOnlySpan<byte>)[0xD0, 0xCF, 0x11, 0xE0]))
        {
            throw new ImportException("The file is an old or password-protected spreadsheet; open it and save it as .xlsx without a password, or as \"CSV UTF-8\".");
        }
        if (start.Span.StartsWith("%PDF"u8))
        {
            throw new ImportException("The file is a PDF; export the list as .xlsx or CSV from the case system.");
        }
        return JsonReader.Looks(start.Span) ? new JsonReader(start, stream) : await TableReader.OpenAsync(start, stream, cancellationToken);
    }

    /// <summary>The directory of a ZIP file stands at its end: what cannot seek is read whole, within a limit.</summary>
    private static async Task<Stream> SeekableAsync(ReadOnlyMemory<byte> head, Stream stream, CancellationToken cancellationToken)
    {
        if (stream.CanSeek)
        {
            stream.Position -= head.Length;
            return stream;
        }
        var copy = new MemoryStream();
        await copy.WriteAsync(head, cancellationToken);
        var buffer = new byte[81920];
        for (int read; (read = await stream.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            if (copy.Length + read > WorkbookReader.MaxStreamed)
            {
                throw new ImportException("The spreadsheet is too large to be read from a pipe; name the file.");
            }
            await copy.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }
        copy.Position = 0;
        return copy;
    }
}
