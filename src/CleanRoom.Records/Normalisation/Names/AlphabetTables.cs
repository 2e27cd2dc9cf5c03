namespace CleanRoom.Records.Normalisation.Names;

/// <summary>
/// Letter tables of Cyrillic, Greek, Armenian and Georgian: the spelling of passports where there is one (ICAO 9303-3 section 6 and
/// national practice). Own tables from general knowledge. Longer keys win.
/// </summary>
internal static class AlphabetTables
{
    public static readonly LetterTable Cyrillic = new(
        "ий=iy ый=y ье=ye ьё=yo ья=ya ью=yu ъе=ye кс=x дж=j "
        + "а=a б=b в=v г=g д=d е=e ё=yo ж=zh з=z и=i й=y к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=kh ц=ts ч=ch ш=sh щ=shch ъ= ы=y ь= э=e ю=yu я=ya "
        + "і=i ї=yi є=ye ґ=g ў=u ғ=g қ=k ҳ=h ҷ=j ӣ=i ӯ=u ү=u ұ=u ө=o ә=a ң=n һ=h җ=j ҙ=d ҫ=s ҡ=k ӑ=a ӗ=e ӳ=u ӱ=u ӧ=o ѐ=e ѝ=i "
        + "ђ=dj ј=j љ=lj њ=nj ћ=c џ=dz ѓ=g ќ=k ѕ=dz ѣ=e ѳ=f ѵ=i");

    /// <summary>The other common choices of Cyrillic: Polish or German ways, Ukrainian г, Uzbek ў, ё as e.</summary>
    public static readonly LetterTable CyrillicVariant = new(
        "ий=y ый=y ья=ia ью=iu ье=ie ьё=e кс=ks дж=dj "
        + "а=a б=b в=v г=h д=d е=ye ё=e ж=j з=z и=y й=i к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=h ц=c ч=ch ш=sh щ=sh ъ= ы=i ь= э=e ю=iu я=ia "
        + "і=i ї=i є=ie ґ=g ў=o ғ=gh қ=q ҳ=h ҷ=j ӣ=i ӯ=u ү=u ұ=u ө=u ә=e ң=ng һ=h җ=j ҙ=z ҫ=s ҡ=k ӑ=a ӗ=e ӳ=u ӱ=u ӧ=o ѐ=e ѝ=i "
        + "ђ=dj ј=y љ=l њ=n ћ=ch џ=j ѓ=gj ќ=kj ѕ=z ѣ=ie ѳ=th ѵ=y");

    public static readonly LetterTable Greek = new(
        "γγ=ng γκ=g γξ=nx γχ=nch μπ=b ντ=nt ου=ou αυ=av ευ=ev ηυ=iv αι=ai ει=ei οι=oi υι=yi τζ=tz τσ=ts "
        + "α=a β=v γ=g δ=d ε=e ζ=z η=i θ=th ι=i κ=k λ=l μ=m ν=n ξ=x ο=o π=p ρ=r σ=s τ=t υ=y φ=f χ=ch ψ=ps ω=o");

    public static readonly LetterTable GreekVariant = new(
        "γγ=g γκ=gk γξ=nx γχ=nh μπ=mp ντ=d ου=u αυ=af ευ=ef ηυ=if αι=e ει=i οι=i υι=i τζ=j τσ=ts "
        + "α=a β=b γ=y δ=d ε=e ζ=z η=e θ=th ι=i κ=c λ=l μ=m ν=n ξ=ks ο=o π=p ρ=r σ=s τ=t υ=u φ=ph χ=h ψ=ps ω=o");

    public static readonly LetterTable Armenian = new(
        "ու=u եւ=ev և=ev "
        + "ա=a բ=b գ=g դ=d ե=e զ=z է=e ը=y թ=t ժ=zh ի=i լ=l խ=kh ծ=ts կ=k հ=h ձ=dz ղ=gh ճ=ch մ=m յ=y ն=n շ=sh ո=o չ=ch պ=p ջ=j ռ=r ս=s վ=v տ=t ր=r ց=ts ւ=v փ=p ք=k օ=o ֆ=f");

    /// <summary>Western Armenian readings.</summary>
    public static readonly LetterTable ArmenianVariant = new(
        "ու=ou եւ=ev և=ev յու=yu "
        + "ա=a բ=p գ=k դ=t ե=ye զ=z է=e ը=e թ=th ժ=j ի=i լ=l խ=kh ծ=dz կ=g հ=h ձ=ts ղ=gh ճ=j մ=m յ=h ն=n շ=sh ո=vo չ=ch պ=b ջ=ch ռ=r ս=s վ=v տ=d ր=r ց=ts ւ=v փ=ph ք=k օ=o ֆ=f");

    public static readonly LetterTable Georgian = new(
        "ა=a ბ=b გ=g დ=d ე=e ვ=v ზ=z თ=t ი=i კ=k ლ=l მ=m ნ=n ო=o პ=p ჟ=zh რ=r ს=s ტ=t უ=u ფ=p ქ=k ღ=gh ყ=q შ=sh ჩ=ch ც=ts ძ=dz წ=ts ჭ=ch ხ=kh ჯ=j ჰ=h ჱ=e ჲ=y ჳ=v ჴ=q ჵ=o");

