using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Consent;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Client.Acts;

namespace CleanRoom.Cli.Commands;

/// <summary>Consent that changes after the upload, without a new upload.</summary>
internal static class ConsentCommands
{
    private static readonly Argument<string> Reference = new("REF") { Description = "Your own reference of the record." };
    private static readonly Option<string> Purpose = new("--purpose") { Description = "One of " + string.Join(", ", ConsentPurposes.Codes.Keys) + ".", Required = true };
    private static readonly Option<string> Until = new("--until") { Description = "Last day of the consent, such as 2027-06-30.", Required = true };
    private static readonly Option<string> Notice = new("--notice") { Description = "Version of the notice that the person was given.", Required = true };
    private static readonly Option<string[]> To = new("--to") { Description = "A member that it is limited to. May be repeated." };
    private static readonly Option<string[]> Not = new("--not") { Description = "A member that it leaves out. May be repeated." };

    public static Command Create()
    {
        var withdraw = new Command("withdraw", "The person withdraws a purpose: counts at once, and everybody told so far is told to delete.") { Reference, Purpose, ActOutput.As };
        withdraw.Handle(call => ChangeAsync(call, new RoomAct.ConsentChange(default, PurposeOf(call), false, null, "", [], [])));
        var grant = new Command("grant", "The person agrees to a purpose: counts from the next epoch on.") { Reference, Purpose, Until, Notice, To, Not, ActOutput.As };
        grant.Handle(call => ChangeAsync(call, new RoomAct.ConsentChange(
            default, PurposeOf(call), true, EndOf(call.Get(Until)), call.Get(Notice), Members(call.Get(To)), Members(call.Get(Not)))));
        return new Command("consent", "Consent of the person behind a record that is in the room: withdraw, grant.") { withdraw, grant };
    }

    private static async Task<int> ChangeAsync(Call call, RoomAct.ConsentChange change)
    {
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        var done = await new RoomActs(room).ChangeConsentAsync(call.Get(Reference), change, call.Get(ActOutput.As), call.Token).ConfigureAwait(false);
        var words = change.Granted ? "agreed to; it counts in full from the next epoch on" : "withdrawn; nothing more is told, and whoever was told is told to delete it";
        ActOutput.Show(call, room.Simulated, done, new JsonObject { ["record"] = call.Get(Reference), ["purpose"] = change.Purpose, ["granted"] = change.Granted }, $"{call.Get(Reference)}: {change.Purpose} is {words}.");
        return ExitCodes.Ok;
    }

    private static string PurposeOf(Call call) => ConsentPurposes.Codes.ContainsKey(call.Get(Purpose))
        ? call.Get(Purpose)
        : throw new ClientException(ClientProblem.Usage, "--purpose must be one of " + string.Join(", ", ConsentPurposes.Codes.Keys) + ".");

    private static List<string> Members(string[]? texts) => [.. (texts ?? []).Select(text => Call.Member(text).Value).Distinct().Order(StringComparer.Ordinal)];

    private static DateTimeOffset EndOf(string day) => DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
        ? new DateTimeOffset(date.AddDays(1).ToDateTime(TimeOnly.MinValue), TimeSpan.Zero)
        : throw new ClientException(ClientProblem.Usage, "--until must be a day such as 2027-06-30: a consent is time-limited.");
}
