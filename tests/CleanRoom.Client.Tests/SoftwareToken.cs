using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace CleanRoom.Client.Tests;

/// <summary>
/// PKCS#11 tokens in software: Debian's <c>softhsm2</c>, in a folder of this process alone. Missing on a laptop: the tests are skipped with a reason. Missing in CI: failed.
/// </summary>
public sealed partial class SoftwareToken : IDisposable
{
    public const string Pin = "4711-pin";

    private static readonly string? Found = new[] { "/usr/lib/softhsm/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so", "/opt/homebrew/lib/softhsm/libsofthsm2.so" }.FirstOrDefault(File.Exists);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-token-");

    public SoftwareToken()
    {
        if (Found is null)
        {
            return;
        }

        _ = Directory.CreateDirectory(Path.Combine(_folder.FullName, "tokens"));
        File.WriteAllText(ConfigurationFile, $"directories.tokendir = {_folder.FullName}/tokens\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n");

        // The module asks the C library, whose environment is another one than .NET's copy of it.
        _ = SetVariable("SOFTHSM2_CONF", ConfigurationFile, 1);
        Tool("--init-token", "--free", "--label", "alpha", "--so-pin", "so-pin-1", "--pin", Pin);
        Tool("--init-token", "--free", "--label", "twin", "--so-pin", "so-pin-1", "--pin", Pin);
        Tool("--init-token", "--free", "--label", "twin", "--so-pin", "so-pin-1", "--pin", Pin);
        Import("organisation", "01", Curve(ECCurve.NamedCurves.nistP256, "organisation"));
        Import("releaser", "02", Curve(ECCurve.NamedCurves.nistP256, "releaser"));
        Import("double", "03", Curve(ECCurve.NamedCurves.nistP256, "double3"));
        Import("double", "04", Curve(ECCurve.NamedCurves.nistP256, "double4"));
        Import("long", "05", Curve(ECCurve.NamedCurves.nistP384, "long"));
        using var rsa = RSA.Create(2048);
        Import("rsa", "06", Written("rsa", rsa.ExportPkcs8PrivateKeyPem()));
        PinFile = Written("pin", Pin + "\n");
    }

    /// <summary>The module; only where <see cref="Require"/> has passed.</summary>
    public static string Module => Found!;

    /// <summary>A private file with the PIN.</summary>
    public string PinFile { get; } = "";

    /// <summary>What a process of its own needs to see these tokens.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string> { ["SOFTHSM2_CONF"] = ConfigurationFile };

    private string ConfigurationFile => Path.Combine(_folder.FullName, "softhsm2.conf");

    /// <summary>Skips the test, or fails it in CI, if there is no software token.</summary>
    public static void Require()
    {
        const string reason = "softhsm2 is not installed (apt-get install softhsm2).";
        if (Found is null)
        {
            Assert.SkipWhen(System.Environment.GetEnvironmentVariable("CI") != "true", reason);
            Assert.Fail(reason);
        }
    }

    /// <summary>The address of a key, its PIN in the file.</summary>
    public string Uri(string key, string token = "alpha") => $"pkcs11:token={token};object={key}?module-path={Module}&pin-source=file:{PinFile}";

    /// <summary>The public half as it was before it went into the token.</summary>
    public ECDsa PublicOf(string key)
    {
        var ecdsa = ECDsa.Create();
        ecdsa.ImportFromPem(File.ReadAllText(Path.Combine(_folder.FullName, key)));
        return ecdsa;
    }

    public string Written(string name, string content)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, content);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return path;
    }

    /// <summary>Puts a key into a token.</summary>
    public void Import(string label, string id, string pem, string token = "alpha") =>
        Tool("--import", pem, "--token", token, "--label", label, "--id", id, "--pin", Pin);

    public string Curve(ECCurve curve, string name)
    {
        using var key = ECDsa.Create(curve);
        return Written(name, key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>The module remembers its tokens until the process ends; nothing reads them after the tests.</summary>
    public void Dispose() => _folder.Delete(recursive: true);

    private void Tool(params string[] arguments)
    {
        var start = new ProcessStartInfo("softhsm2-util", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["SOFTHSM2_CONF"] = ConfigurationFile;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        _ = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"softhsm2-util {arguments[0]}: {errors.Result}");
    }

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
