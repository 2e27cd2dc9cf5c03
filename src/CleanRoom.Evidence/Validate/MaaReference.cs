using System.Collections.Immutable;
using CleanRoom.Evidence.Kinds;

namespace CleanRoom.Evidence.Validate;

/// <summary>
/// Reference values of an enclave of kind <c>maa</c>: <c>issuer</c>, <c>signingKey</c> (SHA-256 of the instance's keys), <c>policyHash</c>, <c>type</c> and <c>measurement</c> must be there;
/// <c>compliance</c>, <c>hostData</c> and <c>vmpl</c> that are not mentioned are held to their strictest value.
/// </summary>
internal sealed record MaaReference(string Name) : Reference(EvidenceKinds.Maa, Name)
{
    /// <summary>Where no charter speaks: no instance is trusted.</summary>
    public static MaaReference Strict { get; } = new("");

    public string? Issuer { get; init; }

    public ValueSet? Keys { get; init; }

    public string? PolicyHash { get; init; }

    public string? Type { get; init; }

    public ValueSet? Measurements { get; init; }

    public ValueSet? HostData { get; init; }

    public ImmutableArray<int> Vmpls { get; init; } = [0];

    public ImmutableArray<string> Compliance { get; init; } = [];

    public static MaaReference? Read(EnclaveReference enclave, out string? problem)
    {
        var where = $"enclaves {enclave.Name}: reference";
        var reader = new ReferenceReader(enclave.Reference, where);
        var type = reader.OptionalText("type", MaaTypes.IsType, "must be sevsnpvm, azurevm, sgx or tdxvm");
        var reference = new MaaReference(enclave.Name)
        {
            Issuer = reader.OptionalText("issuer", text => text.StartsWith("https://", StringComparison.Ordinal) && text.Length <= 256, "must be an https address"),
            Keys = reader.Hex("signingKey", 32, absent: null),
            PolicyHash = reader.OptionalText("policyHash", text => text.Length == 43, "must be 43 characters of base64url"),
            Type = type,
            Measurements = reader.Hex("measurement", type == "sgx" ? LaunchMeasurement.SgxSize : LaunchMeasurement.Size, absent: null),
            HostData = reader.Hex("hostData", 32, ValueSet.Zero(32)),
            Vmpls = reader.Numbers("vmpl", 0, 3, 0),
            Compliance = reader.Words("compliance", text => text.Length is > 0 and <= 64, "statuses of Azure Attestation"),
        };
        problem = reader.Finish();
        if (problem is null && (reference.Issuer is null || reference.PolicyHash is null || type is null))
        {
            problem = where + " must have issuer, policyHash and type.";
        }

        return problem is null ? reference : null;
    }
}

/// <summary>Where the claims of each attestation type stand.</summary>
internal static class MaaTypes
{
    public const string Snp = "sevsnpvm";
    public const string AzureVm = "azurevm";
    public const string Sgx = "sgx";
    public const string Tdx = "tdxvm";

    public static bool IsType(string type) => type is Snp or AzureVm or Sgx or Tdx;
}
