using System.Buffers.Binary;

namespace CleanRoom.Evidence.Abi;

/// <summary>Body of an SGX report (Intel SDM vol. 3D, REPORT): 384 bytes, integers little-endian. Quoting enclaves describe themselves with one too.</summary>
internal readonly struct SgxReportBody
{
    /// <summary>Length of a body: 384 bytes.</summary>
    public const int Size = 384;

    private static readonly (int Offset, int Length)[] ReservedParts = [(20, 12), (96, 32), (160, 32), (262, 42)];

    private readonly ReadOnlyMemory<byte> _bytes;

    /// <summary>Reads a body.</summary>
    /// <param name="bytes">384 bytes.</param>
    public SgxReportBody(ReadOnlyMemory<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, Size, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.Span;

    /// <summary>4 bytes, as they stand.</summary>
    public ReadOnlySpan<byte> MiscSelect => _bytes.Span.Slice(16, 4);

    /// <summary>FLAGS and XFRM, 8 bytes each.</summary>
    public ReadOnlySpan<byte> Attributes => _bytes.Span.Slice(48, 16);

    /// <summary>The first half of the attributes as a number.</summary>
    public ulong Flags => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.Span.Slice(48, 8));

    /// <summary>Measurement of the enclave, SHA-256.</summary>
    public ReadOnlySpan<byte> Enclave => _bytes.Span.Slice(64, 32);

    /// <summary>SHA-256 of the key that signed the enclave.</summary>
    public ReadOnlySpan<byte> Signer => _bytes.Span.Slice(128, 32);

    /// <summary>64 bytes from the enclave's owner.</summary>
    public ReadOnlySpan<byte> ConfigId => _bytes.Span.Slice(192, 64);

    /// <summary>Product number of the signer.</summary>
    public ushort ProductId => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.Span[256..]);

    /// <summary>Security version of the enclave.</summary>
    public ushort SecurityVersion => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.Span[258..]);

    /// <summary>64 bytes from the enclave.</summary>
    public ReadOnlySpan<byte> ReportData => _bytes.Span.Slice(320, 64);

    /// <summary>Tells whether the reserved bytes are zero.</summary>
    public bool IsWellFormed
    {
        get
        {
            foreach (var (offset, length) in ReservedParts)
            {
                if (_bytes.Span.Slice(offset, length).ContainsAnyExcept((byte)0))
                {
                    return false;
                }
            }

            return true;
        }
    }
}
