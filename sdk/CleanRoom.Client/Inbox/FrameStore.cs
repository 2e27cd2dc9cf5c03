using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CleanRoom.Charter.Messages;
using CleanRoom.Client.Files;
using CleanRoom.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace CleanRoom.Client.Inbox;

/// <summary>
/// Taken messages as they came: still sealed, so that reading them again needs the inbox key. They stand one behind the other in files that only grow, named by their
/// first number: a file never spans numbers that were declared void. Besides, one file says up to which number they were handed out. Whoever writes holds the inbox's lock; reading goes on meanwhile.
/// </summary>
internal sealed class FrameStore
{
    /// <summary>Longest ciphertext that is looked at, in bytes.</summary>
    public const int MaxCiphertext = 1 << 20;

    private const int MaxPath = 64;
    private const int Fixed = 12;
    private const int MaxContent = MaxCiphertext + FrameHeader.MaxSize + (MaxPath * Digest.Size) + Fixed;

    // Length, number, content, SHA-256 of number and content: what a power cut has torn, or left as zeros, does not count.
    private const int Before = 4 + 8;
    private const int Around = Before + Digest.Size;

    private const int MarkSize = 16;

    private readonly string _folder;
    private readonly string _mark;
    private readonly int _segmentFrames;
    private readonly List<Segment> _segments = [];
    private bool _isWriting;

