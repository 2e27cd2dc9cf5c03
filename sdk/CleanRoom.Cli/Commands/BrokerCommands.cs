using System.CommandLine;
using System.Text.Json.Nodes;
using CleanRoom.Charter;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Client.Rooms;

namespace CleanRoom.Cli.Commands;

internal static class BrokerCommands
{
    public static Command Create()
    {
        var freeze = new Command("freeze", "Stop every release of this member's keys for a room, at once.");
        freeze.Handle(call => SetAsync(call, frozen: true));
        var unfreeze = new Command("unfreeze", "Resume releases.");
        unfreeze.Handle(call => SetAsync(call, frozen: false));
        var status = new Command("status", "What the own broker holds and has done for a room.");
        status.Handle(StatusAsync);
        return new Command("broker", "The own broker.") { freeze, unfreeze, status };
    }

    private static (BrokerClient Broker, RoomCharter Charter) Connect(Call call)
    {
        var profile = call.Profile();
        var room = call.Room(profile);
        var charter = profile.OpenRoom(room).FindCharter()?.Charter
            ?? throw new ClientException(ClientProblem.Configuration, $"{profile.Member} has not joined room {room}: run \"cleanroom room join CHARTER\" with the signed charter.");
        call.Screen.Banner(charter.Simulated);
        return (BrokerClient.Connect(profile, charter, call.Endpoints), charter);
    }

    private static async Task<int> SetAsync(Call call, bool frozen)
    {
        var (broker, charter) = Connect(call);
        using (broker)
        {
            var now = await broker.SetFrozenAsync(charter.Room, frozen, call.Token).ConfigureAwait(false);
            call.Screen.Result(
                new JsonObject { ["room"] = charter.Room.ToString(), ["frozen"] = now }, charter.Simulated,
                () => call.Screen.Line(now ? "Frozen: this broker releases nothing for this room." : "Not frozen: this broker releases keys by the charter's rules."));
            return ExitCodes.Ok;
        }
    }

    private static async Task<int> StatusAsync(Call call)
    {
        var (broker, charter) = Connect(call);
        using (broker)
        {
            var room = await broker.GetRoomAsync(charter.Room, call.Token).ConfigureAwait(false);
            var lease = room.LeaseEnds is { } ends ? ProtocolTime.Write(ends) : null;
            call.Screen.Result(
                new JsonObject
                {
                    ["room"] = charter.Room.ToString(),
                    ["version"] = room.CharterVersion,
                    ["charter"] = room.CharterHash.ToString(),
                    ["frozen"] = room.Frozen,
                    ["size"] = room.Size,
                    ["root"] = room.Root?.ToString(),
                    ["generation"] = room.Generation,
                    ["leaseEnds"] = lease,
                },
                room.Simulated,
                () =>
                {
                    call.Screen.Line($"Room {charter.Room}: charter version {room.CharterVersion}, {(room.Frozen ? "FROZEN" : "not frozen")}");
                    call.Screen.Line($"  cosigned a log of {room.Size} entries; keys went to generation {room.Generation}{(lease is null ? ", no lease runs" : $", lease until {lease}")}");
                });
            return ExitCodes.Ok;
        }
    }
}
