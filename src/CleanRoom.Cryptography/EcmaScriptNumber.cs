using System.Globalization;

namespace CleanRoom.Cryptography;

/// <summary>Number::toString of ECMA-262 §6.1.6.1.20, as RFC 8785 §3.2.2.3 asks.</summary>
internal static class EcmaScriptNumber
{
    public static string ToString(double number)
    {
        if (!double.IsFinite(number))
        {
            throw new ArgumentOutOfRangeException(nameof(number), "JSON has no infinities and no NaN.");
        }

        if (number == 0)
        {
            return "0";
        }

        // "E16" would give 17 digits; "R" gives the shortest that read back to the same double, which is what the standard asks.
        var shortest = Math.Abs(number).ToString("R", CultureInfo.InvariantCulture);
        var (digits, point) = Split(shortest);
        var sign = number < 0 ? "-" : string.Empty;
        return sign + Place(digits, point);
    }

    /// <summary>Takes "d.ddE±x" apart: the number is 0.digits × 10^point, without zeros at either end of digits.</summary>
    private static (string Digits, int Point) Split(string text)
    {
        var exponentAt = text.IndexOf('E', StringComparison.Ordinal);
        var exponent = exponentAt < 0 ? 0 : int.Parse(text.AsSpan(exponentAt + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var mantissa = exponentAt < 0 ? text : text[..exponentAt];
        var dot = mantissa.IndexOf('.', StringComparison.Ordinal);
        var whole = dot < 0 ? mantissa : mantissa[..dot];
        var all = dot < 0 ? whole : whole + mantissa[(dot + 1)..];
        var leading = all.Length - all.TrimStart('0').Length;
        return (all.Trim('0'), whole.Length - leading + exponent);
    }

    private static string Place(string digits, int point)
    {
        var count = digits.Length;
        if (count <= point && point <= 21)
        {
            return digits + new string('0', point - count);
        }

        if (point is > 0 and <= 21)
        {
            return digits[..point] + "." + digits[point..];
        }

        if (point is > -6 and <= 0)
        {
            return "0." + new string('0', -point) + digits;
        }

        var exponent = point - 1;
        var suffix = (exponent < 0 ? "e-" : "e+") + Math.Abs(exponent).ToString(CultureInfo.InvariantCulture);
        return count == 1 ? digits + suffix : digits[..1] + "." + digits[1..] + suffix;
    }
}
