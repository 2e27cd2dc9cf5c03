using System.CommandLine;
using System.Text.Json.Nodes;
using CleanRoom.Charter;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Client.Rooms;

namespace CleanRoom.Cli.Commands;

/// <summary>"status": keys, rooms, records and messages of this machine on one screen, without a connection.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var status = new Command("status", "Show where this member stands: keys, rooms, records, receipts, messages. Offline.");
        status.Handle(Show);
        return status;
    }

    private static int Show(Call call)
    {
        if (call.NamedFolder is null && (!Directory.Exists(MemberProfile.DefaultRoot) || !Directory.EnumerateDirectories(MemberProfile.DefaultRoot).Any()))
        {
            call.Screen.Result(new JsonObject { ["member"] = null, ["rooms"] = new JsonArray() }, null, () => call.Screen.Line(call.Words["status.none"]));
            return ExitCodes.Ok;
        }

        var profile = call.Profile();
        var until = Until(profile);
        var rooms = RoomStanding.Joined(profile).Select(room => (Room: room, Standing: Find(profile, room, out var problem), Problem: problem)).ToList();
        var json = new JsonObject
        {
            ["member"] = profile.Member.Value,
            ["folder"] = profile.Folder,
            ["connectionsUntil"] = ProtocolTime.Write(until),
            ["rooms"] = new JsonArray([.. rooms.Select(item => item.Standing is { } standing ? ToJson(standing) : new JsonObject { ["room"] = item.Room.ToString(), ["problem"] = item.Problem })]),
        };
        call.Screen.Result(json, rooms.Any(item => item.Standing?.Simulated == true) ? true : null, () => Print(call, profile, until, rooms));
        return ExitCodes.Ok;
    }

    private static void Print(Call call, MemberProfile profile, DateTimeOffset until, List<(RoomId Room, RoomStanding? Standing, string Problem)> rooms)
    {
        var words = call.Words;
        call.Screen.Line(words.Format("status.keys", profile.Member, profile.Folder, ProtocolTime.Write(until)));
        foreach (var (room, standing, problem) in rooms)
        {
            if (standing is null)
            {
                call.Screen.Line($"{room}: {words.Format("status.problem", problem)}");
                continue;
            }

            call.Screen.Line(words.Format("status.room", standing.Title, standing.Version, standing.Charter, ProtocolTime.Write(standing.AsOf)));
            call.Screen.Line("  " + words.Format("status.records", standing.LiveRecords, standing.UnsentBatches));
            call.Screen.Line("  " + words.Format("status.receipts", standing.Receipts, standing.UnsettledReceipts));
            call.Screen.Line("  " + words.Format("status.messages", standing.News, standing.MessagesTaken));
        }

        call.Screen.Line(words[rooms.Count == 0 ? "status.noroom" : "status.old"]);
    }

    private static DateTimeOffset Until(MemberProfile profile)
    {
        using var certificate = profile.OpenTransportCertificate();
        return new DateTimeOffset(certificate.NotAfter.ToUniversalTime());
    }

    /// <summary>A room that cannot be read must not hide the others.</summary>
    private static RoomStanding? Find(MemberProfile profile, RoomId room, out string problem)
    {
        try
        {
            problem = "";
            return RoomStanding.Of(profile, room);
        }
        catch (ClientException exception)
        {
            problem = exception.Message;
            return null;
        }
    }

    private static JsonObject ToJson(RoomStanding standing) => new()
    {
        ["room"] = standing.Room.ToString(),
        ["title"] = standing.Title,
        ["version"] = standing.Version,
        ["charter"] = standing.Charter.ToString(),
        ["asOf"] = ProtocolTime.Write(standing.AsOf),
        ["records"] = standing.LiveRecords,
        ["unsentBatches"] = standing.UnsentBatches,
        ["receipts"] = standing.Receipts,
        ["unsettledReceipts"] = standing.UnsettledReceipts,
        ["messages"] = standing.MessagesTaken,
        ["news"] = standing.News,
    };
}
