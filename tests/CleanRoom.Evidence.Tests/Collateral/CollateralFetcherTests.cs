using System.Text.Json.Nodes;
using CleanRoom.Evidence.Collateral;
using CleanRoom.Evidence.Tests.Dcap;
using CleanRoom.Evidence.Tests.Platforms;
using CleanRoom.Evidence.Tests.Snp;

namespace CleanRoom.Evidence.Tests.Collateral;

/// <summary>
/// Fetching from services that answer from tables: addresses as AMD 57230 §4 (chain, CRL, VCEK by hardware id and security versions) and Intel's API v4 reference (tcb, qe/identity,
/// pckcrl with their issuers' headers) document them. For every good row there is a hostile one; of those nothing is taken.
/// </summary>
public sealed class CollateralFetcherTests : IDisposable
{
    private const string Chip = "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f40";

    private readonly TableServer _server = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    [Theory]
    [InlineData("Milan", $"vcek/v1/Milan/{Chip}?blSPL=4&teeSPL=0&snpSPL=24&ucodeSPL=219")]
    [InlineData("Genoa", $"vcek/v1/Genoa/{Chip}?blSPL=4&teeSPL=0&snpSPL=24&ucodeSPL=219")]
    [InlineData("Turin", "vcek/v1/Turin/0102030405060708?fmcSPL=1&blSPL=4&teeSPL=0&snpSPL=24&ucodeSPL=219")]
    public async Task Fetch_ForAReport_GivesWhatItsAppraisalNeeds(string generation, string vcek)
    {
        var forge = new SnpForge(generation);
        ServeAmd(forge, vcek);
        var sample = EvidenceEnvelope.Create(EvidenceKinds.SevSnp, new Dictionary<string, ReadOnlyMemory<byte>> { ["report"] = forge.Report() });

        var fetched = await FetchAsync(sample, forge.Context());

        Assert.Empty(fetched.Problems);
        var context = new AppraisalContext(SnpForge.Now, CollateralSet.Read(fetched.Pieces)) { Anchors = forge.Context().Anchors };
        Assert.Equal(4, context.Collateral.Count);
        Assert.True(EvidenceInspector.Inspect(sample, context).IsSound);
    }

    [Fact]
    public async Task Fetch_ForAProvidersReport_GivesTheProvidersAuthority()
    {
        var forge = new SnpForge().AsVlek();
        _ = _server.On("GET /vlek/v1/Milan/cert_chain", TableAnswer.Bytes(Pem(forge.Certificates(), skip: 1))).On("GET /vcek/v1/Milan/crl", TableAnswer.Bytes(forge.RevocationList()!));

        var fetched = await FetchAsync(forge.Envelope(), forge.Context());

        Assert.Empty(fetched.Problems);
        Assert.Equal(3, fetched.Pieces.Count);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(3)]
    public async Task Fetch_ForAQuote_GivesWhatItsAppraisalNeedsAndWhatComes(int version)
    {
        using var forge = new DcapForge(version);
        ServeIntel(forge);
        var sample = forge.Envelope();

        var fetched = await FetchAsync(sample, forge.Context());

        Assert.Empty(fetched.Problems);
        Assert.Equal(2, CollateralSet.Read(fetched.Early).TcbInfos.Length + CollateralSet.Read(fetched.Early).Identities.Length);
        var context = new AppraisalContext(DcapForge.Now, CollateralSet.Read(fetched.Pieces)) { Anchors = forge.Context().Anchors };
        var inspection = EvidenceInspector.Inspect(sample, context);
        Assert.True(inspection.IsSound);
        Assert.Equal([NoticeCode.IdentityNotAppraised], inspection.Notices.Select(notice => notice.Code));
    }

    /// <summary>What the table answers instead, and a word of the sentence that the caller is owed.</summary>
    public static TheoryData<string, string> HostileAmd => new()
    {
        { "chain missing", "no such file" },
        { "chain of another root", "pinned root" },
        { "chain without the authority", "pinned root" },
        { "chain empty", "pinned root" },
        { "chain a web page", "pinned root" },
        { "list by another", "revocation list" },
        { "list late", "revocation list" },
        { "list too long", "longer than" },
        { "vcek too many requests", "asks to wait 10 seconds" },
        { "vcek failing", "answered 503" },
        { "vcek redirect", "answered 302" },
        { "vcek of another chip", "of this chip" },
        { "vcek of another tcb", "of this chip" },
        { "vcek not der", "of this chip" },
    };

