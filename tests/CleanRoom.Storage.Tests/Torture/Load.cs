using System.Globalization;
using CleanRoom.Cryptography;
using CleanRoom.Storage.Batches;
using CleanRoom.Storage.Logs;
using CleanRoom.Storage.Slots;

namespace CleanRoom.Storage.Tests.Torture;

/// <summary>
/// The process that is killed. It uploads, appends, withdraws, delivers and acknowledges without end, in competition with others of its kind, and prints a line for
/// everything that the stores acknowledged: that is what a client was told.
/// </summary>
internal sealed class Load(Place place, int worker, int life)
{
    public const int Parts = 4;
    public static readonly Guid Room = Guid.Parse("5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10");
    public static readonly DateTimeOffset Now = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static byte[] Genesis => Bytes.Of("genesis", 300);

    public static byte[] Leaf(string name) => Bytes.Of("leaf " + name, 100 + (name.Length * 50));

    public static Guid Batch(string name) => new(Bytes.Of("batch " + name, 16));

    public static byte[] Manifest(Guid batch) => Bytes.Of($"manifest {batch}", 1500);

    public static byte[] Part(Guid batch, int part) => Bytes.Of($"part {batch} {part}", 3000);

    public static SlotFrame Frame(string recipient, long number) =>
        new(recipient, number, $"header {number}", Bytes.Of($"frame {recipient} {number}", 2100), [Digest.Of(Bytes.Of($"path {number}", 32))]);

    public static async Task<int> RunAsync(string place, string worker, string life)
    {
        await new Load(Place.Parse(place), int.Parse(worker, CultureInfo.InvariantCulture), int.Parse(life, CultureInfo.InvariantCulture)).RunAsync();
        return 0;
    }

    private async Task RunAsync()
    {
        using var ingestion = await UntilOpenAsync(place.OpenIngestion);
        var slots = await UntilOpenAsync(place.OpenSlots);
        var recipient = string.Create(CultureInfo.InvariantCulture, $"w{worker}");
        await TryAsync(() => ingestion.Logs.CreateRoomAsync(Room, Genesis, default));
        var sent = await TryAsync(async () => (await slots.ReadAsync(Room, recipient, 0, int.MaxValue, default)).Count);
        Guid? previous = null;
        for (var n = 0; ; n++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{worker}/{life}/{n}");
            switch (n % 4)
            {
                case 0:
                case 1:
                    Tell($"L {name} {await AppendAsync(ingestion.Logs, name)}");
                    break;
                case 2:
                    var batch = Batch(name);
                    Tell($"B {batch} {await UploadAsync(ingestion, batch)}");
                    if (previous is { } old && n % 8 == 2)
                    {
                        await TryAsync(() => ingestion.Batches.EraseAsync(Room, [new ErasedSlot(old, 0)], n, default));
                        Tell($"E {old}");
                    }

                    previous = batch;
                    break;
                default:
                    var first = sent + 1;
                    await TryAsync(() => slots.PutAsync(Room, [Frame(recipient, first), Frame(recipient, first + 1)], default));
                    sent += 2;
                    Tell($"S {recipient} {sent}");
                    await TryAsync(() => slots.AcknowledgeAsync(Room, recipient, first, default));
                    Tell($"A {recipient} {first}");
                    var head = await TryAsync(() => ingestion.Logs.FindHeadAsync(Room, default));
                    Tell($"R {head!.Size} {Convert.ToHexString(head.Root.Span)}");
                    break;
            }
        }
    }

    private static async Task<long> AppendAsync(ILogStore logs, string name)
    {
        for (var size = 1L; ;)
        {
            switch (await TryAsync(() => logs.AppendAsync(Room, size, [Leaf(name)], default)))
            {
                case LogAppend.Appended appended:
                    return appended.Leaves[0].Index;
                case LogAppend.SizeMoved moved:
                    size = moved.Size;
                    break;
                default:
                    throw new InvalidOperationException("The room is gone.");
            }
        }
    }

    private async Task<long> UploadAsync(IIngestionStore store, Guid batch)
    {
        for (var size = 1L; ;)
        {
            var start = await TryAsync(() => store.Batches.BeginAsync(
                new UploadRequest
                {
                    Room = Room,
                    Batch = batch,
                    Author = string.Create(CultureInfo.InvariantCulture, $"w{worker}"),
                    Manifest = Manifest(batch),
                    Slots = Parts / 2,
                    Window = "2026-12",
                    Charge = 1,
                    Quota = long.MaxValue,
                    OpenUploads = 1_000_000,
                    Now = Now,
                },
                default));
            if (start is UploadStart.Complete complete)
            {
                return complete.Index;
            }

            for (var part = ((UploadStart.Open)start).NextPart; part < Parts;)
            {
                // After a lost connection the answer is null if the parts had arrived: ask where to go on, as a client does.
                part = await TryAsync(() => store.Batches.AppendPartsAsync(Room, batch, part, [Part(batch, part)], Now, default))
                    ?? (await TryAsync(() => store.Batches.FindAsync(Room, batch, default)))!.NextPart;
            }

            if (await TryAsync(() => store.Batches.CommitAsync(Room, batch, size, default)) is BatchCommit.SizeMoved moved)
            {
                size = moved.Size;
            }
        }
    }

    /// <summary>Repeats what a store could not do until it can: every write answers a repetition with what it did.</summary>
    private static async Task<T> TryAsync<T>(Func<Task<T>> work)
    {
        while (true)
        {
            try
            {
                return await work();
            }
            catch (StorageException exception)
            {
                Tell($"X {exception.Problem}");
                await Task.Delay(Pause);
            }
        }
    }

    private static Task<T> UntilOpenAsync<T>(Func<T> open) => TryAsync(() => Task.FromResult(open()));

    private static void Tell(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }
}
