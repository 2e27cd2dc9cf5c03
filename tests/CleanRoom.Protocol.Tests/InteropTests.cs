using System.Diagnostics;
using System.Text.Json;
using CleanRoom.Protocol.Common.V1;
using CleanRoom.Protocol.Tests.Server;
using CleanRoom.Transport;
using Grpc.Core;

namespace CleanRoom.Protocol.Tests;

/// <summary>A client that is not ours: tests/interop/client.mjs on @grpc/grpc-js.</summary>
public sealed class InteropTests
{
    private static readonly string Repository = FindRepository();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task GrpcJs_AllKindsOfCall_AgreeWithOurServer()
    {
        var folder = await InstallAsync();
        await using var server = await TestServer.StartAsync("--Reflection:Enabled=true");
        var (serverFile, clientFile) = (Path.Combine(server.Folder, "server-public.pem"), Path.Combine(server.Folder, "client.pem"));
        await File.WriteAllTextAsync(serverFile, server.Identity.Certificate.ExportCertificatePem(), Token);
        TlsCertificates.Save(server.Client, clientFile);
        var settings = JsonSerializer.Serialize(new
        {
            address = server.Address.Authority,
            server = serverFile,
            client = clientFile,
            protos = new[] { Path.Combine(Repository, "tests", "CleanRoom.Protocol.Tests", "protos"), Path.Combine(Repository, "protos") },
        });

        var (code, output, errors) = await RunAsync("node", folder, "client.mjs", settings);

        Assert.True(code == 0, errors);
        using var json = JsonDocument.Parse(output);
        var result = json.RootElement;
        Assert.Equal("ናታሊ", result.GetProperty("unary").GetProperty("text").GetString());
        Assert.Equal(TlsCertificates.KeyOf(server.Client).ToString(), result.GetProperty("unary").GetProperty("peer").GetString());
        Assert.Equal(500_500, result.GetProperty("clientStreaming").GetProperty("sum").GetInt64());
        Assert.Equal(Enumerable.Range(1, 1_000), result.GetProperty("serverStreaming").EnumerateArray().Select(number => number.GetInt32()));
        Assert.Equal(["ONE", "TWO", "THREE"], result.GetProperty("duplex").EnumerateArray().Select(text => text.GetString()));
        Assert.Equal("SERVING", result.GetProperty("health").GetString());
        Assert.Equal("SERVING", result.GetProperty("watch").GetString());
        Assert.Contains("cleanroom.testing.v1.EchoService", result.GetProperty("services").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal(1, result.GetProperty("described").GetInt32());

        var refused = result.GetProperty("refused");
        Assert.Equal((int)StatusCode.FailedPrecondition, refused.GetProperty("code").GetInt32());
        Assert.Equal("The charter expired on 2026-01-01.", refused.GetProperty("details").GetString());
        Assert.Equal(
            new ErrorDetail { Reason = "CharterExpired", Field = "charter", Remedy = "Sign a newer one." },
            ErrorDetail.Parser.ParseFrom(refused.GetProperty("trailer").GetBytesFromBase64()));
        Assert.Equal((int)StatusCode.Internal, result.GetProperty("failed").GetProperty("code").GetInt32());
        Assert.Equal("Internal error.", result.GetProperty("failed").GetProperty("details").GetString());
        Assert.Equal((int)StatusCode.DeadlineExceeded, result.GetProperty("late").GetProperty("code").GetInt32());
        Assert.Contains(
            (StatusCode)result.GetProperty("anonymous").GetInt32(), new[] { StatusCode.Unavailable, StatusCode.DeadlineExceeded, StatusCode.Unknown, StatusCode.Internal });
    }

    /// <summary>The folder with script and packages, below artifacts; installed when the lock file has changed.</summary>
    private static async Task<string> InstallAsync()
    {
        foreach (var tool in new[] { "node", "npm" })
        {
            if (!Exists(tool))
            {
                Missing($"{tool} is not installed; on Debian: apt-get install nodejs npm.");
            }
        }

        var folder = Directory.CreateDirectory(Path.Combine(Repository, "artifacts", "interop")).FullName;
        var stamp = Path.Combine(folder, ".installed");
        var locked = await File.ReadAllTextAsync(Path.Combine(Repository, "tests", "interop", "package-lock.json"), Token);
        foreach (var file in new[] { "package.json", "package-lock.json", ".npmrc", "client.mjs" })
        {
            File.Copy(Path.Combine(Repository, "tests", "interop", file), Path.Combine(folder, file), overwrite: true);
        }

        if (!File.Exists(stamp) || await File.ReadAllTextAsync(stamp, Token) != locked)
        {
            var (code, _, errors) = await RunAsync("npm", folder, "ci", "--silent");
            if (code != 0)
            {
                Missing($"npm ci failed: {errors}");
            }

            await File.WriteAllTextAsync(stamp, locked, Token);
        }

        return folder;
    }

    private static void Missing(string reason)
    {
        Assert.False(Environment.GetEnvironmentVariable("CI") == "true", reason);
        Assert.Skip(reason);
    }

    private static bool Exists(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, tool)));

    private static async Task<(int Code, string Output, string Errors)> RunAsync(string tool, string folder, params string[] args)
    {
        var start = new ProcessStartInfo(tool, args) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromMinutes(5));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static string FindRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "CleanRoom.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run from within the repository.");
    }
}
