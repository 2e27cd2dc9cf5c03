using System.Text;
using CleanRoom.Evidence.Collateral;
using CleanRoom.Evidence.Tests.Dcap;
using CleanRoom.Evidence.Tests.Snp;

namespace CleanRoom.Evidence.Tests.Collateral;

/// <summary>What was newest once is the least ever after; what comes is announced.</summary>
public sealed class CollateralMemoryTests : IDisposable
{
    private readonly DcapForge _forge = new(4);

    [Theory]
    [InlineData("tcbInfo")]
    [InlineData("enclaveIdentity")]
    public void Inspect_GenuineButOlderThanSeen_IsRefusedAlsoAfterARestart(string document)
    {
        var newer = CollateralSet.Read(_forge.Context().Collateral is { } set ? [.. Files(set), Newer(document)] : []);
        var memory = CollateralMemory.Empty.After(newer, DcapForge.Now, _forge.Context().Anchors);

        // Written and read again: that is what a restart does.
        Assert.True(CollateralMemory.TryParse(memory.ToJson(), out var kept));
        var inspection = Inspect(kept);

        Assert.Equal([RejectionReason.CollateralMismatch], inspection.Objections.Select(objection => objection.Reason));
        Assert.Contains("seen before", inspection.Objections[0].Approved, StringComparison.Ordinal);
        Assert.True(Inspect(CollateralMemory.Empty).IsSound);
    }

    [Fact]
    public void After_DocumentThatIntelDidNotSign_RemembersNothing()
    {
        using var stranger = DcapForge.NewKey();
        _forge.Info["tcbEvaluationDataNumber"] = 99;
        var set = CollateralSet.Read([_forge.RootCertificate(), _forge.SignerCertificate(), _forge.Document("tcbInfo", _forge.Info, stranger)]);

        Assert.Same(CollateralMemory.Empty, CollateralMemory.Empty.After(set, DcapForge.Now, _forge.Context().Anchors));
    }

    [Fact]
    public void After_DocumentFromTheFuture_RemembersNothing()
    {
        var set = CollateralSet.Read([_forge.RootCertificate(), _forge.SignerCertificate(), _forge.Document("tcbInfo", _forge.Info)]);

        Assert.Same(CollateralMemory.Empty, CollateralMemory.Empty.After(set, DcapForge.Now.AddYears(-1), _forge.Context().Anchors));
    }

    [Fact]
    public void Inspect_RevocationListOlderThanSeen_DoesNotCount()
    {
        var snp = new SnpForge();
        var certificates = snp.Certificates();
        snp.List = new SnpForge.Revocations(SnpForge.Now.AddDays(-1), SnpForge.Now.AddDays(20), []);
        var memory = CollateralMemory.Empty.After(CollateralSet.Read([certificates, snp.RevocationList()!]), SnpForge.Now, snp.Context().Anchors);
        snp.List = new SnpForge.Revocations(SnpForge.Now.AddDays(-10), SnpForge.Now.AddDays(20), []);
        var context = snp.Context();
        var old = new AppraisalContext(context.Time, context.Collateral) { Anchors = context.Anchors, Memory = memory };

        Assert.Equal(1, memory.Count);
        Assert.DoesNotContain(EvidenceInspector.Inspect(snp.Envelope(), context).Notices, notice => notice.Code == NoticeCode.RevocationNotChecked);
        Assert.Contains(EvidenceInspector.Inspect(snp.Envelope(), old).Notices, notice => notice.Code == NoticeCode.RevocationNotChecked);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"format":"cleanroom/collateral-memory/v1"}""")]
    [InlineData("""{"format":"cleanroom/collateral-memory/v1","highest":{"a":-1}}""")]
    [InlineData("""{"format":"cleanroom/collateral-memory/v1","highest":{"a":"1"}}""")]
    [InlineData("""{"format":"cleanroom/collateral-memory/v2","highest":{}}""")]
    [InlineData("""{"format":"cleanroom/collateral-memory/v1","highest":{},"more":1}""")]
    [InlineData("""{"highest":{},"format":"cleanroom/collateral-memory/v1"}""")]
    public void TryParse_WhatIsNoMemory_IsRefused(string json) => Assert.False(CollateralMemory.TryParse(Encoding.UTF8.GetBytes(json), out _));

    [Fact]
    public void Exceeds_OneNumberLower_IsNoticed()
    {
        var before = Memory(20);
        var after = Memory(19);

        Assert.True(before.Exceeds(after));
        Assert.False(after.Exceeds(before));
        Assert.False(before.Exceeds(CollateralMemory.Empty));
    }

    [Fact]
    public void Inspect_EarlyDocumentsThatWillRefuseThePlatform_WarnAndDecideNothing()
    {
        var inspection = Inspect(CollateralMemory.Empty, early: Early(refuses: true));

        Assert.True(inspection.IsSound);
        var notice = Assert.Single(inspection.Notices, notice => notice.Code == NoticeCode.TcbRecoveryAhead);
        Assert.Contains("21", notice.Text, StringComparison.Ordinal);
        Assert.Contains("OutOfDate", notice.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("will accept")]
    [InlineData("not newer")]
    [InlineData("signed by a stranger")]
    public void Inspect_EarlyDocumentsOtherwise_SayNothing(string what)
    {
        using var stranger = DcapForge.NewKey();
        var early = Early(refuses: what != "will accept", what == "not newer" ? 20 : 21, what == "signed by a stranger" ? stranger : null);

        Assert.DoesNotContain(Inspect(CollateralMemory.Empty, early).Notices, notice => notice.Code == NoticeCode.TcbRecoveryAhead);
    }

    public void Dispose() => _forge.Dispose();

    private static CollateralMemory Memory(int number) =>
        CollateralMemory.TryParse(Encoding.UTF8.GetBytes($$$"""{"format":"cleanroom/collateral-memory/v1","highest":{"identity:QE":{{{number}}}}}"""), out var memory)
            ? memory
            : throw new InvalidOperationException("A memory parses.");

    private ReadOnlyMemory<byte>[] Files(CollateralSet set) => [_forge.RootCertificate(), _forge.SignerCertificate(), .. set.Count > 0 ? new[] { (ReadOnlyMemory<byte>)_forge.RootList() } : []];

    private byte[] Newer(string document)
    {
        var body = (document == "tcbInfo" ? _forge.Info : _forge.Identity).DeepClone().AsObject();
        body["tcbEvaluationDataNumber"] = 21;
        return _forge.Document(document, body);
    }

    private CollateralSet Early(bool refuses, int number = 21, System.Security.Cryptography.ECDsa? signer = null)
    {
        var info = _forge.Info.DeepClone().AsObject();
        var identity = _forge.Identity.DeepClone().AsObject();
        info["tcbEvaluationDataNumber"] = number;
        identity["tcbEvaluationDataNumber"] = number;
        if (refuses)
        {
            // What was the first level is now an old one.
            info["tcbLevels"]![0]!["tcbStatus"] = "OutOfDate";
        }

        return CollateralSet.Read([_forge.SignerCertificate(), _forge.Document("tcbInfo", info, signer), _forge.Document("enclaveIdentity", identity, signer)]);
    }

    private Inspection Inspect(CollateralMemory memory, CollateralSet? early = null)
    {
        var envelope = _forge.Envelope();
        var context = _forge.Context();
        return EvidenceInspector.Inspect(
            envelope, new AppraisalContext(context.Time, context.Collateral) { Anchors = context.Anchors, Memory = memory, Early = early ?? CollateralSet.Empty });
    }
}
