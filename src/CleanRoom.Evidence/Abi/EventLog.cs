using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace CleanRoom.Evidence.Abi;

/// <summary>One event of a measured start.</summary>
/// <param name="Register">The register that it extended; in logs of trust domains 1 to 4 stand for RTMR0 to RTMR3.</param>
/// <param name="Type">TCG event type.</param>
/// <param name="Digests">Digests by TPM algorithm.</param>
internal sealed record MeasuredEvent(uint Register, uint Type, ImmutableDictionary<ushort, byte[]> Digests);

/// <summary>
/// A crypto-agile event log (TCG PC Client Platform Firmware Profile §10.2; CCEL of trust domains has the same form), little-endian. A log proves nothing by itself:
/// replaying it must give the registers that a quote covers.
/// </summary>
internal sealed class EventLog
{
    /// <summary>Longest log that is read: 1 MiB.</summary>
    public const int MaxSize = 1 << 20;

    private const uint NoAction = 3;
    private const int Sha1Size = 20;
    private const int MaxAlgorithms = 8;
    private const int MaxEvents = 16_384;
    private const int MaxRegister = 64;
    private const int LocalityOffset = 16;

    private EventLog(ImmutableArray<MeasuredEvent> events, byte locality)
    {
        Events = events;
        Locality = locality;
    }

    /// <summary>The events that extended registers, in their order.</summary>
    public ImmutableArray<MeasuredEvent> Events { get; }

    /// <summary>From which locality the TPM was started: the last byte of PCR0's first value.</summary>
    public byte Locality { get; }

    private static ReadOnlySpan<byte> Signature => "Spec ID Event03\0"u8;

    private static ReadOnlySpan<byte> LocalitySignature => "StartupLocality\0"u8;

    /// <summary>Reads a log; zero or 0xFF bytes may follow its last event.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out EventLog? log)
    {
        log = null;
        if (bytes.Length is 0 or > MaxSize)
        {
            return false;
        }

        try
        {
            log = Parse(bytes);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>Extends registers from zero, as the machine did.</summary>
    /// <param name="bank">SHA-256 or SHA-384.</param>
    /// <returns>Values by register, of those that any event extended; null if an event lacks the bank's digest or the bank is none of ours.</returns>
    public IReadOnlyDictionary<uint, byte[]>? Replay(ushort bank)
    {
        if (TpmAlgorithms.Hash(bank) is not { } hash)
        {
            return null;
        }

        var registers = new Dictionary<uint, byte[]>();
        foreach (var item in Events)
        {
            if (!item.Digests.TryGetValue(bank, out var digest))
            {
                return null;
            }

            if (!registers.TryGetValue(item.Register, out var value))
            {
                value = new byte[TpmAlgorithms.Size(bank)];
                value[^1] = item.Register == 0 ? Locality : (byte)0;
            }

            registers[item.Register] = CryptographicOperations.HashData(hash, [.. value, .. digest]);
        }

        return registers;
    }

    private static EventLog Parse(ReadOnlySpan<byte> bytes)
    {
        var rest = bytes;
        var sizes = ReadHeader(ref rest);
        var events = ImmutableArray.CreateBuilder<MeasuredEvent>();
        byte locality = 0;
        while (!rest.IsEmpty && !IsPadding(rest))
        {
            var register = Word(ref rest);
            var type = Word(ref rest);
            var digests = ReadDigests(ref rest, sizes);
            var data = Take(ref rest, Word(ref rest));
            if (register >= MaxRegister || events.Count == MaxEvents)
            {
                throw new FormatException("A register or a number of events that no machine has.");
            }

            if (type != NoAction)
            {
                events.Add(new MeasuredEvent(register, type, digests));
            }
            else if (register == 0 && data.StartsWith(LocalitySignature) && data.Length == LocalityOffset + 1)
            {
                locality = data[LocalityOffset];
            }
        }

        return new EventLog(events.ToImmutable(), locality);
    }

    private static Dictionary<ushort, int> ReadHeader(ref ReadOnlySpan<byte> rest)
    {
        _ = Word(ref rest);
        if (Word(ref rest) != NoAction)
        {
            throw new FormatException("The first event names the specification.");
        }

        _ = Take(ref rest, Sha1Size);
        var header = Take(ref rest, Word(ref rest));
        if (!Take(ref header, (uint)Signature.Length).SequenceEqual(Signature))
        {
            throw new FormatException("Another form of log.");
        }

        _ = Take(ref header, 8);
        var count = Word(ref header);
        if (count is 0 or > MaxAlgorithms)
        {
            throw new FormatException("A number of algorithms that no log has.");
        }

        var sizes = new Dictionary<ushort, int>();
        for (var i = 0; i < count; i++)
        {
            var algorithm = Short(ref header);
            if (!sizes.TryAdd(algorithm, Short(ref header)))
            {
                throw new FormatException("An algorithm twice.");
            }
        }

        return sizes;
    }

    private static ImmutableDictionary<ushort, byte[]> ReadDigests(ref ReadOnlySpan<byte> rest, Dictionary<ushort, int> sizes)
    {
        var digests = ImmutableDictionary.CreateBuilder<ushort, byte[]>();
        for (var count = Word(ref rest); count > 0; count--)
        {
            var algorithm = Short(ref rest);
            if (!sizes.TryGetValue(algorithm, out var size) || !digests.TryAdd(algorithm, Take(ref rest, (uint)size).ToArray()))
            {
                throw new FormatException("A digest that the log did not announce, or twice.");
            }
        }

        return digests.ToImmutable();
    }

    private static bool IsPadding(ReadOnlySpan<byte> rest) => !rest.ContainsAnyExcept((byte)0) || !rest.ContainsAnyExcept((byte)0xFF);

    private static uint Word(ref ReadOnlySpan<byte> rest) => BinaryPrimitives.ReadUInt32LittleEndian(Take(ref rest, 4));

    private static ushort Short(ref ReadOnlySpan<byte> rest) => BinaryPrimitives.ReadUInt16LittleEndian(Take(ref rest, 2));

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, uint length)
    {
        if (length > (uint)rest.Length)
        {
            throw new FormatException("The log ends inside an event.");
        }

        var taken = rest[..(int)length];
        rest = rest[(int)length..];
        return taken;
    }
}
