using CleanRoom.Charter;
using CleanRoom.Charter.Messages;
using CleanRoom.Charter.Queries;
using CleanRoom.Client;
using CleanRoom.Client.Inbox;
using CleanRoom.Client.Rooms;
using CleanRoom.Client.Uploads;
using CleanRoom.Cryptography;
using CleanRoom.Linkage.Models;
using CleanRoom.Records.Import;
using CleanRoom.Records.V1;
using CleanRoom.Services.Tests.Notification;
using CleanRoom.Services.Tests.Rooms;
using Google.Protobuf;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>What a room of the tests is like.</summary>
internal sealed record RoomShape
{
    public int EpochSeconds { get; init; } = 1;

    public int Slots { get; init; } = 8;

    public int MinimumRecords { get; init; } = 3;

    public TimeSpan Life { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long an instance may hold keys.</summary>
    public RoomDuration KeyLease { get; init; } = RoomDuration.Hours(24);

    public IReadOnlyDictionary<string, int> RecordsPerMonth { get; init; } = new Dictionary<string, int>();

    public string Measurement { get; init; } = Consortium.Measurement;

    /// <summary>Contributors that nobody lists; they list all others.</summary>
    public IReadOnlyList<string> Unlisted { get; init; } = [];

    /// <summary>Queries besides the shipped ones.</summary>
    public IReadOnlyList<QueryDefinition> Queries { get; init; } = [];

    /// <summary>Listings need a second person, as in every new room; nobody has confirmed them when the room is open.</summary>
    public bool TwoPeople { get; init; }

    /// <summary>The shipped queries tell contributors only.</summary>
    public bool SilentToAgencies { get; init; }

    /// <summary>Watches and searches that delta has a month.</summary>
    public int SearchesPerMonth { get; init; } = 1;

    /// <summary>The linkage model that the charter names; null for the shipped one.</summary>
    public Digest? LinkageModel { get; init; }

    /// <summary>Emergencies that a contributor has a month, to delta; null for none.</summary>
    public int? Emergencies { get; init; }

    /// <summary>Two people may override missing consent towards delta.</summary>
    public bool Overrides { get; init; }

    /// <summary>Facts of shared numbers (Q3) are offered after a notice.</summary>
    public bool OffersFacts { get; init; }

    /// <summary>Stand-in of alpha's broker; null for none.</summary>
    public StandInTerms? StandIn { get; init; }

    /// <summary>Decoys that each contributor may have.</summary>
    public int Decoys { get; init; }

    /// <summary>Steward that looks at drawn cases, two of each contributor and quarter, opened within ten days; null for no audits.</summary>
    public MemberProfile? Auditor { get; init; }

    /// <summary>Each contributor is told each quarter of the use of its records.</summary>
    public bool UseStatements { get; init; }

    /// <summary>Other than the consortium's; null for those.</summary>
    public IngestionServer? Ingestion { get; init; }

    public NotificationServer? Notification { get; init; }
}

/// <summary>A row of a contributor's file.</summary>
/// <param name="Reference">The contributor's own.</param>
/// <param name="Email">Of the victim; what links.</param>
/// <param name="DeleteBy">From then on it is not held; null for the charter's ceiling.</param>
/// <param name="Tells">The person agrees that others are told.</param>
internal sealed record Row(string Reference, string Email, DateTimeOffset? DeleteBy = null, bool Tells = true);

/// <summary>A simulated room on the real services; its matching service runs in this process or as one of its own.</summary>
internal sealed class EnclaveRoom : IAsyncDisposable
{
    private static readonly byte[] Manifest = "{}"u8.ToArray();

    private readonly Consortium _consortium;
    private readonly RoomShape _shape;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-matching-");
    private readonly Dictionary<string, RoomClient> _clients = [];

    private EnclaveRoom(Consortium consortium, RoomShape shape) => (_consortium, _shape) = (consortium, shape);

    public RoomId Id { get; } = RoomId.From(RandomUuid.New());

    public RoomCharter Charter { get; private set; } = null!;

    public SignedCharter Signed { get; private set; } = null!;

