using System.Diagnostics;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using CleanRoom.Evidence.Simulation;
using CleanRoom.Evidence.Verify;

namespace CleanRoom.Evidence.Tests;

/// <summary>A measured image must not be able to make simulated evidence, and must still refuse it.</summary>
public sealed class MeasuredBuildTests
{
    [Fact]
    public async Task MeasuredBuild_LacksProviderAndRootKey_KeepsTheVerifier()
    {
        var root = RepositoryRoot();
        var output = Directory.CreateTempSubdirectory("cleanroom-measured-");
        try
        {
            await BuildAsync(root, output.FullName);
            var assembly = Directory.GetFiles(output.FullName, "CleanRoom.Evidence.dll", SearchOption.AllDirectories)
                .First(path => path.Contains("bin", StringComparison.Ordinal));

            var measured = await File.ReadAllBytesAsync(assembly, TestContext.Current.CancellationToken);
            var ordinary = await File.ReadAllBytesAsync(typeof(SimulatedEvidenceProvider).Assembly.Location, TestContext.Current.CancellationToken);
            var seed = System.Text.Encoding.Unicode.GetBytes(SimulatedEvidenceProvider.DevelopmentRootSeed[..24]);

            Assert.Contains(nameof(SimulatedEvidenceProvider), TypesOf(ordinary));
            Assert.True(ordinary.AsSpan().IndexOf("development-root"u8) >= 0 || ordinary.AsSpan().IndexOf(seed) >= 0);
            Assert.DoesNotContain(nameof(SimulatedEvidenceProvider), TypesOf(measured));
            Assert.True(measured.AsSpan().IndexOf(seed) < 0);
            Assert.Contains(nameof(SimulatedReportVerifier), TypesOf(measured));
            Assert.Contains(nameof(EvidenceAppraiser), TypesOf(measured));
        }
        finally
        {
            output.Delete(recursive: true);
        }
    }

    private static List<string> TypesOf(byte[] assembly)
    {
        using var reader = new PEReader(new MemoryStream(assembly));
        var metadata = reader.GetMetadataReader();
        return [.. metadata.TypeDefinitions.Select(handle => metadata.GetString(metadata.GetTypeDefinition(handle).Name))];
    }

    private static async Task BuildAsync(string root, string output)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = root };
        foreach (var argument in new[]
        {
            "build", "src/CleanRoom.Evidence/CleanRoom.Evidence.csproj", "-nologo", "-v", "q", "-p:MeasuredBuild=true", "-p:ArtifactsPath=" + output,
            "-p:UseSharedCompilation=false", "-nodeReuse:false", "-p:RunAnalyzers=false",
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