    [Theory, MemberData(nameof(HostileAmd))]
    public async Task Fetch_HostileAmd_TakesNothingOfItAndSaysWhy(string what, string word)
    {
        var forge = new SnpForge();
        const string vcek = $"vcek/v1/Milan/{Chip}?blSPL=4&teeSPL=0&snpSPL=24&ucodeSPL=219";
        ServeAmd(forge, vcek);
        var other = new SnpForge();
        (string Row, TableAnswer Answer) hostile = what switch
        {
            "chain missing" => ("vcek/v1/Milan/cert_chain", new TableAnswer(404, [])),
            "chain of another root" => ("vcek/v1/Milan/cert_chain", TableAnswer.Bytes(Pem(new DcapForge(4).RootCertificate(), skip: 0))),
            "chain without the authority" => ("vcek/v1/Milan/cert_chain", TableAnswer.Bytes(Pem(forge.Certificates(), skip: 2))),
            "chain empty" => ("vcek/v1/Milan/cert_chain", TableAnswer.Bytes([])),
            "chain a web page" => ("vcek/v1/Milan/cert_chain", TableAnswer.Json("<html></html>")),
            "list by another" => ("vcek/v1/Milan/crl", TableAnswer.Bytes(new DcapForge(4).RootList())),
            "list late" => ("vcek/v1/Milan/crl", TableAnswer.Bytes(Late(forge))),
            "list too long" => ("vcek/v1/Milan/crl", TableAnswer.Bytes(new byte[2 << 20])),
            "vcek too many requests" => (vcek, new TableAnswer(429, [], null, new Dictionary<string, string> { ["Retry-After"] = "10" })),
            "vcek failing" => (vcek, new TableAnswer(503, [])),
            "vcek redirect" => (vcek, new TableAnswer(302, [], "http://localhost:1/")),
            "vcek of another chip" => (vcek, TableAnswer.Bytes(LeafOf(other, forge => forge.ChipIdOfCertificate = new byte[64]))),
            "vcek of another tcb" => (vcek, TableAnswer.Bytes(LeafOf(other, forge => forge.Tcb = forge.Tcb with { Microcode = 1 }))),
            _ => (vcek, TableAnswer.Bytes([1, 2, 3])),
        };
        _ = _server.On("GET /" + hostile.Row, hostile.Answer);

        var fetched = await FetchAsync(forge.Envelope(), forge.Context());

        var problem = Assert.Single(fetched.Problems);
        Assert.Contains(word, problem, StringComparison.Ordinal);
        Assert.DoesNotContain(Chip, problem, StringComparison.Ordinal);
        Assert.True(fetched.Pieces.Count < 4);
    }

    /// <summary>What the table answers instead, and a word of the sentence that the caller is owed.</summary>
    public static TheoryData<string, string> HostileIntel => new()
    {
        { "tcb missing", "no such file" },
        { "tcb without issuers", "header with its issuers" },
        { "tcb with issuers not encoded as a chain", "header with its issuers" },
        { "tcb with another root", "header with its issuers" },
        { "tcb of another platform", "not what was asked for" },
        { "tcb changed after it was signed", "not signed" },
        { "tcb that is due", "not current" },
        { "identity of the other enclave", "not what was asked for" },
        { "identity signed by another", "not signed" },
        { "list by another", "revocation list" },
        { "root list by another", "revocation list" },
        { "root list late", "revocation list" },
    };

