using System.Buffers.Binary;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Collateral;
using CleanRoom.Evidence.Verify;

namespace CleanRoom.Evidence.Tests.Dcap;

/// <summary>
/// A synthetic Intel platform: quotes, certificates and collateral shaped as Intel's, under a root that exists in these tests only. It is good as
/// made; a test changes one thing, so that one check alone fails.
/// </summary>
internal sealed class DcapForge : IDisposable
{
    public static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly byte[] Vendor = Convert.FromHexString("939a7233f79c4ca9940a0db3957f0607");

    private readonly ECDsa _root = NewKey();
    private readonly ECDsa _authority = NewKey();
    private readonly ECDsa _pck = NewKey();
    private readonly ECDsa _signer = NewKey();
    private readonly ECDsa _attestation = NewKey();

    public DcapForge(int version = 5)
    {
        Version = version;
        IsTdx = version > 3;
        QeReport = new byte[SgxReportBody.Size];
        QeReport[48] = 0x11;
        QeReport.AsSpan(128, 32).Fill(0xDC);
        QeReport[256] = (byte)(IsTdx ? 2 : 1);
        QeReport[258] = 6;
        Body = new byte[version switch { 3 => SgxReportBody.Size, 4 => TdReportBody.Size10, _ => TdReportBody.Size15 }];
        if (IsTdx)
        {
            Body[0] = 5;
            Body[1] = 1;
            Body[2] = 3;
            Body[120 + 3] = 0x10;
            Body[128] = 0xE7;
            Body.AsSpan(136, 48).Fill(0xA1);
            Body.AsSpan(328, 144).Fill(0xB2);
            Body.AsSpan(520, 64).Fill(0x5A);
        }
        else
        {
            Body[48] = 5;
            Body.AsSpan(64, 32).Fill(0xA1);
            Body.AsSpan(128, 32).Fill(0xC3);
            Body[256] = 1;
            Body[258] = 2;
            Body.AsSpan(320, 64).Fill(0x5A);
        }

        Info = NewInfo();
        Identity = NewIdentity();
    }

    public int Version { get; }

    public bool IsTdx { get; }

    public byte[] Body { get; }

    public byte[] QeReport { get; }

    public byte[] Authentication { get; set; } = [.. Enumerable.Range(0, 32).Select(value => (byte)value)];

    public JsonObject Info { get; }

    public JsonObject Identity { get; }

    public byte[] Components { get; } = [3, 3, 2, 2, 4, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0];

    public int PceSvn { get; set; } = 11;

    public string Fmspc { get; set; } = "b0c06f000000";

    /// <summary>Changes the quote after it was signed.</summary>
    public Func<byte[], byte[]> Quoted { get; set; } = quote => quote;

    public bool BindAttestationKey { get; set; } = true;

    public ECDsa? QeReportSigner { get; set; }

    public ECDsa? QuoteSigner { get; set; }

    public ECDsa? AuthoritySigner { get; set; }

    public ECDsa? PckSigner { get; set; }

    public ECDsa? InfoSigner { get; set; }

    public ECDsa? IdentitySigner { get; set; }

    public ECDsa? SignerIssuer { get; set; }

    public bool OtherRoot { get; set; }

    public (int First, int Last) PckYears { get; set; } = (2024, 2031);

    public (int First, int Last) AuthorityYears { get; set; } = (2018, 2033);

    public (int First, int Last) SignerYears { get; set; } = (2025, 2032);

    public bool AuthorityIsOne { get; set; } = true;

    public bool PckIsAuthority { get; set; }

    public string PckName { get; set; } = "Intel SGX PCK Certificate";

    public int CertificationType { get; set; } = 5;

    public bool WithPckExtension { get; set; } = true;

    public byte[][] RootRevokes { get; set; } = [];

    public byte[][] AuthorityRevokes { get; set; } = [];

    public DateTimeOffset ListsUntil { get; set; } = Now.AddDays(20);

    public bool WithLists { get; set; } = true;

    public bool WithInfo { get; set; } = true;

    public bool WithIdentity { get; set; } = true;

    public bool WithSigner { get; set; } = true;

    /// <summary>Changes documents after they were signed.</summary>
    public Func<string, string> Altered { get; set; } = text => text;

    public List<byte[]> MoreCollateral { get; } = [];

    public byte[] Quote()
    {
        var attestationKey = Point(_attestation);
        byte[] signed = [.. Header(), .. Version == 5 ? [3, 0, .. BitConverter.GetBytes(Body.Length)] : Array.Empty<byte>(), .. Body];
        if (BindAttestationKey)
        {
            SHA256.HashData([.. attestationKey, .. Authentication]).CopyTo(QeReport.AsSpan(320));
        }

        byte[] certification = [.. Encoding.ASCII.GetBytes(Pem(PckCertificate()) + Pem(AuthorityCertificate()) + Pem(RootCertificate())), 0];
        byte[] inner =
        [
            .. QeReport, .. (QeReportSigner ?? _pck).SignData(QeReport, HashAlgorithmName.SHA256), .. BitConverter.GetBytes((ushort)Authentication.Length), .. Authentication,
            .. BitConverter.GetBytes((ushort)CertificationType), .. BitConverter.GetBytes(certification.Length), .. certification,
        ];
        byte[] nested = Version == 3 ? inner : [6, 0, .. BitConverter.GetBytes(inner.Length), .. inner];
        byte[] data = [.. (QuoteSigner ?? _attestation).SignData(signed, HashAlgorithmName.SHA256), .. attestationKey, .. nested];
        return Quoted([.. signed, .. BitConverter.GetBytes(data.Length), .. data]);
    }

