using System.Diagnostics;
using System.Globalization;
using CleanRoom.Linkage.Tables;

namespace CleanRoom.Linkage.Tests.Tables;

/// <summary>A machine without vector instructions finds the same links, to the last bit: two enclaves must agree whatever they run on.</summary>
public sealed class VectorsOffTests
{
    private const string Out = "CLEANROOM_LINKS_OUT";

    [Fact]
    public async Task Link_WithoutVectorInstructions_FindsTheSameLinks()
    {
        var links = Links();
        // The second run of this test, in a process of its own, writes what it found and is done.
        if (Environment.GetEnvironmentVariable(Out) is { Length: > 0 } path)
        {
            await File.WriteAllLinesAsync(path, [Vector(), .. links], TestContext.Current.CancellationToken);
            return;
        }
        var file = Path.GetTempFileName();
        try
        {
            var program = Path.Combine(AppContext.BaseDirectory, typeof(VectorsOffTests).Assembly.GetName().Name!);
            var info = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
            info.ArgumentList.Add("-method");
            info.ArgumentList.Add($"{typeof(VectorsOffTests).FullName}.{nameof(Link_WithoutVectorInstructions_FindsTheSameLinks)}");
            info.Environment[Out] = file;
            info.Environment["DOTNET_EnableHWIntrinsic"] = "0";
            using var process = Process.Start(info)!;
            var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            _ = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(process.ExitCode == 0, await output);
            var lines = await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken);
            Assert.Equal("False", lines[0]);
            Assert.NotEmpty(links);
            Assert.Equal(links, lines[1..]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string Vector() => System.Runtime.Intrinsics.Vector256.IsHardwareAccelerated.ToString();

    private static string[] Links()
    {
        var settings = LinkConfig.Shipped("febrl")!;
        var table = new TestTable(SharedData.Csv(SharedData.File("data/linkage/febrl/dataset1.csv")), "rec_id").Build(settings);
        var result = TableLinker.Link(table, settings, cancellationToken: TestContext.Current.CancellationToken);
        return [.. result.Pairs.Select(p => string.Create(CultureInfo.InvariantCulture, $"{table.Ids[p.First]} {table.Ids[p.Second]} {p.Weight:R} {p.Levels:x} {table.Ids[result.Clusters[p.First]]}"))];
    }
}
