using CleanRoom.Client;

namespace CleanRoom.Cli.Commands;

/// <summary>Opens a file of cases, or says in one line why not.</summary>
internal static class CaseFile
{
    public static FileStream Open(string path)
    {
        if (Directory.Exists(path))
        {
            throw new ClientException(ClientProblem.NoInput, $"{path} is a folder: name the case file in it.");
        }

        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ClientException(ClientProblem.NoInput, $"{path} is not there: check the path.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ClientException(ClientProblem.NoInput, $"{path} cannot be read: check that it is a file and that you may read it.", exception);
        }
    }
}
