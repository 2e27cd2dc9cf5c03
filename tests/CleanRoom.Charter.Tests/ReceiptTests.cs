using System.Text.Json.Nodes;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Tests;

public sealed class ReceiptTests
{
    [Fact]
    public void Verify_ManifestInTheCosignedLog_IsFinal()
    {
        using var room = new TestRoom().Opened();
        var (receipt, manifest) = Final(room);
        Assert.Equal(ReceiptStatus.Final, receipt.Verify(room.Genesis, manifest));
        Assert.True(Receipt.TryParse(receipt.ToBytes(), out var again, out _));
        Assert.Equal(receipt.ToBytes(), again.ToBytes());
        Assert.Equal(ReceiptStatus.Final, again.Verify(room.Genesis));
        var provisional = Receipt.Provisional(manifest, receipt.Index, simulated: true);
        Assert.Equal(ReceiptStatus.Provisional, provisional.Verify(room.Genesis));
        Assert.True(Receipt.TryParse(provisional.ToBytes(), out _, out _));
    }

    [Fact]
    public void Verify_LabelSimulatedTakenOff_IsRefused()
    {
        using var room = new TestRoom().Opened();
        var (receipt, _) = Final(room);
        Assert.Equal(ReceiptStatus.WrongLabel, (receipt with { Simulated = false }).Verify(room.Genesis));
        var json = JsonNode.Parse(receipt.ToBytes())!.AsObject();
        json["simulated"] = false;
        Assert.True(Receipt.TryParse(CanonicalJson.Canonicalize(json), out var unlabelled, out _));
        Assert.Equal(ReceiptStatus.WrongLabel, unlabelled.Verify(room.Genesis));
        json.Remove("simulated");
        Assert.False(Receipt.TryParse(CanonicalJson.Canonicalize(json), out _, out var error));
        Assert.Equal("simulated", error.Path);
    }

    [Fact]
    public void Verify_AnythingTampered_IsRefusedWithItsReason()
    {
        using var room = new TestRoom().Opened();
        using var other = new TestRoom();
        var (receipt, manifest) = Final(room);
        Assert.Equal(ReceiptStatus.OtherRoom, (receipt with { Room = other.Room }).Verify(room.Genesis));
        Assert.Equal(ReceiptStatus.NotIncluded, (receipt with { Index = receipt.Index - 1 }).Verify(room.Genesis));
        Assert.Equal(ReceiptStatus.NotIncluded, (receipt with { Leaf = Digest.Of("x"u8) }).Verify(room.Genesis));
        Assert.Equal(ReceiptStatus.NotIncluded, (receipt with { Proof = [.. receipt.Proof.Skip(1)] }).Verify(room.Genesis));
        Assert.Equal(ReceiptStatus.NotIncluded, (receipt with { Proof = [.. receipt.Proof, Digest.Of("x"u8)] }).Verify(room.Genesis));
        Assert.Equal(ReceiptStatus.OtherBatch, (receipt with { Leaf = Digest.Of("x"u8) }).Verify(room.Genesis, manifest));
        Assert.Equal(ReceiptStatus.OtherBatch, (receipt with { Batch = BatchId.From(Guid.NewGuid()) }).Verify(room.Genesis, manifest));
        Assert.Equal(ReceiptStatus.NotCosigned, (receipt with { Checkpoint = room.Checkpoint() }).Verify(room.Genesis));
        Assert.Equal(ReceiptStatus.NotCosigned, (receipt with { Checkpoint = room.Cosigned(by: [room.A]) }).Verify(room.Genesis));
        Assert.Equal(ReceiptStatus.NotCosigned, (receipt with { Checkpoint = TestRoom.Cosign(room.Checkpoint(room.Instance), TestRoom.Start, room.WithBroker) }).Verify(room.Genesis));
    }

    [Fact]
    public void Provisional_OfAnotherEntryThanABatch_IsAWrongCall()
    {
        using var room = new TestRoom();
        Assert.True(SignedEntry.TryParse(room.GenesisEntry().Sign(room.Steward.Organisation), out var entry, out _));
        Assert.Throws<ArgumentException>(() => Receipt.Provisional(entry, 0, true));
    }

    private static (Receipt, SignedEntry) Final(TestRoom room)
    {
        var leaf = room.Batch(room.A).Sign(room.A.Uploader);
        var index = room.Append(leaf).Index;
        room.Accept(room.Batch(room.B), room.B.Uploader);
        Assert.True(SignedEntry.TryParse(leaf, out var manifest, out _));
        return (Receipt.Provisional(manifest, index, simulated: true).Finalised(room.Cosigned(), room.Proof(index)), manifest);
    }
}
