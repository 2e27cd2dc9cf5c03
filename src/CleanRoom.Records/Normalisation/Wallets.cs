using System.Text.RegularExpressions;
using CleanRoom.Records.Matching;

namespace CleanRoom.Records.Normalisation;

/// <summary>
/// Addresses of crypto wallets: Ethereum (EIP-55), Bitcoin (base58check; bech32 and bech32m of BIP-173 and BIP-350), Tron (base58check, version
/// 0x41). An address whose own checksum is wrong is kept and is Possible at most: somebody copied it by hand.
/// </summary>
public static partial class Wallets
{
    /// <summary>Reads the wallet in a text of ASCII digits, or null.</summary>
    public static AccountText? Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Ethereum(text) ?? Tron(text) ?? Bitcoin(text);
    }

    /// <summary>The result of the address's own check; null if it carries none (Ethereum in one case only).</summary>
    /// <param name="address">The address alone.</param>
    public static bool? IsChecked(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? Eip55(address)
            : address.StartsWith("bc1", StringComparison.OrdinalIgnoreCase) ? Bech32.IsSegwit(address)
            : Base58.TryDecode(address, out var bytes) && bytes.Length == 21 && bytes[0] is 0x00 or 0x05 or 0x41 && (bytes[0] == 0x41) == address.StartsWith('T');
    }

    private static AccountText? Ethereum(string text)
    {
        var match = EthereumPattern().Match(text);
        if (match.Success)
        {
            var address = match.Value.ToLowerInvariant();
            var isChecked = Eip55(match.Value);
            MatchKey[] keys =
            [
                new("account:eth:" + address, isChecked == false ? KeyStrength.Possible : KeyStrength.Exact),
                new($"account:eth:{address[..6]}..{address[^4..]}", KeyStrength.Possible),
            ];
            return new AccountText("CryptoWallet", "ETH", "", new Normalised(keys, match.Value, "", true, isChecked != false) { ChecksumOk = isChecked });
        }
        var cut = CutEthereumPattern().Match(text);
        if (!cut.Success)
        {
            return null;
        }
        var head = ("0x" + cut.Groups[1].Value).ToLowerInvariant();
        var tail = cut.Groups[2].Value.ToLowerInvariant();
        var key = new MatchKey($"account:eth:{head[..6]}..{tail[^4..]}", KeyStrength.Possible);
        return new AccountText("CryptoWallet", "ETH", "", new Normalised([key], $"{head}...{tail}", "", true, false) { Truncated = true });
    }

    private static AccountText? Tron(string text)
    {
        var match = TronPattern().Match(text);
        return match.Success ? Checked("TRX", "trx", match.Value) : null;
    }

    private static AccountText? Bitcoin(string text)
    {
        var match = BitcoinPattern().Match(text);
        if (!match.Success || !match.Value.Any(char.IsAsciiDigit) || !match.Value.Any(char.IsAsciiLetter))
        {
            return null;
        }
        return Checked("BTC", "btc", match.Value.StartsWith("bc1", StringComparison.OrdinalIgnoreCase) && Bech32.IsOneCase(match.Value) ? match.Value.ToLowerInvariant() : match.Value);
    }

    private static AccountText Checked(string type, string prefix, string address)
    {
        var isChecked = IsChecked(address) == true;
        var key = new MatchKey($"account:{prefix}:{address}", isChecked ? KeyStrength.Exact : KeyStrength.Possible);
        return new AccountText("CryptoWallet", type, "", new Normalised([key], address, "", true, isChecked) { ChecksumOk = isChecked });
    }

    /// <summary>EIP-55: a letter is a capital where the digit of Keccak-256 of the lower-case address at its place is 8 or more.</summary>
    private static bool? Eip55(string address)
    {
        var letters = address.AsSpan(2);
        if (letters.IndexOfAnyInRange('a', 'f') < 0 || letters.IndexOfAnyInRange('A', 'F') < 0)
        {
            return null;
        }
        Span<byte> lower = stackalloc byte[letters.Length];
        for (var i = 0; i < letters.Length; i++)
        {
            lower[i] = (byte)char.ToLowerInvariant(letters[i]);
        }
        var hash = Keccak.Hash256(lower);
        for (var i = 0; i < letters.Length; i++)
        {
            var nibble = i % 2 == 0 ? hash[i / 2] >> 4 : hash[i / 2] & 15;
            if (char.IsAsciiLetter(letters[i]) && char.IsAsciiLetterUpper(letters[i]) != nibble >= 8)
            {
                return false;
            }
        }
        return true;
    }

    [GeneratedRegex("(?<![0-9A-Za-z])0[xX][0-9a-fA-F]{40}(?![0-9A-Za-z])", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex EthereumPattern();

    [GeneratedRegex(@"(?<![0-9A-Za-z])0[xX]([0-9a-fA-F]{4,38})\s*(?:\.{2,}|…|\*{2,}|-{2,}|_{2,})\s*([0-9a-fA-F]{4,38})(?![0-9A-Za-z])", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex CutEthereumPattern();

    [GeneratedRegex("(?<![0-9A-Za-z])T[1-9A-HJ-NP-Za-km-z]{33}(?![0-9A-Za-z])", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex TronPattern();

    [GeneratedRegex("(?<![0-9A-Za-z])(?:[13][1-9A-HJ-NP-Za-km-z]{25,34}|(?:bc1|BC1)[0-9a-zA-Z]{11,71})(?![0-9A-Za-z])", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex BitcoinPattern();
}
