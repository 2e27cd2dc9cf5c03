using System.Text;

namespace CleanRoom.Records.Normalisation.Names;

/// <summary>Joins conjoining jamo into syllables (The Unicode Standard, section 3.12), so that both spellings fold to one.</summary>
internal static class HangulComposition
{
    private const int SyllableBase = 0xAC00;
    private const int LeadBase = 0x1100;
    private const int VowelBase = 0x1161;
    private const int TailBase = 0x11A7;

    public static string Compose(StringBuilder text)
    {
        var found = false;
        for (var i = 0; i < text.Length && !found; i++)
        {
            found = text[i] is >= '\u1100' and <= '\u11FF';
        }
        if (!found)
        {
            return text.ToString();
        }
        var result = new StringBuilder(text.Length);
        foreach (var c in text.ToString())
        {
            var last = result.Length > 0 ? result[^1] : '\0';
            if (c is >= (char)VowelBase and < (char)(VowelBase + 21) && last is >= (char)LeadBase and < (char)(LeadBase + 19))
            {
                result[^1] = (char)(SyllableBase + ((((last - LeadBase) * 21) + (c - VowelBase)) * 28));
            }
            else if (c is > (char)TailBase and < (char)(TailBase + 28) && last is >= (char)SyllableBase and <= '\uD7A3' && (last - SyllableBase) % 28 == 0)
            {
                result[^1] = (char)(last + (c - TailBase));
            }
            else
            {
                _ = result.Append(c);
            }
        }
        return result.ToString();
    }
}
