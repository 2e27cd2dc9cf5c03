namespace CleanRoom.Records.Normalisation.Names;

/// <summary>Arabic presentation forms (U+FB50..U+FEFC) and their base letters, as PDF and old spreadsheets write them.</summary>
internal static class ArabicForms
{
    // First, last, base: compatibility decompositions of the Unicode Character Database.
    private static readonly (char First, char Last, char Base)[] Runs =
    [
        ('\uFB50', '\uFB51', '\u0671'), ('\uFB52', '\uFB55', '\u067B'), ('\uFB56', '\uFB59', '\u067E'), ('\uFB5A', '\uFB5D', '\u0680'),
        ('\uFB5E', '\uFB61', '\u067A'), ('\uFB62', '\uFB65', '\u067F'), ('\uFB66', '\uFB69', '\u0679'), ('\uFB6A', '\uFB6D', '\u06A4'),
        ('\uFB6E', '\uFB71', '\u06A6'), ('\uFB72', '\uFB75', '\u0684'), ('\uFB76', '\uFB79', '\u0683'), ('\uFB7A', '\uFB7D', '\u0686'),
        ('\uFB7E', '\uFB81', '\u0687'), ('\uFB82', '\uFB83', '\u068D'), ('\uFB84', '\uFB85', '\u068C'), ('\uFB86', '\uFB87', '\u068E'),
        ('\uFB88', '\uFB89', '\u0688'), ('\uFB8A', '\uFB8B', '\u0698'), ('\uFB8C', '\uFB8D', '\u0691'), ('\uFB8E', '\uFB91', '\u06A9'),
        ('\uFB92', '\uFB95', '\u06AF'), ('\uFB96', '\uFB99', '\u06B3'), ('\uFB9A', '\uFB9D', '\u06B1'), ('\uFB9E', '\uFB9F', '\u06BA'),
        ('\uFBA0', '\uFBA3', '\u06BB'), ('\uFBA4', '\uFBA5', '\u06D5'), ('\uFBA6', '\uFBA9', '\u06C1'), ('\uFBAA', '\uFBAD', '\u06BE'),
        ('\uFBAE', '\uFBB1', '\u06D2'), ('\uFBD3', '\uFBD6', '\u06AD'), ('\uFBD7', '\uFBD8', '\u06C7'), ('\uFBD9', '\uFBDA', '\u06C6'),
        ('\uFBDB', '\uFBDC', '\u06C8'), ('\uFBDE', '\uFBDF', '\u06CB'), ('\uFBE0', '\uFBE1', '\u06C5'), ('\uFBE2', '\uFBE3', '\u06C9'),
        ('\uFBE4', '\uFBE7', '\u06D0'), ('\uFBE8', '\uFBE9', '\u0649'), ('\uFBFC', '\uFBFF', '\u06CC'), ('\uFC5B', '\uFC5B', '\u0630'),
        ('\uFC5C', '\uFC5C', '\u0631'), ('\uFC5D', '\uFC5D', '\u0649'), ('\uFC90', '\uFC90', '\u0649'), ('\uFCD9', '\uFCD9', '\u0647'),
        ('\uFD3C', '\uFD3D', '\u0627'), ('\uFE80', '\uFE80', '\u0621'), ('\uFE81', '\uFE84', '\u0627'), ('\uFE85', '\uFE86', '\u0648'),
        ('\uFE87', '\uFE88', '\u0627'), ('\uFE89', '\uFE8C', '\u064A'), ('\uFE8D', '\uFE8E', '\u0627'), ('\uFE8F', '\uFE92', '\u0628'),
        ('\uFE93', '\uFE94', '\u0629'), ('\uFE95', '\uFE98', '\u062A'), ('\uFE99', '\uFE9C', '\u062B'), ('\uFE9D', '\uFEA0', '\u062C'),
        ('\uFEA1', '\uFEA4', '\u062D'), ('\uFEA5', '\uFEA8', '\u062E'), ('\uFEA9', '\uFEAA', '\u062F'), ('\uFEAB', '\uFEAC', '\u0630'),
        ('\uFEAD', '\uFEAE', '\u0631'), ('\uFEAF', '\uFEB0', '\u0632'), ('\uFEB1', '\uFEB4', '\u0633'), ('\uFEB5', '\uFEB8', '\u0634'),
        ('\uFEB9', '\uFEBC', '\u0635'), ('\uFEBD', '\uFEC0', '\u0636'), ('\uFEC1', '\uFEC4', '\u0637'), ('\uFEC5', '\uFEC8', '\u0638'),
        ('\uFEC9', '\uFECC', '\u0639'), ('\uFECD', '\uFED0', '\u063A'), ('\uFED1', '\uFED4', '\u0641'), ('\uFED5', '\uFED8', '\u0642'),
        ('\uFED9', '\uFEDC', '\u0643'), ('\uFEDD', '\uFEE0', '\u0644'), ('\uFEE1', '\uFEE4', '\u0645'), ('\uFEE5', '\uFEE8', '\u0646'),
        ('\uFEE9', '\uFEEC', '\u0647'), ('\uFEED', '\uFEEE', '\u0648'), ('\uFEEF', '\uFEF0', '\u0649'), ('\uFEF1', '\uFEF4', '\u064A'),
    ];

    /// <summary>Gives the base letter; the lam-alef ligatures give two.</summary>
    public static string Base(char c)
    {
        if (c is >= '\uFEF5' and <= '\uFEFC')
        {
            return "\u0644\u0627";
        }
        foreach (var (first, last, letter) in Runs)
        {
            if (c >= first && c <= last)
            {
                return letter.ToString();
            }
        }
        return c.ToString();
    }
}
