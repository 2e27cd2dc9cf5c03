using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;

namespace CleanRoom.Charter.Tables;

/// <summary>How often a table is released.</summary>
public enum TablePeriod
{
    /// <summary>Each quarter.</summary>
    Quarter,

    /// <summary>Each year.</summary>
    Year,
}

/// <summary>A registered table of counts of persons, in mode K (DATA.md §4.5): what it counts by, and below what nothing is shown. All tables of a charter have the same numbers.</summary>
/// <param name="By">One or two of <see cref="KnownAttributes"/>, the outer one first; the period is the third.</param>
/// <param name="Period">How often it is released.</param>
/// <param name="K">Least persons of what is shown, or can be got by subtraction.</param>
/// <param name="Contributors">Least contributors of the same.</param>
/// <param name="DominancePercent">The most of the same that one contributor may hold.</param>
/// <param name="RoundTo">Counts are shown to the nearest multiple.</param>
public sealed record TableTerms(IReadOnlyList<string> By, TablePeriod Period, int K, int Contributors, int DominancePercent, int RoundTo)
{
    /// <summary>Attributes of persons by which may be counted; their values are codes of shipped lists, never words of a record.</summary>
    public static IReadOnlyList<string> KnownAttributes { get; } = ["ageBand", "citizenship", "country", "exit", "gender", "relation", "sector", "type"];

    /// <summary>How long after the end of a period it is released.</summary>
    public const int LagMonths = 3;

    internal const int LeastK = 11;
    internal const int LeastContributors = 3;
    internal const int MostDominance = 70;
    internal const int LeastRounding = 5;

    /// <summary>Whether persons may be shown as one number.</summary>
    /// <param name="persons">Who is counted.</param>
    public bool IsSafe(IReadOnlyCollection<CountedPerson> persons)
    {
        if (persons.Count < K)
        {
            return false;
        }

        var held = persons.SelectMany(person => person.Contributors).CountBy(contributor => contributor).ToDictionary();
        return held.Count >= Contributors && held.Values.All(count => (long)count * 100 <= (long)persons.Count * DominancePercent);
    }

    /// <summary>The number that is shown.</summary>
    public int Rounded(int count) => ((2 * count) + RoundTo) / (2 * RoundTo) * RoundTo;

    /// <summary>The last end of a period that lies the lag behind a time: everything before it may be released.</summary>
    public static DateTimeOffset CutAt(TablePeriod period, DateTimeOffset now)
    {
        var then = now.ToUniversalTime().AddMonths(-LagMonths);
        return new DateTimeOffset(then.Year, period == TablePeriod.Year ? 1 : ((then.Month - 1) / 3 * 3) + 1, 1, 0, 0, 0, TimeSpan.Zero);
    }

    internal JsonObject ToJson() => new()
    {
        ["by"] = JsonBuild.Array(By),
        ["contributors"] = Contributors,
        ["dominancePercent"] = DominancePercent,
        ["k"] = K,
        ["period"] = Period.ToString().ToLowerInvariant(),
        ["round"] = RoundTo,
    };

    internal static TableTerms? Read(JsonFields fields)
    {
        var by = fields.List("by", 1, 2, (element, path) =>
        {
            if (JsonFields.TextOf(element) is { } text && KnownAttributes.Contains(text, StringComparer.Ordinal))
            {
                return text;
            }

            fields.Problems.Add(path, "is not an attribute of tables", $"write one of {string.Join(", ", KnownAttributes)}");
            return null;
        });
        if (by.Distinct(StringComparer.Ordinal).Count() < by.Count)
        {
            fields.Problems.Add(fields.PathOf("by"), "names one attribute twice", "remove one");
        }

        var contributors = fields.Int("contributors", LeastContributors, 64);
        var dominance = fields.Int("dominancePercent", 34, MostDominance);
        var k = fields.Int("k", LeastK, 10_000);
        var period = fields.OneOf("period", "quarter", "year");
        var round = fields.Int("round", LeastRounding, 100);
        fields.End();
        return contributors is null || dominance is null || k is null || period is null || round is null || by.Count == 0
            ? null
            : new TableTerms(by, Enum.Parse<TablePeriod>(period, ignoreCase: true), k.Value, contributors.Value, dominance.Value, round.Value);
    }

    /// <summary>Why two tables of one charter could be subtracted from each other; null if they cannot.</summary>
    internal static string? WhyNotBeside(TableTerms one, TableTerms other)
    {
        if ((one.Period, one.K, one.Contributors, one.DominancePercent, one.RoundTo) != (other.Period, other.K, other.Contributors, other.DominancePercent, other.RoundTo))
        {
            return "has another period, k, contributors, dominancePercent or round";
        }

        var same = one.By.Zip(other.By).TakeWhile(pair => pair.First == pair.Second).Count();
        return same == Math.Max(one.By.Count, other.By.Count) ? "counts by the same"
            : one.By.Skip(same).Intersect(other.By.Skip(same), StringComparer.Ordinal).Any() ? "shares an attribute that does not come first in both"
            : null;
    }
}

/// <summary>A person who is counted once, whoever holds her records.</summary>
/// <param name="Values">Value by attribute, exactly one of each that a table counts by.</param>
/// <param name="Contributors">Who holds a record of hers, each once.</param>
public sealed record CountedPerson(IReadOnlyDictionary<string, string> Values, IReadOnlyCollection<MemberId> Contributors);

/// <summary>One number of a table.</summary>
/// <param name="Values">Values of the first attribute, or of both; none for the total.</param>
/// <param name="Count">Rounded.</param>
public sealed record TableRow(IReadOnlyList<string> Values, int Count);
