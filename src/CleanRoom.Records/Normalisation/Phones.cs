using System.Collections.Frozen;
using System.Text.Json;
using CleanRoom.Records.Matching;

namespace CleanRoom.Records.Normalisation;

/// <summary>Telephone numbers to E.164 candidates (DATA.md 1.1 rules 3 and 7, 1.4). Every possible reading is kept.</summary>
public static class Phones
{
    private static readonly Lazy<Tables> Data = new(Load);

    /// <summary>Normalises one number.</summary>
    /// <param name="raw">One number as typed, in digits of any script.</param>
    /// <param name="regions">Countries (alpha-3) that the record itself points to, best first.</param>
    /// <param name="fallbackRegions">Countries of the contributor; read only if no region of the record fits.</param>
    /// <returns>The readings, or null if this is no telephone number.</returns>
    public static Normalised? Normalise(string raw, IReadOnlyList<string> regions, IReadOnlyList<string>? fallbackRegions = null)
    {
        var text = Text.AsciiDigits(raw);
        var digits = Text.Digits(text);
        if (digits.Length is < 6 or > 17 || Placeholders.IsNumber(digits) || Placeholders.IsNumber(digits.AsSpan().TrimStart('0')))
        {
            return null;
        }
        var firstDigit = text.AsSpan().IndexOfAnyInRange('0', '9');
        var plus = text.AsSpan(0, firstDigit).Contains('+');
        if (plus || digits.StartsWith("00", StringComparison.Ordinal))
        {
            var international = plus ? digits.TrimStart('0') : digits.TrimStart('0');
            if (Explicit(international) is { } known)
            {
                return known;
            }
            if (plus)
            {
                return null;
            }
        }
        var exact = Readings(digits, regions);
        if (exact.Count == 0 && WithoutPlus(digits, regions.Concat(fallbackRegions ?? [])) is { } bare)
        {
            return bare;
        }
        var fallback = Readings(digits, fallbackRegions ?? []).Where(r => !exact.Contains(r)).ToList();
        var keys = new List<MatchKey>();
        var best = exact.Count > 0 ? exact : fallback;
        keys.AddRange(best.Select(r => new MatchKey("phone:" + r.Number, KeyStrength.Exact)));
        if (exact.Count > 0)
        {
            keys.AddRange(fallback.Select(r => new MatchKey("phone:" + r.Number, KeyStrength.Possible)));
        }
        if (best.Count == 0)
        {
            // No plan to read it by: the national digits alone are a hint and no more.
            return new Normalised([new MatchKey("phone:?" + digits.TrimStart('0'), KeyStrength.Possible)], digits, "", false, false);
        }
        return new Normalised(keys, best[0].Number, best.Count == 1 ? best[0].Country : "", true, false);
    }

    /// <summary>Gives the telephone numbers in a cell that may hold several, with the text around them removed.</summary>
    public static IReadOnlyList<string> Split(string cell)
    {
        var text = Text.AsciiDigits(cell);
        var found = new List<string>();
        foreach (var part in text.Split([';', '/', '|', '\n', '\r', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var start = -1;
            var end = -1;
            for (var i = 0; i <= part.Length; i++)
            {
                var c = i < part.Length ? part[i] : '\0';
                if (char.IsAsciiDigit(c) || (c is '+' && start < 0) || (c is '(' && start < 0))
                {
                    start = start < 0 ? i : start;
                    end = char.IsAsciiDigit(c) ? i : end;
                }
                else if (start >= 0 && (c is ' ' or '.' or '-' or ')' or '(' or '+'))
                {
                    continue;
                }
                else if (start >= 0)
                {
                    Take(found, part, start, end);
                    start = end = -1;
                }
            }
        }
        return found;
    }

    private static void Take(List<string> found, string part, int start, int end)
    {
        if (end > start && Text.Digits(part[start..(end + 1)]).Length >= 6)
        {
            found.Add(part[start..(end + 1)]);
        }
    }

    /// <summary>The digits of an international number, read by the longest calling code that fits.</summary>
    private static Normalised? Explicit(string digits)
    {
        for (var length = 3; length >= 1; length--)
        {
            if (digits.Length <= length + 3 || !Data.Value.ByCode.TryGetValue(digits[..length], out var plans))
            {
                continue;
            }
            var national = digits[length..];
            // "+44 (0)7700 ..." writes the trunk digit as well.
            var trunk = plans[0].Trunk;
            if (trunk.Length > 0 && national.StartsWith(trunk, StringComparison.Ordinal) && !plans[0].Fits(national.Length)
                && plans[0].Fits(national.Length - trunk.Length))
            {
                national = national[trunk.Length..];
            }
            if (Placeholders.IsNumber(national))
            {
                return null;
            }
            var fits = plans[0].Fits(national.Length);
            var number = "+" + digits[..length] + national;
            return new Normalised([new MatchKey("phone:" + number, KeyStrength.Exact)], number, plans[0].Country, fits, fits);
        }
        return null;
    }

    /// <summary>An international number typed without its plus, for a country that the record points to.</summary>
    private static Normalised? WithoutPlus(string digits, IEnumerable<string> regions)
    {
        foreach (var region in regions)
        {
            if (Data.Value.ByCountry.TryGetValue(region, out var plan) && digits.StartsWith(plan.Code, StringComparison.Ordinal)
                && plan.Fits(digits.Length - plan.Code.Length))
            {
                var number = "+" + digits;
                return new Normalised([new MatchKey("phone:" + number, KeyStrength.Exact)], number, plan.Country, true, false);
            }
        }
        return null;
    }

    private static List<(string Number, string Country)> Readings(string digits, IReadOnlyList<string> regions)
    {
        var readings = new List<(string, string)>();
        foreach (var region in regions)
        {
            if (!Data.Value.ByCountry.TryGetValue(region, out var plan))
            {
                continue;
            }
            var national = plan.Trunk.Length > 0 && digits.StartsWith(plan.Trunk, StringComparison.Ordinal) ? digits[plan.Trunk.Length..] : digits;
            var reading = ("+" + plan.Code + national, region);
            if (plan.Fits(national.Length) && !readings.Contains(reading))
            {
                readings.Add(reading);
            }
        }
        return readings;
    }

    private static Tables Load()
    {
        using var stream = EmbeddedData.Open("normalisation/phones.json");
        using var document = JsonDocument.Parse(stream);
        var plans = new List<Plan>();
        foreach (var item in document.RootElement.GetProperty("plans").EnumerateArray())
        {
            plans.Add(new Plan(
                item.GetProperty("country").GetString()!,
                item.GetProperty("code").GetString()!,
                item.GetProperty("trunk").GetString()!,
                [.. item.GetProperty("lengths").EnumerateArray().Select(e => e.GetInt32())],
                item.TryGetProperty("main", out var main) && main.GetBoolean()));
        }
        var byCode = plans.GroupBy(p => p.Code, StringComparer.Ordinal)
            .ToFrozenDictionary(g => g.Key, g => g.OrderByDescending(p => p.Main).ToArray(), StringComparer.Ordinal);
        return new Tables(plans.ToFrozenDictionary(p => p.Country, StringComparer.Ordinal), byCode);
    }

    private sealed record Plan(string Country, string Code, string Trunk, int[] Lengths, bool Main)
    {
        public bool Fits(int length) => Array.IndexOf(Lengths, length) >= 0;
    }

    private sealed record Tables(FrozenDictionary<string, Plan> ByCountry, FrozenDictionary<string, Plan[]> ByCode);
}
