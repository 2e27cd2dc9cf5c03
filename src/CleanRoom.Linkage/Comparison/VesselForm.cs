using System.Globalization;
using CleanRoom.Records.Normalisation.Names;

namespace CleanRoom.Linkage.Comparison;

/// <summary>A vessel's name, normalised once.</summary>
/// <param name="Readings">Readings of the whole name in a-z, without blanks, prefix and number.</param>
/// <param name="Number">The number in the name, Roman numerals in digits; empty = none.</param>
/// <param name="Lossy">True if it was read through a script that loses sounds.</param>
public sealed record VesselName(IReadOnlyList<string> Readings, string Number, bool Lossy);

/// <summary>A vessel: its names, numbers and ports.</summary>
/// <param name="Names">Present and former names.</param>
/// <param name="Imo">IMO number, or empty.</param>
/// <param name="Registration">Registration in upper-case letters and digits, or empty.</param>
/// <param name="Ports">Words of the ports where it was seen.</param>
public sealed record VesselForm(IReadOnlyList<VesselName> Names, string Imo, string Registration, IReadOnlyList<NameToken> Ports)
{
    private static readonly ReadAlike Alike = new(Least: 0.94, LeastLossy: 0.75, LeastConsonants: 0);

    private static readonly HashSet<string> Prefixes = new(
        "fv mv dhow lancha mt ms ss km kmn f v m kapal tau ca ghe vessel ship boat trawler fishing the เรือ เรือประมง ទូក ເຮືອ судно сейнер سفينة قارب barco buque bateau navire 船 号 丸 maru".Split(' '),
        StringComparer.Ordinal);

    private static readonly string[] Attached = ["เรือประมง", "เรือ", "ទូក", "ເຮືອ"];

    private static readonly Dictionary<string, int> Roman = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx".Split(' ')
        .Select((text, at) => (text, at + 1)).ToDictionary(p => p.text, p => p.Item2, StringComparer.Ordinal);

    /// <summary>Reads one name; null if nothing is left of it.</summary>
    /// <param name="name">As typed.</param>
    /// <param name="pool">Where tokens are remembered; null to read each anew.</param>
    public static VesselName? ReadName(string name, NameTokenPool? pool = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        var tokens = NameParser.Words(name, pool).ToList();
        var number = "";
        if (tokens.Count > 1 && Roman.TryGetValue(tokens[^1].Text, out var roman))
        {
            number = roman.ToString(CultureInfo.InvariantCulture);
            tokens.RemoveAt(tokens.Count - 1);
        }
        for (var i = tokens.Count - 1; i >= 0; i--)
        {
            if (tokens[i].Text.All(char.IsAsciiDigit))
            {
                number = tokens[i].Text.TrimStart('0');
                tokens.RemoveAt(i);
            }
        }
        while (tokens.Count > 1 && Prefixes.Contains(tokens[0].Text))
        {
            tokens.RemoveAt(0);
        }
        var readings = new List<string> { "" };
        foreach (var token in tokens)
        {
            var text = token.Text;
            foreach (var prefix in Attached)
            {
                text = token == tokens[0] && text.Length > prefix.Length + 1 && text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : text;
            }
            var next = text == token.Text ? token.Readings : Romaniser.Read(text);
            readings = [.. readings.SelectMany(r => next.Select(n => r + n)).Take(8)];
        }
        return readings.Count == 0 || readings[0].Length < 3 ? null : new VesselName(readings, number, tokens.Any(t => t.Lossy));
    }

    /// <summary>Gives the strength at which two vessels agree by name and port; null if they do not.</summary>
    public static LinkStrength? Compare(VesselForm first, VesselForm second, TermFrequencies frequencies)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (Differ(first.Imo, second.Imo) || Differ(first.Registration, second.Registration))
        {
            return null;
        }
        foreach (var a in first.Names)
        {
            foreach (var b in second.Names)
            {
                if (a.Number == b.Number && a.Readings.Any(x => b.Readings.Any(y => Alike.Meet(x, y, a.Lossy || b.Lossy))))
                {
                    // Fleets number their boats; without number the name alone says less.
                    var port = SiteComparer.Shared(first.Ports, second.Ports, frequencies).Count > 0;
                    return port ? LinkStrength.Strong : LinkStrength.Possible;
                }
            }
        }
        return null;
    }

    private static bool Differ(string first, string second) => first.Length > 0 && second.Length > 0 && first != second;
}
