using CleanRoom.Charter;
using CleanRoom.Client.Inbox;
using CleanRoom.Client.Rooms;
using CleanRoom.Client.Uploads;
using CleanRoom.Services.Tests.Rooms;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>The matching service as a process of its own, killed at seeded points of its work (THREATS T21, T24).</summary>
[Collection(EnclaveTests.Name)]
public sealed class CrashTests(Consortium consortium, ITestOutputHelper output)
{
    private const int Kills = 20;
    private const string Seed = "matching 2026-12-01";

    /// <summary>What it says as it goes, from its start to the slots; "" for none.</summary>
    private static readonly string[] Markers =
        ["", "log verified up to", "is in the cosigned log", "released its keys", "ended, queries ran", "is in the slots"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>What the successor cannot make again would block its recipient's inbox for ever.</summary>
    [Fact]
    public async Task Kill_BetweenEpochHeadAndDelivery_AndARecordWithdrawn_NobodyWaitsForWhatIsGone()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        await DieBeforeDeliveryAsync(room);
        Assert.Equal(1, await new Uploader(await room.ClientAsync("alpha")).WithdrawAsync(["a1"], Token));

        _ = await room.Matching.StartProcessAsync();
        await room.WaitForAsync(state => state.LastEpoch > 2, "the successor's epochs");
        await room.Matching.KillAsync();
        var state = await room.StateAsync();
        var inboxes = new Dictionary<string, List<InboxMessage>>();
        foreach (var member in Consortium.Brokered)
        {
            inboxes[member] = await room.ReadInboxAsync(member);
            var isVoid = member is "alpha" or "bravo";
            Assert.Equal(isVoid ? 8 : null, state.VoidThrough(MemberId.Parse(member), 1));
            Assert.Equal(isVoid ? 9 : 1, inboxes[member][0].Number);
        }

        Assert.Equal(["a2"], Told(inboxes["alpha"]));
        Assert.Empty(Told(inboxes["bravo"]));
        Assert.Equal(["c1"], Told(inboxes["charlie"]));

        // Read again from what was kept, the numbers in between are no alarm.
        Assert.All(new InboxReader(await room.ClientAsync("alpha")).ReadTaken(), item => Assert.IsType<InboxEvent.Received>(item));
    }

    [Fact]
    public async Task Kill_BetweenEpochHeadAndDelivery_TheSuccessorDeliversTheSameMessages()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        await DieBeforeDeliveryAsync(room);
        Assert.Equal(1, (await room.StateAsync()).CurrentInstance!.Generation);

