using System.Globalization;
using System.Runtime.CompilerServices;
using CleanRoom.Charter.Log;
using CleanRoom.Client.Uploads;
using CleanRoom.Cryptography;
using CleanRoom.Records.Import;
using CleanRoom.Records.V1;

namespace CleanRoom.Client.Tests;

/// <summary>Files of any length: what is in memory at a time, in which order records leave it, and what a run that ended half-way leaves to the next.</summary>
public sealed class StreamingUploadTests
{
    private const int Window = 128;

    private static readonly byte[] Manifest = "{}"u8.ToArray();

    /// <summary>Slots are public; who stood beside whom in the office's file is not (DATA.md 5, R13). Two neighbours of 1,000 keep together by chance about once.</summary>
    [Fact]
    public void Window_ManyRecords_SlotsSayNothingOfTheirOrderInTheFile()
    {
        const int count = 1_000;
        var window = new UploadWindow(count);
        for (var i = 0; i < count; i++)
        {
            Assert.False(window.IsFull);
            window.Add(new SealItem($"{i}", RandomUuid.New(), 1, "", new CaseRecord(), null));
        }

        Assert.True(window.IsFull);
        var order = Assert.Single(window.Leave()).Select(item => int.Parse(item.Reference, CultureInfo.InvariantCulture)).ToList();

        Assert.Equal(Enumerable.Range(0, count), order.Order());
        Assert.InRange(order.Zip(order.Skip(1)).Count(pair => Math.Abs(pair.First - pair.Second) == 1), 0, 30);
        Assert.False(window.IsFull);
        Assert.Empty(window.Leave());
    }

    [Fact]
    public void Window_LongRecords_IsFullByTheirBytes()
    {
        var window = new UploadWindow(UploadWindow.Records);
        var record = new CaseRecord { ContributorRecordRef = new string('x', 1 << 20) };
        for (var i = 0; i < 64; i++)
        {
            Assert.False(window.IsFull, $"{i} MiB");
            window.Add(new SealItem($"{i}", RandomUuid.New(), 1, "", record, null));
        }

        Assert.True(window.IsFull);
    }

    /// <summary>No row is asked for while a whole window waits, and none is held once its window has left: of 1,000 rows never more than a window lives.</summary>
    [Fact]
    public async Task Upload_ManyWindows_HoldsOneAtATime()
    {
        const int count = 1_000;
        await using var live = await LiveRoom.OpenedAsync();
        using var room = await live.ConnectAsync("alpha");
        var alive = new List<WeakReference>();
        var accepted = new Accepted();
        var most = 0;
        var uploader = new Uploader(room) { Window = Window };

        var planned = await Uploader.PlanAsync(room.Profile, room.Room, RowsAsync(count, (_, _) => { }), LiveRoom.Token);
        Assert.Equal(count, planned.Plan.New);
        var result = await uploader.UploadAsync(
            planned,
            RowsAsync(count, (i, row) =>
            {
                Assert.InRange(i - accepted.Records, 0, Window);
                alive.Add(new WeakReference(row.Record));
                if (i % Window == 0)
                {
                    most = Math.Max(most, Living(alive));
                }
            }),
            Manifest, accepted, LiveRoom.Token);

        Assert.Equal((count, (count + Window - 1) / Window), (result.Plan.New, result.Batches.Count));
        Assert.Equal(count, uploader.CountLiveRecords());

        // What the runtime's own frames still point at is a handful.
        Assert.InRange(most, 1, Window + 8);
    }

    [Fact]
    public async Task Upload_EndedInTheThirdWindow_GoesOnWithTheSecondRunAndDoublesNothing()
    {
        const int count = 600;
        await using var live = await LiveRoom.OpenedAsync();
        using (var room = await live.ConnectAsync("alpha"))
        {
            using var cancel = CancellationTokenSource.CreateLinkedTokenSource(LiveRoom.Token);
            var planned = await Uploader.PlanAsync(room.Profile, room.Room, RowsAsync(count, (_, _) => { }), LiveRoom.Token);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new Uploader(room) { Window = Window }.UploadAsync(
                planned, RowsAsync(count, (_, _) => { }), Manifest, new Stop(cancel, 2 * Window), cancel.Token));
        }

