using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Queries;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Client.Charters;
using CleanRoom.Client.Rooms;
using CleanRoom.Cryptography;

namespace CleanRoom.Cli.Commands;

internal static class CharterCommands
{
    private static readonly Argument<string> Draft = new("DRAFT") { Description = "File of the draft." };
    private static readonly Argument<string> CharterFile = new("CHARTER") { Description = "File of the charter, signed or a complete draft." };
    private static readonly Argument<string?> AnyCharter = new("CHARTER")
    {
        Description = "File of the charter, signed or a complete draft; without it the newest one that this profile keeps of the room.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Argument<string> Card = new("CARD") { Description = "File of the member's card." };
    private static readonly Argument<string> QueryFile = new("QUERY") { Description = "JSON file as one of the charter's \"queries\"." };
    private static readonly Argument<string> Other = new("OTHER") { Description = "Another copy of the same version." };
    private static readonly Option<string> Title = new("--title") { Description = "Title for people.", Required = true };
    private static readonly Option<bool> Simulated = new("--simulated") { Description = "For trying out and showing; for ever." };
    private static readonly Option<int> Days = new("--days") { Description = "Days of validity.", DefaultValueFactory = _ => 365 };
    private static readonly Option<string?> OperatorFile = new("--operator") { Description = "JSON file as the charter's \"operator\".", HelpName = "FILE" };
    private static readonly Option<string[]> EnclaveFiles = new("--enclave") { Description = "JSON file as one of the charter's \"enclaves\". May be repeated.", HelpName = "FILE" };
    private static readonly Option<string?> Epoch = new("--epoch") { Description = "Length of an epoch, such as PT24H." };
    private static readonly Option<int?> Slots = new("--slots") { Description = "Messages a member and epoch." };
    private static readonly Option<string?> Model = new("--linkage-model") { Description = "File or digest of the linkage model; the one that ships unless named (charter model).", HelpName = "FILE|DIGEST" };
    private static readonly Option<string?> NewModel = new("--linkage-model") { Description = "\"shipped\", or file or digest of another linkage model; that of the version before unless named.", HelpName = "FILE|DIGEST" };
    private static readonly Option<string?> EmergenciesTo = new("--emergencies") { Description = "Agencies that may be warned of an emergency, separated by commas, or none; as in the version before unless named.", HelpName = "AGENCIES" };
    private static readonly Option<int?> EmergenciesPerMonth = new("--emergencies-per-month") { Description = "How many emergencies a contributor has a month; 3 unless named.", HelpName = "N" };
    private static readonly Option<string?> OverridesTo = new("--overrides") { Description = "Agencies towards which two people may override missing consent, separated by commas, or none; as in the version before unless named.", HelpName = "AGENCIES" };
    private static readonly Option<string?> OverridesLongest = new("--overrides-longest") { Description = "The longest that one counts, such as P7D (the default), with --overrides.", HelpName = "DURATION" };
    private static readonly Option<string?> Auditor = new("--auditor") { Description = "Representative or steward that looks at drawn cases, or none; as in the version before unless named.", HelpName = "MEMBER" };
    private static readonly Option<string?> AuditorKey = new("--auditor-key") { Description = "What the auditor's \"audit key\" wrote, with --auditor.", HelpName = "FILE" };
    private static readonly Option<int?> AuditsPerQuarter = new("--audits-per-quarter") { Description = "Records drawn of each contributor and quarter, 1 to 8; 3 unless named.", HelpName = "N" };
    private static readonly Option<string?> AuditWithin = new("--audit-within") { Description = "How long a contributor has to open them, such as P30D (the default), with --auditor.", HelpName = "DURATION" };
    private static readonly Option<string?> FactsBy = new("--facts") { Description = "How agencies come to the facts of a query, such as Q3=offered,Q6=auto: on-release (they ask), offered (contributors are asked by themselves), auto (Q5 to Q7; without a signature where it may be); as in the version before unless named.", HelpName = "QUERY=RULE" };
    private static readonly Option<string?> ListingsBy = new("--listings-by") { Description = "How many people of a contributor must sign to list more: one or two; as in the version before unless named.", HelpName = "one|two" };
    private static readonly Option<string> Out = new("--out") { Description = "File to write.", HelpName = "FILE", Required = true };
    private static readonly Option<string?> Parent = new("--parent") { Description = "Signed charter of the version before.", HelpName = "FILE" };
    private static readonly Option<string> Role = new("--role") { Description = "contributor, agency, representative or steward.", Required = true };
    private static readonly Option<string> Name = new("--name") { Description = "Name for people.", Required = true };
    private static readonly Option<string?> Desk = new("--desk") { Description = "Whom others ask (contributors)." };
    private static readonly Option<int> ApprovalDays = new("--approval-days") { Description = "Days until the approval expires (contributors).", DefaultValueFactory = _ => 180 };
    private static readonly Option<string?> Kind = new("--kind") { Description = "Code of the list consentRecipientClass (agencies)." };
    private static readonly Option<string[]> Jurisdictions = new("--jurisdiction") { Description = "ISO 3166-1 alpha-3 code (agencies). May be repeated." };
    private static readonly Option<string[]> Mandates = new("--mandate") { Description = "Mandate (agencies). May be repeated." };
    private static readonly Option<string?> SpeaksFor = new("--speaks-for") { Description = "survivors or workers (representatives).", HelpName = "GROUP" };
    private static readonly Option<string?> BrokerTls = new("--broker-tls") { Description = "Id of the broker's TLS key; its identity command prints it." };

    private static readonly Option<string[]> StandIns = new("--stand-in")
    {
        Description = "A second broker that releases the keys while the own one is away: its address and the id of its TLS key. At most 2, in the order in which they are asked.",
        HelpName = "https://HOST:PORT=KEYID",
    };

    public static Command Create()
    {
        var init = new Command("init", "Begin a charter: version 1 of a new room, as a draft.") { Draft, Title, Simulated, Days, OperatorFile, EnclaveFiles, Epoch, Slots, Model };
        init.Handle(Init);
        var card = new Command("card", "Make this member's card for the steward; asks the own broker (--broker, --broker-tls) for its keys.")
        {
            Card, Role, Name, Desk, ApprovalDays, Kind, Jurisdictions, Mandates, SpeaksFor, BrokerTls, StandIns,
        };
        card.Handle(MakeCardAsync);
        var add = new Command("add-member", "Put a member's card into a draft, in the place of an older one.") { Draft, Card };
        add.Handle(AddMember);
        var query = new Command("add-query", "Put a query into a draft, in the place of an older one: what agencies may watch or search, too (samples/queries).") { Draft, QueryFile };
        query.Handle(AddQuery);
        var propose = new Command("propose", "Begin the next version as a draft.") { CharterFile, Out, NewModel, ListingsBy, EmergenciesTo, EmergenciesPerMonth, OverridesTo, OverridesLongest, Auditor, AuditorKey, AuditsPerQuarter, AuditWithin, FactsBy };
        propose.Handle(Propose);
        var show = new Command("show", "Show a charter and who has signed it; with --parent also what it changes.") { AnyCharter, Parent };
        show.Handle(call => Show(call, call.Get(AnyCharter), verify: false));
        var sign = new Command("sign", "Sign a charter with the organisation key. Read it first.") { CharterFile };
        sign.Handle(Sign);
        var merge = new Command("merge", "Take over the approvals of another copy.") { CharterFile, Other };
        merge.Handle(Merge);
        var verify = new Command("verify", "Verify a charter: every rule, every signature.") { AnyCharter, Parent };
        verify.Handle(call => Show(call, call.Get(AnyCharter), verify: true));
        var submit = new Command("submit", "Put a signed charter into the room's log: version 1 makes the room.") { CharterFile };
        submit.Handle(SubmitAsync);
        var veto = new Command("veto", "Forbid a version that is not in the log yet.") { CharterFile };
        veto.Handle(VetoAsync);
        var schema = new Command("schema", "Show the JSON Schema of a charter's queries, for an editor or a generator. Offline.");
        schema.Handle(ShowSchema);
        return new Command("charter", "Charters: drafts, signatures, versions.") { init, card, add, query, schema, propose, show, sign, merge, verify, submit, veto, RecoverCommands.Create(), LinkageModelCommand.Create() };
    }

    private static int Init(Call call)
    {
        var now = Call.Time.GetUtcNow();
        var draft = CharterDraft.Create(RoomId.From(RandomUuid.New()), call.Get(Title), call.Get(Simulated), now, now.AddDays(call.Get(Days)));
        var json = JsonNode.Parse(draft.ToBytes())!.AsObject();
        if (call.Get(OperatorFile) is { } operatorFile)
        {
            json["operator"] = ReadObject(operatorFile);
        }

        if (call.Get(EnclaveFiles) is { Length: > 0 } enclaves)
        {
            json["enclaves"] = new JsonArray([.. enclaves.Select(ReadObject)]);
        }

        if (call.Get(Epoch) is { } epoch)
        {
            json["epochs"]!["length"] = RoomDuration.TryParse(epoch, out var length)
                ? length.ToString()
                : throw new ClientException(ClientProblem.Usage, "--epoch must be one ISO 8601 duration such as PT24H.");
        }

        if (call.Get(Slots) is { } slots)
        {
            json["epochs"]!["slotsPerMember"] = slots;
        }

        json["linkageModel"] = LinkageModelCommand.Read(call.Get(Model)).ToString();

        _ = CharterDraft.TryParse(JsonSerializer.SerializeToUtf8Bytes(json), out draft);
        if (File.Exists(call.Get(Draft)))
        {
            throw new ClientException(ClientProblem.CannotCreate, $"{call.Get(Draft)} exists: name another file.");
        }

        CharterFiles.WriteDraft(call.Get(Draft), draft!);
        return Drafted(call, call.Get(Draft), draft!);
    }

    private static async Task<int> MakeCardAsync(Call call)
    {
        var profile = call.Profile();
        var now = Call.Time.GetUtcNow();
        CharterMember member;
        if (call.Get(Role) == "steward")
        {
            member = new StewardMember(profile.Member, call.Get(Name), profile.OrganisationKey);
        }
        else if (call.Get(Role) == "representative")
        {
            member = call.Get(SpeaksFor) is { } group && RepresentativeMember.Groups.Contains(group)
                ? new RepresentativeMember(profile.Member, call.Get(Name), profile.OrganisationKey, group)
                : throw new ClientException(ClientProblem.Usage, $"A representative needs --speaks-for: {string.Join(" or ", RepresentativeMember.Groups)}.");
        }
        else
        {
            var endpoint = call.Endpoints.Broker ?? throw new ClientException(ClientProblem.Usage, "Name the own broker with --broker and --broker-tls.");
            using var broker = BrokerClient.Connect(profile, endpoint, Call.Key(call.Get(BrokerTls), "--broker-tls"));
            var standIns = new List<StandInTerms>();
            foreach (var text in call.Get(StandIns) ?? [])
            {
                standIns.Add(await AskStandInAsync(call, profile, text).ConfigureAwait(false));
            }

            var terms = (await broker.GetIdentityAsync(call.Token).ConfigureAwait(false)).ToTerms(endpoint) with { StandIns = standIns };
            member = call.Get(Role) switch
            {
                "contributor" => new ContributorMember(
                    profile.Member, call.Get(Name), profile.OrganisationKey, terms,
                    call.Get(Desk) ?? throw new ClientException(ClientProblem.Usage, "A contributor needs --desk: whom others ask."),
                    DateTimeOffset.FromUnixTimeSeconds(now.AddDays(call.Get(ApprovalDays)).ToUnixTimeSeconds())),
                "agency" => new AgencyMember(
                    profile.Member, call.Get(Name), profile.OrganisationKey,
                    call.Get(Kind) ?? throw new ClientException(ClientProblem.Usage, "An agency needs --kind."),
                    call.Get(Jurisdictions) ?? [], call.Get(Mandates) ?? [], terms, new AgencyQuota(50, 20), 30),
                _ => throw new ClientException(ClientProblem.Usage, "--role must be contributor, agency, representative or steward."),
            };
        }

        MemberCard.Write(call.Get(Card), member);
        call.Screen.Result(
            new JsonObject { ["card"] = call.Get(Card), ["member"] = member.Id.Value, ["role"] = member.Role, ["organisationKey"] = member.OrganisationKey.Id.ToString() },
            null,
            () => call.Screen.Line($"{call.Get(Card)}: {member.Role} {member.Id}. Tell the steward the key id by another way: {member.OrganisationKey.Id}"));
        return ExitCodes.Ok;
    }

    private static async Task<StandInTerms> AskStandInAsync(Call call, MemberProfile profile, string text)
    {
        var split = text.LastIndexOf('=');
        var endpoint = Call.Address(split < 0 ? "" : text[..split], "--stand-in");
        using var broker = BrokerClient.Connect(profile, endpoint, Call.Key(text[(split + 1)..], "What stands behind = in --stand-in"));
        return (await broker.GetIdentityAsync(call.Token).ConfigureAwait(false)).ToStandIn(endpoint);
    }

    private static int AddMember(Call call)
    {
        var draft = CharterFiles.ReadDraft(call.Get(Draft));
        var member = MemberCard.Read(call.Get(Card));
        CharterFiles.WriteDraft(call.Get(Draft), draft.Put(member));
        return Drafted(call, call.Get(Draft), draft);
    }

    private static int AddQuery(Call call)
    {
        var draft = CharterFiles.ReadDraft(call.Get(Draft));
        CharterFiles.WriteDraft(call.Get(Draft), draft.PutQuery(ReadObject(call.Get(QueryFile)).AsObject()));
        return Drafted(call, call.Get(Draft), draft);
    }

    private static int Propose(Call call)
    {
        var charter = CharterFiles.Read(call.Get(CharterFile)).Charter;
        var draft = CharterDraft.After(charter);
        switch (call.Get(ListingsBy))
        {
            case null:
                break;
            case "one":
                draft = draft.SetNeedsSecond();
                break;
            case "two":
                draft = draft.SetNeedsSecond(RoomCharter.ListingNeedsSecond);
                break;
            default:
                throw new ClientException(ClientProblem.Usage, "--listings-by must be one or two.");
        }

        if (call.Get(EmergenciesTo) is { } agencies)
        {
            draft = draft.SetEmergencies(agencies == "none" ? null : new EmergencyTerms(
                call.Get(EmergenciesPerMonth) ?? 3, [.. agencies.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Call.Member)]));
        }
        else if (call.Get(EmergenciesPerMonth) is { } most)
        {
            draft = draft.SetEmergencies(new EmergencyTerms(
                most, charter.Emergencies?.Recipients ?? throw new ClientException(ClientProblem.Usage, "--emergencies-per-month: name with --emergencies who may be warned.")));
        }

        if (call.Get(OverridesTo) is { } towards)
        {
            draft = draft.SetOverrides(towards == "none" ? null : new OverrideTerms(
                RoomAct.Override.KnownBases,
                RoomDuration.TryParse(call.Get(OverridesLongest) ?? "P7D", out var longest) ? longest : throw new ClientException(ClientProblem.Usage, "--overrides-longest must be a duration such as P7D."),
                [.. towards.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Call.Member)]));
        }

