namespace CleanRoom.Records.Normalisation.Names;

/// <summary>Words around names: titles, forms of address, particles and abbreviations, folded. Own lists from general knowledge.</summary>
internal static class NameWords
{
    /// <summary>Titles that are never a name: dropped wherever another token is left.</summary>
    public static readonly HashSet<string> Titles = Set(
        "mr mrs ms miss mister mx dr prof professor sir madam madame mme mlle monsieur mdm master rev fr capt captain sgt hon esq jr phd "
        + "herr frau sr sra srta senor senora senorita don dona doña signor signora sig pan pani gospodin gospozha sheikh sheik shaikh haji hajji hajj "
        + "ustad ustaz sayyid shri smt kumari shrimati begum janab bhai apa khun nai nangsao naang dek tan nguoi chiew taikong taikung "
        + "boss broker agent aka alias known called supervisor manager "
        + "นาย นางสาว คุณ น.ส ด.ช ด.ญ นส ดช ดญ เด็กชาย เด็กหญิง ไต้ก๋ง นายหน้า ທ້າວ ທ່ານ លោក លោកស្រី អ្នកស្រី កញ្ញា "
        + "г-н г-жа господин госпожа السيد السيدة الشيخ الحاج الدكتور דר מר גברת 先生 小姐 女士 太太 老板 さん 様 씨 님 श्री श्रीमती জনাব মোসাম্মৎ ato weyzero woizero አቶ ወይዘሮ");

    /// <summary>Forms of address and middle names that may also be names: they stay, but say little and cost nothing when missing.</summary>
    public static readonly HashSet<string> Weak = Set(
        "ma u daw ko maung mg naw saw sai nang nan bong bang hia jae je pee phi nong lung pa ah a anh chi co cu em chu bac di ong ba thi van dinh ngoc "
        + "be abu abou umm um oum ate kuya tita tito lola bapak pak ibu bu mas mbak kak abang inang mama papa tia tio baba auntie aunty uncle brother sister "
        + "บง พี่ น้อง ป้า ลุง นาง ນາງ បង ចែ ពូ មីង မ ဦး ဒေါ် ကို မောင် أبو أم ابو ام 阿 老 小 singh kaur kumar bai devi");

    /// <summary>Particles: never compared while another token is left.</summary>
    public static readonly HashSet<string> Particles = Set(
        "al el ul ad ar as ash at an az bin ben ibn bint binti binte bt b ould wuld walad bar bat van von der den de del dela della di da das dos do du la las los le "
        + "y e zu zum ter ten af av st santa san d o mac s/o d/o w/o so wo bn abd ال بن ابن بنت ولد בן בת бин ибн кызы оглу uulu kyzy oglu oghli qizi");

    /// <summary>Written-out forms of abbreviations that stand for one name.</summary>
    public static readonly Dictionary<string, string> Abbreviations = Map(
        "md=mohammad mohd=mohammad muhd=mohammad mhd=mohammad mohammed=mohammad muhammad=mohammad mohamed=mohammad mohamad=mohammad muhammed=mohammad mehmet=mohammad "
        + "mohamud=mohamud মোঃ=mohammad মো=mohammad মোহাম্মদ=mohammad মুহাম্মদ=mohammad محمد=mohammad мухаммад=mohammad магомед=mohammad mosa=mosammat mst=mosammat মোছাঃ=mosammat");

    /// <summary>Abbreviations that only count with their full stop.</summary>
    public static readonly Dictionary<string, string> DottedAbbreviations = Map(
        "ma=maria fco=francisco sto=santo sta=santa wm=william chas=charles "
        + "jas=james thos=thomas geo=george jno=john jos=joseph alex=alexander gjr=junior");

    /// <summary>Forms of address that Thai, Lao, Burmese and Chinese write without a blank before the name.</summary>
    public static readonly string[] AttachedPrefixes =
    [
        "นางสาว", "เด็กชาย", "เด็กหญิง", "นาย", "นาง", "น้อง", "พี่", "เฮีย", "เจ๊", "เสี่ย", "คุณ", "ป้า", "ลุง", "ທ້າວ", "ນາງ", "ဦး", "ဒေါ်", "ကို", "မောင်", "မ", "阿", "老", "小",
    ];

    private static HashSet<string> Set(string words) => new(words.Split(' ', StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);

    private static Dictionary<string, string> Map(string pairs) => pairs.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(p => p.Split('='))
        .ToDictionary(p => p[0], p => p[1], StringComparer.Ordinal);
}
