using System.Text.Json;
using System.Text.RegularExpressions;
using CleanRoom.Records.Lists;
using CleanRoom.Records.V1;

namespace CleanRoom.Records.Export;

/// <summary>
/// The CTDC layouts, by the targets that mappings.json gives their columns. No name, number, place below country or date below the year.
/// What is not said is -99 (00 for a country) in the k-anonymised layout and blank in the synthetic ones, never 0.
/// </summary>
internal sealed partial class CtdcExport : CaseExport
{
    private readonly List<(string Column, string Target)> _columns = [];
    private readonly bool _numbers;

    public CtdcExport(string layout)
    {
        _numbers = layout == "ctdc-kanon-2017";
        using var stream = EmbeddedData.Open("mappings.json");
        using var document = JsonDocument.Parse(stream);
        foreach (var column in document.RootElement.GetProperty("profiles").GetProperty(layout).GetProperty("columns").EnumerateArray())
        {
            _columns.Add((column.GetProperty("column").GetString()!, column.GetProperty("target").GetString()!));
        }
    }

    public override bool IsStatistics => true;

    private string Nothing => _numbers ? "-99" : "";

    private protected override IEnumerable<string> Header() => _columns.Select(c => c.Column);

    private protected override IEnumerable<string> Row(CaseRecord record)
    {
        var victim = record.Persons.FirstOrDefault(p => p.Role == "Victim") ?? new Person();
        Leave("persons[].citizenship", Math.Max(0, victim.Citizenship.Count - 1));
        foreach (var (column, target) in _columns)
        {
            yield return Cell(record, victim, column, target);
        }
    }

    private string Cell(CaseRecord record, Person victim, string column, string target)
    {
        var flag = FlagPattern().Match(target);
        if (flag.Success)
        {
            return Flag(record, flag.Groups[1].Value, flag.Groups[2].Value, flag.Groups[3].Value);
        }
        return target switch
        {
            "case.openedOn" => Year(record.Case?.OpenedOn),
            "provenance.collectionMethod" => Or(record.Provenance?.CollectionMethod switch { "IntakeInterview" => "Case Management", "HotlineCall" => "Hotline", _ => "" }),
            "persons[Victim].gender" => Or(victim.Gender switch
            {
                "Feminine" => "Woman",
                "Masculine" => "Man",
                "TransgenderFeminine" or "TransgenderMasculine" or "NonConforming" => "Trans/Transgender/NonConforming",
                _ => "",
            }),
            "persons[Victim].ageBand" => Or(AgeBand(record, victim)),
            "persons[Victim].majorityNow" => Or(Said(MajorityThen(record, victim))),
            "persons[Victim].majorityAtExploitation" => Or(Said(victim.MajorityAtExploitation)),
            "persons[Victim].majorityAtEntry (kept as raw)" => Or(Said(victim.MajorityAtEntry)),
            "persons[Victim].citizenship[0]" => Country(victim.Citizenship.FirstOrDefault() ?? ""),
            "events[Exploitation].place.country" => Country(record.Events.FirstOrDefault(e => e.Type == "Exploitation" && e.Place?.Country.Length > 0)?.Place.Country ?? ""),
            "(derived: both types)" => Has(record, "SexualExploitation") && Has(record, "ForcedLabour") ? "1" : Nothing,
            _ when target.Contains("sectorRaw='Other'", StringComparison.Ordinal) => record.Exploitation.Any(e => e.SectorRaw == "Other") ? "1" : Nothing,
            _ when target.Contains("sectorRaw='NotSpecified'", StringComparison.Ordinal) => record.Exploitation.Any(e => e.SectorRaw == "NotSpecified") ? "1" : Nothing,
            _ when target.Contains("durationBand", StringComparison.Ordinal) => Or(CodeLists.Get("durationBand").Find(record.Exploitation.FirstOrDefault(e => e.DurationBand.Length > 0)?.DurationBand ?? "")?.Ctdc ?? ""),
            _ when target.Contains("recruiterRelation[]", StringComparison.Ordinal) => Or(Labels("recruiterRelation", record.Exploitation.SelectMany(e => e.RecruiterRelation))),
            _ => Or(column switch
            {
                "meansOfControlConcatenated" => Labels("meansOfControl", record.Exploitation.SelectMany(e => e.MeansOfControl).Where(m => m.Answer == Answer.Yes).Select(m => m.Code)),
                "typeOfExploitConcatenated" => Labels("exploitationType", record.Exploitation.SelectMany(e => e.Types_)),
                "typeOfSexConcatenated" => Labels("exploitationSubType", record.Exploitation.SelectMany(e => e.SubTypes).Where(s => column.Length > 0 && CodeLists.Get("exploitationSubType").Find(s)?.Ctdc is not null)),
                "typeOfLabourConcatenated" => Labels("sectorIsicSection", record.Exploitation.Select(e => e.SectorSection).Where(s => s.Length > 0)),
                _ => "",
            }),
        };
    }