    /// <summary>Opens the store of a room.</summary>
    /// <param name="roomFolder">The room's folder in the profile.</param>
    /// <param name="segmentFrames">Messages in a file. Defaults to 4,096.</param>
    public FrameStore(string roomFolder, int segmentFrames = 4096)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(segmentFrames, 1);
        _folder = Path.Combine(roomFolder, "inbox");
        _mark = Path.Combine(_folder, "handed");
        _segmentFrames = segmentFrames;
        DurableFile.CreateFolder(_folder);
    }

    /// <summary>Number of the last message that is kept; 0 before the first.</summary>
    public long Taken
    {
        get
        {
            Refresh();
            return _segments.FindLast(segment => segment.Offsets.Count > 0)?.Last ?? 0;
        }
    }

    /// <summary>Number of the last message that was handed out. What is kept beyond it was cut off between the two.</summary>
    public long Handed
    {
        get
        {
            var content = DurableFile.TryRead(_mark, MarkSize, "The inbox position");
            return content is { Length: MarkSize } && BinaryPrimitives.ReadInt64BigEndian(content) is var number and >= 0
                && BinaryPrimitives.ReadInt64BigEndian(content.AsSpan(8)) == ~number
                ? Math.Min(number, Taken)
                : 0;
        }
    }

    /// <summary>Begins to write. Only with the inbox's lock.</summary>
    public Writer OpenWriter() => new(this);

    /// <summary>The message of a number; null if it is not kept.</summary>
    /// <exception cref="ClientException">The file was damaged.</exception>
    public MessageFrame? Find(long number) => Read(number, number).Select(item => item.Frame).FirstOrDefault();

    /// <summary>Messages by number; those that are not kept are left out.</summary>
    /// <param name="from">First number.</param>
    /// <param name="through">Last number.</param>
    /// <exception cref="ClientException">A file was damaged.</exception>
    public IEnumerable<(long Number, MessageFrame Frame)> Read(long from, long through)
    {
        Refresh();
        foreach (var segment in _segments.Where(segment => segment.First <= through && segment.Last >= from).ToList())
        {
            using var file = OpenForReading(segment.Path);
            for (var number = Math.Max(from, segment.First); number <= Math.Min(through, segment.Last); number++)
            {
                yield return (number, ReadAt(file, segment.Path, segment.Offsets[(int)(number - segment.First)], number) ?? throw Damaged(segment.Path));
            }
        }
    }

    private static ClientException Damaged(string path) =>
        new(ClientProblem.BadData, $"{path} is not what this program wrote: restore the folder of the inbox from your backup.");

    private static ClientException CannotWrite(string path, Exception exception) =>
        new(ClientProblem.CannotCreate, $"{path} cannot be written: check the free space and that you may write in this folder.", exception);

    /// <summary>Takes notice of what was written since, by whomever.</summary>
    private void Refresh()
    {
        if (_isWriting)
        {
            // Nobody else writes.
            return;
        }

        var known = _segments.Count;
        if (known > 0)
        {
            Scan(_segments[^1]);
        }

        foreach (var path in Directory.EnumerateFiles(_folder, "*.frames").Order(StringComparer.Ordinal))
        {
            if (long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                && first > (_segments.Count == 0 ? 0 : _segments[^1].First))
            {
                _segments.Add(new Segment(path, first));
            }
        }

        _segments.Skip(known).ToList().ForEach(Scan);
    }

    /// <summary>Goes on from the last whole message. Stops where none follows: there somebody is writing, or was cut off.</summary>
    private void Scan(Segment segment)
    {
        using var file = OpenForReading(segment.Path);
        var length = RandomAccess.GetLength(file);

        // Of files that others follow the contents are checked when they are read.
        var isNewest = segment == _segments[^1];
        Span<byte> start = stackalloc byte[Before];
        while (length - segment.End >= Around && RandomAccess.Read(file, start, segment.End) == Before)
        {
            var content = BinaryPrimitives.ReadInt32BigEndian(start);
            var number = BinaryPrimitives.ReadInt64BigEndian(start[4..]);
            if (content is < Fixed or > MaxContent || number != segment.Last + 1 || length - segment.End < Around + content
                || (isNewest && ReadAt(file, segment.Path, segment.End, number) is null))
            {
                return;
            }

            segment.Offsets.Add(segment.End);
            segment.End += Around + content;
        }
    }

    private static SafeFileHandle OpenForReading(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ClientException(ClientProblem.InputOutput, $"{path} cannot be read: check its permissions and the disk.", exception);
        }
    }

    /// <summary>Null if no whole message with this number stands there.</summary>
    private static MessageFrame? ReadAt(SafeFileHandle file, string path, long offset, long number)
    {
        try
        {
            Span<byte> start = stackalloc byte[Before];
            if (RandomAccess.Read(file, start, offset) < Before || BinaryPrimitives.ReadInt32BigEndian(start) is var size && size is < Fixed or > MaxContent)
            {
                return null;
            }

            var record = new byte[Around + size];
            return RandomAccess.Read(file, record, offset) == record.Length
                && BinaryPrimitives.ReadInt64BigEndian(record.AsSpan(4)) == number
                && SHA256.HashData(record.AsSpan(4, 8 + size)).AsSpan().SequenceEqual(record.AsSpan(Before + size))
                ? Decode(record.AsMemory(Before, size))
                : null;
        }
        catch (IOException exception)
        {
            throw new ClientException(ClientProblem.InputOutput, $"{path} cannot be read: check the disk.", exception);
        }
    }

    private static byte[] Encode(long number, MessageFrame frame)
    {
        var size = Fixed + frame.Header.Length + (frame.Path.Count * Digest.Size) + frame.Ciphertext.Length;
        var record = new byte[Around + size];
        BinaryPrimitives.WriteInt32BigEndian(record, size);
        BinaryPrimitives.WriteInt64BigEndian(record.AsSpan(4), number);
        var rest = record.AsSpan(Before);
        BinaryPrimitives.WriteInt32BigEndian(rest, frame.Header.Length);
        BinaryPrimitives.WriteInt32BigEndian(rest[4..], frame.Path.Count);
        BinaryPrimitives.WriteInt32BigEndian(rest[8..], frame.Ciphertext.Length);
        rest = rest[Fixed..];
        rest = rest[Encoding.ASCII.GetBytes(frame.Header, rest)..];
        foreach (var step in frame.Path)
        {
            step.Span.CopyTo(rest);
            rest = rest[Digest.Size..];
        }

        frame.Ciphertext.Span.CopyTo(rest);
        _ = SHA256.HashData(record.AsSpan(4, 8 + size), record.AsSpan(Before + size));
        return record;
    }

    private static MessageFrame? Decode(ReadOnlyMemory<byte> content)
    {
        var span = content.Span;
        var (header, path, ciphertext) = (
            BinaryPrimitives.ReadInt32BigEndian(span), BinaryPrimitives.ReadInt32BigEndian(span[4..]), BinaryPrimitives.ReadInt32BigEndian(span[8..]));
        if (header is < 0 or > FrameHeader.MaxSize || path is < 0 or > MaxPath || ciphertext is < 0 or > MaxCiphertext
            || span.Length != Fixed + header + (path * Digest.Size) + ciphertext)
        {
            return null;
        }

        var steps = new Digest[path];
        for (var i = 0; i < path; i++)
        {
            steps[i] = new Digest(span.Slice(Fixed + header + (i * Digest.Size), Digest.Size));
        }

        return new MessageFrame(Encoding.ASCII.GetString(span.Slice(Fixed, header)), content[(Fixed + header + (path * Digest.Size))..], steps);
    }

    private string PathOf(long first) => Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{first:D12}.frames"));

    private static FileStream OpenForWriting(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            return new FileStream(path, options);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(path, exception);
        }
    }

    private sealed class Segment(string path, long first)
    {
        public string Path { get; } = path;

        public long First { get; } = first;

        public long Last => First + Offsets.Count - 1;

        public List<long> Offsets { get; } = [];

        public long End { get; set; }
    }

    /// <summary>Appends. What a run that was cut off left half-written is cut away first.</summary>
    public sealed class Writer : IDisposable
    {
        private readonly FrameStore _store;
        private readonly FileStream _mark;
        private FileStream? _file;
        private bool _isNewFile;

        internal Writer(FrameStore store)
        {
            _store = store;
            var (taken, handed) = (store.Taken, store.Handed);
            var isNewMark = !File.Exists(store._mark);
            _mark = OpenForWriting(store._mark);
            try
            {
                if (isNewMark)
                {
                    MarkHanded(0);
                    _mark.Flush(flushToDisk: true);
                    DurableFile.FlushFolder(store._folder);
                }

                if (store._segments is [.., { Offsets.Count: 0 } begun])
                {
                    // Cut off before its first message was whole.
                    if (taken < Marked())
                    {
                        throw Damaged(begun.Path);
                    }

                    File.Delete(begun.Path);
                    store._segments.RemoveAt(store._segments.Count - 1);
                }

                if (store._segments.Count > 0)
                {
                    var segment = store._segments[^1];
                    _file = OpenForWriting(segment.Path);
                    if (_file.Length > segment.End)
                    {
                        // Messages that were handed out had been flushed before: if one of them is no longer whole, that is damage and no torn tail.
                        if (taken < Marked())
                        {
                            throw Damaged(segment.Path);
                        }

                        _file.SetLength(segment.End);
                    }

                    if (taken > handed)
                    {
                        Flush();
                    }
                }

                store._isWriting = true;
            }
            catch (IOException exception)
            {
                Dispose();
                throw CannotWrite(store._folder, exception);
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        /// <summary>Appends the next message; numbers in between were declared void. Durable only after <see cref="Flush"/>.</summary>
        public void Append(long number, MessageFrame frame)
        {
            var segments = _store._segments;
            var expected = segments.Count == 0 ? 1 : segments[^1].Last + 1;
            ArgumentOutOfRangeException.ThrowIfLessThan(number, expected);
            try
            {
                if (_file is null || number != expected || segments[^1].Offsets.Count >= _store._segmentFrames)
                {
                    Flush();
                    _file?.Dispose();
                    segments.Add(new Segment(_store.PathOf(number), number));
                    _file = OpenForWriting(segments[^1].Path);
                    _isNewFile = true;
                }

                var record = Encode(number, frame);
                RandomAccess.Write(_file.SafeFileHandle, record, segments[^1].End);
                segments[^1].Offsets.Add(segments[^1].End);
                segments[^1].End += record.Length;
            }
            catch (IOException exception)
            {
                throw CannotWrite(segments[^1].Path, exception);
            }
        }

        /// <summary>Once this returns, everything appended survives a crash and a power cut.</summary>
        public void Flush()
        {
            if (_file is null)
            {
                return;
            }

            try
            {
                _file.Flush(flushToDisk: true);
                if (_isNewFile)
                {
                    DurableFile.FlushFolder(_store._folder);
                    _isNewFile = false;
                }
            }
            catch (IOException exception)
            {
                throw CannotWrite(_file.Name, exception);
            }
        }

        /// <summary>Notes that a message was handed out. Survives the end of the process, not a power cut: after one, the last ones are handed out again.</summary>
        public void MarkHanded(long number)
        {
            Span<byte> content = stackalloc byte[MarkSize];
            BinaryPrimitives.WriteInt64BigEndian(content, number);
            BinaryPrimitives.WriteInt64BigEndian(content[8..], ~number);
            try
            {
                RandomAccess.Write(_mark.SafeFileHandle, content, 0);
            }
            catch (IOException exception)
            {
                throw CannotWrite(_mark.Name, exception);
            }
        }

        public void Dispose()
        {
            _store._isWriting = false;
            _file?.Dispose();
            _mark.Dispose();
        }

        private long Marked()
        {
            Span<byte> content = stackalloc byte[MarkSize];
            return RandomAccess.Read(_mark.SafeFileHandle, content, 0) == MarkSize && BinaryPrimitives.ReadInt64BigEndian(content) is var number
                && BinaryPrimitives.ReadInt64BigEndian(content[8..]) == ~number
                ? number
                : 0;
        }
    }
}
