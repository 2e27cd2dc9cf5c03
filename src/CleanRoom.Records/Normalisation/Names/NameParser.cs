using System.Text;

namespace CleanRoom.Records.Normalisation.Names;

/// <summary>Reads what a caseworker typed into a name field: alternatives in brackets or after a slash, two scripts side by side, titles, "Family, Given".</summary>
public static class NameParser
{
    /// <summary>The most forms that one field gives.</summary>
    public const int MaxForms = 8;

    /// <summary>The most characters of a field that are read.</summary>
    public const int MaxLength = 160;

    /// <summary>Gives the forms in the order they were typed; none if the field holds no letter.</summary>
    /// <param name="raw">As typed.</param>
    /// <param name="alias">True if the field is an alias field.</param>
    /// <param name="pool">Where tokens are remembered; null to read each anew.</param>
    public static IReadOnlyList<NameForm> Parse(string raw, bool alias = false, NameTokenPool? pool = null)
    {
        ArgumentNullException.ThrowIfNull(raw);
        var forms = new List<NameForm>();
        var text = raw.AsSpan(0, Math.Min(raw.Length, MaxLength));
        foreach (var (piece, nested) in SplitPieces(text.ToString()))
        {
            foreach (var tokens in SplitScripts(Tokenise(piece)))
            {
                var form = Build(tokens, alias || nested, pool);
                if (form is not null && forms.Count < MaxForms)
                {
                    forms.Add(form);
                }
            }
        }
        return forms;
    }

    /// <summary>Gives the tokens of any text, titles and particles included: for sites, organisations and vessels.</summary>
    /// <param name="raw">As typed.</param>
    /// <param name="pool">Where tokens are remembered; null to read each anew.</param>
    public static IReadOnlyList<NameToken> Words(string raw, NameTokenPool? pool = null)
    {
        ArgumentNullException.ThrowIfNull(raw);
        var result = new List<NameToken>();
        foreach (var (text, _) in Tokenise(raw[..Math.Min(raw.Length, MaxLength)]))
        {
            if (Token(text, NameTokenKind.Ordinary, pool) is { } token && result.Count < 24)
            {
                result.Add(token);
            }
        }
        return result;
    }

    /// <summary>Gives the folded tokens of any text, without readings.</summary>
    public static IReadOnlyList<string> WordTexts(string raw)
    {
        ArgumentNullException.ThrowIfNull(raw);
        return [.. Tokenise(raw[..Math.Min(raw.Length, MaxLength)]).Select(t => t.Text)];
    }

