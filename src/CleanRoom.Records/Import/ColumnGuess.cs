using CleanRoom.Records.Normalisation;

namespace CleanRoom.Records.Import;

/// <summary>Says what the cells of an unknown column look like, to help the person who maps it. A column is never read by a guess.</summary>
internal static class ColumnGuess
{
    private const int Rows = 60;
    private const int MaxConsent = 60;

    /// <summary>True if most cells hold a number, an address or a handle.</summary>
    public static bool IsContact(IReadOnlyList<TableRow> rows, int index)
    {
        int filled = 0, contacts = 0;
        foreach (var row in rows)
        {
            var cell = index < row.Cells.Length ? Text.Clean(row.Cells[index]) : "";
            if (cell.Length > 0 && !Placeholders.IsUnknown(cell))
            {
                filled++;
                contacts += !IsDate(cell) && ((Phones.Split(cell).Any(p => Text.Digits(p).Length >= 7) && !Names(cell)) || Emails.Find(cell).Count > 0 || SocialHandles.Read(cell, columnIsHandle: false) is not null) ? 1 : 0;
            }
        }
        return filled >= 1 && contacts * 3 >= filled * 2;
    }

    /// <summary>False if most cells are dates, or have no letter at all: such are nobody's names, whatever the header says.</summary>
    public static bool MayBeNames(IReadOnlyList<TableRow> rows, int index)
    {
        int filled = 0, others = 0;
        foreach (var row in rows)
        {
            var cell = index < row.Cells.Length ? Text.Clean(row.Cells[index]) : "";
            if (cell.Length > 0 && !Placeholders.IsUnknown(cell))
            {
                filled++;
                others += !cell.Any(c => char.IsLetter(c)) || IsDate(cell) ? 1 : 0;
            }
        }
        return others * 5 < filled * 3 || filled == 0;
    }

    /// <summary>The fields that the cells of a column fit, best first; never empty.</summary>
    public static IReadOnlyList<string> Fields(IEnumerable<TableRow> rows, int index)
    {
        var looks = Of(rows, index);
        var open = looks.IndexOf('(', StringComparison.Ordinal);
        return open < 0 ? [nameof(ImportField.Note), nameof(ImportField.Ignore), nameof(ImportField.Where), nameof(ImportField.SuspectName), nameof(ImportField.Alias)]
            : [.. looks[(open + 1)..^1].Split(", "), nameof(ImportField.Note), nameof(ImportField.Ignore)];
    }

    /// <summary>Gives a few words ("telephone numbers (Phone)"), or empty.</summary>
    public static string Of(IEnumerable<TableRow> rows, int index)
    {
        int filled = 0, phones = 0, mails = 0, dates = 0, countries = 0, handles = 0, consents = 0;
        var granted = false;
        foreach (var row in rows.Take(Rows))
        {
            var cell = index >= 0 && index < row.Cells.Length ? Text.Clean(row.Cells[index]) : "";
            if (cell.Length == 0 || Placeholders.IsUnknown(cell))
            {
                continue;
            }
            filled++;
            var isDate = IsDate(cell);
            dates += isDate ? 1 : 0;
            phones += !isDate && Phones.Split(cell).Count > 0 ? 1 : 0;
            mails += Emails.Find(cell).Count > 0 ? 1 : 0;
            countries += Countries.Find(cell) is not null ? 1 : 0;
            handles += SocialHandles.Read(cell, columnIsHandle: false) is not null ? 1 : 0;
            var consent = cell.Length <= MaxConsent && cell.Any(char.IsLetter) ? ConsentWords.Read(cell) : null;
            consents += consent is { Question.Length: 0 } ? 1 : 0;
            granted |= consent is { Purposes.Count: > 0 };
        }
        bool Most(int count) => filled >= 2 && count * 5 >= filled * 3;
        return Most(mails) ? "e-mail addresses (Email, SuspectContact)"
            : Most(handles) ? "handles (Handle, SuspectContact)"
            : Most(phones) ? "telephone or account numbers (Phone, Account, SuspectContact)"
            : Most(dates) ? "dates (Birth, Seen, EventDate, ConsentDate)"
            : granted && Most(consents) ? "words of consent (ConsentWords)"
            : Most(countries) ? "countries (Citizenship, EventCountry, HomeCountry)"
            : "";
    }

    /// <summary>True if words stand beside the number that are none of contacts ("WhatsApp", "tel"): a name, with the number behind it.</summary>
    private static bool Names(string cell) => Text.FoldWords(new string([.. cell.Select(c => char.IsDigit(c) ? ' ' : c)])) is { Length: > 2 } words
        && !HeaderMatcher.Concepts(words).Overlaps(["phone", "handle", "email", "account", "number"]);

    private static bool IsDate(string cell) => cell.Any(char.IsDigit) && Dates.Read(cell, DateOrder.Unknown, [], false, null, new DateOnly(2100, 1, 1)) is not null;
}
