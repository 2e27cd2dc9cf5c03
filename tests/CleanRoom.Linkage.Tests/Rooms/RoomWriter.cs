using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CleanRoom.Linkage.Tests.Rooms;

/// <summary>Writes planned cases as files in layouts of their own, with manifests, room.json and truth.csv in the shape of samples/.</summary>
internal sealed class RoomWriter(Dice dice, PlannedCase[] cases)
{
    private static readonly string[] Means = "DebtBondage TakesEarnings RestrictsFinancialAccess Threats PsychologicalAbuse PhysicalAbuse SexualAbuse FalsePromises PsychoactiveSubstances RestrictsMovement RestrictsMedicalCare ExcessiveWorkingHours UsesChildren ThreatOfLawEnforcement WithholdsNecessities WithholdsDocuments".Split(' ');

    /// <summary>Makes a room from its seed.</summary>
    public static PlannedRoom Make(int seed, int rows = 40)
    {
        var dice = new Dice(seed);
        var packs = LanguagePack.All.ToList();
        dice.Shuffle(packs);
        // Every language leads a room in turn.
        var lead = LanguagePack.All[(int)((uint)seed % (uint)packs.Count)];
        packs.Remove(lead);
        LanguagePack[] origins = [lead, packs[0], packs[1]];
        var destination = dice.Chance(40) ? lead : packs[2];
        var contributors = dice.Chance(25) ? 4 : 3;
        var cases = new RoomPlanner(dice, origins, destination, contributors).Plan(rows).ToArray();
        var writer = new RoomWriter(dice, cases);
        var files = new List<PlannedFile>();
        for (var contributor = 0; contributor < contributors; contributor++)
        {
            var layout = contributor switch
            {
                0 => dice.One((string[])["htcds-machine", "htcds-labels", "list"]),
                1 => dice.One((string[])["ctdc", "list", "ctdc", "htcds-machine"]),
                2 => dice.One((string[])["native", "native", "bilingual"]),
                _ => dice.One((string[])["native", "list"]),
            };
            var pack = layout is "native" or "bilingual" ? contributor == 2 ? lead : packs[3] : destination;
            files.Add(writer.File(contributor, layout, pack, destination));
        }
        var truth = writer.Truth();
        return new PlannedRoom(seed, $"made-{seed}", files, cases, truth, RoomJson(seed, files, origins.Append(destination).ToArray()), writer.TruthCsv(truth));
    }

