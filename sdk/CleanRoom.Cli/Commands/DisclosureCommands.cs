using System.CommandLine;
using System.Text.Json.Nodes;
using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Disclosure;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Queries;
using CleanRoom.Cli.Output;
using CleanRoom.Client.Acts;

namespace CleanRoom.Cli.Commands;

/// <summary>Disclosure in two steps: an agency asks (two officers), a contributor decides field by field (two releasers), the enclave cuts what was granted.</summary>
internal static class DisclosureCommands
{
    private static readonly Option<string> Match = new("--match") { Description = "Reference of the notice.", Required = true };
    private static readonly Option<string> Contributor = new("--contributor") { Description = "A desk that the notice names.", Required = true };
    private static readonly Option<string> Basis = new("--basis") { Description = "Legal basis, in words for the people who decide.", Required = true };
    private static readonly Option<string> Purpose = new("--purpose") { Description = "One of the charter's allowed purposes.", Required = true };
    private static readonly Option<string> CaseNumber = new("--case") { Description = "Your case number.", Required = true };
    private static readonly Option<string> Fields = new("--fields") { Description = "Fields, separated by commas: " + string.Join(", ", DisclosureFields.All.Keys) + ".", Required = true };
    private static readonly Option<string> Due = new("--due") { Description = "Decide by: a day such as 2027-06-30, or a time such as 2027-06-30T12:00:00Z.", Required = true };
    private static readonly Option<string?> Grant = new("--grant") { Description = "Fields granted, separated by commas; without it nothing." };
    private static readonly Option<string?> Reason = new("--reason") { Description = "Why not (all): " + string.Join(", ", DisclosureFields.Refusals) + "." };
    private static readonly Argument<string> Request = new("REQUEST") { Description = "The request, as the inbox shows it." };
    private static readonly Argument<string> Copy = new("COPY") { Description = "File with what the first person signed." };
    private static readonly Argument<string> Code = new("OUTCOME") { Description = "One of " + string.Join(", ", DisclosureFields.Outcomes) + "." };

    private static readonly Argument<string> Reference = new("REFERENCE") { Description = "Your own reference of the record." };
    private static readonly Option<string> To = new("--to") { Description = "Who is warned: one of those that the charter names for emergencies.", Required = true };
    private static readonly Option<string> Presence = new("--presence") { Description = "Whether the person is there: " + string.Join(", ", Warning.Presences) + ".", Required = true };
    private static readonly Option<string> Urgency = new("--urgency") { Description = "How soon somebody has to act: " + string.Join(", ", Warning.Urgencies) + ".", Required = true };
    private static readonly Option<string> Country = new("--country") { Description = "Where, ISO 3166-1 alpha-3, such as THA.", Required = true };
    private static readonly Option<string?> Admin1 = new("--province") { Description = "The province or state, ISO 3166-2, such as TH-50. Nothing nearer can be said." };

    private static readonly Option<string> OverrideTo = new("--to") { Description = "Towards whom: one of those that the charter names for overrides.", Required = true };
    private static readonly Option<string> OverridePurpose = new("--purpose") { Description = "What consent is missing: " + string.Join(", ", RoomAct.Override.KnownPurposes) + ".", Required = true };
    private static readonly Option<string> OverrideBasis = new("--basis") { Description = "Why it is overridden: " + string.Join(", ", RoomAct.Override.KnownBases) + ".", Required = true };
    private static readonly Option<string> Subject = new("--subject") { Description = "Whether the person concerned is told: " + string.Join(", ", RoomAct.Override.KnownSubjects) + ".", Required = true };
    private static readonly Option<string> Until = new("--until") { Description = "End: a day such as 2027-06-30, or a time such as 2027-06-30T12:00:00Z; at most as long as the charter says.", Required = true };
    private static readonly Argument<string> OverrideId = new("OVERRIDE") { Description = "The override, as the command that signed it has shown it." };

