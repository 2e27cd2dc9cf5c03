using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CleanRoom.Cryptography;

namespace CleanRoom.Transport;

/// <summary>
/// TLS certificates as this project uses them: carriers of one key, self-signed, named by <see cref="KeyId"/>. No authority, no host name
/// and no date in them means anything; who the key belongs to stands in the charter.
/// </summary>
public static class TlsCertificates
{
    private const int MaxPemBytes = 64 * 1024;

    /// <summary>The key in a certificate: SHA-256 of its SubjectPublicKeyInfo.</summary>
    public static KeyId KeyOf(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return KeyId.OfSpki(certificate.PublicKey.ExportSubjectPublicKeyInfo());
    }

    /// <summary>Makes a P-256 key and a certificate for it.</summary>
    /// <param name="name">Common name, for people who look at it.</param>
    /// <param name="clock">Gives the day from which it is valid; it is valid for ten years.</param>
    public static X509Certificate2 CreateSelfSigned(string name, TimeProvider clock)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return CreateSelfSigned(key, name, clock);
    }

    /// <summary>Makes a certificate for an existing key, which it holds a copy of.</summary>
    public static X509Certificate2 CreateSelfSigned(ECDsa key, string name, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(clock);
        var builder = new X500DistinguishedNameBuilder();
        builder.AddCommonName(name);
        var request = new CertificateRequest(builder.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid("1.3.6.1.5.5.7.3.1", "serverAuth"), new Oid("1.3.6.1.5.5.7.3.2", "clientAuth")], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        names.AddIpAddress(System.Net.IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());

        // Clocks differ: a certificate of this minute must not be refused by a peer that does look at the dates.
        var today = clock.GetUtcNow().AddDays(-1);
        return request.CreateSelfSigned(today, today.AddYears(10));
    }

    /// <summary>Reads a certificate and its private key, both PEM; they may share one file.</summary>
    /// <exception cref="CleanRoomException">A file is missing, unreadable, larger than 64 KiB, or the two do not belong together.</exception>
    public static X509Certificate2 Load(string certificateFile, string keyFile)
    {
        try
        {
            var certificate = ReadPem(certificateFile);
            var key = string.Equals(certificateFile, keyFile, StringComparison.Ordinal) ? certificate : ReadPem(keyFile);
            return X509Certificate2.CreateFromPem(certificate, key);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new CleanRoomException(
                ErrorReason.InvalidArgument,
                $"No certificate with its private key could be read from {certificateFile} and {keyFile}.",
                "Tls",
                "Name PEM files with one certificate and the unencrypted PKCS#8 key that belongs to it.",
                exception);
        }
    }

    /// <summary>Reads the certificate in a file, or makes one there if there is none. The file can be read by its owner only.</summary>
    /// <exception cref="CleanRoomException">The file is no such certificate.</exception>
    /// <exception cref="IOException">The file or its folder cannot be written.</exception>
    public static X509Certificate2 LoadOrCreate(string file, string name, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (!File.Exists(file))
        {
            using var made = CreateSelfSigned(name, clock);
            try
            {
                Save(made, file);
            }
            catch (IOException) when (File.Exists(file))
            {
                // Another process was faster; its certificate is the one.
            }
        }

        return Load(file, file);
    }

    /// <summary>Writes certificate and private key to a new file, readable by its owner only, durable once this returns.</summary>
    /// <exception cref="IOException">The file exists, or cannot be written.</exception>
    public static void Save(X509Certificate2 certificate, string file)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        using var key = certificate.GetECDsaPrivateKey() ?? throw new ArgumentException("The certificate has no EC private key.", nameof(certificate));
        var pem = System.Text.Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
        var temporary = $"{file}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, NewPrivateFile()))
            {
                stream.Write(pem);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, file, overwrite: false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pem);
            File.Delete(temporary);
        }
    }

    private static FileStreamOptions NewPrivateFile()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }

    private static string ReadPem(string file)
    {
        try
        {
            var info = new FileInfo(file);
            if (info.Exists && info.Length <= MaxPemBytes)
            {
                return File.ReadAllText(file);
            }
        }
        catch (UnauthorizedAccessException exception)
        {
            throw NotReadable(file, exception);
        }

        throw NotReadable(file, null);
    }

    private static CleanRoomException NotReadable(string file, Exception? cause) => new(
        ErrorReason.InvalidArgument,
        $"The PEM file {file} is missing, not readable or larger than 64 KiB.",
        "Tls",
        "Check the path and that this user may read it.",
        cause);
}
