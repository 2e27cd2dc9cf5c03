using CleanRoom.Charter;
using CleanRoom.Charter.Disclosure;
using CleanRoom.Charter.Messages;

namespace CleanRoom.Cli.Commands;

/// <summary>A message in the words of the people who act on it; --json gives the message as it was sent.</summary>
internal static class MessageWords
{
    public static string Title(RoomMessage message) => message switch
    {
        RoomMessage.MatchPointer { Decoy: true } or RoomMessage.Review { Decoy: true } => "ALARM: a record of another organisation agrees with your decoy",
        RoomMessage.MatchPointer { Link: "LiveOperation" } => "call this desk before you act, and tell nobody else",
        RoomMessage.MatchPointer { Link: "SamePersonMissing" } => "somebody may want contact with you",
        RoomMessage.MatchPointer => "another organisation may have met the same",
        RoomMessage.Notice { Watch: not null } => "what you looked for is in records of others",
        RoomMessage.NothingReleasable => "nothing releasable to you",
        RoomMessage.Notice => "records of others agree on something in your remit",
        RoomMessage.Review { Link: "SamePersonMissing" } => "somebody is looking: ask the person whether she wants contact",
        RoomMessage.Review => "look at your own record",
        RoomMessage.Request { Escalated: true } => "an agency still waits for your decision",
        RoomMessage.Request => "an agency asks about a record of yours",
        RoomMessage.Status status => $"your request is {StateWords(status.State)}",
        RoomMessage.Offer { Given: true } => "an agency was given facts of yours, by a rule of the charter",
        RoomMessage.Offer => "an agency was told of a match: may it have your part of the facts?",
        RoomMessage.NoticeFacts => "facts of a match that you were told of",
        RoomMessage.Disclosed => "what was granted to you",
        RoomMessage.Emergency { Child: true } => "a child is in danger: call this desk now",
        RoomMessage.Emergency => "somebody is in danger: call this desk now",
        RoomMessage.EmergencyAnswer { State: EmergencyState.Sent } => "your warning has left",
        RoomMessage.EmergencyAnswer { State: EmergencyState.Refused } => "your warning did NOT leave: call somebody",
        RoomMessage.EmergencyAnswer => "your warning is withdrawn: who had it is told to delete it",
        RoomMessage.TableRelease => "a table of counts",
        RoomMessage.Groups => "groups of persons with something in common",
        RoomMessage.AuditDraw => "records of yours are drawn for the auditor",
        RoomMessage.AuditNews { State: AuditState.Overdue or AuditState.Failed } => "audit: you are told nothing new until it has passed",
        RoomMessage.AuditNews => "what has become of an audit",
        RoomMessage.Withdrawn => "withdrawn: delete what you were told",
        RoomMessage.Outcome => "what your disclosure led to",
        RoomMessage.UseStatement => "what was done with your records in a quarter",
        RoomMessage.Ending => "consents of your records end soon",
        RoomMessage.Head { Evaluated: true } => "end of an epoch; the queries ran",
        RoomMessage.Head => "end of an epoch; too little was new for the queries to run",
        _ => "no news",
    };