    private static readonly Argument<string> OfferOf = new("REFERENCE") { Description = "Reference of the offer, as the inbox shows it." };
    private static readonly Option<string> GivenTo = new("--to") { Description = "The agency that the offer names.", Required = true };
    private static readonly Option<string> GivenFields = new("--fields") { Description = "What is given, separated by commas, of what the offer names: " + string.Join(", ", OfferedFacts.All) + ".", Required = true };
    private static readonly Option<bool> WithDesk = new("--with-desk") { Description = "Tell the agency with the facts whom to ask." };

    public static Command Create()
    {
        var request = new Command("request", "Agencies: ask a contributor for fields of the record behind a notice. A second officer confirms.")
        {
            Match, Contributor, Basis, Purpose, CaseNumber, Fields, Due, ActOutput.As,
        };
        request.Handle(RequestAsync);
        var decide = new Command("decide", "Contributors: grant fields, or refuse. A second releaser confirms.") { Request, Grant, Reason, ActOutput.As };
        decide.Handle(DecideAsync);
        var give = new Command("give", "Contributors: give an agency that was told of a match the facts that an offer names, without a request. A second releaser confirms.") { OfferOf, GivenTo, GivenFields, WithDesk, ActOutput.As };
        give.Handle(GiveAsync);
        var confirm = new Command("confirm", "Read what another person signed, check it against the log, and sign as the second.") { Copy, ActOutput.As };
        confirm.Handle(ConfirmAsync);
        var outcome = new Command("outcome", "Agencies: say what became of a disclosure.") { Request, Code, ActOutput.As };
        outcome.Handle(OutcomeAsync);
        var waiting = new Command("waiting", "Show what waits for a second person of this member.");
        waiting.Handle(WaitingAsync);
        var emergency = new Command("emergency", "Contributors: warn an agency or a child-protection desk about a record of your own, at once. A second person, of another role, confirms.")
        {
            Reference, To, Presence, Urgency, Country, Admin1, ActOutput.As,
        };
        emergency.Handle(EmergencyAsync);
        var overriding = new Command("override", "Contributors: override missing consent for one record towards one agency, for a time. A second person, of another role, confirms; people still decide what leaves.")
        {
            Reference, OverrideTo, OverridePurpose, OverrideBasis, Subject, Until, ActOutput.As,
        };
        overriding.Handle(OverrideAsync);
        var lift = new Command("lift", "Contributors: end an override before its time. One person is enough.") { OverrideId, ActOutput.As };
        lift.Handle(LiftAsync);
        return new Command("disclosure", "Disclosure in two steps: request, decide, confirm, outcome; facts that are offered, emergencies and overrides.") { request, decide, give, confirm, outcome, waiting, emergency, overriding, lift };
    }

    private static async Task<int> RequestAsync(Call call)
    {
        var asked = new RoomAct.DisclosureRequest(
            call.Get(Match), Call.Member(call.Get(Contributor)), call.Get(Basis), call.Get(Purpose), call.Get(CaseNumber), List(call.Get(Fields)), ActOutput.TimeOf(call.Get(Due), "--due"));
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        var done = await new RoomActs(room).RequestAsync(asked, call.Get(ActOutput.As), call.Token).ConfigureAwait(false);
        ActOutput.Show(call, room.Simulated, done, Words(asked), $"Asked {asked.Contributor} for {string.Join(", ", asked.Fields)}.");
        return ExitCodes.Ok;
    }

    private static async Task<int> DecideAsync(Call call)
    {
        var decision = new RoomAct.DisclosureDecision(List(call.Get(Grant) ?? ""), call.Get(Reason));
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        var done = await new RoomActs(room).DecideAsync(ActOutput.IdOf(call.Get(Request)), decision, call.Get(ActOutput.As), call.Token).ConfigureAwait(false);
        ActOutput.Show(
            call, room.Simulated, done, Words(decision),
            decision.Fields.Count == 0 ? $"Nothing is granted: {decision.Reason}." : $"Granted: {string.Join(", ", decision.Fields)}.");
        return ExitCodes.Ok;
    }

