using System.Security.Cryptography;
using CleanRoom.Charter.Messages;
using CleanRoom.Client.Inbox;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Tests;

/// <summary>What the inbox keeps, over crashes: torn tails, damage, readers beside the writer.</summary>
public sealed class FrameStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cleanroom-frames-").FullName;

    private string Newest => Directory.EnumerateFiles(Path.Combine(_folder, "inbox"), "*.frames").Max()!;

    public static TheoryData<int> Segments => [1, 3, 100];

    [Theory, MemberData(nameof(Segments))]
    public void Read_AfterReopening_GivesEveryFrameInOrder(int segmentFrames)
    {
        var frames = Enumerable.Range(1, 10).Select(Frame).ToList();
        Write(new FrameStore(_folder, segmentFrames), 1, frames);

        var store = new FrameStore(_folder, segmentFrames);
        Assert.Equal((10, 0), (store.Taken, store.Handed));
        AssertSame(frames, store.Read(1, 10));
        AssertSame(frames[3..7], store.Read(4, 7));
        Assert.Null(store.Find(11));
        Assert.Equal((10 + segmentFrames - 1) / segmentFrames, Directory.GetFiles(Path.Combine(_folder, "inbox"), "*.frames").Length);
    }

    [Theory, MemberData(nameof(Segments))]
    public void OpenWriter_TornTail_CutsItOffAndGoesOn(int segmentFrames)
    {
        var frames = Enumerable.Range(1, 4).Select(Frame).ToList();
        Write(new FrameStore(_folder, segmentFrames), 1, frames);
        var whole = File.ReadAllBytes(Newest);
        var end = Size(frames[3]);
        foreach (var missing in new[] { 1, 2, 31, 32, 33, end / 2, end - 13, end - 12, end - 5, end - 4, end - 1, end })
        {
            foreach (var zeros in new[] { false, true })
            {
                // A power cut leaves a part of the last write, or a file of the right length whose end was never written.
                var torn = whole.ToArray();
                torn.AsSpan(^missing..).Clear();
                File.WriteAllBytes(Newest, zeros ? torn : torn[..^missing]);
                var store = new FrameStore(_folder, segmentFrames);
                Assert.Equal(3, store.Taken);
                AssertSame(frames[..3], store.Read(1, 9));

                Write(store, 4, [frames[3]]);
                AssertSame(frames, new FrameStore(_folder, segmentFrames).Read(1, 9));
                Assert.Equal(whole, File.ReadAllBytes(Newest));
            }
        }
    }

    [Fact]
    public void OpenWriter_HandedMessageDamaged_RefusesInsteadOfCutting()
    {
        var store = new FrameStore(_folder);
        Write(store, 1, [.. Enumerable.Range(1, 4).Select(Frame)]);
        using (var writer = store.OpenWriter())
        {
            writer.MarkHanded(3);
        }

        var bytes = File.ReadAllBytes(Newest);
        bytes[Size(Frame(1)) + Size(Frame(2)) + 40] ^= 1;
        File.WriteAllBytes(Newest, bytes);
        var damaged = new FrameStore(_folder);
        Assert.Equal(ClientProblem.BadData, Assert.Throws<ClientException>(damaged.OpenWriter).Problem);
        Assert.Equal(bytes, File.ReadAllBytes(Newest));
    }

    [Fact]
    public void Read_OlderFileDamaged_SaysSo()
    {
        Write(new FrameStore(_folder, 2), 1, [.. Enumerable.Range(1, 4).Select(Frame)]);
        var first = Directory.EnumerateFiles(Path.Combine(_folder, "inbox"), "*.frames").Min()!;
        var bytes = File.ReadAllBytes(first);
        bytes[60] ^= 1;
        File.WriteAllBytes(first, bytes);
        var store = new FrameStore(_folder, 2);
        Assert.Equal(4, store.Taken);
        Assert.NotNull(store.Find(3));
        Assert.Equal(ClientProblem.BadData, Assert.Throws<ClientException>(() => store.Find(1)).Problem);
    }

    [Fact]
    public void Handed_SurvivesAndNeverExceedsWhatIsKept()
    {
        var store = new FrameStore(_folder);
        using (var writer = store.OpenWriter())
        {
            writer.Append(1, Frame(1));
            writer.Append(2, Frame(2));
            writer.Flush();
            writer.MarkHanded(1);
        }

        Assert.Equal((2, 1), (new FrameStore(_folder).Taken, new FrameStore(_folder).Handed));
        File.Delete(Newest);
        Assert.Equal((0, 0), (new FrameStore(_folder).Taken, new FrameStore(_folder).Handed));
    }

    [Fact]
    public void Read_WhileAnotherWrites_SeesWholeMessagesOnly()
    {
        var reader = new FrameStore(_folder, 2);
        using var writer = new FrameStore(_folder, 2).OpenWriter();
        for (var number = 1; number <= 7; number++)
        {
            Assert.Equal(number - 1, reader.Taken);
            writer.Append(number, Frame(number));
            AssertSame([.. Enumerable.Range(1, number).Select(Frame)], reader.Read(1, 9));
        }
    }

    [Fact]
    public void Append_NumberThatWasTaken_IsRefused()
    {
        using var writer = new FrameStore(_folder).OpenWriter();
        writer.Append(1, Frame(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Append(1, Frame(1)));
    }

    [Fact]
    public void Append_BehindNumbersThatAreVoid_KeepsEachUnderItsNumber()
    {
        var other = new FrameStore(_folder);
        Write(new FrameStore(_folder), 1, [Frame(1), Frame(2)]);
        Assert.Equal(2, other.Taken);
        Write(new FrameStore(_folder), 9, [Frame(9), Frame(10)]);
        Write(new FrameStore(_folder), 33, [Frame(33)]);
        foreach (var store in (FrameStore[])[other, new(_folder)])
        {
            Assert.Equal(33, store.Taken);
            Assert.Equal([1, 2, 9, 10, 33], store.Read(1, 40).Select(item => item.Number));
            Assert.Null(store.Find(3));
        }

        // Cut off where the next file begins: nothing of it counts, and the numbers before it may come after all.
        File.WriteAllBytes(Path.Combine(Path.GetDirectoryName(Newest)!, Path.GetFileName(Newest).Replace("33", "41", StringComparison.Ordinal)), [1, 2, 3]);
        Assert.Equal(33, new FrameStore(_folder).Taken);
        Write(new FrameStore(_folder), 34, [Frame(34)]);
        Assert.Equal([33, 34], new FrameStore(_folder).Read(11, 50).Select(item => item.Number));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void Write(FrameStore store, long first, List<MessageFrame> frames)
    {
        using var writer = store.OpenWriter();
        for (var i = 0; i < frames.Count; i++)
        {
            writer.Append(first + i, frames[i]);
        }

        writer.Flush();
    }

    /// <summary>The same bytes for the same number, of different lengths.</summary>
    private static MessageFrame Frame(int number)
    {
        var ciphertext = SHA256.HashData([(byte)number]).Concat(new byte[100 + (7 * number)]).ToArray();
        return new MessageFrame($"header.of.{number}", ciphertext, [.. Enumerable.Range(0, number).Select(i => Digest.Of([(byte)i]))]);
    }

    private static int Size(MessageFrame frame) => 4 + 8 + 12 + frame.Header.Length + (frame.Path.Count * Digest.Size) + frame.Ciphertext.Length + 32;

    private static void AssertSame(List<MessageFrame> expected, IEnumerable<(long Number, MessageFrame Frame)> actual)
    {
        var read = actual.Select(item => item.Frame).ToList();
        Assert.Equal(expected.Select(frame => frame.Header), read.Select(frame => frame.Header));
        Assert.Equal(expected.Select(frame => Convert.ToHexString(frame.Ciphertext.Span)), read.Select(frame => Convert.ToHexString(frame.Ciphertext.Span)));
        Assert.Equal(expected.SelectMany(frame => frame.Path), read.SelectMany(frame => frame.Path));
    }
}
