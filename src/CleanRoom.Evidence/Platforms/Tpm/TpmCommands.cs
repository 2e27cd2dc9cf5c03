using CleanRoom.Evidence.Abi;

namespace CleanRoom.Evidence.Platforms.Tpm;

/// <summary>A TPM refused a command.</summary>
/// <param name="code">Its response code.</param>
internal sealed class TpmException(uint code) : IOException($"The TPM refused with 0x{code:x3}.")
{
    /// <summary>TPM_RC.</summary>
    public uint Code => code;
}

/// <summary>The few commands that evidence needs (TCG TPM 2.0 Part 3), with empty passwords: nothing here is a secret of the TPM's owner.</summary>
internal sealed class TpmCommands(ITpmTransport transport) : IDisposable
{
    private const ushort NoSessions = 0x8001;
    private const ushort Sessions = 0x8002;
    private const uint Owner = 0x40000001;
    private const uint PasswordSession = 0x40000009;
    private const uint NvDefineSpace = 0x12A;
    private const uint NvWriteCommand = 0x137;
    private const uint NvReadCommand = 0x14E;
    private const uint QuoteCommand = 0x158;
    private const uint NvReadPublic = 0x169;
    private const uint ReadPublicCommand = 0x173;
    private const uint PcrReadCommand = 0x17E;
    // Warnings of a TPM that could not begin with a command: send it again (Part 2 §6.6.3).
    private const uint Yielded = 0x908;
    private const uint Testing = 0x90A;
    private const uint Retry = 0x922;
    private const int MaxAttempts = 32;
    private const int Chunk = 512;
    private const int MaxNvSize = 16 << 10;
    private const int RegistersARead = 8;

    // TPMA_NV: OWNERWRITE, OWNERREAD, AUTHWRITE, AUTHREAD, NO_DA.
    private const uint OwnersData = 1u << 1 | 1u << 2 | 1u << 17 | 1u << 18 | 1u << 25;

    /// <summary>Size of a non-volatile index in bytes, or null if there is none.</summary>
    public int? NvSize(uint index)
    {
        try
        {
            var reader = new TpmReader(Call(NvReadPublic, NoSessions, [index], []));
            var area = new TpmReader(reader.Sized());
            _ = area.Word();
            _ = area.Short();
            _ = area.Word();
            _ = area.Sized();
            return area.Short();
        }
        catch (TpmException)
        {
            return null;
        }
    }

    /// <summary>Reads a non-volatile index to its end, with the owner's authorization.</summary>
    public byte[] NvRead(uint index)
    {
        var size = NvSize(index) is { } found and <= MaxNvSize ? found : throw new IOException("The TPM has no such index, or one that is too long.");
        var content = new byte[size];
        for (var offset = 0; offset < size; offset += Chunk)
        {
            var length = Math.Min(Chunk, size - offset);
            var reader = new TpmReader(Call(NvReadCommand, Sessions, [Owner, index], new TpmWriter().Short((ushort)length).Short((ushort)offset).ToArray()));
            var read = reader.Sized();
            (read.Length == length ? read : throw new IOException("The TPM read another length than asked.")).CopyTo(content, offset);
        }

        return content;
    }

    /// <summary>Writes a non-volatile index of the owner's from its start; defines it first if there is none.</summary>
    public void NvWrite(uint index, ReadOnlySpan<byte> content)
    {
        if (NvSize(index) is null)
        {
            var area = new TpmWriter().Word(index).Short(TpmAlgorithms.Sha256).Word(OwnersData).Sized([]).Short((ushort)content.Length).ToArray();
            _ = Call(NvDefineSpace, Sessions, [Owner], new TpmWriter().Sized([]).Sized(area).ToArray());
        }

        for (var offset = 0; offset < content.Length; offset += Chunk)
        {
            var part = content.Slice(offset, Math.Min(Chunk, content.Length - offset));
            _ = Call(NvWriteCommand, Sessions, [Owner, index], new TpmWriter().Sized(part).Short((ushort)offset).ToArray());
        }
    }

    /// <summary>Public area (TPMT_PUBLIC) of a loaded key, or null if there is none under the handle.</summary>
    public byte[]? ReadPublic(uint handle)
    {
        try
        {
            return new TpmReader(Call(ReadPublicCommand, NoSessions, [handle], [])).Sized();
        }
        catch (TpmException)
        {
            return null;
        }
    }

