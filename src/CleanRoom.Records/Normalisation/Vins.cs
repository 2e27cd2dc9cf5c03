using System.Text.RegularExpressions;
using CleanRoom.Records.Matching;

namespace CleanRoom.Records.Normalisation;

/// <summary>Vehicle identification numbers (ISO 3779): 17 characters without I, O and Q. The ninth is a check digit in North America and China (49 CFR 565.15).</summary>
public static partial class Vins
{
    private static readonly int[] Weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

    /// <summary>Finds a number in a cell; null if there is none.</summary>
    public static string? Find(string cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        var match = VinPattern().Match(Text.AsciiDigits(cell).ToUpperInvariant());
        return match.Success && match.Value.Count(char.IsAsciiDigit) >= 4 && match.Value.Any(char.IsAsciiLetter) ? match.Value : null;
    }

    /// <summary>True if the ninth character is the check digit of the others. False says nothing of a European vehicle.</summary>
    public static bool HasCheckDigit(string vin)
    {
        ArgumentNullException.ThrowIfNull(vin);
        if (vin.Length != 17)
        {
            return false;
        }
        var sum = 0;
        for (var i = 0; i < 17; i++)
        {
            var c = vin[i];
            // A to H are 1 to 8, J to N 1 to 5, P 7, R 9, S to Z 2 to 9.
            var value = c switch
            {
                >= '0' and <= '9' => c - '0',
                >= 'A' and <= 'H' => c - 'A' + 1,
                >= 'J' and <= 'N' => c - 'J' + 1,
                'P' => 7,
                'R' => 9,
                >= 'S' and <= 'Z' => c - 'S' + 2,
                _ => -1,
            };
            if (value < 0)
            {
                return false;
            }
            sum += value * Weights[i];
        }
        return vin[8] == (sum % 11 == 10 ? 'X' : (char)('0' + (sum % 11)));
    }

    /// <summary>Where the ninth character must be a check digit: makers of North America (1 to 5) and China (L).</summary>
    public static bool NeedsCheckDigit(string vin) => !string.IsNullOrEmpty(vin) && vin[0] is (>= '1' and <= '5') or 'L';

    /// <summary>The key: Exact, unless a check digit that must be there is wrong.</summary>
    public static MatchKey Key(string vin) => new("vin:" + vin, NeedsCheckDigit(vin) && !HasCheckDigit(vin) ? KeyStrength.Possible : KeyStrength.Exact);

    [GeneratedRegex("(?<![0-9A-Z])[A-HJ-NPR-Z0-9]{17}(?![0-9A-Z])", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex VinPattern();
}
