using System.Buffers.Binary;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Collateral;
using CleanRoom.Evidence.Verify;

namespace CleanRoom.Evidence.Tests.Snp;

/// <summary>
/// A synthetic processor: reports, certificates and revocation lists shaped as AMD's, under roots that exist in these tests only. It is good
/// as made; a test changes one thing, so that one check alone fails.
/// </summary>
internal sealed class SnpForge
{
    public static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly Lazy<RSA> RootKey = new(() => RSA.Create(4096));
    private static readonly Lazy<RSA> IntermediateKey = new(() => RSA.Create(4096));
    private static readonly Lazy<ECDsa> LeafKey = new(() => ECDsa.Create(ECCurve.NamedCurves.nistP384));

    public SnpForge(string generation = "Milan")
    {
        Generation = SnpGeneration.All.Single(known => known.Name == generation);
        Tcb = new SnpTcb(Generation.Layout.Fmc < 0 ? null : (byte)1, 4, 0, 24, 219);
        Reported = Current = Committed = Launch = Tcb;
        Processor = generation switch { "Milan" => (0x19, 0x01), "Genoa" => (0x19, 0xA0), _ => (0x1A, 0x02) };
        Product = generation;
        ChipId = [.. Enumerable.Range(1, Generation.ChipIdSize).Select(value => (byte)value)];
        Root = new Authority("ARK-" + generation, "ARK-" + generation, 2020, 2045);
        Intermediate = new Authority("SEV-" + generation, "ARK-" + generation, 2020, 2045);
        LeafIssuer = "SEV-" + generation;
    }

    public SnpGeneration Generation { get; }

    public uint Version { get; set; } = 5;

    public (byte Family, byte Model) Processor { get; set; }

    public SnpTcb Tcb { get; set; }

    public SnpTcb Reported { get; set; }

    public SnpTcb Current { get; set; }

    public SnpTcb Committed { get; set; }

    public SnpTcb Launch { get; set; }

    public byte[] ReportData { get; set; } = [.. Enumerable.Repeat((byte)0x5A, 64)];

    public SnpSigningKey SigningKey { get; set; }

    public byte[] ChipId { get; set; }

    /// <summary>Changes the report before it is signed.</summary>
    public Action<byte[]> BeforeSigning { get; set; } = _ => { };

    /// <summary>Changes the report after it was signed.</summary>
    public Action<byte[]> AfterSigning { get; set; } = _ => { };

    public ECDsa Signer { get; set; } = LeafKey.Value;

    public Authority Root { get; set; }

    public Authority Intermediate { get; set; }

    /// <summary>Who signs the intermediate; the root, unless a test puts another key here.</summary>
    public RSA IntermediateSigner { get; set; } = RootKey.Value;

    public RSA LeafSigner { get; set; } = IntermediateKey.Value;

    public string LeafName { get; set; } = "SEV-VCEK";

    public string LeafIssuer { get; set; }

    public (int First, int Last) LeafYears { get; set; } = (2025, 2032);

    public string Product { get; set; }

    public int? StructVersion { get; set; }

    public byte[]? ChipIdOfCertificate { get; set; }

    public bool ChipIdAsOctetString { get; set; }

    public string? Provider { get; set; }

    public RSASignaturePadding Padding { get; set; } = RSASignaturePadding.Pss;

    public bool LeafIsAuthority { get; set; }

    public List<X509Extension> MoreExtensions { get; } = [];

    public AsymmetricAlgorithm? OtherLeafKey { get; set; }

    /// <summary>What the revocation list holds; null: there is no list.</summary>
    public Revocations? List { get; set; } = new(Now.AddDays(-10), Now.AddDays(20), []);

    public bool WithLeaf { get; set; } = true;

    public bool WithIntermediate { get; set; } = true;

    public bool WithRoot { get; set; } = true;

    /// <summary>Makes a provider's report and chain of it.</summary>
    public SnpForge AsVlek(string provider = "CN=cloud.example")
    {
        SigningKey = SnpSigningKey.Vlek;
        LeafName = "SEV-VLEK";
        Intermediate = Intermediate with { Name = "SEV-VLEK-" + Generation.Name };
        LeafIssuer = Intermediate.Name;
        Provider = provider;
        ChipId = [];
        return this;
    }

