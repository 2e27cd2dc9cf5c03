using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace CleanRoom.Evidence;

/// <summary>What appraised evidence shows. Made by an appraisal only.</summary>
public sealed record EvidenceClaims
{
    private readonly JsonObject _details;

    internal EvidenceClaims(string kind, bool simulated, string enclave, LaunchMeasurement measurement, JsonObject details, ImmutableArray<Notice> notices)
    {
        Kind = kind;
        Simulated = simulated;
        Enclave = enclave;
        Measurement = measurement;
        _details = details;
        Notices = notices;
    }

    /// <summary>Evidence kind, as in a charter's <c>tee</c>.</summary>
    public string Kind { get; }

    /// <summary>True if no hardware stands behind it.</summary>
    public bool Simulated { get; }

    /// <summary>The name of the charter's enclave whose reference values it met.</summary>
    public string Enclave { get; }

    /// <summary>Measurement of the running code.</summary>
    public LaunchMeasurement Measurement { get; }

    /// <summary>What a reader should know although every check passed.</summary>
    public ImmutableArray<Notice> Notices { get; }

    /// <summary>Everything that the evidence says, by kind (docs/attestation.md); a copy. No id of a machine stands in it.</summary>
    public JsonObject Details => _details.DeepClone().AsObject();
}
