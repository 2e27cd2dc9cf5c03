using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Certificates;
using CleanRoom.Evidence.Kinds;

namespace CleanRoom.Evidence.Validate;

/// <summary>A SEV-SNP report that was read in its generation's layout, and how a charter judges it.</summary>
internal sealed class SnpEvidence(
    SnpReport report, SnpGeneration generation, SnpTcbs tcbs, SnpEndorsement? endorsement, RevocationState revocation, DateTimeOffset time) : ExaminedEvidence
{
    public override LaunchMeasurement Measurement => report.Measurement;

    /// <summary>The report, for evidence that holds one inside.</summary>
    public SnpReport Report => report;

    public override JsonObject ToClaims()
    {
        var claims = new JsonObject
        {
            ["authorKeyDigest"] = Hex(report.AuthorKeyDigest),
            ["debug"] = report.Policy.Debug,
            ["familyId"] = Hex(report.FamilyId),
            ["firmware"] = new JsonObject { ["committed"] = Dotted(report.CommittedFirmware), ["current"] = Dotted(report.CurrentFirmware) },
            ["generation"] = generation.Name,
            ["guestSvn"] = report.GuestSvn,
            ["hostData"] = Hex(report.HostData),
            ["idKeyDigest"] = Hex(report.IdKeyDigest),
            ["imageId"] = Hex(report.ImageId),
            ["measurement"] = report.Measurement.ToString(),
            ["migrationAgent"] = report.Policy.MigrationAgent,
            ["platform"] = Words(SnpPlatformWords.StatesOf(report.PlatformInfo)),
            ["policy"] = new JsonObject
            {
                ["abi"] = $"{report.Policy.AbiMajor}.{report.Policy.AbiMinor}",
                ["permissions"] = Words(SnpPolicyWords.PermissionsOf(report.Policy.Value)),
                ["restrictions"] = Words(SnpPolicyWords.RestrictionsOf(report.Policy.Value)),
            },
            ["reportData"] = Hex(report.ReportData),
            ["reportVersion"] = report.Version,
            ["signingKey"] = report.SigningKey == SnpSigningKey.Vlek ? "vlek" : "vcek",
            ["tcb"] = new JsonObject
            {
                ["committed"] = tcbs.Committed.ToJson(),
                ["current"] = tcbs.Current.ToJson(),
                ["launch"] = tcbs.Launch.ToJson(),
                ["reported"] = tcbs.Reported.ToJson(),
            },
            ["vmpl"] = report.Vmpl,
        };
        if (endorsement?.Provider is { } provider)
        {
            claims["provider"] = provider;
        }

        if (report.LaunchMitigations is { } launch && report.CurrentMitigations is { } current)
        {
            claims["mitigations"] = new JsonObject { ["current"] = $"{current:x16}", ["launch"] = $"{launch:x16}" };
        }

        return claims;
    }

    // Directly, or hashed by the sidecar of Azure's confidential containers (docs/protocol.md §5).
    public override bool IsBoundTo(ReportBinding binding) => binding.Matches(report.ReportData) || binding.MatchesHashed(report.ReportData);

    public override ImmutableArray<Finding> Forbidden()
    {
        var forbidden = new ComparisonBuilder();
        forbidden.Require(!report.Policy.Debug, RejectionReason.DebugEnabled, "POLICY", "DEBUG", "no debug");
        forbidden.Require(
            !report.Policy.MigrationAgent && !report.MigrationAgentId.ContainsAnyExcept((byte)0xFF), RejectionReason.MigrationAllowed,
            "POLICY, REPORT_ID_MA", "a migration agent", "none");
        forbidden.Require(
            report.ReportData.ContainsAnyExcept((byte)0), RejectionReason.ReportDataZero, "REPORT_DATA", "all zero", "the binding of a nonce and two keys");
        return forbidden.Build().Objections;
    }

    public override Comparison Compare(Reference reference)
    {
        var expected = (SnpReference)reference;
        var comparison = new ComparisonBuilder();
        CompareIdentity(expected, comparison);
        ComparePlatform(expected, comparison);
        CompareVersions(expected, comparison);
        CompareSigner(expected, comparison);
        expected.Revocation.Apply(revocation, time, comparison);
        return comparison.Build();
    }

    private void CompareIdentity(SnpReference expected, ComparisonBuilder comparison)
    {
        comparison.RequireListed(expected.Measurements, report.Measurement.Bytes, RejectionReason.MeasurementNotApproved, "MEASUREMENT");
        comparison.RequireListed(expected.HostData, report.HostData, RejectionReason.HostDataNotApproved, "HOST_DATA");
        comparison.RequireListed(expected.IdKeyDigests, report.IdKeyDigest, RejectionReason.IdentityKeyNotApproved, "ID_KEY_DIGEST");

        // Without its flag the author's digest means nothing, so it cannot approve anything either.
        var author = report.AuthorKeyEnabled ? report.AuthorKeyDigest : new byte[48];
        comparison.RequireListed(expected.AuthorKeyDigests, author, RejectionReason.IdentityKeyNotApproved, "AUTHOR_KEY_DIGEST");
        comparison.RequireListed(expected.FamilyIds, report.FamilyId, RejectionReason.ConfigurationNotApproved, "FAMILY_ID");
        comparison.RequireListed(expected.ImageIds, report.ImageId, RejectionReason.ConfigurationNotApproved, "IMAGE_ID");
        comparison.Require(
            expected.Vmpls.Contains(report.Vmpl), RejectionReason.VmplNotApproved, "VMPL", $"{report.Vmpl}", string.Join(" or ", expected.Vmpls));
        comparison.Require(
            report.GuestSvn >= expected.GuestSvn, RejectionReason.GuestVersionBelowFloor, "GUEST_SVN", $"{report.GuestSvn}", $"at least {expected.GuestSvn}");
    }

    private void ComparePlatform(SnpReference expected, ComparisonBuilder comparison)
    {
        var policy = report.Policy;
        Forbid(SnpPolicyWords.PermissionsOf(policy.Value).Except(expected.PolicyAllow), RejectionReason.GuestPolicyNotApproved, "POLICY", comparison);
        Demand(expected.PolicyRequire.Except(SnpPolicyWords.RestrictionsOf(policy.Value)), RejectionReason.GuestPolicyNotApproved, "POLICY", comparison);
        comparison.Require(
            (policy.AbiMajor, policy.AbiMinor).CompareTo(expected.Abi) >= 0, RejectionReason.GuestPolicyNotApproved, "POLICY ABI",
            $"{policy.AbiMajor}.{policy.AbiMinor}", $"at least {expected.Abi.Major}.{expected.Abi.Minor}");

        // A bit that no table knows is refused unless the charter names it: nobody can say what it means.
        var states = SnpPlatformWords.StatesOf(report.PlatformInfo).ToList();
        var known = SnpPlatformWords.StatesOf(generation.PlatformBits).ToList();
        Forbid(
            states.Where(state => !SnpPlatformWords.IsHarmless(state) && !expected.PlatformAllow.Contains(state) && !expected.PlatformRequire.Contains(state)),
            RejectionReason.PlatformNotApproved, "PLATFORM_INFO", comparison);
        Forbid(
            expected.Measurements is null ? states.Except(known) : [],
            RejectionReason.PlatformNotApproved, "PLATFORM_INFO of this generation", comparison);
        Demand(expected.PlatformRequire.Except(states), RejectionReason.PlatformRequirement, "PLATFORM_INFO", comparison);
    }

    private void CompareVersions(SnpReference expected, ComparisonBuilder comparison)
    {
        comparison.Require(
            expected.Versions.Contains((int)report.Version), RejectionReason.ReportVersionNotApproved, "VERSION", $"{report.Version}", string.Join(" or ", expected.Versions));
        comparison.Require(
            expected.Provisional || (tcbs.Current == tcbs.Committed && report.CurrentFirmware == report.CommittedFirmware), RejectionReason.FirmwareProvisional,
            "CURRENT_TCB", $"{tcbs.Current}, firmware {Dotted(report.CurrentFirmware)}",
            $"the committed ones: {tcbs.Committed}, firmware {Dotted(report.CommittedFirmware)}");
        comparison.Require(
            ((report.LaunchMitigations ?? 0) & (report.CurrentMitigations ?? 0) & expected.Mitigations) == expected.Mitigations, RejectionReason.MitigationMissing,
            "MIT_VECTOR", $"launch {report.LaunchMitigations ?? 0:x}, now {report.CurrentMitigations ?? 0:x}", $"all bits of {expected.Mitigations:x}");
        if (expected.Floors is null)
        {
            return;
        }

        if (!expected.Floors.TryGetValue(generation.Name, out var floor))
        {
            comparison.Require(false, RejectionReason.GenerationNotApproved, "CPUID", generation.Name, string.Join(" or ", expected.Floors.Keys.Order(StringComparer.Ordinal)));
            return;
        }

        // REPORTED alone is not enough: the host chooses it. COMMITTED and LAUNCH are what the platform cannot take back.
        Floor("REPORTED_TCB", tcbs.Reported, floor, comparison);
        Floor("COMMITTED_TCB", tcbs.Committed, floor, comparison);
        Floor("LAUNCH_TCB", tcbs.Launch, floor, comparison);
    }

    private void CompareSigner(SnpReference expected, ComparisonBuilder comparison)
    {
        var masked = !report.ChipId.ContainsAnyExcept((byte)0);
        if (report.SigningKey == SnpSigningKey.Vlek)
        {
            comparison.Require(
                endorsement?.Provider is { } provider && expected.Providers.Contains(provider), RejectionReason.SigningKeyNotApproved, "SIGNING_KEY",
                $"VLEK of {endorsement?.Provider}", expected.Providers.IsEmpty ? "VCEK" : "VCEK or a VLEK of " + string.Join(" or ", expected.Providers));
        }
        else
        {
            comparison.Require(!masked || expected.MaskedChip, RejectionReason.ChipMasked, "CHIP_ID", "masked", "an id that is the certificate's");
        }

        comparison.Require(
            expected.Chips is null || (!masked && expected.Chips.Contains(SHA256.HashData(report.ChipId))), RejectionReason.ChipNotApproved, "CHIP_ID",
            "a processor that is not listed", "one that is listed");
    }

    private static void Floor(string field, SnpTcb tcb, SnpTcb floor, ComparisonBuilder comparison) =>
        comparison.Require(tcb.Meets(floor), RejectionReason.TcbBelowFloor, field, tcb.ToString(), $"at least {floor}");

    private static void Forbid(IEnumerable<string> words, RejectionReason reason, string field, ComparisonBuilder comparison)
    {
        var found = string.Join(", ", words);
        comparison.Require(found.Length == 0, reason, field, found, "without it");
    }

    private static void Demand(IEnumerable<string> words, RejectionReason reason, string field, ComparisonBuilder comparison)
    {
        var missing = string.Join(", ", words);
        comparison.Require(missing.Length == 0, reason, field, $"without {missing}", $"with {missing}");
    }

    private static JsonArray Words(IEnumerable<string> words) => [.. words.Select(word => (JsonNode)word)];

    private static string Dotted((byte Major, byte Minor, byte Build) version) => $"{version.Major}.{version.Minor}.{version.Build}";

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
