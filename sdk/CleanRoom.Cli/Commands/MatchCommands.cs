using System.CommandLine;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Acts;
using CleanRoom.Cli.Output;
using CleanRoom.Client.Acts;

namespace CleanRoom.Cli.Commands;

/// <summary>Answers to matches.</summary>
internal static class MatchCommands
{
    private static readonly Argument<string> Match = new("MATCH") { Description = "Reference of the match, as the inbox shows it." };

    public static Command Create()
    {
        var release = new Command("release", "After a review: the other side may get a pointer to your record.") { Match, ActOutput.As };
        release.Handle(call => AnswerAsync(call, MatchVerdict.Release, "released; the other side gets its pointer with an epoch"));
        var hold = new Command("hold", "After a review: not now. The same as no answer.") { Match, ActOutput.As };
        hold.Handle(call => AnswerAsync(call, MatchVerdict.Hold, "held"));
        var taken = new Command("taken", "Your agency acts on this notice: who is next in the charter is not told because you stay silent.") { Match, ActOutput.As };
        taken.Handle(call => AnswerAsync(call, MatchVerdict.Taken, "taken up"));
        var wrong = new Command("wrong", "These are not the same: never told again, and everybody told so far is told to delete it.") { Match, ActOutput.As };
        wrong.Handle(call => AnswerAsync(call, MatchVerdict.Wrong, "reported as wrong; everybody told of it is told to delete it"));
        return new Command("match", "Matches you were told of: release, hold, taken, wrong.") { release, hold, taken, wrong };
    }

    private static async Task<int> AnswerAsync(Call call, MatchVerdict answer, string words)
    {
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        var done = await new RoomActs(room).AnswerAsync(call.Get(Match), answer, call.Get(ActOutput.As), call.Token).ConfigureAwait(false);
        ActOutput.Show(call, room.Simulated, done, new JsonObject { ["match"] = call.Get(Match), ["answer"] = answer.ToString() }, $"{call.Get(Match)} is {words}.");
        return ExitCodes.Ok;
    }
}
