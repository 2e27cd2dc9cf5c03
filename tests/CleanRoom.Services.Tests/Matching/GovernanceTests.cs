using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Consent;
using CleanRoom.Charter.Disclosure;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Client.Acts;
using CleanRoom.Client.Inbox;
using CleanRoom.Client.Rooms;
using CleanRoom.Client.Uploads;
using CleanRoom.Records.Import;
using CleanRoom.Records.V1;
using Person = CleanRoom.Records.V1.Person;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>What people decide after a match, on the real services: withdrawal, review, disclosure; also after a restart of the enclave.</summary>
[Collection(EnclaveTests.Name)]
public sealed class GovernanceTests(Consortium consortium)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Consent_Withdrawn_IsTakenBackFromWhoWasTold_AndToldAgainOnceThePersonAgreesAnew()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        foreach (var member in (string[])["alpha", "bravo", "charlie"])
        {
            await room.UploadAsync(member, new Row(member + "1", member == "charlie" ? "two@example.org" : "one@example.org"));
        }

        await room.Matching.StartAsync();
        var all = await ReadUntilAsync(room, inboxes => EnclaveRoom.Pointers(inboxes["bravo"]).Any() && EnclaveRoom.Pointers(inboxes["alpha"]).Any());
        var told = Assert.Single(EnclaveRoom.Pointers(all["bravo"])).Match;
        Assert.Single(EnclaveRoom.Pointers(all["alpha"]));

        // alpha's person withdraws C3: bravo knew because of her, and must forget; alpha knows because of bravo's person, and keeps its pointer.
        var acts = new RoomActs(await room.ClientAsync("alpha"));
        _ = await acts.ChangeConsentAsync("alpha1", new RoomAct.ConsentChange(default, "C3_TELL_NGO", false, null, "", [], []), null, Token);
        all = await ReadUntilAsync(room, inboxes => Withdrawals(inboxes["bravo"]).Any(), all);
        Assert.Equal(told, Assert.Single(Withdrawals(all["bravo"])).Match);
        Assert.Empty(Withdrawals(all["alpha"]));

        // A restart remembers it: the next instance computes the same and tells nobody twice.
        await room.Matching.StopAsync();
        await room.Matching.StartAsync();
        await room.Matching.RunningAsync();
        _ = await acts.ChangeConsentAsync(
            "alpha1", new RoomAct.ConsentChange(default, "C3_TELL_NGO", true, DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds()).AddYears(1), "2026-1", [], []), null, Token);
        // It counts from the end of an epoch on, and is compared again with the next one that is large enough.
        await room.PassAsync(1);
        foreach (var member in (string[])["bravo", "charlie", "echo"])
        {
            await room.UploadAsync(member, [.. member == "echo" ? [] : new[] { new Row(member + "1", member == "charlie" ? "two@example.org" : "one@example.org") }, new Row(member + "9", member + "9@example.org")]);
        }

        all = await ReadUntilAsync(room, inboxes => EnclaveRoom.Pointers(inboxes["bravo"]).Count() > 1, all);
        Assert.Equal([told, told], EnclaveRoom.Pointers(all["bravo"]).Select(pointer => pointer.Match));
        Assert.Single(Withdrawals(all["bravo"]));
        Assert.Single(EnclaveRoom.Pointers(all["alpha"]));
    }

    [Fact]
    public async Task Review_ReleasedByOneSide_GivesTheOtherItsPointer_AndWrongTakesAllBack()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        await UploadAsync(room, "alpha", Marked(EnclaveRoom.RecordOf(new Row("a1", "one@example.org")), "RISK_TO_LIFE", "SMALL_COMMUNITY"));
        await room.UploadAsync("bravo", new Row("b1", "one@example.org"));
        await room.UploadAsync("charlie", new Row("c1", "two@example.org"));
        await room.Matching.StartAsync();
        var all = await ReadUntilAsync(room, inboxes => Reviews(inboxes["alpha"]).Any() && Reviews(inboxes["bravo"]).Any());
        Assert.Empty(EnclaveRoom.Pointers(all["alpha"]).Concat(EnclaveRoom.Pointers(all["bravo"])));

        // That a life is at risk is told to the side whose record says so, and not yet to the other.
        Assert.True(Reviews(all["alpha"]).Single().IsUrgent);
        Assert.False(Reviews(all["bravo"]).Single().IsUrgent);

        _ = await new RoomActs(await room.ClientAsync("alpha")).AnswerAsync(Reviews(all["alpha"]).Single().Match, MatchVerdict.Release, null, Token);
        all = await ReadUntilAsync(room, inboxes => EnclaveRoom.Pointers(inboxes["bravo"]).Any(), all);
        Assert.Equal("alpha", Assert.Single(EnclaveRoom.Pointers(all["bravo"])).Counterpart!.Member.Value);
        Assert.Empty(EnclaveRoom.Pointers(all["alpha"]));

        _ = await new RoomActs(await room.ClientAsync("bravo")).AnswerAsync(EnclaveRoom.Pointers(all["bravo"]).Single().Match, MatchVerdict.Wrong, null, Token);
        all = await ReadUntilAsync(room, inboxes => Withdrawals(inboxes["alpha"]).Any() && Withdrawals(inboxes["bravo"]).Any(), all);
        Assert.Equal(Reviews(all["alpha"]).Single().Match, Withdrawals(all["alpha"]).Single().Match);
    }

    [Fact]
    public async Task Disclosure_FromNoticeToOutcome_GivesExactlyTheGrantedFieldsToTwoOfficersWord()
    {
        await using var room = await OpenWithSuspectsAsync(consortium);
        await room.Matching.StartAsync();
        var all = await ReadUntilAsync(room, inboxes => inboxes["delta"].Any(message => message.Content is RoomMessage.Notice));
        var notice = all["delta"].Select(message => message.Content).OfType<RoomMessage.Notice>().First(item => item.Link == "SamePhone");
        var desk = notice.Ask.First(item => item.Member.Value == "alpha").Member;

        var agency = new RoomActs(await room.ClientAsync("delta"));
        var asked = new RoomAct.DisclosureRequest(
            notice.Match, desk, "Code of procedure, section 12", "investigation-of-traffickers", "77/2026", ["suspects.identifiers", "suspects.names", "victims.names"], Whole(20));
        var request = await agency.RequestAsync(asked, "o1", Token);
        await Assert.ThrowsAnyAsync<Exception>(() => agency.ConfirmAsync(ActCopy.Read(request.CopyPath!), "o1", Token));
        _ = await agency.ConfirmAsync(ActCopy.Read(request.CopyPath!), "o2", Token);
        all = await ReadUntilAsync(room, inboxes => Of<RoomMessage.Request>(inboxes["alpha"]).Any(), all);
        var shown = Of<RoomMessage.Request>(all["alpha"]).Single();
        Assert.Equal(("s1", "delta", "77/2026"), (shown.Own, shown.Agency.Value, shown.CaseNumber));
        Assert.Equal(asked.Fields, shown.Fields);

        // Another contributor's two people cannot decide; alpha's grant two of three fields.
        var others = new RoomActs(await room.ClientAsync("bravo"));
        var usurped = await others.DecideAsync(request.Id, new RoomAct.DisclosureDecision(["suspects.names", "victims.names"], "NotNecessary"), "p1", Token);
        _ = await others.ConfirmAsync(ActCopy.Read(usurped.CopyPath!), null, Token);
        var owner = new RoomActs(await room.ClientAsync("alpha"));
        var decision = await owner.DecideAsync(request.Id, new RoomAct.DisclosureDecision(["suspects.identifiers", "suspects.names"], "PersonRefuses"), "p1", Token);
        Assert.Single(owner.Waiting);
        await Task.Delay(2500, Token);
        all = await room.ReadAllAsync(all);
        Assert.Empty(Of<RoomMessage.Disclosed>(all["delta"]));
        _ = await owner.ConfirmAsync(ActCopy.Read(decision.CopyPath!), null, Token);
        all = await ReadUntilAsync(room, inboxes => Of<RoomMessage.Disclosed>(inboxes["delta"]).Any(), all);
        var facts = Of<RoomMessage.Disclosed>(all["delta"]).SelectMany(item => item.Facts).Select(fact => (fact.Field, fact.Text));
        Assert.Equal([("suspects.identifiers", "Phone, +66 81 234 5678"), ("suspects.names", "Hia Chai of alpha")], facts);
        Assert.Equal(
            [DisclosureState.UnderReview, DisclosureState.PartlyGranted, DisclosureState.Disclosed], Of<RoomMessage.Status>(all["delta"]).Select(status => status.State));
        Assert.True((await room.StateAsync()).IsDisclosed(request.Id));

        // The next instance has the same book: nothing comes twice, the outcome finds its request.
        await room.Matching.StopAsync();
        await room.Matching.StartAsync();
        await room.Matching.RunningAsync();
        _ = await agency.ReportAsync(request.Id, new RoomAct.DisclosureOutcome("EnquiryOpened"), null, Token);
        all = await ReadUntilAsync(room, inboxes => Of<RoomMessage.Outcome>(inboxes["alpha"]).Any(), all);
        Assert.Equal(("s1", "EnquiryOpened"), Of<RoomMessage.Outcome>(all["alpha"]).Select(item => (item.Own, item.Code)).Single());
        Assert.Single(Of<RoomMessage.Disclosed>(all["delta"]));

        // Withdrawn for ever: who has the fields is told to delete them, and the notice too.
        Assert.Equal(1, await new Uploader(await room.ClientAsync("alpha")).WithdrawAsync(["s1"], Token));
        all = await ReadUntilAsync(room, inboxes => Withdrawals(inboxes["delta"]).Any(item => item.Id is not null) && Withdrawals(inboxes["delta"]).Any(item => item.Match == notice.Match), all);
        Assert.Equal(request.Id, Withdrawals(all["delta"]).Single(item => item.Id is not null).Id);
    }

    [Fact]
    public async Task Disclosure_OfWhatThePersonDidNotAgreeTo_IsWithheldWhateverPeopleGrant()
    {
        await using var room = await OpenWithSuspectsAsync(consortium);
        await room.Matching.StartAsync();
        var all = await ReadUntilAsync(room, inboxes => inboxes["delta"].Any(message => message.Content is RoomMessage.Notice));
        var notice = all["delta"].Select(message => message.Content).OfType<RoomMessage.Notice>().First(item => item.Link == "SamePhone");
        var agency = new RoomActs(await room.ClientAsync("delta"));
        var request = await agency.RequestAsync(
            new RoomAct.DisclosureRequest(notice.Match, MemberId.Parse("alpha"), "Section 12", "investigation-of-traffickers", "1", ["victims.names"], Whole(20)), "o1", Token);
        _ = await agency.ConfirmAsync(ActCopy.Read(request.CopyPath!), "o2", Token);
        all = await ReadUntilAsync(room, inboxes => Of<RoomMessage.Request>(inboxes["alpha"]).Any(), all);
        var owner = new RoomActs(await room.ClientAsync("alpha"));
        var decision = await owner.DecideAsync(request.Id, new RoomAct.DisclosureDecision(["victims.names"], null), "p1", Token);
        _ = await owner.ConfirmAsync(ActCopy.Read(decision.CopyPath!), null, Token);
        all = await ReadUntilAsync(room, inboxes => Of<RoomMessage.Status>(inboxes["delta"]).Any(status => status.State == DisclosureState.Refused), all);
        Assert.Equal(nameof(ReasonCode.NoAgencyConsent), Of<RoomMessage.Status>(all["delta"]).Last().Reason);

        // One request a month: the second one is refused by rule, whatever it asks for.
        var second = await agency.RequestAsync(
            new RoomAct.DisclosureRequest(notice.Match, MemberId.Parse("alpha"), "Section 12", "investigation-of-traffickers", "1", ["suspects.names"], Whole(20)), "o1", Token);
        _ = await agency.ConfirmAsync(ActCopy.Read(second.CopyPath!), "o2", Token);
        all = await ReadUntilAsync(room, inboxes => Of<RoomMessage.Status>(inboxes["delta"]).Any(status => status.Id == second.Id), all);
        Assert.Equal((DisclosureState.Refused, "QuotaUsed"), Of<RoomMessage.Status>(all["delta"]).Where(status => status.Id == second.Id).Select(status => (status.State, status.Reason)).Single());
        Assert.Empty(Of<RoomMessage.Disclosed>(all["delta"]));
        Assert.Single(Of<RoomMessage.Request>(all["alpha"]));
    }

    /// <summary>Who frames somebody with one record gets no identifier before an agency: not of the person framed, not of anybody in the pool (THREATS T9).</summary>
    [Fact]
    public async Task OneHostileRecord_WhateverItAccusesWhomOf_PutsNoIdentifierBeforeAnAgency()
    {
        AddPeople(consortium, "delta", ("o1", PersonRoles.Officer), ("o2", PersonRoles.Officer));
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        await AuthoriseDeltaAsync(room);

        // Alpha helps a woman and knows a suspect; both agree to everything that can be agreed to. Charlie accuses the woman, by her own telephone.
        var helped = Agreeing(EnclaveRoom.RecordOf(new Row("v1", "helped@example.org")));
        helped.Persons[0].Names.Add(new PersonName { Full = "Mariam Okonkwo" });
        helped.Persons[0].Identifiers.Add(new Identifier { Kind = "Phone", Raw = "+66 89 765 4321", HolderRole = "Victim", HolderPersonKey = "v1" });
        await UploadAsync(room, "alpha", helped);
        await UploadAsync(room, "alpha", Agreeing(Suspect("s1", "alpha")));
        await room.UploadAsync("bravo", new Row("b1", "one@example.org"));
        var framing = Agreeing(Suspect("f1", "charlie"));
        framing.Persons[1].Names[0].Full = "Mariam Okonkwo";
        framing.Persons[1].Identifiers[0].Raw = "+66 89 765 4321";
        await UploadAsync(room, "charlie", framing);
        await room.Matching.StartAsync();
        await room.WaitForAsync(state => state.LastEvaluatedEpoch > 0, "the queries");
        await room.PassAsync(2);
        var all = await room.ReadAllAsync();
        Assert.Empty(Of<RoomMessage.Notice>(all["delta"]));

        // It accuses alpha's suspect, too: the agency hears that something agrees, and whom to ask.
        foreach (var member in (string[])["alpha", "bravo"])
        {
            await room.UploadAsync(member, new Row(member + "9", member + "9@example.org"));
        }

        await UploadAsync(room, "charlie", Agreeing(Suspect("f2", "alpha")));
        all = await ReadUntilAsync(room, inboxes => Of<RoomMessage.Notice>(inboxes["delta"]).Any(), all);
        await room.PassAsync(2);
        all = await room.ReadAllAsync(all);
        var told = string.Concat(all["delta"].Select(message => System.Text.Encoding.UTF8.GetString(
            message.Content.ToBytes(new MessagePlace(room.Id, MemberId.Parse("delta"), message.Number, message.Epoch, Simulated: true)))));
        Assert.All(["765 4321", "7654321", "234 5678", "2345678", "Okonkwo", "Mariam", "Hia", "Chai"], secret => Assert.DoesNotContain(secret, told, StringComparison.OrdinalIgnoreCase));
    }

    private static CaseRecord Agreeing(CaseRecord record)
    {
        foreach (var purpose in (string[])["C5_LE_NONIDENT", "C6_LE_IDENT"])
        {
            record.Consents.Add(new Consent { Purpose = purpose, State = "Granted", ObtainedDay = 1, ExpiresDay = 1 << 20 });
        }

        return record;
    }

    /// <summary>One approver at each of two organisations would have them told of each other's records; the enclave tells nobody before a second person at both has signed.</summary>
    [Fact]
    public async Task Listing_SignedByOnePerson_TellsNobodyUntilAnotherHasConfirmedIt()
    {
        AddPeople(consortium, "alpha", ("a9", PersonRoles.Approver));
        AddPeople(consortium, "bravo", ("a9", PersonRoles.Approver));
        await using var room = await EnclaveRoom.OpenAsync(consortium, new RoomShape { TwoPeople = true });
        await room.UploadAsync("alpha", new Row("a1", "one@example.org"));
        await room.UploadAsync("bravo", new Row("b1", "one@example.org"));
        await room.UploadAsync("charlie", new Row("c1", "two@example.org"));
        await room.Matching.StartAsync();
        _ = await room.Matching.RunningAsync();
        await room.WaitForAsync(state => state.LastEvaluatedEpoch > 0, "the first match");
        await NothingIsToldAsync(room);

        await ConfirmListingAsync(room, "alpha");
        await MatchAgainAsync(room, 1);
        await NothingIsToldAsync(room);
        await ConfirmListingAsync(room, "bravo");
        await MatchAgainAsync(room, 2);
        var told = new List<RoomMessage.MatchPointer>();
        for (var attempt = 0; told.Count == 0; attempt++)
        {
            Assert.True(attempt < 1800, $"alpha was told nothing: the enclave is {await room.Matching.DescribeAsync()}");
            await Task.Delay(100, Token);
            told.AddRange(EnclaveRoom.Pointers(await room.ReadInboxAsync("alpha")));
        }

        // Of the three matches the one that was found after both listings counted, and none before it.
        Assert.Equal("bravo", Assert.Single(told.DistinctBy(pointer => pointer.Match)).Counterpart!.Member.Value);
    }

    private static async Task NothingIsToldAsync(EnclaveRoom room)
    {
        Assert.Empty(EnclaveRoom.Pointers(await room.ReadInboxAsync("alpha")));
        Assert.Empty(EnclaveRoom.Pointers(await room.ReadInboxAsync("bravo")));
    }

    private static async Task ConfirmListingAsync(EnclaveRoom room, string member)
    {
        var client = await room.ClientAsync(member);
        await client.SyncAsync(Token);
        _ = await client.ConfirmListingAsync(client.State.WaitingListingOf(MemberId.Parse(member))!.Id, "a9", Token);
    }

    /// <summary>New records of three contributors, two of which match, and an epoch that has looked at them.</summary>
    private static async Task MatchAgainAsync(EnclaveRoom room, int round)
    {
        var evaluated = (await room.StateAsync()).LastEvaluatedEpoch;
        await room.UploadAsync("alpha", new Row($"a-{round}", $"both{round}@example.org"));
        await room.UploadAsync("bravo", new Row($"b-{round}", $"both{round}@example.org"));
        await room.UploadAsync("charlie", new Row($"c-{round}", $"c{round}@example.org"));
        await room.WaitForAsync(state => state.LastEvaluatedEpoch > evaluated, "the next match");
    }

    internal static async Task AuthoriseDeltaAsync(EnclaveRoom room)
    {
        foreach (var member in Consortium.Contributors)
        {
            var client = await room.ClientAsync(member);
            _ = await client.RegisterAsync(
                new Registration { ListContributors = [.. Consortium.Contributors.Where(other => other != member).Select(MemberId.Parse)], AuthoriseAgencies = [MemberId.Parse("delta")] }, "", Token);
        }
    }

    /// <summary>alpha and bravo know of one suspect's number; their people agree that non-identifying facts go to the agency. Two officers, two releasers at each.</summary>
    internal static async Task<EnclaveRoom> OpenWithSuspectsAsync(Consortium consortium, RoomShape? shape = null)
    {
        AddPeople(consortium, "delta", ("o1", PersonRoles.Officer), ("o2", PersonRoles.Officer));
        AddPeople(consortium, "alpha", ("r2", PersonRoles.Releaser));
        AddPeople(consortium, "bravo", ("r2", PersonRoles.Releaser));
        var room = await EnclaveRoom.OpenAsync(consortium, shape);
        await AuthoriseDeltaAsync(room);
        await UploadAsync(room, "alpha", Suspect("s1", "alpha"));
        await UploadAsync(room, "bravo", Suspect("s2", "bravo"));
        await room.UploadAsync("charlie", new Row("c1", "two@example.org"));
        return room;
    }

    internal static void AddPeople(Consortium consortium, string member, params (string Person, PersonRoles Roles)[] people)
    {
        foreach (var (person, roles) in people.Where(item => consortium.Profiles[member].People.All(known => known.Person != item.Person)))
        {
            consortium.Profiles[member] = consortium.Profiles[member].AddPerson(person, roles);
        }
    }

    internal static CaseRecord Suspect(string reference, string owner)
    {
        var record = EnclaveRoom.RecordOf(new Row(reference, reference + "@example.org"));
        record.Consents.Add(new Consent { Purpose = "C5_LE_NONIDENT", State = "Granted", ObtainedDay = 1, ExpiresDay = 1 << 20 });
        record.Persons.Add(new Person
        {
            PersonKey = "s1",
            Role = "Suspect",
            Names = { new PersonName { Full = "Hia Chai of " + owner, Type = "Alias" } },
            Identifiers = { new Identifier { Kind = "Phone", Raw = "+66 81 234 5678", HolderRole = "Suspect", HolderPersonKey = "s1" } },
        });
        record.Events.Add(new Event { Type = "Exploitation", Place = new Place { Country = "THA", Locality = "Samut Sakhon", Raw = "Samut Sakhon" } });
        return record;
    }

    private static CaseRecord Marked(CaseRecord record, params string[] caveats)
    {
        record.Handling = new Handling { Caveats = { caveats } };
        return record;
    }

    internal static async Task UploadAsync(EnclaveRoom room, string member, params IReadOnlyList<CaseRecord> records)
    {
        var client = await room.ClientAsync(member);
        await client.SyncAsync(Token);
        var today = DateOnly.FromDateTime(DateTime.UtcNow);
        var rows = records.Select((record, i) => new ImportedRow(i + 1, i + 2, record, [], SealDecision.For(record, today), AggregateOnly: false)).ToList();
        _ = await new Uploader(client).UploadAsync(new ImportResult(rows, new QualityReport(), "test", null), "{}"u8.ToArray(), null, Token);
    }

    internal static async Task<Dictionary<string, List<InboxMessage>>> ReadUntilAsync(
        EnclaveRoom room, Func<Dictionary<string, List<InboxMessage>>, bool> condition, Dictionary<string, List<InboxMessage>>? before = null)
    {
        var all = before;
        for (var attempt = 0; attempt < 900; attempt++)
        {
            all = await room.ReadAllAsync(all);
            if (condition(all))
            {
                return all;
            }

            await Task.Delay(200, Token);
        }

        Assert.Fail($"It did not come: {string.Join("; ", all!.Select(pair => $"{pair.Key}: {string.Join(' ', pair.Value.Select(message => message.Content.Kind).Where(kind => kind is not ("head" or "empty")))}"))}; the enclave is {await room.Matching.DescribeAsync()}.");
        return null!;
    }

    private static DateTimeOffset Whole(int days) => DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds()).AddDays(days);

    private static IEnumerable<RoomMessage.Withdrawn> Withdrawals(IEnumerable<InboxMessage> messages) => Of<RoomMessage.Withdrawn>(messages);

    private static IEnumerable<RoomMessage.Review> Reviews(IEnumerable<InboxMessage> messages) => Of<RoomMessage.Review>(messages);

    private static IEnumerable<T> Of<T>(IEnumerable<InboxMessage> messages)
        where T : RoomMessage => messages.Select(message => message.Content).OfType<T>();
}
