using System.CommandLine;
using System.Text.Json.Nodes;
using CleanRoom.Charter;
using CleanRoom.Charter.Recovery;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Client.Recovery;
using CleanRoom.Client.Rooms;

namespace CleanRoom.Cli.Commands;

/// <summary>How a room goes on when cosigned entries are lost for good: all contributors sign.</summary>
internal static class RecoverCommands
{
    private static readonly Argument<string> RecoveryFileArgument = new("RECOVERY") { Description = "File of the recovery." };
    private static readonly Argument<string[]> Copies = new("COPY") { Description = "Further copies, with the signatures of others.", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Option<string[]> Positions = new("--position")
    {
        Description = "What a member's witness cosigned last, as \"recover position\" prints it. Repeat it for every member that can say it.",
        HelpName = "MEMBER=SIZE@ROOT",
        Required = true,
    };

    private static readonly Option<string> Reason = new("--reason") { Description = "What happened, for people; no personal data.", Required = true };
    private static readonly Option<string> Out = new("--out") { Description = "File to write.", HelpName = "FILE", Required = true };

    public static Command Create()
    {
        var position = new Command("position", "Say what this member's witness cosigned last: pass it on to who drafts.");
        position.Handle(PositionAsync);
        var draft = new Command("draft", "Write down from which log the room is to go on, and what is lost.") { Out, Positions, Reason };
        draft.Handle(DraftAsync);
        var show = new Command("show", "Show a recovery: what is lost, as far as this profile knows, and who has signed.") { RecoveryFileArgument };
        show.Handle(Show);
        var sign = new Command("sign", "Sign a recovery with the organisation key; asks the own broker. Read it first.") { RecoveryFileArgument };
        sign.Handle(SignAsync);
        var submit = new Command("submit", "Put a recovery that every contributor has signed into the log that is left.") { RecoveryFileArgument, Copies };
        submit.Handle(SubmitAsync);
        var append = new Command("append", "After a recovery: append again this member's lost entries, withdrawals and revocations among them.");
        append.Handle(AppendAsync);
        var resume = new Command("resume", "After \"recover append\" in every profile of the member: let its keys be released again.");
        resume.Handle(ResumeAsync);
        return new Command("recover", "Go on after cosigned entries of the log were lost for good.") { position, draft, show, sign, submit, append, resume };
    }

    private static async Task<int> PositionAsync(Call call)
    {
        var profile = call.Profile();
        var room = call.Room(profile);
        var position = await RoomRecovery.ReadPositionAsync(profile, room, call.Endpoints, call.Token).ConfigureAwait(false);
        call.Screen.Result(
            new JsonObject
            {
                ["position"] = RecoveryText.Write(position),
                ["room"] = room.ToString(),
                ["root"] = position.Last.Root.ToString(),
                ["size"] = position.Last.Size,
                ["witness"] = position.Witness.Value,
            },
            IsSimulated(profile, room),
            () => call.Screen.Line(RecoveryText.Write(position)));
        return ExitCodes.Ok;
    }

    private static async Task<int> DraftAsync(Call call)
    {
        var profile = call.Profile();
        var room = call.Room(profile);
        var statement = await RoomRecovery.DraftAsync(
            profile, room, [.. call.Get(Positions).Select(RecoveryText.Parse)], call.Get(Reason), new RoomClientOptions { Endpoints = call.Endpoints, Time = Call.Time }, call.Token).ConfigureAwait(false);
        var recovery = SignedRecovery.Begin(statement);
        RecoveryFile.Write(call.Get(Out), recovery);
        Print(call, profile, recovery);
        return ExitCodes.Ok;
    }

    private static int Show(Call call)
    {
        Print(call, call.Profile(), RecoveryFile.Read(call.Get(RecoveryFileArgument)));
        return ExitCodes.Ok;
    }

    private static async Task<int> SignAsync(Call call)
    {
        var profile = call.Profile();
        var path = call.Get(RecoveryFileArgument);
        var signed = await RoomRecovery.SignAsync(profile, RecoveryFile.Read(path), call.Passphrase(), call.Endpoints, call.Token).ConfigureAwait(false);
        RecoveryFile.Write(path, signed);
        Print(call, profile, signed);
        return ExitCodes.Ok;
    }

    private static async Task<int> SubmitAsync(Call call)
    {
        var profile = call.Profile();
        var recovery = RecoveryFile.Read(call.Get(RecoveryFileArgument));
        foreach (var copy in call.Get(Copies))
        {
            try
            {
                recovery = recovery.Merge(RecoveryFile.Read(copy));
            }
            catch (ArgumentException exception)
            {
                throw new ClientException(ClientProblem.BadData, $"{copy} is a copy of another recovery: all must sign the same file.", exception);
            }
        }

        var appended = await RoomRecovery.SubmitAsync(profile, recovery, call.Passphrase(), call.Endpoints, call.Token).ConfigureAwait(false);
        call.Screen.Result(
            new JsonObject { ["existed"] = appended.Existed, ["index"] = appended.Index, ["recovery"] = recovery.Statement.Hash.ToString() },
            IsSimulated(profile, recovery.Statement.Room),
            () =>
            {
                call.Screen.Line($"Recovery {recovery.Statement.Number} stands at {appended.Index} in the log. It counts as soon as a quorum of the witnesses has cosigned it (\"cleanroom log verify\").");
                call.Screen.Line("Then every member runs \"cleanroom charter recover append\" and \"cleanroom charter recover resume\".");
            });
        return ExitCodes.Ok;
    }

    private static async Task<int> AppendAsync(Call call)
    {
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        var result = await RoomRecovery.ReappendAsync(room, call.Token).ConfigureAwait(false);
        call.Screen.Result(
            new JsonObject
            {
                ["appended"] = result.Appended,
                ["batches"] = result.Batches,
                ["records"] = result.Records,
                ["refused"] = new JsonArray([.. result.Refused.Select(type => (JsonNode)type)]),
                ["requests"] = result.Requests,
            },
            room.Simulated,
            () =>
            {
                call.Screen.Line($"{result.Appended} lost entries of {room.Profile.Member} are in the log again, {result.Refused.Count} are not: what those speak of is lost too.");
                call.Screen.Line($"{result.Batches} batches are lost: upload the same files again, {result.Records} records will be sealed anew. {result.Requests} requests are to be asked anew.");
                call.Screen.Line("Do the same in every other profile of this member, then run \"cleanroom charter recover resume\".");
            });
        return ExitCodes.Ok;
    }

    private static async Task<int> ResumeAsync(Call call)
    {
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        var appended = await RoomRecovery.ResumeAsync(room, call.Passphrase(), call.Token).ConfigureAwait(false);
        call.Screen.Result(
            new JsonObject { ["held"] = new JsonArray([.. room.State.Held.Order().Select(member => (JsonNode)member.Value)]), ["index"] = appended.Index },
            room.Simulated,
            () => call.Screen.Line(room.State.Held.Count == 0
                ? "The keys of all members may be released again."
                : $"The keys of {room.Profile.Member} may be released again; {string.Join(", ", room.State.Held.Order())} must resume yet."));
        return ExitCodes.Ok;
    }

    private static bool IsSimulated(MemberProfile profile, RoomId room) => profile.OpenRoom(room).FindCharter()?.Charter.Simulated ?? false;

    private static void Print(Call call, MemberProfile profile, SignedRecovery recovery)
    {
        var statement = recovery.Statement;
        var charter = profile.CharterOf(statement.Room).Charter;
        var verdict = recovery.Check(charter);
        var report = RoomRecovery.Describe(profile, statement);
        call.Screen.Result(
            new JsonObject
            {
                ["charter"] = statement.Charter.ToString(),
                ["holds"] = verdict.Holds,
                ["lost"] = new JsonArray([.. statement.Lost.Select(position => (JsonNode)RecoveryText.Write(position))]),
                ["lostEntries"] = report.Entries,
                ["missing"] = new JsonArray([.. verdict.Missing.Select(member => (JsonNode)member.Value)]),
                ["number"] = statement.Number,
                ["own"] = new JsonObject(report.Own.Select(count => KeyValuePair.Create(count.Type, (JsonNode?)count.Count))),
                ["reason"] = statement.Reason,
                ["recovery"] = statement.Hash.ToString(),
                ["refusal"] = verdict.Refusal.ToString(),
                ["room"] = statement.Room.ToString(),
                ["root"] = statement.Surviving.Root.ToString(),
                ["size"] = statement.Surviving.Size,
                ["until"] = ProtocolTime.Write(statement.Until),
            },
            charter.Simulated,
            () =>
            {
                call.Screen.Line($"Recovery {statement.Number} of room {statement.Room}: {statement.Reason}");
                call.Screen.Line($"  {statement.Hash}");
                call.Screen.Line($"  The room goes on from the first {statement.Surviving.Size} entries ({statement.Surviving.Root}).");
                call.Screen.Line($"  At most {report.Entries} cosigned entries are lost for good: what they said counts no more, for nobody.");
                call.Screen.Line(report.Own.Count == 0
                    ? $"  None of them that this profile knows is {profile.Member}'s own."
                    : $"  {profile.Member}'s own among them, as far as this profile knows: {string.Join(", ", report.Own.Select(count => $"{count.Count} {count.Type}"))}.");
                call.Screen.Line($"  Quotas of the months and quarters up to {ProtocolTime.Write(statement.Until)} count as spent. Messages from the lost part are void; what they told may be told again.");
                call.Screen.Line("  Every member's keys stay locked until it has appended again what it withdrew, revoked and froze, and resumes.");
                call.Screen.Table(
                    ["witness", "cosigned", "signed"],
                    charter.Members.Where(member => member.Broker is not null).Select(member => (IReadOnlyList<string>)
                    [
                        member.Id.Value,
                        statement.Lost.FirstOrDefault(position => position.Witness == member.Id)?.Last.Size.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "not said: it cannot go on",
                        charter.Contributor(member.Id) is null ? "not needed" : verdict.Invalid.Contains(member.Id) ? "invalid" : verdict.Missing.Contains(member.Id) ? "missing" : "yes",
                    ]));
                call.Screen.Line(RecoveryText.Describe(verdict));
            });
    }
}
