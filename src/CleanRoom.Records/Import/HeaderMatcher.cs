using System.Text;
using System.Text.RegularExpressions;
using CleanRoom.Records.Normalisation;

namespace CleanRoom.Records.Import;

/// <summary>Reads column headers in many languages: the words of a header give concepts, the concepts together give the field.</summary>
internal static partial class HeaderMatcher
{
    private static readonly Lazy<IReadOnlyList<(string Phrase, string Concept)>> Phrases = new(() =>
        [.. TableFile.Lines("profiles/headers.txt").SelectMany(l => l.Skip(1).Select(w => (Text.FoldWords(w), l[0]))).Where(p => p.Item1.Length > 0)
            .OrderByDescending(p => p.Item1.Length).ThenBy(p => p.Item1, StringComparer.Ordinal)]);

    /// <summary>Single words that may be inflected, by script.</summary>
    private static readonly Lazy<ILookup<string, (string Stem, string Concept)>> Stems = new(() => Phrases.Value
        .Where(p => !p.Phrase.Contains(' ', StringComparison.Ordinal)).Select(p => (Script: Text.ScriptOf(p.Phrase), p.Phrase, p.Concept))
        .Select(p => (p.Script, Stem: WithoutParticle(p.Phrase, p.Script), p.Concept)).Where(p => p.Stem.Length >= LeastStem(p.Script))
        .ToLookup(p => p.Script, p => (p.Stem, p.Concept)));

    private const int MaxPath = 160;

    /// <summary>Gives the field of a header; null if no word of it is known.</summary>
    public static (ImportField Field, string Param)? Match(string header) => header.Length <= MaxPath && Paths().Match(header) is { Success: true } path ? MatchPath(path.Groups[1].Value, path.Groups[2].Value) : MatchWords(header, []);

    /// <summary>
    /// Forms on phones write the groups of a question before its name ("grp_recruiter-phone_number"). The question says what the column holds; of the groups counts only
    /// whether they are of the suspect, a firm or the exploitation.
    /// </summary>
    private static (ImportField Field, string Param)? MatchPath(string groups, string question)
    {
        if (Concepts(Words(question)).Count == 0)
        {
            return null;
        }
        var of = Concepts(Words(groups));
        return MatchWords(question, of.Contains("suspect") ? ["suspect"] : of.Contains("company") ? ["company"] : of.Contains("exploitation") ? ["exploitation"] : []);
    }

    /// <summary>True if the groups of a question are the suspect's, a firm's or the exploitation's.</summary>
    public static bool TellsWhose(string groups) => Concepts(Words(groups)).Overlaps(["suspect", "company", "exploitation"]);

    private static (ImportField Field, string Param)? MatchWords(string header, string[] context)
    {
        var words = Words(header);
        if (header.Trim() is "№" or "#" or "N°" or "Nº" or "№№")
        {
            return (ImportField.RowNumber, "");
        }
        if (words.Length is 0 or > 160)
        {
            return null;
        }
        if (words is "id" or "uid" or "uuid" or "rec id")
        {
            return (ImportField.Ref, "");
        }
        if (words == "data")
        {
            // The date in half of Europe; beside another word it is what the file holds.
            return (ImportField.Seen, "");
        }
        var concepts = Concepts(words);
        if (concepts.Count == 0)
        {
            return null;
        }
        concepts.UnionWith(context);
        var found = Field(concepts);
        // Where words are not parted by blanks, "number" may be a piece of another word: a column of telephones must not be passed over for it.
        return found.Item1 == ImportField.RowNumber && KnownLetters(header) * 2 < words.Count(c => c != ' ') ? null : found;
    }

    /// <summary>The folded words of a header: underscores and camel case are word breaks.</summary>
    public static string Words(string header)
    {
        var builder = new StringBuilder(header.Length + 8);
        for (var i = 0; i < header.Length; i++)
        {
            if (i > 0 && char.IsAsciiLetterUpper(header[i]) && char.IsAsciiLetterLower(header[i - 1]))
            {
                builder.Append(' ');
            }
            builder.Append(header[i]);
        }
        return Text.FoldWords(builder.ToString());
    }

