using System.Net;
using System.Net.Sockets;
using CleanRoom.Hosting;
using CleanRoom.Hosting.Startup;
using CleanRoom.Protocol.Tests.Server;
using Microsoft.Extensions.DependencyInjection;

namespace CleanRoom.Protocol.Tests;

/// <summary>Each thing that can be wrong at start gives one line with the remedy, and its exit code.</summary>
[Collection(nameof(StartupTests))]
[CollectionDefinition(nameof(StartupTests), DisableParallelization = true)]
public sealed class StartupTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-test-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Run_PortInUse_Is75()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        var (code, line) = await Run($"--Server:Port={((IPEndPoint)listener.LocalEndpoint).Port}");

        Assert.Equal(ExitCode.PortInUse, code);
        Assert.Contains("--Server:Port", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_SeveralBadOptions_Is78AndNamesAllAtOnce()
    {
        var (code, line) = await Run("--Server:Port=70000", "--Server:Address=somewhere", "--Server:MaxMessageBytes=1", "--Tls:KeyFile=key.pem");

        Assert.Equal(ExitCode.BadOption, code);
        foreach (var name in new[] { "Port", "Server:Address", "MaxMessageBytes", "Tls:CertificateFile" })
        {
            Assert.Contains(name, line, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--Server:Port=many", "Server:Port")]
    [InlineData("--Server:Prot=1", "Prot")]
    [InlineData("--Tls:ClientCertificates=Never", "Tls:ClientCertificates")]
    public async Task Run_OptionThatCannotBeRead_Is78AndNamesIt(string option, string name)
    {
        var (code, line) = await Run(option);

        Assert.Equal(ExitCode.BadOption, code);
        Assert.Contains(name, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_NoDataFolder_Is78()
    {
        var (code, line) = await Run("--Server:DataFolder=");

        Assert.Equal(ExitCode.BadOption, code);
        Assert.Contains("Server:DataFolder", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_DataFolderThatCannotBeWritten_Is73()
    {
        // Not a folder at all: a read-only one does not stop root, and tests may run as root.
        var file = Path.Combine(_folder.FullName, "file");
        await File.WriteAllTextAsync(file, string.Empty, TestContext.Current.CancellationToken);

        var (code, line) = await Run($"--Server:DataFolder={file}/below");

        Assert.Equal(ExitCode.FolderNotWritable, code);
        Assert.Contains(file, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_MissingCertificateFile_Is78()
    {
        var (code, line) = await Run("--Tls:CertificateFile=nowhere.pem", "--Tls:KeyFile=nowhere.pem");

        Assert.Equal(ExitCode.BadOption, code);
        Assert.Contains("nowhere.pem", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_AddressFileThatCannotBeWritten_Is74()
    {
        var (code, line) = await Run($"--Server:AddressFile={_folder.FullName}/nowhere/address");

        Assert.Equal(ExitCode.FileError, code);
        Assert.Contains("Server:AddressFile", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_MissingLibrary_Is71AndNamesIt()
    {
        var (code, line) = await Run(() => throw new DllNotFoundException("Unable to load shared library 'libsqlite3.so.0' or one of its dependencies."));

        Assert.Equal(ExitCode.LibraryMissing, code);
        Assert.Contains("libsqlite3.so.0", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_UnknownException_Is70AndQuotesNothing()
    {
        var (code, line) = await Run(() => throw new InvalidOperationException("CANARY"));

        Assert.Equal(ExitCode.Unexpected, code);
        Assert.DoesNotContain("CANARY", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AddressFile_WhileTheServerRuns_NamesAddressAndKey()
    {
        var file = Path.Combine(_folder.FullName, "address");
        string[] words;
        await using (var server = await TestServer.StartAsync($"--Server:AddressFile={file}"))
        {
            words = (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).TrimEnd('\n').Split(' ');
            Assert.Equal(server.Address.ToString().TrimEnd('/'), words[0]);
            Assert.Equal(server.Identity.Key.ToString(), words[1]);
            await server.StopAsync();
        }

        Assert.False(File.Exists(file));
    }

    private Task<(ExitCode Code, string Line)> Run(params string[] args) => Run(() => { }, args);

    private async Task<(ExitCode Code, string Line)> Run(Action add, params string[] args)
    {
        var before = Console.Error;
        using var errors = new StringWriter();
        Console.SetError(errors);
        try
        {
            var code = await ServiceHost.RunAsync([$"--Server:DataFolder={_folder.FullName}", .. args], builder =>
            {
                builder.Services.AddSingleton<EchoState>();
                add();
            }, _ => { });
            var line = Assert.Single(errors.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
            return ((ExitCode)code, line);
        }
        finally
        {
            Console.SetError(before);
        }
    }
}
