using System.Collections.Immutable;
using System.Globalization;

namespace CleanRoom.Evidence.Validate;

/// <summary>Words of a charter for the bits of a SEV-SNP guest's POLICY.</summary>
internal static class SnpPolicyWords
{
    private static readonly ImmutableSortedDictionary<string, int> PermissionBits = Table(("cxl", 21), ("smt", 16));

    private static readonly ImmutableSortedDictionary<string, int> RestrictionBits =
        Table(("single-socket", 20), ("aes-256-xts", 22), ("rapl-off", 23), ("ciphertext-hiding", 24), ("page-swap-off", 25));

    /// <summary>Rights that a guest can give its host. (Debug and migration are no words: no charter can allow them.)</summary>
    public static string Permissions => string.Join(", ", PermissionBits.Keys);

    /// <summary>What a guest can ask of its host.</summary>
    public static string Restrictions => string.Join(", ", RestrictionBits.Keys);

    public static bool IsPermission(string word) => PermissionBits.ContainsKey(word);

    public static bool IsRestriction(string word) => RestrictionBits.ContainsKey(word);

    /// <summary>The rights that a policy gives.</summary>
    public static IEnumerable<string> PermissionsOf(ulong policy) => SnpPolicyWords.In(PermissionBits, policy);

    /// <summary>The restrictions that a policy has.</summary>
    public static IEnumerable<string> RestrictionsOf(ulong policy) => SnpPolicyWords.In(RestrictionBits, policy);

    internal static ImmutableSortedDictionary<string, int> Table(params ReadOnlySpan<(string Word, int Bit)> rows)
    {
        var table = ImmutableSortedDictionary.CreateBuilder<string, int>(StringComparer.Ordinal);
        foreach (var (word, bit) in rows)
        {
            table.Add(word, bit);
        }

        return table.ToImmutable();
    }

    internal static IEnumerable<string> In(ImmutableSortedDictionary<string, int> table, ulong bits) =>
        table.Where(row => (bits >> row.Value & 1) != 0).Select(row => row.Key);
}

/// <summary>Words of a charter for the bits of PLATFORM_INFO. A bit without a word is <c>bit-N</c>.</summary>
internal static class SnpPlatformWords
{
    private static readonly ImmutableSortedDictionary<string, int> Bits = SnpPolicyWords.Table(
        ("smt", 0), ("tsme", 1), ("ecc", 2), ("rapl-off", 3), ("ciphertext-hiding", 4), ("alias-check", 5), ("tio", 7));

    /// <summary>States that protect: always welcome.</summary>
    private static readonly ImmutableArray<string> Harmless = ["alias-check", "ciphertext-hiding", "ecc", "rapl-off", "tsme"];

    /// <summary>The vocabulary.</summary>
    public static string States => string.Join(", ", Bits.Keys) + ", bit-0 to bit-63";

    public static bool IsState(string word) => Bits.ContainsKey(word)
        || (word.StartsWith("bit-", StringComparison.Ordinal)
            && byte.TryParse(word.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out var bit) && bit < 64 && word == $"bit-{bit}" && !Bits.ContainsValue(bit));

    /// <summary>The states that a platform shows.</summary>
    public static IEnumerable<string> StatesOf(ulong platform)
    {
        for (var bit = 0; bit < 64; bit++)
        {
            if ((platform >> bit & 1) != 0)
            {
                yield return Bits.FirstOrDefault(row => row.Value == bit).Key ?? $"bit-{bit}";
            }
        }
    }

    public static bool IsHarmless(string word) => Harmless.Contains(word);
}
