using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using CleanRoom.Evidence.Platforms.Tpm;

namespace CleanRoom.Evidence.Tests.Platforms;

/// <summary>
/// A real TPM 2.0 in software: Debian's <c>swtpm</c>, driven by <c>tpm2-tools</c>, with an RSASSA and an ECDSA attestation key. Missing on a laptop: skipped with a reason.
/// Missing in CI: failed.
/// </summary>
public sealed class SoftwareTpm : IDisposable
{
    public const uint RsaKey = 0x81000003;
    public const uint EcdsaKey = 0x81000004;
    public const uint UnrestrictedKey = 0x81000005;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-swtpm-");
    private readonly Process? _process;
    private readonly int _port;

    public SoftwareTpm()
    {
        if (!IsInstalled)
        {
            return;
        }

        _port = FreePorts();
        _process = Process.Start(new ProcessStartInfo("swtpm")
        {
            ArgumentList =
            {
                "socket", "--tpm2", "--tpmstate", "dir=" + _folder.FullName, "--server", $"type=tcp,port={_port},bindaddr=127.0.0.1",
                "--ctrl", $"type=tcp,port={_port + 1},bindaddr=127.0.0.1", "--flags", "not-need-init,startup-clear",
            },
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        });
        WaitForPort();
        Make("tpm2_createek", "-c", "ek.ctx", "-G", "ecc", "-u", "ek.pub");
        MakeKey("rsa", "rsassa", RsaKey);
        MakeKey("ecc", "ecdsa", EcdsaKey);
        Make("tpm2_createprimary", "-C", "o", "-G", "ecc256:ecdsa-sha256", "-c", "free.ctx", "-a", "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign");
        Make("tpm2_evictcontrol", "-C", "o", "-c", "free.ctx", $"0x{UnrestrictedKey:x8}");
        for (var register = 0; register < 10; register++)
        {
            Tool("tpm2_pcrextend", $"{register}:sha256={new string((char)('0' + register), 64)}");
        }
    }

    private static bool IsInstalled => OnPath("swtpm") && OnPath("tpm2_quote");

    /// <summary>Skips the test, or fails it in CI, if there is no software TPM.</summary>
    public void Require()
    {
        const string reason = "swtpm and tpm2-tools are not installed (apt-get install swtpm tpm2-tools).";
        if (_process is null)
        {
            Assert.SkipWhen(Environment.GetEnvironmentVariable("CI") != "true", reason);
            Assert.Fail(reason);
        }
    }

    internal ITpmTransport Connect() => new Connection(_port);

    /// <summary>Runs one of tpm2-tools in the folder of this TPM.</summary>
    public string Tool(string name, params string[] arguments)
    {
        var start = new ProcessStartInfo(name, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder.FullName };
        start.Environment["TPM2TOOLS_TCTI"] = $"swtpm:host=127.0.0.1,port={_port}";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{name} {string.Join(' ', arguments)}: {errors.Result}");
        return text;
    }

    /// <summary>Runs a tool and takes what it loaded out of the TPM, which has room for three objects.</summary>
    private void Make(string name, params string[] arguments)
    {
        Tool(name, arguments);
        Tool("tpm2_flushcontext", "-t");
    }

    public string File(string name) => Path.Combine(_folder.FullName, name);

    public byte[] Read(string name) => System.IO.File.ReadAllBytes(File(name));

    public void Dispose()
    {
        if (_process is not null)
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }

        _folder.Delete(recursive: true);
    }

    private void MakeKey(string type, string scheme, uint handle)
    {
        Make("tpm2_createak", "-C", "ek.ctx", "-c", $"{type}.ctx", "-G", type, "-g", "sha256", "-s", scheme, "-u", $"{type}.pub", "-n", $"{type}.name");
        Make("tpm2_evictcontrol", "-C", "o", "-c", $"{type}.ctx", $"0x{handle:x8}");
    }

    private static bool OnPath(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => System.IO.File.Exists(Path.Combine(folder, name)));

    // The control port must be the next one.
    private static int FreePorts()
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            using var first = new TcpListener(IPAddress.Loopback, 0);
            first.Start();
            var port = ((IPEndPoint)first.LocalEndpoint).Port;
            try
            {
                using var second = new TcpListener(IPAddress.Loopback, port + 1);
                second.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: another pair.
            }
        }

        throw new InvalidOperationException("No two free ports side by side.");
    }

    private void WaitForPort()
    {
        for (var attempt = 0; attempt < 2400; attempt++)
        {
            try
            {
                using var client = new TcpClient();
                client.Connect(IPAddress.Loopback, _port + 1);
                return;
            }
            catch (SocketException)
            {
                Thread.Sleep(25);
            }
        }

        throw new InvalidOperationException("swtpm did not start.");
    }

    private sealed class Connection : ITpmTransport
    {
        private readonly TcpClient _client = new();

        public Connection(int port) => _client.Connect(IPAddress.Loopback, port);

        public byte[] Send(ReadOnlySpan<byte> command) => TpmExchange.Run(_client.GetStream(), command);

        public void Dispose() => _client.Dispose();
    }
}
