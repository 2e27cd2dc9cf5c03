namespace CleanRoom.Linkage.Fields;

/// <summary>The comparison levels of one kind of field, from nothing in common to equal, with what is assumed of them before training.</summary>
/// <param name="Names">A name for each level, for explanations.</param>
/// <param name="Match">The share of matching pairs at each level.</param>
/// <param name="Ladder">Levels of which each must weigh at least as much as the one before.</param>
public sealed record LevelScale(IReadOnlyList<string> Names, IReadOnlyList<double> Match, IReadOnlyList<int> Ladder)
{
    /// <summary>The mark of a pair where one side is empty: it weighs nothing.</summary>
    public const int Missing = 15;

    /// <summary>The level of equal values.</summary>
    public int Exact => Names.Count - 1;
}

/// <summary>The scales by kind.</summary>
public static class Levels
{
    /// <summary>Nothing in common; in every scale.</summary>
    public const int Different = 0;

    internal const int NameInitial = 1, NameLoose = 2, NameNear = 3, NamePart = 4, NameClose = 5, NameVariant = 6, NameSound = 7, NameHalfCrossed = 8, NameCrossed = 9;
    internal const int WholeOneNear = 1, WholeOne = 2, WholeShort = 3, WholeTwo = 4, WholeWithin = 5, WholeTypos = 6, WholeSubset = 7, WholeWords = 8;
    internal const int DateDecade = 1, DateYear = 2, DateTwoParts = 3, DateEdit = 4, DateSwapped = 5, DatePartial = 6;
    internal const int CodePrefix = 1, CodeTwoEdits = 2, CodeEdit = 3, CodeCrossed = 4;
    internal const int PhoneTwoEdits = 1, PhoneEdit = 2, PhoneTail = 3;
    internal const int EmailDomain = 1, EmailNear = 2, EmailLocal = 3, EmailEdit = 4;
    internal const int TextWord = 1, TextLoose = 2, TextNear = 3, TextWithin = 4, TextClose = 5, TextHalfCrossed = 6, TextCrossed = 7;
    internal const int NumberNear = 1, NumberNext = 2;

    private static readonly LevelScale Name = new(
        ["different", "initial", "loosely alike", "alike", "part of the other", "nearly equal", "known variant", "same sound", "in the other's place", "given and family changed over", "equal"],
        [0.05, 0.01, 0.02, 0.03, 0.02, 0.04, 0.03, 0.02, 0.005, 0.01, 0.765], [0, 2, 3, 5, 7, 10]);

    private static readonly LevelScale Whole = new(
        ["different", "one word alike", "one word equal", "a single word equal", "two words alike", "one within the other, alike", "alike in all words", "one within the other", "same words", "equal"],
        [0.04, 0.02, 0.04, 0.03, 0.06, 0.06, 0.07, 0.1, 0.08, 0.5], [0, 1, 4, 6, 8, 9]);

    private static readonly LevelScale Date = new(
        ["different", "same decade", "same or next year", "two of day, month and year", "one digit off", "day and month changed over", "known in part, agrees", "equal"],
        [0.03, 0.02, 0.02, 0.03, 0.04, 0.01, 0.02, 0.83], [0, 1, 2, 3, 4, 7]);

    private static readonly LevelScale Code = new(
        ["different", "same beginning", "two characters off", "one character off", "in the other's place", "equal"], [0.06, 0.02, 0.02, 0.06, 0.004, 0.836], [0, 1, 2, 3, 5]);

    private static readonly LevelScale Phone = new(
        ["different", "two digits off", "one digit off", "equal but for the country code", "equal"], [0.1, 0.01, 0.03, 0.03, 0.83], [0, 1, 2, 3, 4]);

    private static readonly LevelScale Email = new(
        ["different", "same domain", "alike", "same mailbox name", "nearly equal", "equal"], [0.1, 0.01, 0.04, 0.03, 0.05, 0.77], [0, 1, 2, 4, 5]);

    private static readonly LevelScale Text = new(
        ["different", "a word in common", "loosely alike", "alike", "one within the other", "nearly equal", "in the other's place", "both changed over", "equal"],
        [0.09, 0.03, 0.02, 0.03, 0.02, 0.05, 0.003, 0.007, 0.75], [0, 2, 3, 5, 8]);

    private static readonly LevelScale Category = new(["different", "equal"], [0.06, 0.94], [0, 1]);

    private static readonly LevelScale Number = new(["different", "near", "one off", "equal"], [0.08, 0.05, 0.07, 0.8], [0, 1, 2, 3]);

    /// <summary>Gives the scale of a kind.</summary>
    public static LevelScale Of(FieldKind kind) => kind switch
    {
        FieldKind.Given or FieldKind.Family => Name,
        FieldKind.Name => Whole,
        FieldKind.Date => Date,
        FieldKind.Code => Code,
        FieldKind.Phone => Phone,
        FieldKind.Email => Email,
        FieldKind.Text => Text,
        FieldKind.Category or FieldKind.Country => Category,
        FieldKind.Number => Number,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    internal static bool IsCrossed(FieldKind kind, int level) => kind switch
    {
        FieldKind.Given or FieldKind.Family => level is NameHalfCrossed or NameCrossed,
        FieldKind.Text => level is TextHalfCrossed or TextCrossed,
        FieldKind.Code => level == CodeCrossed,
        _ => false,
    };
}
