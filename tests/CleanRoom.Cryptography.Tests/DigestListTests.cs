using System.Globalization;

namespace CleanRoom.Cryptography.Tests;

/// <summary>Digests in one array.</summary>
public sealed class DigestListTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(300)]
    public void List_OfDigests_GivesThemBackInOrder(int count)
    {
        var digests = Enumerable.Range(0, count).Select(i => Digest.Of(System.Text.Encoding.ASCII.GetBytes(i.ToString(CultureInfo.InvariantCulture)))).ToList();
        var list = new DigestList(digests);
        Assert.Equal(digests, list);
        Assert.Equal(count, list.Count);
        for (var i = 0; i < count; i++)
        {
            Assert.Equal(digests[i], list[i]);
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => list[count]);
        Assert.Throws<ArgumentOutOfRangeException>(() => list[-1]);
    }
}