    private PlannedFile File(int contributor, string layout, LanguagePack pack, LanguagePack destination)
    {
        var style = Style.Throw(dice, layout, pack, destination);
        var rows = cases.Where(c => c.Contributor == contributor).ToArray();
        var fields = style.Fields.ToList();
        if (layout != "native" && layout != "bilingual" && layout != "ctdc")
        {
            dice.Shuffle(fields);
        }
        var table = new List<List<string>> { fields.Select(f => style.Headers[f]).ToList() };
        foreach (var item in rows)
        {
            var cells = new CaseCells(style, dice).Of(item);
            table.Add([.. fields.Select(f => cells.GetValueOrDefault(f, ""))]);
        }
        if (layout == "ctdc")
        {
            for (var i = 0; i < table.Count; i++)
            {
                table[i].InsertRange(2, i == 0
                    ? ["yearOfRegistration", "Datasource", "gender", "citizenship", "CountryOfExploitation", .. Means.Select(m => "meansOfControl" + m), "isForcedLabour", "isSexualExploit"]
                    : [rows[i - 1].Seen.Year.ToString(CultureInfo.InvariantCulture), "Case Management", rows[i - 1].Victim!.Female ? "Woman" : "Man", Countries2(rows[i - 1].Victim!.Pack), Countries2(destination), .. Means.Select(_ => dice.One((string[])["1", "0", "-99"])), "1", "-99"]);
            }
        }
        var text = new StringBuilder();
        var separator = style.Separator;
        if (style.Title)
        {
            _ = text.Append(pack.CountryNative).Append(" 2021-2024").Append(new string(separator, table[0].Count - 1)).Append("\r\n").Append(new string(separator, table[0].Count - 1)).Append("\r\n");
        }
        foreach (var row in table)
        {
            _ = text.AppendJoin(separator, row.Select(c => c.AsSpan().IndexOfAny([separator, '"', '\n', '\r']) >= 0 ? $"\"{c.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : c)).Append("\r\n");
        }
        var encoding = style.Encoding.GetString(style.Encoding.GetBytes(text.ToString())) == text.ToString() ? style.Encoding : new UTF8Encoding(false);
        var id = $"org-{(char)('a' + contributor)}";
        var manifest = new JsonObject
        {
            ["contributorId"] = id,
            ["name"] = $"Organisation {contributor + 1} (fictional)",
            ["catchment"] = "made by a seed",
            ["definitionFramework"] = "NationalLaw",
            ["jurisdiction"] = new JsonArray(pack.Country),
            ["periods"] = new JsonArray(new JsonObject { ["from"] = "2019", ["to"] = null, ["programmeFocus"] = new JsonArray("ForcedLabour") }),
        };
        return new PlannedFile(id, $"Organisation {contributor + 1} (fictional)", $"file_{(char)('a' + contributor)}.csv", encoding.GetPreamble().Concat(encoding.GetBytes(text.ToString())).ToArray(),
            layout, style.Headers["ref"], pack, $"manifest_{(char)('a' + contributor)}.json", manifest.ToJsonString(Indented));
    }

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private static string Countries2(LanguagePack pack) => Records.Normalisation.Countries.Alpha2(pack.Country)!;

    private List<PlannedLink> Truth()
    {
        var links = new List<PlannedLink>();
        for (var i = 0; i < cases.Length; i++)
        {
            for (var j = i + 1; j < cases.Length; j++)
            {
                if (cases[i].Contributor != cases[j].Contributor)
                {
                    Pair(cases[i], cases[j], links);
                }
            }
        }
        return links;
    }

    private static void Pair(PlannedCase a, PlannedCase b, List<PlannedLink> links)
    {
        void Add(string type, bool exact, string holder, string why = "")
        {
            if (!links.Exists(l => l.Type == type && l.First == a.Ref && l.Second == b.Ref && l.Holder == holder))
            {
                links.Add(new PlannedLink(type, a.Ref, b.Ref, exact, holder, why));
            }
        }
        if (ReferenceEquals(a.Victim, b.Victim) && !a.NameUnknown && !b.NameUnknown)
        {
            Add("SamePersonVictim", false, "Victim", a.Typo || b.Typo ? "typo" : "");
        }
        if (a.Phone is not null && ReferenceEquals(a.Phone, b.Phone))
        {
            Add("SamePhone", true, "Victim");
        }
        if (a.Email.Length > 0 && a.Email == b.Email)
        {
            Add("SameEmail", true, "Victim");
        }
        if ((a.Passport.Length > 0 && a.Passport == b.Passport) || (a.IdNumber.Length > 0 && a.IdNumber == b.IdNumber && Shown(a) && Shown(b)))
        {
            Add("SameDocument", true, "Victim");
        }
        if (a.Suspect is { } suspect && ReferenceEquals(suspect, b.Suspect))
        {
            var phone = a.ShowSuspectPhone && b.ShowSuspectPhone;
            var handle = a.ShowSuspectHandle && b.ShowSuspectHandle;
            var account = a.ShowSuspectAccount && b.ShowSuspectAccount;
            if (phone)
            {
                Add("SamePhone", true, "Suspect");
            }
            if (handle)
            {
                Add("SameHandle", true, "Suspect");
            }
            if (account)
            {
                Add("SameAccount", true, "Suspect");
            }
            if (a.ShowSuspectName && b.ShowSuspectName)
            {
                Add("SamePersonSuspect", false, "Suspect", phone || handle || account ? "identifier" : "site");
            }
        }
        if (a.Site is not null && ReferenceEquals(a.Site, b.Site))
        {
            Add("SameAddress", false, "Organisation");
        }
        if (a.Company is not null && ReferenceEquals(a.Company, b.Company))
        {
            Add("SameOrganisation", a.ShowLicence && b.ShowLicence, "Organisation");
        }
        if (a.Plate.Length > 0 && a.Plate == b.Plate && a.PlatePack == b.PlatePack)
        {
            Add("SameVehicle", true, "Organisation");
        }
        if (a.Vessel is not null && ReferenceEquals(a.Vessel, b.Vessel))
        {
            Add("SameVessel", a.ShowVesselNumber && b.ShowVesselNumber, "Organisation");
        }
    }

    private static bool Shown(PlannedCase item) => item.IdShown;

    private string TruthCsv(IReadOnlyList<PlannedLink> truth)
    {
        var byRef = cases.ToDictionary(c => c.Ref);
        var text = new StringBuilder("link_id,link_type,entity,holder,record_1,record_2,is_true_link,evidence,consents_1,consents_2,tell_owner_of_1,tell_owner_of_2,le_from_1,le_from_2,identity_releasable_by,expected_disposition,note\n");
        var number = 0;
        foreach (var link in truth)
        {
            var (one, two) = string.CompareOrdinal(link.First, link.Second) <= 0 ? (byRef[link.First], byRef[link.Second]) : (byRef[link.Second], byRef[link.First]);
            var comparable = one.Purposes.Contains("C2") && two.Purposes.Contains("C2");
            bool MayPoint(PlannedCase other) => comparable && (other.Purposes.Contains("C3") || (link.Holder != "Victim" && other.Purposes.Contains("C5")));
            bool MayRelease(PlannedCase own) => comparable && link.Holder != "Victim" && own.Purposes.Contains("C5");
            var pointers = (MayPoint(two) ? 1 : 0) + (MayPoint(one) ? 1 : 0);
            var police = MayRelease(one) || MayRelease(two);
            var disposition = !comparable ? "SUPPRESSED" : pointers switch { 2 => "NGO_POINTER", 1 => "NGO_POINTER_ONE_WAY", _ => "" } + (police ? "+LE_NONIDENT" : "");
            _ = text.AppendJoin(',',
                $"L{++number:000}", link.Type, $"E{number:000}", link.Holder, one.Ref, two.Ref, "yes", link.Exact ? "Exact" : "Fuzzy", string.Join(';', one.Purposes), string.Join(';', two.Purposes),
                MayPoint(two) ? "pointer" : "nothing", MayPoint(one) ? "pointer" : "nothing", MayRelease(one) ? "nonident" : "none", MayRelease(two) ? "nonident" : "none", "", disposition, link.Why).Append('\n');
        }
        return text.ToString();
    }

    private static string RoomJson(int seed, List<PlannedFile> files, LanguagePack[] countries)
    {
        var room = new JsonObject
        {
            ["room"] = $"made-{seed}",
            ["simulated"] = true,
            ["epochSeconds"] = 5,
            ["slotsPerEpoch"] = 128,
            ["contributors"] = new JsonArray([.. files.Select(f => (JsonNode)new JsonObject
            {
                ["id"] = f.Id,
                ["name"] = f.Name,
                ["file"] = f.File,
                ["profile"] = "auto",
                ["manifest"] = f.ManifestFile,
                ["ref"] = f.RefPattern,
                ["desk"] = $"desk@{f.Id}.example.org",
                ["lists"] = "*",
                ["authorises"] = new JsonArray("unit-one"),
            })]),
            ["agencies"] = new JsonArray(new JsonObject
            {
                ["id"] = "unit-one",
                ["name"] = "Anti-trafficking unit (fictional)",
                ["kind"] = "police_ahtu",
                ["jurisdictions"] = new JsonArray([.. countries.Select(c => c.Country).Distinct().Select(c => (JsonNode)c)]),
            }),
        };
        return room.ToJsonString(Indented);
    }
}
