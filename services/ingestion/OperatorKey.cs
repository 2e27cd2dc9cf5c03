using System.Security.Cryptography;
using System.Text;
using CleanRoom.Cryptography;
using CleanRoom.Hosting.Startup;

namespace CleanRoom.Ingestion;

/// <summary>The key that signs checkpoints, and its file. It signs nothing else and is in every charter of this operator.</summary>
internal static class OperatorKey
{
    /// <summary>Name of the file in the data folder: PEM, PKCS#8, readable by its owner only.</summary>
    public const string FileName = "operator.pem";

    private const int MaximumSize = 64 << 10;

    /// <summary>Reads the key, or makes one if there is no file. Durable before it returns.</summary>
    /// <exception cref="StartupException">The file is not a P-256 key, or cannot be read or written.</exception>
    public static SigningKey LoadOrCreate(string file)
    {
        try
        {
            if (!File.Exists(file))
            {
                Create(file);
            }

            if (new FileInfo(file).Length > MaximumSize)
            {
                throw NotAKey(file, null);
            }

            return SigningKey.ImportPem(File.ReadAllText(file));
        }
        catch (CryptographicException exception)
        {
            throw NotAKey(file, exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartupException(ExitCode.FileError, $"{file} cannot be read or made: give this user access to it.", exception);
        }
    }

    private static void Create(string file)
    {
        using var key = SigningKey.Generate();
        var pem = Encoding.ASCII.GetBytes(key.ExportPem());
        var temporary = $"{file}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.tmp";
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using (var stream = new FileStream(temporary, options))
            {
                stream.Write(pem);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, file, overwrite: false);
        }
        catch (IOException) when (File.Exists(file))
        {
            // Another process was faster; its key is the one.
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pem);
            File.Delete(temporary);
        }
    }

    private static StartupException NotAKey(string file, Exception? cause) =>
        new(ExitCode.FileError, $"{file} does not hold a P-256 private key in PEM: restore it from a backup; a new key would need a new charter.", cause);
}
