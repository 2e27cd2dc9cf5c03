using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Client.Acts;
using CleanRoom.Client.Inbox;
using CleanRoom.Transport;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>
/// What members learn who upload guesses, alone (T7), together (T11) and with the operator (T12): whole rooms on the real services, one with the guessed people in the pool and one without, side by side.
/// </summary>
[Collection(EnclaveTests.Name)]
public sealed class FishingTests(Consortium consortium, ITestOutputHelper output)
{
    private const int Guesses = 1000;
    private const int Victims = 40;
    private const int AgencyGuesses = 100;
    private const int Quota = 10;

    /// <summary>Epochs that are compared: the one that runs the queries, and those in which what does not fit would follow.</summary>
    private const int Epochs = 4;

    private static readonly MemberId Charlie = MemberId.Parse("charlie");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Guesses_ByAMemberThatNobodyLists_LookTheSameWithAndWithoutTheGuessedPeople()
    {
        var with = await FishAsync("charlie", Guesses, hit: true);
        var without = await FishAsync("charlie", Guesses, hit: false);

        Assert.True(with.Evaluated > 0);
        Assert.Equal(without, with);
        Assert.All(with.Messages, message => Assert.Contains(message, (string[])[nameof(RoomMessage.Head), nameof(RoomMessage.Empty)]));
        output.WriteLine($"{Guesses} guesses, {Victims} of them right or none: {with}");
    }

    [Fact]
    public async Task OneGuess_ByAMemberThatNobodyListsAndTheOperator_LooksTheSameWithAndWithoutThePerson()
    {
        // All others stand still: what the operator sees of slots and log is what the one guess makes of it.
        var with = await FishAsync("charlie", 1, hit: true);
        var without = await FishAsync("charlie", 1, hit: false);

        Assert.True(with.Evaluated > 0);
        Assert.Equal(without, with);
    }

    [Fact]
    public async Task OneGuess_AfterTheOthers_IsComparedWithNobodyUntilEnoughRecordsOfEnoughContributorsAreNew()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        await UploadPoolAsync(room, hit: true);
        await room.UploadAsync("charlie", new Row("first", "nobody@example.org"));
        await room.Matching.StartAsync();
        await room.WaitForAsync(state => state.LastEvaluatedEpoch > 0, "the first matches");
        var evaluated = (await room.StateAsync()).LastEvaluatedEpoch;

        await room.UploadAsync("charlie", new Row("guess", Person(0)));
        await room.PassAsync(Epochs);

