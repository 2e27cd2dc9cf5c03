namespace CleanRoom.Records.Normalisation;

/// <summary>Bitcoin's segwit addresses: bech32 for version 0 (BIP-173), bech32m for 1 to 16 (BIP-350).</summary>
internal static class Bech32
{
    private const string Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    private const uint Bech32m = 0x2bc830a3;

    private static readonly uint[] Generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

    /// <summary>True if no letter is a capital or none is small: an address in both is not valid.</summary>
    public static bool IsOneCase(string text) => !text.Any(char.IsAsciiLetterUpper) || !text.Any(char.IsAsciiLetterLower);

    /// <summary>True for a valid address of the main network.</summary>
    public static bool IsSegwit(string address)
    {
        if (address.Length is < 14 or > 90 || !IsOneCase(address))
        {
            return false;
        }
        var text = address.ToLowerInvariant();
        if (!text.StartsWith("bc1", StringComparison.Ordinal))
        {
            return false;
        }
        // The human-readable part "bc", spread as the checksum wants it.
        var values = new List<int> { 'b' >> 5, 'c' >> 5, 0, 'b' & 31, 'c' & 31 };
        foreach (var c in text.AsSpan(3))
        {
            var value = Alphabet.IndexOf(c, StringComparison.Ordinal);
            if (value < 0)
            {
                return false;
            }
            values.Add(value);
        }
        var version = values[5];
        var program = values.GetRange(6, values.Count - 12);
        if (version > 16 || Polymod(values) != (version == 0 ? 1u : Bech32m))
        {
            return false;
        }
        // Five bits a letter: what is left over is at most four bits, all zero.
        var bits = program.Count * 5;
        var length = bits / 8;
        return bits % 8 <= 4 && (program.Count == 0 || (program[^1] & ((1 << (bits % 8)) - 1)) == 0) && length is >= 2 and <= 40 && (version > 0 || length is 20 or 32);
    }

    private static uint Polymod(List<int> values)
    {
        var check = 1u;
        foreach (var value in values)
        {
            var top = check >> 25;
            check = ((check & 0x1ffffff) << 5) ^ (uint)value;
            for (var i = 0; i < 5; i++)
            {
                check ^= ((top >> i) & 1) == 1 ? Generator[i] : 0;
            }
        }
        return check;
    }
}
