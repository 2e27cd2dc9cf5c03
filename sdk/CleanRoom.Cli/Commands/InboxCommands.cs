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

    private static readonly Argument<string> KeyFile = new("FILE") { Description = "File to write; it must not exist yet." };

    private static readonly Option<string?> Acting = new("--as")
    {
        Description = "Who asks, decides, confirms and reports with it on the page, by the id in this profile; default: the page only reads.",
        HelpName = "PERSON",
    };

    public static Command Create()
    {
        var watch = new Command("watch", "Take new messages: verify, keep, show; then wait for more.") { Once, All };
        watch.Handle(WatchAsync);
        var show = new Command("show", "Verify and show messages that were taken. Offline.") { All, After };
        show.Handle(Show);
        var ack = new Command("ack", "Tell notification that messages have been read.") { Through };
        ack.Handle(AcknowledgeAsync);
        var pageKey = new Command("page-key", "Write a key file for the inbox page; --passphrase-file names its passphrase. Offline.") { KeyFile, Acting };
        pageKey.Handle(WritePageKey);
        return new Command("inbox", "Messages from the enclave.") { watch, show, ack, pageKey };
    }

    private static int WritePageKey(Call call)
    {
        var room = call.Kept();
        var path = Path.GetFullPath(call.Get(KeyFile));
        PageKeyFile.Write(path, room, call.Passphrase(), call.Get(Acting));
        call.Screen.Result(new JsonObject { ["file"] = path, ["member"] = room.Profile.Member.Value }, room.Simulated, () => call.Screen.Line($"Key file for the inbox page: {path}"));
        call.Screen.Note("Whoever has the file and its passphrase reads this member's messages, and signs as the person that --as names. Hand them over by different ways; delete the file where it is not needed.");
        return ExitCodes.Ok;
    }

    private static async Task<int> WatchAsync(Call call)
    {
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        if (!call.Get(Once))
        {
            call.Screen.Note("Waiting for messages; Ctrl-C ends, nothing is lost.");
        }

        var count = new Count();
        await foreach (var item in new InboxReader(room).ReadAsync(follow: !call.Get(Once), call.Token).ConfigureAwait(false))
        {
            Print(call, item, room.Simulated, count);
        }

        return Finish(call, count, "new");
    }

    private static int Show(Call call)
    {
        var after = call.Get(After);
        if (after < 0)
        {
            throw new ClientException(ClientProblem.Usage, "--after must be 0 or a message's number.");
        }

        var room = call.Kept();
        var count = new Count();
        foreach (var item in InboxReader.ReadTaken(room, after))
        {
            Print(call, item, room.Simulated, count);
        }

        call.Screen.Note($"Verified against the log as of {ProtocolTime.Write(room.Checkpoint.Time.Opening)} (room time); \"cleanroom inbox watch --once\" takes what is new.");
        return Finish(call, count, "taken");
    }

    private static int Finish(Call call, Count count, string word)
    {
        call.Screen.Note($"{count.Messages} {word} messages: {count.News} with news, {count.Messages - count.News} heads and empty slots; {count.Alarms} alarms.");
        return count.Alarms == 0 ? ExitCodes.Ok : (int)ClientProblem.VerificationFailed;
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

    private static void Print(Call call, InboxEvent item, bool simulated, Count count)
    {
        if (item is InboxEvent.Alarm alarm)
        {
            count.Alarms++;
            _ = call.Screen.Error((int)ClientProblem.VerificationFailed, alarm.Reason.ToString(), alarm.Text);
            return;
        }

        var message = ((InboxEvent.Received)item).Message;
        count.Messages++;
        if (message.Content is not (RoomMessage.Head or RoomMessage.Empty))
        {
            count.News++;
        }
        else if (!call.Get(All))
        {
            return;
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
            call.Screen.Line($"{message.Number}  epoch {message.Epoch}  {ProtocolTime.Write(message.RoomTime)}  {message.Content.Kind}  {MessageWords.Title(message.Content)}{(message.Simulated ? "  SIMULATED" : "")}");
            foreach (var (name, value) in MessageWords.Lines(message.Content))
            {
                call.Screen.Line($"    {name,-16}{value}");
            }
        });
    }

    private sealed class Count
    {
        public int Messages { get; set; }

        public int News { get; set; }

        public int Alarms { get; set; }
    }
}
