using System.Text;

namespace CleanRoom.Records.Normalisation.Names;

/// <summary>
/// Folds letters to lower case and strips marks by tables of our own. ICU is not asked: without it the runtime gives text back
/// unchanged, and two enclaves would differ.
/// </summary>
public static class Folding
{
    // Latin letters of U+00C0..U+024F and U+1E00..U+1EFF with the base letters of their canonical decomposition (Unicode Character
    // Database), and the usual spelling of those that have none.
    private static readonly (string Base, string Letters)[] LatinGroups =
    [
        ("a", "ªÀÁÂÃÄÅàáâãäåĀāĂăĄąƏǍǎǞǟǠǡǺǻȀȁȂȃȦȧȺəḀḁẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặ"),
        ("ae", "ÆæǢǣǼǽ"),
        ("b", "ƀƁɃɓḂḃḄḅḆḇ"),
        ("c", "ÇçĆćĈĉĊċČčȻȼḈḉ"),
        ("d", "ÐðĎďĐđƉƊɖɗḊḋḌḍḎḏḐḑḒḓ"),
        ("dz", "ǄǅǆǱǲǳ"),
        ("e", "ÈÉÊËèéêëĒēĔĕĖėĘęĚěƎƐǝȄȅȆȇȨȩɆɇɛḔḕḖḗḘḙḚḛḜḝẸẹẺẻẼẽẾếỀềỂểỄễỆệ"),
        ("f", "ƑƒḞḟ"),
        ("g", "ĜĝĞğĠġĢģƔǦǧǴǵɣḠḡ"),
        ("h", "ĤĥĦħȞȟḢḣḤḥḦḧḨḩḪḫẖ"),
        ("i", "ÌÍÎÏìíîïĨĩĪīĬĭĮįİıƗǏǐȈȉȊȋɨḬḭḮḯỈỉỊị"),
        ("ij", "Ĳĳ"),
        ("j", "ĴĵǰɈɉ"),
        ("k", "ĶķĸƘƙǨǩḰḱḲḳḴḵ"),
        ("l", "ĹĺĻļĽľĿŀŁłḶḷḸḹḺḻḼḽ"),
        ("lj", "Ǉǈǉ"),
        ("m", "ḾḿṀṁṂṃ"),
        ("n", "ÑñŃńŅņŇňŉǸǹṄṅṆṇṈṉṊṋ"),
        ("ng", "Ŋŋ"),
        ("nj", "Ǌǋǌ"),
        ("ny", "Ɲɲ"),
        ("o", "ºÒÓÔÕÖØòóôõöøŌōŎŏŐőƆƠơǑǒǪǫǬǭǾǿȌȍȎȏȪȫȬȭȮȯȰȱɔṌṍṎṏṐṑṒṓỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợ"),
        ("oe", "Œœ"),
        ("p", "ṔṕṖṗ"),
        ("r", "ŔŕŖŗŘřȐȑȒȓɌɍṘṙṚṛṜṝṞṟ"),
        ("s", "ŚśŜŝŞşŠšſȘșṠṡṢṣṤṥṦṧṨṩẛ"),
        ("ss", "ßẞ"),
        ("t", "ŢţŤťŦŧȚțȾṪṫṬṭṮṯṰṱẗ"),
        ("th", "Þþ"),
        ("u", "ÙÚÛÜùúûüŨũŪūŬŭŮůŰűŲųƯưǓǔǕǖǗǘǙǚǛǜȔȕȖȗɄʉṲṳṴṵṶṷṸṹṺṻỤụỦủỨứỪừỬửỮữỰự"),
        ("v", "ṼṽṾṿ"),
        ("w", "ŴŵẀẁẂẃẄẅẆẇẈẉẘ"),
        ("x", "ẊẋẌẍ"),
        ("y", "ÝýÿŶŷŸƳƴȲȳɎɏẎẏẙỲỳỴỵỶỷỸỹ"),
        ("z", "ŹźŻżŽžƵƶẐẑẒẓẔẕ"),
    ];

