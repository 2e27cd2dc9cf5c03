using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CleanRoom.Records.Import;
using CleanRoom.Records.V1;

namespace CleanRoom.Linkage.Tests;

/// <summary>
/// Tables of known persons, split among three contributors by the hash of their ids as `make bulk` splits them, imported as a contributor would, and linked by the
/// rooms' engine: what a room would tell, without the room. CLEANROOM_PERSON_ROWS=n takes so many rows of each table (0 = all).
/// </summary>
public sealed class PersonRoomTests(ITestOutputHelper output)
{
    private static readonly string[] Contributors = ["archive-one", "archive-two", "archive-three"];

    /// <summary>Files, id column, truth column (none: the number in the id), rows taken, and the least recall in percent.</summary>
    public static TheoryData<string, string, string, int, double> Tables => new()
    {
        { "historical_25k.csv", "unique_id", "cluster", 1500, 38 },
        { "fake_1000.csv", "unique_id", "cluster", 1000, 35 },
        { "febrl/dataset3.csv", "rec_id", "", 2000, 75 },
        { "febrl/dataset4a.csv;febrl/dataset4b.csv", "rec_id", "", 10_000, 70 },
    };

    [Theory]
    [MemberData(nameof(Tables))]
    public async Task FindLinks_TableOfPersons_TellsEnoughAndHardlyAnythingFalse(string files, string id, string truth, int rows, double recall)
    {
        var table = files.Split(';').SelectMany(f => SharedData.Csv(SharedData.File("data/linkage/" + f))).Take(RowsOf(rows)).ToArray();
        var (records, persons, owners) = await ImportAsync(table, id, row => truth.Length > 0 ? row[truth] : row[id].Split('-')[1], truth);
        var engine = new LinkageEngine();
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < records.Count; i++)
        {
            engine.Add(new RecordHandle(i), records[i]);
        }
        var result = engine.FindLinks([.. Enumerable.Range(0, records.Count).Select(i => new RecordHandle(i))], (a, b) => owners[(int)a.Value] != owners[(int)b.Value], TestContext.Current.CancellationToken);
        var expected = Enumerable.Range(0, records.Count).GroupBy(i => persons[i]).Sum(g => Pairs(g.Count()) - g.GroupBy(i => owners[i]).Sum(o => Pairs(o.Count())));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{files}: {records.Count} records, {expected} true pairs across contributors, {result.PairsCompared} compared, {clock.Elapsed.TotalSeconds:F1} s"));
        long told = 0;
        long right = 0;
        foreach (var strength in new[] { LinkStrength.Strong, LinkStrength.Probable })
        {
            var links = result.Links.Where(l => l.Type == LinkType.SamePersonVictim && l.Strength == strength).ToArray();
            var good = links.Count(l => persons[(int)l.First.Record.Value] == persons[(int)l.Second.Record.Value]);
            told += links.Length;
            right += good;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{strength}: {links.Length} told, {good} right ({Percent(good, links.Length):F2} %)"));
            Assert.True(Percent(good, links.Length) >= (strength == LinkStrength.Strong ? 99.8 : 99), $"{strength}: {good} of {links.Length} are right");
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"all: recall {Percent(right, expected):F2} %, precision {Percent(right, told):F2} %, F1 {Percent(2 * right, told + expected):F2} %"));
        Assert.True(Percent(right, expected) >= recall, $"{right} of {expected} true pairs are told");
    }

    private static int RowsOf(int rows) =>
        Environment.GetEnvironmentVariable("CLEANROOM_PERSON_ROWS") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) is > 0 and var asked ? asked : int.MaxValue : rows;

    private static long Pairs(long count) => count * (count - 1) / 2;

    private static double Percent(long part, long whole) => whole == 0 ? 100 : 100.0 * part / whole;

    // Each contributor's rows as a file of its own, without the truth.
    private static async Task<(List<CaseRecord> Records, List<string> Persons, List<int> Owners)> ImportAsync(
        Dictionary<string, string>[] table, string id, Func<Dictionary<string, string>, string> person, string truth)
    {
        var records = new List<CaseRecord>();
        var persons = new List<string>();
        var owners = new List<int>();
        var columns = table[0].Keys.Where(c => c != truth).ToArray();
        for (var owner = 0; owner < Contributors.Length; owner++)
        {
            var own = table.Where(row => OwnerOf(row[id]) == owner).ToDictionary(row => row[id], StringComparer.Ordinal);
            var text = new StringBuilder().AppendJoin(',', columns).Append('\n');
            foreach (var row in own.Values)
            {
                _ = text.AppendJoin(',', columns.Select(c => $"\"{row.GetValueOrDefault(c, "").Replace("\"", "\"\"", StringComparison.Ordinal)}\"")).Append('\n');
            }
            var manifest = DatasetManifest.Parse($$$"""
                {"contributorId":"{{{Contributors[owner]}}}","name":"Archive","catchment":"persons of the past","definitionFramework":"Organisational","jurisdiction":["GBR"],
                 "declaredConsent":{"purposes":["C1","C2","C3"],"noticeVersion":"public-records"}}
                """);
            var options = new ImportOptions { ContributorId = Contributors[owner], Manifest = manifest, Profile = "persons", RefPattern = id };
            using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text.ToString()));
            var result = await CaseImporter.ImportAsync(stream, options, TestContext.Current.CancellationToken);
            foreach (var record in result.Rows.Select(row => row.Record))
            {
                records.Add(record);
                persons.Add(person(own[record.ContributorRecordRef]));
                owners.Add(owner);
            }
        }
        return (records, persons, owners);
    }

    private static int OwnerOf(string id) => (int)(BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(id))) % (uint)Contributors.Length);
}
