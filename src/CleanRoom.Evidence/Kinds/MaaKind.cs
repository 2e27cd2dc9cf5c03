using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using CleanRoom.Evidence.Validate;
using CleanRoom.Evidence.Verify;

namespace CleanRoom.Evidence.Kinds;

/// <summary>Tokens of Azure Attestation: parts <c>token</c> (compact JWS) and <c>keys</c> (the instance's key set; only keys that the charter lists count).</summary>
internal sealed class MaaKind : IEvidenceKind
{
    public const string TokenPart = "token";
    public const string KeysPart = "keys";

    public string Name => EvidenceKinds.Maa;

    public bool Simulated => false;

    public Reference Strict => MaaReference.Strict;

    public bool TryReadReference(EnclaveReference enclave, [NotNullWhen(true)] out Reference? reference, [NotNullWhen(false)] out string? problem)
    {
        reference = MaaReference.Read(enclave, out problem);
        return reference is not null;
    }

    public Examination Examine(ImmutableSortedDictionary<string, ReadOnlyMemory<byte>> parts, AppraisalContext context)
    {
        if (parts.Count != 2 || !parts.TryGetValue(TokenPart, out var text) || !parts.TryGetValue(KeysPart, out var keys))
        {
            return Examination.WrongParts("token and keys");
        }

        if (!MaaToken.TryRead(text.Span, keys.Span, out var token, out var malformed))
        {
            return new Examination(malformed);
        }

        if (!TryReadEvidence(token, out var evidence))
        {
            return new Examination(new Finding(RejectionReason.ReportRange, "x-ms-attestation-type", "a type or measurement that is not understood", "sevsnpvm, azurevm, sgx or tdxvm with its measurement"));
        }

        var findings = ImmutableArray.CreateBuilder<Finding>();
        if (!token.IsSigned)
        {
            findings.Add(new Finding(RejectionReason.SignatureInvalid, "token", "not signed by the key that it names", "a signature by it"));
        }

        var from = Number(token.Claims, "nbf");
        var until = Number(token.Claims, "exp");
        var now = context.Time.ToUnixTimeSeconds();
        if (from is null || until is null || now < from || now >= until)
        {
            findings.Add(new Finding(RejectionReason.CertificateExpired, "nbf, exp", "missing, or not a time that holds now", $"a time that holds {context.Time:yyyy-MM-dd}"));
        }

        return new Examination(evidence, findings.ToImmutable());
    }

    private static bool TryReadEvidence(MaaToken token, [NotNullWhen(true)] out MaaEvidence? evidence)
    {
        evidence = null;
        var type = Text(token.Claims, "x-ms-attestation-type");
        var hardware = token.Claims;
        if (type is null || (type == MaaTypes.AzureVm && (!token.Claims.TryGetMember("x-ms-isolation-tee", out hardware) || Text(hardware, "x-ms-attestation-type") != MaaTypes.Snp)))
        {
            return false;
        }

        var claim = type switch
        {
            MaaTypes.Snp or MaaTypes.AzureVm => "x-ms-sevsnpvm-launchmeasurement",
            MaaTypes.Sgx => "x-ms-sgx-mrenclave",
            MaaTypes.Tdx => "tdx_mrtd",
            _ => null,
        };
        if (claim is null || !LaunchMeasurement.TryParse(Text(hardware, claim), out var measurement))
        {
            return false;
        }

        evidence = new MaaEvidence(token, type, measurement, hardware);
        return true;
    }

    private static string? Text(JsonElement owner, string name) =>
        owner.TryGetMember(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;

    private static long? Number(JsonElement owner, string name) =>
        owner.TryGetMember(name, out var member) && member.ValueKind == JsonValueKind.Number && member.TryGetInt64(out var number) ? number : null;
}
