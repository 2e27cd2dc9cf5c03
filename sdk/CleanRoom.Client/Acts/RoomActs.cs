using System.Security.Cryptography;
using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Audits;
using CleanRoom.Charter.Disclosure;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Client.Files;
using CleanRoom.Client.Inbox;
using CleanRoom.Client.Rooms;
using CleanRoom.Client.Uploads;
using CleanRoom.Records.Matching;

namespace CleanRoom.Client.Acts;

/// <summary>An act in the log.</summary>
/// <param name="Id">Its entry: of a request, its name.</param>
/// <param name="Index">Its position.</param>
/// <param name="NeedsSecond">It counts only when a second person has confirmed it.</param>
/// <param name="CopyPath">What the second person needs; null if nobody has to confirm.</param>
public sealed record LoggedActReceipt(EntryId Id, long Index, bool NeedsSecond, string? CopyPath);

/// <summary>What people do in a room: change consent, answer, ask, decide, report. Sealed to the own record key, so that only the attested enclave reads it.</summary>
public sealed class RoomActs
{
    private readonly RoomClient _room;

    /// <summary>Acts in a room.</summary>
    /// <param name="room">The room, connected.</param>
    public RoomActs(RoomClient room)
    {
        ArgumentNullException.ThrowIfNull(room);
        _room = room;
    }

    private MemberId Member => _room.Profile.Member;

    /// <summary>Own acts that wait for a second person.</summary>
    public IReadOnlyList<LoggedAct> Waiting =>
        [.. _room.State.Acts.Where(act => act.Entry.Author == Member && !act.Counts && _room.State.PersonOf(act.Signer)?.RevokedAt is null).OrderBy(act => act.Index)];

    /// <summary>Says what the person behind an uploaded record agrees to now, for one purpose. Narrowing counts at once, widening from the next epoch.</summary>
    /// <param name="reference">The contributor's own reference of the record.</param>
    /// <param name="change">The record id is filled in.</param>
    /// <param name="person">Who signs; null for the first uploader.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<LoggedActReceipt> ChangeConsentAsync(string reference, RoomAct.ConsentChange change, string? person, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        var record = Live(reference);
        if (change is { Granted: true, Expires: { } expires } && expires <= _room.Checkpoint.Time.Expiring)
        {
            throw new ClientException(ClientProblem.Usage, "The consent must end after now (room time): a consent is time-limited, and this one would be over already.");
        }

