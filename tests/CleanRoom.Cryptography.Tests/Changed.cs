namespace CleanRoom.Cryptography.Tests;

/// <summary>Damage to try on bytes and texts.</summary>
internal static class Changed
{
    /// <summary>Every single bit flipped.</summary>
    public static IEnumerable<byte[]> Bits(byte[] original)
    {
        for (var bit = 0; bit < original.Length * 8; bit++)
        {
            var copy = (byte[])original.Clone();
            copy[bit / 8] ^= (byte)(1 << (bit % 8));
            yield return copy;
        }
    }

    /// <summary>Every character changed, removed and doubled.</summary>
    public static IEnumerable<string> Characters(string original)
    {
        for (var i = 0; i < original.Length; i++)
        {
            foreach (var other in new[] { (char)(original[i] ^ 1), (char)(original[i] ^ 2), (char)(original[i] ^ 4), (char)(original[i] ^ 32), '\n', ' ', '=', '\ud800' })
            {
                if (other != original[i])
                {
                    yield return string.Concat(original.AsSpan(0, i), [other], original.AsSpan(i + 1));
                }
            }

            yield return original.Remove(i, 1);
            yield return original.Insert(i, "A");
            yield return original.Insert(i, "\n");
        }

        yield return original + "A";
        yield return original + "=";
        yield return original + "\n";
    }
}
