using System.Buffers.Binary;

namespace CleanRoom.Evidence.Platforms.Tpm;

/// <summary>Writes TPM 2.0 structures (TCG TPM 2.0 Part 2): big-endian.</summary>
internal sealed class TpmWriter
{
    private readonly List<byte> _bytes = [];

    public TpmWriter Byte(byte value)
    {
        _bytes.Add(value);
        return this;
    }

    public TpmWriter Short(ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        return Raw(bytes);
    }

    public TpmWriter Word(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return Raw(bytes);
    }

    /// <summary>A TPM2B: 16 bits of size, then as many bytes.</summary>
    public TpmWriter Sized(ReadOnlySpan<byte> bytes) => Short((ushort)bytes.Length).Raw(bytes);

    public TpmWriter Raw(ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public byte[] ToArray() => [.. _bytes];
}
