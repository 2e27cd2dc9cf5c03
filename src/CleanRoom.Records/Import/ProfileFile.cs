using System.Collections.Frozen;
using System.Text.Json;
using CleanRoom.Records.Lists;
using CleanRoom.Records.Normalisation;

namespace CleanRoom.Records.Import;

/// <summary>
/// Reads a contributor's own mapping profile (docs/mapping-profiles.md), strictly: an unknown member, field, code list or code is an error with its place
/// and the nearest name that exists. A profile holds headers and words, never a record's content, so errors may quote it.
/// </summary>
internal static class ProfileFile
{
    public const int MaxBytes = 256 * 1024;
    private const int MaxEntries = 2_000;

    private static readonly string[] Members = ["name", "base", "columns", "codes", "consentWords", "onlyThese", "dates"];

    /// <summary>Reads a file.</summary>
    /// <exception cref="ImportException">It cannot be read or is no profile.</exception>
    public static ImportProfile Read(string path)
    {
        try
        {
            return new FileInfo(path).Length <= MaxBytes
                ? Parse(File.ReadAllText(path))
                : throw new ImportException($"profile: the file is larger than {MaxBytes / 1024} KiB, so it is no profile.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ImportException("profile: the file cannot be read; check its path and permissions.", error);
        }
    }

    /// <summary>Reads a profile.</summary>
    /// <exception cref="ImportException">It is no profile; the message says where and what to write instead.</exception>
    public static ImportProfile Parse(string json)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 8 });
        }
        catch (JsonException error)
        {
            throw new ImportException($"profile: the file is not JSON (line {error.LineNumber + 1}), or names something twice; docs/mapping-profiles.md has an example.", error);
        }
        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                throw new ImportException("profile: must be an object with a name and columns; docs/mapping-profiles.md has an example.");
            }
            foreach (var member in root.EnumerateObject().Where(m => !Members.Contains(m.Name)))
            {
                throw new ImportException($"profile: \"{Quote(member.Name)}\" is not known here; a profile has {string.Join(", ", Members)}.");
            }
            var under = Base(root);
            var columns = new Dictionary<string, (ImportField, string)>(under.Columns, StringComparer.Ordinal);
            foreach (var (key, field) in Columns(root))
            {
                columns[key] = field;
            }
            return new ImportProfile(
                Name(root), columns.ToFrozenDictionary(StringComparer.Ordinal), !Flag(root, "onlyThese") && under.UseSynonyms, under.AggregateOnly, under.ZeroIsNo, ConsentCells(root))
            {
                Codes = CodesOf(root),
                Dates = Dates(root),
            };
        }
    }

    private static string Name(JsonElement root)
    {
        var name = root.TryGetProperty("name", out var value) ? Text(value, "name") : throw new ImportException("profile: name is missing; give the layout a short name, such as \"our-intake-list\".");
        if (name.Length is 0 or > 40 || !name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.' or '+'))
        {
            throw new ImportException("profile: name must be 1 to 40 of a-z, 0-9, -, . and +.");
        }
        return Profiles.All.Any(p => p.Name == name) ? throw new ImportException($"profile: name: {name} is a shipped profile; take another name.") : name;
    }

    private static ImportProfile Base(JsonElement root)
    {
        if (!root.TryGetProperty("base", out var value))
        {
            return Profiles.Get("case-list");
        }
        var name = Text(value, "base");
        return Profiles.All.FirstOrDefault(p => p.Name == name)
            ?? throw new ImportException($"profile: base: there is no shipped profile \"{Quote(name)}\"; shipped are {string.Join(", ", Profiles.All.Select(p => p.Name))}.");
    }

    private static List<(string Key, (ImportField, string) Field)> Columns(JsonElement root)
    {
        var columns = new List<(string, (ImportField, string))>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in Entries(root, "columns"))
        {
            var text = Text(item.Value, $"columns: \"{Quote(item.Name)}\"");
            if (!Profiles.TryField(text, out var field))
            {
                throw new ImportException($"profile: columns: \"{Quote(item.Name)}\" names the field {Quote(text)}, which does not exist; did you mean {Nearest(text.Split(':')[0], Enum.GetNames<ImportField>())}?");
            }
            CheckParameter(item.Name, field);
            var key = Profiles.KeyOf(item.Name);
            if (key.Length == 0)
            {
                throw new ImportException("profile: columns: a header must hold a letter or a digit.");
            }
            columns.Add(seen.Add(key) ? (key, field) : throw new ImportException($"profile: columns: \"{Quote(item.Name)}\" stands there twice (capitals, accents and signs do not count)."));
        }
        return columns;
    }

    /// <summary>Only flags have something behind their colon: the list and the code that a 1 in the column stands for.</summary>
    private static void CheckParameter(string header, (ImportField Field, string Param) field)
    {
        if (field.Field != ImportField.Flag)
        {
            if (field.Param.Length > 0)
            {
                throw new ImportException($"profile: columns: \"{Quote(header)}\": {field.Field} takes nothing behind a colon; only Flag does.");
            }
            return;
        }
        var parts = field.Param.Split(':');
        var list = parts[0] switch
        {
            "meansOfControl" => "meansOfControl",
            "types" => "exploitationType",
            "subTypes" => "exploitationSubType",
            "recruitmentMethods" => "recruitmentMethod",
            "recruiterRelation" => "recruiterRelation",
            _ => throw new ImportException($"profile: columns: \"{Quote(header)}\": write Flag:LIST:CODE with the list meansOfControl, types, subTypes, recruitmentMethods or recruiterRelation."),
        };
        if (parts.Length != 2 || !CodeLists.Contains(list, parts[1]))
        {
            throw new ImportException($"profile: columns: \"{Quote(header)}\": code list {list} has no such code; did you mean {Nearest(parts.Length > 1 ? parts[1] : "", CodeLists.Get(list).Values.Select(v => v.Code))}?");
        }
    }

    private static FrozenDictionary<string, IReadOnlyList<string>> ConsentCells(JsonElement root)
    {
        var words = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var item in Entries(root, "consentWords"))
        {
            if (item.Value.ValueKind != JsonValueKind.Array)
            {
                throw new ImportException($"profile: consentWords: \"{Quote(item.Name)}\" must be a list of purposes such as [\"C1\", \"C2\"]; an empty list grants nothing.");
            }
            var purposes = item.Value.EnumerateArray().Select(e => Text(e, $"consentWords: \"{Quote(item.Name)}\"")).ToArray();
            var read = purposes.Length == 0 ? [] : ConsentWords.Codes(string.Join(';', purposes))?.Purposes
                ?? throw new ImportException($"profile: consentWords: \"{Quote(item.Name)}\" names a purpose that does not exist; the purposes are C0 to C9.");
            if (!words.TryAdd(Normalisation.Text.FoldWords(item.Name), read))
            {
                throw new ImportException($"profile: consentWords: \"{Quote(item.Name)}\" stands there twice.");
            }
        }
        return words.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static FrozenDictionary<string, FrozenDictionary<string, string>> CodesOf(JsonElement root)
    {
        var lists = new Dictionary<string, FrozenDictionary<string, string>>(StringComparer.Ordinal);
        foreach (var list in Entries(root, "codes"))
        {
            if (!CodeReader.Lists.Contains(list.Name))
            {
                throw new ImportException($"profile: codes: no column is read by a code list \"{Quote(list.Name)}\"; the lists are {string.Join(", ", CodeReader.Lists)}.");
            }
            if (list.Value.ValueKind != JsonValueKind.Object)
            {
                throw new ImportException($"profile: codes: {list.Name} must be an object of cells and codes.");
            }
            var codes = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var item in list.Value.EnumerateObject())
            {
                var code = Text(item.Value, $"codes: {list.Name}: \"{Quote(item.Name)}\"");
                if (!CodeLists.Contains(list.Name, code))
                {
                    throw new ImportException($"profile: codes: {list.Name} has no code {Quote(code)}; did you mean {Nearest(code, CodeLists.Get(list.Name).Values.Select(v => v.Code))}?");
                }
                if (!codes.TryAdd(CodeReader.KeyOf(item.Name), code))
                {
                    throw new ImportException($"profile: codes: {list.Name}: \"{Quote(item.Name)}\" stands there twice.");
                }
            }
            lists[list.Name] = codes.ToFrozenDictionary(StringComparer.Ordinal);
        }
        return lists.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static DateOrder Dates(JsonElement root) => !root.TryGetProperty("dates", out var value) ? DateOrder.Unknown : Text(value, "dates") switch
    {
        "day-first" => DateOrder.DayFirst,
        "month-first" => DateOrder.MonthFirst,
        _ => throw new ImportException("profile: dates must be day-first or month-first; dates such as 2024-05-31 need neither."),
    };

    private static bool Flag(JsonElement root, string name) => root.TryGetProperty(name, out var value) && value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new ImportException($"profile: {name} must be true or false."),
    };

    private static JsonProperty[] Entries(JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out var list))
        {
            return [];
        }
        if (list.ValueKind != JsonValueKind.Object)
        {
            throw new ImportException($"profile: {name} must be an object.");
        }
        var entries = list.EnumerateObject().ToArray();
        return entries.Length <= MaxEntries ? entries : throw new ImportException($"profile: {name} has more than {MaxEntries} entries.");
    }

    private static string Text(JsonElement value, string where) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new ImportException($"profile: {where} must be a text in quotes.");

    private static string Quote(string text) => Normalisation.Text.Clean(text, 60);

    /// <summary>The name that shares the most pairs of letters.</summary>
    private static string Nearest(string text, IEnumerable<string> names)
    {
        static HashSet<string> Pairs(string word) => [.. Enumerable.Range(0, Math.Max(0, word.Length - 1)).Select(i => word.Substring(i, 2).ToLowerInvariant())];
        var wanted = Pairs(text);
        return names.OrderByDescending(n => Pairs(n) is var p && p.Count + wanted.Count > 0 ? 2.0 * p.Intersect(wanted).Count() / (p.Count + wanted.Count) : 0)
            .ThenBy(n => n, StringComparer.Ordinal).First();
    }
}
