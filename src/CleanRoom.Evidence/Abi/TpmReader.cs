using System.Buffers.Binary;

namespace CleanRoom.Evidence.Abi;

/// <summary>Reads TPM 2.0 structures (TCG TPM 2.0 Part 2): big-endian, every length checked. Beyond the end it throws <see cref="FormatException"/>.</summary>
internal ref struct TpmReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>True if everything was read.</summary>
    public readonly bool AtEnd => _rest.IsEmpty;

    public byte Byte() => Take(1)[0];

    public ushort Short() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    public uint Word() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    public ulong Long() => BinaryPrimitives.ReadUInt64BigEndian(Take(8));

    /// <summary>A TPM2B: 16 bits of size, then as many bytes.</summary>
    public byte[] Sized() => Take(Short()).ToArray();

    public ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length)
        {
            throw new FormatException("A TPM structure ends before its last member.");
        }

        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
