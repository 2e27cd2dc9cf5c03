using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Client.Acts;
using CleanRoom.Client.Inbox;
using CleanRoom.Client.Rooms;
using CleanRoom.Cryptography;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Services.Tests.Rooms;
using CleanRoom.Transport;
using Google.Protobuf;
using Grpc.Core;
using State = CleanRoom.Protocol.Matching.V1.GetStatusResponse.Types.State;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>What owners and members decide reaches an enclave that runs already: the next cryptoperiod, a freeze, a charter that takes something back.</summary>
[Collection(EnclaveTests.Name)]
public sealed class RunningEnclaveTests(Consortium consortium)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Roll_OfARecordKey_BeginsAGenerationThatOpensBothPeriods()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        await room.UploadAsync("alpha", new Row("a1", "one@example.org"));
        await room.Matching.StartAsync();
        _ = await room.Matching.RunningAsync();
        await consortium.Brokers["alpha"].RollAsync(room.Id, 1);
        var registered = await (await room.ClientAsync("alpha")).RegisterAsync(new Registration(), "", Token);
        Assert.Equal(["record key 2"], registered.Appended);
        var next = await room.Matching.WaitForAsync(status => status.Generation > 1 && status.State == State.Running && status.Keys.Contains("alpha"), "the next generation");
        Assert.Equal([1, 2], (await room.StateAsync()).Releases[MemberId.Parse("alpha")].Periods);

        await room.UploadAsync("alpha", new Row("a2", "two@example.org"));
        await room.UploadAsync("bravo", new Row("b1", "one@example.org"));
        await room.UploadAsync("charlie", new Row("c1", "two@example.org"));

        var told = new List<RoomMessage.MatchPointer>();
        for (var attempt = 0; told.DistinctBy(pointer => pointer.Match).Count() < 2; attempt++)
        {
            Assert.True(attempt < 900, $"only {told.Count} matches are told of; generation {next.Generation}");
            await Task.Delay(100, Token);
            told.AddRange(EnclaveRoom.Pointers(await room.ReadInboxAsync("alpha")));
        }

        Assert.Equal(["bravo", "charlie"], told.DistinctBy(pointer => pointer.Match).Select(pointer => pointer.Counterpart!.Member.Value).Order());
    }

    [Fact]
    public async Task Destroy_OfAnOldRecordKey_IsReadByEveryMemberAndTakesItsRecordsFromTheRunningEnclave()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        await room.UploadAsync("alpha", new Row("a1", "one@example.org"));
        await room.UploadAsync("bravo", new Row("b1", "one@example.org"));
        await room.UploadAsync("charlie", new Row("c1", "two@example.org"));
        await room.Matching.StartAsync();
        _ = await room.Matching.RunningAsync();
        var told = await ToldAsync(room, "bravo", messages => messages.OfType<RoomMessage.MatchPointer>());
        var alpha = MemberId.Parse("alpha");

        // The enclave seals anew as soon as it has both keys: where it was faster than the owner, the record lives on under the next key, and the owner destroys that one.
        ErasureEntry statement;
        for (var period = 1; ; period++)
        {
            Assert.True(period < 9, "the enclave was faster each time");
            await consortium.Brokers["alpha"].RollAsync(room.Id, period);
            _ = await (await room.ClientAsync("alpha")).RegisterAsync(new Registration(), "", Token);
            await room.WaitForAsync(state => state.Releases.TryGetValue(alpha, out var release) && release.Periods.Contains(period) && release.Periods.Contains(period + 1), "both keys in the enclave");
            statement = await consortium.Brokers["alpha"].DestroyAsync(room.Charter, period);
            await room.PassAsync(1);
            if ((await room.StateAsync()).Batches.Values.Any(batch => batch.Contributor == alpha && batch.Sealed.Period == period))
            {
                break;
            }
        }

        var withdrawn = await ToldAsync(room, "bravo", messages => messages.OfType<RoomMessage.Withdrawn>());

        Assert.Equal(told.Match, withdrawn.Match);
        Assert.NotNull(statement.LeaseEnds);
        var charlie = await room.ClientAsync("charlie");
        await charlie.SyncAsync(Token);
        Assert.Equal(statement.Id, charlie.State.Erasures.MaxBy(item => item.Entry.Period)!.Entry.Id);
    }

    [Fact]
    public async Task Reseal_AfterARoll_LetsTheOldKeyGoWithoutLosingARecordOrTellingAnythingTwice()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        var alpha = MemberId.Parse("alpha");
        await room.UploadAsync("alpha", new Row("a1", "one@example.org"));
        await room.UploadAsync("alpha", new Row("a2", "lone@example.org"));
        await room.UploadAsync("bravo", new Row("b1", "one@example.org"));
        await room.UploadAsync("charlie", new Row("c1", "two@example.org"));
        await room.Matching.StartAsync();
        _ = await room.Matching.RunningAsync();
        var all = Consortium.Brokered.ToDictionary(member => member, _ => new List<InboxMessage>());
        await room.WaitForAsync(state => state.LastEvaluatedEpoch > 0, "the first match");
        all = await room.ReadAllAsync(all);
        await consortium.Brokers["alpha"].RollAsync(room.Id, 1);
        _ = await (await room.ClientAsync("alpha")).RegisterAsync(new Registration(), "", Token);

        await room.WaitForAsync(state => state.CurrentKey(alpha, KeyPurpose.Record)!.Period == 2 && !state.ToReseal(alpha).Any(), "everything under the new key");
        Assert.True(SealedBefore.Of(await room.ClientAsync("alpha")).IsNone);
        Assert.All((await room.StateAsync()).Batches.Values, batch => Assert.Equal((2, 1), (batch.Sealed.Period, batch.Manifest.Period)));
        await NothingIsLeftOfAsync(room, [.. (await room.StateAsync()).Batches.Values.Select(batch => batch.Manifest.Batch)]);
        await OnlyTheEnclaveMaySealAnewAsync(room);
        _ = await consortium.Brokers["alpha"].DestroyAsync(room.Charter, 1);

        // Another instance, which never had the old key.
        await room.Matching.StopAsync();
        await room.Matching.StartAsync();
        _ = await room.Matching.RunningAsync();
        var evaluated = (await room.StateAsync()).LastEvaluatedEpoch;
        await room.UploadAsync("bravo", new Row("b1", "one@example.org"), new Row("b2", "lone@example.org"));
        await room.UploadAsync("charlie", new Row("c1", "two@example.org"), new Row("c2", "three@example.org"));
        await room.UploadAsync("echo", new Row("e1", "four@example.org"));
        await room.WaitForAsync(state => state.LastEvaluatedEpoch > evaluated, "the next match");
        all = await room.ReadAllAsync(all);

        Assert.Equal([2], (await room.StateAsync()).Releases[alpha].Periods);
        Assert.Equal(2, EnclaveRoom.Pointers(all["alpha"]).Count());
        Assert.Equal(2, EnclaveRoom.Pointers(all["bravo"]).Select(pointer => pointer.Match).Distinct().Count());
        Assert.Equal(2, EnclaveRoom.Pointers(all["bravo"]).Count());
        Assert.Empty(all.Values.SelectMany(messages => messages).Select(message => message.Content).OfType<RoomMessage.Withdrawn>());
    }

    [Fact]
    public async Task Reseal_OfActs_IsReadByASuccessorThatHasTheNewKeyAlone()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        var bravo = MemberId.Parse("bravo");
        await room.UploadAsync("alpha", new Row("a1", "one@example.org"), new Row("a2", "two@example.org"));
        await room.UploadAsync("bravo", new Row("b1", "one@example.org"), new Row("b2", "two@example.org"));
        await room.UploadAsync("charlie", new Row("c1", "three@example.org"));
        await room.Matching.StartAsync();
        var all = Consortium.Brokered.ToDictionary(member => member, _ => new List<InboxMessage>());
        all = await UntilAsync(room, all, inboxes => EnclaveRoom.Pointers(inboxes["bravo"]).Count() == 2 && EnclaveRoom.Pointers(inboxes["alpha"]).Count() == 2);

        // bravo says of one match that it is wrong, and takes back the consent behind the other.
        var acts = new RoomActs(await room.ClientAsync("bravo"));
        var wrong = EnclaveRoom.Pointers(all["bravo"]).Single(pointer => pointer.Own == "b1").Match;
        _ = await acts.AnswerAsync(wrong, MatchVerdict.Wrong, null, Token);
        _ = await acts.ChangeConsentAsync("b2", new RoomAct.ConsentChange(default, "C2_BLIND_MATCH", false, null, "", [], []), null, Token);
        all = await UntilAsync(room, all, inboxes => inboxes["alpha"].Select(message => message.Content).OfType<RoomMessage.Withdrawn>().Count() == 2);
        await consortium.Brokers["bravo"].RollAsync(room.Id, 1);
        _ = await (await room.ClientAsync("bravo")).RegisterAsync(new Registration(), "", Token);
        var own = await room.ClientAsync("bravo");
        for (var attempt = 0; own.State.CurrentKey(bravo, KeyPurpose.Record)!.Period == 1 || !SealedBefore.Of(own).IsNone; attempt++)
        {
            Assert.True(attempt < 1_800, $"something is left under the old key: the enclave is {await room.Matching.DescribeAsync()}");
            await Task.Delay(100, Token);
            await own.SyncAsync(Token);
        }

        var resealed = own.State.Acts.Where(act => act.Entry.Author == bravo).ToList();
        Assert.Equal(2, resealed.Count);
        Assert.All(resealed, act => Assert.Equal(2, act.Sealed.Period));
        _ = await consortium.Brokers["bravo"].DestroyAsync(room.Charter, 1);

        await room.Matching.StopAsync();
        await room.Matching.StartAsync();
        _ = await room.Matching.RunningAsync();
        var evaluated = (await room.StateAsync()).LastEvaluatedEpoch;
        await room.UploadAsync("alpha", new Row("a1", "one@example.org"), new Row("a2", "two@example.org"), new Row("a3", "three@example.org"));
        await room.UploadAsync("charlie", new Row("c1", "three@example.org"), new Row("c2", "two@example.org"));
        await room.UploadAsync("echo", new Row("e1", "four@example.org"));
        await room.WaitForAsync(state => state.LastEvaluatedEpoch > evaluated, "the next match");
        all = await UntilAsync(room, all, inboxes => EnclaveRoom.Pointers(inboxes["charlie"]).Any(pointer => pointer.Own == "c1") && EnclaveRoom.Pointers(inboxes["charlie"]).Any(pointer => pointer.Own == "c2"));

        // What was wrong stays unlinked, what was taken back stays out, and nobody hears of either again.
        Assert.Equal([2], (await room.StateAsync()).Releases[bravo].Periods);
        Assert.Equal(2, EnclaveRoom.Pointers(all["bravo"]).Count());
        Assert.All(EnclaveRoom.Pointers(all["charlie"]), pointer => Assert.Equal("alpha", pointer.Counterpart!.Member.Value));
        Assert.Equal(2, all["alpha"].Select(message => message.Content).OfType<RoomMessage.Withdrawn>().Count());
        Assert.Equal(2, EnclaveRoom.Pointers(all["alpha"]).Count(pointer => pointer.Counterpart!.Member == bravo));
    }

    /// <summary>Reads all inboxes until they are as they should be.</summary>
    private static async Task<Dictionary<string, List<InboxMessage>>> UntilAsync(
        EnclaveRoom room, Dictionary<string, List<InboxMessage>> all, Func<Dictionary<string, List<InboxMessage>>, bool> condition)
    {
        for (var attempt = 0; !condition(all); attempt++)
        {
            Assert.True(attempt < 900, $"not everything was told: the enclave is {await room.Matching.DescribeAsync()}");
            await Task.Delay(200, Token);
            all = await room.ReadAllAsync(all);
        }

        return all;
    }

    /// <summary>Waits until ingestion has deleted every ciphertext of alpha's batches.</summary>
    private async Task NothingIsLeftOfAsync(EnclaveRoom room, IReadOnlyList<BatchId> batches)
    {
        using var certificate = consortium.Profiles["alpha"].OpenTransportCertificate();
        using var channel = PinnedChannel.Create(room.Ingestion.Address, room.Ingestion.Pin, certificate);
        var client = new IngestionService.IngestionServiceClient(channel.CallInvoker);
        for (var attempt = 0; ; attempt++)
        {
            var left = 0;
            foreach (var batch in batches)
            {
                using var call = client.ReadBatch(new ReadBatchRequest { Room = room.Id.ToString(), Batch = batch.ToString() }, cancellationToken: Token);
                await foreach (var chunk in call.ResponseStream.ReadAllAsync(Token))
                {
                    left += chunk.Deleted ? 0 : 1;
                }
            }

            if (left == 0)
            {
                return;
            }

            Assert.True(attempt < 600, $"{left} ciphertexts under the old key are still there");
            await Task.Delay(100, Token);
        }
    }

    /// <summary>Alpha's own machine says that its batch was sealed anew.</summary>
    private async Task OnlyTheEnclaveMaySealAnewAsync(EnclaveRoom room)
    {
        var state = await room.StateAsync();
        var batch = state.LastBatchOf(MemberId.Parse("alpha"))!;
        using var uploader = consortium.Profiles["alpha"].OpenPersonKey(PersonRoles.Uploader);
        var forged = new ResealEntry(
            room.Id, EntryId.From(RandomUuid.New()), batch.Contributor, batch.LeafHash, BatchId.From(RandomUuid.New()), state.CurrentInstance!.Generation, batch.Sealed.Enc, batch.Sealed.Key, 2,
            batch.Sealed.Parts).Sign(uploader);
        using var certificate = consortium.Profiles["alpha"].OpenTransportCertificate();
        using var channel = PinnedChannel.Create(room.Ingestion.Address, room.Ingestion.Pin, certificate);
        var client = new IngestionService.IngestionServiceClient(channel.CallInvoker);

        _ = await Refused.WithAsync(ErrorReason.PermissionDenied, async () =>
        {
            using var call = client.UploadBatch(cancellationToken: Token);
            await call.RequestStream.WriteAsync(new UploadBatchRequest { Start = new UploadStart { Room = room.Id.ToString(), Manifest = ByteString.CopyFrom(forged) } }, Token);
            await call.RequestStream.CompleteAsync();
            _ = await call.ResponseAsync;
        });
        _ = await Refused.WithAsync(ErrorReason.InvalidArgument, async () => await client.AppendAsync(new AppendRequest { Room = room.Id.ToString(), Leaf = ByteString.CopyFrom(forged) }, cancellationToken: Token));
    }

    /// <summary>Waits for one message of a kind.</summary>
    private static async Task<T> ToldAsync<T>(EnclaveRoom room, string member, Func<IEnumerable<RoomMessage>, IEnumerable<T>> choose)
    {
        for (var attempt = 0; ; attempt++)
        {
            if (choose((await room.ReadInboxAsync(member)).Select(message => message.Content)).FirstOrDefault() is { } found)
            {
                return found;
            }

            Assert.True(attempt < 1800, $"{member} was told nothing: the enclave is {await room.Matching.DescribeAsync()}");
            await Task.Delay(100, Token);
        }
    }

    [Fact]
    public async Task Freeze_ByOneOwner_TakesItsKeysOutAtTheEndOfTheLeaseAndTheRoomGoesOn()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium, new RoomShape { KeyLease = RoomDuration.Seconds(20) });
        await room.Matching.StartAsync();
        _ = await room.Matching.WaitForAsync(status => status.Keys.Contains("bravo"), "the key that is frozen soon");

        await consortium.Brokers["bravo"].FreezeAsync(room.Id, frozen: true);
        var others = Consortium.Brokered.Where(member => member != "bravo").Order().ToList();
        var without = await room.Matching.WaitForAsync(status => status.State == State.Running && status.Keys.SequenceEqual(others), "the end of the lease");
        var epoch = without.Epoch;
        _ = await room.Matching.WaitForAsync(status => status.Epoch > epoch, "an epoch without the frozen owner");

        await consortium.Brokers["bravo"].FreezeAsync(room.Id, frozen: false);
        _ = await room.Matching.WaitForAsync(status => status.Keys.Contains("bravo"), "the key that is free again");
    }

    [Fact]
    public async Task Charter_ThatApprovesOtherCode_TakesEveryKeyFromTheRunningEnclave()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        await room.Matching.StartAsync();
        _ = await room.Matching.WaitForAsync(status => status.Epoch > 0, "an epoch");

        await room.AmendAsync(CharterDraft.After(room.Charter).SetEnclaves(EnclaveTerms.ForSimulation("tests", new string('b', 96))));

        Assert.Empty((await room.Matching.HaltedAsync(nameof(ErrorReason.EvidenceRejected))).Keys);
        var state = await room.StateAsync();
        Assert.True(state.CurrentInstance!.Generation > 1);
        Assert.Null(state.TrustedInstanceOf(state.CurrentInstance.Generation));
    }

    [Fact]
    public async Task Charter_ThatTakesAMemberOut_TakesItsKeysFromTheRunningEnclave()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        await room.Matching.StartAsync();
        _ = await room.Matching.WaitForAsync(status => status.Keys.Contains("echo"), "the key that goes soon");
        var draft = CharterDraft.After(room.Charter);
        Assert.True(draft.Remove(MemberId.Parse("echo")));

        await room.AmendAsync(draft);

        var others = Consortium.Brokered.Where(member => member != "echo").Order().ToList();
        _ = await room.Matching.WaitForAsync(status => status.State == State.Running && status.Keys.SequenceEqual(others), "an instance without the member");
    }
}
