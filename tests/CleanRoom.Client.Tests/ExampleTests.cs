using CleanRoom.Client.Tests.Examples;
using CleanRoom.Records.Import;

namespace CleanRoom.Client.Tests;

/// <summary>The examples of the client's README: they stand there as they are compiled here, and each is run.</summary>
public sealed class ExampleTests : IDisposable
{
    private const string Marker = "        // README\n";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-examples-");

    private static string Root
    {
        get
        {
            var here = new DirectoryInfo(AppContext.BaseDirectory);
            while (here is not null && !File.Exists(Path.Combine(here.FullName, "CleanRoom.sln")))
            {
                here = here.Parent;
            }

            return here?.FullName ?? throw new DirectoryNotFoundException("The repository is not above the tests.");
        }
    }

    public static TheoryData<string> Examples => [.. Directory.EnumerateFiles(Path.Combine(Root, "tests/CleanRoom.Client.Tests/Examples")).Select(path => Path.GetFileNameWithoutExtension(path))];

    [Theory, MemberData(nameof(Examples))]
    public async Task Readme_Example_StandsThereAsItIsCompiled(string example)
    {
        var source = await File.ReadAllTextAsync(Path.Combine(Root, $"tests/CleanRoom.Client.Tests/Examples/{example}.cs"), LiveRoom.Token);
        var body = source.Split(Marker)[1].TrimEnd().Split('\n').Select(line => line.Length > 8 ? line[8..] : "");
        var readme = await File.ReadAllTextAsync(Path.Combine(Root, "sdk/CleanRoom.Client/README.md"), LiveRoom.Token);

        Assert.Contains(string.Join('\n', body), readme, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CheckAFile_FileWithATwin_SaysSoAndWritesThePage()
    {
        var cases = Write("Full name,Date of birth,Nationality,Consent\nOksana Petrivna Kovalchuk,1990-04-03,UKR,C1;C2\nКовальчук Оксана Петрівна,03.04.1990,UKR,no\n");
        var page = In("page.html");
        var said = new List<string>();

        await CheckAFile.RunAsync(cases, page, said.Add, LiveRoom.Token);

        Assert.Equal("1 of 2 would be sealed in full, 1 may be there twice", said[0]);
        Assert.Contains("<html lang=\"fr\">", await File.ReadAllTextAsync(page, LiveRoom.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task MapAFile_UnknownHeader_BecomesAProfileThatTheImportTakes()
    {
        var cases = Write("Naam;Geboren;Kanaal X;Consent\nAna Ruiz;1990-04-23;+254700000301;form B\nEva Gil;1991-05-24;+254700000302;form B\n");

        await MapAFile.RunAsync(cases, In("list.profile.json"), column => column.Choices[0], LiveRoom.Token);

        var import = await CaseImporter.ImportAsync(cases, new ImportOptions { ContributorId = "alpha", Manifest = new DatasetManifest(), Profile = In("list.profile.json") }, LiveRoom.Token);
        Assert.Equal((2, "Phone"), (import.Report.IdentitySealed, import.Report.Columns["Kanaal X"]));
    }

    [Fact]
    public async Task UploadAndRead_JoinedContributor_GetsAReceipt()
    {
        await using var live = await LiveRoom.OpenedAsync();
        var cases = Write("Full name,Tel,Date of birth,Consent\nSample Person,+84901234567,1990-01-31,C1;C2\n");
        var manifest = In("manifest.json");
        await File.WriteAllTextAsync(manifest, "{}", LiveRoom.Token);
        var said = new System.Collections.Concurrent.ConcurrentQueue<string>();

        try
        {
            await UploadAndRead.RunAsync(live.HomeOf("alpha"), cases, manifest, said.Enqueue, LiveRoom.Token);
        }
        catch (Transport.CleanRoomException)
        {
            // This room has no notification service, so the reading at the end finds nobody.
        }

        Assert.Contains("1 new, 0 stay here, 1 receipts", said);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string In(string name) => Path.Combine(_folder.FullName, name);

    private string Write(string text)
    {
        File.WriteAllText(In("cases.csv"), text);
        return In("cases.csv");
    }
}
