using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using CleanRoom.Cryptography;
using CleanRoom.Evidence.Kinds;
using CleanRoom.Evidence.Verify;

namespace CleanRoom.Evidence.Validate;

/// <summary>
/// A token of Azure Attestation, and how a charter judges it. It is Azure's opinion of evidence that nobody else sees; claims are typed, so a flag that
/// comes as a text is not a flag.
/// </summary>
internal sealed class MaaEvidence : ExaminedEvidence
{
    private const string SnpPrefix = "x-ms-sevsnpvm-";

    private readonly MaaToken _token;
    private readonly string _type;

    // For azurevm the hardware's claims stand one level down.
    private readonly JsonElement _hardware;

    public MaaEvidence(MaaToken token, string type, LaunchMeasurement measurement, JsonElement hardware)
    {
        _token = token;
        _type = type;
        _hardware = hardware;
        Measurement = measurement;
    }

    public override LaunchMeasurement Measurement { get; }

    public override JsonObject ToClaims()
    {
        var claims = new JsonObject { ["issuer"] = Text(_token.Claims, "iss"), ["measurement"] = Measurement.ToString(), ["policyHash"] = Text(_token.Claims, "x-ms-policy-hash"), ["type"] = _type };
        foreach (var name in new[] { "x-ms-compliance-status", "x-ms-sevsnpvm-hostdata", "x-ms-sevsnpvm-reportdata", "x-ms-sgx-mrsigner" })
        {
            if (Text(_hardware, name) is { } text)
            {
                claims[name] = text;
            }
        }

        return claims;
    }

    // x-ms-runtime is what REPORT_DATA hashes; ours names nonce, keys and charter in it (docs/architecture.md).
    public override bool IsBoundTo(ReportBinding binding) =>
        Runtime().TryGetMember("cleanroom", out var own)
        && StrictBase64.TryDecodeUrl(Text(own, "nonce"), out var nonce) && nonce.Length == ReportBinding.NonceSize
        && KeyId.TryParse(Text(own, "signing") ?? "", out var signing) && KeyId.TryParse(Text(own, "release") ?? "", out var release)
        && Digest.TryParse(Text(own, "charter") ?? "", out var charter)
        && binding.Matches(ReportBinding.Hash(nonce, signing, release, charter));

    public override ImmutableArray<Finding> Forbidden()
    {
        var forbidden = new ComparisonBuilder();
        forbidden.Require(IsFalse(DebugClaim()), RejectionReason.DebugEnabled, DebugClaim(), "not false", "false");
        if (_type is MaaTypes.Snp or MaaTypes.AzureVm)
        {
            forbidden.Require(IsFalse(SnpPrefix + "migration-allowed"), RejectionReason.MigrationAllowed, SnpPrefix + "migration-allowed", "not false", "false");
        }

        return forbidden.Build().Objections;
    }

    public override Comparison Compare(Reference reference)
    {
        var expected = (MaaReference)reference;
        var comparison = new ComparisonBuilder();
        comparison.Require(
            expected.Keys is not null && expected.Keys.Contains(_token.KeyHash), RejectionReason.AttestationKeyNotTrusted, "kid", "a key that the charter does not list", "a key of the instance, by its hash");
        Equal(comparison, RejectionReason.IssuerNotApproved, "iss", Text(_token.Claims, "iss"), expected.Issuer);
        Equal(comparison, RejectionReason.ConfigurationNotApproved, "x-ms-policy-hash", Text(_token.Claims, "x-ms-policy-hash"), expected.PolicyHash);
        Equal(comparison, RejectionReason.ConfigurationNotApproved, "x-ms-attestation-type", _type, expected.Type);
        comparison.RequireListed(expected.Measurements, Measurement.Bytes, RejectionReason.MeasurementNotApproved, "measurement");
        if (_type is MaaTypes.Snp or MaaTypes.AzureVm)
        {
            _ = HexBytes.TryParse(Text(_hardware, SnpPrefix + "hostdata"), 32, out var hostData);
            comparison.RequireListed(expected.HostData, hostData, RejectionReason.HostDataNotApproved, SnpPrefix + "hostdata");
            var vmpl = _hardware.TryGetMember(SnpPrefix + "vmpl", out var level) && level.ValueKind == JsonValueKind.Number && level.TryGetInt32(out var number) ? number : -1;
            comparison.Require(expected.Vmpls.Contains(vmpl), RejectionReason.VmplNotApproved, SnpPrefix + "vmpl", $"{vmpl}", string.Join(" or ", expected.Vmpls));
        }

        if (!expected.Compliance.IsEmpty)
        {
            var compliance = Text(_hardware, "x-ms-compliance-status") ?? "none";
            comparison.Require(expected.Compliance.Contains(compliance), RejectionReason.ConfigurationNotApproved, "x-ms-compliance-status", compliance, string.Join(" or ", expected.Compliance));
        }

        comparison.Require(HasOneWrapKey(), RejectionReason.RuntimeKeyMissing, "x-ms-runtime.keys", "not exactly one key, for encryption", "one RSA key with use enc or key_ops encrypt");
        return comparison.Build();
    }

    private static void Equal(ComparisonBuilder comparison, RejectionReason reason, string field, string? found, string? approved) =>
        comparison.Require(approved is not null && found == approved, reason, field, found ?? "none", approved ?? "nothing: no charter names one");

    private string DebugClaim() => _type switch { MaaTypes.Sgx => "x-ms-sgx-is-debuggable", MaaTypes.Tdx => "tdx_td_attributes_debug", _ => SnpPrefix + "is-debuggable" };

    private bool IsFalse(string claim) => _hardware.TryGetMember(claim, out var value) && value.ValueKind == JsonValueKind.False;

    private JsonElement Runtime() => _token.Claims.TryGetMember("x-ms-runtime", out var runtime) ? runtime : default;

    // A second key in the set would be whose? One, and for wrapping.
    private bool HasOneWrapKey() =>
        Runtime().TryGetMember("keys", out var keys) && keys.ValueKind == JsonValueKind.Array && keys.GetArrayLength() == 1
        && Text(keys[0], "kty") == "RSA"
        && (Text(keys[0], "use") == "enc"
            || (keys[0].TryGetMember("key_ops", out var uses) && uses.ValueKind == JsonValueKind.Array
                && uses.EnumerateArray().Any(use => use.ValueKind == JsonValueKind.String && use.GetString() is "encrypt" or "wrapKey")));

    private static string? Text(JsonElement owner, string name) =>
        owner.TryGetMember(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;
}