    [Theory, MemberData(nameof(HostileIntel))]
    public async Task Fetch_HostileIntel_TakesNothingOfItAndSaysWhy(string what, string word)
    {
        using var forge = new DcapForge(4);
        using var other = new DcapForge(4);
        using var stranger = DcapForge.NewKey();
        ServeIntel(forge);
        const string tcb = "tdx/certification/v4/tcb?fmspc=b0c06f000000&update=standard";
        const string identity = "tdx/certification/v4/qe/identity?update=standard";
        var good = Issuers(forge);
        (string Row, TableAnswer Answer) hostile = what switch
        {
            "tcb missing" => (tcb, new TableAnswer(404, [])),
            "tcb without issuers" => (tcb, TableAnswer.Bytes(forge.Document("tcbInfo", forge.Info))),
            "tcb with issuers not encoded as a chain" => (tcb, TableAnswer.Bytes(forge.Document("tcbInfo", forge.Info), ("TCB-Info-Issuer-Chain", "%2D%2D%ZZ"))),
            "tcb with another root" => (tcb, TableAnswer.Bytes(other.Document("tcbInfo", other.Info), ("TCB-Info-Issuer-Chain", Issuers(other)))),
            "tcb of another platform" => (tcb, TableAnswer.Bytes(forge.Document("tcbInfo", Changed(forge.Info, "fmspc", "000000000000")), ("TCB-Info-Issuer-Chain", good))),
            "tcb changed after it was signed" => (tcb, TableAnswer.Bytes(forge.Document("tcbInfo", forge.Info, stranger), ("TCB-Info-Issuer-Chain", good))),
            "tcb that is due" => (tcb, TableAnswer.Bytes(forge.Document("tcbInfo", Changed(forge.Info, "nextUpdate", "2026-05-31T00:00:00Z")), ("TCB-Info-Issuer-Chain", good))),
            "identity of the other enclave" => (identity, TableAnswer.Bytes(forge.Document("enclaveIdentity", Changed(forge.Identity, "id", "QE")), ("SGX-Enclave-Identity-Issuer-Chain", good))),
            "identity signed by another" => (identity, TableAnswer.Bytes(forge.Document("enclaveIdentity", forge.Identity, stranger), ("SGX-Enclave-Identity-Issuer-Chain", good))),
            "list by another" => ("sgx/certification/v4/pckcrl?ca=platform&encoding=der", TableAnswer.Bytes(forge.RootList(), ("SGX-PCK-CRL-Issuer-Chain", Chain(forge.AuthorityCertificate(), forge.RootCertificate())))),
            "root list by another" => ("IntelSGXRootCA.der", TableAnswer.Bytes(other.RootList())),
            _ => ("IntelSGXRootCA.der", TableAnswer.Bytes(LateRoot(forge))),
        };
        _ = _server.On("GET /" + hostile.Row, hostile.Answer);

        var fetched = await FetchAsync(forge.Envelope(), forge.Context());

        Assert.Contains(fetched.Problems, problem => problem.Contains(word, StringComparison.Ordinal));
        Assert.All(fetched.Problems, problem => Assert.EndsWith(".", problem, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Fetch_NobodyThere_SaysThatAPackHelps()
    {
        var forge = new SnpForge();
        _server.Dispose();

        var fetched = await FetchAsync(forge.Envelope(), forge.Context());

        Assert.Contains("import a pack", Assert.Single(fetched.Problems), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _server.Dispose();
        _http.Dispose();
    }

    private Task<FetchedCollateral> FetchAsync(EvidenceEnvelope sample, AppraisalContext context) => new CollateralFetcher(
        _http, new CollateralSources { Amd = _server.Address, Intel = _server.Address, IntelRootList = new Uri(_server.Address, "IntelSGXRootCA.der") }, new StoppedClock(context.Time))
    {
        Anchors = context.Anchors,
    }.FetchAsync([sample], TestContext.Current.CancellationToken);

    private void ServeAmd(SnpForge forge, string vcek) => _server
        .On($"GET /vcek/v1/{forge.Generation.Name}/cert_chain", TableAnswer.Bytes(Pem(forge.Certificates(), skip: 1)))
        .On($"GET /vcek/v1/{forge.Generation.Name}/crl", TableAnswer.Bytes(forge.RevocationList()!))
        .On("GET /" + vcek, TableAnswer.Bytes(CollateralPieces.In(forge.Certificates())[0]));

    private void ServeIntel(DcapForge forge)
    {
        var tee = forge.IsTdx ? "tdx" : "sgx";
        var issuers = Issuers(forge);
        _ = _server.On("GET /sgx/certification/v4/pckcrl?ca=platform&encoding=der", TableAnswer.Bytes(forge.AuthorityList(), ("SGX-PCK-CRL-Issuer-Chain", Chain(forge.AuthorityCertificate(), forge.RootCertificate()))))
            .On("GET /IntelSGXRootCA.der", TableAnswer.Bytes(forge.RootList()));
        foreach (var (update, number) in new[] { ("standard", 20), ("early", 21) })
        {
            _ = _server
                .On($"GET /{tee}/certification/v4/tcb?fmspc={forge.Fmspc}&update={update}", TableAnswer.Bytes(forge.Document("tcbInfo", Changed(forge.Info, "tcbEvaluationDataNumber", number)), ("TCB-Info-Issuer-Chain", issuers)))
                .On($"GET /{tee}/certification/v4/qe/identity?update={update}", TableAnswer.Bytes(forge.Document("enclaveIdentity", Changed(forge.Identity, "tcbEvaluationDataNumber", number)), ("SGX-Enclave-Identity-Issuer-Chain", issuers)));
        }
    }

    private static string Issuers(DcapForge forge) => Chain(forge.SignerCertificate(), forge.RootCertificate());

    private static string Chain(params byte[][] certificates) => Uri.EscapeDataString(string.Concat(certificates.Select(der => System.Security.Cryptography.PemEncoding.WriteString("CERTIFICATE", der) + "\n")));

    private static byte[] Pem(byte[] certificates, int skip) =>
        System.Text.Encoding.ASCII.GetBytes(string.Join("\n", CollateralPieces.In(certificates).Skip(skip).Select(der => System.Security.Cryptography.PemEncoding.WriteString("CERTIFICATE", der))));

    private static JsonObject Changed(JsonObject body, string name, JsonNode value)
    {
        var changed = body.DeepClone().AsObject();
        changed[name] = value;
        return changed;
    }

    private static byte[] Late(SnpForge forge)
    {
        forge.List = new SnpForge.Revocations(SnpForge.Now.AddDays(-40), SnpForge.Now.AddDays(-1), []);
        return forge.RevocationList()!;
    }

    private static byte[] LateRoot(DcapForge forge)
    {
        var until = forge.ListsUntil;
        forge.ListsUntil = DcapForge.Now.AddDays(-1);
        var list = forge.RootList();
        forge.ListsUntil = until;
        return list;
    }

    private static byte[] LeafOf(SnpForge forge, Action<SnpForge> change)
    {
        change(forge);
        return CollateralPieces.In(forge.Certificates())[0];
    }

    private sealed class StoppedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
