using System.Collections.Frozen;
using CleanRoom.Records.Normalisation.Names;

namespace CleanRoom.Records.Normalisation;

/// <summary>Words that say of what kind a site or a firm is, in many languages: one table, read by import and linkage alike.</summary>
public sealed class KindWords
{
    private static readonly Lazy<KindWords> SiteTable = new(() => new KindWords("normalisation/site_words.txt"));
    private static readonly Lazy<KindWords> OrganisationTable = new(() => new KindWords("normalisation/organisation_words.txt"));

    private readonly FrozenDictionary<string, string> _kinds;
    private readonly (string Word, string Kind)[] _unspaced;
    private readonly (string Word, string Kind)[] _korean;
    private readonly int _longest;

    private KindWords(string file)
    {
        var kinds = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in TableFile.Lines(file))
        {
            foreach (var words in line.Skip(1).Select(w => string.Join(' ', NameParser.WordTexts(w))).Where(w => w.Length > 0))
            {
                _ = kinds.TryAdd(words, line[0]);
            }
        }
        _kinds = kinds.ToFrozenDictionary(StringComparer.Ordinal);
        _longest = kinds.Keys.Max(k => k.Count(c => c == ' ') + 1);
        _unspaced = [.. kinds.Where(k => !k.Key.Contains(' ', StringComparison.Ordinal) && NameScripts.IsUnspaced(NameScripts.Of(k.Key.AsSpan())))
            .Select(k => (k.Key, k.Value)).OrderByDescending(k => k.Key.Length).ThenBy(k => k.Key, StringComparer.Ordinal)];
        _korean = [.. kinds.Where(k => !k.Key.Contains(' ', StringComparison.Ordinal) && NameScripts.Of(k.Key.AsSpan()) == NameScript.Hang)
            .Select(k => (k.Key, k.Value)).OrderByDescending(k => k.Key.Length).ThenBy(k => k.Key, StringComparer.Ordinal)];
    }

    /// <summary>Kinds of venues and the words of addresses.</summary>
    public static KindWords Sites => SiteTable.Value;

    /// <summary>Legal forms and trades.</summary>
    public static KindWords Organisations => OrganisationTable.Value;

    /// <summary>Gives the kind of the longest phrase that starts at a token, and how many tokens it takes; null if none does.</summary>
    /// <param name="tokens">Folded tokens, as <see cref="NameParser.WordTexts"/> gives them.</param>
    /// <param name="at">Where to look.</param>
    public (string Kind, int Tokens)? Match(IReadOnlyList<string> tokens, int at)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        for (var count = Math.Min(_longest, tokens.Count - at); count >= 1; count--)
        {
            var phrase = count == 1 ? tokens[at] : string.Join(' ', tokens.Skip(at).Take(count));
            if (_kinds.TryGetValue(phrase, out var kind))
            {
                return (kind, count);
            }
        }
        return null;
    }

    /// <summary>Takes words of kind off a token of a script without blanks, in front and behind; gives what is left and the kinds.</summary>
    public (string Left, IReadOnlyList<string> Kinds) Strip(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        var kinds = new List<string>();
        var script = NameScripts.Of(token.AsSpan());
        if (script == NameScript.Hang)
        {
            // Korean joins the word of kind to the name before it: Sejongno, Sejong-ro.
            foreach (var (word, kind) in _korean)
            {
                if (token.Length >= word.Length + 2 && token.EndsWith(word, StringComparison.Ordinal))
                {
                    return (token[..^word.Length], [kind]);
                }
            }
        }
        if (!NameScripts.IsUnspaced(script))
        {
            return (token, kinds);
        }
        var rest = token;
        for (var again = true; again;)
        {
            again = false;
            foreach (var (word, kind) in _unspaced)
            {
                // One Chinese character is a word, one Thai letter is not; something must be left that can be a name.
                var han = NameScripts.Of(word.AsSpan()) == NameScript.Hani;
                var least = han ? 1 : 2;
                if (word.Length < least || rest.Length < word.Length + least)
                {
                    continue;
                }
                var behind = rest.EndsWith(word, StringComparison.Ordinal);
                if (behind || ((!han || word.Length > 1) && rest.StartsWith(word, StringComparison.Ordinal) && StartsSyllable(rest[word.Length])))
                {
                    rest = behind ? rest[..^word.Length] : rest[word.Length..];
                    kinds.Add(kind);
                    again = true;
                    break;
                }
            }
        }
        return (rest, kinds);
    }

    // A vowel sign or a tone mark belongs to the letter before it.
    private static bool StartsSyllable(char c) => char.IsLetter(c);
}
