using System.Numerics;
using System.Security.Cryptography;

namespace CleanRoom.Records.Normalisation;

/// <summary>Base58 with Bitcoin's alphabet and a checksum: the first four bytes of SHA-256 twice.</summary>
internal static class Base58
{
    private const string Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    /// <summary>Gives version and payload; false if a character or the checksum is wrong. At most 64 characters.</summary>
    public static bool TryDecode(string text, out byte[] payload)
    {
        payload = [];
        if (text.Length is 0 or > 64)
        {
            return false;
        }
        BigInteger value = 0;
        foreach (var c in text)
        {
            var digit = Alphabet.IndexOf(c, StringComparison.Ordinal);
            if (digit < 0)
            {
                return false;
            }
            value = (value * 58) + digit;
        }
        var zeros = text.Length - text.AsSpan().TrimStart('1').Length;
        var bytes = value.IsZero ? [] : value.ToByteArray(isUnsigned: true, isBigEndian: true);
        byte[] all = [.. new byte[zeros], .. bytes];
        if (all.Length < 5)
        {
            return false;
        }
        var check = SHA256.HashData(SHA256.HashData(all.AsSpan(0, all.Length - 4)));
        payload = all[..^4];
        return check.AsSpan(0, 4).SequenceEqual(all.AsSpan(all.Length - 4));
    }
}
