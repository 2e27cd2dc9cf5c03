using System.CommandLine;
using System.Text.Json.Nodes;
using CleanRoom.Charter;
using CleanRoom.Charter.Messages;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Client.Inbox;

namespace CleanRoom.Cli.Commands;

internal static class InboxCommands
{
    private static readonly Option<bool> Once = new("--once") { Description = "End with the newest message instead of waiting." };
    private static readonly Option<bool> All = new("--all") { Description = "Show heads and empty slots too." };
    private static readonly Option<long> After = new("--after") { Description = "Number after which to begin." };
    private static readonly Option<long?> Through = new("--through") { Description = "Number up to which; default: the last one taken." };

    public static Command Create()
    {
        var watch = new Command("watch", "Take new messages: verify, keep, show; then wait for more.") { Once, All };
        watch.Handle(WatchAsync);
        var show = new Command("show", "Verify and show messages that were taken.") { All, After };
        show.Handle(ShowAsync);
        var ack = new Command("ack", "Tell notification that messages have been read.") { Through };
        ack.Handle(AcknowledgeAsync);
        return new Command("inbox", "Messages from the enclave.") { watch, show, ack };
    }

    private static async Task<int> WatchAsync(Call call)
    {
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        var exit = ExitCodes.Ok;
        await foreach (var item in new InboxReader(room).ReadAsync(follow: !call.Get(Once), call.Token).ConfigureAwait(false))
        {
            exit = Print(call, item, room.Simulated) ? exit : (int)ClientProblem.VerificationFailed;
        }

        return exit;
    }

    private static async Task<int> ShowAsync(Call call)
    {
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        var exit = ExitCodes.Ok;
        foreach (var item in new InboxReader(room).ReadTaken(call.Get(After)))
        {
            exit = Print(call, item, room.Simulated) ? exit : (int)ClientProblem.VerificationFailed;
        }

        return exit;
    }

    private static async Task<int> AcknowledgeAsync(Call call)
    {
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        var reader = new InboxReader(room);
        var through = call.Get(Through) ?? reader.Last;
        if (through < 0 || through > reader.Last)
        {
            throw new ClientException(ClientProblem.Usage, $"--through must be 0 to {reader.Last}: only messages that were taken can be acknowledged.");
        }

        await reader.AcknowledgeAsync(through, call.Token).ConfigureAwait(false);
        call.Screen.Result(new JsonObject { ["through"] = through }, room.Simulated, () => call.Screen.Line($"Acknowledged up to {through}."));
        return ExitCodes.Ok;
    }

    private static bool Print(Call call, InboxEvent item, bool simulated)
    {
        if (item is InboxEvent.Alarm alarm)
        {
            _ = call.Screen.Error((int)ClientProblem.VerificationFailed, alarm.Reason.ToString(), alarm.Text);
            return false;
        }

        var message = ((InboxEvent.Received)item).Message;
        if (!call.Get(All) && message.Content is RoomMessage.Head or RoomMessage.Empty)
        {
            return true;
        }

        // The canonical form is the documented one: docs/protocol.md section 6.
        var content = JsonNode.Parse(message.Content.ToBytes(new MessagePlace(default, MemberId.Parse("m"), message.Number, message.Epoch, message.Simulated)))!.AsObject();
        foreach (var name in new[] { "schema", "room", "recipient", "simulated" })
        {
            content.Remove(name);
        }

        content["roomTime"] = ProtocolTime.Write(message.RoomTime);
        content["generation"] = message.Generation;
        call.Screen.Result(content, simulated, () =>
        {
            call.Screen.Line($"{message.Number}  epoch {message.Epoch}  {ProtocolTime.Write(message.RoomTime)}  {message.Content.Kind}{(message.Simulated ? "  SIMULATED" : "")}");
            foreach (var (name, value) in content)
            {
                if (name is not ("number" or "epoch" or "kind" or "roomTime" or "generation"))
                {
                    call.Screen.Line($"    {name}: {(value is JsonValue ? value.ToString() : value?.ToJsonString())}");
                }
            }
        });
        return true;
    }
}
