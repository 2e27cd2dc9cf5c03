using System.Xml.Linq;

namespace CleanRoom.Client.Tests;

/// <summary>
/// Who may stand on whom (docs/architecture.md): an assembly is a trust boundary or a deployment boundary, and dependencies point one way. Read from the project files
/// themselves; what is not listed is refused.
/// </summary>
public sealed class DependencyTests
{
    private static readonly string[] Services = ["CleanRoom.Attestation", "CleanRoom.Ingestion", "CleanRoom.Matching", "CleanRoom.Notification"];

    /// <summary>Projects of ours that a project may reference, as its file says; what those reference comes along.</summary>
    private static readonly Dictionary<string, string[]> Projects = new()
    {
        ["CleanRoom.Protocol"] = [],
        ["CleanRoom.Cryptography"] = [],
        ["CleanRoom.Evidence"] = ["CleanRoom.Cryptography"],
        ["CleanRoom.Charter"] = ["CleanRoom.Cryptography"],
        ["CleanRoom.Records"] = ["CleanRoom.Cryptography"],
        ["CleanRoom.Linkage"] = ["CleanRoom.Records"],
        ["CleanRoom.Storage"] = ["CleanRoom.Cryptography"],
        ["CleanRoom.Transport"] = ["CleanRoom.Cryptography", "CleanRoom.Charter", "CleanRoom.Protocol"],
        ["CleanRoom.Hosting"] = ["CleanRoom.Transport"],
        ["Grpc.Core.Api"] = [],
        ["Grpc.Net.Common"] = ["Grpc.Core.Api"],
        ["CleanRoom.Attestation"] = ["CleanRoom.Hosting", "CleanRoom.Storage", "CleanRoom.Evidence", "CleanRoom.Charter"],
        ["CleanRoom.Ingestion"] = ["CleanRoom.Hosting", "CleanRoom.Storage"],
        ["CleanRoom.Matching"] = ["CleanRoom.Hosting", "CleanRoom.Evidence", "CleanRoom.Records", "CleanRoom.Linkage"],
        ["CleanRoom.Notification"] = ["CleanRoom.Hosting", "CleanRoom.Storage"],
        ["CleanRoom.Admin"] = ["CleanRoom.Charter", "CleanRoom.Storage"],
        ["CleanRoom.Standalone"] = [.. Services, "CleanRoom.Hosting", "CleanRoom.Storage"],
        ["CleanRoom.Client"] = ["CleanRoom.Transport", "CleanRoom.Evidence", "CleanRoom.Records", "CleanRoom.Linkage"],
        ["CleanRoom.Cli"] = ["CleanRoom.Client"],
    };

    /// <summary>Packages that a project of the product may reference; those of the wire come with eng/Grpc.targets, those of all projects with Directory.Build.targets.</summary>
    private static readonly Dictionary<string, string[]> Packages = new()
    {
        ["CleanRoom.Records"] = ["Google.Protobuf", "Grpc.Tools"],
        ["CleanRoom.Hosting"] = ["OpenTelemetry", "OpenTelemetry.Exporter.OpenTelemetryProtocol"],
        ["CleanRoom.Storage"] = ["Microsoft.Data.Sqlite.Core", "Npgsql", "SQLitePCLRaw.provider.e_sqlite3"],
        ["CleanRoom.Client"] = ["Pkcs11Interop"],
        ["CleanRoom.Cli"] = ["System.CommandLine", "Spectre.Console"],
    };

    private static readonly string Root = FindRoot();

    public static TheoryData<string> Product => [.. ProjectFiles("src", "services", "sdk").Select(path => Path.GetRelativePath(Root, path))];

