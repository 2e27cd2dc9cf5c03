using System.Buffers.Binary;
using System.Security.Cryptography;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Tests;

/// <summary>Whatever the bytes are, a parser answers; and what it takes, it writes back to the same bytes.</summary>
public sealed class FuzzTests
{
    private const int Rounds = 400;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void TryParse_ChangedBytes_NeverThrowsAndNeverForgivesASecondEncoding(int seed)
    {
        using var room = new TestRoom().Running();
        using var key = SigningKey.Generate();
        var random = new Choices(seed);
        var charter = room.Genesis.CanonicalBytes.ToArray();
        var payloads = room.Leaves.Select(leaf => SignedEntry.TryParse(leaf, out var entry, out _) ? entry.Entry.Payload() : []).Where(payload => payload.Length > 0).ToList();
        var taken = 0;
        for (var i = 0; i < Rounds; i++)
        {
            var changedCharter = Change(charter, random);
            if (RoomCharter.TryParse(changedCharter, out var parsed, out var errors))
            {
                Assert.Equal(changedCharter, parsed.CanonicalBytes.ToArray());
                taken++;
            }
            else
            {
                Assert.NotEmpty(errors);
            }

            var payload = Change(payloads[random.Next(payloads.Count)], random);
            var leaf = System.Text.Encoding.ASCII.GetBytes(Jws.Sign(key, Entry.JwsType, payload));
            if (SignedEntry.TryParse(leaf, out var entry, out var error))
            {
                Assert.Equal(payload, entry.Entry.Payload());
                taken++;
            }
            else
            {
                Assert.NotEmpty(error.Message);
            }

            Assert.NotEqual(EntryEffect.Accepted, room.Append(leaf).Effect);
            room.Append(Change(room.Leaves[random.Next(20)], random));
        }

        Assert.True(taken > 0, "some changes, of names and numbers, are as good as the original");
        Assert.Equal(room.Leaves.Count, room.State.Size);
    }

    private static byte[] Change(byte[] bytes, Choices random)
    {
        var copy = bytes.ToList();
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var at = random.Next(copy.Count);
            switch (random.Next(4))
            {
                case 0:
                    copy[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    copy[at] = (byte)"0123456789\"{}[],:-x"[random.Next(19)];
                    break;
                case 2:
                    copy.RemoveRange(at, Math.Min(random.Next(1, 40), copy.Count - at));
                    break;
                default:
                    copy.InsertRange(at, copy.Skip(random.Next(copy.Count)).Take(random.Next(1, 40)).ToList());
                    break;
            }

            if (copy.Count == 0)
            {
                copy.Add(32);
            }
        }

        return [.. copy];
    }

    /// <summary>The same choices for the same seed, on every platform.</summary>
    private sealed class Choices(int seed)
    {
        private int _count;

        public int Next(int bound) => Next(0, bound);

        public int Next(int least, int bound)
        {
            Span<byte> input = stackalloc byte[8];
            BinaryPrimitives.WriteInt32LittleEndian(input, seed);
            BinaryPrimitives.WriteInt32LittleEndian(input[4..], _count++);
            return least + (int)(BinaryPrimitives.ReadUInt32LittleEndian(SHA256.HashData(input)) % (uint)(bound - least));
        }
    }
}
