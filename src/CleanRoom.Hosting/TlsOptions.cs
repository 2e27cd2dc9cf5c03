using Microsoft.Extensions.Options;

namespace CleanRoom.Hosting;

/// <summary>Whether callers must show a certificate.</summary>
public enum ClientCertificates
{
    /// <summary>The handshake fails without one. The default.</summary>
    Required,

    /// <summary>Callers without one get as far as methods that do not ask who calls, such as health.</summary>
    Allowed,
}

/// <summary>The TLS key of a service. Without files, one is made and kept in <see cref="ServerOptions.DataFolder"/>.</summary>
public sealed class TlsOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string SectionName = "Tls";

    /// <summary>PEM file with the certificate. Given together with <see cref="KeyFile"/>, or not at all.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>PEM file with the unencrypted PKCS#8 key; may be the same file.</summary>
    public string? KeyFile { get; set; }

    /// <summary>Whether callers must show a certificate. Defaults to Required.</summary>
    public ClientCertificates ClientCertificates { get; set; } = ClientCertificates.Required;
}

/// <summary>Both files or none.</summary>
internal sealed class TlsOptionsValidator : IValidateOptions<TlsOptions>
{
    public ValidateOptionsResult Validate(string? name, TlsOptions options) =>
        string.IsNullOrEmpty(options.CertificateFile) == string.IsNullOrEmpty(options.KeyFile)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail("Tls:CertificateFile and Tls:KeyFile must be given together or not at all.");
}