        Assert.Equal(evaluated, (await room.StateAsync()).LastEvaluatedEpoch);
        Assert.Empty(EnclaveRoom.Pointers((await room.ReadAllAsync())["charlie"]));
    }

    [Fact]
    public async Task Guesses_ByAMemberWhosePeopleTellNobody_AreAnsweredUpToTheQuotaAlsoAfterARestart()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        await UploadPoolAsync(room, hit: true);
        await room.UploadAsync("charlie", [.. Enumerable.Range(0, Guesses).Select(i => new Row("g" + i, Person(i), null, Tells: false))]);
        await room.Matching.StartAsync();
        var most = room.Charter.Quotas.OneWayPointersPerQuarter;
        var all = await EpochsAfterAsync(room, null);

        Assert.Equal(most, EnclaveRoom.Pointers(all["charlie"]).Count());
        Assert.DoesNotContain(EnclaveRoom.Pointers(all["alpha"]), pointer => pointer.Counterpart!.Member == Charlie);

        await room.Matching.StopAsync();
        await room.Matching.StartAsync();
        await room.Matching.RunningAsync();
        all = await EpochsAfterAsync(room, all);
        Assert.Equal(most, EnclaveRoom.Pointers(all["charlie"]).Select(pointer => pointer.Match).Distinct().Count());
    }

    [Fact]
    public async Task Guesses_ByAMemberThatIsListed_NameItToTheOtherSideForEachAnswer()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium, new RoomShape { Slots = 64 });
        await UploadPoolAsync(room, hit: true);
        await room.UploadAsync("charlie", [.. Enumerable.Range(0, Guesses).Select(i => new Row("g" + i, Person(i)))]);
        await room.Matching.StartAsync();
        var all = await EpochsAfterAsync(room, null);

        // Each side has its own reference, g7 and a7 for the seventh.
        var told = EnclaveRoom.Pointers(all["charlie"]).Where(pointer => pointer.Counterpart!.Member.Value == "alpha").Select(pointer => pointer.Own[1..]).Order(StringComparer.Ordinal).ToList();
        var named = EnclaveRoom.Pointers(all["alpha"]).Where(pointer => pointer.Counterpart!.Member == Charlie).Select(pointer => pointer.Own[1..]).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(Victims, told.Count);
        Assert.Equal(told, named);
    }

    [Fact]
    public async Task TwoMembersThatPoolAllTheyGet_LearnNothingOfAThirdThatListsNobody()
    {
        var with = await TriangulateAsync(hit: true);
        var without = await TriangulateAsync(hit: false);

        Assert.Equal(2, with.Messages.Count(message => message == nameof(RoomMessage.MatchPointer)));
        Assert.Equal(without, with);
    }

    [Fact]
    public async Task Guesses_ByAnAgencyThatSearches_AreAnsweredUpToItsQuotaAlsoAfterARestart_AndChangeNobodyElsesSlots()
    {
        var with = await SearchAsync(hit: true, guesses: AgencyGuesses);
        var without = await SearchAsync(hit: false, guesses: AgencyGuesses);
        var quiet = await SearchAsync(hit: true, guesses: 0);

        // The first of the month find, the rest gets what everything gets that finds nothing; there is one answer a guess.
        Assert.Equal((Quota, AgencyGuesses - Quota), (with.Notices, with.Negatives));
        Assert.Equal((0, AgencyGuesses), (without.Notices, without.Negatives));
        Assert.Equal((0, 0), (quiet.Notices, quiet.Negatives));
        Assert.Equal(quiet.Others, with.Others);
        output.WriteLine($"{AgencyGuesses} guesses, all right: {with.Notices} notices, {with.Negatives} negatives; all wrong: {without.Notices} and {without.Negatives}; others: {string.Join(", ", with.Others.GroupBy(told => told).Select(group => $"{group.Count()} {group.Key}"))}");
    }

    /// <summary>A room whose agency searches for numbers, all of them suspects' of two contributors or none, before and after a restart.</summary>
    private async Task<(int Notices, int Negatives, IReadOnlyList<string> Others)> SearchAsync(bool hit, int guesses)
    {
        GovernanceTests.AddPeople(consortium, "delta", ("o1", PersonRoles.Officer), ("o2", PersonRoles.Officer));

        // The standing query of numbers tells contributors only: what the agency hears it has asked for.
        await using var room = await EnclaveRoom.OpenAsync(consortium, new RoomShape { Slots = 64, SearchesPerMonth = Quota, Queries = WatchRoomTests.Queries, SilentToAgencies = true });
        await GovernanceTests.AuthoriseDeltaAsync(room);
        foreach (var member in (string[])["alpha", "bravo"])
        {
            await GovernanceTests.UploadAsync(room, member, [.. Enumerable.Range(0, Victims).Select(i =>
            {
                var record = GovernanceTests.Suspect(FormattableString.Invariant($"{member}{i}"), member);
                record.Persons[1].Identifiers[0].Raw = Telephone(hit ? i : i + 500);
                record.Persons[1].Names.Clear();
                return record;
            })]);
        }

        await room.UploadAsync("charlie", new Row("c1", "two@example.org"));
        await room.Matching.StartAsync();
        await room.WaitForAsync(state => state.LastEvaluatedEpoch > 0, "the queries");
        var acts = new RoomActs(await room.ClientAsync("delta"));
        for (var i = 0; i < guesses; i++)
        {
            if (i == guesses / 2)
            {
                await room.Matching.StopAsync();
                await room.Matching.StartAsync();
                await room.Matching.RunningAsync();
            }

            _ = await WatchRoomTests.AskAsync(acts, WatchRoomTests.Search(Telephone(i % Victims)));
        }

        var all = await GovernanceTests.ReadUntilAsync(room, inboxes => WatchRoomTests.Answers(inboxes["delta"]).Count() >= guesses);
        await room.PassAsync(2);
        all = await room.ReadAllAsync(all);
        var answers = WatchRoomTests.Answers(all["delta"]).ToList();
        Assert.Equal(answers.Count, answers.Select(answer => answer.Watch).Distinct().Count());
        var others = all.Where(pair => pair.Key != "delta").SelectMany(pair => pair.Value.Where(message => message.Content is not (RoomMessage.Head or RoomMessage.Empty)).Select(message => $"{pair.Key} {message.Content.Kind}"))
            .Order(StringComparer.Ordinal).ToList();
        return (answers.Count(answer => answer.Message is RoomMessage.Notice), answers.Count(answer => answer.Message is RoomMessage.NothingReleasable), others);
    }

    private static string Telephone(int number) => FormattableString.Invariant($"+66 81 234 {number + 1000}");

    /// <summary>A room in which one contributor guesses and nobody lists it.</summary>
    private async Task<Sight> FishAsync(string who, int guesses, bool hit)
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium, new RoomShape { Unlisted = [who] });
        await UploadPoolAsync(room, hit);
        await room.UploadAsync(who, [.. Enumerable.Range(0, guesses).Select(i => new Row("g" + i, Person(i)))]);
        await room.Matching.StartAsync();
        return await SeeAsync(room, who);
    }

    /// <summary>Bravo and charlie list each other and have one person in common; alpha, whom nobody lists, has her too or not.</summary>
    private async Task<Sight> TriangulateAsync(bool hit)
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium, new RoomShape { Unlisted = ["alpha"] });
        await room.UploadAsync("alpha", new Row("a", hit ? Person(0) : Stranger(0)));
        await room.UploadAsync("bravo", new Row("b", Person(0)));
        await room.UploadAsync("charlie", new Row("c", Person(0)));
        await room.Matching.StartAsync();
        return await SeeAsync(room, "bravo", "charlie");
    }

    /// <summary>Alpha's people, and one of bravo's so that three contributors have something new.</summary>
    private static async Task UploadPoolAsync(EnclaveRoom room, bool hit)
    {
        await room.UploadAsync("alpha", [.. Enumerable.Range(0, Victims).Select(i => new Row("a" + i, hit ? Person(i) : Stranger(i)))]);
        await room.UploadAsync("bravo", new Row("b", "bravo@example.org"));
    }

    /// <summary>All that these members can see: what their slots hold, and every entry of the log up to there with what shows of it. Random ids and signatures left out.</summary>
    private static async Task<Sight> SeeAsync(EnclaveRoom room, params string[] members)
    {
        var all = await EpochsAfterAsync(room, null);
        var messages = new List<string>();
        var entries = new List<string>();
        var evaluated = 0L;
        foreach (var member in members)
        {
            messages.AddRange(all[member].Where(message => message.Epoch <= Epochs).OrderBy(message => message.Number).Select(message => message.Content.GetType().Name));
            using var certificate = room.Consortium.Profiles[member].OpenTransportCertificate();
            using var channel = PinnedChannel.Create(room.Ingestion.Address, room.Ingestion.Pin, certificate);
            var seen = new List<string>();
            var reader = new LogReader(channel, room.Id);
            _ = await reader.SyncAsync(fresh: false, segment => seen.AddRange(segment.Outcomes.Select(Describe)), Token);
            evaluated = reader.State.LastEvaluatedEpoch;

            // Entries of several brokers come in any order, a slow machine may start another instance, and epochs go on after those that are compared.
            entries.AddRange(seen.Take(seen.IndexOf($"{nameof(EpochEntry)} {Epochs}") + 1).Where(entry => entry is not (nameof(InstanceEntry) or nameof(ReleaseEntry))).Order(StringComparer.Ordinal));
        }

        return new Sight(messages, entries, evaluated);
    }

    private static string Describe(EntryOutcome outcome) => outcome.Entry?.Entry switch
    {
        null => "hidden",
        EpochEntry epoch => epoch.Epoch == Epochs ? $"{nameof(EpochEntry)} {Epochs}" : $"{nameof(EpochEntry)} {epoch.Epoch} {epoch.Evaluated} {string.Join(',', epoch.Recipients.Select(recipient => recipient.Member + ":" + recipient.First))}",
        BatchEntry batch => $"{nameof(BatchEntry)} {batch.Slots}",
        { } entry => entry.GetType().Name,
    };

    /// <summary>Lets epochs end after the newest one in which queries ran, and reads all that came.</summary>
    private static async Task<Dictionary<string, List<InboxMessage>>> EpochsAfterAsync(EnclaveRoom room, Dictionary<string, List<InboxMessage>>? before)
    {
        await room.WaitForAsync(state => state.LastEvaluatedEpoch > 0, "the matches");
        await room.PassAsync(Epochs);
        return await room.ReadAllAsync(before);
    }

    private static string Person(int number) => FormattableString.Invariant($"person{number:0000}@example.org");

    private static string Stranger(int number) => FormattableString.Invariant($"strang{number:0000}@example.org");

    /// <summary>What somebody sees.</summary>
    private sealed record Sight(IReadOnlyList<string> Messages, IReadOnlyList<string> Entries, long Evaluated)
    {
        public bool Equals(Sight? other) => other is not null && Evaluated == other.Evaluated && Messages.SequenceEqual(other.Messages) && Entries.SequenceEqual(other.Entries);

        public override int GetHashCode() => HashCode.Combine(Messages.Count, Entries.Count, Evaluated);

        public override string ToString() =>
            $"{string.Join(", ", Messages.GroupBy(message => message).Select(group => $"{group.Count()} {group.Key}"))}; {string.Join(", ", Entries.GroupBy(entry => entry).Select(group => $"{group.Count()} {group.Key}"))}; queries ran in epoch {Evaluated}";
    }
}