    public IngestionServer Ingestion => _shape.Ingestion ?? _consortium.Ingestion;

    public NotificationServer Notification => _shape.Notification ?? _consortium.Notification;

    public MatchingServer Matching { get; private set; } = null!;

    public Consortium Consortium => _consortium;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A room that everybody has joined; the matching service is not started.</summary>
    public static async Task<EnclaveRoom> OpenAsync(Consortium consortium, RoomShape? shape = null)
    {
        var room = new EnclaveRoom(consortium, shape ?? new RoomShape());
        room.Matching = new MatchingServer(room._folder.FullName, room);
        var draft = await room.DraftAsync();
        Assert.True(draft.TryBuild(out var charter, out var errors), string.Join('\n', errors));
        room.Charter = charter!;
        room.Signed = room.Sign(charter!);
        _ = await RoomClient.SubmitCharterAsync(consortium.Profiles["alpha"], room.Signed, "", null, Token);
        foreach (var member in Consortium.Brokered)
        {
            _ = await RoomClient.JoinAsync(consortium.Profiles[member], room.Signed, null, Token);
        }

        foreach (var member in Consortium.Brokered)
        {
            var client = await room.ClientAsync(member);
            var others = Consortium.Contributors.Where(other => other != member && !room._shape.Unlisted.Contains(other)).Select(MemberId.Parse).ToList();
            _ = await client.RegisterAsync(member == "delta" ? new Registration() : new Registration { ListContributors = others }, "", Token);
        }

        // A quorum forms without the slowest: tests that say which broker releases begin when each has seen the room.
        foreach (var member in Consortium.Brokered)
        {
            for (var attempt = 0; (await consortium.Brokers[member].RoomAsync(room.Id)).Size == 0; attempt++)
            {
                Assert.True(attempt < 1800, $"{member}'s broker has cosigned nothing.");
                await Task.Delay(100, Token);
            }
        }

        return room;
    }

    public SignedCharter Sign(RoomCharter charter)
    {
        var signed = SignedCharter.Begin(charter);
        foreach (var member in Consortium.Contributors.Where(member => charter.Contributor(MemberId.Parse(member)) is not null))
        {
            using var key = _consortium.Profiles[member].OpenOrganisationKey();
            signed = signed.Approve(key, MemberId.Parse(member));
        }

        return signed;
    }

    /// <summary>Makes the next version of the charter: signed by all, in the log, and known to the brokers of all that it lists.</summary>
    public async Task AmendAsync(CharterDraft draft)
    {
        Assert.True(draft.TryBuild(out var charter, out var errors), string.Join('\n', errors));
        var signed = Sign(charter!);
        _ = await RoomClient.SubmitCharterAsync(_consortium.Profiles["alpha"], signed, "", null, Token);
        foreach (var member in Consortium.Brokered.Where(member => charter!.TryFind(MemberId.Parse(member), out _)))
        {
            _ = await RoomClient.JoinAsync(_consortium.Profiles[member], signed, null, Token);
        }
    }

    public async Task<RoomClient> ClientAsync(string member)
    {
        if (!_clients.TryGetValue(member, out var client))
        {
            _clients[member] = client = await RoomClient.ConnectAsync(_consortium.Profiles[member], Id, null, Token);
        }

        return client;
    }

    /// <summary>The room as a contributor sees it now.</summary>
    public async Task<CleanRoom.Charter.Log.RoomState> StateAsync()
    {
        var client = await ClientAsync("alpha");
        await client.SyncAsync(Token);
        return client.State;
    }

    /// <summary>Uploads a contributor's whole file; what it held before stays as it is.</summary>
    public async Task<UploadResult> UploadAsync(string member, params IReadOnlyList<Row> rows)
    {
        var client = await ClientAsync(member);
        await client.SyncAsync(Token);
        return await new Uploader(client).UploadAsync(Import(rows), Manifest, null, Token);
    }

