using System.CommandLine;
using System.Text.Json.Nodes;
using CleanRoom.Charter;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Client.Rooms;
using CleanRoom.Transport;

namespace CleanRoom.Cli.Commands;

/// <summary>What an owner does with the brokers that stand in for its own.</summary>
internal static class StandInCommands
{
    /// <summary>Names a stand-in; without it the own broker is meant.</summary>
    public static Option<string?> Which { get; } = new("--stand-in") { Description = "Ask this stand-in of the own broker: id of its verifier key, as \"charter show\" has it.", HelpName = "KEYID" };

    public static Command HandOver()
    {
        var command = new Command("hand-over", "Give the record keys of a room to the stand-ins that the charter names, sealed; again after each roll-key and each new charter.") { Which };
        command.Handle(HandOverAsync);
        return command;
    }

    /// <summary>The member's stand-ins by the newest charter that the profile keeps.</summary>
    public static IReadOnlyList<StandInTerms> Of(RoomCharter charter, MemberId member) => charter.TryFind(member, out var listed) ? listed.Broker?.StandIns ?? [] : [];

    /// <summary>The one that --stand-in names; null without the option.</summary>
    public static StandInTerms? Named(Call call, RoomCharter charter, MemberId member) => call.Get(Which) is not { } text
        ? null
        : Of(charter, member).FirstOrDefault(standIn => standIn.VerifierKey.Id == Call.Key(text, "--stand-in"))
            ?? throw new ClientException(ClientProblem.Configuration, $"The charter names no stand-in of {member} with that verifier key: see \"cleanroom charter show\".");

    /// <summary>
    /// Freezes or frees at the own broker, and where the charter names stand-ins at each of them and in the log: a freeze that one broker alone knows would be a reason for somebody to cut the line to that one.
    /// </summary>
    public static async Task<int> SetFrozenAsync(Call call, bool frozen)
    {
        var profile = call.Profile();
        var charter = BrokerCommands.CharterOf(call, profile);
        var places = new List<(string Name, Func<Task> Set)> { ("own broker", () => SetAsync(BrokerClient.Connect(profile, charter, call.Endpoints))) };
        foreach (var standIn in Of(charter, profile.Member))
        {
            places.Add(($"stand-in {standIn.VerifierKey.Id}", () => SetAsync(BrokerClient.Connect(profile, charter, standIn))));
        }

        var stoodIn = places.Count > 1;
        if (stoodIn)
        {
            places.Add(("log", LogAsync));
        }

        var done = new JsonArray();
        var open = 0;
        foreach (var (name, set) in places)
        {
            string? reason = null;
            try
            {
                await set().ConfigureAwait(false);
            }
            catch (CleanRoomException exception) when (stoodIn)
            {
                reason = exception.Reason.ToString();
            }
            catch (ClientException exception) when (stoodIn)
            {
                reason = exception.Problem.ToString();
            }

            open += reason is null ? 0 : 1;
            done.Add(new JsonObject { ["place"] = name, ["done"] = reason is null, ["reason"] = reason });
        }

        call.Screen.Result(
            new JsonObject { ["room"] = charter.Room.ToString(), ["frozen"] = frozen, ["complete"] = open == 0, ["places"] = done },
            charter.Simulated,
            () =>
            {
                foreach (var place in done)
                {
                    call.Screen.Line($"{place!["place"]}: {((bool)place["done"]! ? frozen ? "frozen" : "not frozen" : $"NOT REACHED ({place["reason"]})")}");
                }

                call.Screen.Line(open == 0
                    ? (frozen, stoodIn) switch
                    {
                        (false, _) => "These keys are released by the charter's rules.",
                        (true, false) => "Nobody releases these keys; an enclave that has them keeps them until its lease ends.",
                        (true, true) => "Nobody releases these keys; the enclave erases them when it reads the log.",
                    }
                    : "Run the same command again until every place is done.");
            });
        return open == 0 ? ExitCodes.Ok : (int)ClientProblem.Unavailable;

        async Task LogAsync()
        {
            using var room = await call.ConnectAsync().ConfigureAwait(false);
            _ = await room.SetFrozenAsync(frozen, call.Token).ConfigureAwait(false);
        }

        async Task SetAsync(BrokerClient broker)
        {
            using (broker)
            {
                _ = await broker.SetFrozenAsync(charter.Room, frozen, call.Token).ConfigureAwait(false);
            }
        }
    }

    private static async Task<int> HandOverAsync(Call call)
    {
        var profile = call.Profile();
        var charter = BrokerCommands.CharterOf(call, profile);
        IReadOnlyList<StandInTerms> standIns = Named(call, charter, profile.Member) is { } one ? [one] : Of(charter, profile.Member);
        if (standIns.Count == 0)
        {
            throw new ClientException(ClientProblem.Configuration, $"The charter names no stand-in of {profile.Member}: propose a version that does.");
        }

        using var own = BrokerClient.Connect(profile, charter, call.Endpoints);
        var handed = new JsonArray();
        foreach (var standIn in standIns)
        {
            using var other = BrokerClient.Connect(profile, charter, standIn);
            var taken = await other.TakeOverAsync(await own.HandOverAsync(charter.Room, standIn.VerifierKey.Id, call.Token).ConfigureAwait(false), call.Token).ConfigureAwait(false);
            handed.Add(new JsonObject
            {
                ["standIn"] = standIn.VerifierKey.Id.ToString(),
                ["version"] = taken.Version,
                ["periods"] = new JsonArray([.. taken.Periods.Select(period => (JsonNode)period)]),
                ["frozen"] = taken.Frozen,
            });
        }

        call.Screen.Result(
            new JsonObject { ["room"] = charter.Room.ToString(), ["standIns"] = handed },
            charter.Simulated,
            () =>
            {
                foreach (var item in handed)
                {
                    call.Screen.Line(
                        $"{item!["standIn"]} holds the record keys {string.Join(", ", item["periods"]!.AsArray())} and charter version {item["version"]}{((bool)item["frozen"]! ? ", FROZEN" : "")}.");
                }
            });
        return ExitCodes.Ok;
    }
}
