using System.Globalization;
using CleanRoom.Cryptography;
using CleanRoom.Storage.Batches;
using CleanRoom.Storage.Brokers;
using CleanRoom.Storage.Logs;
using CleanRoom.Storage.Slots;
using CleanRoom.Storage.Sqlite;

namespace CleanRoom.Storage.Tests.Crashes;

/// <summary>
/// The process that is killed: writes without end, and prints a number once the store has acknowledged it. What it writes follows from
/// the number alone, so that the process that killed it knows what must be there.
/// </summary>
internal static class Writers
{
    public const int PartsPerBatch = 4;

    /// <summary>Acknowledgements of a batch are its number times this, plus the part, or <see cref="Complete"/>.</summary>
    public const int AcknowledgementsPerBatch = 8;

    public const int Complete = AcknowledgementsPerBatch - 1;
    public static readonly Guid Room = Guid.Parse("5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10");
    public static readonly DateTimeOffset Now = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);

    public static byte[] Leaf(long number) => Bytes.Of($"leaf {number}", 200 + (int)(number % 5000));

    public static Guid Batch(long number) => Guid.Parse(string.Create(CultureInfo.InvariantCulture, $"00000000-0000-4000-8000-{number:000000000000}"));

    public static byte[] Manifest(long number) => Bytes.Of($"manifest {number}", 2000);

    public static byte[] Part(long batch, int part) => Bytes.Of($"part {batch} {part}", 20_000);

    public static byte[] Nonce(long number) => Bytes.Of($"nonce {number}", 32);

    public static Digest CosignedRoot(long size) => Digest.Of(Bytes.Of($"root {size}", 32));

    public static SlotFrame Frame(long number) =>
        new("alpha", number, $"header {number}", Bytes.Of($"ciphertext {number}", 4177), [Digest.Of(Bytes.Of($"path {number}", 32))]);

    public static async Task<int> RunAsync(string writer, string folder)
    {
        var options = new SqliteOptions { Folder = folder };
        switch (writer)
        {
            case "log":
                await AppendAsync(SqliteIngestionStore.Open(options).Logs);
                break;
            case "batches":
                var store = SqliteIngestionStore.Open(options);
                await UploadAsync(store.Logs, store.Batches);
                break;
            case "slots":
                await PutAsync(SqliteSlotStore.Open(options));
                break;
            case "broker":
                await ReplaceAsync(SqliteBrokerStore.Open(options));
                break;
            default:
                return 2;
        }

        return 0;
    }

    private static async Task AppendAsync(ILogStore logs)
    {
        await logs.CreateRoomAsync(Room, Leaf(0), default);
        for (var number = 0L; ; number++)
        {
            // From the beginning each time: what is there must be found and not doubled. Every third call brings two leaves.
            ReadOnlyMemory<byte>[] leaves = number % 3 == 0 ? [Leaf(number), Leaf(++number)] : [Leaf(number)];
            var size = (await logs.FindHeadAsync(Room, default))!.Size;
            var appended = (LogAppend.Appended)await logs.AppendAsync(Room, size, leaves, default);
            if (appended.Leaves[^1] is { Existed: false } && number % 5 == 0)
            {
                await logs.TrySaveCosignedAsync(Room, new StoredCheckpoint(number, await logs.GetRootAsync(Room, number, default), $"note {number}"), default);
            }

            Acknowledge(number);
        }
    }

    private static async Task UploadAsync(ILogStore logs, IBatchStore batches)
    {
        await logs.CreateRoomAsync(Room, Leaf(0), default);
        for (var number = 1L; ; number++)
        {
            var start = await batches.BeginAsync(
                new UploadRequest
                {
                    Room = Room,
                    Batch = Batch(number),
                    Author = "alpha",
                    Manifest = Manifest(number),
                    Slots = PartsPerBatch / 2,
                    Window = "2026-12",
                    Charge = 1,
                    Quota = long.MaxValue,
                    OpenUploads = 1,
                    Now = Now,
                },
                default);
            if (start is UploadStart.Open open)
            {
                for (var part = open.NextPart; part < PartsPerBatch; part++)
                {
                    await batches.AppendPartsAsync(Room, Batch(number), part, [Part(number, part)], Now, default);
                    Acknowledge((number * AcknowledgementsPerBatch) + part);
                }

                await batches.CommitAsync(Room, Batch(number), (await logs.FindHeadAsync(Room, default))!.Size, default);
            }

            if (number % 3 == 0)
            {
                await batches.EraseAsync(Room, [new ErasedSlot(Batch(number - 1), 0)], number, default);
            }

            Acknowledge((number * AcknowledgementsPerBatch) + Complete);
        }
    }

    private static async Task PutAsync(SqliteSlotStore slots)
    {
        for (var number = 1L; ; number += 2)
        {
            await slots.PutAsync(Room, [Frame(number), Frame(number + 1)], default);
            await slots.AcknowledgeAsync(Room, "alpha", number, default);
            Acknowledge(number + 1);
        }
    }

    private static async Task ReplaceAsync(SqliteBrokerStore brokers)
    {
        await brokers.TryCreateAsync(
            new BrokerRoom
            {
                Room = Room,
                Genesis = Digest.Of(Leaf(0)),
                SignedCharter = Leaf(1),
                RecordKeys = [new SealedRecordKey(1, Leaf(2), Leaf(3))],
                SealedRoomSecret = Leaf(4),
            },
            default);
        while (true)
        {
            var record = (await brokers.FindAsync(Room, default))!;
            var size = record.CosignedSize + 1;
            await brokers.TryAddNonceAsync(Room, Nonce(size), Now.AddMinutes(5), Now, 1000, default);
            await brokers.TryUseNonceAsync(Room, Nonce(size), Now, default);
            if (!await brokers.TryReplaceAsync(record with { CosignedSize = size, CosignedRoot = CosignedRoot(size) }, default))
            {
                throw new InvalidOperationException("Nobody else writes.");
            }

            Acknowledge(size);
        }
    }

    private static void Acknowledge(long number)
    {
        Console.Out.WriteLine(number);
        Console.Out.Flush();
    }
}
