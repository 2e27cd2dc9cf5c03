namespace CleanRoom.Client.Files;

/// <summary>
/// A file of lines that grows at its end. A line is in it once <see cref="Append"/> has returned, and not at all before: what stands behind the last line's end
/// was never finished, is not read, and is cut off by the next line. A file without any line's end is one line: so the versions before this one wrote it.
/// </summary>
/// <param name="path">The file; it need not exist.</param>
/// <param name="what">What it is, for the error text: "The record map".</param>
internal sealed class LineFile(string path, string what)
{
    private const byte End = (byte)'\n';
    private const int MaxLine = 1 << 30;

    private long _length;
    private bool _isEnded = true;

    /// <summary>Whether there is a line to add to; after <see cref="Read"/>.</summary>
    public bool IsEmpty => _length == 0;

    /// <summary>Gives the lines without their ends. A line is valid until the next one is asked for.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Read()
    {
        (_length, _isEnded) = (0, true);
        using var file = DurableFile.TryOpen(path, what);
        if (file is null)
        {
            yield break;
        }

        var buffer = new byte[1 << 16];
        var (start, searched, filled) = (0, 0, 0);
        while (true)
        {
            if (buffer.AsSpan(searched, filled - searched).IndexOf(End) is >= 0 and var offset)
            {
                var end = searched + offset;
                yield return buffer.AsMemory(start, end - start);
                _length += end + 1 - start;
                start = searched = end + 1;
                continue;
            }

            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            (start, filled) = (0, filled - start);
            searched = filled;
            if (filled == buffer.Length)
            {
                if (filled >= MaxLine)
                {
                    throw new ClientException(ClientProblem.BadData, $"{what} {path} has a line longer than {MaxLine} bytes: it is not what it should be.");
                }

                Array.Resize(ref buffer, 2 * filled);
            }

            if (DurableFile.Read(file, buffer.AsSpan(filled), what) is > 0 and var count)
            {
                filled += count;
                continue;
            }

            break;
        }

        if (_length == 0 && filled > 0)
        {
            (_length, _isEnded) = (filled, false);
            yield return buffer.AsMemory(0, filled);
        }
    }

    /// <summary>Adds lines after those that were read. Durable once this returns.</summary>
    public void Append(IEnumerable<ReadOnlyMemory<byte>> lines) => DurableFile.Change(path, file =>
    {
        file.SetLength(_length);
        file.Seek(0, SeekOrigin.End);
        if (!_isEnded)
        {
            file.WriteByte(End);
        }

        Write(file, lines);
    });

    /// <summary>Replaces the whole file: it is the old one or the new one, never a half.</summary>
    public void Replace(IEnumerable<ReadOnlyMemory<byte>> lines) => DurableFile.Write(path, lines, Write);

    private void Write(FileStream file, IEnumerable<ReadOnlyMemory<byte>> lines)
    {
        foreach (var line in lines)
        {
            file.Write(line.Span);
            file.WriteByte(End);
        }

        (_length, _isEnded) = (file.Position, true);
    }
}
