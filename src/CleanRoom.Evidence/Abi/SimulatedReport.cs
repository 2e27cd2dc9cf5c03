using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace CleanRoom.Evidence.Abi;

/// <summary>
/// The report of evidence kind <c>simulated</c>: 320 bytes, integers little-endian. What parses writes back to the same bytes.
/// <code>
/// offset length field
/// 0x000    8    mark "CRSIMREP"
/// 0x008    4    version, 1
/// 0x00C    4    signature algorithm, 1 = ECDSA P-384 with SHA-384
/// 0x010    4    VMPL, 0 to 3
/// 0x014    4    flags: bit 0 DEBUG, others reserved 0
/// 0x018    4    TCB: bootloader, TEE, SNP, microcode
/// 0x01C    4    reserved 0
/// 0x020   64    report data
/// 0x060   48    measurement
/// 0x090   32    host data
/// 0x0B0   32    report id
/// 0x0D0   16    reserved 0
/// 0x0E0   96    signature over 0x000 to 0x0DF: r ‖ s, big-endian
/// </code>
/// </summary>
public sealed class SimulatedReport
{
    /// <summary>Name of the envelope's only part.</summary>
    public const string PartName = "report";

    /// <summary>Length of a report: 320 bytes.</summary>
    public const int Size = 0x140;

    /// <summary>Length of the part that is signed: 224 bytes.</summary>
    public const int SignedSize = 0xE0;

    /// <summary>Length of report id and host data: 32 bytes.</summary>
    public const int IdSize = 32;

    /// <summary>The version that this build reads and writes.</summary>
    public const uint CurrentVersion = 1;

    /// <summary>Highest privilege level number.</summary>
    public const uint MaximumVmpl = 3;

    private const uint EcdsaP384Sha384 = 1;
    private const uint DebugFlag = 1;

    private readonly byte[] _bytes;

    private SimulatedReport(byte[] bytes) => _bytes = bytes;

    /// <summary>The whole report.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The bytes under the signature.</summary>
    public ReadOnlySpan<byte> SignedPart => _bytes.AsSpan(0, SignedSize);

    /// <summary>r ‖ s, 96 bytes.</summary>
    public ReadOnlySpan<byte> Signature => _bytes.AsSpan(SignedSize);

    /// <summary>Privilege level, 0 to 3.</summary>
    public int Vmpl => (int)Word(0x10);

    /// <summary>True if the enclave can be debugged.</summary>
    public bool Debug => Word(0x14) == DebugFlag;

    /// <summary>Security versions of the (pretended) platform.</summary>
    public TcbVersion Tcb => new(_bytes[0x18], _bytes[0x19], _bytes[0x1A], _bytes[0x1B]);

    /// <summary>64 bytes chosen by the guest.</summary>
    public ReadOnlySpan<byte> ReportData => _bytes.AsSpan(0x20, ReportBinding.Size);

    /// <summary>Measurement of the code.</summary>
    public LaunchMeasurement Measurement => new(_bytes.AsSpan(0x60, LaunchMeasurement.Size));

    /// <summary>32 bytes chosen by the host.</summary>
    public ReadOnlySpan<byte> HostData => _bytes.AsSpan(0x90, IdSize);

    /// <summary>32 random bytes, constant for a process.</summary>
    public ReadOnlySpan<byte> ReportId => _bytes.AsSpan(0xB0, IdSize);

    private static ReadOnlySpan<byte> Mark => "CRSIMREP"u8;

    /// <summary>Reads a report: the fields only; neither signature nor values are judged.</summary>
    /// <param name="bytes">Exactly 320 bytes.</param>
    /// <param name="report">The report.</param>
    /// <param name="reason">Why it does not parse.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out SimulatedReport? report, [NotNullWhen(false)] out RejectionReason? reason)
    {
        report = null;
        reason = Check(bytes);
        if (reason is null)
        {
            report = new SimulatedReport(bytes.ToArray());
        }

        return report is not null;
    }

    /// <summary>Writes the part of a report that is signed.</summary>
    /// <exception cref="ArgumentException">A length or range is wrong.</exception>
    public static byte[] WriteSigned(
        int vmpl, bool debug, TcbVersion tcb, ReadOnlySpan<byte> reportData, LaunchMeasurement measurement, ReadOnlySpan<byte> hostData, ReadOnlySpan<byte> reportId)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(vmpl);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)vmpl, MaximumVmpl, nameof(vmpl));
        ArgumentOutOfRangeException.ThrowIfNotEqual(reportData.Length, ReportBinding.Size, nameof(reportData));
        ArgumentOutOfRangeException.ThrowIfNotEqual(hostData.Length, IdSize, nameof(hostData));
        ArgumentOutOfRangeException.ThrowIfNotEqual(reportId.Length, IdSize, nameof(reportId));
        var bytes = new byte[SignedSize];
        var span = bytes.AsSpan();
        Mark.CopyTo(span);
        BinaryPrimitives.WriteUInt32LittleEndian(span[0x08..], CurrentVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(span[0x0C..], EcdsaP384Sha384);
        BinaryPrimitives.WriteUInt32LittleEndian(span[0x10..], (uint)vmpl);
        BinaryPrimitives.WriteUInt32LittleEndian(span[0x14..], debug ? DebugFlag : 0);
        span[0x18] = tcb.Bootloader;
        span[0x19] = tcb.Tee;
        span[0x1A] = tcb.Snp;
        span[0x1B] = tcb.Microcode;
        reportData.CopyTo(span[0x20..]);
        measurement.Bytes.CopyTo(span[0x60..]);
        hostData.CopyTo(span[0x90..]);
        reportId.CopyTo(span[0xB0..]);
        return bytes;
    }

    private static RejectionReason? Check(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            return RejectionReason.ReportLength;
        }

        if (!bytes.StartsWith(Mark))
        {
            return RejectionReason.ReportMark;
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[0x08..]) != CurrentVersion)
        {
            return RejectionReason.ReportVersion;
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[0x0C..]) != EcdsaP384Sha384)
        {
            return RejectionReason.ReportAlgorithm;
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[0x10..]) > MaximumVmpl)
        {
            return RejectionReason.ReportRange;
        }

        var reserved = (BinaryPrimitives.ReadUInt32LittleEndian(bytes[0x14..]) & ~DebugFlag) != 0
            || bytes.Slice(0x1C, 4).ContainsAnyExcept((byte)0)
            || bytes.Slice(0xD0, 16).ContainsAnyExcept((byte)0);
        return reserved ? RejectionReason.ReportReserved : null;
    }

    private uint Word(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(offset));
}