        if (call.Get(Auditor) is { } auditor)
        {
            draft = draft.SetAudits(auditor == "none" ? null : new AuditTerms(
                RoomDuration.TryParse(call.Get(AuditWithin) ?? "P30D", out var within) ? within : throw new ClientException(ClientProblem.Usage, "--audit-within must be a duration such as P30D."),
                Call.Member(auditor),
                call.Get(AuditorKey) is { } keyFile && HpkePublicKey.TryFromJwk(ReadObject(keyFile).ToJsonString(), out var auditorKey)
                    ? auditorKey
                    : throw new ClientException(ClientProblem.Usage, "--auditor-key must name the file that the auditor's \"cleanroom audit key\" wrote."),
                call.Get(AuditsPerQuarter) ?? 3));
        }
        else if (call.Get(AuditsPerQuarter) is { } perQuarter)
        {
            draft = draft.SetAudits(charter.Audits is { } known
                ? known with { PerQuarter = perQuarter }
                : throw new ClientException(ClientProblem.Usage, "--audits-per-quarter: name with --auditor who looks at the cases."));
        }

        foreach (var pair in (call.Get(FactsBy) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            draft = pair.Split('=') is [var query, var rule] && OfferedFacts.TryParse(rule, out var facts) && charter.Queries.FirstOrDefault(known => known.Id == query) is { Kind: QueryKind.Match, Agencies: not null } found
                ? draft.PutQuery(found.WithFacts(facts))
                : throw new ClientException(ClientProblem.Usage, "--facts must name queries of the charter that tell agencies, each with on-release, offered or auto: Q3=offered,Q6=auto.");
        }

        if (call.Get(NewModel) is { } model)
        {
            draft = draft.SetLinkageModel(LinkageModelCommand.Read(model == "shipped" ? null : model));
        }

        CharterFiles.WriteDraft(call.Get(Out), draft);
        return Drafted(call, call.Get(Out), draft);
    }

