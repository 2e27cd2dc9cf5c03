using System.Collections.Concurrent;
using System.Threading.Channels;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Storage.Batches;
using CleanRoom.Storage.Logs;
using CleanRoom.Transport;
using Microsoft.Extensions.Options;

namespace CleanRoom.Ingestion.Rooms;

/// <summary>The rooms that this service keeps.</summary>
internal sealed class RoomDirectory(
    ILogStore logs, IBatchStore batches, SigningKey operatorKey, IOptions<IngestionOptions> options, ILogger<RoomDirectory> logger) : IDisposable
{
    private readonly ConcurrentDictionary<Guid, Room> _rooms = new();
    private readonly Channel<Room> _opened = Channel.CreateUnbounded<Room>();
    private readonly SemaphoreSlim _creating = new(1, 1);

    /// <summary>Every room once, as it is opened; for one reader.</summary>
    public ChannelReader<Room> Opened => _opened.Reader;

    public IEnumerable<Room> All => _rooms.Values;

    /// <exception cref="CleanRoomException">There is none.</exception>
    public Room Get(Guid id) => _rooms.TryGetValue(id, out var room) ? room : throw Refusals.UnknownRoom();

    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        foreach (var id in await logs.ListRoomsAsync(cancellationToken))
        {
            await OpenAsync(id, cancellationToken);
        }
    }

    /// <summary>Makes a room from the entry with version 1 of its charter.</summary>
    /// <returns>Whether it existed with this genesis.</returns>
    /// <exception cref="CleanRoomException">The charter is not signed by all, is another operator's, or the room has another genesis.</exception>
    public async Task<bool> CreateAsync(Guid id, SignedEntry genesis, CancellationToken cancellationToken)
    {
        var entry = (CharterEntry)genesis.Entry;
        var outcome = RoomState.Open(entry.Room).ApplyIfAccepted(genesis.Leaf);
        if (!outcome.IsAccepted)
        {
            throw Refusals.Of(outcome);
        }

        if (entry.Content.Charter.Operator.Key.Id != operatorKey.PublicKey.Id)
        {
            throw new CleanRoomException(
                ErrorReason.CharterInvalid,
                "The charter names another operator's key.",
                "charter.operator.key",
                "Put this operator's key into the charter; the identity command prints it.");
        }

        await _creating.WaitAsync(cancellationToken);
        try
        {
            if (!_rooms.ContainsKey(id) && _rooms.Count >= options.Value.MaximumRooms)
            {
                throw new CleanRoomException(ErrorReason.ResourceExhausted, "This service keeps no more rooms.", "room", "Ask the operator.") { RetryAfter = Timeout.InfiniteTimeSpan };
            }

            switch (await logs.CreateRoomAsync(id, genesis.Leaf, CancellationToken.None))
            {
                case RoomCreation.Created created:
                    await OpenAsync(id, CancellationToken.None);
                    return created.Existed;
                default:
                    throw new CleanRoomException(
                        ErrorReason.AlreadyExists, "The room id has another genesis.", "room", "Choose a new room id, or use the room's own charter.");
            }
        }
        finally
        {
            _creating.Release();
        }
    }

    public void Dispose()
    {
        foreach (var room in _rooms.Values)
        {
            room.Dispose();
        }

        _creating.Dispose();
    }

    private async Task OpenAsync(Guid id, CancellationToken cancellationToken)
    {
        if (_rooms.ContainsKey(id))
        {
            return;
        }

        var room = new Room(id, logs, batches);
        await room.LoadAsync(cancellationToken);
        _rooms[id] = room;
        Log.RoomOpened(logger, id, room.Size.Value, room.Cosigned.Value?.Size ?? 0);
        await _opened.Writer.WriteAsync(room, cancellationToken);
    }
}

/// <summary>Reads all rooms before the server listens.</summary>
internal sealed class RoomLoader(RoomDirectory rooms) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => rooms.LoadAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
