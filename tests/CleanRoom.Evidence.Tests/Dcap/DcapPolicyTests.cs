using System.Text.Json.Nodes;

namespace CleanRoom.Evidence.Tests.Dcap;

/// <summary>A charter's reference values and floors for TDX and SGX: what they do not mention is refused, what they mention holds.</summary>
public sealed class DcapPolicyTests : IDisposable
{
    private static readonly Dictionary<string, (int Version, Action<DcapForge> Forge, Action<JsonObject, JsonObject> Charter, RejectionReason[] Reasons)> Cases = new()
    {
        ["as approved, TDX"] = (5, _ => { }, (_, _) => { }, []),
        ["as approved, TDX 4"] = (4, _ => { }, (_, _) => { }, []),
        ["as approved, SGX"] = (3, _ => { }, (_, _) => { }, []),
        ["other MRTD"] = (5, forge => forge.Body[136] = 0, (_, _) => { }, [RejectionReason.MeasurementNotApproved]),
        ["other RTMR0"] = (5, forge => forge.Body[328] = 0, (_, _) => { }, [RejectionReason.RuntimeMeasurementNotApproved]),
        ["other RTMR1"] = (5, forge => forge.Body[376] = 0, (_, _) => { }, [RejectionReason.RuntimeMeasurementNotApproved]),
        ["other RTMR2"] = (5, forge => forge.Body[424] = 0, (_, _) => { }, [RejectionReason.RuntimeMeasurementNotApproved]),
        ["RTMR3 not mentioned"] = (5, forge => forge.Body[472] = 1, (_, _) => { }, [RejectionReason.RuntimeMeasurementNotApproved]),
        ["RTMR3 listed"] = (5, forge => forge.Body[472] = 1, (reference, _) => reference["rtmr3"] = List("01" + new string('0', 94)), []),
        ["configuration not mentioned"] = (5, forge => forge.Body[184] = 1, (_, _) => { }, [RejectionReason.ConfigurationNotApproved]),
        ["owner not mentioned"] = (5, forge => forge.Body[232] = 1, (_, _) => { }, [RejectionReason.ConfigurationNotApproved]),
        ["owner's configuration not mentioned"] = (5, forge => forge.Body[280] = 1, (_, _) => { }, [RejectionReason.ConfigurationNotApproved]),
        ["other features"] = (5, forge => forge.Body[128] = 3, (_, _) => { }, [RejectionReason.ConfigurationNotApproved]),
        ["module that is not listed"] = (5, _ => { }, (reference, _) => reference["mrSeam"] = List(new string('1', 96)), [RejectionReason.ModuleNotApproved]),
        ["module that is listed"] = (5, _ => { }, (reference, _) => reference["mrSeam"] = List(new string('0', 96)), []),
        ["protection keys allowed"] = (5, forge => forge.Body[123] = 0x50, (reference, _) => reference["allow"] = List("pks"), []),
        ["SEPT_VE allowed"] = (5, forge => forge.Body[123] = 0, (reference, _) => reference["septVe"] = true, []),
        ["debug listed nowhere"] = (5, forge => forge.Body[120] = 1, (_, _) => { }, [RejectionReason.DebugEnabled]),
        ["software hardening needed"] = (5, Status("SWHardeningNeeded"), (_, _) => { }, [RejectionReason.TcbStatusNotApproved]),
        ["software hardening needed, accepted"] = (5, Status("SWHardeningNeeded"), (reference, _) => reference["tcbStatus"] = List("UpToDate", "SWHardeningNeeded"), []),
        ["only another status accepted"] = (5, _ => { }, (reference, _) => reference["tcbStatus"] = List("SWHardeningNeeded"), [RejectionReason.TcbStatusNotApproved]),
        ["evaluation below the floor"] = (5, _ => { }, (_, floors) => floors["tcbEvaluationDataNumber"] = 21, [RejectionReason.CollateralMismatch]),
        ["collateral expired"] = (5, forge => forge.Info["nextUpdate"] = "2026-05-30T12:00:00Z", (_, _) => { }, [RejectionReason.CollateralExpired]),
        ["collateral expired within grace"] = (5, forge => forge.Info["nextUpdate"] = "2026-05-30T12:00:00Z", (reference, _) => reference["collateral"] = new JsonObject { ["graceDays"] = 2 }, []),
        ["collateral expired beyond grace"] = (5, forge => forge.Info["nextUpdate"] = "2026-05-30T11:00:00Z", (reference, _) => reference["collateral"] = new JsonObject { ["graceDays"] = 2 }, [RejectionReason.CollateralExpired]),
        ["no revocation lists"] = (5, forge => forge.WithLists = false, (_, _) => { }, [RejectionReason.RevocationMissing]),
        ["no revocation lists, which this charter accepts"] = (5, forge => forge.WithLists = false, (reference, _) => reference["revocation"] = new JsonObject { ["required"] = false }, []),
        ["other MRENCLAVE"] = (3, forge => forge.Body[64] = 0, (_, _) => { }, [RejectionReason.MeasurementNotApproved]),
        ["other MRSIGNER"] = (3, forge => forge.Body[128] = 0, (reference, _) => reference["signer"] = List(string.Concat(Enumerable.Repeat("c3", 32))), [RejectionReason.IdentityKeyNotApproved]),
        ["MRSIGNER as listed"] = (3, _ => { }, (reference, _) => reference["signer"] = List(string.Concat(Enumerable.Repeat("c3", 32))), []),
        ["other product"] = (3, forge => forge.Body[256] = 2, (_, _) => { }, [RejectionReason.ConfigurationNotApproved]),
        ["enclave's configuration not mentioned"] = (3, forge => forge.Body[192] = 1, (_, _) => { }, [RejectionReason.ConfigurationNotApproved]),
        ["security version below the floor"] = (3, forge => forge.Body[258] = 1, (_, _) => { }, [RejectionReason.GuestVersionBelowFloor]),
        ["key separation not mentioned"] = (3, forge => forge.Body[48] = 0x85, (_, _) => { }, [RejectionReason.AttributesNotApproved]),
        ["key separation allowed"] = (3, forge => forge.Body[48] = 0x85, (reference, _) => reference["allow"] = List("kss"), []),
    };

