using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using CleanRoom.Cryptography;

namespace CleanRoom.Linkage.Models;

/// <summary>
/// The numbers by which a room's engine weighs persons, in bits (LINKAGE.md 6.3, 6.4; DATA.md 4.2, Q1 and Q2). A charter names its model by digest, so that every contributor has signed the numbers and
/// every enclave scores alike. Which agreements a strength needs besides, and how sites, organisations and vessels meet, is code: the charter approves that by measurement.
/// </summary>
public sealed record RoomModel
{
    /// <summary>The version of the format.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Longest file, in bytes.</summary>
    public const int MaxSize = 16 << 10;

    private const int MaxName = 64;
    private const string What = "linkage model";

    private static readonly Lazy<RoomModel> Loaded = new(Load);

    /// <summary>The model that ships.</summary>
    public static RoomModel Shipped => Loaded.Value;

    /// <summary>The version.</summary>
    public required int Version { get; init; }

    /// <summary>Its name: 1 to 64 letters, digits, dots and hyphens of ASCII. It identifies nothing; the digest does.</summary>
    public required string Name { get; init; }

    /// <summary>How rare a word of a name is.</summary>
    public required TermNumbers Terms { get; init; }

    /// <summary>Names.</summary>
    public required NameNumbers Names { get; init; }

    /// <summary>Births.</summary>
    public required BirthNumbers Births { get; init; }

    /// <summary>What else two persons have in common.</summary>
    public required PersonNumbers Persons { get; init; }

    /// <summary>Totals from which on something is said.</summary>
    public required ThresholdNumbers Thresholds { get; init; }

    /// <summary>SHA-256 of the canonical form (RFC 8785): what a charter names as <c>linkageModel</c>.</summary>
    [JsonIgnore]
    public Digest Digest => Digest.Of(ToCanonical());

    /// <summary>Reads a model. White space and the order of members do not matter.</summary>
    /// <param name="utf8Json">JSON, at most <see cref="MaxSize"/> bytes.</param>
    /// <exception cref="FormatException">It is not one; the message says where and what to do.</exception>
    public static RoomModel Parse(ReadOnlySpan<byte> utf8Json)
    {
        var model = ModelFile.Parse(utf8Json, RoomModelJson.Default.RoomModel, What, MaxSize);
        model.Check();
        return model;
    }

