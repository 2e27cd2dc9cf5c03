using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Records;
using CleanRoom.Records.V1;
using CleanRoom.Storage.Batches;
using CleanRoom.Storage.Sqlite;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>Writes batches into ingestion's own database, as an operator can that has the disk.</summary>
internal sealed class Forger(EnclaveRoom room, string author)
{
    private const int Slots = 64;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Appends a batch sealed to the author's record key.</summary>
    /// <param name="stranger">Signed by nobody's key instead of the author's uploader.</param>
    /// <param name="owner">The contributor that the record inside names.</param>
    /// <param name="row">The record.</param>
    public async Task AppendAsync(bool stranger, string owner, Row row)
    {
        // Only the author sees its own keys and batches.
        var client = await room.ClientAsync(author);
        await client.SyncAsync(Token);
        var state = client.State;
        var size = state.Size;
        var key = state.CurrentKey(MemberId.Parse(author), KeyPurpose.Record)!;
        await room.Ingestion.StopAsync();
        var member = MemberId.Parse(author);
        var batch = BatchId.From(Guid.NewGuid());
        using var sender = Hpke.SetupSender(key.Key, BatchSeal.Info(room.Id, member, key.Key.Id));
        var record = EnclaveRoom.RecordOf(row);
        record.ContributorId = owner;
        var identity = SealedPartCodec.Serialize(PartKind.Identity, CaseRecordParts.Split(record).Identity!);
        var parts = Enumerable.Range(0, 2 * Slots).Select(index => sender.Seal(
            BatchSeal.Aad(room.Id, member, batch, room.Charter.Hash, room.Charter.Expires, key.Key.Id, key.Period, Slots, index), Padme.Pad(index == 0 ? identity : []))).ToList();
        var entry = new BatchEntry(
            room.Id, EntryId.From(Guid.NewGuid()), member, batch, room.Charter.Hash, new LogPosition(1, Digest.Of([])), Digest.Of([]), room.Charter.Expires, sender.Enc, key.Key.Id,
            key.Period, [.. parts.Select(part => Digest.Of(part))], state.LastBatchOf(member)?.LeafHash, Slots);
        using ISigningKey signer = stranger ? SigningKey.Generate() : room.Consortium.Profiles[author].OpenPersonKey(PersonRoles.Uploader);
        using (var store = SqliteIngestionStore.Open(new SqliteOptions { Folder = room.Ingestion.DataFolder }))
        {
            var (roomId, batchId) = (Guid.Parse(room.Id.ToString()), Guid.Parse(batch.ToString()));
            _ = await store.Batches.BeginAsync(
                new UploadRequest
                {
                    Room = roomId,
                    Batch = batchId,
                    Author = author,
                    Manifest = entry.Sign(signer),
                    Slots = Slots,
                    Window = "",
                    Charge = 1,
                    Quota = long.MaxValue,
                    OpenUploads = 99,
                    Now = DateTimeOffset.UtcNow,
                },
                Token);
            Assert.Equal(2 * Slots, await store.Batches.AppendPartsAsync(roomId, batchId, 0, [.. parts.Select(part => (ReadOnlyMemory<byte>)part)], DateTimeOffset.UtcNow, Token));
            Assert.IsType<BatchCommit.Committed>(await store.Batches.CommitAsync(roomId, batchId, size, Token));
        }

        await room.Ingestion.RunAsync();
        await room.WaitForAsync(after => after.Size > size, "the witnesses to cosign the log");
    }
}
