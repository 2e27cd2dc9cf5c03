using CleanRoom.Hosting.Startup;
using Microsoft.Extensions.Options;

namespace CleanRoom.Hosting;

/// <summary>The folder that a service keeps its files in; made and tried once, when it is first asked for.</summary>
public sealed class DataFolder
{
    /// <summary>Makes the folder if it is missing, readable by its owner only, and tries to write in it.</summary>
    /// <exception cref="StartupException">It is not named, cannot be made, or cannot be written.</exception>
    public DataFolder(IOptions<ServerOptions> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var path = options.Value.DataFolder;
        if (string.IsNullOrWhiteSpace(path))
        {
            throw new StartupException(ExitCode.BadOption, "Server:DataFolder is not set; name a folder that this user may write, for example --Server:DataFolder=./data.");
        }

        Path = System.IO.Path.GetFullPath(path);
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(Path);
            }
            else
            {
                Directory.CreateDirectory(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            var probe = File(".write-test");
            System.IO.File.WriteAllBytes(probe, []);
            System.IO.File.Delete(probe);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartupException(
                ExitCode.FolderNotWritable,
                $"The data folder {Path} cannot be written; create it, or give this user the right to write in it.",
                exception);
        }
    }

    /// <summary>The absolute path.</summary>
    public string Path { get; }

    /// <summary>The path of a file in the folder.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);
}
