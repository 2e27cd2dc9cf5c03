using System.CommandLine;
using System.Text.Json.Nodes;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Client.Rooms;

namespace CleanRoom.Cli.Commands;

internal static class BrokerCommands
{
    private static readonly Argument<int> Period = new("PERIOD") { Description = "The cryptoperiod; not the newest." };
    private static readonly Option<string?> Confirm = new("--confirm") { Description = "Id of the key, spki-sha256:…, as \"broker status\" shows it: what it sealed opens no more." };
    private static readonly Option<string?> Out = new("--out") { Description = "File for the statement." };

    private static readonly Option<bool> Lose = new("--lose") { Description = "Lose what only this key opens." };

    public static Command Create()
    {
        var freeze = new Command("freeze", "Stop every release of this member's keys for a room, at once; with stand-ins at each of them and in the room's log.");
        freeze.Handle(call => StandInCommands.SetFrozenAsync(call, frozen: true));
        var unfreeze = new Command("unfreeze", "Resume releases.");
        unfreeze.Handle(call => StandInCommands.SetFrozenAsync(call, frozen: false));
        var status = new Command("status", "What the own broker holds and has done for a room.") { StandInCommands.Which };
        status.Handle(StatusAsync);
        var roll = new Command("roll-key", "Begin the next cryptoperiod: the broker makes a new record key; \"room register\" brings it into the log.");
        roll.Handle(RollAsync);
        var destroy = new Command("destroy-key", "Destroy the record key of a period that is over, for ever; the broker's signed statement goes into the room's log.") { Period, Confirm, Out, Lose, StandInCommands.Which };
        destroy.Handle(DestroyAsync);
        return new Command("broker", "The own broker.") { freeze, unfreeze, status, roll, destroy, StandInCommands.HandOver() };
    }

    private static (BrokerClient Broker, RoomCharter Charter) Connect(Call call)
    {
        var profile = call.Profile();
        var charter = CharterOf(call, profile);
        return (StandInCommands.Named(call, charter, profile.Member) is { } standIn ? BrokerClient.Connect(profile, charter, standIn) : BrokerClient.Connect(profile, charter, call.Endpoints), charter);
    }

    /// <summary>The newest charter of the room that the profile keeps.</summary>
    public static RoomCharter CharterOf(Call call, MemberProfile profile)
    {
        var room = call.Room(profile);
        var charter = profile.CharterOf(room).Charter;
        call.Screen.Banner(charter.Simulated);
        return charter;
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
                    ["recordKeys"] = new JsonArray([.. room.RecordKeys.Select(key => (JsonNode)new JsonObject { ["period"] = key.Period, ["key"] = key.Key.ToString(), ["custody"] = key.Custody })]),
                },
                room.Simulated,
                () =>
                {
                    call.Screen.Line($"Room {charter.Room}: charter version {room.CharterVersion}, {(room.Frozen ? "FROZEN" : "not frozen")}");
                    call.Screen.Line($"  cosigned a log of {room.Size} entries; keys went to generation {room.Generation}{(lease is null ? ", no lease runs" : $", lease until {lease}")}");
                    foreach (var key in room.RecordKeys)
                    {
                        call.Screen.Line($"  record key {key.Period}: {key.Key} ({key.Custody})");
                    }
                });
            return ExitCodes.Ok;
        }
    }

    private static async Task<int> RollAsync(Call call)
    {
        var (broker, charter) = Connect(call);
        using (broker)
        {
            var newest = (await broker.GetRoomAsync(charter.Room, call.Token).ConfigureAwait(false)).RecordKeys[^1];
            var made = await broker.RollRecordKeyAsync(charter.Room, newest.Period, call.Token).ConfigureAwait(false);
            call.Screen.Result(
                new JsonObject { ["room"] = charter.Room.ToString(), ["period"] = made.Period, ["key"] = made.Key.ToString() },
                charter.Simulated,
                () => call.Screen.Line($"Record key {made.Period} made: {made.Key}. Bring it into the log with \"cleanroom room register\"; uploads are sealed to it from then on."));
            return ExitCodes.Ok;
        }
    }

    /// <summary>Nothing that is wanted may be under the key any more.</summary>
    private static async Task RequireResealedAsync(Call call)
    {
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        var period = call.Get(Period);
        if (!(room.State.CurrentKey(room.Profile.Member, KeyPurpose.Record)?.Period > period))
        {
            throw new ClientException(ClientProblem.DecisionNeeded, $"The room's log knows no newer record key than that of period {period}: run \"cleanroom room register\" first.");
        }

        if (SealedBefore.Of(room, period) is { IsNone: false } left)
        {
            throw new ClientException(
                ClientProblem.DecisionNeeded,
                $"{left.Batches} batches and {left.Acts} acts are sealed to this key: run \"cleanroom records reseal\" first, or say --lose if they may be lost for ever.");
        }
    }

    private static async Task<int> DestroyAsync(Call call)
    {
        var key = call.Get(Confirm) is { } text
            ? Call.Key(text, "--confirm")
            : throw new ClientException(ClientProblem.Usage, "--confirm must name the key, as \"cleanroom broker status\" shows it: destroying a key cannot be undone.");
        if (!call.Get(Lose))
        {
            await RequireResealedAsync(call).ConfigureAwait(false);
        }

        var (broker, charter) = Connect(call);
        using (broker)
        {
            var (signed, statement) = await broker.DestroyRecordKeyAsync(charter.Room, call.Get(Period), key, call.Token).ConfigureAwait(false);
            if (call.Get(Out) is { } file)
            {
                await File.WriteAllTextAsync(file, signed + "\n", call.Token).ConfigureAwait(false);
            }

            call.Screen.Result(
                new JsonObject
                {
                    ["room"] = statement.Room.ToString(),
                    ["period"] = statement.Period,
                    ["key"] = statement.Key.ToString(),
                    ["custody"] = statement.Custody,
                    ["destroyed"] = ProtocolTime.Write(statement.Destroyed),
                    ["leaseEnds"] = statement.LeaseEnds is { } lease ? ProtocolTime.Write(lease) : null,
                    ["recoverableUntil"] = statement.RecoverableUntil is { } until ? ProtocolTime.Write(until) : null,
                    ["remains"] = statement.Remains,
                    ["statement"] = signed,
                },
                charter.Simulated,
                () =>
                {
                    call.Screen.Line($"Record key {statement.Period} ({statement.Key}) destroyed at {ProtocolTime.Write(statement.Destroyed)}.");
                    call.Screen.Line($"  {statement.Remains}");
                    call.Screen.Line(statement.LeaseEnds is { } lease ? $"  The statement is in the room's log; an enclave that does not read it keeps the key until {ProtocolTime.Write(lease)} at most." : "  The statement is in the room's log. No enclave has a lease of the key.");
                });
            return ExitCodes.Ok;
        }
    }
}
