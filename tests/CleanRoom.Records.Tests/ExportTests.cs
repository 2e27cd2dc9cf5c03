using System.Text;
using CleanRoom.Records.Export;
using CleanRoom.Records.Import;
using CleanRoom.Records.Matching;
using CleanRoom.Records.V1;

namespace CleanRoom.Records.Tests;

/// <summary>Back out to HTCDS and CTDC (R24): what is core comes in again as it was.</summary>
public sealed class ExportTests
{
    [Fact]
    public async Task Htcds_EverySampleRecord_ComesInAgainWithEveryCoreField()
    {
        var imports = await SampleRoom.ImportsAsync();
        var manifests = new[] { "manifest_a.json", "manifest_b.json", "manifest_c.json" };
        var wrong = new List<string>();
        for (var i = 0; i < imports.Count; i++)
        {
            var manifest = DatasetManifest.Parse(await File.ReadAllTextAsync(Path.Combine(SampleRoom.Folder, manifests[i]), TestContext.Current.CancellationToken));
            var (table, _) = Write("htcds-2.0", imports[i].Rows.Select(r => r.Record));

            var again = await CaseImporter.ImportAsync(new MemoryStream(Encoding.UTF8.GetBytes(table)), SampleRoom.Options(imports[i].Rows[0].Record.ContributorId, manifest, "ext_CaseNumber"), TestContext.Current.CancellationToken);

            Assert.Equal("htcds-2.0+ext", again.Profile);
            Assert.Equal(imports[i].Rows.Count, again.Rows.Count);
            Assert.DoesNotContain("unmapped-column", again.Report.Counts.Keys);
            for (var r = 0; r < again.Rows.Count; r++)
            {
                var (before, after) = (Core(imports[i].Rows[r].Record), Core(again.Rows[r].Record));
                wrong.AddRange(before.Except(after).Select(l => $"{imports[i].Rows[r].Record.ContributorRecordRef} lost {l}"));
                wrong.AddRange(after.Except(before).Select(l => $"{imports[i].Rows[r].Record.ContributorRecordRef} new {l}"));
            }
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(60)));
    }

    [Theory]
    [InlineData("ctdc-kanon-2017", 63)]
    [InlineData("ctdc-synth-2021", 37)]
    [InlineData("ctdc-synth-2024", 27)]
    public async Task Ctdc_EverySampleRecord_ComesInAgainWithEveryFieldOfTheLayout(string layout, int columns)
    {
        var rows = (await SampleRoom.ImportsAsync())[1].Rows;
        var (table, _) = Write(layout, rows.Select(r => r.Record));

        var again = await CaseImporter.ImportAsync(new MemoryStream(Encoding.UTF8.GetBytes(table)), SampleRoom.Options("x", new DatasetManifest()), TestContext.Current.CancellationToken);

        Assert.Equal(layout, again.Profile);
        Assert.Equal(columns, table.Split("\r\n")[0].Split(',').Length);
        for (var i = 0; i < rows.Count; i++)
        {
            var (before, after) = (Counted(rows[i].Record, layout), Counted(again.Rows[i].Record, layout));
            Assert.True(before.SetEquals(after), $"{rows[i].Record.ContributorRecordRef}: lost {string.Join(", ", before.Except(after))}; new {string.Join(", ", after.Except(before))}");
        }
    }

    [Fact]
    public async Task Ctdc_EveryLayout_HoldsNothingThatIdentifies()
    {
        var rows = await SampleRoom.RowsAsync();
        foreach (var layout in CaseExport.Layouts.Where(l => l.StartsWith("ctdc", StringComparison.Ordinal)))
        {
            var (table, _) = Write(layout, rows.Select(r => r.Record));
            var direct = rows.SelectMany(r => r.Record.Persons.SelectMany(p => p.Names.Select(n => n.Full).Concat(p.Identifiers.Select(i => i.Raw))).Append(r.Record.ContributorRecordRef));
            Assert.DoesNotContain(direct.Where(d => d.Length > 4), d => table.Contains(d, StringComparison.OrdinalIgnoreCase));
        }
    }

    [Fact]
    public void WriteRow_CellThatASpreadsheetWouldCompute_IsTextThereAndTheSameValueHere()
    {
        var record = FullRecord.Make();
        record.Persons[0].Role = "Victim";
        record.Persons[0].Names[0].Given = "=HYPERLINK(\"x\")";
        record.Persons[0].Occupation = "@SUM(1)";

        var (table, notWritten) = Write("htcds-2.0", [record]);

        Assert.Contains("\"'=HYPERLINK(\"\"x\"\")\"", table, StringComparison.Ordinal);
        Assert.Contains(",'@SUM(1),", table, StringComparison.Ordinal);
        Assert.NotEmpty(notWritten);
    }

    private static (string Table, IReadOnlyDictionary<string, int> NotWritten) Write(string layout, IEnumerable<CaseRecord> records)
    {
        var export = CaseExport.To(layout);
        var writer = new StringWriter();
        foreach (var record in records)
        {
            export.Measure(record);
        }
        export.WriteHeader(writer);
        foreach (var record in records)
        {
            export.WriteRow(writer, record);
        }
        return (writer.ToString(), export.NotWritten);
    }

    /// <summary>The core of a record as lines: everything that is matched, counted or steers a disclosure.</summary>
    private static HashSet<string> Core(CaseRecord record)
    {
        var lines = new HashSet<string>(StringComparer.Ordinal) { record.ContributorRecordRef, $"case {record.Case?.Status} {Days(record.Case?.OpenedOn)}" };
        lines.UnionWith(record.Case?.Referrals.Select(r => $"referral {r.Direction} {r.Organisation} {Days(r.On)} {r.Reason}") ?? []);
        lines.Add($"determination {record.Determination.Status} {record.Determination.By} {record.Determination.Framework} {record.Determination.Jurisdiction}");
        foreach (var person in record.Persons)
        {
            lines.Add($"person {person.PersonKey} {person.Role} {person.Gender} {Days(person.Birth)} {person.AgeBand} {person.AgeWhenTrafficked} {person.MajorityAtExploitation} {person.MajorityNow} {person.Occupation} {person.BirthPlace}");
            lines.Add($"home {person.PersonKey} {person.HomeArea?.Country} {person.HomeArea?.Admin1} {person.HomeArea?.Locality}");
            lines.UnionWith(person.Names.Select(n => $"name {person.PersonKey} {n.Full} {n.Given} {n.Middle} {n.Family} {n.Patronymic} {n.Type == "Alias"}"));
            lines.UnionWith(person.Citizenship.Select(c => $"citizen {person.PersonKey} {c}"));
            lines.UnionWith(person.SuspectRoles.Select(c => $"role {person.PersonKey} {c}"));
            lines.UnionWith(person.Identifiers.Select(i => $"{i.Kind} {person.PersonKey} {i.HolderRole} {i.Value} {i.DocumentType} {i.Platform} {Days(i.ValidFrom)} {Days(i.ValidTo)}"));
        }
        lines.UnionWith(record.Events.Select(e => $"event {e.Type} {Days(e.When)} {e.Place?.Country} {e.Place?.Admin1} {e.Place?.Locality} {e.Place?.Raw} {e.Place?.Protected}"));
        lines.UnionWith(record.Organisations.SelectMany(o => o.Names.Concat(o.Identifiers.Select(i => i.Value))).Select(o => $"organisation {o}"));
        lines.UnionWith(record.Vehicles.Select(v => $"vehicle {v.Plate} {v.PlateCountry}"));
        lines.UnionWith(record.Vessels.Select(v => $"vessel {v.Name} {v.Imo} {v.Registration}"));
        lines.UnionWith(record.Consents.Select(c => $"consent {c.Purpose} {c.State} {c.GivenBy} {c.ObtainedDay} {c.ExpiresDay}"));
        lines.UnionWith(record.Handling.Caveats.Append(record.Handling.Tlp).Select(c => $"handling {c}"));
        lines.UnionWith(record.Exploitation.SelectMany(e => e.Types_.Concat(e.SubTypes).Concat(e.RecruitmentMethods).Concat(e.RecruiterRelation).Concat(e.PlatformsRecruitment).Concat(e.PlatformsExploitation)
            .Concat(e.MeansOfControl.Where(m => m.Answer == Answer.Yes).Select(m => m.Code)).Append(e.DurationBand).Append(e.ExitMode)).Select(c => $"exploitation {c}"));
        lines.Add("sector " + record.Exploitation.Select(e => e.SectorSection).FirstOrDefault(s => s.Length > 0));
        lines.UnionWith(MatchFacts.From(record).SelectMany(f => f.Keys).Select(k => $"key {k.Value} {k.Strength}"));
        // An answer "unknown" is the same as none.
        _ = lines.RemoveWhere(l => l is "exploitation " or "exploitation Unknown");
        lines.Remove("sector ");
        return lines;
    }

    private static HashSet<string> Counted(CaseRecord record, string layout)
    {
        var kanon = layout == "ctdc-kanon-2017";
        var newest = layout == "ctdc-synth-2024";
        var person = record.Persons[0];
        var lines = new HashSet<string>(StringComparer.Ordinal)
        {
            $"year {Days(record.Case?.OpenedOn)}", $"gender {(person.Gender is "NonSpecifiedUnknown" ? "" : person.Gender)}", $"band {(person.AgeBand is "Unknown" ? "" : person.AgeBand)}",
            $"citizen {person.Citizenship.FirstOrDefault()}", $"country {record.Events.FirstOrDefault(e => e.Place?.Country.Length > 0)?.Place.Country}",
        };
        if (!newest)
        {
            lines.Add($"then {(person.MajorityAtExploitation is "Unknown" ? "" : person.MajorityAtExploitation)}");
        }
        if (kanon)
        {
            lines.Add($"source {record.Provenance.CollectionMethod}");
            lines.UnionWith(record.Exploitation.SelectMany(e => e.MeansOfControl).Select(m => $"means {m.Code} {m.Answer}"));
            lines.UnionWith(record.Exploitation.SelectMany(e => e.SubTypes.Concat(e.RecruiterRelation).Concat(e.Types_).Append(e.SectorSection + e.SectorDivision).Append(e.SectorRaw)));
        }
        lines.UnionWith(record.Exploitation.SelectMany(e => e.Types_).Where(t => t is "ForcedLabour" or "SexualExploitation" or "Other"));
        lines.Remove("");
        return lines;
    }

    private static string Days(PartialDate? date) => date is null ? "" : $"{date.EarliestDay}..{date.LatestDay}{(date.HasAlternative ? $" or {date.AlternativeDay}" : "")}";
}
