using System.Buffers.Binary;

namespace CleanRoom.Evidence.Platforms.Tpm;

/// <summary>Carries one command to a TPM and its answer back.</summary>
internal interface ITpmTransport : IDisposable
{
    /// <summary>Sends a command and waits for the answer.</summary>
    /// <exception cref="IOException">The TPM does not answer, or not with a TPM's answer.</exception>
    byte[] Send(ReadOnlySpan<byte> command);
}

/// <summary>The kernel's device.</summary>
internal sealed class TpmDevice(string path) : ITpmTransport
{
    private readonly FileStream _device = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);

    public byte[] Send(ReadOnlySpan<byte> command) => TpmExchange.Run(_device, command);

    public void Dispose() => _device.Dispose();
}

/// <summary>Commands over a stream: one write a command; the answer's header names its length.</summary>
internal static class TpmExchange
{
    /// <summary>Longest answer, as the kernel's own buffer: 4 KiB.</summary>
    public const int MaxAnswer = 4096;

    private const int HeaderSize = 10;

    public static byte[] Run(Stream stream, ReadOnlySpan<byte> command)
    {
        stream.Write(command);
        stream.Flush();
        var buffer = new byte[MaxAnswer];
        var length = 0;

        // The device gives an answer in one read, and what is not taken then is lost; a socket may give it in pieces.
        while (length < HeaderSize || length < Size(buffer))
        {
            var read = stream.Read(buffer, length, buffer.Length - length);
            length += read > 0 ? read : throw new IOException("The TPM's answer ends early.");
        }

        return length == Size(buffer) ? buffer[..length] : throw new IOException("The TPM's answer has another length than it says.");
    }

    private static long Size(byte[] answer) => BinaryPrimitives.ReadUInt32BigEndian(answer.AsSpan(2)) is var size && size is >= HeaderSize and <= MaxAnswer
        ? size
        : throw new IOException("The TPM's answer names no possible length.");
}