    private static int Drafted(Call call, string path, CharterDraft draft)
    {
        var complete = draft.TryBuild(out var charter, out var errors);
        var simulated = JsonNode.Parse(draft.ToBytes())?["simulated"] is JsonValue label && label.TryGetValue<bool>(out var value) ? value : (bool?)null;
        call.Screen.Result(
            new JsonObject
            {
                ["draft"] = path,
                ["complete"] = complete,
                ["charter"] = charter?.Hash.ToString(),
                ["missing"] = new JsonArray([.. errors.Select(error => (JsonNode)error.ToString())]),
            },
            simulated,
            () =>
            {
                call.Screen.Line(complete ? $"{path}: complete, {charter!.Hash}" : $"{path}: not complete yet");
                foreach (var error in errors)
                {
                    call.Screen.Line("  " + error);
                }
            });
        return ExitCodes.Ok;
    }

    private static int Sign(Call call)
    {
        var profile = call.Profile();
        var signed = CharterFiles.Sign(call.Get(CharterFile), profile, call.Passphrase());
        call.Screen.Result(
            new JsonObject { ["charter"] = signed.Charter.Hash.ToString(), ["version"] = signed.Charter.Version, ["member"] = profile.Member.Value },
            signed.Charter.Simulated,
            () => call.Screen.Line($"{profile.Member} has signed version {signed.Charter.Version}: {signed.Charter.Hash}"));
        return ExitCodes.Ok;
    }

