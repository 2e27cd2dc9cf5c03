using System.Runtime.InteropServices;

namespace CleanRoom.Client.Files;

/// <summary>
/// Small files that are either the old ones or the new ones, never a half: written beside, flushed to the disk, renamed, and the folder
/// flushed too. Folders are made with mode 0700, files with 0600.
/// </summary>
internal static partial class DurableFile
{
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerFolder = OwnerFile | UnixFileMode.UserExecute;
    private const UnixFileMode OthersMask = ~OwnerFolder & (UnixFileMode)0x1FF;

    /// <summary>Makes a folder (and those above it) that only this user can enter.</summary>
    public static void CreateFolder(string folder)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder);
            }
            else if (!Directory.Exists(folder))
            {
                // The mode given to the platform is the last folder's alone.
                if (Path.GetDirectoryName(Path.GetFullPath(folder)) is { } above)
                {
                    CreateFolder(above);
                }

                Directory.CreateDirectory(folder, OwnerFolder);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ClientException(ClientProblem.CannotCreate, $"The folder {folder} cannot be created: check the path and that you may write there.", exception);
        }
    }

    /// <summary>Opens a new file for this user alone; an old one of the name is replaced.</summary>
    public static FileStream Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 1 << 16 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerFile;
        }

        return new FileStream(path, options);
    }

    /// <summary>Replaces a file. Once this returns, the new content survives a crash and a power cut.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content) => Write(path, content, static (file, bytes) => file.Write(bytes));

    /// <summary>Replaces a file by what is written into the stream. Once this returns, the new content survives a crash and a power cut.</summary>
    public static void Write<T>(string path, T content, Action<FileStream, T> write)
        where T : allows ref struct
    {
        var temporary = path + ".new";
        try
        {
            using (var file = Create(temporary))
            {
                write(file, content);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
            FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(path, exception);
        }
    }

    /// <summary>Changes a file in place, while others may read it. Once this returns, the change survives a crash and a power cut; before, any part of it may.</summary>
    public static void Change(string path, Action<FileStream> change)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.Read, 1 << 16);
            change(file);
            file.Flush(flushToDisk: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(path, exception);
        }
    }

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limit">Longest content accepted, in bytes.</param>
    /// <param name="what">What it is, for the error text: "The profile".</param>
    public static byte[] Read(string path, int limit, string what) =>
        TryRead(path, limit, what) ?? throw new ClientException(ClientProblem.NoInput, $"{what} {path} is not there: check the path.");

    /// <summary>Reads a whole file, or gives null if there is none.</summary>
    public static byte[]? TryRead(string path, int limit, string what)
    {
        using var file = TryOpen(path, what);
        if (file is null)
        {
            return null;
        }

        if (file.Length > limit)
        {
            throw new ClientException(ClientProblem.BadData, $"{what} {path} is longer than {limit} bytes: it is not what it should be.");
        }

        var content = new byte[file.Length];
        return Read(file, content, what) == content.Length ? content : throw CannotRead(path, what, null);
    }

    /// <summary>Opens a file that others may read and add to, or gives null if there is none.</summary>
    public static FileStream? TryOpen(string path, string what)
    {
        try
        {
            return Directory.Exists(path)
                ? throw new ClientException(ClientProblem.NoInput, $"{what} {path} is a folder: name a file.")
                : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new ClientException(ClientProblem.NoInput, $"{what} {path} cannot be read: check its permissions.", exception);
        }
        catch (IOException exception)
        {
            throw CannotRead(path, what, exception);
        }
    }

    /// <summary>Reads until the buffer is full or the file ends.</summary>
    /// <returns>Bytes read.</returns>
    public static int Read(FileStream file, Span<byte> buffer, string what)
    {
        try
        {
            return file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        }
        catch (IOException exception)
        {
            throw CannotRead(file.Name, what, exception);
        }
    }

    /// <summary>Refuses a file or folder that others than its owner can reach.</summary>
    public static void RequirePrivate(string path)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & OthersMask) != 0)
        {
            throw new ClientException(
                ClientProblem.Configuration, $"{path} can be reached by other users of this machine: run chmod {(Directory.Exists(path) ? "700" : "600")} on it.");
        }
    }

    /// <summary>Makes the names in a folder survive a power cut: on Linux a rename is durable only after this.</summary>
    public static void FlushFolder(string folder)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
        {
            return;
        }

        const int readOnly = 0;
        var handle = Open(folder, readOnly);
        if (handle < 0)
        {
            throw new IOException("The folder cannot be opened.");
        }

        try
        {
            if (Synchronise(handle) != 0)
            {
                throw new IOException("The folder cannot be flushed.");
            }
        }
        finally
        {
            _ = Close(handle);
        }
    }

    private static ClientException CannotRead(string path, string what, Exception? cause) => new(
        ClientProblem.InputOutput, $"{what} {path} cannot be read: check the disk and that no other program holds the file.", cause);

    private static ClientException CannotWrite(string path, Exception cause) => new(
        ClientProblem.CannotCreate,
        cause is UnauthorizedAccessException
            ? $"{path} cannot be written: check that you may write in this folder."
            : $"{path} cannot be written: check the free space and that the folder is there and writable.",
        cause);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Synchronise(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int handle);
}