    private static async Task<int> GiveAsync(Call call)
    {
        var given = new RoomAct.OfferedRelease(call.Get(OfferOf), Call.Member(call.Get(GivenTo)), List(call.Get(GivenFields)), call.Get(WithDesk));
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        var done = await new RoomActs(room).GiveAsync(given, call.Get(ActOutput.As), call.Token).ConfigureAwait(false);
        ActOutput.Show(
            call, room.Simulated, done, Words(given),
            $"Gives {given.Agency}: {string.Join(", ", given.Fields)}. It leaves when every contributor that was asked has given its own part, and what the persons agree to is checked once more.");
        return ExitCodes.Ok;
    }

    private static async Task<int> ConfirmAsync(Call call)
    {
        var copy = ActCopy.Read(call.Get(Copy));
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        await room.SyncAsync(call.Token).ConfigureAwait(false);
        var acts = new RoomActs(room);
        var act = acts.Verify(copy);
        foreach (var (name, value) in Words(copy.Act))
        {
            call.Screen.Note($"  {name,-14}{value}");
        }

        var done = await acts.ConfirmAsync(copy, call.Get(ActOutput.As), call.Token).ConfigureAwait(false);
        var json = Words(copy.Act);
        json["about"] = act.Entry.About?.ToString();
        ActOutput.Show(call, room.Simulated, done, json, $"Confirmed what {act.Person} signed.");
        return ExitCodes.Ok;
    }

    private static async Task<int> EmergencyAsync(Call call)
    {
        var what = new Warning(call.Get(Presence), call.Get(Urgency), call.Get(Country), call.Get(Admin1));
        var recipient = Call.Member(call.Get(To));
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        await room.SyncAsync(call.Token).ConfigureAwait(false);
        var done = await new RoomActs(room).WarnAsync(call.Get(Reference), recipient, what, call.Get(ActOutput.As), call.Token).ConfigureAwait(false);
        ActOutput.Show(
            call, room.Simulated, done, Words(new RoomAct.Emergency(Guid.Empty, recipient, what)),
            $"{recipient} is warned as soon as a person with another role has confirmed it. The inbox says whether it left: until then, call.");
        return ExitCodes.Ok;
    }

    private static async Task<int> OverrideAsync(Call call)
    {
        var wanted = new RoomAct.Override(
            Guid.Empty, Call.Member(call.Get(OverrideTo)), call.Get(OverridePurpose), call.Get(OverrideBasis), call.Get(Subject), ActOutput.TimeOf(call.Get(Until), "--until"));
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        await room.SyncAsync(call.Token).ConfigureAwait(false);
        var done = await new RoomActs(room).OverrideAsync(call.Get(Reference), wanted, call.Get(ActOutput.As), call.Token).ConfigureAwait(false);
        ActOutput.Show(
            call, room.Simulated, done, Words(wanted),
            $"Overrides missing consent towards {wanted.Recipient} until {ProtocolTime.Write(wanted.Expires)}, for what people then decide. "
            + (wanted.Subject == RoomAct.Override.KnownSubjects[0] ? "Tell the person." : "Write down why telling the person would endanger somebody, and look again before it ends."));
        return ExitCodes.Ok;
    }

    private static async Task<int> LiftAsync(Call call)
    {
        var id = ActOutput.IdOf(call.Get(OverrideId));
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        await room.SyncAsync(call.Token).ConfigureAwait(false);
        var done = await new RoomActs(room).LiftAsync(id, call.Get(ActOutput.As), call.Token).ConfigureAwait(false);
        ActOutput.Show(call, room.Simulated, done, new JsonObject { ["override"] = id.ToString() }, $"Ended: {id} counts no more; who was told because of it is told to delete it.");
        return ExitCodes.Ok;
    }

