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
    public void Verify_SignedByALaterTrustedInstance_PassesForTheEpochThatTheFirstOneCouldNotDeliver()
    {
        using var room = new TestRoom().Running();
        var frames = Epoch(room, 1, 1);
        var next = room.NextInstance();
        room.Accept(room.InstanceOf(2, next), next);
        var again = Resigned(room, frames[1], 2, next);
        Assert.Equal(FrameRefusal.WrongSigner, FrameVerifier.Verify(again, room.State, room.A.Id, out _));

        // One broker alone may collude; with the second release the instance is trusted, and stays so when another takes over.
        room.Accept(room.ReleaseOf(room.A, 2), room.A.Verifier);
        Assert.Equal(FrameRefusal.WrongSigner, FrameVerifier.Verify(again, room.State, room.A.Id, out _));
        room.Accept(room.ReleaseOf(room.B, 2), room.B.Verifier);
        Assert.Equal(FrameRefusal.None, FrameVerifier.Verify(again, room.State, room.A.Id, out _));
        Assert.Equal(FrameRefusal.NotInEpoch, FrameVerifier.Verify(again with { Path = frames[2].Path }, room.State, room.A.Id, out _));
        var third = room.NextInstance();
        room.Accept(room.InstanceOf(3, third), third);
        Assert.Equal(FrameRefusal.None, FrameVerifier.Verify(again, room.State, room.A.Id, out _));
        Assert.Equal(FrameRefusal.WrongSigner, FrameVerifier.Verify(Resigned(room, frames[1], 2, third), room.State, room.A.Id, out _));
        Assert.Equal(FrameRefusal.WrongSigner, FrameVerifier.Verify(Resigned(room, frames[1], 3, third), room.State, room.A.Id, out _));
    }

    [Fact]
    public void Verify_SignedByAnInstanceThatWasSupersededBeforeTheEpoch_IsRefused()
    {
        using var room = new TestRoom().Running();
        var first = room.Instance;
        var second = room.NextInstance();
        room.Accept(room.InstanceOf(2, second), second);
        room.Accept(room.ReleaseOf(room.A, 2), room.A.Verifier);
        room.Accept(room.ReleaseOf(room.B, 2), room.B.Verifier);
        var frames = Epoch(room, 1, 1, generation: 2);
        Assert.Equal(FrameRefusal.None, FrameVerifier.Verify(frames[0], room.State, room.A.Id, out _));
        Assert.Equal(FrameRefusal.WrongSigner, FrameVerifier.Verify(Resigned(room, frames[0], 1, first), room.State, room.A.Id, out _));
        Assert.Equal(FrameRefusal.WrongSigner, FrameVerifier.Verify(Resigned(room, frames[0], 2, first), room.State, room.A.Id, out _));
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

    private static MessageFrame Resigned(TestRoom room, MessageFrame frame, long generation, SigningKey key)
    {
        Assert.True(FrameHeader.TryParse(frame.Header, out var header, out _));
        Assert.Equal(room.Room, header.Room);
        return frame with { Header = (header with { Generation = generation }).Sign(key) };
    }

    private static List<MessageFrame> Epoch(TestRoom room, long epoch, long first, long generation = 1)
    {
        var ciphertexts = Enumerable.Range(0, 4).Select(i => new byte[] { 7, (byte)i }).ToList();
        var tree = new EpochTree(ciphertexts.Select(ciphertext => Digest.Of(ciphertext)));
        room.Accept(room.EpochOf(epoch, room.Cosigned(), first, tree.Root), room.Instance);
        return
        [
            .. ciphertexts.Select((ciphertext, i) => new MessageFrame(
                new FrameHeader(room.Room, generation, room.A.Id, first + i, epoch, Digest.Of(ciphertext), room.Genesis.Hash).Sign(room.Instance), ciphertext, tree.Path(i))),
        ];
    }
}
