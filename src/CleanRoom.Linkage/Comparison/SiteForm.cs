using CleanRoom.Records.Normalisation.Names;
using CleanRoom.Records.V1;

namespace CleanRoom.Linkage.Comparison;

/// <summary>A site of exploitation, normalised once: distinctive words, kind of venue, house numbers, town and country.</summary>
/// <param name="Words">Words that tell this site from others.</param>
/// <param name="Kinds">Kinds of venue and street, in canonical words.</param>
/// <param name="Numbers">House and building numbers.</param>
/// <param name="Locality">Words of the town; empty = not known.</param>
/// <param name="Country">Alpha-3, or empty.</param>
/// <param name="Household">True for a private household: the family's name is no site.</param>
public sealed record SiteForm(
    IReadOnlyList<NameToken> Words, IReadOnlySet<string> Kinds, IReadOnlySet<string> Numbers, IReadOnlyList<NameToken> Locality, string Country, bool Household)
{
    // Canonical word, then the folded words of many languages that mean it. Own list from general knowledge. "-" = says nothing.
    private static readonly Dictionary<string, string> Canonical = Build(
        "building:building,bldg,bld,block,blk,tower,toa,nha,tang,อาคาร,ตึก,អគារ,ຕຶກ,栋,幢,楼,号楼,дом,корпус,korpus,dom,edificio,bina,gedung,مبنى,بناية,עמ,unit,floor,room,apt,flat,suite,shop,lot,plot "
        + "street:street,st,road,rd,lane,avenue,ave,soi,ซ,ซอย,ถนน,ถ,duong,pho,ngo,hem,calle,rue,strada,str,jalan,jl,jln,gang,ulica,ulitsa,ул,улица,路,街,巷,شارع,طريق,רחוב,straße,strasse,via,viale,avenida,highway,hwy "
        + "compound:compound,park,zone,complex,estate,khu,campus,園區,园区,مجمع,campound "
        + "-:no,number,num,so,เลขที่,เลข,near,next,opposite,side,behind,at,in,the,of,a,and,to,de,la,le,du,area,place,site,port,pier,center,centre,village,district,city,town,province,sea,border,house,by "
        + "household:family,employer,household,villa,private,residence,madam,sponsor,kafeel,home,بيت,فيلا,كفيل,عائلة,gia,dinh "
        + "carwash:carwash,car,wash,autowash,автомойка,мойка "
        + "massage:massage,spa,sauna,นวด,masaj,массаж,按摩,マッサージ,مساج "
        + "nails:nail,nails,manicure "
        + "bar:bar,karaoke,ktv,club,nightclub,pub,disco,คาราโอเกะ,บาร์,卡拉,casino,คาสิโน,brothel "
        + "restaurant:restaurant,cafe,coffee,kitchen,takeaway,canteen,ร้านอาหาร,ресторан,кафе,مطعم,餐厅 "
        + "hotel:hotel,guesthouse,hostel,motel,resort,inn,lodge,โรงแรม,khach,san,отель,гостиница,فندق,酒店,宾馆 "
        + "factory:factory,plant,shed,workshop,mill,warehouse,โรงงาน,ล้ง,xuong,nhamay,фабрика,завод,цех,مصنع,工厂,processing,peeling,garment,seafood "
        + "farm:farm,plantation,ranch,orchard,greenhouse,สวน,ไร่,ферма,مزرعة,农场 "
        + "construction:construction,quarry,mine,kiln,brick,стройка "
        + "cannabis:cannabis,grow,cannabishouse");

    /// <summary>Reads a place; null if it is protected, has no site words or only a town.</summary>
    public static SiteForm? From(Place place)
    {
        ArgumentNullException.ThrowIfNull(place);
        if (place.Protected)
        {
            return null;
        }
        var text = place.Raw.Length > 0 ? place.Raw : $"{place.Name} {place.Address}";
        if (text.Length < 3 || text.Length > 400)
        {
            return null;
        }
        var locality = NameParser.Words($"{place.Locality} {place.Admin1}");
        var words = new List<NameToken>();
        var kinds = new HashSet<string>(StringComparer.Ordinal);
        var numbers = new HashSet<string>(StringComparer.Ordinal);
        foreach (var piece in Folding.Fold(text).Split([' ', ',', ';', '(', ')', '[', ']', '"', '\n', '\t', ':', '#', '.', '\''], StringSplitOptions.RemoveEmptyEntries))
        {
            if (piece.Any(c => c is >= '0' and <= '9'))
            {
                // "99/0" is a number; "M0" or "SW1A" a postal code, which says nothing here.
                if (piece.All(c => c is (>= '0' and <= '9') or '/' or '-'))
                {
                    _ = numbers.Add(piece);
                }
                continue;
            }
            foreach (var word in NameParser.Words(piece))
            {
                if (Canonical.TryGetValue(word.Text, out var kind))
                {
                    _ = kind != "-" && kinds.Add(kind);
                    continue;
                }
                if (Prefixed(word.Text) is var (prefixKind, rest) && prefixKind.Length > 0)
                {
                    _ = kinds.Add(prefixKind);
                    words.AddRange(NameParser.Words(rest));
                    continue;
                }
                if (!locality.Any(l => TokenComparer.Compare(l, word) >= TokenAgreement.Near))
                {
                    words.Add(word);
                }
            }
        }
        var household = kinds.Contains("household") || place.Type is "PrivateHousehold" or "Home";
        var distinct = words.DistinctBy(w => w.Text).Take(12).ToArray();
        return distinct.Length == 0 ? null : new SiteForm(distinct, kinds, numbers, locality, place.Country, household);
    }

    // Scripts without blanks put the kind of venue right before its name.
    private static (string Kind, string Remainder) Prefixed(string word)
    {
        if (!NameScripts.IsUnspaced(NameScripts.Of(word.AsSpan())))
        {
            return ("", "");
        }
        foreach (var (key, kind) in Canonical)
        {
            if (kind != "-" && key.Length >= 2 && word.Length > key.Length + 1 && NameScripts.IsUnspaced(NameScripts.Of(key.AsSpan())) && word.StartsWith(key, StringComparison.Ordinal))
            {
                return (kind, word[key.Length..]);
            }
        }
        return ("", "");
    }

    private static Dictionary<string, string> Build(string groups)
    {
        var table = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var group in groups.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = group.IndexOf(':', StringComparison.Ordinal);
            foreach (var word in group[(at + 1)..].Split(','))
            {
                _ = table.TryAdd(word, group[..at]);
            }
        }
        return table;
    }
}
