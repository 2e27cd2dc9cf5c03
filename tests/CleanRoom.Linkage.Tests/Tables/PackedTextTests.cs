using CleanRoom.Linkage.Comparison;
using CleanRoom.Linkage.Tests.Rooms;

namespace CleanRoom.Linkage.Tests.Tables;

public sealed class PackedTextTests
{
    [Fact]
    public void Comparators_RandomTexts_VectorAndScalarAgreeToTheLastBit()
    {
        var random = new Dice(7);
        for (var i = 0; i < 100_000; i++)
        {
            var (left, right) = Pair(random);
            Assert.True(PackedText.TryPack(left, out var a));
            Assert.True(PackedText.TryPack(right, out var b));
            Assert.Equal(JaroWinkler.Similarity(left, right), JaroWinkler.Similarity(in a, in b));
            Assert.Equal(EditDistance.Between(left, right), EditDistance.Between(in a, in b));
            Assert.Equal(Levenshtein.Between(left, right), Levenshtein.Between(in a, in b));
        }
    }

    [Fact]
    public void Bounds_RandomTexts_AreNeverBroken()
    {
        var random = new Dice(11);
        for (var i = 0; i < 100_000; i++)
        {
            var (left, right) = Pair(random);
            _ = PackedText.TryPack(left, out var a);
            _ = PackedText.TryPack(right, out var b);
            Assert.True(PackedText.LeastEdits(in a, in b) <= EditDistance.Between(in a, in b), $"{left} {right}");
            Assert.True(PackedText.MostSimilar(in a, in b) >= JaroWinkler.Similarity(in a, in b), $"{left} {right}");
        }
    }

    [Theory]
    [InlineData("dixon", "dicksonx", 0.8133333333333332)]
    [InlineData("martha", "marhta", 0.9611111111111111)]
    [InlineData("dwayne", "duane", 0.84)]
    public void JaroWinkler_PublishedExamples_HasTheirValue(string first, string second, double expected)
    {
        _ = PackedText.TryPack(first, out var a);
        _ = PackedText.TryPack(second, out var b);
        Assert.Equal(expected, JaroWinkler.Similarity(in a, in b), 12);
    }

    [Theory]
    [InlineData("ca", "abc", 3)]
    [InlineData("smith", "smiht", 1)]
    [InlineData("", "abc", 3)]
    public void EditDistance_SwapsAndGaps_CountsRestrictedEdits(string first, string second, int expected)
    {
        _ = PackedText.TryPack(first, out var a);
        _ = PackedText.TryPack(second, out var b);
        Assert.Equal(expected, EditDistance.Between(in a, in b));
    }

    [Theory]
    [InlineData("123456789012345678901234567890123")]
    [InlineData("иванов")]
    [InlineData("a\0b")]
    public void TryPack_TextThatDoesNotFit_IsRefused(string text) => Assert.False(PackedText.TryPack(text, out _));

    // Second texts are often a few edits from the first, or everything would be far apart.
    private static (string Left, string Right) Pair(Dice random)
    {
        var alphabet = random.Below(3) == 0 ? "ab" : random.Below(2) == 0 ? "0123456789" : "abcdefghijklmnopqrstuvwxyzß '-";
        var left = Text(random, alphabet, random.Below(33));
        if (random.Below(2) == 0)
        {
            return (left, Text(random, alphabet, random.Below(33)));
        }
        var right = left;
        for (var edits = random.Below(4); edits > 0; edits--)
        {
            var at = random.Below(right.Length + 1);
            right = random.Below(4) switch
            {
                0 when right.Length < 32 => right.Insert(at, Text(random, alphabet, 1)),
                1 when at < right.Length => right.Remove(at, 1),
                2 when at + 1 < right.Length => string.Concat(right.AsSpan(0, at), right.AsSpan(at + 1, 1), right.AsSpan(at, 1), right.AsSpan(at + 2)),
                _ => right,
            };
        }
        return (left, right);
    }

    private static string Text(Dice random, string alphabet, int length) => string.Create(length, (random, alphabet), static (span, state) =>
    {
        foreach (ref var c in span)
        {
            c = state.alphabet[state.random.Below(state.alphabet.Length)];
        }
    });
}
