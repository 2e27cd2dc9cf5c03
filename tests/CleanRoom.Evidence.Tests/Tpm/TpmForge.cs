using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using CleanRoom.Cryptography;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Tests.Dcap;
using CleanRoom.Evidence.Tests.Snp;

namespace CleanRoom.Evidence.Tests.Tpm;

/// <summary>A synthetic TPM: quotes by an RSA or ECDSA attestation key. It is good as made; a test changes one thing.</summary>
internal sealed class TpmForge
{
    private static readonly Lazy<RSA> RsaKey = new(() => RSA.Create(2048));
    private static readonly Lazy<ECDsa> EcKey = new(() => ECDsa.Create(ECCurve.NamedCurves.nistP256));

    public bool Ecc { get; set; }

    public byte[] ExtraData { get; set; } = [.. Enumerable.Repeat((byte)0x33, 32)];

    public ushort Bank { get; set; } = TpmAlgorithms.Sha256;

    public int[] Selected { get; set; } = [.. Enumerable.Range(0, 24)];

    public SortedDictionary<int, byte[]> Registers { get; } = new(Enumerable.Range(0, 24).ToDictionary(number => number, number => SHA256.HashData([(byte)number])));

    public bool Safe { get; set; } = true;

    public uint Magic { get; set; } = 0xFF544347;

    public ushort Type { get; set; } = 0x8018;

    public byte[] Tail { get; set; } = [];

    public uint Attributes { get; set; } = 0x50072;

    public bool SignedByAnother { get; set; }

    public byte[]? OtherRegisters { get; set; }

    public static byte[] Modulus => RsaKey.Value.ExportParameters(false).Modulus!;

    public byte[] Attest()
    {
        var bitmap = new byte[3];
        foreach (var number in Selected)
        {
            bitmap[number / 8] |= (byte)(1 << (number % 8));
        }

        var digest = SHA256.HashData([.. Selected.Order().SelectMany(number => Registers[number])]);
        return
        [
            .. Big(Magic), .. Big(Type), .. Sized([0, 0xB, .. new byte[32]]), .. Sized(ExtraData), .. new byte[8], .. Big(2u), .. Big(0u), (byte)(Safe ? 1 : 0), .. new byte[8],
            .. Big(1u), .. Big(Bank), 3, .. bitmap, .. Sized(digest), .. Tail,
        ];
    }

    public byte[] Signature(byte[] attest)
    {
        if (Ecc)
        {
            using var another = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var raw = (SignedByAnother ? another : EcKey.Value).SignData(attest, HashAlgorithmName.SHA256);
            return [0, 0x18, 0, 0xB, .. Sized(raw[..32]), .. Sized(raw[32..])];
        }

        using var other = RSA.Create(2048);
        return [0, 0x14, 0, 0xB, .. Sized((SignedByAnother ? other : RsaKey.Value).SignData(attest, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))];
    }

    public byte[] Public()
    {
        if (!Ecc)
        {
            return [0, 1, 0, 0xB, .. Big(Attributes), 0, 0, 0, 0x10, 0, 0x14, 0, 0xB, 8, 0, 0, 0, 0, 0, .. Sized(Modulus)];
        }

        var point = EcKey.Value.ExportParameters(false).Q;
        return [0, 0x23, 0, 0xB, .. Big(Attributes), 0, 0, 0, 0x10, 0, 0x18, 0, 0xB, 0, 3, 0, 0x10, .. Sized(point.X!), .. Sized(point.Y!)];
    }

    public Dictionary<string, ReadOnlyMemory<byte>> QuoteParts()
    {
        var attest = Attest();
        return new(StringComparer.Ordinal)
        {
            ["attest"] = attest,
            ["signature"] = Signature(attest),
            ["pcrs"] = OtherRegisters ?? [.. Selected.Order().SelectMany(number => Registers[number])],
        };
    }

    public EvidenceEnvelope Envelope()
    {
        var parts = QuoteParts();
        parts["public"] = Public();
        return EvidenceEnvelope.Create(EvidenceKinds.Tpm, parts);
    }

    private static byte[] Sized(byte[] bytes) => [.. Big((ushort)bytes.Length), .. bytes];

    private static byte[] Big(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] Big(ushort value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        return bytes;
    }
}

/// <summary>A synthetic confidential machine of Azure's kind, on SEV-SNP or TDX.</summary>
internal sealed class AzureForge(bool isTdx) : IDisposable
{
    public SnpForge Snp { get; } = new();

    public DcapForge Tdx { get; } = new(4);

    public TpmForge Tpm { get; } = new();

    public byte[] UserData { get; set; } = [.. Enumerable.Repeat((byte)0x5A, 64)];

    public string KeyId { get; set; } = "HCLAkPub";

    public string MoreKeys { get; set; } = "";

    public byte[] Tail { get; set; } = new byte[16];

    public bool BindsData { get; set; } = true;

    public byte[] ReportDataTail { get; set; } = new byte[32];

    /// <summary>Modulus of the attestation key that the paravisor names.</summary>
    public byte[] AttestationModulus { get; set; } = TpmForge.Modulus;

    public AppraisalContext Context() => isTdx ? Tdx.Context() : Snp.Context();

    public EvidenceEnvelope Envelope()
    {
        var parts = Tpm.QuoteParts();
        parts["hcl"] = Blob();
        parts[isTdx ? "quote" : "certificates"] = isTdx ? Tdx.Quote() : Snp.Certificates();
        return EvidenceEnvelope.Create(EvidenceKinds.AzureVtpm, parts);
    }

    /// <summary>The paravisor's report; for TDX, the quote is made to hold its hash.</summary>
    public byte[] Blob()
    {
        var variable = Encoding.UTF8.GetBytes(
            $$"""{"keys":[{"kid":"{{KeyId}}","key_ops":["sign"],"kty":"RSA","e":"AQAB","n":"{{StrictBase64.EncodeUrl(AttestationModulus)}}"}{{MoreKeys}}],"vm-configuration":{},"user-data":"{{Convert.ToHexString(UserData)}}"}""");
        byte[] reportData = [.. BindsData ? SHA256.HashData(variable) : new byte[] { 1 }.Concat(new byte[31]), .. ReportDataTail];
        var blob = new byte[0x4D4];
        "HCLA"u8.CopyTo(blob);
        if (isTdx)
        {
            reportData.CopyTo(Tdx.Body.AsSpan(520));
        }
        else
        {
            Snp.ReportData = reportData;
            Snp.Report().CopyTo(blob, 0x20);
        }

        BitConverter.TryWriteBytes(blob.AsSpan(0x4C0), variable.Length + 20);
        blob[0x4C4] = 1;
        blob[0x4C8] = (byte)(isTdx ? 4 : 2);
        blob[0x4CC] = 1;
        BitConverter.TryWriteBytes(blob.AsSpan(0x4D0), variable.Length);
        return [.. blob, .. variable, .. Tail];
    }

    public void Dispose() => Tdx.Dispose();
}