    private string Flag(CaseRecord record, string list, string code, string division) => list switch
    {
        "meansOfControl" => Means(record, code),
        "types" => Has(record, code) ? "1" : Nothing,
        "subTypes" => record.Exploitation.Any(e => e.SubTypes.Contains(code)) ? "1" : Nothing,
        "recruitmentMethods" => record.Exploitation.Any(e => e.RecruitmentMethods.Contains(code)) || (code == "Abduction" && record.Exploitation.Any(e => e.Abduction == Answer.Yes)) ? "1" : Nothing,
        "recruiterRelation" => record.Exploitation.Any(e => e.RecruiterRelation.Contains(code)) ? "1" : Nothing,
        _ => record.Exploitation.Any(e => e.SectorSection.StartsWith(code + "_", StringComparison.Ordinal) && InDivision(e, code, division)) ? "1" : Nothing,
    };

    /// <summary>A column of a division takes that one; a column of the section takes what no narrower column of the layout has.</summary>
    private bool InDivision(Exploitation item, string section, string division) => division.Length > 0
        ? item.SectorDivision == division
        : item.SectorDivision.Length == 0 || !_columns.Exists(c => FlagPattern().Match(c.Target) is { Success: true } m && m.Groups[1].Value == "sectorSection" && m.Groups[2].Value == section && m.Groups[3].Value == item.SectorDivision);

    private string Means(CaseRecord record, string code)
    {
        string[] parts = [code, .. CodeLists.Get("meansOfControl").Find(code)?.Composite ?? []];
        var answers = record.Exploitation.SelectMany(e => e.MeansOfControl).Where(m => parts.Contains(m.Code)).Select(m => m.Answer).ToList();
        // "No" says something in the k-anonymised layout only, and only of a means that was asked for by itself.
        return answers.Contains(Answer.Yes) ? "1" : _numbers && answers.Contains(Answer.No) ? "0" : Nothing;
    }

    private static bool Has(CaseRecord record, string type) => record.Exploitation.Any(e => e.Types_.Contains(type));

    /// <summary>The band that is written, or the one in which the age on the day of registration surely lies.</summary>
    private static string AgeBand(CaseRecord record, Person victim)
    {
        if (victim.AgeBand is { Length: > 0 } band)
        {
            return band == "Unknown" ? "" : band;
        }
        if (victim.Birth is not { } birth || record.Case?.OpenedOn is not { } opened)
        {
            return "";
        }
        var youngest = Years(birth.LatestDay, opened.EarliestDay);
        var oldest = Years(birth.EarliestDay, opened.LatestDay);
        return CodeLists.Get("ageBand").Values.Select(v => v.Code).FirstOrDefault(b => BandPattern().Match(b) is { Success: true } m
            && youngest >= Number(m.Groups[1].Value) && oldest <= (m.Groups[2].Success ? Number(m.Groups[2].Value) : 120)) ?? "";
    }

    private static string MajorityThen(CaseRecord record, Person victim)
    {
        if (victim.Birth is not { } birth || record.Case?.OpenedOn is not { } opened)
        {
            return victim.MajorityNow;
        }
        return Years(birth.LatestDay, opened.EarliestDay) >= 18 ? "Adult" : Years(birth.EarliestDay, opened.LatestDay) < 18 ? "Minor" : "";
    }

    private static int Years(int from, int to)
    {
        var (birth, day) = (DayNumbers.ToDate(from), DayNumbers.ToDate(to));
        return day.Year - birth.Year - (day < birth.AddYears(day.Year - birth.Year) ? 1 : 0);
    }

    private static int Number(string digits) => int.Parse(digits, System.Globalization.CultureInfo.InvariantCulture);

    private string Year(PartialDate? date) =>
        date is not null && DayNumbers.ToDate(date.EarliestDay).Year is var year && year == DayNumbers.ToDate(date.LatestDay).Year ? DayNumbers.Year(year) : Nothing;

    private static string Said(string majority) => majority == "Unknown" ? "" : majority;

    private string Country(string code) => code is "" or "XXX" ? (_numbers ? "00" : "") : _numbers ? Alpha2(code) : code;

    private string Or(string value) => value.Length > 0 ? value : Nothing;

    private static string Labels(string list, IEnumerable<string> codes) => string.Join(';', codes.Distinct(StringComparer.Ordinal).Select(c => CodeLists.Get(list).Find(c)?.Label ?? c));

    [GeneratedRegex(@"(meansOfControl|types|subTypes|sectorSection|recruitmentMethods|recruiterRelation)\[([A-Za-z_]+)\](?:.*division\s*([0-9]{2}))?", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex FlagPattern();

    [GeneratedRegex("^([0-9]+)(?:--([0-9]+)|\\+)$", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex BandPattern();
}