    /// <summary>Quotes registers of the SHA-256 bank.</summary>
    /// <param name="key">Handle of the attestation key.</param>
    /// <param name="nonce">What the quote answers; at most 32 bytes.</param>
    /// <param name="registers">Numbers from 0 to 23.</param>
    /// <returns>TPMS_ATTEST and TPMT_SIGNATURE, by the key's own scheme.</returns>
    public (byte[] Attest, byte[] Signature) Quote(uint key, ReadOnlySpan<byte> nonce, IEnumerable<int> registers)
    {
        var parameters = new TpmWriter().Sized(nonce).Short(TpmAlgorithms.Null).Raw(Selection(registers)).ToArray();
        var answer = Call(QuoteCommand, Sessions, [key], parameters);
        var attest = new TpmReader(answer).Sized();
        return (attest, answer[(2 + attest.Length)..]);
    }

    /// <summary>Reads registers of the SHA-256 bank; a change meanwhile shows in the quote's digest.</summary>
    public SortedDictionary<int, byte[]> ReadRegisters(IReadOnlyCollection<int> registers)
    {
        var values = new SortedDictionary<int, byte[]>();
        foreach (var some in registers.Order().Chunk(RegistersARead))
        {
            var reader = new TpmReader(Call(PcrReadCommand, NoSessions, [], Selection(some)));
            _ = reader.Word();
            var read = reader.Word() == 1 && reader.Short() == TpmAlgorithms.Sha256 ? Numbers(reader.Take(reader.Byte())) : [];
            if (!read.SequenceEqual(some) || reader.Word() != some.Length)
            {
                throw new IOException("The TPM has no SHA-256 bank with these registers.");
            }

            foreach (var number in some)
            {
                values.Add(number, reader.Sized());
            }
        }

        return values;
    }

    public void Dispose() => transport.Dispose();

    private static byte[] Selection(IEnumerable<int> registers)
    {
        var bitmap = new byte[3];
        foreach (var number in registers)
        {
            bitmap[number / 8] |= (byte)(1 << (number % 8));
        }

        return new TpmWriter().Word(1).Short(TpmAlgorithms.Sha256).Byte((byte)bitmap.Length).Raw(bitmap).ToArray();
    }

    private static List<int> Numbers(ReadOnlySpan<byte> bitmap)
    {
        var numbers = new List<int>();
        for (var number = 0; number < 8 * bitmap.Length; number++)
        {
            if ((bitmap[number / 8] >> (number % 8) & 1) != 0)
            {
                numbers.Add(number);
            }
        }

        return numbers;
    }

    /// <summary>Sends a command, with an empty password for its first handle if it needs one, and gives the answer's parameters.</summary>
    private byte[] Call(uint command, ushort tag, ReadOnlySpan<uint> handles, ReadOnlySpan<byte> parameters)
    {
        var body = new TpmWriter();
        foreach (var handle in handles)
        {
            body.Word(handle);
        }

        if (tag == Sessions)
        {
            body.Word(9).Word(PasswordSession).Short(0).Byte(0).Short(0);
        }

        var content = body.Raw(parameters).ToArray();
        var request = new TpmWriter().Short(tag).Word((uint)content.Length + 10).Word(command).Raw(content).ToArray();
        for (var attempt = 1; ; attempt++)
        {
            var answer = Parameters(transport.Send(request), out var code);
            if (code == 0)
            {
                return answer;
            }

            if (attempt == MaxAttempts || code is not (Yielded or Testing or Retry))
            {
                throw new TpmException(code);
            }
        }
    }

    private static byte[] Parameters(byte[] answer, out uint code)
    {
        try
        {
            var reader = new TpmReader(answer);
            var tag = reader.Short();
            _ = reader.Word();
            code = reader.Word();
            return code == 0 && tag == Sessions ? reader.Take(checked((int)reader.Word())).ToArray() : answer[10..];
        }
        catch (Exception exception) when (exception is FormatException or OverflowException)
        {
            throw new IOException("The TPM's answer is not one of a TPM.", exception);
        }
    }
}