    // Greek vowels with accents and breathings (U+0370..U+03FF, U+1F00..U+1FFF by rows of their base letter).
    private static readonly (char Base, string Letters)[] GreekGroups =
    [
        ('α', "Άά"), ('ε', "Έέ"), ('η', "Ήή"), ('ι', "ΊίΪϊΐ"), ('ο', "Όό"), ('υ', "ΎύΫϋΰ"), ('ω', "Ώώ"), ('σ', "ς"),
    ];

    private static readonly (char First, char Last, char Base)[] PolytonicRows =
    [
        ('\u1F00', '\u1F0F', 'α'), ('\u1F10', '\u1F1F', 'ε'), ('\u1F20', '\u1F2F', 'η'), ('\u1F30', '\u1F3F', 'ι'), ('\u1F40', '\u1F4F', 'ο'),
        ('\u1F50', '\u1F5F', 'υ'), ('\u1F60', '\u1F6F', 'ω'), ('\u1F70', '\u1F71', 'α'), ('\u1F72', '\u1F73', 'ε'), ('\u1F74', '\u1F75', 'η'),
        ('\u1F76', '\u1F77', 'ι'), ('\u1F78', '\u1F79', 'ο'), ('\u1F7A', '\u1F7B', 'υ'), ('\u1F7C', '\u1F7D', 'ω'), ('\u1F80', '\u1F8F', 'α'),
        ('\u1F90', '\u1F9F', 'η'), ('\u1FA0', '\u1FAF', 'ω'), ('\u1FB0', '\u1FBC', 'α'), ('\u1FC2', '\u1FCC', 'η'), ('\u1FD0', '\u1FDB', 'ι'),
        ('\u1FE0', '\u1FEB', 'υ'), ('\u1FF2', '\u1FFC', 'ω'),
    ];

    // Marks that a keyboard may send after their letter instead of the composed letter; only where the mark makes another letter.
    private static readonly (char Letter, char Mark, char Composed)[] Compositions =
    [
        ('и', '\u0306', 'й'), ('И', '\u0306', 'й'), ('е', '\u0308', 'ё'), ('Е', '\u0308', 'ё'), ('і', '\u0308', 'ї'), ('І', '\u0308', 'ї'),
        ('у', '\u0306', 'ў'), ('У', '\u0306', 'ў'), ('ا', '\u0653', 'آ'), ('ا', '\u0654', 'أ'), ('ا', '\u0655', 'إ'), ('و', '\u0654', 'ؤ'), ('ي', '\u0654', 'ئ'),
    ];

    private static readonly string?[] Latin = BuildLatin();
    private static readonly Dictionary<char, char> Greek = BuildGreek();

