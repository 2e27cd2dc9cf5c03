using System.Diagnostics.CodeAnalysis;

namespace CleanRoom.Evidence;

/// <summary>Hexadecimal in reference values: lower case, of one length; one text for one value.</summary>
internal static class HexBytes
{
    public static bool TryParse(string? hex, int size, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (hex is null || hex.Length != 2 * size)
        {
            return false;
        }

        foreach (var digit in hex)
        {
            if (!char.IsAsciiHexDigitLower(digit))
            {
                return false;
            }
        }

        bytes = Convert.FromHexString(hex);
        return true;
    }
}
