using System.Text.Json;
using CleanRoom.Records.Lists;
using CleanRoom.Records.Validation;

namespace CleanRoom.Records.Import;

/// <summary>Consent that a contributor declares for a whole file whose rows carry none.</summary>
public sealed record DeclaredConsent
{
    /// <summary>Purposes, C1 to C9 or full codes.</summary>
    public IReadOnlyList<string> Purposes { get; init; } = [];

    /// <summary>When it was obtained, ISO date.</summary>
    public string? ObtainedOn { get; init; }

    /// <summary>First day on which it no longer holds, ISO date.</summary>
    public string? ExpiresOn { get; init; }

    /// <summary>Version of the notice that was read to the people.</summary>
    public string? NoticeVersion { get; init; }

    /// <summary>consentGivenBy; defaults to individual.</summary>
    public string? GivenBy { get; init; }
}

/// <summary>A time in which a programme worked in one way: where it ends, a trend may break (DATA.md 1.2 L, R6).</summary>
public sealed record ProgrammePeriod
{
    /// <summary>First year, month or day (EDTF).</summary>
    public string From { get; init; } = "";

    /// <summary>Last year, month or day (EDTF); null = it goes on.</summary>
    public string? To { get; init; }

    /// <summary>exploitationType codes that the programme looked for.</summary>
    public IReadOnlyList<string> ProgrammeFocus { get; init; } = [];

    /// <summary>Size of the staff, as a band in words.</summary>
    public string? Staff { get; init; }

    /// <summary>What changed when the period began.</summary>
    public string? ChangeNote { get; init; }
}

/// <summary>The dataset manifest (DATA.md 1.2 L): one per contributor and import. It is public within the room and stands beside every statistic.</summary>
public sealed record DatasetManifest
{
    /// <summary>Contributor id.</summary>
    public string ContributorId { get; init; } = "";

    /// <summary>Display name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Whom the programme reaches; shown beside every statistic.</summary>
    public string Catchment { get; init; } = "";

    /// <summary>Whom the programme takes in; shown beside every statistic.</summary>
    public string IntakeCriteria { get; init; } = "";

    /// <summary>supportType codes of what the programme offers.</summary>
    public IReadOnlyList<string> Services { get; init; } = [];

    /// <summary>determinationFramework.</summary>
    public string DefinitionFramework { get; init; } = "";

    /// <summary>Countries (alpha-3).</summary>
    public IReadOnlyList<string> Jurisdiction { get; init; } = [];

    /// <summary>How the programme changed, in order of time.</summary>
    public IReadOnlyList<ProgrammePeriod> Periods { get; init; } = [];

    /// <summary>Consent declared for the whole file; null = only what the rows say.</summary>
    public DeclaredConsent? DeclaredConsent { get; init; }

    /// <summary>Life of a consent whose expiry the file does not give, in months from the import. Defaults to 24, at most 60.</summary>
    public int ConsentMonths { get; init; } = 24;

