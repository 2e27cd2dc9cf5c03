using System.Collections.Frozen;

namespace CleanRoom.Records.Normalisation.Names;

/// <summary>Further readings of a token in Latin letters: spellings of one name that no general rule of sound joins.</summary>
internal static class NameVariants
{
    private static readonly Lazy<FrozenDictionary<string, string>> Table = new(() =>
    {
        var table = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in TableFile.Lines("normalisation/name_variants.txt"))
        {
            foreach (var spelling in line)
            {
                _ = table.TryAdd(spelling, line[0]);
            }
        }
        return table.ToFrozenDictionary(StringComparer.Ordinal);
    });

    /// <summary>Gives the readings to add to a token's own, most telling first; often none.</summary>
    public static IEnumerable<string> Of(string token)
    {
        if (Table.Value.TryGetValue(token, out var shared) && shared != token)
        {
            yield return shared;
        }
        // The Arabic article written together with its word.
        if (token.Length >= 6 && token[0] is 'a' or 'e' && token[1] == 'l' && token[2] is not ('a' or 'e' or 'i' or 'o' or 'u' or 'l'))
        {
            yield return token[2..];
            if (Table.Value.TryGetValue(token[2..], out var bare) && bare != token[2..])
            {
                yield return bare;
            }
        }
        if (token.Length >= 8 && token.StartsWith("dela", StringComparison.Ordinal))
        {
            yield return token[4..];
        }
        // French writes sh as ch and w as ou; Ukrainian passports write h where others write g.
        if (token.Contains("ch", StringComparison.Ordinal) && !token.Contains("tch", StringComparison.Ordinal) && !token.Contains("sch", StringComparison.Ordinal))
        {
            yield return token.Replace("ch", "sh", StringComparison.Ordinal);
        }
        if (token.Contains("oua", StringComparison.Ordinal) || token.Contains("oue", StringComparison.Ordinal) || token.Contains("oui", StringComparison.Ordinal))
        {
            yield return token.Replace("oua", "wa", StringComparison.Ordinal).Replace("oue", "we", StringComparison.Ordinal).Replace("oui", "wi", StringComparison.Ordinal);
        }
        // Thai and Khmer write an aspirated p, others an f.
        if (token.Contains("ph", StringComparison.Ordinal))
        {
            yield return token.Replace("ph", "p", StringComparison.Ordinal);
        }
        if (token.Length >= 4 && token[0] == 'h' && token[1] is 'n' or 'r' or 'l')
        {
            yield return "g" + token[1..];
        }
    }
}
