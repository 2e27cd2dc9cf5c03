namespace CleanRoom.Linkage.Tests.Rooms;

/// <summary>A person, as he or she is: what a file says of it is another matter.</summary>
internal sealed record PlannedPerson(LanguagePack Pack, bool Female, Word Given, Word? Family, DateOnly Born, Word Home, Word Alias)
{
    public string Native => Join(Given.Native, Family?.Native, Pack.Name is "zh" or "ko" ? "" : " ");

    public string Latin(int variant) => Join(Pick(Given, variant), Family is null ? null : Pick(Family, variant), " ");

    public static string Pick(Word word, int variant) => word.Latin[variant % word.Latin.Count];

    private string Join(string given, string? family, string blank) => family is null ? given : Pack.FamilyFirst ? family + blank + given : given + blank + family;
}

/// <summary>A telephone: digits of the national number, and the pack of its country.</summary>
internal sealed record PlannedPhone(LanguagePack Pack, string National);

/// <summary>A suspect.</summary>
internal sealed record PlannedSuspect(PlannedPerson Person, PlannedPhone Phone, string Handle, string Platform, string Account);

/// <summary>A site: words, street, number and town of a country.</summary>
internal sealed record PlannedSite(LanguagePack Pack, Word Name, Word Street, int Number, Word Town, (string Native, string Latin) Template);

/// <summary>An employer or agency.</summary>
internal sealed record PlannedCompany(LanguagePack Pack, Word Name, (string Native, string Latin) Template, string Licence);

/// <summary>A boat.</summary>
internal sealed record PlannedVessel(string Name, string Registration, string Imo, Word Port);

/// <summary>One row: who and what it tells of, and how much of it.</summary>
internal sealed class PlannedCase
{
    public required string Ref { get; set; }

    public required int Number { get; set; }

    public required int Contributor { get; init; }

    public PlannedPerson? Victim { get; set; }

    public bool NameUnknown { get; set; }

    public int Variant { get; set; }

    public bool Typo { get; set; }

    public bool ShowBirth { get; set; } = true;

    public bool AgeOnly { get; set; }

    public bool YearOnly { get; set; }

    public bool ShowHome { get; set; } = true;

    public PlannedPhone? Phone { get; set; }

    public string RawPhone { get; set; } = "";

    public string Email { get; set; } = "";

    public string Passport { get; set; } = "";

    public string IdNumber { get; set; } = "";

    /// <summary>True if the layout has a column for it.</summary>
    public bool IdShown { get; set; }

    public PlannedSuspect? Suspect { get; set; }

    public bool ShowSuspectName { get; set; } = true;

    public bool ShowSuspectPhone { get; set; }

    public bool ShowSuspectHandle { get; set; }

    public bool ShowSuspectAccount { get; set; }

    public PlannedSite? Site { get; set; }

    public Word? Town { get; set; }

    public PlannedCompany? Company { get; set; }

    public bool ShowLicence { get; set; }

    public string Plate { get; set; } = "";

    public LanguagePack? PlatePack { get; set; }

    public PlannedVessel? Vessel { get; set; }

    public bool ShowVesselNumber { get; set; }

    public DateOnly Seen { get; set; }

    /// <summary>all, ngo, anon, stats or none.</summary>
    public string Consent { get; set; } = "all";

    public IReadOnlyList<string> Purposes => Consent switch
    {
        "all" => ["C1", "C2", "C3", "C5", "C6"],
        "ngo" => ["C1", "C2", "C3"],
        "anon" => ["C1", "C2", "C3", "C5"],
        "stats" => ["C1"],
        _ => [],
    };
}

/// <summary>A link that holds between two rows.</summary>
internal sealed record PlannedLink(string Type, string First, string Second, bool Exact, string Holder, string Why)
{
    public string Key => $"{Type} {First} {Second}";
}

/// <summary>A file of a contributor.</summary>
internal sealed record PlannedFile(string Id, string Name, string File, byte[] Content, string Layout, string RefPattern, LanguagePack Pack, string ManifestFile, string Manifest);

/// <summary>A room of case files with its truth.</summary>
internal sealed record PlannedRoom(int Seed, string Title, IReadOnlyList<PlannedFile> Files, IReadOnlyList<PlannedCase> Cases, IReadOnlyList<PlannedLink> Truth, string RoomJson, string TruthCsv);