    public static IEnumerable<(string Name, string Value)> Lines(RoomMessage message) => message switch
    {
        RoomMessage.MatchPointer pointer =>
        [
            ("match", $"{pointer.Link}, {pointer.Strength}  (reference {pointer.Match})"),
            ("your record", pointer.Own),
            ("ask", pointer.Counterpart is { } desk ? Words(desk) : "the other side stays unnamed"),
            ("their contact", pointer.Quarter.Length > 0 ? pointer.Quarter : "quarter not known"),
            .. pointer.QuartersBetween is { } quarters ? [("exploited again", quarters == 0 ? "within a quarter of a year of getting out" : $"{quarters} quarters of a year after getting out")] : Array.Empty<(string, string)>(),
            ("binds you", List(pointer.Caveats)),
            ("known already", pointer.Known ? "yes, a recorded referral joins the two records" : "no"),
            ("expires", ProtocolTime.Write(pointer.Expires)),
        ],
        RoomMessage.Notice notice =>
        [
            ("match", $"{notice.Link}, {notice.Strength}  (reference {notice.Match})"),
            ("jurisdictions", List(notice.Jurisdictions)),
            ("sources", notice.Sources),
            ("ask", string.Join("; ", notice.Ask.Select(Words))),
            ("grading", notice.Grading),
            ("handling", List(notice.Handling)),
            .. notice.AnswerBy is { } answerBy ? [("act by", $"{ProtocolTime.Write(answerBy)}, or the next agency is told")] : Array.Empty<(string, string)>(),
            ("expires", ProtocolTime.Write(notice.Expires)),
            .. notice.Watch is { } watch ? [("answers", $"{watch}")] : Array.Empty<(string, string)>(),
            ("notice", RoomMessage.Notice.NonPunishment),
        ],
        RoomMessage.NothingReleasable nothing => [("answers", $"{nothing.Watch}"), ("means", "nothing may be told to you; not that nothing is known")],
        RoomMessage.Review review =>
        [
            ("match", $"{review.Link}, {review.Strength}  (reference {review.Match})"),
            ("your record", review.Own),
            ("agrees on", List(review.Evidence)),
            ("why you", List(review.Reasons)),
            ("goes to", review switch
            {
                { SafeguardingOnly: true } => "the safeguarding lead alone",
                { ChildProtection: true } => "the child-protection channel",
                _ => "the person who knows the record",
            }),
            ("answer by", ProtocolTime.Write(review.Due)),
        ],
        RoomMessage.Request request =>
        [
            ("request", $"{request.Id}"),
            ("from", $"{request.Agency}, case {request.CaseNumber}"),
            ("your record", request.Own),
            ("asks for", List(request.Fields)),
            ("purpose", request.Purpose),
            ("legal basis", request.LegalBasis),
            ("decide by", ProtocolTime.Write(request.Due)),
        ],
        RoomMessage.Status status =>
        [
            ("request", $"{status.Id}"),
            ("why", status.Reason ?? "nothing to explain"),
            ("until", status.Until is { } until ? ProtocolTime.Write(until) : "nothing happens by itself"),
        ],
        RoomMessage.Offer offer =>
        [
            ("match", $"{offer.Link}  (reference {offer.Match})"),
            ("your record", offer.Own),
            ("agency", offer.Agency.Value),
            (offer.Given ? "was given" : "may be given", $"{List(offer.Fields)}, as far as the two records agree"),
            (offer.Given ? "kept until" : "give by", ProtocolTime.Write(offer.Due)),
        ],
        RoomMessage.NoticeFacts facts =>
        [
            ("match", $"{facts.Link}  (reference {facts.Match})"),
            ("facts", $"{facts.Id}, part {facts.Part} of {facts.Parts}"),
            .. facts.Facts.Select(fact => (fact.Field, fact.Text)),
            ("sources", facts.Sources),
            ("ask", facts.From is { } desk ? Words(desk) : "who gave it stays unnamed"),
            ("grading", facts.Grading),
            ("handling", List(facts.Handling)),
            ("report by", ProtocolTime.Write(facts.OutcomeDue)),
            ("expires", ProtocolTime.Write(facts.Expires)),
            ("notice", RoomMessage.Notice.NonPunishment),
        ],
        RoomMessage.Disclosed disclosed =>
        [
            ("request", $"{disclosed.Id}, part {disclosed.Part} of {disclosed.Parts}"),
            ("from", Words(disclosed.From)),
            .. disclosed.Facts.Select(fact => (fact.Field, fact.Text)),
            ("for", $"{disclosed.Purpose}, case {disclosed.CaseNumber}; nothing else"),
            ("handling", List(disclosed.Handling)),
            ("report by", ProtocolTime.Write(disclosed.OutcomeDue)),
            ("notice", RoomMessage.Notice.NonPunishment),
        ],
        RoomMessage.Emergency emergency =>
        [
            ("emergency", $"{emergency.Id}"),
            ("presence", emergency.What.Presence),
            ("where", emergency.What.Admin1 is { } admin1 ? $"{admin1}, {emergency.What.Country}" : emergency.What.Country),
            ("how soon", emergency.What.Urgency),
            ("call", Words(emergency.From)),
            ("handling", List(emergency.Handling)),
            ("expires", ProtocolTime.Write(emergency.Expires)),
            ("notice", RoomMessage.Notice.NonPunishment),
        ],
        RoomMessage.EmergencyAnswer answer =>
        [
            ("emergency", $"{answer.Id}"),
            ("to", answer.Recipient.Value),
            ("your record", answer.Own),
            ("why", answer.Reason ?? "nothing to explain"),
        ],
        RoomMessage.TableRelease table =>
        [
            ("table", $"{table.Query} {table.Version}, by {string.Join(" and ", table.Terms.By)}; part {table.Part} of {table.Parts}"),
            ("persons", $"who came before {ProtocolTime.Write(table.Until)} and were in no release before"),
            .. table.Rows.Select(row => (row.Values.Count == 0 ? "all" : string.Join(", ", row.Values), $"about {row.Count}")),
            .. table.Rows.Count == 0 ? [("all", "too few to say")] : Array.Empty<(string, string)>(),
            ("not shown", $"fewer than {table.Terms.K} persons or {table.Terms.Contributors} contributors, or more than {table.Terms.DominancePercent} % of one; rounded to {table.Terms.RoundTo}s"),
            ("means", RoomMessage.TableRelease.Caveat),
        ],
        RoomMessage.Groups groups =>
        [
            ("query", $"{groups.Query} {groups.Version}, by {groups.Terms.By.ToString().ToLowerInvariant()}; part {groups.Part} of {groups.Parts}"),
            ("persons", $"who came before {ProtocolTime.Write(groups.Until)} and were in no release before"),
            .. groups.Told.Select(group => ($"group {group.Id}", string.Join("; ", ((string[])[
                $"{group.Band} persons, whichever contributor is left out",
                string.Join(" > ", group.Places.Select(place => place.Admin1 ?? place.Country)),
                string.Join(" to ", group.Quarters),
                List(group.Codes)]).Where(part => part.Length > 0)))),
            ("not told", $"groups of fewer than {groups.Terms.K} persons without any one contributor, or of fewer than {groups.Terms.Contributors} contributors"),
            ("means", RoomMessage.Groups.Caveat),
        ],
        RoomMessage.AuditDraw draw =>
        [
            ("quarter", draw.Sample.Quarter),
            ("drawn", $"{draw.Sample.Drawn.Count} records; \"audit open {draw.Sample.Quarter}\" opens intake day, case number and consent reference of each"),
            ("open by", ProtocolTime.Write(draw.Due)),
        ],
        RoomMessage.AuditNews news =>
        [
            ("quarter", news.Quarter),
            ("state", news.State switch
            {
                AuditState.Opened => "opened; the auditor looks at the files: hand over what \"audit file\" writes",
                AuditState.Passed => "passed",
                AuditState.Failed => "failed: the auditor has not found a case, or another one",
                AuditState.Overdue => "overdue: nothing was opened in time, or the auditor has got nothing",
                _ => "refused: what was signed is not what was drawn; open it anew",
            }),
        ],
        RoomMessage.Withdrawn withdrawn => [(withdrawn.Match is null ? "request, facts or emergency" : "match", withdrawn.Match ?? $"{withdrawn.Id}"), ("do now", "delete every copy; do not act on it")],
        RoomMessage.Ending ending => [.. ending.Records.Select(record => (record.Own, $"ends {ProtocolTime.Write(record.Ends)}: {List(record.Purposes)}")), ("do now", "ask the person again, then \"consent grant\"; without it, what it allowed stops by itself")],
        RoomMessage.UseStatement use =>
        [
            ("quarter", use.Quarter),
            ("pointers", $"{use.Pointers} to others, naming you"),
            ("one-way pointers", $"{use.OneWay} to others who stay unnamed"),
            ("notices", $"{use.Notices} to agencies"),
            ("watch answers", $"{use.Answers} to agencies that had asked"),
            ("requests", $"{use.Requests} of agencies for your facts"),
            ("disclosures", $"{use.Disclosures} with which facts left"),
            ("withdrawn", $"{use.Withdrawals} of these taken back"),
            ("means", RoomMessage.UseStatement.Caveat),
        ],
        RoomMessage.Outcome outcome => [("request", $"{outcome.Id}"), ("from", outcome.Agency.Value), ("your record", outcome.Own), ("outcome", outcome.Code)],
        RoomMessage.Head head => [("computed on", $"{head.Position.Size} entries"), ("your last", $"{head.Last}")],
        _ => [],
    };

    private static string StateWords(DisclosureState state) => state switch
    {
        DisclosureState.UnderReview => "under review",
        DisclosureState.Escalated => "escalated: nobody has decided in time",
        DisclosureState.Granted => "granted",
        DisclosureState.PartlyGranted => "partly granted",
        DisclosureState.Refused => "refused",
        DisclosureState.TimedOut => "closed: nobody decided",
        DisclosureState.Disclosed => "answered; an outcome is due",
        DisclosureState.OutcomeOverdue => "answered, and your outcome is overdue: you are told nothing new until you report it",
        DisclosureState.OutcomeFiled => "closed with your outcome",
        _ => "withdrawn",
    };

    private static string Words(Desk desk) => $"{desk.Member}: {desk.Contact}";

    private static string List(IReadOnlyList<string> codes) => codes.Count > 0 ? string.Join(", ", codes) : "none";
}