        using (var room = await live.ConnectAsync("alpha"))
        {
            var uploader = new Uploader(room) { Window = Window };
            Assert.Equal(2 * Window, uploader.CountLiveRecords());
            var planned = await Uploader.PlanAsync(room.Profile, room.Room, RowsAsync(count, (_, _) => { }), LiveRoom.Token);
            var result = await uploader.UploadAsync(planned, RowsAsync(count, (_, _) => { }), Manifest, null, LiveRoom.Token);
            Assert.Equal((Window, 3 * Window, count - (3 * Window)), (result.Resumed, result.Plan.Unchanged, result.Plan.New));
            Assert.Equal(count, uploader.CountLiveRecords());
            Assert.Equal((count + Window - 1) / Window, room.State.Batches.Count);
        }
    }

    /// <summary>The second batch lies sealed while the first is sent: what is cut off then leaves both, and each names the one before it.</summary>
    [Fact]
    public async Task Upload_EndedWhileABatchIsSentAndTheNextLiesSealed_SendsBothNextTime()
    {
        const int count = 1_200;
        await using var live = await LiveRoom.OpenedAsync();
        var import = LiveRoom.Import(Enumerable.Range(0, count).Select(i => ($"r{i}", $"{i}", true)));
        using (var room = await live.ConnectAsync("alpha"))
        {
            var journal = new UploadJournal(room.Memory.Folder);
            using var cancel = CancellationTokenSource.CreateLinkedTokenSource(LiveRoom.Token);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new Uploader(room).UploadAsync(
                import, Manifest, new At(UploadStep.Cosigning, () => Until(() => Directory.GetDirectories(room.Memory.Folder + "/journal").Count(IsSealed) == 2, cancel)), cancel.Token));
            var kept = journal.Read();
            Assert.Equal([1024, count - 1024], kept.Select(batch => batch.Records.Count));
            Assert.Equal(kept[0].Manifest.LeafHash, kept[1].Entry.Previous);
        }

        using (var room = await live.ConnectAsync("alpha"))
        {
            var uploader = new Uploader(room);
            var result = await uploader.UploadAsync(import, Manifest, null, LiveRoom.Token);
            Assert.Equal((count, count), (result.Resumed, uploader.CountLiveRecords()));
            Assert.Equal(2, room.State.Batches.Count);
        }

        static bool IsSealed(string folder) => !Path.GetFileName(folder).StartsWith("new-", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Upload_KeyRolledWhileABatchLiesSealed_SealsItAnewForTheNewKey()
    {
        const int count = 1_200;
        await using var live = await LiveRoom.OpenedAsync();
        using var next = HpkePrivateKey.Generate();
        using var other = await live.ConnectAsync("alpha");
        using var room = await live.ConnectAsync("alpha");
        var first = room.State.CurrentKey(room.Profile.Member, KeyPurpose.Record)!.Key.Id;
        var import = LiveRoom.Import(Enumerable.Range(0, count).Select(i => ($"r{i}", $"{i}", true)));

        // The first batch is in the log by then, and the second one is sealed for the key before.
        var result = await new Uploader(room).UploadAsync(import, Manifest, new At(UploadStep.Cosigning, () => Roll(other, next.PublicKey)), LiveRoom.Token);

        Assert.All(result.Batches, receipt => Assert.Equal(ReceiptStatus.Final, receipt.Status));
        Assert.Equal(
            [(first, 1024), (next.PublicKey.Id, 256)], room.State.Batches.Values.OrderBy(batch => batch.Index).Select(batch => (batch.Manifest.Key, batch.Manifest.Slots)));
        Assert.Empty(new UploadJournal(room.Memory.Folder).Read());
        Assert.Equal(count, new Uploader(room).CountLiveRecords());
        Assert.Equal(count, (await new Uploader(room).UploadAsync(import, Manifest, null, LiveRoom.Token)).Plan.Unchanged);
    }

    private static void Roll(RoomClient room, HpkePublicKey key) => Task.Run(
        async () =>
        {
            using var approver = room.Profile.OpenPersonKey(PersonRoles.Approver);
            await room.AppendAsync(new KeyEntry(room.Room, RoomClient.NewEntryId(), room.Profile.Member, KeyPurpose.Record, 2, key), approver, LiveRoom.Token);
        },
        LiveRoom.Token).GetAwaiter().GetResult();

    /// <summary>Waits, then stops.</summary>
    private static void Until(Func<bool> isSo, CancellationTokenSource cancel)
    {
        while (!isSo())
        {
            Thread.Sleep(5);
        }

        cancel.Cancel();
    }

    [Theory]
    [InlineData("a reference twice", "r1", "r1", "r3")]
    [InlineData("another reference", "r1", "r2", "r9")]
    [InlineData("another order", "r2", "r1", "r3")]
    [InlineData("one row less", "r1", "r2")]
    [InlineData("one row more", "r1", "r2", "r3", "r4")]
    public async Task Upload_FileThatChangesAfterItWasChecked_IsRefusedAndDoublesNothing(string what, params string[] references)
    {
        await using var live = await LiveRoom.OpenedAsync();
        using var room = await live.ConnectAsync("alpha");
        var uploader = new Uploader(room);
        var planned = await Uploader.PlanAsync(room.Profile, room.Room, Rows("r1", "r2", "r3"), LiveRoom.Token);

        var error = await Assert.ThrowsAsync<ClientException>(() => uploader.UploadAsync(planned, Rows(references), Manifest, null, LiveRoom.Token));

        Assert.True(error is { Problem: ClientProblem.BadData } && error.Message.Contains("has changed", StringComparison.Ordinal), what);
        Assert.Empty(room.State.Batches);
        Assert.Equal(0, uploader.CountLiveRecords());

        static IAsyncEnumerable<ImportedRow> Rows(params string[] references) => LiveRoom.Import(references.Select(reference => (reference, "1", true))).Rows.ToAsyncEnumerable();
    }

    private static async IAsyncEnumerable<ImportedRow> RowsAsync(int count, Action<int, ImportedRow> tell)
    {
        for (var i = 0; i < count; i++)
        {
            await Task.CompletedTask;
            yield return Row(i, tell);
        }
    }

    // Not inlined, so that no frame keeps the row.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ImportedRow Row(int i, Action<int, ImportedRow> tell)
    {
        var row = LiveRoom.Import(($"r{i}", $"{i}", true)).Rows[0] with { RowNumber = i + 1 };
        tell(i, row);
        return row;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Living(List<WeakReference> records)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        records.RemoveAll(record => !record.IsAlive);
        return records.Count;
    }

    private sealed class Accepted : IProgress<UploadProgress>
    {
        public int Records { get; private set; }

        public void Report(UploadProgress value) => Records = value.Records;
    }

    /// <summary>Does something when a step is reported for the first time.</summary>
    private sealed class At(UploadStep step, Action act) : IProgress<UploadProgress>
    {
        private bool _isDone;

        public void Report(UploadProgress value)
        {
            if (value.Step == step && !_isDone)
            {
                _isDone = true;
                act();
            }
        }
    }

    /// <summary>Stops once a batch lies sealed on disk and so many records stand in the log.</summary>
    private sealed class Stop(CancellationTokenSource cancel, int records) : IProgress<UploadProgress>
    {
        private bool _isSealed;

        public void Report(UploadProgress value)
        {
            if (value.Step == UploadStep.Sending && value.Records >= records && _isSealed)
            {
                cancel.Cancel();
            }

            _isSealed = value.Step == UploadStep.Sealing;
        }
    }
}
