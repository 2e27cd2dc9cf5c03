using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace CleanRoom.Evidence.Abi;

/// <summary>
/// TPMS_ATTEST of a quote (TCG TPM 2.0 Part 2 §10.12.8), read to its last byte. Which registers were quoted stands in the selection only: a list of
/// values beside the quote proves nothing about their numbers.
/// </summary>
internal sealed class TpmQuote
{
    private const uint GeneratedByTpm = 0xFF544347;
    private const ushort QuoteType = 0x8018;
    private const int MaxSize = 1024;
    private const int MaxBanks = 16;
    private const int MaxSelectSize = 4;

    private TpmQuote(byte[] bytes)
    {
        Bytes = bytes;
        var reader = new TpmReader(bytes);
        if (reader.Word() != GeneratedByTpm || reader.Short() != QuoteType)
        {
            throw new FormatException("Not a quote that a TPM made.");
        }

        QualifiedSigner = reader.Sized();
        ExtraData = reader.Sized();
        _ = reader.Long();
        ResetCount = reader.Word();
        RestartCount = reader.Word();
        Safe = reader.Byte() switch { 0 => false, 1 => true, _ => throw new FormatException("A flag is 0 or 1.") };
        FirmwareVersion = reader.Long();
        Selections = ReadSelections(ref reader);
        PcrDigest = reader.Sized();
        if (!reader.AtEnd)
        {
            throw new FormatException("Bytes follow the quote.");
        }
    }

    /// <summary>The bytes under the signature.</summary>
    public byte[] Bytes { get; }

    /// <summary>Qualified name of the key that signed.</summary>
    public byte[] QualifiedSigner { get; }

    /// <summary>What the verifier asked to be quoted: its nonce.</summary>
    public byte[] ExtraData { get; }

    /// <summary>How often the TPM was reset.</summary>
    public uint ResetCount { get; }

    /// <summary>How often it was restarted since.</summary>
    public uint RestartCount { get; }

    /// <summary>False if its clock may have gone back.</summary>
    public bool Safe { get; }

    /// <summary>Firmware version, as the vendor writes it.</summary>
    public ulong FirmwareVersion { get; }

    /// <summary>Quoted registers by bank: hash algorithm and numbers, ascending.</summary>
    public ImmutableArray<(ushort Bank, ImmutableArray<int> Registers)> Selections { get; }

    /// <summary>Hash over the quoted registers.</summary>
    public byte[] PcrDigest { get; }

    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out TpmQuote? quote)
    {
        quote = null;
        if (bytes.Length > MaxSize)
        {
            return false;
        }

        try
        {
            quote = new TpmQuote(bytes.ToArray());
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static ImmutableArray<(ushort Bank, ImmutableArray<int> Registers)> ReadSelections(ref TpmReader reader)
    {
        var count = reader.Word();
        if (count > MaxBanks)
        {
            throw new FormatException("More banks than a TPM has.");
        }

        var selections = ImmutableArray.CreateBuilder<(ushort Bank, ImmutableArray<int> Registers)>();
        for (var i = 0; i < count; i++)
        {
            var bank = reader.Short();
            var size = reader.Byte();
            if (size > MaxSelectSize)
            {
                throw new FormatException("A longer selection than a TPM has.");
            }

            var registers = ImmutableArray.CreateBuilder<int>();
            var bitmap = reader.Take(size);
            for (var number = 0; number < 8 * size; number++)
            {
                if ((bitmap[number / 8] >> (number % 8) & 1) != 0)
                {
                    registers.Add(number);
                }
            }

            selections.Add((bank, registers.ToImmutable()));
        }

        return selections.ToImmutable();
    }
}
