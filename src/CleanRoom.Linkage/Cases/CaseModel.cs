using System.Text.Json;
using System.Text.Json.Serialization;
using CleanRoom.Linkage.Models;

namespace CleanRoom.Linkage.Cases;

/// <summary>The numbers by which shared things are combined into links of cases, in bits (LINKAGE.md 6.4). Apart from those of persons: a site or a recruiter says that two cases are one, not that two people are.</summary>
public sealed record CaseModel
{
    /// <summary>The version of the format.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Longest file, in bytes.</summary>
    public const int MaxSize = 16 << 10;

    private const string What = "case model";

    private static readonly Lazy<CaseModel> Loaded = new(Load);

    /// <summary>The model that ships.</summary>
    public static CaseModel Shipped => Loaded.Value;

    /// <summary>The version.</summary>
    public required int Version { get; init; }

    /// <summary>Two records picked at random: log2 of the odds that they tell of one case.</summary>
    public required double Prior { get; init; }

    /// <summary>For each kind what a shared thing weighs.</summary>
    public required CaseEntityBits Bits { get; init; }

    /// <summary>So many records may share a thing, as those of one case do, before it says less: from there on one bit less for each doubling.</summary>
    public required double Usual { get; init; }

    /// <summary>What a further thing of a kind weighs that has spoken already, as a share of the one before.</summary>
    public required double Repeated { get; init; }

    /// <summary>What a thing weighs that rests on a fact that has spoken already (a person known by the shared number), as a share.</summary>
    public required double SameFact { get; init; }

    /// <summary>What a thing weighs that is in doubt (other holders, periods far apart, other roles), as a share.</summary>
    public required double InDoubt { get; init; }

    /// <summary>Totals from which on a link is Possible, Probable and Strong, if it has the minimum evidence.</summary>
    public required CaseThresholds Thresholds { get; init; }

    /// <summary>Reads a model. White space and the order of members do not matter.</summary>
    /// <param name="utf8Json">JSON, at most <see cref="MaxSize"/> bytes.</param>
    /// <exception cref="FormatException">It is not one; the message says where and what to do.</exception>
    public static CaseModel Parse(ReadOnlySpan<byte> utf8Json)
    {
        var model = ModelFile.Parse(utf8Json, CaseModelJson.Default.CaseModel, What, MaxSize);
        model.Check();
        return model;
    }

    /// <summary>Writes it; what is parsed again weighs the same to the last bit.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, CaseModelJson.Default.CaseModel);

    private static CaseModel Load()
    {
        using var stream = ModelFile.OpenShipped("models/case.json", What);
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return Parse(bytes.ToArray());
    }

    private void Check()
    {
        ModelFile.Require(Version == CurrentVersion, "version", $"must be {CurrentVersion}");
        ModelFile.Require(Prior is >= -64 and <= 0, "prior", "must be -64 to 0 bits");
        foreach (var entity in Enum.GetValues<CaseEntity>())
        {
            var bits = Bits.Of(entity);
            ModelFile.Require(
                bits is { Possible: >= 0, Exact: <= 64 } && bits.Possible <= bits.Probable && bits.Probable <= bits.Strong && bits.Strong <= bits.Exact,
                "bits", "must have 0 to 64 for each kind, rising from possible to exact");
        }
        ModelFile.Require(Usual is >= 2 and <= 1e6, "usual", "must be 2 to 1000000");
        ModelFile.Require(Repeated is >= 0 and <= 1 && SameFact is >= 0 and <= 1 && InDoubt is >= 0 and <= 1, "repeated, sameFact, inDoubt", "must be shares of 0 to 1");
        ModelFile.Require(Thresholds.Possible <= Thresholds.Probable && Thresholds.Probable <= Thresholds.Strong && Thresholds is { Possible: >= -64, Strong: <= 64 }, "thresholds", "must rise from possible to strong, within -64 to 64 bits");
    }
}

/// <summary>What a shared thing weighs, by kind.</summary>
/// <param name="Person">A person.</param>
/// <param name="Contact">A telephone number, mailbox or handle.</param>
/// <param name="Document">A document.</param>
/// <param name="Account">An account or wallet.</param>
/// <param name="Vehicle">A vehicle.</param>
/// <param name="Vessel">A vessel.</param>
/// <param name="Site">A site of exploitation.</param>
/// <param name="Organisation">An organisation.</param>
/// <param name="CaseNumber">A case number of a third organisation.</param>
public sealed record CaseEntityBits(
    CaseBits Person, CaseBits Contact, CaseBits Document, CaseBits Account, CaseBits Vehicle, CaseBits Vessel, CaseBits Site, CaseBits Organisation, CaseBits CaseNumber)
{
    /// <summary>The bits of a kind.</summary>
    public CaseBits Of(CaseEntity entity) => entity switch
    {
        CaseEntity.Person => Person,
        CaseEntity.Contact => Contact,
        CaseEntity.Document => Document,
        CaseEntity.Account => Account,
        CaseEntity.Vehicle => Vehicle,
        CaseEntity.Vessel => Vessel,
        CaseEntity.Site => Site,
        CaseEntity.Organisation => Organisation,
        CaseEntity.CaseNumber => CaseNumber,
        _ => throw new ArgumentOutOfRangeException(nameof(entity)),
    };
}

/// <summary>What a shared thing weighs, by how sure it is that it is one.</summary>
/// <param name="Possible">Hardly.</param>
/// <param name="Probable">Likely.</param>
/// <param name="Strong">Several attributes agree.</param>
/// <param name="Exact">Its number is equal.</param>
public sealed record CaseBits(double Possible, double Probable, double Strong, double Exact)
{
    /// <summary>The bits of a strength.</summary>
    public double Of(LinkStrength strength) => strength switch
    {
        LinkStrength.Exact => Exact,
        LinkStrength.Strong => Strong,
        LinkStrength.Probable => Probable,
        _ => Possible,
    };
}

/// <summary>Totals in bits.</summary>
/// <param name="Possible">Anything at all.</param>
/// <param name="Probable">With a kind of evidence that is Probable at least.</param>
/// <param name="Strong">With two.</param>
public sealed record CaseThresholds(double Possible, double Probable, double Strong);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    WriteIndented = true, NewLine = "\n", RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(CaseModel))]
internal sealed partial class CaseModelJson : JsonSerializerContext;
