using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CleanRoom.Hosting.Startup;
using CleanRoom.Notification.Page;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace CleanRoom.Services.Tests.Notification;

/// <summary>What browsers are shown when files are renewed, broken and mended.</summary>
public sealed class PageCertificateTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-page-");
    private readonly Stopwatch _clock = new();

    [Fact]
    public void Current_FilesRenewed_ShowsTheNewOneWithinAMinute()
    {
        Write("first");
        var certificate = Open();
        Assert.Equal("CN=first", Subject(certificate.Current));
        Write("second");
        Assert.Equal("CN=first", Subject(certificate.Current));
        _clock.Passed = TimeSpan.FromMinutes(1);
        Assert.Equal("CN=second", Subject(certificate.Current));
    }

    [Fact]
    public void Current_FilesThatCannotBeReadAnyMore_ShowsTheOneBeforeUntilTheyCan()
    {
        Write("first");
        var certificate = Open();
        _ = certificate.Current;
        File.WriteAllText(Path.Combine(_folder.FullName, "tls.key"), "half a file");
        _clock.Passed = TimeSpan.FromMinutes(1);
        Assert.Equal("CN=first", Subject(certificate.Current));
        Write("second");
        _clock.Passed = TimeSpan.FromMinutes(2);
        Assert.Equal("CN=second", Subject(certificate.Current));
    }

    [Fact]
    public void Current_FilesThatWereNeverReadable_StopsTheStart()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "tls.crt"), "no certificate");
        File.WriteAllText(Path.Combine(_folder.FullName, "tls.key"), "no key");
        var certificate = Open();
        Assert.Equal(ExitCode.FileError, Assert.Throws<StartupException>(() => certificate.Current).Code);
    }

    [Fact]
    public void Current_FileWithAChain_ShowsTheIntermediateToo()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = Authority("CN=root", rootKey).CreateSelfSigned(Day(-2), Day(30));
        using var middle = Authority("CN=middle", middleKey).Create(root.SubjectName, X509SignatureGenerator.CreateForECDsa(rootKey), Day(-2), Day(20), [1]);
        Write("page", (request, _) => request.Create(middle.SubjectName, X509SignatureGenerator.CreateForECDsa(middleKey), Day(-1), Day(10), [2]), middle.ExportCertificatePem() + "\n");
        Assert.Contains("CN=middle", Open().Current.IntermediateCertificates.Select(static one => one.Subject));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static string Subject(SslStreamCertificateContext context) => context.TargetCertificate.Subject;

    private static DateTimeOffset Day(int offset) => TimeProvider.System.GetUtcNow().AddDays(offset);

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        return request;
    }

    private PageCertificate Open() => new(
        Options.Create(new PageOptions { CertificateFile = Path.Combine(_folder.FullName, "tls.crt"), KeyFile = Path.Combine(_folder.FullName, "tls.key") }),
        new ServiceCollection().BuildServiceProvider(), _clock, NullLogger<PageCertificate>.Instance);

    private void Write(string name, Func<CertificateRequest, ECDsa, X509Certificate2>? sign = null, string chain = "")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        using var certificate = sign?.Invoke(request, key) ?? request.CreateSelfSigned(Day(-1), Day(10));
        File.WriteAllText(Path.Combine(_folder.FullName, "tls.crt"), certificate.ExportCertificatePem() + "\n" + chain);
        File.WriteAllText(Path.Combine(_folder.FullName, "tls.key"), key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    /// <summary>Goes on only when told.</summary>
    private sealed class Stopwatch : TimeProvider
    {
        public TimeSpan Passed { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Passed.Ticks;
    }
}
