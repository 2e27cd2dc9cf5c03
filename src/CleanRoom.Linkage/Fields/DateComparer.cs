using System.Numerics;

namespace CleanRoom.Linkage.Fields;

/// <summary>Dates as eight digits, with zeros for what is not known.</summary>
internal sealed class DateComparer(ValueTable values) : FieldComparer(values)
{
    private const ulong YearMask = 0xFFFF_FFFF, MonthMask = 0xFFFFUL << 32, DayMask = 0xFFFFUL << 48;
    private const ulong Zeros = 0x3030_3030_3030_3030;
    private const ulong FirstOfJanuary = 0x3130_3130UL << 32;

    // The eight digits as characters, the first in the lowest byte.
    private ulong[] _digits = [];
    private short[] _years = [];

    protected override void Prepare(int from, int end)
    {
        Ranges.Grow(ref _digits, end);
        Ranges.Grow(ref _years, end);
        for (var i = from; i < end; i++)
        {
            var text = Values.Text(i);
            for (var k = 0; k < 8; k++)
            {
                _digits[i] |= (ulong)text[k] << (8 * k);
            }
            _years[i] = (short)(((text[0] - '0') * 1000) + ((text[1] - '0') * 100) + ((text[2] - '0') * 10) + (text[3] - '0'));
        }
    }

    public override uint Digest(int value)
    {
        var text = Values.Text(value);
        return Fields.Digest.OfDate(_years[value], ((text[4] - '0') * 10) + text[5] - '0', ((text[6] - '0') * 10) + text[7] - '0');
    }

    public override uint Detail(int value) => Fields.Digest.DetailOfDate(Values.Text(value));

    public override void Fetch(int value) => Memory.Fetch(_digits, value);

    public override int Compare(int first, int second)
    {
        var (a, b) = (_digits[first], _digits[second]);
        var differs = a ^ b;
        var sameYear = (differs & YearMask) == 0;
        if (Unknown(a, MonthMask) || Unknown(b, MonthMask))
        {
            return sameYear ? Levels.DatePartial : Years(first, second);
        }
        if (Unknown(a, DayMask) || Unknown(b, DayMask))
        {
            return (differs & (YearMask | MonthMask)) == 0 ? Levels.DatePartial : Years(first, second);
        }
        if (sameYear)
        {
            if ((a & MonthMask) >> 32 == (b & DayMask) >> 48 && (a & DayMask) >> 48 == (b & MonthMask) >> 32)
            {
                return Levels.DateSwapped;
            }
            // The first of January is what registries write when they know the year only.
            if ((a & ~YearMask) == FirstOfJanuary || (b & ~YearMask) == FirstOfJanuary)
            {
                return Levels.DatePartial;
            }
        }
        if (OneOff(a, b, differs))
        {
            return Levels.DateEdit;
        }
        var same = (sameYear ? 1 : 0) + ((differs & MonthMask) == 0 ? 1 : 0) + ((differs & DayMask) == 0 ? 1 : 0);
        return same == 2 ? Levels.DateTwoParts : Years(first, second);
    }

    // One digit, or two neighbours changed over: of texts of one length nothing else is one edit.
    private static bool OneOff(ulong a, ulong b, ulong differs)
    {
        var low = BitOperations.TrailingZeroCount(differs) / 8 * 8;
        var rest = differs & ~(0xFFUL << low);
        if (rest == 0)
        {
            return true;
        }
        return low < 56 && (rest & ~(0xFFUL << (low + 8))) == 0
            && ((a >> low) & 0xFF) == ((b >> (low + 8)) & 0xFF) && ((b >> low) & 0xFF) == ((a >> (low + 8)) & 0xFF);
    }

    private static bool Unknown(ulong digits, ulong part) => ((digits ^ Zeros) & part) == 0;

    private int Years(int a, int b) => Math.Abs(_years[a] - _years[b]) switch
    {
        <= 1 => Levels.DateYear,
        <= 10 => Levels.DateDecade,
        _ => Levels.Different,
    };
}
