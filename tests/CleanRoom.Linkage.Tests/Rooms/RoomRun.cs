using CleanRoom.Records;
using CleanRoom.Records.Import;
using CleanRoom.Records.V1;

namespace CleanRoom.Linkage.Tests.Rooms;

/// <summary>One room through import and engine, with what was found and what was not.</summary>
internal sealed class RoomRun
{
    private static readonly DateOnly Today = new(2026, 11, 1);

    public List<string> Problems { get; } = [];

    public int ExactTruth { get; private set; }

    public int ExactFound { get; private set; }

    public int FuzzyTruth { get; private set; }

    public int FuzzyFound { get; private set; }

    public int FuzzyStrong { get; private set; }

    public int ExactFalse { get; private set; }

    public int FuzzyFalse { get; private set; }

    public int ConsentTooWide { get; private set; }

    public int ConsentTooNarrow { get; private set; }

    public int Records { get; private set; }

    public static async Task<RoomRun> OfAsync(PlannedRoom room, CancellationToken cancellationToken)
    {
        var run = new RoomRun();
        var records = new Dictionary<string, CaseRecord>(StringComparer.Ordinal);
        var planned = room.Cases.ToDictionary(c => c.Ref);
        foreach (var file in room.Files)
        {
            var options = new ImportOptions { ContributorId = file.Id, Manifest = DatasetManifest.Parse(file.Manifest), RefPattern = file.RefPattern, Time = new FixedTime() };
            ImportResult result;
            try
            {
                result = await CaseImporter.ImportAsync(new MemoryStream(file.Content), options, cancellationToken);
            }
            catch (ImportException error)
            {
                run.Problems.Add($"{file.Pack.Name}/{file.Layout}: IMPORT {error.Message}");
                continue;
            }
            if (result.NeedsProfile is { } needs)
            {
                run.Problems.Add($"{file.Pack.Name}/{file.Layout}: NEEDS {needs.ClosestProfile}: {needs.Question}");
            }
            foreach (var (header, field) in result.Report.Columns.Where(c => c.Value is "(not read)" or "Ignore"))
            {
                run.Problems.Add($"{file.Pack.Name}/{file.Layout}: COLUMN {header} = {field}");
            }
            foreach (var row in result.Rows)
            {
                records[row.Record.ContributorRecordRef] = row.Record;
                if (!planned.TryGetValue(row.Record.ContributorRecordRef, out var plan))
                {
                    run.Problems.Add($"{file.Pack.Name}/{file.Layout}: ROW {row.Record.ContributorRecordRef} was not planned");
                    continue;
                }
                var got = ConsentRules.LivePurposes(row.Record, Today).Where(p => p != "C0").ToArray();
                if (got.Except(plan.Purposes).Any())
                {
                    run.ConsentTooWide++;
                    run.Problems.Add($"{file.Pack.Name}/{file.Layout}: CONSENT WIDER {plan.Consent} -> {string.Join(';', got)}");
                }
                else if (plan.Purposes.Except(got).Any())
                {
                    run.ConsentTooNarrow++;
                    run.Problems.Add($"{file.Pack.Name}/{file.Layout}: CONSENT NARROWER {plan.Consent} -> {string.Join(';', got)}");
                }
            }
        }
        run.Records = records.Count;
        run.Link(room, records, planned, cancellationToken);
        return run;
    }

