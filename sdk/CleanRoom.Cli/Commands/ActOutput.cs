using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Client.Acts;

namespace CleanRoom.Cli.Commands;

/// <summary>What the commands of people's acts share.</summary>
internal static class ActOutput
{
    public static readonly Option<string?> As = new("--as") { Description = "Who signs, by the id in this profile; default: the first person with the role.", HelpName = "PERSON" };

    public static EntryId IdOf(string text) => EntryId.TryParse(text, out var id)
        ? id
        : throw new ClientException(ClientProblem.Usage, "It must be the UUID that the inbox or the command before has shown.");

    /// <summary>A day means its end.</summary>
    public static DateTimeOffset TimeOf(string text, string option) =>
        ProtocolTime.TryParse(text, out var time) ? time
        : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? new DateTimeOffset(date.AddDays(1).ToDateTime(TimeOnly.MinValue), TimeSpan.Zero)
        : throw new ClientException(ClientProblem.Usage, $"{option} must be a day such as 2027-06-30, or a time such as 2027-06-30T12:00:00Z.");

    public static void Show(Call call, bool simulated, LoggedActReceipt done, JsonObject json, string words)
    {
        json["id"] = done.Id.ToString();
        json["index"] = done.Index;
        json["needsSecond"] = done.NeedsSecond;
        json["copy"] = done.CopyPath;
        call.Screen.Result(json, simulated, () =>
        {
            call.Screen.Line(words);
            call.Screen.Line($"  {done.Id}, position {done.Index}");
            if (done.CopyPath is { } path)
            {
                call.Screen.Line("  It counts when a second person has read and confirmed it:");
                call.Screen.Line($"    cleanroom disclosure confirm {path} --as PERSON");
            }
        });
    }
}
