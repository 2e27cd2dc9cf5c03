using System.Runtime.CompilerServices;

namespace CleanRoom.Linkage.Fields;

/// <summary>
/// Hashes for blocking keys: equal on every machine and in every run. Not secret and not safe against chosen collisions; a collision costs
/// one comparison of a pair.
/// </summary>
internal static class Hash
{
    private const ulong Prime = 0x9E37_79B9_7F4A_7C15;

    public static ulong Of(ReadOnlySpan<char> text)
    {
        var hash = 0xCBF2_9CE4_8422_2325 ^ (ulong)text.Length;
        foreach (var c in text)
        {
            hash = (hash ^ c) * 0x0000_0100_0000_01B3;
        }
        return Mix(hash);
    }

    /// <summary>The hash of a text with one character left out.</summary>
    public static ulong Without(ReadOnlySpan<char> text, int at)
    {
        var hash = 0xCBF2_9CE4_8422_2325 ^ (ulong)(text.Length - 1);
        for (var i = 0; i < text.Length; i++)
        {
            hash = i == at ? hash : (hash ^ text[i]) * 0x0000_0100_0000_01B3;
        }
        return Mix(hash);
    }

    /// <summary>Joins two hashes; the order counts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Join(ulong first, ulong second) => Mix(((first + Prime) * Prime) ^ second);

    // The finaliser of MurmurHash3 (Appleby, public domain).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong x)
    {
        x ^= x >> 33;
        x *= 0xFF51_AFD7_ED55_8CCD;
        x ^= x >> 33;
        x *= 0xC4CE_B9FE_1A85_EC53;
        return x ^ (x >> 33);
    }
}