    /// <summary>Reads a manifest file; members that it does not know are left to others.</summary>
    /// <exception cref="ImportException">It is no manifest; the message names the member.</exception>
    public static DatasetManifest Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = new ManifestObject(document.RootElement, "");
            return new DatasetManifest
            {
                ContributorId = root.Text("contributorId") ?? "",
                Name = root.Text("name") ?? "",
                Catchment = root.Text("catchment") ?? "",
                IntakeCriteria = root.Text("intakeCriteria") ?? "",
                Services = root.Texts("services"),
                DefinitionFramework = root.Text("definitionFramework") ?? "",
                Jurisdiction = root.Texts("jurisdiction"),
                Periods = [.. root.Objects("periods").Select(item => new ProgrammePeriod
                {
                    From = item.Text("from") ?? "",
                    To = item.Text("to"),
                    ProgrammeFocus = item.Texts("programmeFocus"),
                    Staff = item.Text("staff"),
                    ChangeNote = item.Text("changeNote"),
                })],
                DeclaredConsent = root.Object("declaredConsent") is { } consent
                    ? new DeclaredConsent
                    {
                        Purposes = consent.Texts("purposes"),
                        ObtainedOn = consent.Text("obtainedOn"),
                        ExpiresOn = consent.Text("expiresOn"),
                        NoticeVersion = consent.Text("noticeVersion"),
                        GivenBy = consent.Text("givenBy"),
                    }
                    : null,
                ConsentMonths = Math.Clamp(root.Number("consentMonths") ?? 24, 1, 60),
            };
        }
        catch (JsonException error)
        {
            throw new ImportException("The manifest is not valid JSON; compare it with samples/manifest_a.json.", error);
        }
    }

    /// <summary>Says all that a reader of statistics would miss or that contradicts itself; empty if nothing.</summary>
    public IReadOnlyList<RecordProblem> Check()
    {
        var problems = new List<RecordProblem>();
        void Wrong(string field, IssueSeverity severity, string message, string remedy) => problems.Add(new RecordProblem(field, severity, message, remedy));
        if (Catchment.Length == 0)
        {
            Wrong("catchment", IssueSeverity.Warning, "It does not say whom the programme reaches.", "Write one sentence: it stands beside every statistic.");
        }
        if (!CodeLists.Get("determinationFramework").Contains(DefinitionFramework))
        {
            Wrong("definitionFramework", IssueSeverity.Warning, "It is no code of determinationFramework, so a status of a case counts as not assessed.", "Use a code such as Palermo or ILO11.");
        }
        if (Jurisdiction.Count == 0)
        {
            Wrong("jurisdiction", IssueSeverity.Warning, "No country is named, so local numbers and plates are read without one.", "Name countries by their alpha-3 codes.");
        }
        for (var i = 0; i < Jurisdiction.Count; i++)
        {
            if (!CodeLists.Get("country").Contains(Jurisdiction[i]))
            {
                Wrong($"jurisdiction[{i}]", IssueSeverity.Error, "It is no country code.", "Use the alpha-3 code, such as THA.");
            }
        }
        var last = int.MinValue;
        for (var i = 0; i < Periods.Count; i++)
        {
            var (period, path) = (Periods[i], $"periods[{i}]");
            int from = 0, to = int.MaxValue;
            if (!Edtf.TryParse(period.From, out from, out _) || (period.To is { } end && !Edtf.TryParse(end, out _, out to)))
            {
                Wrong(path, IssueSeverity.Error, "Its first or last day is no date.", "Write YYYY, YYYY-MM or YYYY-MM-DD; leave \"to\" out while it goes on.");
                continue;
            }
            if (to < from || from <= last)
            {
                Wrong(path, IssueSeverity.Error, "It ends before it begins, or begins before the one before it ends.", "Put the periods in order of time, without overlap.");
            }
            last = to;
            for (var j = 0; j < period.ProgrammeFocus.Count; j++)
            {
                if (!CodeLists.Get("exploitationType").Contains(period.ProgrammeFocus[j]))
                {
                    Wrong($"{path}.programmeFocus[{j}]", IssueSeverity.Error, "It is no code of exploitationType.", "Use a code such as ForcedLabour.");
                }
            }
        }
        return problems;
    }

    /// <summary>One object of the manifest; a member of another kind than it must have is named.</summary>
    private readonly struct ManifestObject
    {
        private readonly JsonElement _element;
        private readonly string _path;

        public ManifestObject(JsonElement element, string path)
        {
            (_element, _path) = (element, path);
            if (element.ValueKind != JsonValueKind.Object)
            {
                throw Wrong(path.Length == 0 ? "The manifest" : path, "an object");
            }
        }

        public string? Text(string name) => Find(name) is not { } value ? null : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(_path + name, "a text");

        public int? Number(string name) => Find(name) is not { } value ? null : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : throw Wrong(_path + name, "a whole number");

        public IReadOnlyList<string> Texts(string name)
        {
            var path = _path + name;
            return [.. Items(name).Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Wrong(path, "a list of texts"))];
        }

        public IEnumerable<ManifestObject> Objects(string name)
        {
            var path = _path + name;
            return Items(name).Select((item, i) => new ManifestObject(item, $"{path}[{i}]."));
        }

        public ManifestObject? Object(string name) => Find(name) is { } value ? new ManifestObject(value, _path + name + ".") : null;

        private List<JsonElement> Items(string name) => Find(name) is not { } value ? [] : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : throw Wrong(_path + name, "a list");

        // Capitals in the names of members do not count, as they did not in earlier versions; null is as if it were not there.
        private JsonElement? Find(string name)
        {
            JsonElement? found = null;
            foreach (var member in _element.EnumerateObject())
            {
                if (member.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    found = member.Value;
                }
            }
            return found is { ValueKind: not JsonValueKind.Null } ? found : null;
        }

        private static ImportException Wrong(string what, string kind) => new($"The manifest is not valid: {what.TrimEnd('.')} must be {kind}; compare it with samples/manifest_a.json.");
    }
}