    private static int Merge(Call call)
    {
        var charter = CharterFiles.Read(call.Get(CharterFile));
        var other = CharterFiles.Read(call.Get(Other));
        if (other.Charter.Hash != charter.Charter.Hash)
        {
            throw new ClientException(ClientProblem.BadData, "The two files hold different charters: only copies of one version can be merged.");
        }

        CharterFiles.Write(call.Get(CharterFile), charter.Merge(other));
        return Show(call, call.Get(CharterFile), verify: false);
    }

    private static SignedCharter Kept(Call call)
    {
        var profile = call.Profile();
        var room = call.Room(profile);
        return profile.OpenRoom(room).FindCharter()
            ?? throw new ClientException(ClientProblem.Configuration, $"{profile.Member} has not joined room {room}: name the file of the charter.");
    }

    private static int Show(Call call, string? path, bool verify)
    {
        var signed = path is null ? Kept(call) : CharterFiles.Read(path);
        call.Screen.Banner(signed.Charter.Simulated);
        var parent = call.Get(Parent) is { } parentPath ? CharterFiles.Read(parentPath) : null;
        var charter = signed.Charter;
        var verdict = signed.Check(parent?.Charter);
        var judged = parent is not null || charter.Version == 1;
        var changes = parent is null ? [] : CharterDiff.Describe(parent.Charter, charter);
        var expired = Call.Time.GetUtcNow() >= charter.Expires;
        var json = new JsonObject
        {
            ["charter"] = charter.Hash.ToString(),
            ["room"] = charter.Room.ToString(),
            ["version"] = charter.Version,
            ["title"] = charter.Title,
            ["validFrom"] = ProtocolTime.Write(charter.ValidFrom),
            ["expires"] = ProtocolTime.Write(charter.Expires),
            ["expired"] = expired,
            ["members"] = new JsonArray([.. charter.Members.Select(member => new JsonObject
            {
                ["id"] = member.Id.Value,
                ["role"] = member.Role,
                ["name"] = member.Name,
                ["organisationKey"] = member.OrganisationKey.Id.ToString(),
                ["signed"] = SignedBy(signed, verdict, member.Id),
            })]),
            ["queries"] = new JsonArray([.. charter.Queries.Select(query => (JsonNode)query.Id)]),
            ["impact"] = new JsonObject(charter.Queries.Where(query => query.Impact is not null).Select(query => KeyValuePair.Create(query.Id, (JsonNode?)query.Impact))),
            ["representatives"] = new JsonArray([.. charter.Representatives.Select(member => new JsonObject { ["id"] = member.Id.Value, ["speaksFor"] = member.SpeaksFor })]),
            ["needsSecond"] = new JsonArray([.. charter.NeedsSecond.Select(type => (JsonNode)type)]),
            ["facts"] = new JsonObject(charter.Queries.Where(query => query is { Kind: QueryKind.Match, Agencies: not null }).Select(query => KeyValuePair.Create(query.Id, (JsonNode?)OfferedFacts.WordOf(query.Agencies!.Facts)))),
            ["overrides"] = charter.Overrides is { } allowed
                ? new JsonObject
                {
                    ["bases"] = new JsonArray([.. allowed.Bases.Select(basis => (JsonNode)basis)]),
                    ["longest"] = allowed.Longest.ToString(),
                    ["recipients"] = new JsonArray([.. allowed.Recipients.Select(id => (JsonNode)id.Value)]),
                }
                : null,
            ["emergencies"] = charter.Emergencies is { } terms
                ? new JsonObject { ["perMonth"] = terms.PerMonth, ["recipients"] = new JsonArray([.. terms.Recipients.Select(id => (JsonNode)id.Value)]) }
                : null,
            ["audits"] = charter.Audits is { } audits
                ? new JsonObject { ["answerWithin"] = audits.AnswerWithin.ToString(), ["auditor"] = audits.Auditor.Value, ["key"] = audits.Key.Id.ToString(), ["perQuarter"] = audits.PerQuarter }
                : null,
            ["linkageModel"] = charter.LinkageModel.ToString(),
            ["quorum"] = charter.Quorum,
            ["changes"] = new JsonArray([.. changes.Select(change => (JsonNode)change)]),
            ["missing"] = new JsonArray([.. verdict.Missing.Select(member => (JsonNode)member.Value)]),
            ["invalid"] = new JsonArray([.. verdict.Invalid.Select(member => (JsonNode)member.Value)]),
            ["takesOver"] = judged ? verdict.TakesOver : null,
            ["refusal"] = judged ? verdict.Refusal.ToString() : null,
        };
        var problem = !verify ? null : Problem(charter, verdict, judged, expired);
        if (problem is not null)
        {
            return call.Screen.Error((int)problem.Problem, problem.Problem.ToString(), problem.Message);
        }

        call.Screen.Result(json, charter.Simulated, () => Human(call, signed, verdict, changes, judged, expired));
        return ExitCodes.Ok;
    }

