using System.Diagnostics;
using System.Security.Cryptography;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Protocol.Attestation.V1;
using CleanRoom.Transport;

namespace CleanRoom.Services.Tests.Attestation;

/// <summary>A witness that is killed at any moment must never have put its name under two histories; a key broker must release what it logged, once.</summary>
public sealed class CrashTests(ITestOutputHelper output)
{
    private const int Kills = 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Kill_AroundCosign_NeverTwoHistories()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Seeded((uint)seed);
        await using var room = await TestRoom.JoinedAsync();
        await room.StopBrokerAsync();
        var history = room.Log.Tree.Fork(1);
        (TestTree Left, TestTree Right, int GivenLeft, int GivenRight) round = (history, history, 1, 0);
        for (var kill = 0; kill <= Kills; kill++)
        {
            using var process = Start(room);
            try
            {
                room.Connect(await AddressAsync(process));

                // What is on disk must be one of the two histories, and cover everything that was given out.
                var state = await room.Owner.GetRoomAsync(new GetRoomRequest { Room = room.RoomText }, cancellationToken: Token);
                var size = (int)state.Size;
                Assert.True(size >= Math.Max(round.GivenLeft, round.GivenRight), $"kill {kill}: {size} on disk, {round} given out");
                history = state.Root.Span.SequenceEqual(round.Left.Root(size).Span) ? round.Left : round.Right;
                Assert.Equal(history.Root(size).Span.ToArray(), state.Root.ToByteArray());
                Assert.Equal(0, history == round.Left ? round.GivenRight : round.GivenLeft);
                if (kill == Kills)
                {
                    break;
                }

                var (left, right) = (CosignTests.Grown(history.Fork(size), size + 40), CosignTests.Grown(history.Fork(size), size + 40));
                var answers = new Counter();
                var asked = Task.WhenAll(AskAllAsync(room, left, size, answers), AskAllAsync(room, right, size, answers));
                for (var target = random.Next(1, 30); answers.Value < target && !asked.IsCompleted;)
                {
                    await Task.Delay(1, Token);
                }

                await Task.Delay(random.Next(0, 12), Token);
                process.Kill();
                await process.WaitForExitAsync(Token);
                var given = await asked;
                Assert.True(given.Max() > 0, $"kill {kill}: nothing was cosigned");
                Assert.True(given.Min() == 0, $"kill {kill}: both histories cosigned, up to {given[0]} and {given[1]}");
                round = (left, right, given[0], given[1]);
            }
            finally
            {
                if (!process.HasExited)
                {
                    process.Kill();
                    await process.WaitForExitAsync(Token);
                }
            }
        }

