using CleanRoom.Charter.Messages;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Tests;

public sealed class FrameVerifierTests
{
    [Fact]
    public void Verify_FramesOfAnEpoch_AllPass()
    {
        using var room = new TestRoom().Running();
        var frames = Epoch(room, 1, 1);
        Assert.All(frames, frame => Assert.Equal(FrameRefusal.None, FrameVerifier.Verify(frame, room.State, room.A.Id, out _)));
        Assert.Equal(4, frames.Count);
    }

    [Fact]
    public void Verify_FramesOfAnOlderInstance_StillPassAtTheirPosition()
    {
        using var room = new TestRoom().Running();
        var frames = Epoch(room, 1, 1);
        room.Accept(room.InstanceOf(2, room.NextInstance()), room.Instance);
        Assert.Equal(FrameRefusal.None, FrameVerifier.Verify(frames[0], room.State, room.A.Id, out _));
    }

    [Fact]
    public void Verify_AnythingTampered_IsRefusedWithItsReason()
    {
        using var room = new TestRoom().Running();
        var frames = Epoch(room, 1, 1);
        var good = frames[1];
        Assert.True(FrameHeader.TryParse(good.Header, out var header, out _));
        FrameRefusal After(FrameHeader changed, SigningKey? key = null, ReadOnlyMemory<byte>? ciphertext = null) => FrameVerifier.Verify(
            good with { Header = changed.Sign(key ?? room.Instance), Ciphertext = ciphertext ?? good.Ciphertext }, room.State, room.A.Id, out _);

        Assert.Equal(FrameRefusal.None, After(header));
        Assert.Equal(FrameRefusal.Malformed, FrameVerifier.Verify(good with { Header = "x" }, room.State, room.A.Id, out _));
        Assert.Equal(FrameRefusal.OtherRecipient, FrameVerifier.Verify(good, room.State, room.B.Id, out _));
        Assert.Equal(FrameRefusal.OtherRecipient, After(header with { Room = RoomId.From(Guid.NewGuid()) }));
        Assert.Equal(FrameRefusal.UnknownEpoch, After(header with { Epoch = 2 }));
        Assert.Equal(FrameRefusal.WrongSigner, After(header, room.Operator));
        Assert.Equal(FrameRefusal.WrongSigner, After(header with { Generation = 2 }));
        Assert.Equal(FrameRefusal.WrongCharter, After(header with { Charter = Digest.Of("x"u8) }));
        Assert.Equal(FrameRefusal.WrongNumber, After(header with { Number = 5 }));
        Assert.Equal(FrameRefusal.WrongCiphertext, After(header, ciphertext: new byte[] { 1 }));
        Assert.Equal(FrameRefusal.NotInEpoch, After(header with { Number = 3 }));
        Assert.Equal(FrameRefusal.NotInEpoch, After(header with { Ciphertext = Digest.Of([1]) }, ciphertext: new byte[] { 1 }));
        Assert.Equal(FrameRefusal.NotInEpoch, FrameVerifier.Verify(good with { Path = frames[2].Path }, room.State, room.A.Id, out _));
        Assert.Equal(FrameRefusal.NotInEpoch, FrameVerifier.Verify(good with { Path = [] }, room.State, room.A.Id, out _));
    }

    [Fact]
    public void EpochTree_WithoutMessages_IsAWrongCall() => Assert.Throws<ArgumentException>(() => new EpochTree([]));

    private static List<MessageFrame> Epoch(TestRoom room, long epoch, long first)
    {
        var ciphertexts = Enumerable.Range(0, 4).Select(i => new byte[] { 7, (byte)i }).ToList();
        var tree = new EpochTree(ciphertexts.Select(ciphertext => Digest.Of(ciphertext)));
        room.Accept(room.EpochOf(epoch, room.Cosigned(), first, tree.Root), room.Instance);
        return
        [
            .. ciphertexts.Select((ciphertext, i) => new MessageFrame(
                new FrameHeader(room.Room, 1, room.A.Id, first + i, epoch, Digest.Of(ciphertext), room.Genesis.Hash).Sign(room.Instance), ciphertext, tree.Path(i))),
        ];
    }
}