    /// <summary>Makes version 2 of the report, which lacks the processor.</summary>
    public SnpForge AsVersion(uint version)
    {
        Version = version;
        return this;
    }

    public byte[] Report()
    {
        var report = new byte[SnpReport.Size];
        var span = report.AsSpan();
        BinaryPrimitives.WriteUInt32LittleEndian(span, Version);
        BinaryPrimitives.WriteUInt32LittleEndian(span[0x004..], 7);
        BinaryPrimitives.WriteUInt64LittleEndian(span[0x008..], 0x3001F);
        BinaryPrimitives.WriteUInt32LittleEndian(span[0x034..], 1);
        Current.Write(span[0x038..], Generation.Layout);
        BinaryPrimitives.WriteUInt64LittleEndian(span[0x040..], 0x21);
        BinaryPrimitives.WriteUInt32LittleEndian(span[0x048..], (uint)SigningKey << 2);
        ReportData.CopyTo(span[0x050..]);
        span.Slice(0x090, 48).Fill(0xA1);
        span.Slice(0x160, 32).Fill(0xFF);
        Reported.Write(span[0x180..], Generation.Layout);
        if (Version >= 3)
        {
            span[0x188] = Processor.Family;
            span[0x189] = Processor.Model;
            span[0x18A] = 1;
        }

        ChipId.CopyTo(span[0x1A0..]);
        Committed.Write(span[0x1E0..], Generation.Layout);
        ReadOnlySpan<byte> firmware = [29, 55, 1, 0, 29, 55, 1, 0];
        firmware.CopyTo(span[0x1E8..]);
        Launch.Write(span[0x1F0..], Generation.Layout);
        if (Version >= 5)
        {
            span[0x1F8] = 0x3F;
            span[0x200] = 0x3F;
        }

        BeforeSigning(report);
        var signature = Signer.SignData(span[..SnpReport.SignedSize].ToArray(), HashAlgorithmName.SHA384);
        var size = signature.Length / 2;
        signature.AsSpan(0, size).Reverse();
        signature.AsSpan(size).Reverse();
        signature.AsSpan(0, size).CopyTo(span[0x2A0..]);
        signature.AsSpan(size).CopyTo(span[0x2E8..]);
        AfterSigning(report);
        return report;
    }

    public byte[] Certificates()
    {
        byte[] leaf = WithLeaf ? Leaf() : [];
        byte[] intermediate = WithIntermediate ? Issue(Intermediate, IntermediateKey.Value, IntermediateSigner, [1, 0, 1]) : [];
        byte[] root = WithRoot ? Issue(Root, RootKey.Value, RootKey.Value, [1, 0, 0]) : [];
        return [.. leaf, .. intermediate, .. root];
    }

    public EvidenceEnvelope Envelope() => EvidenceEnvelope.Create(
        EvidenceKinds.SevSnp, new Dictionary<string, ReadOnlyMemory<byte>> { ["report"] = Report(), ["certificates"] = Certificates() });

    public AppraisalContext Context(DateTimeOffset? time = null) => new(time ?? Now, CollateralSet.Read(RevocationList() is { } list ? [list] : []))
    {
        Anchors = TrustAnchors.Vendors with { Amd = TrustAnchors.Vendors.Amd.SetItem(Generation.Name, Pin) },
    };

    private static string Pin => Convert.ToHexStringLower(SHA256.HashData(RootKey.Value.ExportSubjectPublicKeyInfo()));

    public byte[]? RevocationList()
    {
        if (List is null)
        {
            return null;
        }

        var builder = new CertificateRevocationListBuilder();
        foreach (var serial in List.Serials)
        {
            builder.AddEntry(serial, Now.AddDays(-11));
        }

        using var root = X509CertificateLoader.LoadCertificate(Issue(Root, RootKey.Value, RootKey.Value, [1, 0, 0]));
        using var withKey = root.CopyWithPrivateKey(Root.Key ?? RootKey.Value);
        return builder.Build(withKey, 1, List.NextUpdate, HashAlgorithmName.SHA384, RSASignaturePadding.Pss, List.ThisUpdate);
    }