        _ = await room.Matching.StartProcessAsync();
        await room.WaitForAsync(state => state.LastEpoch > 1, "the successor's first epoch");
        var inboxes = await room.ReadAllAsync();
        Assert.All(inboxes.Values, messages => Assert.All(messages.Where(message => message.Epoch == 1), message => Assert.Equal(2, message.Generation)));
        Assert.Equal(["a1", "a2"], Told(inboxes["alpha"]));
        Assert.Equal(["b1"], Told(inboxes["bravo"]));
        Assert.Equal(["c1"], Told(inboxes["charlie"]));
        Assert.All(inboxes.Values, messages => Assert.All(EnclaveRoom.Pointers(messages.Where(message => message.Epoch > 1)), _ => Assert.Fail("told twice")));
        await room.Matching.KillAsync();
    }

    [Fact]
    public async Task Kill_AtSeededPointsOfARoomAtWork_LosesAndDoublesNoMessage()
    {
        output.WriteLine($"seed {Seed}, {Kills} kills");
        var lot = new Lot(Seed);
        await using var room = await EnclaveRoom.OpenAsync(consortium, new RoomShape { Slots = 4 });
        var files = Consortium.Contributors.ToDictionary(member => member, _ => new List<Row>());
        Dictionary<string, List<Client.Inbox.InboxMessage>>? inboxes = null;
        for (var kill = 0; kill < Kills; kill++)
        {
            // New records while it works: one person in each round whom two or three of the contributors have met.
            var present = Consortium.Contributors.Where((_, i) => i != lot.Next(0, 6)).ToList();
            var service = await room.Matching.StartProcessAsync();
            var marker = Markers[kill % Markers.Length];
            var uploads = kill % 2 == 0 ? UploadAsync(room, files, kill, present) : Task.CompletedTask;
            var seen = marker.Length == 0 || await service.LogsAsync(marker, lot.Next(1, 3), TimeSpan.FromSeconds(20));
            await Task.Delay(lot.Next(0, 80), Token);
            await room.Matching.KillAsync();
            await uploads;
            output.WriteLine($"kill {kill + 1}: after \"{marker}\"{(seen ? "" : " (not reached)")}");
            if (kill % 5 == 4)
            {
                inboxes = await ReadStoredAsync(room, inboxes);
            }
        }

        // In peace: everything that waits goes out.
        _ = await room.Matching.StartProcessAsync();
        var expected = Consortium.Contributors.ToDictionary(
            member => member,
            member => files[member].SelectMany(row => files.Where(other => other.Key != member).SelectMany(other => other.Value)
                .Where(other => other.Email == row.Email).Select(_ => row.Reference)).Order(StringComparer.Ordinal).ToList());
        for (var attempt = 0; ; attempt++)
        {
            inboxes = await room.ReadAllAsync(inboxes);
            if (expected.All(pair => Told(inboxes[pair.Key]).Count() >= pair.Value.Count))
            {
                break;
            }

            Assert.True(attempt < 900, "not everything was told");
            await Task.Delay(200, Token);
        }

        await room.Matching.KillAsync();
        inboxes = await ReadStoredAsync(room, inboxes);
        Assert.All(expected, pair => Assert.Equal(pair.Value, Told(inboxes[pair.Key])));
        Assert.All(inboxes.Values, messages => Assert.Distinct(EnclaveRoom.Pointers(messages).Select(pointer => pointer.Match)));
        var state = await room.StateAsync();
        output.WriteLine($"{state.CurrentInstance!.Generation} generations, {state.LastEpoch} epochs, {expected.Values.Sum(list => list.Count)} pointers");
    }

    /// <summary>What is sealed anew stands in the log batch by batch; the successor goes on with the rest (decision 0044).</summary>
    [Fact]
    public async Task Kill_BetweenTwoBatchesSealedAnew_TheSuccessorSealsTheRestAndTellsNothingTwice()
    {
        const int Batches = 12;
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        var alpha = MemberId.Parse("alpha");
        for (var i = 0; i < Batches; i++)
        {
            await room.UploadAsync("alpha", new Row($"a{i:00}", $"person{i}@example.org"));
        }

        await room.UploadAsync("bravo", new Row("b00", "person0@example.org"), new Row("b11", "person11@example.org"));
        await room.UploadAsync("charlie", new Row("c1", "lone@example.org"));
        var service = await room.Matching.StartProcessAsync();
        await room.WaitForAsync(state => state.LastEvaluatedEpoch > 0, "the first match");
        await consortium.Brokers["alpha"].RollAsync(room.Id, 1);
        _ = await (await room.ClientAsync("alpha")).RegisterAsync(new Registration(), "", Token);
        Assert.True(await service.LogsAsync("is sealed to the record key of period", 1, TimeSpan.FromMinutes(3)), service.Errors);
        await room.Matching.KillAsync();
        var left = (await room.StateAsync()).ToReseal(alpha).Count();
        output.WriteLine($"killed with {left} of {Batches} batches left");
        Assert.InRange(left, 1, Batches - 1);

        _ = await room.Matching.StartProcessAsync();
        await room.WaitForAsync(state => !state.ToReseal(alpha).Any(), "everything under the new key");
        var evaluated = (await room.StateAsync()).LastEvaluatedEpoch;
        await room.UploadAsync("bravo", new Row("b00", "person0@example.org"), new Row("b05", "person5@example.org"), new Row("b11", "person11@example.org"));
        await room.UploadAsync("charlie", new Row("c1", "lone@example.org"), new Row("c2", "lonely@example.org"));
        await room.UploadAsync("echo", new Row("e1", "four@example.org"));
        await room.WaitForAsync(state => state.LastEvaluatedEpoch > evaluated, "the next match");
        var (inboxes, expected) = (await ReadStoredAsync(room, null), (string[])["a00", "a05", "a11"]);
        for (var attempt = 0; Told(inboxes["alpha"]).Count() < expected.Length || Told(inboxes["bravo"]).Count() < expected.Length; attempt++)
        {
            Assert.True(attempt < 900, "not everything was told");
            await Task.Delay(200, Token);
            inboxes = await ReadStoredAsync(room, inboxes);
        }

        // Two epochs more: what was told before the kill would be told again in one of them.
        var last = (await room.StateAsync()).LastEpoch;
        await room.WaitForAsync(state => state.LastEpoch > last + 1, "two more epochs");
        await room.Matching.KillAsync();
        inboxes = await ReadStoredAsync(room, inboxes);
        Assert.Equal(expected, Told(inboxes["alpha"]));
        Assert.Equal(["b00", "b05", "b11"], Told(inboxes["bravo"]));
        var state = await room.StateAsync();
        Assert.All(state.Batches.Values.Where(batch => batch.Contributor == alpha), batch => Assert.Equal(2, batch.Sealed.Period));
    }

    /// <summary>Nobody takes the messages: the epoch's head is in the log, its frames are nowhere but in the memory of the instance that is killed.</summary>
    private static async Task DieBeforeDeliveryAsync(EnclaveRoom room)
    {
        await room.UploadAsync("alpha", new Row("a1", "one@example.org"), new Row("a2", "two@example.org"));
        await room.UploadAsync("bravo", new Row("b1", "one@example.org"));
        await room.UploadAsync("charlie", new Row("c1", "two@example.org"), new Row("c2", "three@example.org"));
        await room.Notification.StopAsync();
        _ = await room.Matching.StartProcessAsync();
        await room.WaitForAsync(state => state.LastEvaluatedEpoch > 0, "the epoch to end");
        await room.Matching.KillAsync();
        await room.Notification.RunAsync();
    }

    private static async Task UploadAsync(EnclaveRoom room, Dictionary<string, List<Row>> files, int round, IReadOnlyList<string> present)
    {
        foreach (var member in Consortium.Contributors)
        {
            var email = present.Contains(member) ? $"person{round}@example.org" : $"{member}{round}@example.org";
            files[member].Add(new Row($"{member}{round:00}", email));
            _ = await room.UploadAsync(member, files[member]);
        }
    }

    /// <summary>Takes what is stored; the numbers run on without gap, and nothing is refused.</summary>
    private static async Task<Dictionary<string, List<Client.Inbox.InboxMessage>>> ReadStoredAsync(EnclaveRoom room, Dictionary<string, List<Client.Inbox.InboxMessage>>? before)
    {
        var all = before ?? Consortium.Brokered.ToDictionary(member => member, _ => new List<Client.Inbox.InboxMessage>());
        foreach (var (member, messages) in all)
        {
            messages.AddRange(await room.ReadInboxAsync(member));
            Assert.Equal(Enumerable.Range(1, messages.Count).Select(number => (long)number), messages.Select(message => message.Number));
        }

        return all;
    }

    private static IEnumerable<string> Told(IEnumerable<Client.Inbox.InboxMessage> messages) =>
        EnclaveRoom.Pointers(messages).Select(pointer => pointer.Own).Order(StringComparer.Ordinal);
}
