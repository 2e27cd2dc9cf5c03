using System.Globalization;
using System.Text;
using CleanRoom.Records.Normalisation.Names;

namespace CleanRoom.Room.Tests.Canaries;

/// <summary>A string planted in a record, and every writing of it that somebody could keep.</summary>
/// <param name="Column">Where it was planted.</param>
/// <param name="Text">The cell, or the part of it that counts.</param>
internal sealed record Canary(string Column, string Text)
{
    /// <summary>As written, other cases, composed and decomposed, folded, romanised, without blanks; numbers as E.164, without the plus, and national.</summary>
    public IEnumerable<string> Writings()
    {
        var writings = new List<string> { Text, Text.ToUpperInvariant(), Text.ToLowerInvariant(), CultureInfo.InvariantCulture.TextInfo.ToTitleCase(Text.ToLowerInvariant()) };
        writings.Add(Text.Normalize(NormalizationForm.FormD));
        var folded = Folding.Fold(Text);
        writings.Add(folded);
        foreach (var word in folded.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            writings.AddRange(Romaniser.Read(word));
        }

        writings.Add(string.Join(' ', folded.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => Romaniser.Read(word)[0])));
        if (Text.StartsWith('+'))
        {
            var digits = Records.Normalisation.Text.Digits(Text);
            writings.AddRange(["+" + digits, digits, "00" + digits, "0" + digits[3..], digits[3..]]);
        }

        foreach (var writing in writings.ToList())
        {
            writings.Add(writing.ToUpperInvariant());
            writings.Add(string.Concat(writing.Where(char.IsLetterOrDigit)));
            writings.Add(string.Concat(writing.Where(char.IsLetterOrDigit)).ToUpperInvariant());
        }

        // Shorter ones would be found in random bytes.
        return writings.Where(writing => Encoding.UTF8.GetByteCount(writing) >= 7).Distinct(StringComparer.Ordinal);
    }
}