    public EvidenceEnvelope Envelope() => EvidenceEnvelope.Create(
        IsTdx ? EvidenceKinds.Tdx : EvidenceKinds.Sgx, new Dictionary<string, ReadOnlyMemory<byte>> { ["quote"] = Quote() });

    public AppraisalContext Context(DateTimeOffset? time = null)
    {
        var files = new List<ReadOnlyMemory<byte>> { RootCertificate() };
        if (WithSigner)
        {
            files.Add(SignerCertificate());
        }

        if (WithInfo)
        {
            files.Add(Document("tcbInfo", Info, InfoSigner ?? _signer));
        }

        if (WithIdentity)
        {
            files.Add(Document("enclaveIdentity", Identity, IdentitySigner ?? _signer));
        }

        if (WithLists)
        {
            files.Add(RootList());
            files.Add(AuthorityList());
        }

        files.AddRange(MoreCollateral.Select(file => (ReadOnlyMemory<byte>)file));
        return new AppraisalContext(time ?? Now, CollateralSet.Read(files))
        {
            Anchors = TrustAnchors.Vendors with { Intel = OtherRoot ? new string('0', 64) : Convert.ToHexStringLower(SHA256.HashData(_root.ExportSubjectPublicKeyInfo())) },
        };
    }

    public byte[] Document(string name, JsonObject body, ECDsa? signer = null)
    {
        var text = body.ToJsonString();
        var signature = Convert.ToHexStringLower((signer ?? _signer).SignData(Encoding.UTF8.GetBytes(text), HashAlgorithmName.SHA256));
        return Encoding.UTF8.GetBytes($$"""{"{{name}}":{{Altered(text)}},"signature":"{{signature}}"}""");
    }

    public byte[] RootList() => List(RootCertificate(), _root, RootRevokes);

    public byte[] AuthorityList() => List(AuthorityCertificate(), _authority, AuthorityRevokes);

    public static ECDsa NewKey() => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose()
    {
        _root.Dispose();
        _authority.Dispose();
        _pck.Dispose();
        _signer.Dispose();
        _attestation.Dispose();
    }

