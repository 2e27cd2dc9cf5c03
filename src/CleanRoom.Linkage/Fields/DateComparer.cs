namespace CleanRoom.Linkage.Fields;

/// <summary>Dates as eight digits, with zeros for what is not known.</summary>
internal sealed class DateComparer(ValueTable values) : FieldComparer(values)
{
    private Day[] _days = [];

    private readonly record struct Day(short Year, byte Month, byte Date);

    public override void Prepare()
    {
        base.Prepare();
        var from = _days.Length;
        Array.Resize(ref _days, Values.Count);
        for (var i = Math.Max(1, from); i < _days.Length; i++)
        {
            var text = Values.Text(i);
            _days[i] = new Day((short)Digits(text, 0, 4), (byte)Digits(text, 4, 2), (byte)Digits(text, 6, 2));
        }
    }

    public override int Compare(int first, int second)
    {
        var (a, b) = (_days[first], _days[second]);
        var sameYear = a.Year == b.Year;
        if (a.Month == 0 || b.Month == 0)
        {
            return sameYear ? Levels.DatePartial : Years(a.Year, b.Year);
        }
        if (a.Date == 0 || b.Date == 0)
        {
            return sameYear && a.Month == b.Month ? Levels.DatePartial : sameYear ? Levels.DateYear : Years(a.Year, b.Year);
        }
        if (sameYear)
        {
            if (a.Month == b.Date && a.Date == b.Month)
            {
                return Levels.DateSwapped;
            }
            // The first of January is what registries write when they know the year only.
            if ((a.Month == 1 && a.Date == 1) || (b.Month == 1 && b.Date == 1))
            {
                return Levels.DatePartial;
            }
        }
        if (Edits(first, second, 1) == 1)
        {
            return Levels.DateEdit;
        }
        var same = (sameYear ? 1 : 0) + (a.Month == b.Month ? 1 : 0) + (a.Date == b.Date ? 1 : 0);
        return same == 2 ? Levels.DateTwoParts : sameYear ? Levels.DateYear : Years(a.Year, b.Year);
    }

    private static int Years(int a, int b) => Math.Abs(a - b) switch
    {
        <= 1 => Levels.DateYear,
        <= 10 => Levels.DateDecade,
        _ => Levels.Different,
    };

    private static int Digits(string text, int at, int count)
    {
        var number = 0;
        for (var i = at; i < at + count; i++)
        {
            number = (number * 10) + (text[i] - '0');
        }
        return number;
    }
}