    private static ClientException? Problem(RoomCharter charter, CharterVerdict verdict, bool judged, bool expired) => verdict switch
    {
        _ when expired => new ClientException(
            ClientProblem.VerificationFailed, $"The charter expired on {ProtocolTime.Write(charter.Expires)}: propose the next version and have every contributor sign it."),
        { Invalid.Count: > 0 } => new ClientException(
            ClientProblem.VerificationFailed, $"The approval of {verdict.Invalid[0]} does not verify: have it signed again."),
        { Missing.Count: > 0 } => new ClientException(
            ClientProblem.VerificationFailed, $"Not signed by {string.Join(", ", verdict.Missing)}: all of them must sign before it is in force."),
        { TakesOver: false } when judged => new ClientException(
            ClientProblem.VerificationFailed, $"The charter does not follow the version given ({verdict.Refusal}): compare version number, parent and room."),
        _ when !judged => new ClientException(
            ClientProblem.DecisionNeeded, $"The signatures verify; whether version {charter.Version} follows the one in force needs that one: name it with --parent."),
        _ => null,
    };

    private static void Human(Call call, SignedCharter signed, CharterVerdict verdict, IReadOnlyList<string> changes, bool judged, bool expired)
    {
        var charter = signed.Charter;
        call.Screen.Line($"{charter.Title}: version {charter.Version} of room {charter.Room}");
        call.Screen.Line($"  {charter.Hash}");
        call.Screen.Line($"  valid {ProtocolTime.Write(charter.ValidFrom)} to {ProtocolTime.Write(charter.Expires)}{(expired ? " (expired)" : "")}, {charter.Quorum} of {charter.Witnesses.Count} witnesses");
        call.Screen.Line($"  purposes: {string.Join(", ", charter.Purposes.Allowed)}; never: {string.Join(", ", charter.Purposes.Forbidden)}");
        call.Screen.Line($"  queries: {string.Join(", ", charter.Queries.Select(query => query.Id))}");
        foreach (var query in charter.Queries)
        {
            call.Screen.Line($"    {query.Id}: {query.Impact ?? "nobody has said what it may do to the people concerned"}");
        }

        call.Screen.Line(charter.Representatives.Count == 0
            ? "  nobody signs for survivors or workers"
            : $"  no version without: {string.Join(", ", charter.Representatives.Select(member => $"{member.Id} (for {member.SpeaksFor})"))}");
        call.Screen.Line(charter.NeedsSecond.Contains(RoomCharter.ListingNeedsSecond)
            ? "  who may learn of a contributor's records: two of its people"
            : "  who may learn of a contributor's records: one of its people (--listings-by two asks for two, in the next version)");
        call.Screen.Line(charter.Emergencies is { } terms
            ? $"  may be warned of an emergency: {string.Join(", ", terms.Recipients)}; {terms.PerMonth} a month from each contributor"
            : "  nobody may be warned of an emergency");
        var follow = charter.Queries.Where(query => query.Agencies is { Facts: not FactsRule.OnRelease }).Select(query => $"{query.Id} {OfferedFacts.WordOf(query.Agencies!.Facts)}").ToList();
        call.Screen.Line(follow.Count == 0 ? "  agencies get facts on request only" : $"  facts that may follow a notice without a request: {string.Join(", ", follow)}");
        call.Screen.Line(charter.Overrides is { } allowed
            ? $"  two people may override missing consent towards {string.Join(", ", allowed.Recipients)}: {string.Join(", ", allowed.Bases)}, at most {allowed.Longest}"
            : "  nothing overrides a consent");
        call.Screen.Line(charter.Audits is { } audits
            ? $"  random audits: {audits.PerQuarter} records of each contributor and quarter, for {audits.Auditor} (key {audits.Key.Id}), to be opened within {audits.AnswerWithin}"
            : "  no random audits");
        call.Screen.Line($"  linkage model: {charter.LinkageModel}");
        call.Screen.Line($"    {LinkageModelCommand.NameOf(charter.LinkageModel)}");
        call.Screen.Line($"  epochs of {charter.Epochs.Length}, {charter.Epochs.SlotsPerMember} messages of {charter.Epochs.MessageBytes} bytes a member{(charter.Epochs.UseStatements ? "; each contributor is told each quarter, in bands, what was done with its records" : "")}");
        call.Screen.Table(
            ["member", "role", "name", "signed"],
            charter.Members.Select(member => (IReadOnlyList<string>)[member.Id.Value, member.Role, member.Name, SignedBy(signed, verdict, member.Id)]));
        foreach (var change in changes)
        {
            call.Screen.Line("  changed: " + change);
        }

        if (judged)
        {
            call.Screen.Line(verdict.TakesOver ? "All that must sign have signed." : $"Not in force: {verdict.Refusal}.");
        }
    }

