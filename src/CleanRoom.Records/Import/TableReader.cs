using System.Runtime.CompilerServices;
using System.Text;

namespace CleanRoom.Records.Import;

/// <summary>Reads separated text of unknown encoding and separator, row by row, within limits.</summary>
public sealed class TableReader : ITableSource
{
    /// <summary>The most characters of a cell.</summary>
    public const int MaxCell = 32 * 1024;
    /// <summary>The most cells of a row.</summary>
    public const int MaxColumns = 1_024;
    private const int SampleBytes = 256 * 1024;

    private readonly TextReader _reader;
    private readonly char[] _buffer = new char[32 * 1024];
    private int _at;
    private int _length;
    private int _line = 1;

    private TableReader(TextReader reader, char separator, string encoding)
    {
        _reader = reader;
        Separator = separator;
        Encoding = encoding;
    }

    /// <summary>What parts the cells.</summary>
    public char Separator { get; }

    string ITableSource.Separator => Separator == '\t' ? "tab" : Separator.ToString();

    /// <summary>The encoding's name.</summary>
    public string Encoding { get; }

    /// <summary>Tells encoding and separator from the first 256 KiB. The stream is closed with the reader.</summary>
    /// <exception cref="ImportException">The file is empty or no text; the message names the remedy.</exception>
    public static Task<TableReader> OpenAsync(Stream stream, CancellationToken cancellationToken) => OpenAsync(default, stream, cancellationToken);

    internal static async Task<TableReader> OpenAsync(ReadOnlyMemory<byte> head, Stream stream, CancellationToken cancellationToken)
    {
        var sample = new byte[SampleBytes];
        head.CopyTo(sample);
        var length = head.Length + await stream.ReadAtLeastAsync(sample.AsMemory(head.Length), sample.Length - head.Length, throwOnEndOfStream: false, cancellationToken);
        if (length == 0)
        {
            throw new ImportException("The file is empty; export it again from the case system.");
        }
        var encoding = TextEncodings.Detect(sample.AsSpan(0, length), length < SampleBytes);
        var joined = new PrefixStream(sample.AsMemory(0, length), stream);
        var text = TextEncodings.TryDecode(encoding, sample.AsSpan(0, length), length < SampleBytes) ?? throw new ImportException(TextEncodings.Remedy);
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new ImportException("The file holds only blanks; export it again from the case system.");
        }
        var reader = new StreamReader(joined, encoding, detectEncodingFromByteOrderMarks: true, bufferSize: 64 * 1024);
        return new TableReader(reader, DetectSeparator(text), encoding.WebName);
    }

    /// <summary>The rows, blank ones included.</summary>
    /// <exception cref="ImportException">A row breaks a limit or the encoding; the message names line and remedy.</exception>
    public async IAsyncEnumerable<TableRow> RowsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            string[]? cells;
            var line = _line;
            try
            {
                cells = await ReadRecordAsync(cancellationToken);
            }
            catch (DecoderFallbackException error)
            {
                throw new ImportException(TextEncodings.Remedy, error);
            }
            if (cells is null)
            {
                yield break;
            }
            yield return new TableRow(line, cells);
        }
    }

    /// <summary>One record after RFC 4180; a quote inside an unquoted cell is a character, as spreadsheets write it.</summary>
    private async ValueTask<string[]?> ReadRecordAsync(CancellationToken cancellationToken)
    {
        var cells = new List<string>();
        var cell = new StringBuilder();
        var line = _line;
        bool quoted = false, wasQuoted = false, any = false;
        while (true)
        {
            if (_at == _length && !await FillAsync(cancellationToken))
            {
                if (quoted)
                {
                    throw new ImportException($"Line {line}: a quote is opened and never closed; mend the line and try again.");
                }
                if (!any)
                {
                    return null;
                }
                cells.Add(cell.ToString());
                return [.. cells];
            }
            var c = _buffer[_at++];
            any = true;
            if (c == '\0')
            {
                throw new ImportException($"Line {_line}: the file holds NUL characters, so it is no text table; save it as \"CSV UTF-8\".");
            }
            if (c == '\n')
            {
                _line++;
            }
            if (quoted)
            {
                if (c != '"')
                {
                    Append(cell, c, line);
                }
                else if ((_at < _length || await FillAsync(cancellationToken)) && _buffer[_at] == '"')
                {
                    _at++;
                    Append(cell, '"', line);
                }
                else
                {
                    quoted = false;
                }
            }
            else if (c == '"' && cell.Length == 0 && !wasQuoted)
            {
                quoted = wasQuoted = true;
            }
            else if (c == Separator || c is '\n' or '\r')
            {
                cells.Add(cell.ToString());
                cell.Clear();
                wasQuoted = false;
                if (cells.Count > MaxColumns)
                {
                    throw new ImportException($"Line {line}: more than {MaxColumns} columns; check the separator.");
                }
                if (c != Separator)
                {
                    if (c == '\r' && (_at < _length || await FillAsync(cancellationToken)) && _buffer[_at] == '\n')
                    {
                        _at++;
                    }
                    _line += c == '\r' ? 1 : 0;
                    return [.. cells];
                }
            }
            else
            {
                Append(cell, c, line);
            }
        }
    }

    private static void Append(StringBuilder cell, char c, int line)
    {
        if (cell.Length >= MaxCell)
        {
            throw new ImportException($"Line {line}: a cell is longer than {MaxCell} characters; shorten it or close the open quote.");
        }
        cell.Append(c);
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        _at = 0;
        _length = await _reader.ReadAsync(_buffer.AsMemory(), cancellationToken);
        return _length > 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();

    /// <summary>The separator under which most lines have the same number of cells, more than one.</summary>
    private static char DetectSeparator(string text)
    {
        var best = ',';
        var bestScore = 0.0;
        foreach (var separator in (ReadOnlySpan<char>)[',', ';', '\t', '|'])
        {
            var counts = new List<int>();
            var quoted = false;
            var cells = 1;
            var length = 0;
            foreach (var c in text)
            {
                if (c == '"')
                {
                    quoted = !quoted;
                }
                else if (!quoted && c == separator)
                {
                    cells++;
                }
                else if (!quoted && c == '\n')
                {
                    if (length > 0)
                    {
                        counts.Add(cells);
                    }
                    (cells, length) = (1, 0);
                    if (counts.Count >= 60)
                    {
                        break;
                    }
                    continue;
                }
                length += c == '\r' ? 0 : 1;
            }
            if (length > 0)
            {
                counts.Add(cells);
            }
            var common = counts.GroupBy(c => c).OrderByDescending(g => g.Count()).ThenByDescending(g => g.Key).FirstOrDefault();
            if (common is null || common.Key < 2)
            {
                continue;
            }
            var score = (double)common.Count() / counts.Count * Math.Min(common.Key, 20);
            if (score > bestScore)
            {
                (best, bestScore) = (separator, score);
            }
        }
        return best;
    }
}