    /// <summary>Rows as an import gives them: a victim with an e-mail address who agrees to matching and to pointers.</summary>
    public static ImportResult Import(IReadOnlyList<Row> rows)
    {
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        return new ImportResult(
            [.. rows.Select((row, i) =>
            {
                var record = RecordOf(row);
                return new ImportedRow(i + 1, i + 2, record, [], SealDecision.For(record, today), AggregateOnly: false);
            })],
            new QualityReport(), "test", null);
    }

    public static CaseRecord RecordOf(Row row)
    {
        var record = new CaseRecord
        {
            SchemaVersion = "ccr/1",
            RecordId = ByteString.CopyFrom(RandomUuid.New().ToByteArray(bigEndian: true)),
            ContributorRecordRef = row.Reference,
            RecordVersion = 1,
        };
        var person = new Person { PersonKey = "v1", Role = "Victim" };
        person.Identifiers.Add(new Identifier { Kind = "Email", Raw = row.Email, HolderRole = "Victim", HolderPersonKey = "v1" });
        record.Persons.Add(person);
        record.Consents.Add(new Consent { Purpose = "C2_BLIND_MATCH", State = "Granted", ObtainedDay = 1, ExpiresDay = 1 << 20 });
        if (row.Tells)
        {
            record.Consents.Add(new Consent { Purpose = "C3_TELL_NGO", State = "Granted", ObtainedDay = 1, ExpiresDay = 1 << 20 });
        }

        if (row.DeleteBy is { } deleteBy)
        {
            record.Retention = new Retention { DeleteByDay = (int)(deleteBy - DateTimeOffset.UnixEpoch).TotalDays };
        }

        return record;
    }

    /// <summary>Takes what waits in an inbox; an alarm fails the test.</summary>
    public async Task<List<InboxMessage>> ReadInboxAsync(string member)
    {
        var client = await ClientAsync(member);
        await client.SyncAsync(Token);
        var messages = new List<InboxMessage>();

        // What has not come yet is waited for by the caller, however slow the machine is; alarms of time have tests of their own.
        var options = new InboxOptions { DeliveryGrace = TimeSpan.FromMinutes(30), LeastSilence = TimeSpan.FromHours(1) };
        await foreach (var item in new InboxReader(client, options).ReadAsync(follow: false, Token))
        {
            messages.Add(item is InboxEvent.Received { Message: var message } ? message : throw new InvalidOperationException($"{member}: {item}"));
        }

        return messages;
    }

    /// <summary>Reads all inboxes until every number that the log has given out has arrived; then numbers run from 1 without gap but for those that the log declares void.</summary>
    public async Task<Dictionary<string, List<InboxMessage>>> ReadAllAsync(Dictionary<string, List<InboxMessage>>? before = null, int patience = 300)
    {
        var all = before ?? Consortium.Brokered.ToDictionary(member => member, _ => new List<InboxMessage>());
        for (var attempt = 0; ; attempt++)
        {
            var complete = true;
            var state = await StateAsync();
            var expected = state.LastEpoch * Charter.Epochs.SlotsPerMember;
            foreach (var member in Consortium.Brokered)
            {
                all[member].AddRange(await ReadInboxAsync(member));
                complete &= all[member] is [.., var last] && last.Number >= expected;
            }

            if (complete)
            {
                foreach (var (member, messages) in all)
                {
                    var numbers = messages.Select(message => message.Number).ToHashSet();
                    Assert.Equal(messages.Count, numbers.Count);
                    Assert.All(
                        Enumerable.Range(1, (int)messages[^1].Number).Where(number => !numbers.Contains(number)),
                        number => Assert.NotNull(state.VoidThrough(MemberId.Parse(member), number)));
                }

                return all;
            }

            Assert.True(attempt < patience, $"messages are missing: {string.Join(", ", all.Select(pair => $"{pair.Key} {pair.Value.Count}"))} of {expected}");
            await Task.Delay(100, Token);
        }
    }

    /// <summary>Waits for what the log must say soon.</summary>
    public async Task WaitForAsync(Func<CleanRoom.Charter.Log.RoomState, bool> condition, string what, int seconds = 180)
    {
        for (var attempt = 0; attempt < seconds * 10; attempt++)
        {
            if (condition(await StateAsync()))
            {
                return;
            }

            await Task.Delay(100, Token);
        }

        Assert.Fail($"Waited {seconds} s for {what}: the enclave is {await Matching.DescribeAsync()}.");
    }

