using CleanRoom.Charter;
using CleanRoom.Client;
using CleanRoom.Client.Inbox;
using CleanRoom.Client.Uploads;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Services.Tests.Notification;
using CleanRoom.Services.Tests.Rooms;
using CleanRoom.Transport;
using Google.Protobuf;
using State = CleanRoom.Protocol.Matching.V1.GetStatusResponse.Types.State;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>The enclave's service against real brokers, log and slots.</summary>
[Collection(EnclaveTests.Name)]
public sealed class MatchingTests(Consortium consortium)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Status_WhileRunning_NamesGenerationAndKeysAndTheLoggedInstance()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        await room.Matching.StartAsync();
        var status = await room.Matching.RunningAsync();
        Assert.Equal((1UL, true), (status.Generation, status.Simulated));
        status = await room.Matching.WaitForAsync(current => current.Epoch > 0, "an epoch");
        Assert.Equal(Consortium.Brokered.Order(), status.Keys);
        var instance = await room.Matching.InstanceAsync();
        var state = await room.StateAsync();
        Assert.Equal(((ulong)state.CurrentInstance!.Index, state.CurrentInstance.LeafHash), (instance.Index, Cryptography.MerkleTree.LeafHash(instance.Leaf.Span)));
        await Refused.WithAsync(ErrorReason.UnknownRoom, async () => await room.Matching.InstanceAsync(RoomId.From(Guid.NewGuid()).ToString()));
    }

    [Fact]
    public async Task Start_WithTooFewWitnesses_SaysNothingUntilTheyReturn()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        await consortium.Brokers["bravo"].StopAsync();
        await consortium.Brokers["charlie"].StopAsync();
        try
        {
            await room.Matching.StartAsync();
            await Task.Delay(3000, Token);
            Assert.NotEqual(State.Running, (await room.Matching.StatusAsync()).State);
            await Refused.WithAsync(ErrorReason.FailedPrecondition, async () => await room.Matching.InstanceAsync());
            Assert.Null((await room.StateAsync()).CurrentInstance);
        }
        finally
        {
            await consortium.Brokers["bravo"].StartAsync();
            await consortium.Brokers["charlie"].StartAsync();
        }

        Assert.Equal(Consortium.Brokered.Order(), (await room.Matching.WaitForAsync(status => status.Epoch > 0, "an epoch")).Keys);
    }

    [Fact]
    public async Task Start_WithABrokerAway_BeginsWithoutItAndTakesItsOwnersRecordsInWhenItIsBack()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        await consortium.Brokers["charlie"].StopAsync();
        try
        {
            await room.Matching.StartAsync();
            var without = await room.Matching.WaitForAsync(status => status.Epoch > 0, "an epoch");
            Assert.DoesNotContain("charlie", without.Keys);
        }
        finally
        {
            await consortium.Brokers["charlie"].StartAsync();
        }

        var all = await room.Matching.WaitForAsync(status => status.Keys.Contains("charlie"), "the keys of the broker that is back");
        Assert.Equal(Consortium.Brokered.Order(), all.Keys);
    }

    [Fact]
    public async Task Start_WithAFrozenBroker_LeavesThatOwnersRecordsOutAndGoesOnForTheOthers()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        await consortium.Brokers["bravo"].FreezeAsync(room.Id, frozen: true);
        foreach (var member in Consortium.Contributors)
        {
            await room.UploadAsync(member, new Row(member + "1", "one@example.org"));
        }

        await room.Matching.StartAsync();
        var status = await room.Matching.WaitForAsync(current => current.EvaluatedEpoch > 0, "the queries to run");
        Assert.DoesNotContain("bravo", status.Keys);
        await room.WaitForAsync(state => state.LastEpoch > 1, "the next epoch");
        var told = EnclaveRoom.Pointers(await room.ReadInboxAsync("alpha")).ToList();
        Assert.Equal(["charlie", "echo"], told.Select(pointer => pointer.Counterpart!.Member.Value).Order());
        Assert.Empty(await room.ReadInboxAsync("bravo"));

        // With the key the owner's records come in. What was told may come again, under the reference that it had.
        await room.Matching.StopAsync();
        await consortium.Brokers["bravo"].FreezeAsync(room.Id, frozen: false);
        await room.Matching.StartAsync();
        for (var attempt = 0; told.All(pointer => pointer.Counterpart!.Member.Value != "bravo"); attempt++)
        {
            Assert.True(attempt < 900, "bravo's record is not told of");
            await Task.Delay(100, Token);
            told.AddRange(EnclaveRoom.Pointers(await room.ReadInboxAsync("alpha")));
        }

        Assert.Equal(["bravo", "charlie", "echo"], told.DistinctBy(pointer => pointer.Match).Select(pointer => pointer.Counterpart!.Member.Value).Order());
    }

    [Fact]
    public async Task Start_WithCodeThatTheCharterDoesNotApprove_GetsNoKeyAndHalts()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium, new RoomShape { Measurement = new string('b', 96) });
        await room.Matching.StartAsync();
        var status = await room.Matching.HaltedAsync(nameof(ErrorReason.EvidenceRejected));
        Assert.Empty(status.Keys);
        var state = await room.StateAsync();
        Assert.Empty(state.Releases);
        Assert.Equal(0, state.LastEpoch);
        Assert.Null(state.TrustedInstanceOf(state.CurrentInstance!.Generation));
    }

    [Fact]
    public async Task Replay_OfAForkedLog_IsRefusedBeforeAnythingIsSigned()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        await using var hostile = await HostileIngestion.StartAsync(room);
        ReadOnlyMemory<byte> held = default;
        hostile.Entry = entry =>
        {
            // Two entries change places: each has the hash that is stated, the history is another.
            if (entry.Index == 3)
            {
                held = entry.Leaf.Memory;
            }

            return entry.Index == 4 ? HostileIngestion.With(entry, held) : entry;
        };
        await room.Matching.StartAsync(hostile.Service);
        await room.Matching.HaltedAsync(nameof(ErrorReason.LogForked));
        Assert.Null((await room.StateAsync()).CurrentInstance);

        // As true as before, the same enclave goes on.
        hostile.Entry = entry => entry;
        await room.Matching.RunningAsync();
    }

    [Fact]
    public async Task Replay_WithAnEntryLeftOutOrHidden_IsRefused()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        await using var hostile = await HostileIngestion.StartAsync(room);
        hostile.Entry = entry => entry.Index == 5 ? null : entry;
        await room.Matching.StartAsync(hostile.Service);
        await room.Matching.HaltedAsync(nameof(ErrorReason.DataLoss));
        hostile.Entry = entry => entry.Index == 5 ? new Protocol.Common.V1.LogEntry { Index = entry.Index, LeafHash = entry.LeafHash } : entry;
        await Task.Delay(1500, Token);
        await room.Matching.HaltedAsync(nameof(ErrorReason.DataLoss));
        Assert.Null((await room.StateAsync()).CurrentInstance);
    }

    /// <summary>A record that the operator keeps back would be compared with nobody, and nobody would know.</summary>
    [Fact]
    public async Task Replay_WithAPartNotAsTheLogHasIt_StandsStillUntilItIsBackOrWithdrawn()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        await using var hostile = await HostileIngestion.StartAsync(room);
        await room.UploadAsync("alpha", new Row("a1", "one@example.org"), new Row("a2", "two@example.org"));
        Func<ReadBatchResponse, ReadBatchResponse?>[] faults =
        [
            part => part.Part == 2 ? new ReadBatchResponse { Part = part.Part, Last = true, Deleted = true } : part,
            part => part.Part == 2 && part.Last && !part.Deleted ? new ReadBatchResponse(part) { Data = Flipped(part.Data) } : part,
            part => part.Part == 2 ? null : part,
            part => part.Part >= 2 ? null : part,
        ];
        foreach (var fault in faults)
        {
            hostile.Part = fault;
            await room.Matching.StartAsync(hostile.Service);
            await room.Matching.HaltedAsync(nameof(ErrorReason.DataLoss));
            hostile.Part = part => part;
            await room.Matching.RunningAsync();
            await room.Matching.StopAsync();
        }

        hostile.Part = faults[1];
        await room.Matching.StartAsync(hostile.Service);
        await room.Matching.HaltedAsync(nameof(ErrorReason.DataLoss));
        Assert.Equal(2, await new Uploader(await room.ClientAsync("alpha")).WithdrawAsync(["a1", "a2"], Token));
        await room.Matching.RunningAsync();

        static ByteString Flipped(ByteString data)
        {
            var bytes = data.ToByteArray();
            bytes[^1] ^= 1;
            return ByteString.CopyFrom(bytes);
        }
    }

    [Fact]
    public async Task Replay_OfAShortenedLog_NeverRuns()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        await using var hostile = await HostileIngestion.StartAsync(room);
        var old = await hostile.CheckpointAsync(room);
        await room.UploadAsync("alpha", new Row("a1", "one@example.org"));
        hostile.Old = old;
        await room.Matching.StartAsync(hostile.Service);
        await room.Matching.HaltedAsync(nameof(ErrorReason.DataLoss));
        var state = await room.StateAsync();
        Assert.Equal((0, 0), (state.Releases.Count, state.LastEpoch));
    }

    [Fact]
    public async Task Log_ShortenedUnderARunningEnclave_StopsIt()
    {
        await using var ingestion = await IngestionServer.StartAsync();
        await using var notification = await NotificationServer.StartAsync(ingestion);
        await using var room = await EnclaveRoom.OpenAsync(consortium, new RoomShape { Ingestion = ingestion, Notification = notification });
        await ingestion.StopAsync();
        var copy = Directory.CreateTempSubdirectory("cleanroom-old-");
        Copy(ingestion.DataFolder, copy.FullName);
        await ingestion.RunAsync();
        await room.Matching.StartAsync();
        await room.WaitForAsync(state => state.LastEpoch > 1, "two epochs");
        await ingestion.StopAsync();
        Copy(copy.FullName, ingestion.DataFolder);
        copy.Delete(recursive: true);
        await ingestion.RunAsync();

        // The witnesses do not cosign what is shorter than what they cosigned, and the enclave has read more: it never runs on the old log.
        await room.Matching.WaitForAsync(status => status.State != State.Running, "the enclave to stop");
        await Task.Delay(3000, Token);
        var status = await room.Matching.StatusAsync();
        Assert.NotEqual(State.Running, status.State);
        Assert.Empty(status.Keys);
    }

    [Fact]
    public async Task Batch_ByNobodysKeyOrWithAnothersRecords_IsIgnored()
    {
        await using var ingestion = await IngestionServer.StartAsync();
        await using var notification = await NotificationServer.StartAsync(ingestion);
        await using var room = await EnclaveRoom.OpenAsync(consortium, new RoomShape { Ingestion = ingestion, Notification = notification });
        foreach (var member in Consortium.Contributors)
        {
            await room.UploadAsync(member, new Row(member + "1", member == "charlie" ? "two@example.org" : "one@example.org"));
        }

        // The operator has the disk: it writes a batch in charlie's name with a key of its own, past everything that ingestion checks.
        var forger = new Forger(room, "charlie");
        await forger.AppendAsync(stranger: true, "charlie", new Row("forged", "one@example.org"));
        await forger.AppendAsync(stranger: false, "alpha", new Row("lent", "one@example.org"));

        await room.Matching.StartAsync();
        await room.WaitForAsync(state => state.LastEpoch > state.LastEvaluatedEpoch && state.LastEvaluatedEpoch > 0, "the queries to run");
        var inboxes = await room.ReadAllAsync();
        Assert.Equal(["bravo", "echo"], EnclaveRoom.Pointers(inboxes["alpha"]).Select(pointer => pointer.Counterpart!.Member.Value).Order());
        Assert.Equal(["alpha", "echo"], EnclaveRoom.Pointers(inboxes["bravo"]).Select(pointer => pointer.Counterpart!.Member.Value).Order());
        Assert.Empty(EnclaveRoom.Pointers(inboxes["charlie"]));
    }

    [Fact]
    public async Task Tombstone_BeforeTheEpoch_KeepsTheRecordOutOfEveryMatch()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium, new RoomShape { MinimumRecords = 7 });
        foreach (var member in (string[])["alpha", "bravo", "charlie"])
        {
            await room.UploadAsync(member, new Row(member + "1", "one@example.org"), new Row(member + "2", "two@example.org"));
        }

        // The enclave holds the record already when it is withdrawn.
        await room.Matching.StartAsync();
        await room.Matching.WaitForAsync(status => status.Epoch > 0, "an epoch of too few records");
        Assert.Equal(1, await new Uploader(await room.ClientAsync("charlie")).WithdrawAsync(["charlie1"], Token));
        await room.UploadAsync("echo", new Row("echo1", "one@example.org"), new Row("echo2", "two@example.org"));
        await room.WaitForAsync(state => state.LastEpoch > state.LastEvaluatedEpoch && state.LastEvaluatedEpoch > 0, "the queries to run");
        var inboxes = await room.ReadAllAsync();
        Assert.Equal(["charlie2", "charlie2", "charlie2"], EnclaveRoom.Pointers(inboxes["charlie"]).Select(pointer => pointer.Own));
        Assert.Equal(["bravo", "bravo", "charlie", "echo", "echo"], EnclaveRoom.Pointers(inboxes["alpha"]).Select(pointer => pointer.Counterpart!.Member.Value).Order());
    }

    [Fact]
    public async Task Version_ThatLinksAgain_IsNotToldASecondTime()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        var members = (string[])["alpha", "bravo", "charlie"];
        foreach (var member in members)
        {
            await room.UploadAsync(member, new Row(member + "1", "one@example.org"));
        }

        await room.Matching.StartAsync();
        await room.WaitForAsync(state => state.LastEvaluatedEpoch > 0, "the queries to run");
        var first = (await room.StateAsync()).LastEvaluatedEpoch;
        foreach (var member in members)
        {
            var changed = await room.UploadAsync(member, new Row(member + "1", "one@example.org", DateTimeOffset.UtcNow.AddDays(9)));
            Assert.Equal(1, changed.Plan.Changed);
        }

        await room.WaitForAsync(state => state.LastEvaluatedEpoch > first && state.LastEpoch > state.LastEvaluatedEpoch, "the queries to run again");
        var inboxes = await room.ReadAllAsync();
        Assert.All(members, member => Assert.Equal(2, EnclaveRoom.Pointers(inboxes[member]).Count()));
    }

    [Fact]
    public async Task Charter_Expired_StopsTheEnclaveForGood()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium, new RoomShape { Life = TimeSpan.FromSeconds(45) });
        await room.Matching.StartAsync();
        await room.Matching.WaitForAsync(status => status.Epoch > 0, "an epoch");
        var status = await room.Matching.HaltedAsync(nameof(ErrorReason.CharterExpired));
        Assert.Empty(status.Keys);
        var last = (await room.StateAsync()).LastEpochTime;
        Assert.True(last < room.Charter.Expires);
        await Task.Delay(2500, Token);
        Assert.Equal(last, (await room.StateAsync()).LastEpochTime);
    }

    [Fact]
    public async Task Epoch_WithTooFewContributorsOrRecords_JoinsTheNext()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium, new RoomShape { MinimumRecords = 4 });
        await room.UploadAsync("alpha", new Row("a1", "one@example.org"), new Row("a2", "two@example.org"), new Row("a3", "three@example.org"));
        await room.UploadAsync("bravo", new Row("b1", "one@example.org"));
        await room.Matching.StartAsync();
        await room.WaitForAsync(state => state.LastEpoch > 1, "epochs of two contributors");
        Assert.Equal(0, (await room.StateAsync()).LastEvaluatedEpoch);
        Assert.Empty(EnclaveRoom.Pointers(await room.ReadInboxAsync("alpha")));
        await room.UploadAsync("charlie", new Row("c1", "one@example.org"));
        await room.WaitForAsync(state => state.LastEpoch > state.LastEvaluatedEpoch && state.LastEvaluatedEpoch > 0, "the queries to run");
        Assert.Equal(["bravo", "charlie"], EnclaveRoom.Pointers(await room.ReadInboxAsync("alpha")).Select(pointer => pointer.Counterpart!.Member.Value).Order());

        // Three records of three contributors are too few for the next.
        var evaluated = (await room.StateAsync()).LastEvaluatedEpoch;
        foreach (var member in (string[])["bravo", "charlie", "echo"])
        {
            await room.UploadAsync(member, new Row(member + "9", "two@example.org"));
        }

        var before = (await room.StateAsync()).LastEpoch;
        await room.WaitForAsync(state => state.LastEpoch > before + 1, "epochs of three records");
        Assert.Equal(evaluated, (await room.StateAsync()).LastEvaluatedEpoch);
    }

    [Theory, InlineData(-3), InlineData(3)]
    public async Task Inbox_OnADeviceWhoseClockIsDaysOff_TakesEveryMessageOnceWithoutAnAlarm(int days)
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        await room.UploadAsync("alpha", new Row("a1", "one@example.org"));
        await room.UploadAsync("bravo", new Row("b1", "one@example.org"));
        await room.UploadAsync("charlie", new Row("c1", "two@example.org"));
        await room.Matching.StartAsync();
        await room.WaitForAsync(state => state.LastEvaluatedEpoch > 0 && state.LastEpoch > state.LastEvaluatedEpoch, "the queries to run");
        await room.Matching.StopAsync();

        // What is late and what is missing is judged by room time, which the witnesses give, and not by the device.
        var profile = MemberProfile.Open(consortium.Profiles["bravo"].Folder, new ShiftedClock { Ahead = TimeSpan.FromDays(days) });
        using var client = await RoomClient.ConnectAsync(profile, room.Id, null, Token);
        var messages = new List<InboxMessage>();
        for (var attempt = 0; attempt < 300 && messages.Count < client.State.NextNumber(profile.Member) - 1; attempt++)
        {
            await foreach (var item in new InboxReader(client).ReadAsync(follow: false, Token))
            {
                messages.Add(Assert.IsType<InboxEvent.Received>(item).Message);
            }
        }

        Assert.Equal(Enumerable.Range(1, (int)client.State.NextNumber(profile.Member) - 1).Select(number => (long)number), messages.Select(message => message.Number));
        Assert.Equal(["b1"], EnclaveRoom.Pointers(messages).Select(pointer => pointer.Own));
    }

    [Fact]
    public async Task Quota_OfRecordsPerMonth_KeepsTheRestWaitingAlsoAfterARestart()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium, new RoomShape { RecordsPerMonth = new Dictionary<string, int> { ["alpha"] = 2 } });
        await room.UploadAsync("alpha", new Row("a1", "one@example.org"), new Row("a2", "two@example.org"), new Row("a3", "three@example.org"));
        await room.UploadAsync("bravo", new Row("b1", "one@example.org"), new Row("b2", "two@example.org"), new Row("b3", "three@example.org"));
        await room.UploadAsync("charlie", new Row("c1", "four@example.org"));
        await room.Matching.StartAsync();
        await room.WaitForAsync(state => state.LastEpoch > state.LastEvaluatedEpoch && state.LastEvaluatedEpoch > 0, "the queries to run");
        var inboxes = await room.ReadAllAsync();

        // Slots of one upload are in random order: any two of the three count.
        var told = EnclaveRoom.Pointers(inboxes["alpha"]).Select(pointer => pointer.Own).Distinct().Order().ToList();
        Assert.Equal(2, told.Count);

        // A withdrawn record has used its part of the quota; a restart counts as before.
        _ = await new Uploader(await room.ClientAsync("alpha")).WithdrawAsync([told[0]], Token);
        await room.Matching.StopAsync();
        await room.Matching.StartAsync();
        var before = (await room.StateAsync()).LastEpoch;
        await room.WaitForAsync(state => state.LastEpoch > before + 2, "epochs after the restart");
        inboxes = await room.ReadAllAsync(inboxes);
        Assert.Equal(told.Select(own => own.Replace('a', 'b')), EnclaveRoom.Pointers(inboxes["bravo"]).Select(pointer => pointer.Own).Distinct().Order());
        Assert.Equal(told, EnclaveRoom.Pointers(inboxes["alpha"]).Select(pointer => pointer.Own).Distinct().Order());
    }

    [Fact]
    public async Task Slots_FewerThanMessages_CarryTheRestOverInTheSameOrderAlsoAfterARestart()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium, new RoomShape { Slots = 2 });
        await room.UploadAsync("alpha", [.. Enumerable.Range(1, 6).Select(i => new Row($"a{i}", $"number{i}@example.org"))]);
        await room.UploadAsync("bravo", [.. Enumerable.Range(1, 6).Select(i => new Row($"b{i}", $"number{i}@example.org"))]);
        await room.UploadAsync("charlie", new Row("c1", "other@example.org"));
        await room.Matching.StartAsync();
        await room.WaitForAsync(state => state.LastEvaluatedEpoch > 0 && state.LastEpoch >= state.LastEvaluatedEpoch + 1, "two epochs");
        await room.Matching.StopAsync();
        var evaluated = (await room.StateAsync()).LastEvaluatedEpoch;
        var inboxes = Consortium.Brokered.ToDictionary(member => member, _ => new List<InboxMessage>());
        inboxes["alpha"] = await room.ReadInboxAsync("alpha");
        Assert.InRange(EnclaveRoom.Pointers(inboxes["alpha"]).Count(), 1, 5);
        await room.Matching.StartAsync();
        await room.WaitForAsync(state => state.LastEpoch >= evaluated + 7, "the rest");
        inboxes = await room.ReadAllAsync(inboxes);
        var told = EnclaveRoom.Pointers(inboxes["alpha"]).Select(pointer => pointer.Match).ToList();
        Assert.Equal(6, told.Distinct().Count());

        // One in each epoch from the one whose queries found them, of equal strength in order of reference.
        Assert.Equal(told.Order(StringComparer.Ordinal), told);
        Assert.Equal(
            Enumerable.Range(0, 6).Select(i => evaluated + i),
            inboxes["alpha"].Where(message => message.Content is Charter.Messages.RoomMessage.MatchPointer).Select(message => message.Epoch));
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(to))
        {
            File.Delete(file);
        }

        foreach (var file in Directory.GetFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }
}
