using CleanRoom.Charter.Messages;
using CleanRoom.Demo;
using CleanRoom.Room.Tests.Canaries;
using CleanRoom.Room.Tests.Rooms;
using CleanRoom.Room.Tests.Soak;

[assembly: AssemblyFixture(typeof(TappedRoom))]

namespace CleanRoom.Room.Tests.Canaries;

/// <summary>A small room that has done its job, every service of it tapped: bytes behind TLS, logs at Trace, activities, measurements, files.</summary>
public sealed class TappedRoom : IAsyncLifetime
{
    private static readonly Dictionary<string, string> Planted = new()
    {
        ["ext_CaseNumber"] = "-QXREFVORN71",
        ["cas_CaseOwner"] = "Krumboltine Wazz",
        ["prs_FirstName"] = "Zyxqelda",
        ["prs_SecondName"] = "Vorblumpf",
        ["ext_NameNative"] = "Зюквельда Ворблюмпф",
        ["ext_Alias"] = "ซีควอลดา วอบลัมฟ์",
        ["prs_Birthdate"] = "1987-10-23",
        ["prs_Citizenship"] = "KH",
        ["ext_PassportNo"] = "XQ7390215",
        ["prs_MobilePhone"] = "+855 50 000 987",
        ["prs_Email"] = "zyx.vorblumpf@example.org",
        ["prs_MailingStreet"] = "12 Yorvexham Court",
        ["prs_MailingCity"] = "Brixpolding",
        ["vic_LocationOfExploitation"] = "Quibblewick Seafood Shed",
        ["hte_1_Type"] = "Exploitation",
        ["hte_1_Date"] = "2023-02",
        ["hte_1_City"] = "Wuzzlethorpe",
        ["hte_1_Country"] = "TH",
        ["hte_1_Street"] = "77 Flozzen Lane",
        ["hte_1_Description"] = "Glombrendish happenings",
        ["per_1_Name"] = "Grozzbert Plimhander",
        ["per_1_Alias"] = "Old Snarquill",
        ["per_1_RoleInProcess"] = "RecruiterOrIntermediary",
        ["per_1_Phone"] = "+855 50 000 986",
        ["per_1_Handle"] = "telegram @plimhander_x",
        ["per_1_Account"] = "Wing 000 999 787",
        ["org_1_Name"] = "Wexlomart Manpower",
        ["org_1_Licence"] = "QZ-0073391",
        ["ext_Vehicle"] = "2ZQ-4471 Cambodia",
        ["ext_Vessel"] = "MV Trellowaxine",
    };

    private readonly DirectoryInfo _cases = Directory.CreateTempSubdirectory("cleanroom-cases-");

    /// <summary>The contributor's own number of the record. It may know it, and nobody else.</summary>
    internal static Canary Reference { get; } = new("ext_CaseNumber", "QXREFVORN71");

    /// <summary>In columns that never leave the contributor, not even sealed (DATA.md 1.1 rule 4).</summary>
    internal static IReadOnlyList<Canary> StayHome { get; } = [.. Of("cas_CaseOwner", "prs_MailingStreet", "hte_1_Description")];

    /// <summary>In columns that are imported and sealed.</summary>
    internal static IReadOnlyList<Canary> Sealed { get; } =
    [
        .. Of(
            "prs_FirstName", "prs_SecondName", "ext_NameNative", "ext_Alias", "ext_PassportNo", "prs_MobilePhone", "prs_Email", "prs_MailingCity", "vic_LocationOfExploitation",
            "hte_1_City", "hte_1_Street", "per_1_Name", "per_1_Alias", "per_1_Phone", "org_1_Name", "org_1_Licence"),
        new("per_1_Handle", "plimhander_x"), new("per_1_Account", "000 999 787"), new("ext_Vehicle", "2ZQ-4471"), new("ext_Vessel", "Trellowaxine"),
    ];

    internal Tap Tap { get; } = new();

    /// <summary>The calls of the room's own work, without those that tests make later.</summary>
    internal IReadOnlyList<Exchange> Exchanges { get; private set; } = [];

    internal Recorder Recorder { get; } = new();

    internal WholeRoom Room { get; private set; } = null!;

    internal IReadOnlyList<CaseFile> Files { get; private set; } = [];

    internal IReadOnlyDictionary<string, IReadOnlyList<RoomMessage>> Told { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        if (SoakTests.IsLong)
        {
            // Nobody will look at this room, and it keeps every line that it logs: gigabytes in an hour.
            return;
        }

        var file = WriteWithMatches(_cases.FullName);
        Files = await CaseFile.ReadAllAsync(file, WholeRoom.Token);
        Room = await OpenAsync(file, Tap, Recorder);
        Told = await Room.RunAsync();
        Exchanges = [.. Tap.Exchanges];
    }

    public async ValueTask DisposeAsync()
    {
        if (Room is not null)
        {
            await Room.DisposeAsync();
        }

        Recorder.Dispose();
        _cases.Delete(recursive: true);
    }

    internal static Task<WholeRoom> OpenAsync(RoomFile file, Tap tap, Recorder? recorder) => WholeRoom.OpenAsync(file, new InProcessServices((name, builder) =>
    {
        tap.Attach(name, builder);
        recorder?.Attach(name, builder);
    }));

    /// <summary>The files of this room.</summary>
    internal static RoomFile WriteWithMatches(string folder) => SmallCases.Write(folder, matching: true, Planted, SmallCases.PlainCase);

    /// <summary>The same files, with other people and numbers at each contributor.</summary>
    internal static RoomFile WriteWithoutMatches(string folder) => SmallCases.Write(folder, matching: false, Planted, SmallCases.PlainCase);

    /// <summary>What a member was told, counted by kind; heads and empty messages left out. Two rooms with the same cases tell the same.</summary>
    internal static SortedDictionary<string, int> Kinds(IReadOnlyList<RoomMessage> messages) => new(
        messages.Where(message => message is not (RoomMessage.Head or RoomMessage.Empty)).GroupBy(message => message switch
        {
            RoomMessage.MatchPointer pointer => $"N1 {pointer.Link} {pointer.Strength} {pointer.Own}",
            RoomMessage.Notice notice => $"N2a {notice.Link} {notice.Strength} {notice.Sources}",
            _ => message.Kind,
        }).ToDictionary(group => group.Key, group => group.Count()), StringComparer.Ordinal);

    private static IEnumerable<Canary> Of(params string[] columns) => columns.Select(column => new Canary(column, Planted[column]));
}
