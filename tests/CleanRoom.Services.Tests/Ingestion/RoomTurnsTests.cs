using CleanRoom.Ingestion;
using CleanRoom.Ingestion.Uploads;
using Microsoft.Extensions.Options;

namespace CleanRoom.Services.Tests.Ingestion;

public sealed class RoomTurnsTests
{
    private static readonly Guid Flood = Guid.NewGuid();
    private static readonly Guid Other = Guid.NewGuid();
    private static readonly Guid Third = Guid.NewGuid();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Enter_WhileAnotherRoomFloods_WaitsForOneWriteOfIt()
    {
        var order = await RunAsync(1, [.. Enumerable.Repeat(Flood, 1_000), Other, Third, Other]);

        // The first holds the only place; then every room that waits has its turn, whoever came before.
        Assert.Equal([Flood, Flood, Other, Third, Flood, Other, Flood], order.Take(7));
        Assert.Equal(1_003, order.Count);
        Assert.All(order.Skip(7), room => Assert.Equal(Flood, room));
    }

    [Fact]
    public async Task Enter_ByRoomsThatAllFlood_GivesEachTheSameShare()
    {
        var rooms = Enumerable.Range(0, 10).Select(_ => Guid.NewGuid()).ToList();

        // The flood stands in line room by room, the worst order there is.
        var order = await RunAsync(16, [.. rooms.SelectMany(room => Enumerable.Repeat(room, 100))]);

        foreach (var room in rooms)
        {
            Assert.InRange(order.Skip(16).Take(800).Count(each => each == room), 79, 81);
        }
    }

    [Fact]
    public async Task Enter_GivenUp_IsPassedOverAndNoPlaceIsLost()
    {
        var turns = Turns(1);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var held = await turns.EnterAsync(Flood, Token);
        var waiting = turns.EnterAsync(Flood, cancel.Token);
        var next = turns.EnterAsync(Other, Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        held.Dispose();
        held.Dispose();
        (await next).Dispose();
        (await turns.EnterAsync(Third, Token)).Dispose();
    }

    private static RoomTurns Turns(int atATime) => new(Options.Create(new IngestionOptions { WritesAtATime = atATime }));

    /// <summary>Lets all come before the first leaves, then gives the order in which they were let in.</summary>
    private static async Task<List<Guid>> RunAsync(int atATime, IReadOnlyList<Guid> arrivals)
    {
        var turns = Turns(atATime);
        var waiting = arrivals.Select(room => (Room: room, Turn: turns.EnterAsync(room, Token))).ToList();
        var order = new List<Guid>();
        var running = new Queue<Task<IDisposable>>();
        TakeWhoCameIn();
        while (running.TryDequeue(out var over))
        {
            (await over).Dispose();
            while (waiting.Count > 0 && !TakeWhoCameIn())
            {
                await Task.Yield();
            }
        }

        bool TakeWhoCameIn()
        {
            var came = waiting.Where(each => each.Turn.IsCompleted).ToList();
            came.ForEach(each => running.Enqueue(each.Turn));
            order.AddRange(came.Select(each => each.Room));
            waiting.RemoveAll(came.Contains);
            return came.Count > 0;
        }

        return order;
    }
}
