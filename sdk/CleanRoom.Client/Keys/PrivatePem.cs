using System.Security.Cryptography;
using System.Text;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Keys;

/// <summary>Private keys as PKCS#8 in PEM (RFC 5958, RFC 7468), plain or encrypted under a passphrase (PBES2: PBKDF2-HMAC-SHA256, AES-256-CBC).</summary>
internal static class PrivatePem
{
    /// <summary>OWASP's recommendation for PBKDF2-HMAC-SHA256 (2023).</summary>
    private const int Iterations = 600_000;

    private const int MaxSize = 16 << 10;
    private const string EncryptedLabel = "ENCRYPTED PRIVATE KEY";

    /// <summary>Writes a signing key.</summary>
    public static void Write(string path, SigningKey key, ReadOnlySpan<char> passphrase)
    {
        if (passphrase.IsEmpty)
        {
            WriteText(path, key.ExportPem());
            return;
        }

        using var handle = key.CreateECDsa();
        WriteText(path, handle.ExportEncryptedPkcs8PrivateKeyPem(passphrase, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, Iterations)) + "\n");
    }

    /// <summary>Writes a key that opens what is sealed to it.</summary>
    public static void Write(string path, HpkePrivateKey key)
    {
        var scalar = new byte[HpkePrivateKey.Size];
        try
        {
            key.Export(scalar);
            using var handle = ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = scalar });
            WriteText(path, handle.ExportPkcs8PrivateKeyPem() + "\n");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(scalar);
        }
    }

    /// <summary>Whether a file holds a key under a passphrase; false if there is no file.</summary>
    public static bool IsEncrypted(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        var pem = ReadText(path, "The key");
        try
        {
            return PemEncoding.TryFind(pem, out var fields) && pem.AsSpan()[fields.Label].SequenceEqual(EncryptedLabel);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(System.Runtime.InteropServices.MemoryMarshal.AsBytes(pem.AsSpan()));
        }
    }

    /// <summary>Reads a signing key.</summary>
    public static SigningKey ReadSigningKey(string path, string what, ReadOnlySpan<char> passphrase)
    {
        var pem = ReadText(path, what);
        try
        {
            if (!PemEncoding.TryFind(pem, out var fields) || !pem.AsSpan()[fields.Label].SequenceEqual(EncryptedLabel))
            {
                return SigningKey.ImportPem(pem);
            }

            if (passphrase.IsEmpty)
            {
                throw new ClientException(ClientProblem.Configuration, $"{what} {path} is encrypted: give its passphrase (--passphrase-file).");
            }

            return Decrypt(pem, path, what, passphrase);
        }
        catch (CryptographicException exception)
        {
            throw NotAKey(path, what, exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(System.Runtime.InteropServices.MemoryMarshal.AsBytes(pem.AsSpan()));
        }
    }

    /// <summary>Reads a key that opens what is sealed to it.</summary>
    public static HpkePrivateKey ReadHpkeKey(string path, string what)
    {
        var pem = ReadText(path, what);
        try
        {
            // The checks of a strict P-256 PKCS#8 key are the same for both uses.
            using var key = SigningKey.ImportPem(pem);
            using var handle = key.CreateECDsa();
            var scalar = handle.ExportParameters(includePrivateParameters: true).D!;
            try
            {
                return HpkePrivateKey.Import(scalar);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(scalar);
            }
        }
        catch (CryptographicException exception)
        {
            throw NotAKey(path, what, exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(System.Runtime.InteropServices.MemoryMarshal.AsBytes(pem.AsSpan()));
        }
    }

    private static SigningKey Decrypt(ReadOnlySpan<char> pem, string path, string what, ReadOnlySpan<char> passphrase)
    {
        using var handle = ECDsa.Create();
        try
        {
            handle.ImportFromEncryptedPem(pem, passphrase);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new ClientException(ClientProblem.NotPermitted, $"{what} {path} does not open with this passphrase: check the passphrase.", exception);
        }

        var pkcs8 = handle.ExportPkcs8PrivateKey();
        try
        {
            return SigningKey.ImportPkcs8(pkcs8);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
        }
    }

    private static char[] ReadText(string path, string what)
    {
        var bytes = Files.DurableFile.Read(path, MaxSize, what);
        Files.DurableFile.RequirePrivate(path);
        try
        {
            return Encoding.ASCII.GetChars(bytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static void WriteText(string path, string pem) => Files.DurableFile.Write(path, Encoding.ASCII.GetBytes(pem));

    private static ClientException NotAKey(string path, string what, Exception exception) =>
        new(ClientProblem.BadData, $"{what} {path} is not a P-256 private key in PKCS#8 PEM: restore it from your backup, or make new keys.", exception);
}