        output.WriteLine($"{Kills} kills, each after at least one cosignature; size {history.Size} at the end");
    }

    [Fact]
    public async Task Kill_AroundRelease_LogsEachReleaseOnceAndGivesTheSameKeys()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Seeded((uint)seed);
        await using var room = await TestRoom.JoinedAsync();
        await room.StopBrokerAsync();
        room.Log.Cosign = size => Task.FromResult(room.CosignedByOthers(room.Log.Tree, size).ToText());
        var keys = new HashSet<string>();
        TestInstance? cut = null;
        var answered = 0;
        for (var kill = 0; kill <= Kills; kill++)
        {
            using var process = Start(room);
            try
            {
                room.Connect(await AddressAsync(process));
                if (cut is not null)
                {
                    // What the kill cut off goes on: with the same result if it was answered, else from a new challenge.
                    var bundle = await ReleaseAsync(cut, again: true);
                    keys.Add(Convert.ToHexString(SHA256.HashData([.. Assert.Single(bundle!.RecordKeys).PrivateKey.Span, .. bundle.RoomSecret.Span])));
                    var entry = Assert.Single(Releases(room), release => release.Generation == cut.Generation);
                    Assert.Equal(cut.Signing.PublicKey.Id, entry.Instance);
                    var state = await room.Owner.GetRoomAsync(new GetRoomRequest { Room = room.RoomText }, cancellationToken: Token);
                    Assert.Equal((ulong)cut.Generation, state.Generation);
                    cut.Dispose();
                }

                if (kill == Kills)
                {
                    break;
                }

                cut = await room.InstanceAsync(kill + 1);
                var instance = cut;
                var releasing = Task.Run(async () => await ReleaseAsync(instance, again: false), Token);
                await Task.Delay(random.Next(0, 200), Token);
                process.Kill();
                await process.WaitForExitAsync(Token);
                answered += await releasing is null ? 0 : 1;
            }
            finally
            {
                if (!process.HasExited)
                {
                    process.Kill();
                    await process.WaitForExitAsync(Token);
                }
            }
        }

        Assert.Single(keys);
        output.WriteLine($"{Kills} kills, {answered} of them after the answer");
    }

    private static IEnumerable<ReleaseEntry> Releases(TestRoom room) => room.Log.Tree.Leaves
        .Select(leaf => SignedEntry.TryParse(leaf, out var signed, out _) ? signed.Entry as ReleaseEntry : null).OfType<ReleaseEntry>();

    /// <summary>Attests and takes the keys; null if the broker was killed under it.</summary>
    private static async Task<KeyBundle?> ReleaseAsync(TestInstance instance, bool again)
    {
        try
        {
            if (instance.Result.Length == 0)
            {
                if (again)
                {
                    await instance.ChallengeAsync();
                }

                await instance.PrepareAsync();
            }

            return instance.Open(await instance.ReleaseAsync()) ?? throw new InvalidOperationException("The keys do not open.");
        }
        catch (CleanRoomException refusal) when (!again && refusal.Reason is ErrorReason.Unavailable or ErrorReason.DeadlineExceeded or ErrorReason.Internal or ErrorReason.Cancelled)
        {
            return null;
        }
    }

    /// <summary>Asks for one size after the other; gives the largest that was cosigned.</summary>
    private static async Task<int> AskAllAsync(TestRoom room, TestTree tree, int from, Counter answers)
    {
        var cosigned = 0;
        var last = from;
        for (var size = from + 1; size <= tree.Size; size++)
        {
            try
            {
                var answer = await room.Enclave.CosignAsync(room.Request(tree, last, size), cancellationToken: Token);
                Assert.True(Cosignature.TryParse(answer.Cosignature, out var cosignature));
                Assert.True(cosignature.Verify(room.BrokerKeys.Witness.PublicKey, room.Checkpoint(tree, size).Checkpoint));
                cosigned = last = size;
                answers.Add();
            }
            catch (CleanRoomException refusal) when (refusal.Reason is ErrorReason.LogForked or ErrorReason.Conflict)
            {
            }
            catch (CleanRoomException refusal) when (refusal.Reason is ErrorReason.Unavailable or ErrorReason.DeadlineExceeded or ErrorReason.Internal or ErrorReason.Cancelled)
            {
                break;
            }
        }

        return cosigned;
    }

    private static Process Start(TestRoom room)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "CleanRoom.Attestation.dll"));
        foreach (var argument in room.Arguments())
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException("The broker did not start.");
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }

    private static async Task<Uri> AddressAsync(Process process)
    {
        var line = await process.StandardOutput.ReadLineAsync(Token) ?? throw new InvalidOperationException("The broker ended without saying where it listens.");
        return new Uri(line.Split(' ')[2]);
    }

    /// <summary>xorshift32 (Marsaglia 2003): the same seed gives the same run on every platform.</summary>
    private sealed class Seeded(uint seed)
    {
        private uint _state = seed | 1;

        public int Next(int least, int end)
        {
            _state ^= _state << 13;
            _state ^= _state >> 17;
            _state ^= _state << 5;
            return least + (int)(_state % (uint)(end - least));
        }
    }

    private sealed class Counter
    {
        private int _value;

        public int Value => Volatile.Read(ref _value);

        public void Add() => Interlocked.Increment(ref _value);
    }
}