    /// <summary>Reads a model from a file of at most <see cref="MaxSize"/> bytes; no more than that is read.</summary>
    /// <param name="stream">The file.</param>
    /// <exception cref="FormatException">It is not one; the message says where and what to do.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static RoomModel Read(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var bytes = new byte[MaxSize + 1];
        return Parse(bytes.AsSpan(0, stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)));
    }

    /// <summary>Writes it for people; what is parsed again has the same digest.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, RoomModelJson.Default.RoomModel);

    private byte[] ToCanonical() => CanonicalJson.Canonicalize(Encoding.UTF8.GetBytes(ToJson()));

    private static RoomModel Load()
    {
        using var stream = ModelFile.OpenShipped("models/room.json", What);
        return Read(stream);
    }

    private void Check()
    {
        ModelFile.Require(Version == CurrentVersion, "version", $"must be {CurrentVersion}");
        ModelFile.Require(Name.Length is > 0 and <= MaxName && Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-'), "name", "must have 1 to 64 letters, digits, dots and hyphens");
        ModelFile.Require(Terms.PriorEntities is >= 1 and <= 1e6 && Terms.PriorCount is > 0 and <= 1 && Terms.Rarest is > 0 and < 1, "terms", "must have priorEntities 1 to 1000000, priorCount above 0 to 1, rarest between 0 and 1");
        ModelFile.Require(Names is { Sound: <= 1, Skeleton: > 0 } && Names.Sound >= Names.Close && Names.Close >= Names.Variant && Names.Variant >= Names.Near && Names.Near >= Names.Skeleton && Names.Joined is > 0 and <= 1,
            "names", "must have shares above 0 to 1 that fall from sound over close, variant and near to skeleton");
        ModelFile.Require(Births.Years is >= 1 and <= 150 && Births.Overlap is > 0 and <= 1, "births", "must have years 1 to 150 and overlap above 0 to 1");
        RequireBits("names", [Names.JoinedMost, Names.Initial, Names.WeakAlike, Names.Weak], [Names.Missing, Names.Disagreement]);
        RequireBits("births", [Births.Most, Births.Swapped, Births.OtherReading, Births.Digit, Births.YearDigit], [Births.Near, Births.Decade, Births.Disjoint]);
        RequireBits(
            "persons", [Persons.Identifier, Persons.LikelyIdentifier, Persons.Citizenship, Persons.Sex, Persons.HomeMost, Persons.Place, Persons.Organisation, Persons.OtherFact],
            [Persons.OtherCitizenship, Persons.OtherSex, Persons.OtherHome]);
        RequireBits(
            "thresholds",
            [
                Thresholds.Told, Thresholds.Probable, Thresholds.ProbableSingleName, Thresholds.ProbableOtherName, Thresholds.Strong, Thresholds.StrongRareName, Thresholds.StrongSuspect,
                Thresholds.Review, Thresholds.ReviewNameAlone, Thresholds.ReviewOtherDocument,
            ],
            []);
        ModelFile.Require(
            Thresholds.Told > 0 && Thresholds.Probable >= Thresholds.Told && Thresholds.Strong >= Thresholds.Probable && Thresholds.StrongRareName >= Thresholds.Strong && Thresholds.StrongSuspect > 0
            && Math.Min(Thresholds.ProbableSingleName, Thresholds.ProbableOtherName) >= Thresholds.Probable
            && Math.Min(Thresholds.Review, Math.Min(Thresholds.ReviewNameAlone, Thresholds.ReviewOtherDocument)) >= Thresholds.Told,
            "thresholds", "must be above 0 and rise from told over probable and strong to strongRareName; no other may be below told");
    }

    private static void RequireBits(string field, ReadOnlySpan<double> speakingFor, ReadOnlySpan<double> speakingAgainst)
    {
        foreach (var bits in speakingFor)
        {
            ModelFile.Require(bits is >= 0 and <= 64, field, "must have 0 to 64 bits for what agrees");
        }
        foreach (var bits in speakingAgainst)
        {
            ModelFile.Require(bits is >= -64 and <= 0, field, "must have -64 to 0 bits for what differs");
        }
    }
}

/// <summary>How rare a word is among the names of a room.</summary>
public sealed record TermNumbers
{
    /// <summary>As if this many persons with other names had been seen before: keeps small rooms from calling everything common or unique.</summary>
    public required double PriorEntities { get; init; }

    /// <summary>As if each word had been seen so often before.</summary>
    public required double PriorCount { get; init; }

    /// <summary>The least chance of a word.</summary>
    public required double Rarest { get; init; }
}

/// <summary>How much of a word's bits its agreement is worth, by level, and what the rest of a name says.</summary>
public sealed record NameNumbers
{
    /// <summary>Share for the same sound.</summary>
    public required double Sound { get; init; }

    /// <summary>Share for almost the same letters.</summary>
    public required double Close { get; init; }

    /// <summary>Share for a short form or the same name of another language.</summary>
    public required double Variant { get; init; }

    /// <summary>Share for similar letters.</summary>
    public required double Near { get; init; }

    /// <summary>Share for the same consonants.</summary>
    public required double Skeleton { get; init; }

    /// <summary>Share for words that one side writes together.</summary>
    public required double Joined { get; init; }

    /// <summary>The most bits of such words, before the share.</summary>
    public required double JoinedMost { get; init; }

    /// <summary>Bits of an initial.</summary>
    public required double Initial { get; init; }

    /// <summary>Bits of a particle or form of address that sounds the same.</summary>
    public required double WeakAlike { get; init; }

