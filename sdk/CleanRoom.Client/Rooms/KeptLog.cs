using System.Globalization;
using CleanRoom.Charter;
using CleanRoom.Client.Files;
using CleanRoom.Client.Logs;
using CleanRoom.Cryptography;
using CleanRoom.Transport;

namespace CleanRoom.Client.Rooms;

/// <summary>
/// The log as this member last saw it, in the form of <see cref="LogExport"/>: what was received can be verified again without any service. It is a convenience: what
/// contradicts the rest is written anew at the next visit.
/// </summary>
internal sealed class KeptLog(string folder, RoomId room)
{
    private const int Tail = 256 << 10;

    private readonly string _path = Path.Combine(folder, LogExport.FileName);

    /// <summary>Keeps segments that follow each other: from the first entry as a whole, later ones behind what is there.</summary>
    /// <exception cref="ClientException">The file cannot be written.</exception>
    public void Keep(IReadOnlyList<LogSegment> segments)
    {
        var entries = segments.Sum(segment => segment.Leaves.Count);
        if (entries == 0)
        {
            return;
        }

        var size = segments[^1].Checkpoint.Size;
        var kept = KeptSize();
        if (kept == size || (kept != size - entries && size != entries))
        {
            return;
        }

        try
        {
            if (size == entries)
            {
                using (var stream = DurableFile.Create(_path + ".new"))
                {
                    LogExport.WriteHead(stream, room);
                    Write(stream, segments);
                    stream.Flush(flushToDisk: true);
                }

                File.Move(_path + ".new", _path, overwrite: true);
                DurableFile.FlushFolder(folder);
            }
            else
            {
                using var stream = new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.None);
                Write(stream, segments);
                stream.Flush(flushToDisk: true);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ClientException(ClientProblem.CannotCreate, $"{_path} cannot be written: check the free space and that you may write there.", exception);
        }
    }

    /// <summary>Where the log lies that this member had kept before a recovery.</summary>
    public static string LostPath(string folder, int recovery) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"lost-{recovery}.jsonl"));

    /// <summary>Puts the kept log aside, once for a recovery: its end is not in the room's log any more.</summary>
    /// <exception cref="ClientException">It cannot be moved.</exception>
    public void SetAside(int recovery)
    {
        var lost = LostPath(folder, recovery);
        try
        {
            if (File.Exists(_path) && !File.Exists(lost))
            {
                File.Move(_path, lost);
                DurableFile.FlushFolder(folder);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ClientException(ClientProblem.CannotCreate, $"{_path} cannot be moved to {lost}: check that you may write there.", exception);
        }
    }

    private static void Write(Stream stream, IReadOnlyList<LogSegment> segments)
    {
        foreach (var segment in segments)
        {
            foreach (var (leaf, hash) in segment.Leaves)
            {
                LogExport.Write(stream, new LogItem.Leaf(leaf, hash));
            }

            LogExport.Write(stream, new LogItem.Note(segment.Checkpoint.Note.ToText()));
        }
    }

    /// <summary>Size of the log that the file ends with; -1 if there is none or it does not end with a checkpoint.</summary>
    private long KeptSize()
    {
        try
        {
            using var file = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.Read);
            var tail = new byte[Math.Min(file.Length, Tail)];
            file.Seek(-tail.Length, SeekOrigin.End);
            file.ReadExactly(tail);
            if (tail is [.., (byte)'\n'])
            {
                var start = tail.AsSpan(0, tail.Length - 1).LastIndexOf((byte)'\n') + 1;
                return LogExport.TryReadNote(tail.AsMemory(start, tail.Length - 1 - start), out var text) && SignedCheckpoint.TryParse(text, out var note)
                    ? note.Checkpoint.Size
                    : -1;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // As good as none: it is written anew.
        }

        return -1;
    }
}
