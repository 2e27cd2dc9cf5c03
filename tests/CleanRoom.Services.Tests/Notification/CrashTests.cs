using CleanRoom.Protocol.Notification.V1;
using CleanRoom.Services.Tests.Rooms;
using CleanRoom.Transport;
using Google.Protobuf;
using Grpc.Core;

namespace CleanRoom.Services.Tests.Notification;

/// <summary>The service as a process of its own, killed while the enclave delivers and members acknowledge.</summary>
public sealed class CrashTests(SharedIngestion ingestion, WitnessServers witnesses, ITestOutputHelper output)
{
    private const int Kills = 20;
    private const int Epochs = 24;
    private const string Seed = "notification 2026-12-01";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Kill_WhileTheEnclaveDeliversAndMembersAcknowledge_LosesAndDoublesNothingThatWasAnswered()
    {
        output.WriteLine($"seed {Seed}, {Kills} kills");
        var lot = new Lot(Seed);
        await using var server = await NotificationServer.StartProcessAsync(ingestion.Server);
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses, notification: server.Pin);
        using var enclave = new TestEnclave(room, 1);
        await enclave.EnterAsync();
        var calls = new List<(Party Party, IReadOnlyList<Frame> Frames)>();
        for (var number = 1; number <= Epochs; number++)
        {
            var epoch = await enclave.EndEpochAsync(number);
            await epoch.AppendAsync();
            calls.AddRange(room.Parties.Select(party => (party, epoch.Frames(party))));
        }

        var done = 0;
        var read = room.Parties.ToDictionary(party => party, _ => 0UL);
        for (var kill = 0; kill < Kills && done < calls.Count; kill++)
        {
            var target = Math.Min(calls.Count, done + lot.Next(0, 7));
            var delivering = Task.Run(
                async () =>
                {
                    while (done < calls.Count)
                    {
                        try
                        {
                            await DeliverAsync(server, enclave, calls[done].Frames);
                            Interlocked.Increment(ref done);
                        }
                        catch (CleanRoomException refusal) when (refusal.Reason is ErrorReason.Unavailable or ErrorReason.Internal or ErrorReason.Cancelled)
                        {
                            return;
                        }
                    }
                },
                Token);
            var acknowledging = Task.Run(async () => await AcknowledgeAsync(server, room, read), Token);
            while (Volatile.Read(ref done) < target && !delivering.IsCompleted)
            {
                await Task.Delay(1, Token);
            }

            await Task.Delay(lot.Next(0, 10), Token);
            await server.KillAsync();
            await Task.WhenAll(delivering, acknowledging);
            await server.RunProcessAsync();
            await CheckAsync(server, room, calls, done);
            foreach (var party in room.Parties)
            {
                var kept = (await server.Client(party.Transport).AcknowledgeAsync(new AcknowledgeRequest { Room = room.Text, Through = 0 }, cancellationToken: Token)).Through;
                Assert.True(kept >= read[party], $"{party.Id}: {read[party]} answered, {kept} kept");
                read[party] = kept;
            }
        }

        for (; done < calls.Count; done++)
        {
            await DeliverAsync(server, enclave, calls[done].Frames);
        }

        await CheckAsync(server, room, calls, done);
        Assert.Contains(read.Values, number => number > 0);
    }

    /// <summary>Each member acknowledges one message more, or the last again, until the service is killed.</summary>
    private static async Task AcknowledgeAsync(NotificationServer server, LogRoom room, Dictionary<Party, ulong> read)
    {
        var clients = room.Parties.Select(party => (Party: party, Client: server.Client(party.Transport))).ToList();
        try
        {
            while (true)
            {
                foreach (var (party, client) in clients)
                {
                    read[party] = (await client.AcknowledgeAsync(
                        new AcknowledgeRequest { Room = room.Text, Through = read[party] + 1 }, cancellationToken: Token)).Through;
                }
            }
        }
        catch (CleanRoomException refusal) when (refusal.Reason is ErrorReason.Unavailable or ErrorReason.Internal or ErrorReason.Cancelled)
        {
            // Killed under the call.
        }
    }

    private static async Task CheckAsync(NotificationServer server, LogRoom room, List<(Party Party, IReadOnlyList<Frame> Frames)> calls, int done)
    {
        foreach (var party in room.Parties)
        {
            var expected = calls.Take(done).Where(call => call.Party == party).SelectMany(call => call.Frames).Select(frame => frame.Ciphertext).ToList();
            var all = calls.Where(call => call.Party == party).SelectMany(call => call.Frames).Select(frame => frame.Ciphertext).ToList();
            var stored = new List<ByteString>();
            using var call = server.Client(party.Transport).Subscribe(new SubscribeRequest { Room = room.Text, Once = true }, cancellationToken: Token);
            await foreach (var message in call.ResponseStream.ReadAllAsync(Token))
            {
                stored.Add(message.Frame.Ciphertext);
            }

            Assert.True(stored.Count >= expected.Count, $"{stored.Count} stored, {expected.Count} acknowledged");
            Assert.Equal(all.Take(stored.Count), stored);
        }
    }

    private static async Task DeliverAsync(NotificationServer server, TestEnclave enclave, IReadOnlyList<Frame> frames)
    {
        using var call = server.Client(enclave.Certificate).Deliver(cancellationToken: Token);
        try
        {
            foreach (var frame in frames)
            {
                await call.RequestStream.WriteAsync(new DeliverRequest { Frame = frame }, Token);
            }

            await call.RequestStream.CompleteAsync();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The answer says why.
        }

        await call.ResponseAsync;
    }
}