    // Brackets and quotes hold other names; slashes and semicolons part them.
    private static List<(string Piece, bool Nested)> SplitPieces(string text)
    {
        var pieces = new List<(string, bool)>();
        var current = new StringBuilder();
        var depth = 0;
        var quoted = false;
        void Flush(bool nested)
        {
            if (current.Length > 0)
            {
                pieces.Add((current.ToString(), nested));
                _ = current.Clear();
            }
        }
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            switch (c)
            {
                case '(' or '[' or '（' or '【' or '{':
                    Flush(depth > 0 || quoted);
                    depth++;
                    break;
                case ')' or ']' or '）' or '】' or '}':
                    Flush(depth > 0 || quoted);
                    depth = Math.Max(0, depth - 1);
                    break;
                case '"' or '“' or '”' or '«' or '»' or '„':
                    Flush(depth > 0 || quoted);
                    quoted = !quoted;
                    break;
                case '\'' or '‘' or '’' when IsQuote(text, i):
                    Flush(depth > 0 || quoted);
                    quoted = !quoted;
                    break;
                case '/' when i > 0 && i + 1 < text.Length && text[i + 1] is 'o' or 'O' && char.IsAsciiLetter(text[i - 1]):
                    _ = current.Append(' ');
                    break;
                case '/' or ';' or '|' or '\n' or '=' or '،':
                    Flush(depth > 0 || quoted);
                    break;
                default:
                    _ = current.Append(c);
                    break;
            }
        }
        Flush(depth > 0 || quoted);
        return pieces;
    }

    private static bool IsQuote(string text, int i)
    {
        var before = i > 0 && IsNameLetter(text[i - 1]);
        var after = i + 1 < text.Length && IsNameLetter(text[i + 1]);
        return before != after && !(before && NameScripts.Of(text[i - 1]) == NameScript.Hebr);
    }

    private static bool IsNameLetter(char c) => NameScripts.Of(c) != NameScript.Zyyy || c is >= '\u0300' and <= '\u036F';

    private static List<(string Text, bool Dotted)> Tokenise(string piece)
    {
        var folded = Folding.Fold(piece);
        var tokens = new List<(string, bool)>();
        var current = new StringBuilder();
        var script = NameScript.Zyyy;
        void Flush(bool dotted)
        {
            if (current.Length > 0)
            {
                tokens.Add((current.ToString(0, Math.Min(current.Length, NameToken.MaxLength)), dotted));
                _ = current.Clear();
            }
            script = NameScript.Zyyy;
        }
        foreach (var c in folded)
        {
            var of = NameScripts.Of(c);
            if (of == NameScript.Zyyy && c is not (>= '0' and <= '9'))
            {
                if (c == '\'' && script is NameScript.Latn or NameScript.Cyrl or NameScript.Arab)
                {
                    continue;
                }
                if (c == '\'' && script == NameScript.Hebr)
                {
                    _ = current.Append(c);
                    continue;
                }
                Flush(c == '.');
                continue;
            }
            if (of != NameScript.Zyyy)
            {
                if (script != NameScript.Zyyy && script != of && !(script is NameScript.Hani or NameScript.Kana && of is NameScript.Kana && c == 'ー'))
                {
                    Flush(false);
                }
                script = of;
            }
            _ = current.Append(c);
        }
        Flush(false);
        return tokens;
    }

    // A name in two scripts side by side is two forms of it.
    private static List<List<(string Text, bool Dotted)>> SplitScripts(List<(string Text, bool Dotted)> tokens)
    {
        var groups = new List<List<(string, bool)>>();
        var last = NameScript.Zyyy;
        foreach (var token in tokens)
        {
            var script = NameScripts.Of(token.Text.AsSpan());
            if (groups.Count == 0 || (script != NameScript.Zyyy && last != NameScript.Zyyy && script != last))
            {
                groups.Add([]);
            }
            groups[^1].Add(token);
            last = script == NameScript.Zyyy ? last : script;
        }
        return groups;
    }

    private static NameForm? Build(List<(string Text, bool Dotted)> parts, bool alias, NameTokenPool? pool)
    {
        var names = parts.Where(p => HasLetter(p.Text)).ToList();
        var kept = names.Where(p => !NameWords.Titles.Contains(p.Text) && !NameWords.Particles.Contains(p.Text)).ToList();
        if (kept.Count == 0)
        {
            kept = names.Where(p => !NameWords.Titles.Contains(p.Text)).ToList();
        }
        var tokens = new List<NameToken>();
        for (var i = 0; i < kept.Count && tokens.Count < NameForm.MaxTokens; i++)
        {
            var (text, dotted) = kept[i];
            if ((dotted && NameWords.DottedAbbreviations.TryGetValue(text, out var full)) || NameWords.Abbreviations.TryGetValue(text, out full))
            {
                text = full;
            }
            var kind = NameTokenKind.Ordinary;
            if (kept.Count > 1 && full is null)
            {
                var initial = text.Length == 1 && NameScripts.Of(text[0]) is NameScript.Latn or NameScript.Cyrl or NameScript.Grek;
                kind = NameWords.Weak.Contains(text) ? NameTokenKind.Weak : initial ? NameTokenKind.Initial : NameTokenKind.Ordinary;
            }
            if (Token(text, kind, pool) is { } token)
            {
                tokens.Add(token);
            }
        }
        // A name of weak tokens only is a name: Ko Ko, Thi Ba.
        if (tokens.Count > 0 && tokens.All(t => t.Kind != NameTokenKind.Ordinary))
        {
            tokens = tokens.Select(t => t.Kind == NameTokenKind.Weak ? Token(t.Text, NameTokenKind.Ordinary, pool)! : t).ToList();
        }
        return tokens.Count == 0 ? null : new NameForm(tokens.ToArray(), alias);
    }

    private static NameToken? Token(string text, NameTokenKind kind, NameTokenPool? pool) => pool is null ? Read(text, kind) : pool.Get(text, kind, Read);

    private static NameToken? Read(string text, NameTokenKind kind)
    {
        var script = NameScripts.Of(text.AsSpan());
        var body = text;
        if (script == NameScript.Arab && text.Length > 4 && text.StartsWith("ال", StringComparison.Ordinal))
        {
            body = text[2..];
        }
        var readings = Romaniser.Read(body);
        if (readings.Count == 0)
        {
            return null;
        }
        if (NameScripts.IsUnspaced(script) && WithoutPrefix(text) is { } rest)
        {
            var second = Romaniser.Read(rest);
            readings = readings.Concat(second).Distinct(StringComparer.Ordinal).Take(Romaniser.MaxReadings).ToArray();
        }
        if (script == NameScript.Latn && body.Length >= 2)
        {
            var more = NameVariants.Of(body).ToArray();
            readings = more.Length == 0 ? readings : readings.Concat(more).Distinct(StringComparer.Ordinal).Take(Romaniser.MaxReadings).ToArray();
        }
        return new NameToken(text, script, kind, readings);
    }

    private static string? WithoutPrefix(string text)
    {
        foreach (var prefix in NameWords.AttachedPrefixes)
        {
            if (!text.StartsWith(prefix, StringComparison.Ordinal) || text.Length < prefix.Length + (NameScripts.Of(prefix[0]) == NameScript.Hani ? 1 : 2))
            {
                continue;
            }
            var next = text[prefix.Length];
            var after = prefix.Length + 1 < text.Length ? text[prefix.Length + 1] : '\0';
            // The prefix must be a syllable of its own: no vowel sign, medial or killer follows.
            if (NameScripts.Of(next) == NameScript.Mymr && (next is < '\u1000' or > '\u1021' || after is '\u103A' or '\u1039'))
            {
                continue;
            }
            return text[prefix.Length..];
        }
        return null;
    }

    private static bool HasLetter(string text) => NameScripts.Of(text.AsSpan()) != NameScript.Zyyy;
}
