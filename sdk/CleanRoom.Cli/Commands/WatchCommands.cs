using System.CommandLine;
using System.Text.Json.Nodes;
using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Messages;
using CleanRoom.Charter.Queries;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Client.Acts;
using CleanRoom.Client.Inbox;

namespace CleanRoom.Cli.Commands;

/// <summary>What an agency looks for by itself: once (search) or for later records too (add). Two officers sign; the answer comes to the inbox.</summary>
internal static class WatchCommands
{
    private static readonly Option<string> Kind = new("--kind") { Description = "What is looked for: " + string.Join(", ", WatchSubject.Kinds.Keys) + ".", Required = true };

    private static readonly Option<string> Value = new("--value")
    {
        Description = $"The number, plate, address or name: telephone numbers with + and their country, of a vessel its IMO number. At most {WatchSubject.MaxValue} characters.",
        Required = true,
    };

    private static readonly Option<string?> Country = new("--country") { Description = "Of a vehicle or an organisation, ISO 3166-1 alpha-3 such as THA." };
    private static readonly Option<string?> Platform = new("--platform") { Description = "Of a handle, such as Telegram." };
    private static readonly Option<string?> Query = new("--query") { Description = "The charter's query; default: the only one that fits." };
    private static readonly Option<string?> Mandate = new("--mandate") { Description = "One of your mandates in the charter; default: the only one." };
    private static readonly Option<string?> Basis = new("--basis") { Description = "One of the query's legal bases; default: the only one." };
    private static readonly Option<string?> Purpose = new("--purpose") { Description = "One of the query's purposes; default: the only one." };
    private static readonly Option<string> CaseNumber = new("--case") { Description = "Your case number.", Required = true };
    private static readonly Option<string> Until = new("--until") { Description = "End of the watch: a day such as 2027-06-30, or a time such as 2027-06-30T12:00:00Z.", Required = true };
    private static readonly Argument<string> Watch = new("WATCH") { Description = "The watch, as \"watch list\" shows it." };

    public static Command Create()
    {
        var search = new Command("search", "Look for a subject once. A second officer confirms; each counts against the month's quota, whatever is answered.")
        {
            Kind, Value, Country, Platform, Query, Mandate, Basis, Purpose, CaseNumber, ActOutput.As,
        };
        search.Handle(call => AskAsync(call, QueryKind.Search));
        var add = new Command("add", "Look for a subject, and be told of later records too. A second officer confirms; it counts against the month's quota once.")
        {
            Kind, Value, Country, Platform, Query, Mandate, Basis, Purpose, CaseNumber, Until, ActOutput.As,
        };
        add.Handle(call => AskAsync(call, QueryKind.Watch));
        var list = new Command("list", "Show watches and searches, and what has been answered.");
        list.Handle(ListAsync);
        var withdraw = new Command("withdraw", "End a watch: nothing more is told because of it. One officer is enough.") { Watch, ActOutput.As };
        withdraw.Handle(WithdrawAsync);
        return new Command("watch", "Agencies: look for a telephone, vehicle, account or organisation where the charter allows it. The answer comes to the inbox.") { search, add, list, withdraw };
    }

    /// <summary>What it says, for the second officer.</summary>
    public static JsonObject Words(RoomAct.WatchRequest asked) => new()
    {
        ["subject"] = string.Join(", ", new[] { asked.Subject.Kind, asked.Subject.Value, asked.Subject.Country, asked.Subject.Platform }.OfType<string>()),
        ["query"] = $"{asked.Query} {asked.Version}",
        ["mandate"] = asked.Mandate,
        ["legalBasis"] = asked.LegalBasis,
        ["purpose"] = asked.Purpose,
        ["case"] = asked.CaseNumber,
        ["until"] = asked.Expires is { } expires ? ProtocolTime.Write(expires) : null,
    };

