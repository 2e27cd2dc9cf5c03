using System.Text.Json;
using CleanRoom.Records;
using CleanRoom.Records.Import;
using CleanRoom.Records.V1;

namespace CleanRoom.Linkage.Tests.Rooms;

/// <summary>
/// Rooms written by hand, with what must link and what must not, before anybody looked at what comes out (Rooms/Written).
/// Their columns "true" are yes, no (at most Possible) and maybe (either is right, or not found yet: the note says which).
/// </summary>
public sealed class WrittenRoomTests(ITestOutputHelper output)
{
    private static readonly DateOnly Today = new(2026, 11, 1);

    public static TheoryData<string> Rooms => [.. Folders().Select(f => Path.GetFileName(f)!)];

    [Theory]
    [MemberData(nameof(Rooms))]
    public async Task FindLinks_RoomWrittenByHand_FindsWhatItSays(string room)
    {
        var folder = Folders().Single(f => Path.GetFileName(f) == room);
        var records = new SortedDictionary<string, CaseRecord>(StringComparer.Ordinal);
        var owner = new Dictionary<string, string>(StringComparer.Ordinal);
        var wrong = new List<string>();
        var granted = await GrantedAsync(folder);
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "room.json"), TestContext.Current.CancellationToken));
        foreach (var item in json.RootElement.GetProperty("contributors").EnumerateArray())
        {
            string Get(string name) => item.GetProperty(name).GetString()!;
            var manifest = DatasetManifest.Parse(await File.ReadAllTextAsync(Path.Combine(folder, Get("manifest")), TestContext.Current.CancellationToken));
            var options = new ImportOptions { ContributorId = Get("id"), Manifest = manifest, RefPattern = Get("ref"), Time = new FixedTime() };
            var result = await CaseImporter.ImportAsync(Path.Combine(folder, Get("file")), options, TestContext.Current.CancellationToken);
            Assert.Null(result.NeedsProfile);
            output.WriteLine($"{Get("file")}: {string.Join(", ", result.Report.Columns.Select(c => $"{c.Key} = {c.Value}"))}");
            foreach (var row in result.Rows.Where(r => !r.AggregateOnly))
            {
                var purposes = ConsentRules.LivePurposes(row.Record, Today);
                output.WriteLine($"  {row.Record.ContributorRecordRef}: {string.Join(' ', purposes)} | {string.Join(" / ", row.Record.Persons.Select(p => $"{string.Join('|', p.Names.Select(n => n.Full))} {p.Birth?.Edtf} {string.Join(' ', p.Identifiers.Select(i => i.Value))}"))} | {string.Join(" / ", row.Record.Organisations.Select(o => $"{string.Join('|', o.Names)} {string.Join(' ', o.Identifiers.Select(i => i.Value))}"))}");
                var got = string.Join(';', purposes.Where(p => p != "C0").Order(StringComparer.Ordinal));
                if (granted is not null && (!granted.Remove(row.Record.ContributorRecordRef, out var words) || (words != got && words != "?")))
                {
                    wrong.Add($"CONSENT {row.Record.ContributorRecordRef}: {got}, not {words ?? "(no such row)"}");
                }
                if (purposes.Contains("C2"))
                {
                    records[row.Record.ContributorRecordRef] = row.Record;
                    owner[row.Record.ContributorRecordRef] = Get("id");
                }
            }
        }
        var refs = records.Keys.ToArray();
        var engine = new LinkageEngine();
        for (var i = 0; i < refs.Length; i++)
        {
            engine.Add(new RecordHandle(i), records[refs[i]]);
        }
        var links = engine.FindLinks([.. Enumerable.Range(0, refs.Length).Select(i => new RecordHandle(i))], (a, b) => owner[refs[a.Value]] != owner[refs[b.Value]], TestContext.Current.CancellationToken).Links;
        static string Key(string type, string a, string b) => string.CompareOrdinal(a, b) < 0 ? $"{type} {a} {b}" : $"{type} {b} {a}";
        var found = links.GroupBy(l => Key(l.Type.ToString(), refs[l.First.Record.Value], refs[l.Second.Record.Value])).ToDictionary(g => g.Key, g => g.MaxBy(l => l.Strength)!);
        var truth = (await File.ReadAllLinesAsync(Path.Combine(folder, "expected.csv"), TestContext.Current.CancellationToken)).Skip(1).Select(l => l.Split(',')).ToArray();
        wrong.AddRange((granted ?? []).Select(g => $"NO ROW {g.Key}"));
        foreach (var row in truth.Where(r => r[3] == "yes"))
        {
            var key = Key(row[0], row[1], row[2]);
            var link = found.GetValueOrDefault(key);
            var least = row[5] == "SUPPRESSED" ? (LinkStrength?)null : row[4] == "Exact" ? LinkStrength.Exact : LinkStrength.Probable;
            if (least is null ? link is not null : link is null || link.Strength < least)
            {
                wrong.Add($"MISSED {key} {link?.Strength} {link?.Weight} {link?.Evidence} {row[6]}");
            }
            else if (link is { Strength: LinkStrength.Probable })
            {
                output.WriteLine($"review {key} {link.Weight} {link.Evidence} {row[6]}");
            }
        }
        var right = truth.Where(r => r[3] is "yes" or "maybe").Select(r => Key(r[0], r[1], r[2])).ToHashSet(StringComparer.Ordinal);
        wrong.AddRange(found.Where(f => f.Value.Strength >= LinkStrength.Probable && !right.Contains(f.Key)).Select(f => $"FALSE {f.Key} {f.Value.Strength} {f.Value.Weight} {f.Value.Evidence}"));
        wrong.ForEach(output.WriteLine);
        Assert.Empty(wrong);
    }

    // consents.csv, where a room has one: every row of its files, and what its consent cell grants ("?": the words do not say).
    private static async Task<Dictionary<string, string>?> GrantedAsync(string folder)
    {
        var path = Path.Combine(folder, "consents.csv");
        return !File.Exists(path) ? null : (await File.ReadAllLinesAsync(path, TestContext.Current.CancellationToken)).Skip(1).Select(l => l.Split(',')).ToDictionary(l => l[0], l => l[1], StringComparer.Ordinal);
    }

    // CLEANROOM_WRITTEN_ROOMS=FOLDER reads the rooms below another folder.
    private static string[] Folders()
    {
        var named = Environment.GetEnvironmentVariable("CLEANROOM_WRITTEN_ROOMS");
        if (!string.IsNullOrEmpty(named))
        {
            return Directory.GetDirectories(named);
        }
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "CleanRoom.sln")))
            {
                return Directory.GetDirectories(Path.Combine(folder.FullName, "tests", "CleanRoom.Linkage.Tests", "Rooms", "Written"));
            }
        }
        throw new InvalidOperationException("The repository was not found.");
    }

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(Today.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
    }
}