        return ActAsync(change with { Record = record.RecordId }, null, person, cancellationToken);
    }

    /// <summary>Warns an agency of an emergency about an uploaded record. It leaves at once when a second person, of another role, has confirmed it.</summary>
    /// <param name="reference">The contributor's own reference of the record.</param>
    /// <param name="recipient">One of those that the charter names for it.</param>
    /// <param name="what">What it is told.</param>
    /// <param name="person">Who signs; null for the first approver, releaser or safeguarding lead.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ClientException">The charter does not allow it, or there is no such record.</exception>
    public Task<LoggedActReceipt> WarnAsync(string reference, MemberId recipient, Warning what, string? person, CancellationToken cancellationToken)
    {
        var terms = _room.Charter.Emergencies
            ?? throw new ClientException(ClientProblem.NotPermitted, "The charter in force has no emergencies: have it name whom they go to, with \"cleanroom charter propose --emergencies\". Call by telephone now.");
        return terms.Recipients.Contains(recipient)
            ? ActAsync(new RoomAct.Emergency(Live(reference).RecordId, recipient, what), null, person, cancellationToken)
            : throw new ClientException(ClientProblem.NotPermitted, $"The charter lets nobody warn {recipient}: it names {string.Join(", ", terms.Recipients)}.");
    }

    /// <summary>Overrides missing consent for an uploaded record towards one agency. It counts when a second person, of another role, has confirmed it, and opens only what people then decide.</summary>
    /// <param name="reference">The contributor's own reference of the record.</param>
    /// <param name="wanted">The record id is filled in.</param>
    /// <param name="person">Who signs; null for the first approver, releaser or safeguarding lead.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ClientException">The charter does not allow it, or there is no such record.</exception>
    public Task<LoggedActReceipt> OverrideAsync(string reference, RoomAct.Override wanted, string? person, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        var terms = _room.Charter.Overrides
            ?? throw new ClientException(ClientProblem.NotPermitted, "The charter in force lets nothing override a consent: have all contributors sign one that does, with \"cleanroom charter propose --overrides\".");
        var time = _room.Checkpoint.Time;
        return !terms.Recipients.Contains(wanted.Recipient) ? throw new ClientException(ClientProblem.NotPermitted, $"The charter lets nothing be overridden towards {wanted.Recipient}: it names {string.Join(", ", terms.Recipients)}.")
            : !terms.Bases.Contains(wanted.Basis) ? throw new ClientException(ClientProblem.NotPermitted, $"The charter lets consent be overridden for {string.Join(", ", terms.Bases)} only.")
            : wanted.Expires <= time.Expiring || wanted.Expires > terms.Longest.After(time.Opening) ? throw new ClientException(ClientProblem.Usage, $"The override must end after now, and at most {terms.Longest} from now (room time).")
            : ActAsync(wanted with { Record = Live(reference).RecordId }, null, person, cancellationToken);
    }

    /// <summary>Ends an override before its time. One person is enough.</summary>
    /// <exception cref="ClientException">This member has no such override in the log.</exception>
    public Task<LoggedActReceipt> LiftAsync(EntryId id, string? person, CancellationToken cancellationToken) =>
        _room.State.Act(id) is { Entry.Kind: ActKind.Override } act && act.Entry.Author == Member
            ? ActAsync(new RoomAct.OverrideEnd(id), null, person, cancellationToken)
            : throw new ClientException(ClientProblem.NoInput, $"{id} is no override of this member: the command that signed it has shown its id.");

    /// <summary>Opens what was drawn of this contributor's records of a quarter. It counts when a second releaser has confirmed it; then <see cref="WriteOpening"/> makes the auditor's file.</summary>
    /// <param name="quarter">The quarter, such as 2026-Q4.</param>
    /// <param name="person">Who signs; null for the first releaser.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ClientException">Nothing was drawn, or this profile does not know where a case is filed.</exception>
    public Task<LoggedActReceipt> OpenSampleAsync(string quarter, string? person, CancellationToken cancellationToken)
    {
        var audit = Drawn(Member, quarter);
        var sample = new InboxReader(_room).ReadTaken().OfType<InboxEvent.Received>().Select(item => item.Message.Content).OfType<RoomMessage.AuditDraw>()
            .FirstOrDefault(draw => draw.Sample.DigestIn(_room.Room, Member) == audit.Of.Sample)?.Sample
            ?? throw new ClientException(ClientProblem.NoInput, $"The message that names the records drawn for {quarter} has not been read here: run \"cleanroom inbox watch\".");
        var ledger = RecordLedger.Open(_room.Memory.Folder).Records.ToDictionary(record => record.RecordId);
        var opened = sample.Drawn.Select(drawn =>
        {
            var record = ledger.GetValueOrDefault(drawn.Record);
            if (record is { Withdrawn: true })
            {
                return new OpenedRecord(drawn, null, default);
            }

            return record?.Evidence.FirstOrDefault(item => item.Commit(_room.Room, Member, drawn.Record) == drawn.Commitment) is { } evidence
                ? new OpenedRecord(drawn, evidence.Facts, evidence.Opening)
                : throw new ClientException(ClientProblem.NoInput, "This profile does not know where a drawn case is filed: open it with the profile that uploaded it, or restore that one from its backup.");
        }).ToList();
        return ActAsync(new RoomAct.SampleOpening(new AuditOpening(sample, opened)), null, person, cancellationToken);
    }

    /// <summary>Seals for the auditor what two releasers have opened.</summary>
    /// <param name="quarter">The quarter.</param>
    /// <returns>The content of the file that goes to the auditor, by a way of the contributor's own.</returns>
    /// <exception cref="ClientException">Two people have not signed it, or another profile keeps the copy.</exception>
    public byte[] WriteOpening(string quarter)
    {
        var audit = Drawn(Member, quarter);
        var terms = RequireAudits();
        var answer = _room.State.Acts.Where(act => act.Entry.Author == Member && act.Entry.Kind == ActKind.Opening && act.Counts).OrderByDescending(act => act.Index)
            .Select(act => ActCopy.Find(_room.Memory, act.Entry.Id)?.Act).OfType<RoomAct.SampleOpening>().Select(act => act.Answer)
            .FirstOrDefault(answer => answer.Answers(_room.Room, Member, audit.Of.Sample))
            ?? throw new ClientException(ClientProblem.NotPermitted, $"Nothing that two releasers have signed answers the draw of {quarter} here: \"cleanroom audit open\", then \"cleanroom disclosure confirm\".");
        return answer.Seal(_room.Room, Member, terms.Key);
    }

    /// <summary>Reads such a file.</summary>
    /// <exception cref="ClientException">There is none, or it is too long to be one.</exception>
    public static byte[] ReadOpeningFile(string path) => DurableFile.Read(path, 1 << 17, "The opening");

    /// <summary>Opens the file that a contributor has made for this auditor, and checks it against the log.</summary>
    /// <param name="file">Its content.</param>
    /// <returns>The draw, and what is opened.</returns>
    /// <exception cref="ClientException">It is sealed to somebody else, is of another room, or does not say what the contributor was committed to.</exception>
    public (LoggedAudit Audit, AuditOpening Opening) ReadOpening(ReadOnlySpan<byte> file)
    {
        var terms = RequireAudits();
        using var key = _room.Profile.OpenInboxKey(terms.Key.Id)
            ?? throw new ClientException(ClientProblem.NotPermitted, $"This profile does not hold the auditor's key {terms.Key.Id} of the charter.");
        if (!AuditOpening.TryOpen(file, _room.Room, key, out var contributor, out var opening))
        {
            throw new ClientException(ClientProblem.BadData, "The file is not a contributor's opening for this room and this auditor: ask for the one that \"cleanroom audit file\" wrote.");
        }

        var audit = Drawn(contributor, opening.Sample.Quarter);
        return opening.Answers(_room.Room, contributor, audit.Of.Sample)
            ? (audit, opening)
            : throw new ClientException(ClientProblem.VerificationFailed, $"What {contributor} opens is not what was drawn, or not what its records were committed to: say so with \"cleanroom audit verdict\", failed.");
    }

    /// <summary>The auditor's word on a draw. It counts when a second approver has confirmed it.</summary>
    /// <param name="contributor">Whose records were drawn.</param>
    /// <param name="quarter">The quarter.</param>
    /// <param name="result">What was found.</param>
    /// <param name="person">Who signs; null for the first approver.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ClientException">This member is not the auditor, or nothing was drawn.</exception>
    public async Task<AppendedEntry> JudgeAsync(MemberId contributor, string quarter, AuditResult result, string? person, CancellationToken cancellationToken)
    {
        await _room.SyncAsync(cancellationToken).ConfigureAwait(false);
        _room.RequireInForce();
        if (RequireAudits().Auditor is var auditor && auditor != Member)
        {
            throw new ClientException(ClientProblem.NotPermitted, $"The charter in force names {auditor} as auditor, not {Member}.");
        }

        using var key = _room.Profile.OpenPersonKey(PersonRoles.Approver, person);
        return await _room.AppendAsync(new VerdictEntry(_room.Room, RoomClient.NewEntryId(), Member, Drawn(contributor, quarter).Of, result), key, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Signs a verdict of this auditor as the second person.</summary>
    /// <param name="contributor">Whose records were drawn.</param>
    /// <param name="quarter">The quarter.</param>
    /// <param name="result">What the person wants to confirm; another verdict is not confirmed in its place.</param>
    /// <param name="person">Who signs; null for the first approver who has not signed yet.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ClientException">No such verdict waits, or nobody here may sign it as the second.</exception>
    public async Task<AppendedEntry> ConfirmVerdictAsync(MemberId contributor, string quarter, AuditResult result, string? person, CancellationToken cancellationToken)
    {
        await _room.SyncAsync(cancellationToken).ConfigureAwait(false);
        var of = Drawn(contributor, quarter).Of;
        var waiting = _room.State.WaitingVerdicts.FirstOrDefault(verdict => verdict.Entry.Author == Member && verdict.Entry.Of == of && verdict.Entry.Result == result)
            ?? throw new ClientException(ClientProblem.NoInput, "No such verdict of this auditor waits for a second person: see \"cleanroom audit list\".");
        return await _room.ConfirmAsync(waiting.LeafHash, waiting.Person, person, cancellationToken).ConfigureAwait(false);
    }

    private AuditTerms RequireAudits() => _room.Charter.Audits
        ?? throw new ClientException(ClientProblem.NotPermitted, "The charter in force has no audits: have all contributors sign one that does, with \"cleanroom charter propose --auditor\".");

    private LoggedAudit Drawn(MemberId contributor, string quarter) => _room.State.Audit(contributor, quarter)
        ?? throw new ClientException(ClientProblem.NoInput, $"Nothing is drawn of {contributor} for {quarter}: see \"cleanroom audit list\".");

    private LedgerRecord Live(string reference) => RecordLedger.Open(_room.Memory.Folder).Find(reference) is { Withdrawn: false, Slots.Count: > 0 } known
        ? known
        : throw new ClientException(ClientProblem.NoInput, $"This profile has no live record {reference} in the room: check the reference, or upload the record first.");

    /// <summary>Answers a match that this member was told of.</summary>
    public Task<LoggedActReceipt> AnswerAsync(string match, MatchVerdict answer, string? person, CancellationToken cancellationToken) =>
        ActAsync(new RoomAct.MatchAnswer(match, answer), null, person, cancellationToken);

    /// <summary>Asks for disclosure. Counts when a second officer has confirmed it.</summary>
    public Task<LoggedActReceipt> RequestAsync(RoomAct.DisclosureRequest request, string? person, CancellationToken cancellationToken) =>
        ActAsync(request, null, person, cancellationToken);

    /// <summary>Decides on a request. Counts when a second releaser has confirmed it.</summary>
    public Task<LoggedActReceipt> DecideAsync(EntryId request, RoomAct.DisclosureDecision decision, string? person, CancellationToken cancellationToken) =>
        ActAsync(decision, request, person, cancellationToken);

    /// <summary>Gives what an offer names, or some of it, to the agency that was told of the match. It leaves when a second releaser has confirmed it, and two of every other contributor that was asked for its own part.</summary>
    public Task<LoggedActReceipt> GiveAsync(RoomAct.OfferedRelease given, string? person, CancellationToken cancellationToken) =>
        ActAsync(given, null, person, cancellationToken);

    /// <summary>Says what became of a disclosure.</summary>
    public Task<LoggedActReceipt> ReportAsync(EntryId request, RoomAct.DisclosureOutcome outcome, string? person, CancellationToken cancellationToken) =>
        ActAsync(outcome, request, person, cancellationToken);

    /// <summary>Looks for a subject by a query of the charter, once or for later records too. Counts when a second officer has confirmed it.</summary>
    /// <exception cref="ClientException">The enclave would not look for it, and would not say why.</exception>
    public Task<LoggedActReceipt> WatchAsync(RoomAct.WatchRequest asked, string? person, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(asked);
        var time = _room.Checkpoint.Time;
        var agency = _room.Charter.Agency(Member)
            ?? throw new ClientException(ClientProblem.NotPermitted, $"{Member} is no agency of this room: only agencies watch and search.");
        if (agency.Quota.SearchesPerMonth == 0)
        {
            throw new ClientException(ClientProblem.NotPermitted, $"The charter gives {Member} no searches: have searchesPerMonth raised in its next version.");
        }

        if ((RoomAct.TryParse(asked.ToBytes(), asked.Kind, out _, out var form) ? asked.WhyNot(_room.Charter, agency, time.Opening, time.Expiring) : form) is { } error)
        {
            throw new ClientException(ClientProblem.Usage, error.ToString());
        }

        var subject = asked.Subject;
        return SearchedSubject.From(subject.Kind, subject.Value, subject.Country ?? "", subject.Platform ?? "") is null
            ? throw new ClientException(
                ClientProblem.Usage, "subject.value: does not name one thing: write a telephone number with + and its country, a handle without blanks, an IMO number of seven digits, an account or plate in full.")
            : ActAsync(asked, null, person, cancellationToken);
    }

    /// <summary>Withdraws a watch.</summary>
    /// <exception cref="ClientException">This member has no such watch in the log.</exception>
    public Task<LoggedActReceipt> UnwatchAsync(EntryId watch, string? person, CancellationToken cancellationToken) =>
        _room.State.Act(watch) is { Entry.Kind: ActKind.Watch } act && act.Entry.Author == Member
            ? ActAsync(new RoomAct.WatchWithdrawal(watch), null, person, cancellationToken)
            : throw new ClientException(ClientProblem.NoInput, $"{watch} is no watch of this member: see \"cleanroom watch list\".");

    /// <summary>Own watches and searches, the oldest first; what they say stands in the copies that this profile keeps.</summary>
    public IReadOnlyList<LoggedAct> Watches => [.. _room.State.Acts.Where(act => act.Entry.Author == Member && act.Entry.Kind == ActKind.Watch).OrderBy(act => act.Index)];

    /// <summary>Own watches whose withdrawal this profile has signed.</summary>
    public IReadOnlySet<EntryId> Withdrawn =>
        _room.State.Acts.Where(act => act.Entry.Author == Member && act.Entry.Kind == ActKind.Unwatch).Select(act => ActCopy.Find(_room.Memory, act.Entry.Id)?.Act)
            .OfType<RoomAct.WatchWithdrawal>().Select(act => act.Watch).ToHashSet();

    /// <summary>Gives the act that waits, after checking that the copy says what stands in the log.</summary>
    /// <exception cref="ClientException">No such act waits, or it says something else than the copy.</exception>
    public LoggedAct Verify(ActCopy copy)
    {
        ArgumentNullException.ThrowIfNull(copy);
        var act = Waiting.FirstOrDefault(item => item.Entry.Id == copy.Id)
            ?? throw new ClientException(ClientProblem.NoInput, "No such act of this member waits for a second person: see \"cleanroom disclosure waiting\".");
        var key = _room.State.KeysOf(Member, KeyPurpose.Record).First(key => key.Period == act.Entry.Period);
        return ActSeal.Says(act.Entry, copy.Act, key, copy.Seed.Span)
            ? act
            : throw new ClientException(ClientProblem.VerificationFailed, "The entry in the log says something else than this copy: do not confirm it, and ask who signed it.");
    }

    /// <summary>Signs as the second person, after <see cref="Verify"/>.</summary>
    /// <param name="copy">What the second person was shown.</param>
    /// <param name="person">Who signs; null for the first person with the role who has not signed yet.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<LoggedActReceipt> ConfirmAsync(ActCopy copy, string? person, CancellationToken cancellationToken)
    {
        var act = Verify(copy);
        var roles = RolesOf(act.Entry.Kind);
        var two = ActRules.NeedsTwoRoles(act.Entry.Kind);
        person ??= _room.Profile.People.FirstOrDefault(item =>
                (item.Roles & roles) != PersonRoles.None && item.Person != act.Person && (!two || ActRules.AreTwoRoles(act.Entry.Kind, act.Roles, item.Roles)))?.Person
            ?? throw new ClientException(ClientProblem.NotPermitted, $"The second signature must be another person's: let a colleague with {(two ? "another" : "the")} role confirm.");
        using var key = _room.Profile.OpenPersonKey(roles, person);
        var entry = await _room.AppendAsync(new ConfirmEntry(_room.Room, RoomClient.NewEntryId(), Member, act.LeafHash), key, cancellationToken).ConfigureAwait(false);
        return new LoggedActReceipt(act.Entry.Id, entry.Index, false, null);
    }

    private PersonRoles RolesOf(ActKind kind) => ActRules.RolesOf(kind, _room.Charter.Agency(Member) is not null);

    private async Task<LoggedActReceipt> ActAsync(RoomAct act, EntryId? about, string? person, CancellationToken cancellationToken)
    {
        await _room.SyncAsync(cancellationToken).ConfigureAwait(false);
        _room.RequireInForce();
        var recordKey = _room.State.CurrentKey(Member, KeyPurpose.Record)
            ?? throw new ClientException(ClientProblem.Configuration, $"The log holds no record key of {Member}, to which acts are sealed: run \"cleanroom room register\".");
        if (!_room.Charter.TryFind(Member, out var self) || !ActRules.MayAct(act.Kind, self))
        {
            throw new ClientException(ClientProblem.NotPermitted, $"As {self?.Role ?? "no member"} of this room {Member} cannot do this: see \"cleanroom charter show\" for the roles.");
        }

        using var key = _room.Profile.OpenPersonKey(RolesOf(act.Kind), person);
        var seed = RandomNumberGenerator.GetBytes(ActSeal.SeedSize);
        ActEntry entry;
        try
        {
            entry = ActSeal.Seal(act, _room.Room, RoomClient.NewEntryId(), Member, about, recordKey, seed);
        }
        catch (ArgumentException exception)
        {
            throw new ClientException(ClientProblem.Usage, exception.Message, exception);
        }

        // Before the entry leaves: without the copy nobody could confirm it, nor say later of which record or watch it was.
        var path = ActCopy.PathOf(_room.Memory, entry.Id);
        var second = ActRules.NeedsSecond(act.Kind);
        if (second || act is RoomAct.WatchWithdrawal or RoomAct.ConsentChange or RoomAct.OverrideEnd)
        {
            new ActCopy(entry.Id, act, seed).Write(path);
        }

        CryptographicOperations.ZeroMemory(seed);
        var appended = await _room.AppendAsync(entry, key, cancellationToken).ConfigureAwait(false);
        return new LoggedActReceipt(entry.Id, appended.Index, second, second ? path : null);
    }
}