    private static async Task<int> AskAsync(Call call, QueryKind kind)
    {
        if (!WatchSubject.Kinds.ContainsKey(call.Get(Kind)))
        {
            throw new ClientException(ClientProblem.Usage, $"--kind must be one of {string.Join(", ", WatchSubject.Kinds.Keys)}: persons, documents and homes are not looked for.");
        }

        var subject = new WatchSubject(call.Get(Kind), call.Get(Value), call.Get(Country), call.Get(Platform));
        var until = kind == QueryKind.Watch ? ActOutput.TimeOf(call.Get(Until), "--until") : (DateTimeOffset?)null;
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        await room.SyncAsync(call.Token).ConfigureAwait(false);
        var agency = room.Charter.Agency(room.Profile.Member);
        var fitting = room.Charter.Queries.Where(query => query.Kind == kind && agency is not null && query.Agencies!.Kinds.Contains(agency.Kind) && query.LinkTypes.Contains(subject.LinkType)).ToList();
        var name = call.Get(Query) ?? Only(fitting.ConvertAll(query => query.Id), "--query", $"{kind.ToString().ToLowerInvariant()} by {subject.Kind} of the charter for this agency");
        var query = room.Charter.Queries.FirstOrDefault(item => item.Id == name && item.Kind == kind)
            ?? throw new ClientException(ClientProblem.Usage, $"--query: the charter in force has no {kind.ToString().ToLowerInvariant()} {name}: see \"cleanroom charter show\".");
        var asked = new RoomAct.WatchRequest(
            query.Id, query.Version, subject,
            call.Get(Mandate) ?? Only(agency?.Mandates ?? [], "--mandate", "mandate of this agency in the charter"),
            call.Get(Basis) ?? Only(query.Asking!.LegalBases, "--basis", "legal basis of the query"),
            call.Get(Purpose) ?? Only(query.Asking!.Purposes, "--purpose", "purpose of the query"),
            call.Get(CaseNumber), until);
        var done = await new RoomActs(room).WatchAsync(asked, call.Get(ActOutput.As), call.Token).ConfigureAwait(false);
        ActOutput.Show(
            call, room.Simulated, done, Words(asked),
            $"{(kind == QueryKind.Watch ? "A watch for" : "A search for")} {subject.Kind} {subject.Value}. {agency!.Quota.SearchesPerMonth} of both a month; beyond it the answer is that nothing may be told.");
        return ExitCodes.Ok;
    }

    private static async Task<int> ListAsync(Call call)
    {
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        await room.SyncAsync(call.Token).ConfigureAwait(false);
        var acts = new RoomActs(room);
        var answers = new InboxReader(room).ReadTaken().OfType<InboxEvent.Received>().Select(item => item.Message.Content).ToList();
        var withdrawn = acts.Withdrawn;
        var rows = acts.Watches.Select(act =>
        {
            var asked = ActCopy.Find(room.Memory, act.Entry.Id)?.Act as RoomAct.WatchRequest;
            var state = !act.Counts ? "waits for a second officer"
                : withdrawn.Contains(act.Entry.Id) ? "withdrawn"
                : asked?.Expires <= room.Checkpoint.Time.Expiring ? "over"
                : "signed";
            var notices = answers.OfType<RoomMessage.Notice>().Count(notice => notice.Watch == act.Entry.Id);
            var answer = notices > 0 ? $"{notices} {(notices == 1 ? "notice" : "notices")}"
                : answers.OfType<RoomMessage.NothingReleasable>().Any(nothing => nothing.Watch == act.Entry.Id) ? "nothing releasable to you"
                : "none yet";
            return (Act: act, Asked: asked, State: state, Notices: notices, Answer: answer);
        }).ToList();
        call.Screen.Result(
            new JsonObject
            {
                ["quota"] = room.Charter.Agency(room.Profile.Member)?.Quota.SearchesPerMonth,
                ["watches"] = new JsonArray([.. rows.Select(row => new JsonObject
                {
                    ["id"] = row.Act.Entry.Id.ToString(),
                    ["signedBy"] = row.Act.Person,
                    ["state"] = row.State,
                    ["answer"] = row.Answer,
                    ["notices"] = row.Notices,
                    ["asked"] = row.Asked is null ? null : Words(row.Asked),
                })]),
            },
            room.Simulated,
            () => call.Screen.Table(
                ["watch", "looks for", "until", "state", "answer"],
                rows.Select(row => (IReadOnlyList<string>)
                [
                    $"{row.Act.Entry.Id}", row.Asked is null ? "(no copy here)" : $"{row.Asked.Subject.Kind} {row.Asked.Subject.Value}",
                    row.Asked?.Expires is { } expires ? ProtocolTime.Write(expires) : "once", row.State, row.Answer,
                ])));
        return ExitCodes.Ok;
    }

    private static async Task<int> WithdrawAsync(Call call)
    {
        var watch = ActOutput.IdOf(call.Get(Watch));
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        await room.SyncAsync(call.Token).ConfigureAwait(false);
        var done = await new RoomActs(room).UnwatchAsync(watch, call.Get(ActOutput.As), call.Token).ConfigureAwait(false);
        ActOutput.Show(call, room.Simulated, done, new JsonObject { ["watch"] = watch.ToString() }, $"Withdrawn: {watch} tells nothing more from the next epoch on.");
        return ExitCodes.Ok;
    }

    private static string Only(IReadOnlyList<string> choices, string option, string what) => choices.Count switch
    {
        1 => choices[0],
        0 => throw new ClientException(ClientProblem.NotPermitted, $"There is no {what}: have it added to the charter."),
        _ => throw new ClientException(ClientProblem.Usage, $"{option}: there is more than one {what}: name one of {string.Join(", ", choices)}."),
    };
}