    private static string SignedBy(SignedCharter signed, CharterVerdict verdict, MemberId member) => signed.Approvals.ContainsKey(member) switch
    {
        true when verdict.Invalid.Contains(member) => "invalid",
        true => "yes",
        false => verdict.Missing.Contains(member) ? "missing" : "not needed",
    };

    private static async Task<int> SubmitAsync(Call call)
    {
        var profile = call.Profile();
        var charter = CharterFiles.Read(call.Get(CharterFile));
        call.Screen.Banner(charter.Charter.Simulated);
        var entry = await RoomClient.SubmitCharterAsync(profile, charter, call.Passphrase(), call.Endpoints, call.Token).ConfigureAwait(false);
        call.Screen.Result(
            new JsonObject { ["room"] = charter.Charter.Room.ToString(), ["version"] = charter.Charter.Version, ["index"] = entry.Index, ["existed"] = entry.Existed },
            charter.Charter.Simulated,
            () => call.Screen.Line($"Version {charter.Charter.Version} stands at {entry.Index} in the log of room {charter.Charter.Room}{(entry.Existed ? " (it did before)" : "")}."));
        return ExitCodes.Ok;
    }

    private static int ShowSchema(Call call)
    {
        call.Screen.Result(JsonNode.Parse(QuerySchema.Text)!.AsObject(), null, () => call.Screen.Line(QuerySchema.Text.TrimEnd()));
        return ExitCodes.Ok;
    }

    private static async Task<int> VetoAsync(Call call)
    {
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        var charter = CharterFiles.Read(call.Get(CharterFile)).Charter;
        var entry = await room.VetoAsync(charter, call.Passphrase(), call.Token).ConfigureAwait(false);
        call.Screen.Result(
            new JsonObject { ["charter"] = charter.Hash.ToString(), ["version"] = charter.Version, ["index"] = entry.Index },
            room.Simulated,
            () => call.Screen.Line($"Version {charter.Version} is vetoed (position {entry.Index})."));
        return ExitCodes.Ok;
    }

    private static JsonNode ReadObject(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(path)) as JsonObject
                ?? throw new ClientException(ClientProblem.BadData, $"{path} is not a JSON object: compare it with the charter's form in docs/protocol.md.");
        }
        catch (JsonException exception)
        {
            throw new ClientException(ClientProblem.BadData, $"{path} is not JSON: compare it with the charter's form in docs/protocol.md.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ClientException(ClientProblem.NoInput, $"{path} cannot be read: check the path and your permissions.", exception);
        }
    }
}
