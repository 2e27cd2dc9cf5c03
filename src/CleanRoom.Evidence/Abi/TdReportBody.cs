using System.Buffers.Binary;

namespace CleanRoom.Evidence.Abi;

/// <summary>Body of a TDX quote (Intel TDX DCAP quoting library API, TD report 1.0 and 1.5): 584 or 648 bytes.</summary>
internal readonly struct TdReportBody
{
    /// <summary>Length of a TD 1.0 body.</summary>
    public const int Size10 = 584;

    /// <summary>Length of a TD 1.5 body.</summary>
    public const int Size15 = 648;

    private readonly ReadOnlyMemory<byte> _bytes;

    /// <summary>Reads a body.</summary>
    /// <param name="bytes">584 or 648 bytes.</param>
    public TdReportBody(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length is not (Size10 or Size15))
        {
            throw new ArgumentException("A TD report has 584 or 648 bytes.", nameof(bytes));
        }

        _bytes = bytes;
    }

    /// <summary>Security versions of the TDX module and its loader, 16 bytes.</summary>
    public ReadOnlySpan<byte> TeeTcbSvn => Part(0, 16);

    /// <summary>Measurement of the TDX module.</summary>
    public ReadOnlySpan<byte> Module => Part(16, 48);

    /// <summary>Signer of the TDX module; zero is Intel.</summary>
    public ReadOnlySpan<byte> ModuleSigner => Part(64, 48);

    /// <summary>Attributes of the TDX module.</summary>
    public ReadOnlySpan<byte> ModuleAttributes => Part(112, 8);

    /// <summary>Attributes of the trust domain.</summary>
    public ulong Attributes => BinaryPrimitives.ReadUInt64LittleEndian(Part(120, 8));

    /// <summary>Extended features that the domain may use, 8 bytes.</summary>
    public ReadOnlySpan<byte> Xfam => Part(128, 8);

    /// <summary>Measurement of the domain's initial contents.</summary>
    public LaunchMeasurement Measurement => new(Part(136, 48));

    /// <summary>48 bytes from the domain's host: its configuration.</summary>
    public ReadOnlySpan<byte> ConfigId => Part(184, 48);

    /// <summary>48 bytes from the domain's host: its owner.</summary>
    public ReadOnlySpan<byte> Owner => Part(232, 48);

    /// <summary>48 bytes from the domain's host: its owner's configuration.</summary>
    public ReadOnlySpan<byte> OwnerConfig => Part(280, 48);

    /// <summary>64 bytes from the domain.</summary>
    public ReadOnlySpan<byte> ReportData => Part(520, 64);

    /// <summary>Measurement of bound service domains; empty in TD 1.0 bodies.</summary>
    public ReadOnlySpan<byte> ServiceDomains => _bytes.Length == Size15 ? Part(600, 48) : [];

    /// <summary>Register of measurements that the domain extended at run time.</summary>
    /// <param name="index">0 to 3.</param>
    public ReadOnlySpan<byte> RuntimeMeasurement(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, 3);
        return Part(328 + (48 * index), 48);
    }

    private ReadOnlySpan<byte> Part(int offset, int length) => _bytes.Span.Slice(offset, length);
}
