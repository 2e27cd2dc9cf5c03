using System.Collections.Immutable;

namespace CleanRoom.Evidence.Validate;

/// <summary>Words of a charter for bits of an attribute field. A bit without a word is <c>bit-N</c>, which no charter can allow.</summary>
internal sealed class BitWords
{
    private readonly ImmutableSortedDictionary<string, int> _bits;

    public BitWords(params ReadOnlySpan<(string Word, int Bit)> rows) => _bits = SnpPolicyWords.Table(rows);

    /// <summary>The words.</summary>
    public string Vocabulary => string.Join(", ", _bits.Keys);

    public bool IsWord(string word) => _bits.ContainsKey(word);

    /// <summary>The words of the bits that are set.</summary>
    public IEnumerable<string> Of(ulong bits)
    {
        for (var bit = 0; bit < 64; bit++)
        {
            if ((bits >> bit & 1) != 0)
            {
                yield return _bits.FirstOrDefault(row => row.Value == bit).Key ?? $"bit-{bit}";
            }
        }
    }
}
