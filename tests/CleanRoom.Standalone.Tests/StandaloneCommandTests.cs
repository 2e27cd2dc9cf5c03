using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using CleanRoom.Charter;
using CleanRoom.Client;
using CleanRoom.Client.Keys;
using CleanRoom.Evidence;
using CleanRoom.Hosting.Startup;

namespace CleanRoom.Standalone.Tests;

/// <summary>The commands, and what stops the host from starting.</summary>
public sealed class StandaloneCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cleanroom-standalone-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(_folder, "data");

    [Fact]
    public void Identity_OfTheEnclave_IsOneThatBrokersApprove()
    {
        using var enclave = JsonDocument.Parse(StandaloneIdentity.Of(StandaloneFolder.Open(Data, 0)).EnclaveTerms().ToJsonString());
        var root = enclave.RootElement;
        var reference = new EnclaveReference(root.GetProperty("name").GetString()!, root.GetProperty("tee").GetString()!, root.GetProperty("reference"), root.GetProperty("floors"));
        Assert.Empty(AppraisalPolicy.Create(simulated: true, [reference]).Problems);
    }

    [Fact]
    public async Task Identity_Twice_GivesTheSameKeysAndPorts()
    {
        await RunAsync(0, "add-member", "--data", Data, "--port", "0", Keys("alpha"));
        var first = await RunAsync(0, "identity", "--data", Data, "--port", "0", "--json");
        var file = Path.Combine(_folder, "operator.json");
        Assert.Equal(first, await RunAsync(0, "identity", "--data", Data, "--json", "--operator", file));
        using var json = JsonDocument.Parse(first);
        Assert.True(json.RootElement.GetProperty("simulated").GetBoolean());
        Assert.Equal(json.RootElement.GetProperty("operator").GetRawText(), (await File.ReadAllTextAsync(file, Token)).Trim());
        Assert.Equal(["alpha"], json.RootElement.GetProperty("brokers").EnumerateObject().Select(broker => broker.Name));
    }

    [Fact]
    public void PortOf_BaseGiven_CountsOnAndNeverChanges()
    {
        var folder = StandaloneFolder.Open(Data, 7500);
        Assert.Equal((7500, 7501, 7502, 7500), (folder.PortOf("ingestion"), folder.PortOf("matching"), folder.PortOf("notification"), folder.PortOf("ingestion")));
        Assert.Equal(7503, StandaloneFolder.Open(Data, null).PortOf("broker-alpha"));
        Assert.Equal(ExitCode.BadOption, Assert.Throws<StartupException>(() => StandaloneFolder.Open(Data, 7600)).Code);
    }

    [Fact]
    public void Add_OtherKeysOfAKnownMember_IsRefused()
    {
        var folder = StandaloneFolder.Open(Data, 0);
        var owner = folder.Add(Keys("alpha"));
        Assert.Equal(owner, Assert.Single(StandaloneFolder.Open(Data, 0).ReadOwners()));
        var refusal = Assert.Throws<StartupException>(() => folder.Add(Keys("alpha")));
        Assert.Equal(ExitCode.BadOption, refusal.Code);
        Assert.Equal(owner, Assert.Single(folder.ReadOwners()));
    }

    [Fact]
    public async Task Start_PortInUse_NamesServicePortAndRemedy()
    {
        var identity = StandaloneIdentity.Of(StandaloneFolder.Open(Data, 0));
        using var listener = new TcpListener(IPAddress.Loopback, identity.Notification.Port);
        listener.Start();
        var refusal = await Assert.ThrowsAsync<StartupException>(() => StandaloneHost.StartAsync(StandaloneFolder.Open(Data, 0), [], TextWriter.Null, Token));
        Assert.Equal(ExitCode.PortInUse, refusal.Code);
        Assert.Contains($"Port {identity.Notification.Port} of notification is in use: ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithoutMembers_ServesEverythingButTheEnclave()
    {
        await using var host = await StandaloneHost.StartAsync(StandaloneFolder.Open(Data, 0), ["--Server:ShutdownGrace=00:00:01"], TextWriter.Null, Token);
        using var output = new StringWriter();
        var refusal = await Assert.ThrowsAsync<StartupException>(() => HealthCheck.RunAsync(host.Identity, json: true, output));
        Assert.StartsWith("Not serving: matching.", refusal.Message, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(output.ToString());
        Assert.Equal("Serving", json.RootElement.GetProperty("ingestion").GetString());
        Assert.False(host.RoomStarted.IsCompleted);
    }

    [Fact]
    public void Open_FolderCannotBeMade_SaysSo()
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        Assert.Equal(ExitCode.FolderNotWritable, Assert.Throws<StartupException>(() => StandaloneFolder.Open(Path.Combine(file, "data"), 0)).Code);
    }

    [Theory]
    [InlineData("ports.json", "[]")]
    [InlineData("ports.json", "{\"ingestion\":0}")]
    [InlineData("members/alpha.json", "{\"member\":\"alpha\"}")]
    [InlineData("members/alpha.json", "no JSON")]
    public void Open_DamagedFile_SaysSo(string name, string content)
    {
        var path = Path.Combine(Data, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        var refusal = Assert.Throws<StartupException>(() => StandaloneFolder.Open(Data, 0).ReadOwners());
        Assert.Equal(ExitCode.FileError, refusal.Code);
        Assert.Contains(name, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("run")]
    [InlineData("identity", "--data")]
    [InlineData("add-member", "--data", "x")]
    [InlineData("run", "--data", "x", "--Server:Port=1")]
    [InlineData("run", "--data", "x", "--json")]
    [InlineData("identity", "--data", "x", "--Server:MaxConnections=1")]
    public async Task Run_WrongArguments_ShowsUsage(params string[] arguments)
    {
        using var errors = new StringWriter();
        Assert.Equal(StandaloneCommand.UsageExit, await StandaloneCommand.RunAsync(arguments, TextWriter.Null, errors));
        Assert.Contains("Use: cleanroom-standalone", errors.ToString(), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<string> RunAsync(int exit, params string[] arguments)
    {
        using var output = new StringWriter();
        Assert.Equal(exit, await StandaloneCommand.RunAsync(arguments, output, TextWriter.Null));
        return output.ToString();
    }

    /// <summary>As the command line prints them.</summary>
    private string Keys(string member)
    {
        var profile = MemberProfile.Create(Path.Combine(_folder, Path.GetRandomFileName()), MemberId.Parse(member), new ProfileOptions(), TimeProvider.System);
        var file = profile.Folder + ".json";
        File.WriteAllText(file, JsonSerializer.Serialize(new
        {
            ok = true,
            result = new
            {
                member,
                folder = profile.Folder,
                organisation = new { id = profile.OrganisationKey.Id.ToString(), key = profile.OrganisationKey.ToJwk() },
                transport = new { id = profile.TransportKey.Id.ToString(), key = profile.TransportKey.ToJwk() },
            },
        }));
        return file;
    }
}