    /// <summary>Waits until so many epochs that have not begun yet are over.</summary>
    public async Task PassAsync(int epochs)
    {
        var before = (await StateAsync()).LastEpoch;
        await WaitForAsync(state => state.LastEpoch > before + epochs, $"{epochs} more epochs");
    }

    public static IEnumerable<RoomMessage.MatchPointer> Pointers(IEnumerable<InboxMessage> messages) => messages.Select(message => message.Content).OfType<RoomMessage.MatchPointer>();

    public async ValueTask DisposeAsync()
    {
        await Matching.DisposeAsync();
        foreach (var client in _clients.Values)
        {
            client.Dispose();
        }

        _folder.Delete(recursive: true);
    }

    private async Task<CharterDraft> DraftAsync()
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        var draft = CharterDraft.Create(Id, "Enclave (fictional)", simulated: true, now.AddMinutes(-5), now + _shape.Life)
            .Set(new OperatorTerms(
                Ingestion.OperatorKey, new ServiceTerms(Ingestion.Address, Ingestion.Pin), new ServiceTerms(new Uri("https://127.0.0.1:2"), Matching.Pin),
                new ServiceTerms(Notification.Address, Notification.Pin)))
            .Set(new EpochTerms(RoomDuration.Seconds(_shape.EpochSeconds), 3, _shape.MinimumRecords, _shape.Slots, 2048) { UseStatements = _shape.UseStatements })
            .Set(new RetentionTerms(RoomDuration.Months(24), RoomDuration.Days(90), _shape.KeyLease))
            .SetEnclaves(EnclaveTerms.ForSimulation("tests", _shape.Measurement))
            .SetQueries([.. ShippedQueries.All.Select(query => _shape.SilentToAgencies ? query with { Agencies = null } : _shape.OffersFacts && query.Id == "Q3" ? query.WithFacts(FactsRule.Offered) : query), .. _shape.Queries])
            .SetLinkageModel(_shape.LinkageModel ?? RoomModel.Shipped.Digest)
            .SetNeedsSecond(_shape.TwoPeople ? [RoomCharter.ListingNeedsSecond] : []);
        foreach (var member in Consortium.Contributors)
        {
            draft.Put(new ContributorMember(
                MemberId.Parse(member), member, _consortium.Profiles[member].OrganisationKey, await TermsAsync(member), "desk of " + member, now + _shape.Life));
        }

        draft.Put(new AgencyMember(
            MemberId.Parse("delta"), "Delta", _consortium.Profiles["delta"].OrganisationKey, "police_ahtu", ["THA"], ["trafficking"], await _consortium.Brokers["delta"].TermsAsync(), new AgencyQuota(_shape.SearchesPerMonth, 1), 30));
        if (_shape.Auditor is { } auditor)
        {
            draft.Put(new StewardMember(auditor.Member, "Watch", auditor.OrganisationKey)).SetAudits(new AuditTerms(RoomDuration.Days(10), auditor.Member, auditor.InboxKeys[^1].PublicKey, 2));
        }

        _ = draft.SetOverrides(_shape.Overrides ? new OverrideTerms(["LegalDuty", "VitalInterest"], RoomDuration.Days(7), [MemberId.Parse("delta")]) : null);
        _ = draft.SetEmergencies(_shape.Emergencies is { } most ? new EmergencyTerms(most, [MemberId.Parse("delta")]) : null);
        return _shape.RecordsPerMonth.Count == 0 && _shape.Decoys == 0
            ? draft
            : draft.Set(new QuotaTerms(5, _shape.RecordsPerMonth.ToDictionary(pair => MemberId.Parse(pair.Key), pair => pair.Value)) { Decoys = _shape.Decoys });
    }

    private async Task<BrokerTerms> TermsAsync(string member)
    {
        var terms = await _consortium.Brokers[member].TermsAsync();
        return member == "alpha" && _shape.StandIn is { } standIn ? terms with { StandIns = [standIn] } : terms;
    }
}
