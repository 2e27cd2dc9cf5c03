using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Services.Tests.Rooms;
using CleanRoom.Transport;

namespace CleanRoom.Services.Tests.Ingestion;

/// <summary>The service as a process of its own, killed while clients append and upload.</summary>
public sealed class CrashTests(WitnessServers witnesses, ITestOutputHelper output)
{
    private const int Kills = 20;
    private const string Seed = "ingestion 2026-12-01";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Kill_WhileClientsWrite_LosesAndDoublesNothingThatWasAcknowledged()
    {
        output.WriteLine($"seed {Seed}, {Kills} kills");
        var lot = new Lot(Seed);
        await using var server = await IngestionServer.StartProcessAsync();
        using var room = await LogRoom.OpenAsync(server, witnesses);
        var work = new Work(room);
        for (var kill = 0; kill < Kills; kill++)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
            var before = work.Acknowledged.Count;
            var writing = Task.WhenAll(work.AppendAsync(stop.Token), work.UploadAsync(stop.Token));

            // After so many answers of this life, and a little later: in the middle of something.
            var target = before + lot.Next(1, 15);
            while (work.Acknowledged.Count < target && !writing.IsCompleted)
            {
                await Task.Delay(1, Token);
            }

            await Task.Delay(lot.Next(0, 15), Token);
            await server.KillAsync();
            await stop.CancelAsync();
            await writing;
            await server.RunProcessAsync();
            await work.CheckAsync();
        }

        output.WriteLine($"{work.Acknowledged.Count} writes acknowledged, {work.Batches} of them batches");
        Assert.True(work.Batches > 0);
    }

    private sealed class Work(LogRoom room)
    {
        private readonly Lock _gate = new();
        private byte[]? _leaf;
        private int _people;
        private TestBatch? _batch;
        private Digest? _previous;

        public Dictionary<Digest, ulong> Acknowledged { get; } = [];

        public int Batches { get; private set; }

        public Task AppendAsync(CancellationToken stop) => RepeatAsync(
            async () =>
            {
                // The same leaf until it is acknowledged: whether the call before the kill had an effect is not known.
                if (_leaf is null)
                {
                    using var key = SigningKey.Generate();
                    _leaf = room.Beta.Person($"p{_people++}", key.PublicKey, PersonRoles.Officer);
                }

                var answer = await room.AppendAsync(_leaf);
                Acknowledge(_leaf, answer.Index);
                _leaf = _people > 1000 ? throw new InvalidOperationException("Too many people.") : null;
            },
            stop);

        public Task UploadAsync(CancellationToken stop) => RepeatAsync(
            async () =>
            {
                _batch ??= room.Batch(previous: _previous);
                var next = 0;
                try
                {
                    next = (int)(await _batch.ProgressAsync()).NextPart;
                }
                catch (CleanRoomException refusal) when (refusal.Reason == ErrorReason.NotFound)
                {
                    // Not begun.
                }

                var answer = await _batch.SendAsync(_batch.Chunks(Math.Min(next, _batch.Parts.Count)).Prepend(_batch.Start()));
                Acknowledge(_batch.Leaf, answer.Index);
                _previous = MerkleTree.LeafHash(_batch.Leaf);
                _batch = null;
                Batches++;
            },
            stop);

        /// <summary>Everything acknowledged stands where it was said to stand, once, in a log that the witnesses cosign.</summary>
        public async Task CheckAsync()
        {
            var size = (long)Acknowledged.Values.DefaultIfEmpty(20UL).Max() + 1;
            await room.CosignedAsync(size);
            var found = new Dictionary<Digest, ulong>();
            var reader = new LogReader(room.Channel(room.Matching), room.Id);
            await reader.SyncAsync(
                fresh: false,
                segment =>
                {
                    foreach (var outcome in segment.Outcomes)
                    {
                        Assert.True(outcome.IsAccepted, $"entry {outcome.Index}: {outcome.Reason}");
                        found.Add(outcome.Entry!.LeafHash, (ulong)outcome.Index);
                    }
                },
                Token);
            Assert.All(Acknowledged, write => Assert.Equal(write.Value, found.GetValueOrDefault(write.Key, ulong.MaxValue)));
        }

        private static async Task RepeatAsync(Func<Task> act, CancellationToken stop)
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    await act();
                }
                catch (CleanRoomException refusal) when (refusal.Reason is ErrorReason.Unavailable or ErrorReason.Internal or ErrorReason.Cancelled or ErrorReason.DeadlineExceeded)
                {
                    // Killed under the call.
                    return;
                }
                catch (CleanRoomException refusal) when (refusal.Reason == ErrorReason.Conflict)
                {
                    await Task.Delay(20, CancellationToken.None);
                }
            }
        }

        private void Acknowledge(byte[] leaf, ulong index)
        {
            lock (_gate)
            {
                Acknowledged.Add(MerkleTree.LeafHash(leaf), index);
            }
        }
    }
}
