using System.Text;
using CleanRoom.Records.Normalisation.Names;

namespace CleanRoom.Linkage.Tests;

/// <summary>
/// Gives all persons, firms, sites and numbers other names, by a seeded permutation of letters within script and length: equal stays
/// equal, alike stays alike. Latin and Cyrillic are permuted in step; digits in all numerals. Words of function (titles, kinds of
/// venue, trades) stay: they are language, not names. Other scripts stay, so that their Latin twins must not be needed.
/// </summary>
internal sealed class Renaming
{
    private static readonly HashSet<string> Columns = new(
        "prs_FirstName prs_SecondName ext_Alias per_1_Name per_1_Alias org_1_Name vic_LocationOfExploitation ext_Vessel local_surname local_given local_aka local_trafficker local_trafficker_aka local_agency local_site local_vessel".Split(' '),
        StringComparer.Ordinal);

    private static readonly string[] FreeColumns = ["Họ tên", "Tên khác", "Where", "Boss /", "Company", "Car /"];

    private static readonly string[] NumberColumns =
        ["ext_PassportNo", "prs_IdentityNumber", "prs_MobilePhone", "per_1_Phone", "local_document", "local_phone", "local_trafficker_phone", "Passport", "Tel", "Boss tel"];

    private static readonly HashSet<string> Function = new(
        ("maria mr ms mrs madam hia bong bang anh co abu abou abo umm um al el de la dela ma md mohammad mohamad mohammed thi van nang tai kong dich vu visa nguoi boss "
        + "house hotel private casino area at sea port trawler garment workshop compound building bldg no unit road rd soi massage karaoke car wash hand nails villa family of employer in opposite side "
        + "manpower men power services svcs inc ltd pvt domestic workers recruitment office seafood peeling shed bar cannabis pier mv fv imo ex viii "
        + "bangkok nana manchester leeds bristol riyadh jeddah manama pattaya mae sot songkhla samut sakhon sihanoukville sihanouk ville bavet phnom penh golok sungai nepal toa bangladesh mahachai").Split(' '),
        StringComparer.Ordinal);

    private readonly Dictionary<char, char> _letters = [];
    private readonly char[] _digits = new char[10];

    public Renaming(int seed)
    {
        var state = (uint)seed;
        uint Next(int below)
        {
            state = (state * 1664525) + 1013904223;
            return (state >> 8) % (uint)below;
        }
        // Letters that build no digraph with h, y or g, in pairs; Cyrillic in step.
        var latin = "bdlmrvfp".ToCharArray();
        var cyrillic = "бдлмрвфп".ToCharArray();
        for (var i = latin.Length - 1; i > 0; i--)
        {
            var j = (int)Next(i + 1);
            (latin[i], latin[j]) = (latin[j], latin[i]);
            (cyrillic[i], cyrillic[j]) = (cyrillic[j], cyrillic[i]);
        }
        for (var i = 0; i < latin.Length; i++)
        {
            _letters["bdlmrvfp"[i]] = latin[i];
            _letters["бдлмрвфп"[i]] = cyrillic[i];
        }
        for (var i = 0; i < 10; i++)
        {
            _digits[i] = (char)('0' + i);
        }
        for (var i = 9; i > 1; i--)
        {
            var j = 1 + (int)Next(i);
            (_digits[i], _digits[j]) = (_digits[j], _digits[i]);
        }
    }

    public string Apply(string column, string cell)
    {
        if (NumberColumns.Any(c => column.StartsWith(c, StringComparison.Ordinal)) && !cell.Contains("0x", StringComparison.OrdinalIgnoreCase))
        {
            // The last three digits only: country codes, trunk prefixes and check digits are grammar, not identity.
            var left = cell.Contains("wing", StringComparison.OrdinalIgnoreCase) ? 0 : 3;
            var letters = cell.ToCharArray();
            for (var i = letters.Length - 1; i >= 0 && left > 0; i--)
            {
                if (Folding.DigitOf(letters[i]) is { } digit)
                {
                    letters[i] = _digits[digit - '0'];
                    left--;
                }
            }
            return new string(letters);
        }
        if (!Columns.Contains(column) && !FreeColumns.Any(c => column.StartsWith(c, StringComparison.Ordinal)))
        {
            return cell;
        }
        var result = new StringBuilder();
        var word = new StringBuilder();
        var before = ' ';
        foreach (var c in cell + " ")
        {
            var script = NameScripts.Of(c);
            if (script is NameScript.Latn or NameScript.Cyrl)
            {
                _ = word.Append(c);
                continue;
            }
            var folded = Folding.Fold(word.ToString());
            _ = result.Append(folded.Length < 3 || char.IsAsciiDigit(before) || char.IsAsciiDigit(c) || Function.Contains(folded) ? word.ToString() : string.Concat(folded.Select(l => _letters.GetValueOrDefault(l, l))));
            _ = word.Clear().Length;
            _ = result.Append(c);
            before = c;
        }
        return result.ToString().TrimEnd();
    }
}