    public static readonly LetterTable Hebrew = new(
        "ג'=j ז'=zh צ'=ch ץ'=ch ת'=th ד'=dh "
        + "א=a ב=b ג=g ד=d ה=h ו=v ז=z ח=h ט=t י=i כ=k ך=kh ל=l מ=m ם=m נ=n ן=n ס=s ע=a פ=p ף=f צ=ts ץ=ts ק=k ר=r ש=sh ת=t ׳= ״= וו=v יי=y");

    public static readonly LetterTable HebrewVariant = new(
        "ג'=j ז'=zh צ'=ch ץ'=ch ת'=t ד'=d "
        + "א= ב=v ג=g ד=d ה=a ו=o ז=z ח=ch ט=t י=y כ=ch ך=ch ל=l מ=m ם=m נ=n ן=n ס=s ע= פ=f ף=f צ=tz ץ=tz ק=k ר=r ש=s ת=th ׳= ״= וו=w יי=ai");

    public static readonly LetterTable Arabic = new(
        "ا=a أ=a إ=i آ=a ٱ=a ء= ؤ=u ئ=i ب=b ت=t ث=th ج=j ح=h خ=kh د=d ذ=dh ر=r ز=z س=s ش=sh ص=s ض=d ط=t ظ=z ع=a غ=gh ف=f ق=q ك=k ل=l م=m ن=n ه=h ة=a و=u ي=i ى=a "
        + "پ=p چ=ch ژ=zh گ=g ک=k ی=i ے=e ٹ=t ڈ=d ڑ=r ں=n ھ=h ہ=h ۀ=e ۃ=a ڤ=v ڭ=ng ې=e ۋ=v ۇ=u ۆ=o ۈ=u ە=a ټ=t ډ=d ړ=r ښ=sh ږ=zh ڼ=n ۍ=i ځ=z څ=s");

    public static readonly LetterTable ArabicVariant = new(
        "ا=a أ=a إ=e آ=aa ٱ=a ء= ؤ=o ئ=e ب=b ت=t ث=s ج=g ح=h خ=kh د=d ذ=z ر=r ز=z س=s ش=ch ص=s ض=dh ط=t ظ=dh ع= غ=g ف=v ق=k ك=c ل=l م=m ن=n ه=h ة=ah و=w ي=y ى=i "
        + "پ=p چ=tch ژ=j گ=g ک=k ی=y ے=ay ٹ=t ڈ=d ڑ=r ں=n ھ=h ہ=h ۀ=e ۃ=ah ڤ=v ڭ=n ې=i ۋ=w ۇ=o ۆ=u ۈ=u ە=e ټ=t ډ=d ړ=r ښ=kh ږ=g ڼ=n ۍ=y ځ=dz څ=ts");

    public static readonly LetterTable Kana = new(
        "きゃ=kya きゅ=kyu きょ=kyo しゃ=sha しゅ=shu しょ=sho ちゃ=cha ちゅ=chu ちょ=cho にゃ=nya にゅ=nyu にょ=nyo ひゃ=hya ひゅ=hyu ひょ=hyo みゃ=mya みゅ=myu みょ=myo "
        + "りゃ=rya りゅ=ryu りょ=ryo ぎゃ=gya ぎゅ=gyu ぎょ=gyo じゃ=ja じゅ=ju じょ=jo びゃ=bya びゅ=byu びょ=byo ぴゃ=pya ぴゅ=pyu ぴょ=pyo "
        + "ふぁ=fa ふぃ=fi ふぇ=fe ふぉ=fo てぃ=ti でぃ=di とぅ=tu どぅ=du しぇ=she じぇ=je ちぇ=che うぃ=wi うぇ=we うぉ=wo ゔぁ=va ゔぃ=vi ゔぇ=ve ゔぉ=vo つぁ=tsa くぁ=kwa "
        + "おう=o こう=ko そう=so とう=to のう=no ほう=ho もう=mo よう=yo ろう=ro ごう=go ぞう=zo どう=do ぼう=bo ぽう=po ゆう=yu しょう=sho じょう=jo ちょう=cho きょう=kyo りょう=ryo "
        + "しゅう=shu じゅう=ju ちゅう=chu きゅう=kyu りゅう=ryu おお=o こお=ko とお=to "
        + "あ=a い=i う=u え=e お=o か=ka き=ki く=ku け=ke こ=ko さ=sa し=shi す=su せ=se そ=so た=ta ち=chi つ=tsu て=te と=to な=na に=ni ぬ=nu ね=ne の=no は=ha ひ=hi ふ=fu へ=he ほ=ho "
        + "ま=ma み=mi む=mu め=me も=mo や=ya ゆ=yu よ=yo ら=ra り=ri る=ru れ=re ろ=ro わ=wa ゐ=i ゑ=e を=o ん=n が=ga ぎ=gi ぐ=gu げ=ge ご=go ざ=za じ=ji ず=zu ぜ=ze ぞ=zo だ=da ぢ=ji "
        + "づ=zu で=de ど=do ば=ba び=bi ぶ=bu べ=be ぼ=bo ぱ=pa ぴ=pi ぷ=pu ぺ=pe ぽ=po ゔ=vu ぁ=a ぃ=i ぅ=u ぇ=e ぉ=o ゃ=ya ゅ=yu ょ=yo っ= ー= ・= ");
}
