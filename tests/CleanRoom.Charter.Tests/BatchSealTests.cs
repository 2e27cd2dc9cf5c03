using System.Text.Json.Nodes;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Tests;

public class BatchSealTests
{
    [Theory]
    [InlineData(64, 0, 1)]
    [InlineData(1024, 2047, 12)]
    public void Aad_IsTheCanonicalJsonOfItsMembers(int slots, int index, int period)
    {
        using var key = HpkePrivateKey.Generate();
        var room = RoomId.Parse("4f6fd06e-4bf5-4446-8598-7a681b1c6fcd");
        var batch = BatchId.Parse("59782d75-259d-4fce-9eba-2fe7b83dc38c");
        var contributor = MemberId.Parse("lotus-bridge");
        var charter = Digest.Of("charter"u8);
        var deleteBy = new DateTimeOffset(2027, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var expected = CanonicalJson.Canonicalize(new JsonObject
        {
            ["slots"] = slots,
            ["schema"] = "cleanroom/part/v1",
            ["room"] = room.ToString(),
            ["period"] = period,
            ["key"] = key.PublicKey.Id.ToString(),
            ["index"] = index,
            ["deleteBy"] = "2027-01-02T03:04:05Z",
            ["contributor"] = "lotus-bridge",
            ["charter"] = charter.ToString(),
            ["batch"] = batch.ToString(),
        });
        Assert.Equal(expected, BatchSeal.Aad(room, contributor, batch, charter, deleteBy, key.PublicKey.Id, period, slots, index));
    }
}
