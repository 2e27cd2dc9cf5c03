using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using CleanRoom.Demo;

namespace CleanRoom.Room.Tests.Rooms;

/// <summary>Case files for a small room: three contributors with eight records each, two of which concern the same people at all three if they should match.</summary>
internal static class SmallCases
{
    public const string Agency = "sample-police";

    private static readonly string[] Header =
    [
        "ext_CaseNumber", "cas_CaseOwner", "con_Consent", "ext_ConsentPurposes", "ext_ConsentDate", "ext_ConsentExpires", "prs_FirstName", "prs_SecondName",
        "ext_NameNative", "ext_Alias", "prs_Birthdate", "prs_Citizenship", "ext_PassportNo", "prs_MobilePhone", "prs_Email", "prs_MailingStreet", "prs_MailingCity",
        "prs_MailingCountry", "vic_LocationOfExploitation", "hte_1_Type", "hte_1_Date", "hte_1_City", "hte_1_Country", "hte_1_Street", "hte_1_Description", "per_1_Name",
        "per_1_Alias", "per_1_RoleInProcess", "per_1_Phone", "per_1_Handle", "per_1_Account", "org_1_Name", "org_1_Licence", "ext_Vehicle", "ext_Vessel",
    ];

    private static readonly string[] Syllables = ["ba", "ke", "di", "lo", "mu", "na", "pe", "ri", "so", "tu", "va", "ze"];

    public static IReadOnlyList<string> Contributors { get; } = ["alpha-house", "bravo-house", "charlie-house"];

    /// <summary>Writes the files and room.json.</summary>
    /// <param name="folder">An empty folder.</param>
    /// <param name="matching">Whether the shared cases are the same people everywhere; if not, each contributor's have other names and numbers of the same length.</param>
    /// <param name="shared">The shared cases: column to value.</param>
    public static RoomFile Write(string folder, bool matching, params IReadOnlyDictionary<string, string>[] shared)
    {
        for (var i = 0; i < Contributors.Count; i++)
        {
            var lines = new StringBuilder(string.Join(',', Header)).Append('\n');
            for (var row = 0; row < 8; row++)
            {
                var cells = row < shared.Length ? Shared(shared[row], matching ? 0 : i) : Filler((i * 8) + row);
                cells["ext_CaseNumber"] = $"{(char)('A' + i)}-{row + 1:000}" + (row < shared.Length ? shared[row].GetValueOrDefault("ext_CaseNumber") : "");
                _ = lines.AppendJoin(',', Header.Select(column => $"\"{cells.GetValueOrDefault(column, "")}\"")).Append('\n');
            }

            File.WriteAllText(Path.Combine(folder, Contributors[i] + ".csv"), lines.ToString());
        }

        var members = new JsonArray([.. Contributors.Select(id => (JsonNode)new JsonObject
        {
            ["id"] = id,
            ["name"] = id + " (fictional)",
            ["file"] = id + ".csv",
            ["ref"] = "ext_CaseNumber",
            ["desk"] = $"desk@{id}.example.org",
            ["authorises"] = new JsonArray(Agency),
        })]);
        var room = new JsonObject
        {
            ["room"] = "small cases",
            ["epochSeconds"] = 1,
            ["slotsPerEpoch"] = 24,
            ["contributors"] = members,
            ["agencies"] = new JsonArray(new JsonObject
            {
                ["id"] = Agency,
                ["name"] = "Sample police (fictional)",
                ["kind"] = "police_ahtu",
                ["jurisdictions"] = new JsonArray("THA"),
            }),
        };
        File.WriteAllText(Path.Combine(folder, "room.json"), room.ToJsonString());
        return RoomFile.Read(folder);
    }

    /// <summary>A case with the same person, phone, document and site everywhere.</summary>
    public static IReadOnlyDictionary<string, string> PlainCase { get; } = new Dictionary<string, string>
    {
        ["prs_FirstName"] = "Tavelina",
        ["prs_SecondName"] = "Orimbasa",
        ["prs_Birthdate"] = "1994-08-17",
        ["prs_Citizenship"] = "KH",
        ["ext_PassportNo"] = "N0073195",
        ["prs_MobilePhone"] = "+855 50 000 871",
        ["hte_1_Type"] = "Exploitation",
        ["hte_1_Date"] = "2023-04",
        ["hte_1_Country"] = "TH",
        ["per_1_Name"] = "Dakoro Velimpa",
        ["per_1_RoleInProcess"] = "RecruiterOrIntermediary",
        ["per_1_Phone"] = "+855 50 000 872",
    };

    private static Dictionary<string, string> Shared(IReadOnlyDictionary<string, string> values, int shift)
    {
        var cells = Consented();
        foreach (var (column, value) in values)
        {
            var isName = column.EndsWith("Name", StringComparison.Ordinal) || column is "ext_Alias" or "per_1_Alias" or "vic_LocationOfExploitation" or "hte_1_Street";
            var isNumber = column is "ext_PassportNo" or "prs_MobilePhone" or "per_1_Phone" or "per_1_Account" or "org_1_Licence" or "ext_Vehicle" or "prs_Birthdate";
            var at = value.IndexOf('@', StringComparison.Ordinal);
            cells[column] = column switch
            {
                _ when shift == 0 => value,
                "prs_Email" => ShiftLetters(value[..at], shift) + value[at..],
                "per_1_Handle" => value[..at] + ShiftLetters(value[at..], shift),
                "ext_Vessel" => value[..3] + ShiftLetters(value[3..], shift),
                _ when isNumber => ShiftDigits(value, shift),
                _ when isName => ShiftLetters(value, shift),
                _ => value,
            };
        }

        return cells;
    }

    private static Dictionary<string, string> Filler(int number)
    {
        var cells = Consented();
        string Word(int seed) => Syllables[seed % 12] + Syllables[seed / 12 % 12] + Syllables[(seed * 7) % 12] + "n";
        cells["prs_FirstName"] = Capital(Word((number * 37) + 5));
        cells["prs_SecondName"] = Capital(Word((number * 53) + 11));
        cells["prs_Birthdate"] = $"{1970 + number}-{1 + (number % 9):00}-{3 + number:00}";
        cells["prs_MobilePhone"] = string.Create(CultureInfo.InvariantCulture, $"+855 50 000 {100 + (number * 13)}");
        cells["hte_1_Type"] = "Exploitation";
        cells["hte_1_Country"] = "TH";
        return cells;
    }

    private static Dictionary<string, string> Consented() => new()
    {
        ["con_Consent"] = "TRUE",
        ["ext_ConsentPurposes"] = "C1;C2;C3;C5;C6",
        ["ext_ConsentDate"] = "2024-03-03",
        ["ext_ConsentExpires"] = "2036-04-01",
    };

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];

    private static string ShiftLetters(string text, int shift) => string.Concat(text.Select(c =>
        c is >= 'a' and <= 'z' ? (char)('a' + ((c - 'a' + (shift * 5)) % 26)) : c is >= 'A' and <= 'Z' ? (char)('A' + ((c - 'A' + (shift * 5)) % 26)) : c));

    /// <summary>The last digit, so that country codes and months stay what they are; by threes, so that neighbouring numbers do not become each other.</summary>
    private static string ShiftDigits(string text, int shift)
    {
        var at = text.Length - 1;
        while (!char.IsAsciiDigit(text[at]))
        {
            at--;
        }

        return text[..at] + (char)('0' + ((text[at] - '0' + (3 * shift)) % 10)) + text[(at + 1)..];
    }
}