    private byte[] Leaf()
    {
        var request = OtherLeafKey switch
        {
            RSA rsa => new CertificateRequest(Name(LeafName), rsa, HashAlgorithmName.SHA384, Padding),
            ECDsa ec => new CertificateRequest(Name(LeafName), ec, HashAlgorithmName.SHA384),
            _ => new CertificateRequest(Name(LeafName), LeafKey.Value, HashAlgorithmName.SHA384),
        };
        var layout = Generation.Layout;
        Add(request, "1", Number(StructVersion ?? layout.StructVersion));
        Add(request, "2", Text(Product));
        Add(request, "3.1", Number(Tcb.Bootloader));
        Add(request, "3.2", Number(Tcb.Tee));
        Add(request, "3.3", Number(Tcb.Snp));
        Add(request, "3.5", Number(0));
        Add(request, "3.8", Number(Tcb.Microcode));
        if (Tcb.Fmc is { } fmc)
        {
            Add(request, "3.9", Number(fmc));
        }

        if (SigningKey == SnpSigningKey.Vcek)
        {
            var id = ChipIdOfCertificate ?? [.. Enumerable.Range(1, Generation.ChipIdSize).Select(value => (byte)value)];
            Add(request, "4", ChipIdAsOctetString ? [0x04, (byte)id.Length, .. id] : id);
        }

        if (Provider is not null)
        {
            Add(request, "5", Text(Provider));
        }

        if (LeafIsAuthority)
        {
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        }

        foreach (var extension in MoreExtensions)
        {
            request.CertificateExtensions.Add(extension);
        }

        using var certificate = request.Create(
            Name(LeafIssuer), X509SignatureGenerator.CreateForRSA(LeafSigner, Padding), Year(LeafYears.First), Year(LeafYears.Last), [0]);
        return certificate.RawData;
    }

    private static byte[] Issue(Authority authority, RSA key, RSA signer, byte[] serial)
    {
        var request = new CertificateRequest(Name(authority.Name), authority.Key ?? key, HashAlgorithmName.SHA384, RSASignaturePadding.Pss);
        if (authority.IsAuthority)
        {
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, authority.PathLength is not null, authority.PathLength ?? 0, true));
        }

        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            (authority.CertSign ? X509KeyUsageFlags.KeyCertSign : X509KeyUsageFlags.DigitalSignature) | (authority.CrlSign ? X509KeyUsageFlags.CrlSign : 0), true));
        using var certificate = request.Create(
            Name(authority.Issuer), X509SignatureGenerator.CreateForRSA(authority.SelfSigner ?? signer, authority.Padding ?? RSASignaturePadding.Pss),
            Year(authority.First), Year(authority.Last), serial);
        return certificate.RawData;
    }

    private static X500DistinguishedName Name(string commonName) => new($"CN={commonName}, O=Synthetic, C=US");

    private static DateTimeOffset Year(int year) => new(year, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static void Add(CertificateRequest request, string suffix, byte[] value) =>
        request.CertificateExtensions.Add(new X509Extension(new Oid("1.3.6.1.4.1.3704.1." + suffix), value, critical: false));

    private static byte[] Number(int value)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteInteger(value);
        return writer.Encode();
    }

    private static byte[] Text(string value)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteCharacterString(UniversalTagNumber.IA5String, value);
        return writer.Encode();
    }

    /// <summary>An authority's certificate, good unless told otherwise.</summary>
    internal sealed record Authority(string Name, string Issuer, int First, int Last)
    {
        public bool IsAuthority { get; init; } = true;

        public bool CertSign { get; init; } = true;

        public bool CrlSign { get; init; } = true;

        public int? PathLength { get; init; }

        public RSA? Key { get; init; }

        public RSA? SelfSigner { get; init; }

        public RSASignaturePadding? Padding { get; init; }
    }

    /// <summary>A revocation list.</summary>
    internal sealed record Revocations(DateTimeOffset ThisUpdate, DateTimeOffset NextUpdate, byte[][] Serials);
}
