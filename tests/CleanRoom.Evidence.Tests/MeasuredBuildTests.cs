using System.Diagnostics;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using CleanRoom.Evidence.Simulation;
using CleanRoom.Evidence.Verify;

namespace CleanRoom.Evidence.Tests;

/// <summary>A measured image must not be able to make simulated evidence, and must still refuse it.</summary>
public sealed class MeasuredBuildTests
{
    private const int BadOption = 78;

    [Fact]
    public async Task MeasuredBuildOfTheEnclave_LacksProviderAndRootKeyInEveryAssembly_KeepsTheVerifier()
    {
        var root = RepositoryRoot();
        var output = Directory.CreateTempSubdirectory("cleanroom-measured-");
        try
        {
            await BuildAsync(root, output.FullName);
            var folder = Path.GetDirectoryName(Directory.GetFiles(output.FullName, "CleanRoom.Matching.dll", SearchOption.AllDirectories)
                .First(path => path.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal)))!;
            var assemblies = Directory.GetFiles(folder, "*.dll").ToDictionary(path => Path.GetFileName(path), File.ReadAllBytes);
            var ordinary = await File.ReadAllBytesAsync(typeof(SimulatedEvidenceProvider).Assembly.Location, TestContext.Current.CancellationToken);
            var seed = System.Text.Encoding.Unicode.GetBytes(SimulatedEvidenceProvider.DevelopmentRootSeed[..24]);

            Assert.Contains(nameof(SimulatedEvidenceProvider), TypesOf(ordinary));
            Assert.True(ordinary.AsSpan().IndexOf(seed) >= 0);
            Assert.Contains("CleanRoom.Evidence.dll", assemblies.Keys);
            foreach (var (name, assembly) in assemblies)
            {
                Assert.DoesNotContain(nameof(SimulatedEvidenceProvider), TypesOf(assembly));
                Assert.True(assembly.AsSpan().IndexOf(seed) < 0 && assembly.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(nameof(SimulatedEvidenceProvider))) < 0, name);
            }

            Assert.Contains(nameof(SimulatedReportVerifier), TypesOf(assemblies["CleanRoom.Evidence.dll"]));
            Assert.Contains(nameof(EvidenceAppraiser), TypesOf(assemblies["CleanRoom.Evidence.dll"]));
            Assert.Contains("ConfigFsTsmProvider", TypesOf(assemblies["CleanRoom.Evidence.dll"]));
            Assert.Equal(BadOption, await RunAsync(Path.Combine(folder, "CleanRoom.Matching"), folder));
        }
        finally
        {
            output.Delete(recursive: true);
        }
    }

    /// <summary>The measured enclave, told to simulate: it does not know how, and ends.</summary>
    private static async Task<int> RunAsync(string program, string data)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList =
            {
                "--Server:DataFolder=" + data, "--Matching:Room=00000000-0000-4000-8000-000000000001", "--Matching:IngestionAddress=https://localhost:1",
                "--Matching:IngestionKey=spki-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "--Matching:Evidence=simulated",
            },
        };
        using var process = Process.Start(start)!;
        var text = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Contains("Matching:Evidence must be one of auto, azure-vtpm, configfs-tsm, sidecar, tpm.", await text + await errors, StringComparison.Ordinal);
        return process.ExitCode;
    }

    private static List<string> TypesOf(byte[] assembly)
    {
        using var reader = new PEReader(new MemoryStream(assembly));
        if (!reader.HasMetadata)
        {
            return [];
        }

        var metadata = reader.GetMetadataReader();
        return [.. metadata.TypeDefinitions.Select(handle => metadata.GetString(metadata.GetTypeDefinition(handle).Name))];
    }

    private static async Task BuildAsync(string root, string output)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = root };
        foreach (var argument in new[]
        {
            "build", "services/matching/CleanRoom.Matching.csproj", "-nologo", "-v", "q", "-p:MeasuredBuild=true", "-p:ArtifactsPath=" + output,
            "-nodeReuse:false", "-p:RunAnalyzers=false", "-p:GenerateDocumentationFile=false",
        })
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start.");
        var text = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, await text + await errors);
    }

    private static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "CleanRoom.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests run inside the repository.");
        }

        return folder;
    }
}