    [Theory, MemberData(nameof(Product))]
    public void Project_References_AreTheOnesThatItMayHave(string project)
    {
        var name = Path.GetFileNameWithoutExtension(project);
        Assert.True(Projects.TryGetValue(name, out var allowed), $"{project} has no rule here: add one, and say in docs/architecture.md what it may stand on.");
        var file = XDocument.Load(Path.Combine(Root, project));
        Assert.Empty(References(file, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/'))).Except(allowed));
        Assert.Empty(References(file, "PackageReference").Except(Packages.GetValueOrDefault(name, [])));
    }

    [Fact]
    public void Sdk_WhatItStandsOn_IsNeitherHostNorStore()
    {
        var seen = new HashSet<string>();
        var open = new Stack<string>(["CleanRoom.Cli"]);
        while (open.TryPop(out var name))
        {
            if (seen.Add(name))
            {
                Projects[name].ToList().ForEach(open.Push);
            }
        }

        Assert.Empty(seen.Intersect([.. Services, "CleanRoom.Hosting", "CleanRoom.Storage"]));
    }

    [Fact]
    public void Rules_EachProject_Exists()
    {
        var names = ProjectFiles("src", "services", "sdk").Select(Path.GetFileNameWithoutExtension).ToHashSet();
        var missing = Projects.Keys.Concat(Packages.Keys).Except(names);
        Assert.Empty(missing);
    }

    [Fact]
    public void Source_DatabaseDriver_StandsInStorageAlone()
    {
        var users = SourceFiles("src", "services", "sdk").Where(path => File.ReadLines(path).Any(line =>
            line.StartsWith("using Microsoft.Data", StringComparison.Ordinal) || line.StartsWith("using SQLitePCL", StringComparison.Ordinal) || line.StartsWith("using Npgsql", StringComparison.Ordinal)));
        Assert.All(users, path => Assert.StartsWith(Path.Combine("src", "CleanRoom.Storage"), Path.GetRelativePath(Root, path), StringComparison.Ordinal));
    }

    [Fact]
    public void Source_RpcException_StandsInOneMapping()
    {
        var users = SourceFiles("services", "sdk").Where(path => File.ReadAllText(path).Contains("RpcException", StringComparison.Ordinal));
        Assert.Empty(users.Select(path => Path.GetRelativePath(Root, path)));
    }

    [Fact]
    public void Packages_EachVersion_IsExactAndUsed()
    {
        var versions = XDocument.Load(Path.Combine(Root, "Directory.Packages.props")).Descendants("PackageVersion").ToList();
        var used = Directory.EnumerateFiles(Path.Combine(Root, "eng"), "*.targets").Append(Path.Combine(Root, "Directory.Build.targets")).Append(Path.Combine(Root, "Directory.Build.props"))
            .Concat(ProjectFiles("src", "services", "sdk", "tests", "tools"))
            .SelectMany(path => References(XDocument.Load(path), "PackageReference")).ToHashSet();
        var unused = versions.Select(item => (string)item.Attribute("Include")!).Except(used);
        Assert.Empty(unused);
        Assert.All(versions, item => Assert.Matches(@"^\d+\.\d+\.\d+$", (string)item.Attribute("Version")!));
    }

    private static IEnumerable<string> References(XDocument file, string kind) => file.Descendants(kind).Select(item => (string?)item.Attribute("Include")).OfType<string>();

    private static IEnumerable<string> ProjectFiles(params string[] folders) => Files("*.csproj", folders);

    private static IEnumerable<string> SourceFiles(params string[] folders) => Files("*.cs", folders);

    private static IEnumerable<string> Files(string pattern, string[] folders) => folders
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories))
        .Where(path => !path.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin" or "artifacts"))
        .Where(path => !path.Contains(Path.Combine("src", "compat"), StringComparison.Ordinal) || pattern == "*.csproj");

    private static string FindRoot()
    {
        for (var here = new DirectoryInfo(AppContext.BaseDirectory); here is not null; here = here.Parent)
        {
            if (File.Exists(Path.Combine(here.FullName, "CleanRoom.sln")))
            {
                return here.FullName;
            }
        }

        throw new DirectoryNotFoundException("The repository is not above the tests.");
    }
}