    /// <summary>Gives how many letters of a header stand in known words: how well it is read.</summary>
    internal static int KnownLetters(string header)
    {
        var words = Words(header);
        if (words.Length is 0 or > 160)
        {
            return 0;
        }
        var taken = new bool[words.Length];
        foreach (var (phrase, _) in Phrases.Value)
        {
            for (var at = Text.FindPhrase(words, phrase); at >= 0; at = Text.FindPhrase(words, phrase, at + 1))
            {
                taken.AsSpan(at, phrase.Length).Fill(true);
            }
        }
        return taken.Count(t => t);
    }

    internal static HashSet<string> Concepts(string words)
    {
        var concepts = new HashSet<string>(StringComparer.Ordinal);
        var taken = new bool[words.Length];
        foreach (var (phrase, concept) in Phrases.Value)
        {
            for (var at = Text.FindPhrase(words, phrase); at >= 0; at = Text.FindPhrase(words, phrase, at + 1))
            {
                if (!taken.AsSpan(at, phrase.Length).Contains(true))
                {
                    taken.AsSpan(at, phrase.Length).Fill(true);
                    concepts.Add(concept);
                }
            }
        }
        for (var start = 0; start < words.Length;)
        {
            var end = words.IndexOf(' ', start) is var at && at < 0 ? words.Length : at;
            if (!taken.AsSpan(start, end - start).Contains(true) && Inflected(words[start..end]) is { } concept)
            {
                concepts.Add(concept);
            }
            start = end + 1;
        }
        return concepts;
    }

    /// <summary>A word that differs from a known one by its ending (a case, a gender, a plural). Unknown owners would be taken for the victim.</summary>
    private static string? Inflected(string word)
    {
        var script = Text.ScriptOf(word);
        var least = LeastStem(script);
        var stem = WithoutParticle(word, script);
        if (stem.Length < least)
        {
            return null;
        }
        foreach (var (known, concept) in Stems.Value[script])
        {
            // Indic and Semitic endings are added; European ones also replace.
            var same = stem.AsSpan().CommonPrefixLength(known);
            if (same >= (least == 5 ? Math.Max(5, known.Length - 2) : known.Length) && stem.Length - same <= 3)
            {
                return concept;
            }
        }
        return null;
    }

    private static int LeastStem(string script) =>
        script is "Cyrl" or "Latn" or "Grek" ? 5 : script is "Deva" or "Beng" or "Arab" or "Ethi" or "Hebr" ? 3 : int.MaxValue;

    /// <summary>Articles and prepositions that are written together with their word.</summary>
    private static string WithoutParticle(string word, string script)
    {
        foreach (var particle in (string[])(script switch
        {
            "Arab" => ["وال", "بال", "لل", "ال"],
            "Ethi" => ["የ", "በ", "ለ"],
            "Hebr" => ["ה"],
            _ => [],
        }))
        {
            if (word.Length >= particle.Length + 3 && word.StartsWith(particle, StringComparison.Ordinal))
            {
                return word[particle.Length..];
            }
        }
        return word;
    }

