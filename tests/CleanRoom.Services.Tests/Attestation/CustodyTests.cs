using System.Text;
using CleanRoom.Attestation;
using CleanRoom.Attestation.Rooms;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Hosting.Startup;
using CleanRoom.Protocol.Attestation.V1;
using CleanRoom.Storage.Sqlite;
using CleanRoom.Transport;
using Google.Protobuf;

namespace CleanRoom.Services.Tests.Attestation;

/// <summary>Where an owner's keys are kept, for how long, and how they end; over the broker's front door, with the vault behind real HTTPS.</summary>
public sealed class CustodyTests : IDisposable
{
    private readonly VaultBroker _azure = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Release_KeysInAVault_AreThoseThatTheVaultMadeAndNothingElseIsAsked()
    {
        await using var room = await JoinedInVaultAsync();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();

        var bundle = instance.Open(await instance.ReleaseAsync());

        using var key = HpkePrivateKey.Import(Assert.Single(bundle!.RecordKeys).PrivateKey.Span);
        var state = await StateAsync(room);
        Assert.Equal(Assert.Single(state.RecordKeys).PublicKey.ToByteArray(), key.PublicKey.ToSpki());
        Assert.Equal("key-vault", state.RecordKeys[0].Custody);
        Assert.Equal(32, bundle.RoomSecret.Length);
        Assert.Empty(_azure.Vault.Surprises);
        Assert.Empty(_azure.Attestation.Surprises);
        Assert.Single(_azure.Attestation.Asked, request => request.Line.StartsWith("POST", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Release_KeysInAVault_AreTheSameAfterARestart()
    {
        await using var room = await JoinedInVaultAsync();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        var before = instance.Open(await instance.ReleaseAsync());
        await room.RestartAsync(_azure.Settings());

        Assert.Equal(before, instance.Open(await instance.ReleaseAsync()));
    }

    [Theory]
    [InlineData("403")]
    [InlineData("released another key")]
    public async Task Release_VaultThatGivesNothingGood_ReleasesNothingUntilItDoes(string twist)
    {
        await using var room = await JoinedInVaultAsync();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        _azure.Vault.Twist = twist;

        await RefusedForNowAsync(instance);

        _azure.Vault.Twist = "";
        Assert.NotNull(instance.Open(await instance.ReleaseAsync()));
    }

    [Fact]
    public async Task Release_AttestationServiceThatLies_ReleasesNothing()
    {
        await using var room = await JoinedInVaultAsync();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        _azure.Attestation.Twist = "another wrapping key";

        await RefusedForNowAsync(instance);

        Assert.DoesNotContain(_azure.Vault.Asked, request => request.Line.Contains("/release", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Release_FrozenWhileTheVaultIsAsked_ReleasesNothing()
    {
        await using var room = await JoinedInVaultAsync();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        var open = _azure.Vault.WrapKeyOf;
        _azure.Vault.WrapKeyOf = token =>
        {
            _ = room.Owner.SetFrozen(new SetFrozenRequest { Room = room.RoomText, Frozen = true }, cancellationToken: Token);
            return open(token);
        };

        await TestRoom.RefusedAsync(ErrorReason.KeyFrozen, instance.ReleaseAsync);
    }

    [Fact]
    public async Task Join_VaultThatMakesNoKeys_IsNoJoin()
    {
        await using var room = await TestRoom.StartAsync(_azure.Door, _azure.Settings());
        _azure.Allow(room.RoomText);
        _azure.Vault.Twist = "not exportable";

        await TestRoom.RefusedAsync(ErrorReason.Unavailable, () => AcceptAsync(room));

        await TestRoom.RefusedAsync(ErrorReason.UnknownRoom, () => StateAsync(room));
        _azure.Vault.Twist = "";
        await AcceptAsync(room);
    }

    [Fact]
    public async Task Release_ReferenceOfAnotherKeyInItsPlace_ReleasesNothing()
    {
        await using var room = await JoinedInVaultAsync();
        await RollAsync(room, 1);
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        await room.StopBrokerAsync();
        using (var store = SqliteBrokerStore.Open(new SqliteOptions { Folder = room.DataFolder }))
        {
            var record = (await store.FindAsync(Guid.Parse(room.RoomText), Token))!;
            var (one, two) = (record.RecordKeys[0], record.RecordKeys[1]);
            Assert.True(await store.TryReplaceAsync(record with { RecordKeys = [one with { SealedPrivateKey = two.SealedPrivateKey }, two with { SealedPrivateKey = one.SealedPrivateKey }] }, Token));
        }

        await room.StartBrokerAsync(_azure.Settings());

        await RefusedForNowAsync(instance);
    }

    [Fact]
    public async Task Roll_EmbeddedToVault_KeepsOldKeysWhereTheyAreAndOpensBoth()
    {
        await using var room = await TestRoom.JoinedAsync(_azure.Door, _azure.Settings(makesKeys: false));
        _azure.Attestation.Clock = room.Clock;
        _azure.Allow(room.RoomText);
        await room.RestartAsync(_azure.Settings());
        await RollAsync(room, 1);
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();

        var bundle = instance.Open(await instance.ReleaseAsync());

        Assert.Equal(["embedded", "key-vault"], (await StateAsync(room)).RecordKeys.Select(key => key.Custody));
        Assert.Equal([1u, 2u], bundle!.RecordKeys.Select(key => key.Period));

        // A broker that was set up without the vault opens nothing at all rather than a part.
        await room.RestartAsync();
        Assert.Equal(["embedded", "unknown"], (await StateAsync(room)).RecordKeys.Select(key => key.Custody));
        await RefusedForNowAsync(instance);
    }

    [Fact]
    public async Task HandOver_OfKeysInAVault_HandsOverTheirNamesAndBothBrokersReleaseTheSameKeys()
    {
        await using var room = await TestRoom.StartAsync(_azure.Door, _azure.Settings());
        await using var second = await room.SecondAsync(_azure.SecondDoor, _azure.Settings());
        var handed = await JoinAndHandOverAsync(room, second);
        var made = Made();
        await TakeOverAsync(room, second, handed);
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        using var successor = await second.InstanceAsync(generation: 2);

        var own = instance.Open(await instance.ReleaseAsync())!;
        await successor.PrepareAsync(witness: false);
        var other = successor.Open(await successor.ReleaseAsync())!;

        Assert.Equal([1u, 2u], own.RecordKeys.Select(key => key.Period));
        Assert.Equal(own.RecordKeys, other.RecordKeys);
        Assert.Equal(own.RoomSecret, other.RoomSecret);
        Assert.Equal(["key-vault", "key-vault"], (await StateAsync(second)).RecordKeys.Select(key => key.Custody));

        // Names travel and nothing else, and the stand-in lets the vault make nothing.
        var contents = handed.RecordKeys.Append(handed.RoomSecret).Select(secret => secret.Content.ToStringUtf8()).ToList();
        Assert.All(contents, content => Assert.StartsWith($"{{\"name\":\"cleanroom-{room.RoomText}-", content, StringComparison.Ordinal));
        Assert.All(own.RecordKeys, key => Assert.DoesNotContain(contents, content => content.Contains(StrictBase64.EncodeUrl(key.PrivateKey.Span), StringComparison.Ordinal)));
        Assert.Equal(made, Made());
        Assert.Empty(_azure.Vault.Surprises);

        int Made() => _azure.Vault.Asked.Count(request => request.Line.Contains("/create", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TakeOver_NamesInAVaultThatAreNotThoseOfTheKeysHandedOver_AreRefused()
    {
        await using var room = await TestRoom.StartAsync(_azure.Door, _azure.Settings());
        await using var second = await room.SecondAsync(_azure.SecondDoor, _azure.Settings());
        var handed = await JoinAndHandOverAsync(room, second);

        await RefusedAsync(content => (content.RecordKeys[0].Content, content.RecordKeys[0].PublicKey) = (content.RecordKeys[1].Content, content.RecordKeys[1].PublicKey));
        await RefusedAsync(content => content.RecordKeys[0].PublicKey = content.RecordKeys[1].PublicKey);
        await RefusedAsync(content => content.RoomSecret.Content = content.RecordKeys[0].Content);
        await RefusedAsync(content => content.RecordKeys[0].Content = ByteString.CopyFromUtf8(content.RecordKeys[0].Content.ToStringUtf8() + " "));
        await RefusedAsync(content => content.RecordKeys[0].Content = ByteString.CopyFromUtf8("{}"));
        await RefusedAsync(content => content.RecordKeys[0].Custody = "embedded");
        await TestRoom.RefusedAsync(ErrorReason.UnknownRoom, () => StateAsync(second));
        await second.RestartAsync();
        await RefusedAsync(_ => { });

        await second.RestartAsync(_azure.Settings());
        await TakeOverAsync(room, second, handed);
        Assert.Equal(2, (await StateAsync(second)).RecordKeys.Count);

        async Task RefusedAsync(Action<HandOverContent> change)
        {
            var content = handed.Clone();
            change(content);
            await TestRoom.RefusedAsync(ErrorReason.CiphertextInvalid, () => TakeOverAsync(room, second, content));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Roll_Again_GivesTheSameKey_AndAnOldPeriodIsRefused(bool inVault)
    {
        await using var room = inVault ? await JoinedInVaultAsync() : await TestRoom.JoinedAsync();

        var first = await RollAsync(room, 1);
        var again = await RollAsync(room, 1);

        Assert.Equal(first, again);
        Assert.Equal(2u, first.Period);
        await TestRoom.RefusedAsync(ErrorReason.Conflict, () => RollAsync(room, 3));
        await TestRoom.RefusedAsync(ErrorReason.InvalidArgument, () => RollAsync(room, 0));
        Assert.Equal(2, (await StateAsync(room)).RecordKeys.Count);
    }

    [Fact]
    public async Task Roll_WhileAReleaseIsBeingLogged_BelongsToTheNextRelease()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        var cosign = room.Log.Cosign;
        room.Log.Cosign = async size =>
        {
            _ = await RollAsync(room, 1);
            return await cosign(size);
        };

        var response = await instance.ReleaseAsync();

        Assert.True(SignedEntry.TryParse(response.Release.Leaf.Span, out var signed, out _));
        Assert.Equal(Assert.IsType<ReleaseEntry>(signed.Entry).Periods, instance.Open(response)!.RecordKeys.Select(key => (int)key.Period));
    }

    [Fact]
    public async Task Destroy_EmbeddedKey_IsGoneFromStoreAndReleases_AndTheStatementSaysWhatIsLeft()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        _ = await instance.ReleaseAsync();
        var old = (await StateAsync(room)).RecordKeys[0];
        await RollAsync(room, 1);

        var statement = await DestroyAsync(room, 1, KeyIdOf(old));

        var said = Said(room, statement);
        Assert.Equal((TestRoom.Alpha, room.Room, true, 1, "embedded"), (said.Author, said.Room, said.Simulated, said.Period, said.Custody));
        Assert.Equal((KeyIdOf(old), room.Clock.Now, room.Clock.Now.AddHours(24), null), (said.Key, said.Destroyed, said.LeaseEnds, said.RecoverableUntil));
        Assert.Contains("a copy of the store from before", said.Remains, StringComparison.Ordinal);
        using var next = await room.InstanceAsync(generation: 2);
        await next.PrepareAsync();
        Assert.Equal(2u, Assert.Single(next.Open(await next.ReleaseAsync())!.RecordKeys).Period);

        // The same statement again, also after a restart; by another key it does not verify.
        await room.RestartAsync();
        Assert.Equal(statement, await DestroyAsync(room, 1, KeyIdOf(old)));
        Assert.Single(room.Log.Tree.Leaves, leaf => leaf.AsSpan().SequenceEqual(Encoding.ASCII.GetBytes(statement)));
    }

    [Fact]
    public async Task Destroy_AfterAnAttemptThatWasCutOff_StatesTheLeaseThatRunsNow()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        _ = await instance.ReleaseAsync();
        var old = (await StateAsync(room)).RecordKeys[0];
        await RollAsync(room, 1);
        var before = new ErasureEntry(
            room.Room, EntryId.From(Guid.NewGuid()), TestRoom.Alpha, true, 1, KeyIdOf(old), "embedded", room.Clock.Now, LeaseEnds: null, RecoverableUntil: null, "Nothing.");
        var folder = Directory.CreateDirectory(Path.Combine(room.DataFolder, "erasures"));
        await File.WriteAllBytesAsync(Path.Combine(folder.FullName, room.RoomText + "-1.jws"), before.Sign(room.BrokerKeys.Verifier), Token);

        var statement = await DestroyAsync(room, 1, KeyIdOf(old));

        Assert.Equal(room.Clock.Now.AddHours(24), Said(room, statement).LeaseEnds);
        Assert.Equal(statement, await DestroyAsync(room, 1, KeyIdOf(old)));
    }

    [Theory]
    [InlineData(true, ErrorReason.Unavailable)]
    [InlineData(false, ErrorReason.NotCosigned)]
    public async Task Destroy_LogThatDoesNotTakeTheStatement_IsSaidUntilItHasIt(bool refuses, ErrorReason reason)
    {
        await using var room = await TestRoom.JoinedAsync();
        var old = (await StateAsync(room)).RecordKeys[0];
        await RollAsync(room, 1);
        (room.Log.Refuses, room.Log.ProvesAnother) = (refuses, !refuses);

        await TestRoom.RefusedAsync(reason, () => DestroyAsync(room, 1, KeyIdOf(old)));

        Assert.Equal(2u, Assert.Single((await StateAsync(room)).RecordKeys).Period);
        (room.Log.Refuses, room.Log.ProvesAnother) = (false, false);
        var statement = await DestroyAsync(room, 1, KeyIdOf(old));
        Assert.Equal(KeyIdOf(old), Said(room, statement).Key);
        Assert.Single(room.Log.Tree.Leaves, leaf => leaf.AsSpan().SequenceEqual(Encoding.ASCII.GetBytes(statement)));
    }

    [Theory]
    [InlineData("Recoverable+Purgeable", "", "purged from the vault", false)]
    [InlineData("Recoverable+Purgeable", "purge forbidden", "may not purge it", true)]
    [InlineData("CustomizedRecoverable", "", "purge protection keeps it until 2026-08-30", true)]
    [InlineData("Purgeable", "", "purged from the vault", false)]
    public async Task Destroy_KeyInAVault_SaysUntilWhenItCanComeBack(string level, string twist, string words, bool recoverable)
    {
        await using var room = await JoinedInVaultAsync();
        var old = (await StateAsync(room)).RecordKeys[0];
        await RollAsync(room, 1);
        (_azure.Vault.RecoveryLevel, _azure.Vault.Twist) = (level, twist);

        var said = Said(room, await DestroyAsync(room, 1, KeyIdOf(old)));

        Assert.Contains(words, said.Remains, StringComparison.Ordinal);
        Assert.Equal(recoverable ? _azure.Vault.PurgeDate : null, said.RecoverableUntil);
        Assert.Equal("key-vault", said.Custody);
        Assert.Equal(2u, Assert.Single((await StateAsync(room)).RecordKeys).Period);
        Assert.Empty(_azure.Vault.Surprises);
    }

    [Fact]
    public async Task Destroy_VaultThatNamesNoDate_CountsTheLongestRetention()
    {
        await using var room = await JoinedInVaultAsync();
        var old = (await StateAsync(room)).RecordKeys[0];
        await RollAsync(room, 1);
        (_azure.Vault.RecoveryLevel, _azure.Vault.PurgeDate) = ("Recoverable", null);

        Assert.Equal(room.Clock.Now.AddDays(90), Said(room, await DestroyAsync(room, 1, KeyIdOf(old))).RecoverableUntil);
    }

    [Theory]
    [InlineData("500")]
    [InlineData("403")]
    [InlineData("another key deleted")]
    public async Task Destroy_VaultThatDidNot_KeepsTheKeyAndSignsNothing(string twist)
    {
        await using var room = await JoinedInVaultAsync();
        var old = (await StateAsync(room)).RecordKeys[0];
        await RollAsync(room, 1);
        _azure.Vault.Twist = twist;

        await TestRoom.RefusedAsync(ErrorReason.Unavailable, () => DestroyAsync(room, 1, KeyIdOf(old)));

        Assert.Equal(2, (await StateAsync(room)).RecordKeys.Count);
        Assert.False(Directory.Exists(Path.Combine(room.DataFolder, "erasures")));

        // Deleted in the vault and cut off before the broker knew: the same request ends it.
        _azure.Vault.Twist = "deleted before";
        Assert.NotEmpty(await DestroyAsync(room, 1, KeyIdOf(old)));
    }

    [Fact]
    public async Task Destroy_WhatMustStay_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        var newest = (await StateAsync(room)).RecordKeys[0];
        await TestRoom.RefusedAsync(ErrorReason.FailedPrecondition, () => DestroyAsync(room, 1, KeyIdOf(newest)));
        var second = KeyId.OfSpki((await RollAsync(room, 1)).RecordKey.Span);

        await TestRoom.RefusedAsync(ErrorReason.NotFound, () => DestroyAsync(room, 1, room.BrokerKeys.Tls.PublicKey.Id));
        await TestRoom.RefusedAsync(ErrorReason.NotFound, () => DestroyAsync(room, 7, KeyIdOf(newest)));
        await TestRoom.RefusedAsync(ErrorReason.FailedPrecondition, () => DestroyAsync(room, 2, second));
        Assert.Equal(2, (await StateAsync(room)).RecordKeys.Count);
    }

    [Fact]
    public async Task RollAndDestroy_ByAStranger_AreRefusedBeforeAnythingIsLookedAt()
    {
        await using var room = await TestRoom.JoinedAsync();

        await TestRoom.RefusedAsync(ErrorReason.PermissionDenied, async () => await room.Stranger.RollRecordKeyAsync(new RollRecordKeyRequest(), cancellationToken: Token));
        await TestRoom.RefusedAsync(ErrorReason.PermissionDenied, async () => await room.Stranger.DestroyRecordKeyAsync(new DestroyRecordKeyRequest(), cancellationToken: Token));
    }

    [Fact]
    public void Open_EverySettingWrong_SaysAllAtOnce()
    {
        File.WriteAllText(_azure.PolicyFile, VaultBroker.Policy("https://other.attest.example", "00"));
        var options = new AttestationOptions { Custody = "key-vault" };
        var vault = options.KeyVault;
        (vault.Address, vault.AttestationInstance, vault.Wrapping, vault.Evidence) = (new Uri("http://vault.example/"), new Uri("https://a.example/b"), "RSA1_5", "tpm");
        (vault.Timeout, vault.ReleasePolicyFile, vault.AuthorityFile) = (TimeSpan.Zero, _azure.PolicyFile, _azure.PolicyFile);

        var problem = Assert.Throws<StartupException>(() => CustodySetup.Open(options, null!, _azure.Door, TimeProvider.System)).Message;

        Assert.All(
            ["Address", "AttestationInstance must be", "Wrapping", "Evidence", "Timeout", "no other authority", "AuthorityFile"],
            word => Assert.Contains(word, problem, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null, "64 KiB")]
    [InlineData("{}", "ReleasePolicyFile")]
    [InlineData("""{"version":"1.0.0","anyOf":[]}""", "ReleasePolicyFile")]
    public void Open_PolicyThatIsNone_StopsTheStart(string? policy, string word)
    {
        var options = new AttestationOptions { Custody = "key-vault" };
        (options.KeyVault.Address, options.KeyVault.AttestationInstance) = (_azure.Vault.Address, _azure.Attestation.Address);
        options.KeyVault.ReleasePolicyFile = policy is null ? null : _azure.PolicyFile;
        File.WriteAllText(_azure.PolicyFile, policy ?? "");

        Assert.Contains(word, Assert.Throws<StartupException>(() => CustodySetup.Open(options, null!, _azure.Door, TimeProvider.System)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_VaultCustodyWithoutAVault_StopsTheStart() => Assert.Contains(
        "KeyVault:Address",
        Assert.Throws<StartupException>(() => CustodySetup.Open(new AttestationOptions { Custody = "key-vault" }, null!, _azure.Door, TimeProvider.System)).Message,
        StringComparison.Ordinal);

    public void Dispose() => _azure.Dispose();

    private async Task<TestRoom> JoinedInVaultAsync()
    {
        var room = await TestRoom.StartAsync(_azure.Door, _azure.Settings());
        await JoinAsync(room);
        return room;
    }

    private async Task JoinAsync(TestRoom room)
    {
        _azure.Attestation.Clock = room.Clock;
        _azure.Allow(room.RoomText);
        await AcceptAsync(room);
        room.LogGenesis();
        _ = await room.CosignedAsync(room.Log.Tree, 1);
    }

    /// <summary>Joins, makes a second key, and opens what the owner's broker hands over.</summary>
    private async Task<HandOverContent> JoinAndHandOverAsync(TestRoom room, TestRoom second)
    {
        await JoinAsync(room);
        _ = await RollAsync(room, 1);
        var to = second.BrokerKeys.Verifier.PublicKey.Id;
        var package = (await room.Owner.HandOverAsync(new HandOverRequest { Room = room.RoomText, To = ByteString.CopyFrom(to.Span) }, cancellationToken: Token)).Package;
        Assert.True(Jws.TryParse(package, out var jws, HandOver.MaxSize));
        Assert.True(jws.Verify(room.BrokerKeys.Verifier.PublicKey));
        Assert.True(Hpke.TryOpen(second.BrokerKeys.HandOver, HandOver.Info(to), [], jws.Payload.Span, out var plain));
        return HandOverContent.Parser.ParseFrom(plain);
    }

    private static async Task TakeOverAsync(TestRoom room, TestRoom second, HandOverContent content)
    {
        var sealedContent = Hpke.Seal(second.BrokerKeys.HandOver.PublicKey, HandOver.Info(second.BrokerKeys.Verifier.PublicKey.Id), [], content.ToByteArray());
        _ = await second.Owner.TakeOverAsync(new TakeOverRequest { Package = Jws.Sign(room.BrokerKeys.Verifier, HandOver.Type, sealedContent) }, cancellationToken: Token);
    }

    // The first refusal comes after the release entry was logged; the line tries again by itself, and then its proof is from before that entry.
    private static async Task RefusedForNowAsync(TestInstance instance)
    {
        Assert.Contains((await Assert.ThrowsAsync<CleanRoomException>(instance.ReleaseAsync)).Reason, new[] { ErrorReason.Unavailable, ErrorReason.Conflict });
        await TestRoom.RefusedAsync(ErrorReason.Unavailable, instance.ReleaseAsync);
    }

    private static async Task AcceptAsync(TestRoom room) =>
        await room.Owner.AcceptCharterAsync(new AcceptCharterRequest { SignedCharter = ByteString.CopyFrom(room.Signed(room.Charter).ToBytes()) }, cancellationToken: Token);

    private static async Task<GetRoomResponse> StateAsync(TestRoom room) => await room.Owner.GetRoomAsync(new GetRoomRequest { Room = room.RoomText }, cancellationToken: Token);

    private static async Task<RollRecordKeyResponse> RollAsync(TestRoom room, uint from) =>
        await room.Owner.RollRecordKeyAsync(new RollRecordKeyRequest { Room = room.RoomText, From = from }, cancellationToken: Token);

    private static async Task<string> DestroyAsync(TestRoom room, uint period, KeyId key) => (await room.Owner.DestroyRecordKeyAsync(
        new DestroyRecordKeyRequest { Room = room.RoomText, Period = period, KeyHash = ByteString.CopyFrom(key.Span) }, cancellationToken: Token)).Statement;

    /// <summary>What a statement says, which is the broker's own.</summary>
    private static ErasureEntry Said(TestRoom room, string statement)
    {
        Assert.True(SignedEntry.TryParse(Encoding.ASCII.GetBytes(statement), out var signed, out _));
        Assert.True(signed.Verify(room.BrokerKeys.Verifier.PublicKey));
        return Assert.IsType<ErasureEntry>(signed.Entry);
    }

    private static KeyId KeyIdOf(HeldRecordKey key) => KeyId.OfSpki(key.PublicKey.Span);
}
