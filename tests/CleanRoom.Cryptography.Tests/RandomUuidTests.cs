namespace CleanRoom.Cryptography.Tests;

public sealed class RandomUuidTests
{
    [Fact]
    public void New_IsOfVersion4_WithAllOtherBitsFree()
    {
        var ids = Enumerable.Range(0, 2_000).Select(_ => RandomUuid.New().ToByteArray(bigEndian: true)).ToList();
        Assert.Equal(ids.Count, ids.Select(Convert.ToHexString).Distinct().Count());
        Assert.All(ids, id => Assert.Equal((0x40, 0x80), (id[6] & 0xF0, id[8] & 0xC0)));
        for (var bit = 0; bit < 128; bit++)
        {
            var set = ids.Count(id => (id[bit / 8] >> (7 - (bit % 8)) & 1) == 1);
            // Six bits name version and variant; each other one is set in half of them, give or take nine standard deviations.
            Assert.True(bit is >= 48 and < 52 or 64 or 65 || Math.Abs(set - 1_000) < 200, $"bit {bit}: {set}");
        }
    }
}