    /// <summary>
    /// Gives the text in lower case without marks: Latin letters as a-z, other scripts in their base letters, full-width forms as
    /// plain ones, digits of any script as 0-9, invisible format characters removed. Everything else stays.
    /// </summary>
    public static string Fold(ReadOnlySpan<char> text)
    {
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (i + 1 < text.Length && Compose(c, text[i + 1]) is { } composed)
            {
                c = composed;
                i++;
            }
            AppendFolded(result, c);
        }
        return HangulComposition.Compose(result);
    }

    private static void AppendFolded(StringBuilder result, char c)
    {
        if (c is >= '\uFF01' and <= '\uFF5E')
        {
            c = (char)(c - 0xFEE0);
        }
        if (c < '\u0080')
        {
            _ = result.Append(c is >= 'A' and <= 'Z' ? (char)(c | 0x20) : c);
            return;
        }
        if (IsDroppedMark(c))
        {
            return;
        }
        if (DigitOf(c) is { } digit)
        {
            _ = result.Append(digit);
            return;
        }
        var index = LatinIndex(c);
        if (index >= 0 && Latin[index] is { } letters)
        {
            _ = result.Append(letters);
            return;
        }
        _ = c switch
        {
            '\u00A0' or (>= '\u2000' and <= '\u200A') or '\u202F' or '\u3000' => result.Append(' '),
            '\u2018' or '\u2019' or '\u02BC' or '\u02BB' or '\u02B9' or '\u0060' or '\u00B4' => result.Append('\''),
            >= '\u2010' and <= '\u2015' => result.Append('-'),
            >= '\uFB50' and <= '\uFEFC' => result.Append(ArabicForms.Base(c)),
            _ => result.Append(LowerOther(c)),
        };
    }

    private static char LowerOther(char c) => c switch
    {
        _ when Greek.TryGetValue(c, out var greek) => greek,
        >= 'Α' and <= 'Ω' => (char)(c + 0x20),
        >= 'А' and <= 'Я' => (char)(c + 0x20),
        >= '\u0400' and <= '\u040F' => (char)(c + 0x50),
        '\u04C0' => '\u04CF',
        >= '\u04C1' and <= '\u04CE' => (c & 1) == 1 ? (char)(c + 1) : c,
        (>= '\u0460' and <= '\u0481') or (>= '\u048A' and <= '\u04BF') or (>= '\u04D0' and <= '\u052F') => (char)(c | 1),
        >= '\u0531' and <= '\u0556' => (char)(c + 0x30),
        >= '\u1C90' and <= '\u1CBF' => (char)(c - 0xBC0),
        >= '\u10A0' and <= '\u10C5' => (char)(c + 0x30),
        _ => c,
    };

    private static bool IsDroppedMark(char c) => c switch
    {
        >= '\u0300' and <= '\u036F' => true,
        >= '\u0591' and <= '\u05BD' => true,
        '\u05BF' or '\u05C1' or '\u05C2' or '\u05C4' or '\u05C5' or '\u05C7' => true,
        >= '\u0610' and <= '\u061A' => true,
        >= '\u064B' and <= '\u065F' => true,
        '\u0640' or '\u0670' => true,
        >= '\u06D6' and <= '\u06ED' => true,
        >= '\u200B' and <= '\u200F' => true,
        >= '\u202A' and <= '\u202E' => true,
        >= '\u2060' and <= '\u206F' => true,
        '\uFEFF' or '\u00AD' => true,
        >= '\uFE00' and <= '\uFE0F' => true,
        _ => false,
    };

    /// <summary>Gives the ASCII digit of a decimal digit of any script that has a block of ten here, else <see langword="null"/>.</summary>
    public static char? DigitOf(char c)
    {
        ReadOnlySpan<char> zeros =
            "0\u0660\u06F0\u07C0\u0966\u09E6\u0A66\u0AE6\u0B66\u0BE6\u0C66\u0CE6\u0D66\u0DE6\u0E50\u0ED0\u0F20\u1040\u1090\u17E0\u1810\uFF10";
        foreach (var zero in zeros)
        {
            if (c >= zero && c <= zero + 9)
            {
                return (char)('0' + (c - zero));
            }
        }
        return null;
    }

    private static char? Compose(char letter, char mark)
    {
        if (mark is not ((>= '\u0300' and <= '\u036F') or (>= '\u0653' and <= '\u0655')))
        {
            return null;
        }
        foreach (var (l, m, composed) in Compositions)
        {
            if (l == letter && m == mark)
            {
                return composed;
            }
        }
        return null;
    }

    private static int LatinIndex(char c) => c switch
    {
        >= '\u00AA' and <= '\u02AF' => c - 0xAA,
        >= '\u1E00' and <= '\u1EFF' => c - 0x1E00 + 0x206,
        _ => -1,
    };

    private static string?[] BuildLatin()
    {
        var table = new string?[0x306];
        foreach (var (letters, group) in LatinGroups)
        {
            foreach (var c in group)
            {
                table[LatinIndex(c)] = letters;
            }
        }
        return table;
    }

    private static Dictionary<char, char> BuildGreek()
    {
        var table = new Dictionary<char, char>();
        foreach (var (letter, group) in GreekGroups)
        {
            foreach (var c in group)
            {
                table[c] = letter;
            }
        }
        foreach (var (first, last, letter) in PolytonicRows)
        {
            for (var c = first; c <= last; c++)
            {
                table[c] = letter;
            }
        }
        return table;
    }
}
