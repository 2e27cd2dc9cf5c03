using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace CleanRoom.Evidence.Abi;

/// <summary>Which key signed a SEV-SNP report (SIGNING_KEY).</summary>
internal enum SnpSigningKey
{
    /// <summary>The processor's own key, derived from its fuses and TCB.</summary>
    Vcek = 0,

    /// <summary>A key that AMD gave a cloud provider.</summary>
    Vlek = 1,

    /// <summary>None: the report is not signed.</summary>
    None = 7,
}

/// <summary>
/// ATTESTATION_REPORT of AMD SEV-SNP (AMD 56860 §7.3): 1184 bytes, integers little-endian, versions 2 to 5. Every byte is a field or must be
/// zero, so what parses is the same bytes again; the bytes behind the signature are not signed, and only this sees a change in them.
/// </summary>
internal sealed class SnpReport
{
    /// <summary>Length of a report: 1184 bytes.</summary>
    public const int Size = 0x4A0;

    /// <summary>Length of the part that is signed: 672 bytes.</summary>
    public const int SignedSize = 0x2A0;

    /// <summary>Length of CHIP_ID: 64 bytes.</summary>
    public const int ChipIdSize = 64;

    /// <summary>Highest privilege level number.</summary>
    public const uint MaximumVmpl = 3;

    private const uint EcdsaP384Sha384 = 1;
    private const int CoordinateSize = 48;
    private const int CoordinateField = 72;
    private const uint FirstWithProcessor = 3;
    private const uint FirstWithMitigations = 5;

    private readonly byte[] _bytes;

    private SnpReport(byte[] bytes) => _bytes = bytes;

    /// <summary>The whole report.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>2 to 5.</summary>
    public uint Version => Word(0x000);

    /// <summary>The guest's security version, from its identity block.</summary>
    public uint GuestSvn => Word(0x004);

    /// <summary>What the host is allowed.</summary>
    public SnpGuestPolicy Policy => new(Long(0x008));

    /// <summary>16 bytes from the identity block.</summary>
    public ReadOnlySpan<byte> FamilyId => _bytes.AsSpan(0x010, 16);

    /// <summary>16 bytes from the identity block.</summary>
    public ReadOnlySpan<byte> ImageId => _bytes.AsSpan(0x020, 16);

    /// <summary>Privilege level that asked for the report, 0 (most) to 3.</summary>
    public int Vmpl => (int)Word(0x030);

    /// <summary>TCB of the firmware that runs; may be provisional.</summary>
    public ReadOnlySpan<byte> CurrentTcb => _bytes.AsSpan(0x038, SnpTcb.Size);

    /// <summary>State of the platform, bit by bit.</summary>
    public ulong PlatformInfo => Long(0x040);

    /// <summary>AUTHOR_KEY_DIGEST means something.</summary>
    public bool AuthorKeyEnabled => (Word(0x048) & 1) != 0;

    /// <summary>The host masks the chip id.</summary>
    public bool ChipMasked => (Word(0x048) & 2) != 0;

    /// <summary>The key that signed; other values than the named ones do not occur in a parsed report.</summary>
    public SnpSigningKey SigningKey => (SnpSigningKey)(Word(0x048) >> 2 & 7);

    /// <summary>64 bytes from the guest.</summary>
    public ReadOnlySpan<byte> ReportData => _bytes.AsSpan(0x050, ReportBinding.Size);

    /// <summary>Launch digest.</summary>
    public LaunchMeasurement Measurement => new(_bytes.AsSpan(0x090, LaunchMeasurement.Size));

    /// <summary>32 bytes from the host at launch.</summary>
    public ReadOnlySpan<byte> HostData => _bytes.AsSpan(0x0C0, 32);

    /// <summary>SHA-384 of the key that signed the identity block; zero if there was none.</summary>
    public ReadOnlySpan<byte> IdKeyDigest => _bytes.AsSpan(0x0E0, 48);

    /// <summary>SHA-384 of the key that signed that key; see <see cref="AuthorKeyEnabled"/>.</summary>
    public ReadOnlySpan<byte> AuthorKeyDigest => _bytes.AsSpan(0x110, 48);

    /// <summary>32 bytes, constant for the guest's life.</summary>
    public ReadOnlySpan<byte> ReportId => _bytes.AsSpan(0x140, 32);

    /// <summary>Report id of the migration agent; all 0xFF if there is none.</summary>
    public ReadOnlySpan<byte> MigrationAgentId => _bytes.AsSpan(0x160, 32);

    /// <summary>TCB that the signing key was derived from; the host chooses it.</summary>
    public ReadOnlySpan<byte> ReportedTcb => _bytes.AsSpan(0x180, SnpTcb.Size);

    /// <summary>Family, model and stepping of the processor; null in version 2.</summary>
    public (byte Family, byte Model, byte Stepping)? Processor => Version >= FirstWithProcessor ? (_bytes[0x188], _bytes[0x189], _bytes[0x18A]) : null;

    /// <summary>The chip's id: 64 bytes, or 8 and zeros; identifies a machine, so it is shown nowhere.</summary>
    public ReadOnlySpan<byte> ChipId => _bytes.AsSpan(0x1A0, ChipIdSize);

    /// <summary>TCB below which the platform can never go again.</summary>
    public ReadOnlySpan<byte> CommittedTcb => _bytes.AsSpan(0x1E0, SnpTcb.Size);

    /// <summary>Version of the firmware that runs.</summary>
    public (byte Major, byte Minor, byte Build) CurrentFirmware => (_bytes[0x1EA], _bytes[0x1E9], _bytes[0x1E8]);

