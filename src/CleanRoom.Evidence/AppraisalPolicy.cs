using System.Collections.Immutable;
using System.Text.Json;
using CleanRoom.Evidence.Kinds;

namespace CleanRoom.Evidence;

/// <summary>One enclave that a charter approves: a member of its <c>enclaves</c>, not yet read.</summary>
/// <param name="Name">What the members call it.</param>
/// <param name="Tee">Evidence kind.</param>
/// <param name="Reference">The <c>reference</c> object.</param>
/// <param name="Floors">The <c>floors</c> object, or <see langword="null"/> if there is none.</param>
public sealed record EnclaveReference(string Name, string Tee, JsonElement Reference, JsonElement? Floors);

/// <summary>What evidence is appraised against: the reference values and floors of one charter. What it does not mention is refused.</summary>
public sealed class AppraisalPolicy
{
    private readonly ImmutableArray<Reference> _references;
    private readonly ImmutableArray<string> _incomplete;

    private AppraisalPolicy(bool simulated, ImmutableArray<Reference> references, ImmutableArray<string> incomplete, ImmutableArray<string> problems)
    {
        Simulated = simulated;
        _references = references;
        _incomplete = incomplete;
        Problems = problems;
    }

    /// <summary>True if the room is simulated: then simulated evidence is the only kind, else it is refused.</summary>
    public bool Simulated { get; }

    /// <summary>One sentence for each reference that cannot be used. Those references approve nothing.</summary>
    public ImmutableArray<string> Problems { get; }

    /// <summary>Reads a charter's enclaves. Never throws on what they contain: a reference that is not understood approves nothing.</summary>
    /// <param name="simulated">The charter's <c>simulated</c>.</param>
    /// <param name="enclaves">The charter's <c>enclaves</c>.</param>
    public static AppraisalPolicy Create(bool simulated, IEnumerable<EnclaveReference> enclaves)
    {
        ArgumentNullException.ThrowIfNull(enclaves);
        var references = ImmutableArray.CreateBuilder<Reference>();
        var incomplete = ImmutableArray.CreateBuilder<string>();
        var problems = ImmutableArray.CreateBuilder<string>();
        foreach (var enclave in enclaves)
        {
            if (EvidenceKinds.Find(enclave.Tee) is not { } kind)
            {
                incomplete.Add(enclave.Tee);
                problems.Add($"enclaves {enclave.Name}: evidence of kind {enclave.Tee} cannot be appraised by this build; use one that can, or name an enclave of another kind.");
            }
            else if (kind.TryReadReference(enclave, out var reference, out var problem))
            {
                references.Add(reference);
            }
            else
            {
                incomplete.Add(enclave.Tee);
                problems.Add(problem);
            }
        }

        return new AppraisalPolicy(simulated, references.ToImmutable(), incomplete.ToImmutable(), problems.ToImmutable());
    }

    internal bool IsIncomplete(string kind) => _incomplete.Contains(kind);

    internal ImmutableArray<Reference> ReferencesOf(string kind) => [.. _references.Where(reference => reference.Kind == kind)];
}
