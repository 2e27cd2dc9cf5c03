using CleanRoom.Linkage.Comparison;
using CleanRoom.Linkage.Models;
using CleanRoom.Records.Normalisation.Names;

namespace CleanRoom.Linkage.Tests;

public sealed class ComparisonTests
{
    [Theory]
    [InlineData("martha", "marhta", 0.9611)]
    [InlineData("dixon", "dicksonx", 0.8133)]
    [InlineData("dwayne", "duane", 0.84)]
    [InlineData("abc", "xyz", 0)]
    [InlineData("same", "same", 1)]
    public void Similarity_PublishedPairs_HaveThePublishedValues(string first, string second, double expected)
    {
        Assert.Equal(expected, JaroWinkler.Similarity(first, second), 3);
        Assert.Equal(expected, JaroWinkler.Similarity(second, first), 3);
    }

    [Theory]
    [InlineData("ca", "abc", 3)]
    [InlineData("abcd", "acbd", 1)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("", "abc", 3)]
    public void Between_TwoTexts_CountsEditsAndSwaps(string first, string second, int expected) =>
        Assert.Equal(expected, EditDistance.Between(first, second));

    [Theory]
    [InlineData("Md. Rafiqul Islam", "ISLAM Mohammad Rofiqul")]
    [InlineData("Анна Щербакова", "Shcherbakova Anna")]
    [InlineData("فاطمة علي حسن", "Fatma Aly Hassan")]
    [InlineData("Nguyễn Thị Lan", "NGUYEN Lan")]
    [InlineData("김민수", "Kim Minsu")]
    [InlineData("王丽", "Wang Li")]
    [InlineData("Dela Cruz Maria", "de la Cruz, Ma.")]
    [InlineData("សុខ ស្រីនាង", "Sok Sreyneang")]
    [InlineData("มาลี ใจดี", "Malee Jaidee")]
    [InlineData("ሰላም ተስፋዬ", "Selam Tesfaye")]
    public void Compare_OneNameWrittenTwoWays_Agrees(string first, string second)
    {
        var agreement = NameComparer.Compare(NameParser.Parse(first), NameParser.Parse(second), new TermFrequencies(RoomModel.Shipped.Terms), RoomModel.Shipped.Names);
        Assert.True(agreement.IsFull || agreement.IsSingle || agreement.Matched >= 1, $"{agreement}");
        Assert.True(agreement.Weight > 5, $"{agreement}");
        Assert.False(agreement.Conflicts);
    }

    [Theory]
    [InlineData("Phan Thị Vân", "Hồ Thị Vân")]
    [InlineData("Lý Thị Vân", "Lê Thị Vân")]
    [InlineData("John Smith", "John Walker")]
    public void Compare_NamesThatDifferInOnePart_DoNotAgreeInFull(string first, string second) =>
        Assert.False(NameComparer.Compare(NameParser.Parse(first), NameParser.Parse(second), new TermFrequencies(RoomModel.Shipped.Terms), RoomModel.Shipped.Names).IsFull);

    [Theory]
    [InlineData("គឹម ដារ៉ា Kim Dara", 2)]
    [InlineData("Hia Chai (Somchai Sommut)", 2)]
    [InlineData("Chan / Rotha", 2)]
    [InlineData("A Long (người TQ) Lý Dạng", 3)]
    [InlineData("12345 ???", 0)]
    public void Parse_AlternativesInOneCell_GiveOneFormEach(string cell, int forms) => Assert.Equal(forms, NameParser.Parse(cell).Count);

    [Fact]
    public void Fold_ComposedAndDecomposedLetters_FoldToTheSame()
    {
        Assert.Equal("nguyen thi hong", Folding.Fold("NGUY\u1EC4N Th\u1ECB H\u1ED3ng"));
        Assert.Equal("nguyen thi hong", Folding.Fold("NGUYE\u0302\u0303N Thi\u0323 Ho\u0302\u0300ng"));
        Assert.Equal(Folding.Fold("\u0439"), Folding.Fold("\u0438\u0306"));
        Assert.Equal(Folding.Fold("\uAE40"), Folding.Fold("\u1100\u1175\u11B7"));
        Assert.Equal("0123", Folding.Fold("\u0E50\u0E51\u17E2\u0663"));
    }
}