    private static async Task<int> OutcomeAsync(Call call)
    {
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        var done = await new RoomActs(room)
            .ReportAsync(ActOutput.IdOf(call.Get(Request)), new RoomAct.DisclosureOutcome(call.Get(Code)), call.Get(ActOutput.As), call.Token).ConfigureAwait(false);
        ActOutput.Show(call, room.Simulated, done, new JsonObject { ["request"] = call.Get(Request), ["outcome"] = call.Get(Code) }, $"Reported: {call.Get(Code)}. The contributor is told.");
        return ExitCodes.Ok;
    }

    private static async Task<int> WaitingAsync(Call call)
    {
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        await room.SyncAsync(call.Token).ConfigureAwait(false);
        var waiting = new RoomActs(room).Waiting;
        call.Screen.Result(
            new JsonObject
            {
                ["waiting"] = new JsonArray([.. waiting.Select(act => new JsonObject
                {
                    ["id"] = act.Entry.Id.ToString(),
                    ["kind"] = ActRules.WordOf(act.Entry.Kind),
                    ["about"] = act.Entry.About?.ToString(),
                    ["signedBy"] = act.Person,
                    ["copy"] = ActCopy.PathOf(room.Memory, act.Entry.Id),
                })]),
            },
            room.Simulated,
            () => call.Screen.Table(
                ["act", "kind", "signed by", "copy"],
                waiting.Select(act => (IReadOnlyList<string>)[$"{act.Entry.Id}", ActRules.WordOf(act.Entry.Kind), act.Person, ActCopy.PathOf(room.Memory, act.Entry.Id)])));
        return ExitCodes.Ok;
    }

    private static JsonObject Words(RoomAct act) => act switch
    {
        RoomAct.DisclosureRequest asked => new JsonObject
        {
            ["match"] = asked.Match,
            ["contributor"] = asked.Contributor.Value,
            ["legalBasis"] = asked.LegalBasis,
            ["purpose"] = asked.Purpose,
            ["case"] = asked.CaseNumber,
            ["fields"] = string.Join(",", asked.Fields),
            ["due"] = ProtocolTime.Write(asked.Due),
        },
        RoomAct.DisclosureDecision decision => new JsonObject { ["granted"] = string.Join(",", decision.Fields), ["reason"] = decision.Reason },
        RoomAct.OfferedRelease given => new JsonObject
        {
            ["match"] = given.Match,
            ["to"] = given.Agency.Value,
            ["fields"] = string.Join(",", given.Fields),
            ["desk"] = given.NamesDesk,
        },
        RoomAct.WatchRequest watch => WatchCommands.Words(watch),
        RoomAct.SampleOpening opening => new JsonObject
        {
            ["quarter"] = opening.Answer.Sample.Quarter,
            ["cases"] = string.Join("; ", opening.Answer.Records.Select(record => record.Evidence is { } evidence ? $"{evidence.CaseNumber} of {evidence.IntakeText}, consent {evidence.Consent}" : "withdrawn")),
        },
        RoomAct.Override item => new JsonObject
        {
            ["to"] = item.Recipient.Value,
            ["purpose"] = item.Purpose,
            ["basis"] = item.Basis,
            ["subject"] = item.Subject,
            ["until"] = ProtocolTime.Write(item.Expires),
        },
        RoomAct.Emergency emergency => new JsonObject
        {
            ["to"] = emergency.Recipient.Value,
            ["presence"] = emergency.What.Presence,
            ["urgency"] = emergency.What.Urgency,
            ["country"] = emergency.What.Country,
            ["admin1"] = emergency.What.Admin1,
        },
        _ => new JsonObject { ["kind"] = ActRules.WordOf(act.Kind) },
    };

    private static List<string> List(string text) =>
        [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct().Order(StringComparer.Ordinal)];
}