    /// <summary>Version of the firmware that is committed.</summary>
    public (byte Major, byte Minor, byte Build) CommittedFirmware => (_bytes[0x1EE], _bytes[0x1ED], _bytes[0x1EC]);

    /// <summary>TCB when the guest was launched or imported.</summary>
    public ReadOnlySpan<byte> LaunchTcb => _bytes.AsSpan(0x1F0, SnpTcb.Size);

    /// <summary>Mitigations in place at launch; null before version 5.</summary>
    public ulong? LaunchMitigations => Version >= FirstWithMitigations ? Long(0x1F8) : null;

    /// <summary>Mitigations in place now; null before version 5.</summary>
    public ulong? CurrentMitigations => Version >= FirstWithMitigations ? Long(0x200) : null;

    /// <summary>Reads a report: the fields only; neither signature nor values are judged.</summary>
    /// <param name="bytes">Exactly 1184 bytes.</param>
    /// <param name="report">The report.</param>
    /// <param name="finding">Why it does not parse.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out SnpReport? report, [NotNullWhen(false)] out Finding? finding)
    {
        finding = Check(bytes);
        report = finding is null ? new SnpReport(bytes.ToArray()) : null;
        return report is not null;
    }

    /// <summary>Verifies the report's signature: ECDSA P-384 with SHA-384, r and s little-endian.</summary>
    /// <param name="spki">The key of the chip or the provider.</param>
    public bool IsSignedBy(ReadOnlySpan<byte> spki)
    {
        // .NET takes r ‖ s big-endian (IEEE P1363).
        Span<byte> signature = stackalloc byte[2 * CoordinateSize];
        _bytes.AsSpan(SignedSize, CoordinateSize).CopyTo(signature);
        _bytes.AsSpan(SignedSize + CoordinateField, CoordinateSize).CopyTo(signature[CoordinateSize..]);
        signature[..CoordinateSize].Reverse();
        signature[CoordinateSize..].Reverse();
        try
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(spki, out _);
            return key.KeySize == 8 * CoordinateSize && key.VerifyData(_bytes.AsSpan(0, SignedSize), signature, HashAlgorithmName.SHA384);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static Finding? Check(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            return new Finding(RejectionReason.ReportLength, "ATTESTATION_REPORT", $"{bytes.Length} bytes", $"{Size} bytes");
        }

        var version = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (version is < 2 or > 5)
        {
            return new Finding(RejectionReason.ReportVersion, "VERSION", $"{version}", "2, 3, 4 or 5");
        }

        var algorithm = BinaryPrimitives.ReadUInt32LittleEndian(bytes[0x034..]);
        if (algorithm != EcdsaP384Sha384)
        {
            return new Finding(RejectionReason.ReportAlgorithm, "SIGNATURE_ALGO", $"{algorithm}", "1 (ECDSA P-384 with SHA-384)");
        }

        if (!new SnpGuestPolicy(BinaryPrimitives.ReadUInt64LittleEndian(bytes[0x008..])).IsWellFormed)
        {
            return new Finding(RejectionReason.ReportReserved, "POLICY", "reserved bits that are not as the format says", "bit 17 set, bits 63 to 26 zero");
        }

        var keyInfo = BinaryPrimitives.ReadUInt32LittleEndian(bytes[0x048..]);
        if (keyInfo >> 5 != 0)
        {
            return Reserved("key information");
        }

        if ((SnpSigningKey)(keyInfo >> 2 & 7) is not (SnpSigningKey.Vcek or SnpSigningKey.Vlek or SnpSigningKey.None))
        {
            return new Finding(RejectionReason.ReportRange, "SIGNING_KEY", $"{keyInfo >> 2 & 7}", "0 (VCEK) or 1 (VLEK)");
        }

        var vmpl = BinaryPrimitives.ReadUInt32LittleEndian(bytes[0x030..]);
        if (vmpl > MaximumVmpl)
        {
            return new Finding(RejectionReason.ReportRange, "VMPL", $"{vmpl}", "0 to 3");
        }

        var processor = version >= FirstWithProcessor ? 0x18B : 0x188;
        var tail = version >= FirstWithMitigations ? 0x208 : 0x1F8;
        return !IsZero(bytes[0x04C..0x050]) ? Reserved("0x4C to 0x4F")
            : !IsZero(bytes[processor..0x1A0]) ? Reserved("bytes before CHIP_ID")
            : bytes[0x1EB] != 0 || bytes[0x1EF] != 0 ? Reserved("firmware versions")
            : !IsZero(bytes[tail..SignedSize]) ? Reserved("bytes before the signature")
            : !IsZero(bytes.Slice(SignedSize + CoordinateSize, CoordinateField - CoordinateSize)) ? Reserved("upper bytes of r")
            : !IsZero(bytes.Slice(SignedSize + CoordinateField + CoordinateSize, CoordinateField - CoordinateSize)) ? Reserved("upper bytes of s")
            : !IsZero(bytes[(SignedSize + (2 * CoordinateField))..]) ? Reserved("bytes behind the signature, which nothing signs")
            : null;
    }

    private static bool IsZero(ReadOnlySpan<byte> bytes) => !bytes.ContainsAnyExcept((byte)0);

    private static Finding Reserved(string field) => new(RejectionReason.ReportReserved, field, "reserved bytes that are not zero", "zero");

    private uint Word(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(offset));

    private ulong Long(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(offset));
}
