using System.Globalization;

namespace CleanRoom.Cryptography;

/// <summary>Number::toString of ECMA-262 §6.1.6.1.20, as RFC 8785 §3.2.2.3 asks.</summary>
internal static class EcmaScriptNumber
{
    private const double MaxExactInteger = 9_007_199_254_740_992;

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

        var (digits, point) = Shortest(Math.Abs(number));
        var sign = number < 0 ? "-" : string.Empty;
        return sign + Place(digits, point);
    }

    /// <summary>
    /// The fewest digits that read back to the same double; of several the closest, of two equally close the even one. The number is
    /// 0.digits × 10^point, without zeros at either end. The platform's "R" is no help: below a power of two the next double is
    /// nearer than above, "R" overlooks that, and some of its texts read back as the neighbour (2^-25 is one).
    /// </summary>
    private static (string Digits, int Point) Shortest(double number)
    {
        if (number <= MaxExactInteger && double.IsInteger(number))
        {
            var whole = ((long)number).ToString(CultureInfo.InvariantCulture);
            return (whole.TrimEnd('0'), whole.Length);
        }

        // A decimal of up to 15 digits survives the way to a double and back, so these digits are the fewest if they read back at all.
        // Not so for subnormal numbers, which have fewer bits.
        if (double.IsNormal(number))
        {
            var (rounded, power) = Split(number.ToString("E14", CultureInfo.InvariantCulture));
            if (ReadsBack(ulong.Parse(rounded, CultureInfo.InvariantCulture), power - 14, number))
            {
                return (rounded.TrimEnd('0'), power + 1);
            }
        }

        // All the digits there are: 767 suffice for any double.
        var (exact, exponent) = Split(number.ToString("E766", CultureInfo.InvariantCulture));
        for (var count = double.IsNormal(number) ? 16 : 1; ; count++)
        {
            var lower = ulong.Parse(exact.AsSpan(0, count), CultureInfo.InvariantCulture);
            var rest = exact.AsSpan(count);
            var lowerFits = ReadsBack(lower, exponent - count + 1, number);
            var upperFits = ReadsBack(lower + 1, exponent - count + 1, number);
            if (lowerFits || upperFits)
            {
                var chosen = lowerFits && (!upperFits || IsLowerCloser(lower, rest)) ? lower : lower + 1;
                var digits = chosen.ToString(CultureInfo.InvariantCulture);
                return (digits.TrimEnd('0'), exponent + 1 + digits.Length - count);
            }
        }
    }

    private static bool IsLowerCloser(ulong lower, ReadOnlySpan<char> rest)
    {
        var half = rest[0].CompareTo('5');
        return half < 0 || (half == 0 && !rest[1..].ContainsAnyExcept('0') && (lower & 1) == 0);
    }

    private static bool ReadsBack(ulong digits, int power, double number) =>
        double.Parse(string.Create(CultureInfo.InvariantCulture, $"{digits}E{power}"), NumberStyles.Float, CultureInfo.InvariantCulture).Equals(number);

    /// <summary>Takes "d.dddE±x" apart into all its digits and the power of ten of the first.</summary>
    private static (string Digits, int Power) Split(string text)
    {
        var exponentAt = text.IndexOf('E', StringComparison.Ordinal);
        var power = int.Parse(text.AsSpan(exponentAt + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return (text[..1] + text[2..exponentAt], power);
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
