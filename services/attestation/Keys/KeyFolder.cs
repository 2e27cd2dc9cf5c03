using System.Security.Cryptography;
using CleanRoom.Cryptography;

namespace CleanRoom.Attestation.Keys;

/// <summary>
/// Secrets of a broker as files: each one encrypted under the master key, made at first use, written whole or not at all. Of two
/// processes that make the same one the first wins.
/// </summary>
internal static class KeyFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int MaximumFileSize = 4096;

    /// <summary>Reads the master key, or makes it if nothing has been encrypted yet.</summary>
    /// <exception cref="BrokerKeyException">It is missing while encrypted keys exist, or it is not a key.</exception>
    public static MasterKey OpenMasterKey(string file, string keyFolder)
    {
        if (!File.Exists(file))
        {
            // Looked for again after the keys: another process may have made all of them in between.
            if (Directory.Exists(keyFolder) && Directory.EnumerateFileSystemEntries(keyFolder).Any() && !File.Exists(file))
            {
                throw new BrokerKeyException($"The master key file {file} is missing but the data folder holds keys encrypted under it: put the file back.");
            }

            using var made = MasterKey.Generate();
            _ = TryWrite(file, System.Text.Encoding.ASCII.GetBytes(made.ExportText() + "\n"), replace: false);
        }

        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != 0)
        {
            throw new BrokerKeyException($"The master key file {file} can be read by everybody: give it mode 0600.");
        }

        var text = ReadLimited(file);
        try
        {
            return MasterKey.TryParse(System.Text.Encoding.ASCII.GetString(text), out var key)
                ? key
                : throw new BrokerKeyException($"The master key file {file} does not hold 43 characters of base64url: put the right file back.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }

    /// <summary>Opens a signing key, or makes it.</summary>
    /// <param name="folder">Where encrypted keys lie.</param>
    /// <param name="name">Its purpose; authenticated, so that files cannot be exchanged.</param>
    /// <param name="master">Encrypts it.</param>
    /// <exception cref="BrokerKeyException">It does not open under this master key.</exception>
    public static SigningKey OpenSigningKey(string folder, string name, MasterKey master) => Open(folder, name, master, static pkcs8 => SigningKey.ImportPkcs8(pkcs8), static () =>
    {
        using var made = SigningKey.Generate();
        return made.ExportPkcs8();
    });

    /// <summary>Opens a key that others seal to, or makes it.</summary>
    /// <param name="folder">Where encrypted keys lie.</param>
    /// <param name="name">Its purpose; authenticated.</param>
    /// <param name="master">Encrypts it.</param>
    /// <exception cref="BrokerKeyException">It does not open under this master key.</exception>
    public static HpkePrivateKey OpenSealingKey(string folder, string name, MasterKey master) => Open(folder, name, master, static scalar => HpkePrivateKey.Import(scalar), static () =>
    {
        using var made = HpkePrivateKey.Generate();
        var scalar = new byte[HpkePrivateKey.Size];
        made.Export(scalar);
        return scalar;
    });

    private static T Open<T>(string folder, string name, MasterKey master, Func<byte[], T> import, Func<byte[]> make)
    {
        var file = Path.Combine(folder, name + ".key");
        byte[] purpose = [.. "broker-key "u8, .. System.Text.Encoding.ASCII.GetBytes(name)];
        if (!File.Exists(file))
        {
            MakeFolder(folder);
            var plain = make();
            try
            {
                _ = TryWrite(file, master.Encrypt(plain, purpose), replace: false);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(plain);
            }
        }

        if (!master.TryDecrypt(ReadLimited(file), purpose, out var opened))
        {
            throw new BrokerKeyException($"The key file {file} does not open: the master key is another one, or the file is damaged. Restore both from one backup.");
        }

        try
        {
            return import(opened);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(opened);
        }
    }

    /// <summary>Makes a folder that only its owner may enter; one that exists stays as it is.</summary>
    public static void MakeFolder(string folder)
    {
        _ = OperatingSystem.IsWindows()
            ? Directory.CreateDirectory(folder)
            : Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
    }

    private static byte[] ReadLimited(string file) =>
        new FileInfo(file).Length <= MaximumFileSize ? File.ReadAllBytes(file) : throw new BrokerKeyException($"The key file {file} is too large to be one: restore it.");

    /// <summary>Writes beside, flushes to disk, then renames: a crash leaves the whole file or none, or the one before. Zeroes the content.</summary>
    internal static bool TryWrite(string file, byte[] content, bool replace)
    {
        var beside = $"{file}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.tmp";
        try
        {
            if (Path.GetDirectoryName(file) is { Length: > 0 } folder)
            {
                MakeFolder(folder);
            }

            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = OwnerOnly;
            }

            using (var stream = new FileStream(beside, options))
            {
                stream.Write(content);
                stream.Flush(flushToDisk: true);
            }

            File.Move(beside, file, replace);
            return true;
        }
        catch (IOException) when (!replace && File.Exists(file))
        {
            // Another process was first: its key counts.
            return false;
        }
        finally
        {
            File.Delete(beside);
            CryptographicOperations.ZeroMemory(content);
        }
    }
}
