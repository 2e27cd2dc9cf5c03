using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace CleanRoom.Evidence.Kinds;

/// <summary>One kind of evidence: how its reference values are read, and how its bytes become examined evidence.</summary>
internal interface IEvidenceKind
{
    /// <summary>Name, as in a charter's <c>tee</c>.</summary>
    string Name { get; }

    /// <summary>True if no hardware stands behind it.</summary>
    bool Simulated { get; }

    /// <summary>What holds where no charter speaks: everything but reference values is checked.</summary>
    Reference Strict { get; }

    /// <summary>Reads a charter's reference values: all of them understood, or none.</summary>
    /// <param name="enclave">The charter's enclave.</param>
    /// <param name="reference">What was read.</param>
    /// <param name="problem">One sentence with the member and the remedy.</param>
    bool TryReadReference(EnclaveReference enclave, [NotNullWhen(true)] out Reference? reference, [NotNullWhen(false)] out string? problem);

    /// <summary>Parses and verifies evidence: bytes, signatures, chain. Never throws on what the parts contain.</summary>
    /// <param name="parts">The envelope's parts.</param>
    /// <param name="context">Time and collateral.</param>
    Examination Examine(ImmutableSortedDictionary<string, ReadOnlyMemory<byte>> parts, AppraisalContext context);
}

/// <summary>Reference values of one enclave.</summary>
/// <param name="Kind">Kind of evidence.</param>
/// <param name="Name">What the members call the enclave.</param>
internal abstract record Reference(string Kind, string Name);