    private readonly Sample _sample = new();

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Appraise_CharterAndEvidence_GiveTheirReasons(string name)
    {
        using var forge = Bound(Cases[name].Version);
        Cases[name].Forge(forge);
        var (reference, floors) = Charter(forge.IsTdx);
        Cases[name].Charter(reference, floors);

        var appraisal = Appraise(forge, reference, floors);

        Assert.Equal(Cases[name].Reasons.Order(), (appraisal as Appraisal.Rejected)?.Findings.Select(finding => finding.Reason).Distinct().Order() ?? Enumerable.Empty<RejectionReason>());
        Assert.Equal(Cases[name].Reasons.Length == 0, appraisal is Appraisal.Trusted);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Appraise_EvidenceOfAnotherNonce_IsRefused(int version)
    {
        using var forge = new DcapForge(version);
        var (reference, floors) = Charter(forge.IsTdx);

        Sample.AssertRejected(RejectionReason.ReportDataMismatch, Appraise(forge, reference, floors));
    }

    [Theory]
    [InlineData("sgx", 5)]
    [InlineData("tdx", 3)]
    public void Appraise_QuoteUnderTheOtherKind_IsRefused(string kind, int version)
    {
        using var forge = Bound(version);
        var (reference, floors) = Charter(kind == "tdx");
        var envelope = EvidenceEnvelope.Create(kind, new Dictionary<string, ReadOnlyMemory<byte>> { ["quote"] = forge.Quote() });
        var policy = Sample.PolicyOf(reference.ToJsonString(), floors.ToJsonString(), simulated: false, tee: kind);

        Sample.AssertRejected(RejectionReason.ReportRange, EvidenceAppraiser.Appraise(envelope.Json.Span, _sample.Binding, policy, forge.Context()));
    }

    [Theory]
    [InlineData(true, "rtmr0", null)]
    [InlineData(true, "rtmr2", null)]
    [InlineData(true, "xfam", null)]
    [InlineData(true, "measurement", null)]
    [InlineData(true, "allow", """["debug"]""")]
    [InlineData(true, "allow", """["migratable"]""")]
    [InlineData(true, "tcbStatus", """["Revoked"]""")]
    [InlineData(true, "tcbStatus", """["uptodate"]""")]
    [InlineData(true, "debug", "true")]
    [InlineData(false, "measurement", """["00"]""")]
    [InlineData(false, "allow", """["debug"]""")]
    [InlineData(false, "mrsigner", """["00"]""")]
    public void Create_ReferenceThatIsIncompleteOrNotUnderstood_ApprovesNothing(bool isTdx, string member, string? value)
    {
        var (reference, floors) = Charter(isTdx);
        reference.Remove(member);
        if (value is not null)
        {
            reference[member] = JsonNode.Parse(value);
        }

        var policy = Sample.PolicyOf(reference.ToJsonString(), floors.ToJsonString(), simulated: false, tee: isTdx ? "tdx" : "sgx");

        Assert.Contains("enclaves matching", Assert.Single(policy.Problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Create_NoFloor_ApprovesNothing(bool isTdx)
    {
        var (reference, _) = Charter(isTdx);

        Assert.Single(Sample.PolicyOf(reference.ToJsonString(), "{}", simulated: false, tee: isTdx ? "tdx" : "sgx").Problems);
    }

    public void Dispose() => _sample.Dispose();

    private DcapForge Bound(int version)
    {
        var forge = new DcapForge(version);
        _sample.Binding.Bytes.CopyTo(forge.Body.AsSpan(forge.IsTdx ? 520 : 320));
        return forge;
    }

    private static (JsonObject Reference, JsonObject Floors) Charter(bool isTdx) => isTdx
        ? (new JsonObject
        {
            ["measurement"] = List(string.Concat(Enumerable.Repeat("a1", 48))),
            ["rtmr0"] = List(string.Concat(Enumerable.Repeat("b2", 48))),
            ["rtmr1"] = List(string.Concat(Enumerable.Repeat("b2", 48))),
            ["rtmr2"] = List(string.Concat(Enumerable.Repeat("b2", 48))),
            ["xfam"] = List("e700000000000000"),
        }, new JsonObject { ["tcbEvaluationDataNumber"] = 20 })
        : (new JsonObject { ["measurement"] = List(string.Concat(Enumerable.Repeat("a1", 32))), ["productId"] = new JsonArray(1) },
            new JsonObject { ["isvSvn"] = 2, ["tcbEvaluationDataNumber"] = 20 });

    private static Action<DcapForge> Status(string status) => forge => forge.Info["tcbLevels"]![0]!["tcbStatus"] = status;

    private static JsonArray List(params string[] values) => [.. values.Select(value => (JsonNode)value)];

    private Appraisal Appraise(DcapForge forge, JsonObject reference, JsonObject floors)
    {
        var policy = Sample.PolicyOf(reference.ToJsonString(), floors.ToJsonString(), simulated: false, tee: forge.IsTdx ? "tdx" : "sgx");
        Assert.Empty(policy.Problems);
        return EvidenceAppraiser.Appraise(forge.Envelope().Json.Span, _sample.Binding, policy, forge.Context());
    }
}