    /// <summary>Groups and question of a form: no blanks, an underscore somewhere, and signs between the parts.</summary>
    [GeneratedRegex(@"^(?=\S*_)(\w+(?:[/.:-]+\w+)*)[/.:-]+(\w+)$", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex Paths();

    private static (ImportField, string) Field(HashSet<string> c)
    {
        bool Has(string concept) => c.Contains(concept);
        var contacts = (ReadOnlySpan<string>)["phone", "email", "handle", "account"];
        var contactCount = 0;
        foreach (var contact in contacts)
        {
            contactCount += Has(contact) ? 1 : 0;
        }
        var field = c switch
        {
            _ when Has("worker") && contactCount == 0 && !Has("consent") => ImportField.Drop,
            _ when Has("cluster") => ImportField.Ignore,
            _ when Has("consentpurposes") => ImportField.ConsentPurposes,
            _ when Has("consentdate") || (Has("consent") && Has("seen")) => ImportField.ConsentDate,
            _ when Has("consentexpires") => ImportField.ConsentExpires,
            _ when Has("consent") => ImportField.ConsentWords,
            _ when Has("handling") => ImportField.Handling,
            _ when Has("suspect") && Has("alias") && !Has("name") && !Has("family") && !Has("given") => ImportField.SuspectAlias,
            _ when Has("suspect") && Has("alias") => ImportField.SuspectName,
            _ when Has("suspect") && Has("role") => ImportField.SuspectRole,
            _ when Has("suspect") && contactCount > 0 => ImportField.SuspectContact,
            _ when Has("suspect") && Has("vehicle") => ImportField.Vehicle,
            _ when Has("suspect") && Has("given") => ImportField.SuspectGiven,
            _ when Has("suspect") && Has("family") => ImportField.SuspectFamily,
            _ when Has("suspect") && Has("number") && !Has("name") => ImportField.SuspectContact,
            _ when Has("suspect") && (Has("passport") || Has("idcard") || Has("document") || Has("exploitation")) => ImportField.Ignore,
            _ when Has("suspect") && (Has("nationality") || Has("birth") || Has("age") || Has("gender") || Has("note") || Has("homeaddress")) => ImportField.Ignore,
            _ when Has("vehicle") && Has("vessel") => ImportField.VehicleOrVessel,
            _ when Has("vehicle") => ImportField.Vehicle,
            _ when Has("vessel") => ImportField.Vessel,
            _ when Has("licence") => ImportField.OrganisationLicence,
            _ when Has("company") && (contactCount > 0 || Has("homeaddress")) => ImportField.Ignore,
            _ when Has("company") => ImportField.OrganisationName,
            _ when Has("suspect") => ImportField.SuspectName,
            _ when Has("eventdate") => ImportField.EventDate,
            _ when Has("note") => ImportField.Note,
            // What somebody's mother, husband or friend is called, and how to reach them, is neither compared nor sent.
            _ when Has("kin") || ((Has("mother") || Has("father")) && contactCount > 0) => ImportField.Drop,
            _ when Has("mother") => ImportField.Mother,
            _ when Has("agetrafficked") => ImportField.AgeWhenTrafficked,
            _ when Has("birthplace") => ImportField.BirthPlace,
            _ when Has("birth") || Has("age") => ImportField.Birth,
            _ when Has("passport") && (Has("idcard") || Has("document")) => ImportField.Document,
            _ when Has("passport") => ImportField.Passport,
            _ when Has("document") => ImportField.Document,
            _ when Has("ref") => ImportField.Ref,
            _ when contactCount > 1 => ImportField.Contact,
            _ when Has("phone") => ImportField.Phone,
            _ when Has("email") => ImportField.Email,
            _ when Has("handle") => ImportField.Handle,
            _ when Has("account") => ImportField.Account,
            _ when Has("idcard") => ImportField.NationalId,
            _ when Has("native") => ImportField.NativeName,
            _ when Has("alias") => ImportField.Alias,
            _ when Has("where") && Has("name") => ImportField.Where,
            _ when Has("given") && Has("family") => ImportField.FullName,
            _ when Has("given") => ImportField.Given,
            _ when Has("family") => ImportField.Family,
            _ when Has("father") && !Has("given") && !Has("family") => ImportField.Father,
            _ when Has("middle") => ImportField.Middle,
            _ when Has("name") => ImportField.FullName,
            _ when Has("nationality") => ImportField.Citizenship,
            _ when Has("gender") => ImportField.Gender,
            _ when Has("where") => ImportField.Where,
            _ when Has("country") => ImportField.EventCountry,
            _ when Has("origin") => ImportField.Origin,
            _ when Has("homeaddress") => ImportField.Drop,
            _ when Has("city") => Has("exploitation") ? ImportField.EventCity : ImportField.HomeCity,
            _ when Has("exploitation") && Has("seen") => ImportField.EventDate,
            _ when Has("exploitation") => ImportField.ExploitationType,
            _ when Has("occupation") => ImportField.Occupation,
            _ when Has("status") => ImportField.CaseStatus,
            _ when Has("seen") => ImportField.Seen,
            _ when Has("row") || Has("number") => ImportField.RowNumber,
            _ => ImportField.Ignore,
        };
        return (field, "");
    }
}