    private byte[] Header()
    {
        var header = new byte[48];
        BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)Version);
        header[2] = 2;
        header[4] = (byte)(IsTdx ? 0x81 : 0);
        Vendor.CopyTo(header, 12);
        return header;
    }

    private JsonObject NewInfo()
    {
        var info = new JsonObject
        {
            ["id"] = IsTdx ? "TDX" : "SGX",
            ["version"] = 3,
            ["issueDate"] = "2026-05-20T00:00:00Z",
            ["nextUpdate"] = "2026-06-19T00:00:00Z",
            ["fmspc"] = "B0C06F000000",
            ["pceId"] = "0000",
            ["tcbType"] = 0,
            ["tcbEvaluationDataNumber"] = 20,
        };
        if (IsTdx)
        {
            info["tdxModule"] = Module(null);
            info["tdxModuleIdentities"] = new JsonArray(Module("TDX_01"));
        }

        info["tcbLevels"] = new JsonArray(Level([3, 3, 2, 2, 4, 1, 0, 5], 11, [6, 0, 3], "UpToDate"), Level([2, 2, 2, 2, 3, 1, 0, 5], 11, [4, 0, 2], "OutOfDate", "INTEL-SA-00837"));
        return info;
    }

    private JsonObject NewIdentity() => new()
    {
        ["id"] = IsTdx ? "TD_QE" : "QE",
        ["version"] = 2,
        ["issueDate"] = "2026-05-20T00:00:00Z",
        ["nextUpdate"] = "2026-06-19T00:00:00Z",
        ["tcbEvaluationDataNumber"] = 20,
        ["miscselect"] = "00000000",
        ["miscselectMask"] = "FFFFFFFF",
        ["attributes"] = "11000000000000000000000000000000",
        ["attributesMask"] = "FBFFFFFFFFFFFFFF0000000000000000",
        ["mrsigner"] = new string('D', 1) + "C" + string.Concat(Enumerable.Repeat("DC", 31)),
        ["isvprodid"] = IsTdx ? 2 : 1,
        ["tcbLevels"] = new JsonArray(EnclaveLevel(6, "UpToDate"), EnclaveLevel(4, "OutOfDate", "INTEL-SA-01234")),
    };

    private static JsonObject Module(string? id)
    {
        var module = new JsonObject { ["mrsigner"] = new string('0', 96), ["attributes"] = new string('0', 16), ["attributesMask"] = new string('F', 16) };
        if (id is not null)
        {
            module["id"] = id;
            module["tcbLevels"] = new JsonArray(EnclaveLevel(4, "UpToDate"), EnclaveLevel(2, "OutOfDate", "INTEL-SA-00999"));
        }

        return module;
    }

    private static JsonObject EnclaveLevel(int svn, string status, params string[] advisories) => new()
    {
        ["tcb"] = new JsonObject { ["isvsvn"] = svn },
        ["tcbDate"] = "2026-01-01T00:00:00Z",
        ["tcbStatus"] = status,
        ["advisoryIDs"] = new JsonArray([.. advisories.Select(id => (JsonNode)id)]),
    };

    private JsonObject Level(int[] sgx, int pceSvn, int[] tdx, string status, params string[] advisories)
    {
        var tcb = new JsonObject { ["sgxtcbcomponents"] = Svns(sgx), ["pcesvn"] = pceSvn };
        if (IsTdx)
        {
            tcb["tdxtcbcomponents"] = Svns(tdx);
        }

        return new JsonObject { ["tcb"] = tcb, ["tcbDate"] = "2026-01-01T00:00:00Z", ["tcbStatus"] = status, ["advisoryIDs"] = new JsonArray([.. advisories.Select(id => (JsonNode)id)]) };
    }

    private static JsonArray Svns(int[] svns) => [.. Enumerable.Range(0, 16).Select(index => (JsonNode)new JsonObject { ["svn"] = index < svns.Length ? svns[index] : 0 })];

    private static byte[] Point(ECDsa key)
    {
        var point = key.ExportParameters(false).Q;
        return [.. point.X!, .. point.Y!];
    }

    public byte[] RootCertificate() => Issue("Intel SGX Root CA", "Intel SGX Root CA", _root, _root, [1], (2018, 2049), isAuthority: true);

    public byte[] AuthorityCertificate() => Issue(
        "Intel SGX PCK Platform CA", "Intel SGX Root CA", _authority, AuthoritySigner ?? _root, [2], AuthorityYears, AuthorityIsOne);

    public byte[] SignerCertificate() => Issue("Intel SGX TCB Signing", "Intel SGX Root CA", _signer, SignerIssuer ?? _root, [3], SignerYears, isAuthority: false);

    private byte[] PckCertificate() => Issue(
        PckName, "Intel SGX PCK Platform CA", _pck, PckSigner ?? _authority, [4], PckYears, PckIsAuthority, WithPckExtension ? PckExtension() : null);

    private byte[] PckExtension()
    {
        const string oid = "1.2.840.113741.1.13.1";
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            Member(writer, oid + ".1", inner => inner.WriteOctetString(new byte[16]));
            Member(writer, oid + ".2", inner =>
            {
                using (inner.PushSequence())
                {
                    for (var i = 1; i <= 16; i++)
                    {
                        var svn = Components[i - 1];
                        Member(inner, $"{oid}.2.{i}", value => value.WriteInteger(svn));
                    }

                    Member(inner, oid + ".2.17", value => value.WriteInteger(PceSvn));
                    Member(inner, oid + ".2.18", value => value.WriteOctetString(Components));
                }
            });
            Member(writer, oid + ".3", inner => inner.WriteOctetString(new byte[2]));
            Member(writer, oid + ".4", inner => inner.WriteOctetString(Convert.FromHexString(Fmspc)));
            Member(writer, oid + ".5", inner => inner.WriteEnumeratedValue(UniversalOne.One));
        }

        return writer.Encode();
    }

    private static void Member(AsnWriter writer, string oid, Action<AsnWriter> value)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(oid);
            value(writer);
        }
    }

    private static byte[] Issue(string name, string issuer, ECDsa key, ECDsa signer, byte[] serial, (int First, int Last) years, bool isAuthority, byte[]? pckExtension = null)
    {
        var request = new CertificateRequest($"CN={name}, O=Synthetic", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(isAuthority ? X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign : X509KeyUsageFlags.DigitalSignature, true));
        if (pckExtension is not null)
        {
            request.CertificateExtensions.Add(new X509Extension("1.2.840.113741.1.13.1", pckExtension, false));
        }

        using var certificate = request.Create(new X500DistinguishedName($"CN={issuer}, O=Synthetic"), X509SignatureGenerator.CreateForECDsa(signer), Year(years.First), Year(years.Last), serial);
        return certificate.RawData;
    }

    private byte[] List(byte[] issuer, ECDsa key, byte[][] serials)
    {
        var builder = new CertificateRevocationListBuilder();
        foreach (var serial in serials)
        {
            builder.AddEntry(serial, Now.AddDays(-11));
        }

        using var certificate = X509CertificateLoader.LoadCertificate(issuer);
        if (!AuthorityIsOne && !ReferenceEquals(key, _root))
        {
            return [];
        }

        using var withKey = certificate.CopyWithPrivateKey(key);
        return builder.Build(withKey, 1, ListsUntil, HashAlgorithmName.SHA256, null, Now.AddDays(-30));
    }

    private static string Pem(byte[] der) => PemEncoding.WriteString("CERTIFICATE", der) + "\n";

    private static DateTimeOffset Year(int year) => new(year, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private enum UniversalOne
    {
        One = 1,
    }
}
