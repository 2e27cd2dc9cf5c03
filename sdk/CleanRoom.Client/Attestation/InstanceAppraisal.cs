using System.Text.Json;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Evidence;

namespace CleanRoom.Client.Attestation;

/// <summary>What one broker's evidence of an instance showed.</summary>
/// <param name="Broker">The member whose broker gave the nonce.</param>
/// <param name="Trusted">Whether every check passed.</param>
/// <param name="Rejection">Why not; null if trusted.</param>
/// <param name="Kind">Kind of evidence; null if rejected.</param>
/// <param name="Enclave">Name of the charter's enclave that it met; null if rejected.</param>
/// <param name="Measurement">Measurement of the code, hex; null if rejected.</param>
public sealed record EvidenceResult(MemberId Broker, bool Trusted, RejectionReason? Rejection, string? Kind, string? Enclave, string? Measurement);

/// <summary>What this client itself finds when it appraises the raw evidence of an enclave instance against a charter.</summary>
/// <param name="Generation">The instance.</param>
/// <param name="Signing">Id of its signing key.</param>
/// <param name="Evidence">One result for each broker's evidence.</param>
public sealed record InstanceAppraisal(long Generation, string Signing, IReadOnlyList<EvidenceResult> Evidence)
{
    /// <summary>Whether there is evidence and all of it is trusted.</summary>
    public bool Trusted => Evidence.Count > 0 && Evidence.All(item => item.Trusted);

    /// <summary>Appraises an instance entry.</summary>
    /// <param name="entry">The entry, as in the log.</param>
    /// <param name="charter">The charter in force at its position.</param>
    /// <param name="context">Time, and what the hardware's vendors publish (<see cref="MemberProfile.ReadCollateral"/>); null: none, and then simulated evidence alone can be trusted.</param>
    public static InstanceAppraisal Of(InstanceEntry entry, RoomCharter charter, AppraisalContext? context = null)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(charter);
        using var json = JsonDocument.Parse(charter.CanonicalBytes);
        var policy = AppraisalPolicy.Create(charter.Simulated, [.. json.RootElement.GetProperty("enclaves").EnumerateArray().Select(enclave => new EnclaveReference(
            enclave.GetProperty("name").GetString()!,
            enclave.GetProperty("tee").GetString()!,
            enclave.GetProperty("reference"),
            enclave.TryGetProperty("floors", out var floors) ? floors : null))]);
        return new InstanceAppraisal(entry.Generation, entry.Signing.Id.ToString(), [.. entry.Evidence.Select(item => Appraise(item, entry, charter, policy, context ?? AppraisalContext.SimulatedOnly))]);
    }

    private static EvidenceResult Appraise(InstanceEvidence item, InstanceEntry entry, RoomCharter charter, AppraisalPolicy policy, AppraisalContext context)
    {
        if (item.Nonce.Length != ReportBinding.NonceSize || entry.Signing.Id == entry.Release.Id || entry.Charter != charter.Hash)
        {
            return new EvidenceResult(item.Broker, false, RejectionReason.ReportDataMismatch, null, null, null);
        }

        var binding = ReportBinding.Compute(item.Nonce.Span, entry.Signing, entry.Release, charter.Hash);
        return EvidenceAppraiser.Appraise(item.Evidence.Span, binding, policy, context) switch
        {
            Appraisal.Trusted trusted => new EvidenceResult(
                item.Broker, true, null, trusted.Claims.Kind, trusted.Claims.Enclave, trusted.Claims.Measurement.ToString()),
            Appraisal.Rejected rejected => new EvidenceResult(item.Broker, false, rejected.Reason, null, null, null),
            _ => throw new InvalidOperationException("An appraisal is trusted or rejected."),
        };
    }
}
