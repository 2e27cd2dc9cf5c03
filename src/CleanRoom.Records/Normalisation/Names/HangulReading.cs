using System.Text;

namespace CleanRoom.Records.Normalisation.Names;

/// <summary>Hangul by arithmetic (The Unicode Standard, section 3.12): Revised Romanization, and the older way most passports show.</summary>
internal static class HangulReading
{
    private static readonly string[] Lead = "g kk n d tt r m b pp s ss _ j jj ch k t p h".Split(' ');
    private static readonly string[] Vowel = "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i".Split(' ');
    private static readonly string[] Tail = "_ k k k n n n t l k m l l l p l m p p t t ng t t k t p t".Split(' ');
    private static readonly string[] LeadOld = "k k n t t r m p p s s _ ch ch ch k t p h".Split(' ');
    private static readonly string[] LeadOldVoiced = "g k n d t r m b p s s _ j j ch k t p h".Split(' ');
    private static readonly string[] VowelOld = "a ae ya yae u e you ye o wa wae oe yo oo wo we wi yoo u ee i".Split(' ');

    // Family names whose usual spelling follows no system.
    private static readonly LetterTable Family = new(
        "이=lee 박=park 최=choi 노=roh 유=yoo 우=woo 오=oh 임=lim 안=ahn 신=shin 심=shim 문=moon 구=koo 주=joo 류=ryu 백=paik 여=yeo 육=yook 서=suh 성=sung 정=chung 김=kim 강=kang 조=cho 고=ko 권=kwon 곽=kwak");

    public static void Append(ReadOnlySpan<char> text, StringBuilder result, bool old)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is < '\uAC00' or > '\uD7A3')
            {
                if (c < '\u0080')
                {
                    _ = result.Append(c);
                }
                continue;
            }
            if (old && i == 0 && text.Length is (1 or 3))
            {
                var before = result.Length;
                Family.Append(text[..1], result);
                if (result.Length > before)
                {
                    continue;
                }
            }
            var index = c - 0xAC00;
            var lead = index / 588;
            var vowel = index % 588 / 28;
            var tail = index % 28;
            var next = i + 1 < text.Length && text[i + 1] is >= '\uAC00' and <= '\uD7A3' ? (text[i + 1] - 0xAC00) / 588 : -1;
            var previousLiquid = lead == 5 && result.Length > 0 && result[^1] == 'l';
            Add(result, previousLiquid ? "l" : old ? (i == 0 ? LeadOld : LeadOldVoiced)[lead] : Lead[lead]);
            Add(result, old ? VowelOld[vowel] : Vowel[vowel]);
            // A final before a silent lead sounds as a lead: the liaison of simple finals.
            Add(result, next == 11 && Liaison(tail) is { } moved ? moved : Tail[tail]);
        }
    }

    private static string? Liaison(int tail) => tail switch
    {
        1 => "g",
        7 => "d",
        8 => "r",
        17 => "b",
        19 => "s",
        22 => "j",
        _ => null,
    };

    private static void Add(StringBuilder result, string sound)
    {
        if (sound != "_")
        {
            _ = result.Append(sound);
        }
    }
}