    private void Link(PlannedRoom room, Dictionary<string, CaseRecord> records, Dictionary<string, PlannedCase> planned, CancellationToken cancellationToken)
    {
        var refs = records.Keys.Where(planned.ContainsKey).Order(StringComparer.Ordinal).ToArray();
        var engine = new LinkageEngine();
        for (var i = 0; i < refs.Length; i++)
        {
            engine.Add(new RecordHandle(i), records[refs[i]]);
        }
        var result = engine.FindLinks([.. Enumerable.Range(0, refs.Length).Select(i => new RecordHandle(i))], (a, b) => planned[refs[a.Value]].Contributor != planned[refs[b.Value]].Contributor, cancellationToken);
        var found = result.Links.GroupBy(l => $"{l.Type} {refs[l.First.Record.Value]} {refs[l.Second.Record.Value]}").ToDictionary(g => g.Key, g => g.ToArray());
        string Where(string reference) => room.Files[planned[reference].Contributor] is var f ? $"{f.Pack.Name}/{f.Layout}" : "";
        foreach (var link in room.Truth)
        {
            var key = string.CompareOrdinal(link.First, link.Second) <= 0 ? link.Key : $"{link.Type} {link.Second} {link.First}";
            var got = found.GetValueOrDefault(key);
            var strength = got?.Max(l => l.Strength);
            if (link.Exact)
            {
                ExactTruth++;
                ExactFound += strength == LinkStrength.Exact ? 1 : 0;
                if (strength != LinkStrength.Exact)
                {
                    Problems.Add($"MISSED EXACT {link.Key} [{link.Holder}] {Where(link.First)} ~ {Where(link.Second)} ({Describe(planned[link.First])} ~ {Describe(planned[link.Second])}) {strength}: {Names(link, records)}");
                }
            }
            else
            {
                FuzzyTruth++;
                FuzzyFound += strength >= LinkStrength.Probable ? 1 : 0;
                FuzzyStrong += strength >= LinkStrength.Strong ? 1 : 0;
                if (!(strength >= LinkStrength.Strong))
                {
                    Problems.Add($"{(strength >= LinkStrength.Probable ? "REVIEW" : "MISSED")} FUZZY {link.Key} {link.Why} {Where(link.First)} ~ {Where(link.Second)} {strength} {got?[0].Weight} {got?[0].Evidence}: {Names(link, records)}");
                }
            }
        }
        var truth = room.Truth.SelectMany(l => new[] { l.Key, $"{l.Type} {l.Second} {l.First}" }).ToHashSet(StringComparer.Ordinal);
        foreach (var (key, links) in found.Where(f => !truth.Contains(f.Key) && f.Value.Max(l => l.Strength) >= LinkStrength.Probable))
        {
            var link = links.MaxBy(l => l.Strength)!;
            ExactFalse += link.Strength == LinkStrength.Exact ? 1 : 0;
            FuzzyFalse += link.Strength == LinkStrength.Exact ? 0 : 1;
            var (a, b) = (refs[link.First.Record.Value], refs[link.Second.Record.Value]);
            Problems.Add($"FALSE {key} {link.Strength} {link.Weight} {link.Evidence} {Where(a)} ~ {Where(b)}: {link.First.Display} ~ {link.Second.Display} | {Names(new PlannedLink(link.Type.ToString(), a, b, false, "", ""), records)}");
        }
    }

    private static string Describe(PlannedCase item) => $"{item.Victim!.Pack.Name}";

    private static string Names(PlannedLink link, Dictionary<string, CaseRecord> records)
    {
        string One(string reference)
        {
            if (!records.TryGetValue(reference, out var record))
            {
                return "(no record)";
            }
            return link.Type switch
            {
                "SamePersonVictim" => string.Join(" / ", record.Persons.Where(p => p.Role == "Victim").Select(p => $"{string.Join('|', p.Names.Select(n => n.Full))} {p.Birth?.Edtf} {p.HomeArea?.Locality} [{string.Join(',', p.Citizenship)}]")),
                "SamePersonSuspect" => string.Join(" / ", record.Persons.Where(p => p.Role == "Suspect").Select(p => $"{string.Join('|', p.Names.Select(n => n.Full))}")) + " @ " + string.Join('|', record.Events.Select(e => $"{e.Place?.Raw} {e.Place?.Locality} {e.Place?.Country}")),
                "SameAddress" => string.Join('|', record.Events.Select(e => $"{e.Place?.Raw} <{e.Place?.Locality}> {e.Place?.Country}")),
                "SameOrganisation" => string.Join('|', record.Organisations.Select(o => $"{string.Join('/', o.Names)} {o.Country} {string.Join('/', o.Identifiers.Select(i => i.Raw + " for " + string.Join(',', i.RegionHints)))}")),
                "SameVehicle" => string.Join('|', record.Vehicles.Select(v => $"{v.Raw} = {v.Plate} {v.PlateCountry} {v.PlateRegion}")),
                "SameVessel" => string.Join('|', record.Vessels.Select(v => $"{v.Raw} @{v.Port}")) + string.Join('|', record.Events.Select(e => $"{e.Place?.Raw}")),
                _ => string.Join('|', record.Persons.SelectMany(p => p.Identifiers).Select(i => $"{i.Kind} {i.Raw} {i.HolderRole} ({string.Join(',', i.Candidates)})")),
            };
        }
        return $"{One(link.First)}  ~  {One(link.Second)}";
    }

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(Today.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
    }
}