    /// <summary>Bits of one that is only like.</summary>
    public required double Weak { get; init; }

    /// <summary>Bits of a word that one side has more than the other.</summary>
    public required double Missing { get; init; }

    /// <summary>Bits of a word on each side that the other lacks: the chance that one person bears two unlike names against that of two persons.</summary>
    public required double Disagreement { get; init; }
}

/// <summary>Births.</summary>
public sealed record BirthNumbers
{
    /// <summary>Over how many years births of strangers lie.</summary>
    public required double Years { get; init; }

    /// <summary>The probability that periods of one person's birth overlap.</summary>
    public required double Overlap { get; init; }

    /// <summary>The most bits of an overlap.</summary>
    public required double Most { get; init; }

    /// <summary>Bits of day and month swapped.</summary>
    public required double Swapped { get; init; }

    /// <summary>Bits where another reading of a day meets.</summary>
    public required double OtherReading { get; init; }

    /// <summary>Bits of one digit of a day apart.</summary>
    public required double Digit { get; init; }

    /// <summary>Bits of one digit of a year apart.</summary>
    public required double YearDigit { get; init; }

    /// <summary>Bits of less than a year apart.</summary>
    public required double Near { get; init; }

    /// <summary>Bits of less than ten years apart.</summary>
    public required double Decade { get; init; }

    /// <summary>Bits of more.</summary>
    public required double Disjoint { get; init; }
}

/// <summary>What else two persons have in common, in bits.</summary>
public sealed record PersonNumbers
{
    /// <summary>An equal identifier.</summary>
    public required double Identifier { get; init; }

    /// <summary>One that is equal but for what is easily misread.</summary>
    public required double LikelyIdentifier { get; init; }

    /// <summary>A citizenship in common.</summary>
    public required double Citizenship { get; init; }

    /// <summary>None in common.</summary>
    public required double OtherCitizenship { get; init; }

    /// <summary>The same sex.</summary>
    public required double Sex { get; init; }

    /// <summary>Another.</summary>
    public required double OtherSex { get; init; }

    /// <summary>The most of home and birth place together.</summary>
    public required double HomeMost { get; init; }

    /// <summary>Homes without a word in common.</summary>
    public required double OtherHome { get; init; }

    /// <summary>A site or locality of both cases.</summary>
    public required double Place { get; init; }

    /// <summary>An organisation of both cases.</summary>
    public required double Organisation { get; init; }

    /// <summary>Another equal fact of both cases.</summary>
    public required double OtherFact { get; init; }
}

/// <summary>Totals in bits from which on a pair is told or shown, where the rules of the query hold.</summary>
public sealed record ThresholdNumbers
{
    /// <summary>Anything at all.</summary>
    public required double Told { get; init; }

    /// <summary>Probable, by full name and birth.</summary>
    public required double Probable { get; init; }

    /// <summary>Probable, where one side has one name only.</summary>
    public required double ProbableSingleName { get; init; }

    /// <summary>Probable, where identifier and birthday agree and the name does not.</summary>
    public required double ProbableOtherName { get; init; }

    /// <summary>Strong, by full name, birth and one more.</summary>
    public required double Strong { get; init; }

    /// <summary>Strong, by a rare name, birthday and citizenship.</summary>
    public required double StrongRareName { get; init; }

    /// <summary>Strong or Probable of suspects, by name and one more.</summary>
    public required double StrongSuspect { get; init; }

    /// <summary>A full name and something else speak loud enough for a person's look, though a date is missing or off.</summary>
    public required double Review { get; init; }

    /// <summary>A name that is enough by itself for that: two words of a small room never have it, however rare they look there.</summary>
    public required double ReviewNameAlone { get; init; }

    /// <summary>The same where numbers of documents differ.</summary>
    public required double ReviewOtherDocument { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, WriteIndented = true, NewLine = "\n", RespectNullableAnnotations = true)]
[JsonSerializable(typeof(RoomModel))]
internal sealed partial class RoomModelJson : JsonSerializerContext;
