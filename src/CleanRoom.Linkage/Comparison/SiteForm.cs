using CleanRoom.Records.Normalisation;
using CleanRoom.Records.Normalisation.Names;
using CleanRoom.Records.V1;

namespace CleanRoom.Linkage.Comparison;

/// <summary>A site of exploitation, normalised once: distinctive words, street, kind of venue, house numbers, town and country.</summary>
/// <param name="Words">Words that tell this site from others: its name, and the street where no word marks one.</param>
/// <param name="Street">Words of the street.</param>
/// <param name="Kinds">Kinds of venue and street, in canonical words.</param>
/// <param name="Numbers">House and building numbers.</param>
/// <param name="Locality">Words of the town; empty = not known.</param>
/// <param name="Guessed">Words that are the town's if none is known.</param>
/// <param name="Country">Alpha-3, or empty.</param>
/// <param name="Household">True for a private household: the family's name is no site.</param>
public sealed record SiteForm(
    IReadOnlyList<NameToken> Words, IReadOnlyList<NameToken> Street, IReadOnlySet<string> Kinds, IReadOnlySet<string> Numbers, IReadOnlyList<NameToken> Locality,
    IReadOnlyList<NameToken> Guessed, string Country, bool Household)
{
    private const int MaxWords = 12;

    private static readonly char[] Separators = [',', ';', '(', ')', '[', ']', '"', '\n', '|', '،', '؛', '、', '，', '；', '（', '）', '၊', '။', '፣', '፤', '«', '»', '“', '”'];

    private static readonly char[] Blanks = [' ', '\t', ':', '#', '.', '\'', '°', 'º'];

    // Of the words that mark a street, these stand behind its name; all others before it.
    private static readonly HashSet<string> Behind = new(
        "street st road rd lane ln avenue ave drive dr boulevard blvd highway hwy strasse gasse weg platz straat laan gracht plein cadde caddesi cad sokak sokagi sok bulvari utca ut ter ro gil လမ်း সড়ক রোড লেন मार्ग सडक सड़क रोड टोल गली መንገድ ጎዳና 路 街 巷 道 大道 로 길 대로 通り 丁目 улица ул вулиця".Split(' '),
        StringComparer.Ordinal);

    private static readonly HashSet<string> Venues = ["carwash", "massage", "nails", "bar", "restaurant", "hotel", "factory", "farm", "construction", "cannabis"];

    /// <summary>Words of name and street together.</summary>
    public IReadOnlyList<NameToken> All => [.. Words.Concat(Street).DistinctBy(w => w.Text)];

    /// <summary>Reads a place; null if it is protected, has no site words or only a town.</summary>
    /// <param name="place">The place.</param>
    /// <param name="pool">Where tokens are remembered; null to read each anew.</param>
    public static SiteForm? From(Place place, NameTokenPool? pool = null)
    {
        ArgumentNullException.ThrowIfNull(place);
        if (place.Protected)
        {
            return null;
        }
        var text = place.Raw.Length > 0 ? place.Raw : $"{place.Name}, {place.Address}";
        if (text.Length is < 3 or > 400 || Placeholders.IsUnknown(text))
        {
            return null;
        }
        var locality = NameParser.Words(place.Locality, pool);
        var words = new List<NameToken>();
        var street = new List<NameToken>();
        var kinds = new HashSet<string>(StringComparer.Ordinal);
        var numbers = new HashSet<string>(StringComparer.Ordinal);
        List<NameToken> guessed = [];
        var segments = text.Split(Separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        for (var i = 0; i < segments.Length; i++)
        {
            var (before, others) = (words.Count, street.Count + kinds.Count + numbers.Count);
            ReadSegment(Folding.Fold(segments[i]), words, street, kinds, numbers, pool);
            // Where no town is known, a last part of bare words is one: a guess, which may agree and never speaks against.
            if (i > 0 && i == segments.Length - 1 && locality.Count == 0 && street.Count + kinds.Count + numbers.Count == others && words.Count - before is 1 or 2)
            {
                guessed = words[before..];
                words.RemoveRange(before, words.Count - before);
            }
        }
        bool IsTown(NameToken word) => locality.Any(l => TokenComparer.Compare(l, word) >= TokenAgreement.Near);
        var name = words.Where(w => !IsTown(w)).DistinctBy(w => w.Text).Take(MaxWords).ToArray();
        var way = street.Where(w => !IsTown(w)).DistinctBy(w => w.Text).Take(MaxWords).ToArray();
        // A house of a family is no site; a bar that is called "Family" is.
        var household = (kinds.Contains("household") && !kinds.Overlaps(Venues)) || place.Type is "PrivateHousehold" or "Home";
        return name.Length + way.Length == 0 ? null : new SiteForm(name, way, kinds, numbers, locality, guessed, place.Country, household);
    }

    private static void ReadSegment(string segment, List<NameToken> words, List<NameToken> street, HashSet<string> kinds, HashSet<string> numbers, NameTokenPool? pool)
    {
        var tokens = new List<string>();
        foreach (var piece in segment.Split(Blanks, StringSplitOptions.RemoveEmptyEntries))
        {
            AddPiece(piece, tokens, numbers);
        }
        // Words since the last mark; a mark that stands behind takes them, one that stands before takes what follows.
        var pending = new List<NameToken>();
        var following = false;
        void Flush(bool toStreet)
        {
            (toStreet ? street : words).AddRange(pending);
            pending.Clear();
        }
        for (var i = 0; i < tokens.Count; i++)
        {
            if (tokens[i].Length == 0)
            {
                // A number ends the street's name.
                Flush(following);
                following = false;
                continue;
            }
            if (KindWords.Sites.Match(tokens, i) is var (kind, count))
            {
                if (kind == "street")
                {
                    var behind = Behind.Contains(tokens[i]) && pending.Count > 0 && !following;
                    Flush(behind || following);
                    following = !behind;
                }
                else if (kind != "-")
                {
                    Flush(following);
                    following = false;
                }
                _ = kind != "-" && kinds.Add(kind);
                i += count - 1;
                continue;
            }
            var (rest, stripped) = KindWords.Sites.Strip(tokens[i]);
            kinds.UnionWith(stripped.Where(k => k != "-"));
            if (stripped.Contains("street"))
            {
                Flush(following);
                street.AddRange(NameParser.Words(rest, pool));
                following = false;
                continue;
            }
            pending.AddRange(NameParser.Words(rest, pool));
        }
        Flush(following);
    }

    /// <summary>A piece between blanks as tokens; numbers go to their set and leave an empty token as a mark.</summary>
    private static void AddPiece(string piece, List<string> tokens, HashSet<string> numbers)
    {
        if (!piece.Any(char.IsAsciiDigit))
        {
            tokens.AddRange(NameParser.WordTexts(piece));
            return;
        }
        if (piece.All(c => char.IsAsciiDigit(c) || c is '/' or '-'))
        {
            // "99/0" is a number.
            _ = numbers.Add(piece.Trim('/', '-').TrimStart('0') is { Length: > 0 } bare ? bare : piece);
            tokens.Add("");
            return;
        }
        if (piece.All(c => c < 128))
        {
            // "12B" is a house, "12-ro" a number beside a word; "M0" and "SW1A" are postal codes, which say nothing here.
            var digits = piece.AsSpan().IndexOfAnyExceptInRange('0', '9');
            if (digits is > 0 and <= 4 && piece.Length == digits + 1)
            {
                _ = numbers.Add(piece);
            }
            else if (piece.IndexOf('-', StringComparison.Ordinal) is > 0 and var dash)
            {
                AddPiece(piece[..dash], tokens, numbers);
                AddPiece(piece[(dash + 1)..], tokens, numbers);
                return;
            }
            tokens.Add("");
            return;
        }
        // Scripts without blanks write the number between the words: each run of digits is a number.
        var start = 0;
        for (var i = 1; i <= piece.Length; i++)
        {
            if (i < piece.Length && char.IsAsciiDigit(piece[i]) == char.IsAsciiDigit(piece[i - 1]))
            {
                continue;
            }
            AddPiece(piece[start..i], tokens, numbers);
            start = i;
        }
    }
}
