using System.Security.Cryptography;
using System.Text;
using CleanRoom.Attestation.Rooms;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Protocol.Attestation.V1;
using CleanRoom.Transport;
using Google.Protobuf;

namespace CleanRoom.Services.Tests.Attestation;

/// <summary>A broker that stands in for alpha's: what it takes over, what it releases, what it leaves to alpha's own.</summary>
public sealed class StandInTests : IDisposable
{
    private readonly HpkePrivateKey _first = HpkePrivateKey.Generate();
    private readonly HpkePrivateKey _second = HpkePrivateKey.Generate();
    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(32);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ReleaseKey_AfterAHandOver_GivesTheOwnersKeysUnderTheStandInsOwnKey()
    {
        await using var room = await TestRoom.StandInAsync();
        await TakeOverAsync(room);
        using var instance = await ReadyAsync(room);

        var response = await instance.ReleaseAsync();

        var bundle = instance.Open(response)!;
        Assert.Equal([Scalar(_first), Scalar(_second)], bundle.RecordKeys.Select(key => key.PrivateKey.ToByteArray()));
        Assert.Equal(_secret, bundle.RoomSecret.ToByteArray());
        Assert.True(SignedEntry.TryParse(response.Release.Leaf.Span, out var signed, out _));
        Assert.True(signed.Verify(room.BrokerKeys.Verifier.PublicKey));
        Assert.Equal(TestRoom.Alpha, Assert.IsType<ReleaseEntry>(signed.Entry).Author);
        var state = await StateAsync(room);
        Assert.Equal((1UL, (ulong)room.Log.Tree.Size - 1), (state.Generation, state.Size));
    }

    [Fact]
    public async Task ReleaseKey_HandedOverBeforeTheOwnersBrokerCosignedAnything_HoldsTheFirstQuorumAgainstLaterOnes()
    {
        await using var room = await TestRoom.StandInAsync();
        await TakeOverAsync(room, content => (content.Size, content.Root) = (0, ByteString.Empty));
        Assert.Equal(0UL, (await StateAsync(room)).Size);
        using var instance = await ReadyAsync(room);
        Assert.NotNull(instance.Open(await instance.ReleaseAsync()));

        // Another history under a quorum of the same witnesses, shown by instance and ingestion alike.
        var fork = room.Log.Tree.Fork(1);
        _ = fork.Append(new FreezeEntry(room.Room, NewId(), TestRoom.Alpha, false).Sign(room.VerifierKey("alpha")));
        instance.Index = fork.Append(instance.Leaf);
        room.Log.Replace(fork);
        await TestRoom.RefusedAsync(ErrorReason.LogForked, instance.ReleaseAsync);
    }

    [Fact]
    public async Task ReleaseKey_FrozenInTheLogByTheOwnersBroker_IsRefused()
    {
        await using var room = await TestRoom.StandInAsync();
        await TakeOverAsync(room);
        using var instance = await ReadyAsync(room);
        Append(room, new FreezeEntry(room.Room, NewId(), TestRoom.Alpha, true), room.VerifierKey("alpha"));

        await TestRoom.RefusedAsync(ErrorReason.KeyFrozen, instance.ReleaseAsync);

        Assert.Equal(0UL, (await StateAsync(room)).Generation);
        Append(room, new FreezeEntry(room.Room, NewId(), TestRoom.Alpha, false), room.VerifierKey("alpha"));
        Assert.NotNull(instance.Open(await instance.ReleaseAsync()));
    }

    [Fact]
    public async Task ReleaseKey_FrozenWhenItWasHandedOver_IsRefusedUntilTheOwnerSaysSoHere()
    {
        await using var room = await TestRoom.StandInAsync();
        await TakeOverAsync(room, content => content.Frozen = true);
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync(attest: false, witness: false);

        await TestRoom.RefusedAsync(ErrorReason.KeyFrozen, instance.AttestAsync);
        await TakeOverAsync(room, content => (content.Size, content.Root) = (2, ByteString.CopyFrom(room.Log.Tree.Root(2).Span)));
        await TestRoom.RefusedAsync(ErrorReason.KeyFrozen, instance.AttestAsync);
        Assert.Equal(2UL, (await StateAsync(room)).Size);

        _ = await room.Owner.SetFrozenAsync(new SetFrozenRequest { Room = room.RoomText, Frozen = false }, cancellationToken: Token);
        _ = await instance.AttestAsync();
        Assert.NotNull(instance.Open(await instance.ReleaseAsync()));
    }

    [Fact]
    public async Task ReleaseKey_PeriodThatTheLogSaysIsErased_IsLeftOut()
    {
        await using var room = await TestRoom.StandInAsync();
        LogKeys(room);
        await TakeOverAsync(room);
        using var instance = await ReadyAsync(room);
        Append(room, Erasure(room), room.VerifierKey("alpha"));

        var response = await instance.ReleaseAsync();

        Assert.Equal(2u, Assert.Single(instance.Open(response)!.RecordKeys).Period);
        Assert.True(SignedEntry.TryParse(response.Release.Leaf.Span, out var signed, out _));
        Assert.Equal([2], Assert.IsType<ReleaseEntry>(signed.Entry).Periods);
    }

    [Fact]
    public async Task ReleaseKey_AgainAfterAPeriodWasErasedInTheLog_LeavesItOut()
    {
        await using var room = await TestRoom.StandInAsync();
        LogKeys(room);
        await TakeOverAsync(room);
        using var instance = await ReadyAsync(room);
        Assert.Equal(2, instance.Open(await instance.ReleaseAsync())!.RecordKeys.Count);

        Append(room, Erasure(room), room.VerifierKey("alpha"));

        Assert.Equal(2u, Assert.Single(instance.Open(await instance.ReleaseAsync())!.RecordKeys).Period);
    }

    [Theory]
    [InlineData("freeze", ErrorReason.KeyFrozen)]
    [InlineData("newer instance", ErrorReason.InstanceSuperseded)]
    [InlineData("newer charter", ErrorReason.CharterNotInForce)]
    public async Task ReleaseKey_WhatTheLogSaysBeforeOrWhileTheReleaseIsLogged_IsHeard(string what, ErrorReason expected)
    {
        foreach (var late in new[] { false, true })
        {
            await using var room = await TestRoom.StandInAsync();
            await TakeOverAsync(room);
            using var instance = await ReadyAsync(room);
            using var successor = await room.InstanceAsync(generation: 2);
            var newer = TestRoom.Build(CharterDraft.After(room.Charter).SetLinkageModel(Digest.Of("other"u8)));
            Action act = what switch
            {
                "freeze" => () => Append(room, new FreezeEntry(room.Room, NewId(), TestRoom.Alpha, true), room.VerifierKey("alpha")),
                "newer instance" => () => Append(room, successor.Entry(), successor.Signing),
                _ => () => Append(room, new CharterEntry(room.Room, NewId(), TestRoom.Alpha, room.Signed(newer)), room.OrganisationKey("alpha")),
            };
            if (late)
            {
                // The release entry is in the log already, what counts came before it was proven.
                room.Log.BeforeInclusion = () =>
                {
                    act();
                    act = () => { };
                    return Task.CompletedTask;
                };
            }
            else
            {
                act();
            }

            await TestRoom.RefusedAsync(expected, instance.ReleaseAsync);
        }
    }

    [Fact]
    public async Task ReleaseKey_AnotherLogForThisBrokerThanTheInstanceShows_ReleasesNothing()
    {
        await using var room = await TestRoom.StandInAsync();
        await TakeOverAsync(room);
        using var instance = await ReadyAsync(room);
        Append(room, new FreezeEntry(room.Room, NewId(), TestRoom.Alpha, true), room.VerifierKey("alpha"));
        var request = await instance.ReleaseRequestAsync();
        var tree = room.Log.Tree;
        var fork = tree.Fork(instance.Index + 1);
        _ = fork.Append(new FreezeEntry(room.Room, NewId(), TestRoom.Alpha, false).Sign(room.VerifierKey("alpha")));

        room.Log.Replace(fork);
        await TestRoom.RefusedAsync(ErrorReason.LogForked, async () => await room.Enclave.ReleaseKeyAsync(request, cancellationToken: Token));
        room.Log.Replace(tree);
        await TestRoom.RefusedAsync(ErrorReason.KeyFrozen, async () => await room.Enclave.ReleaseKeyAsync(request, cancellationToken: Token));
    }

    [Fact]
    public async Task ReleaseKey_AnotherHistoryHandedOverWhileTheLogIsRead_ReleasesNothing()
    {
        await using var room = await TestRoom.StandInAsync();
        await TakeOverAsync(room, content => (content.Size, content.Root) = (0, ByteString.Empty));
        using var instance = await ReadyAsync(room);
        var fork = room.Log.Tree.Fork(1);
        while (fork.Size < room.Log.Tree.Size + 1)
        {
            _ = fork.Append(Encoding.ASCII.GetBytes("another " + fork.Size));
        }

        var cosign = room.Log.Cosign;
        room.Log.Cosign = async size =>
        {
            room.Log.Cosign = cosign;
            await TakeOverAsync(room, content => (content.Size, content.Root) = ((ulong)fork.Size, ByteString.CopyFrom(fork.Root(fork.Size).Span)));
            return await cosign(size);
        };

        var refusal = await Assert.ThrowsAsync<CleanRoomException>(instance.ReleaseAsync);

        Assert.Contains(refusal.Reason, new[] { ErrorReason.LogForked, ErrorReason.Conflict });
        Assert.Equal(0UL, (await StateAsync(room)).Generation);
    }

    [Fact]
    public async Task ReleaseKey_LogThatCannotBeReadOrIsShownInPart_ReleasesNothing()
    {
        await using var room = await TestRoom.StandInAsync();
        await TakeOverAsync(room);
        using var instance = await ReadyAsync(room);

        room.Log.Shows = 1;
        await TestRoom.RefusedAsync(ErrorReason.NotCosigned, instance.ReleaseAsync);
        (room.Log.Shows, room.Log.Refuses) = (null, true);
        await TestRoom.RefusedAsync(ErrorReason.Unavailable, instance.ReleaseAsync);

        Assert.Equal(0UL, (await StateAsync(room)).Generation);
    }

    [Fact]
    public async Task TakeOver_WhatIsNotFromTheOwnersBrokerOrNotForThisOne_IsRefused()
    {
        await using var room = await TestRoom.StandInAsync();
        using var other = HpkePrivateKey.Generate();
        var owners = room.VerifierKey("alpha");
        var unnamed = TestRoom.Build(CharterDraft.After(room.Charter).Put(Plain(room)));

        await RefusedAsync(ErrorReason.CiphertextInvalid, Package(room, Content(room), room.VerifierKey("beta")));
        await RefusedAsync(ErrorReason.CiphertextInvalid, Package(room, Content(room), owners, to: other.PublicKey));
        await RefusedAsync(ErrorReason.CiphertextInvalid, Package(room, Content(room), owners, info: room.VerifierKey("alpha").PublicKey.Id));
        await RefusedAsync(ErrorReason.CiphertextInvalid, Package(room, Content(room), owners, type: "cleanroom-ear+jws"));
        await RefusedAsync(ErrorReason.CiphertextInvalid, Package(room, Content(room, content => content.RecordKeys[0].PublicKey = content.RecordKeys[1].PublicKey), owners));
        await RefusedAsync(ErrorReason.CiphertextInvalid, Package(room, Content(room, content => content.RecordKeys[1].Period = 1), owners));
        await RefusedAsync(ErrorReason.CiphertextInvalid, Package(room, Content(room, content => content.RecordKeys.Clear()), owners));
        await RefusedAsync(ErrorReason.CiphertextInvalid, Package(room, Content(room, content => content.RecordKeys[0].Custody = "key-vault"), owners));
        await RefusedAsync(ErrorReason.CiphertextInvalid, Package(room, Content(room, content => content.RoomSecret.Content = ByteString.CopyFrom(new byte[31])), owners));
        await RefusedAsync(ErrorReason.CharterInvalid, Package(room, Content(room, content => content.SignedCharter = Signed(room.Signed(unnamed))), owners));
        await RefusedAsync(ErrorReason.CharterInvalid, Package(room, Content(room, content => content.SignedCharter = Signed(room.Signed(room.Charter, "beta"))), owners));
        await TestRoom.RefusedAsync(ErrorReason.PermissionDenied, async () => await room.Stranger.TakeOverAsync(new TakeOverRequest { Package = Package(room, Content(room), owners) }, cancellationToken: Token));

        await TestRoom.RefusedAsync(ErrorReason.UnknownRoom, () => StateAsync(room));

        Task RefusedAsync(ErrorReason reason, string package) =>
            TestRoom.RefusedAsync(reason, async () => await room.Owner.TakeOverAsync(new TakeOverRequest { Package = package }, cancellationToken: Token));
    }

    [Fact]
    public async Task TakeOver_AgainWithAnOlderCharterOrAnotherKey_KeepsWhatIsHere()
    {
        await using var room = await TestRoom.StandInAsync();
        var newer = TestRoom.Build(CharterDraft.After(room.Charter).SetLinkageModel(Digest.Of("other"u8)));
        await TakeOverAsync(room, content => content.SignedCharter = Signed(room.Signed(newer)));

        await TestRoom.RefusedAsync(ErrorReason.CharterNotInForce, () => TakeOverAsync(room));
        await TestRoom.RefusedAsync(ErrorReason.CiphertextInvalid, () => TakeOverAsync(room, content =>
        {
            content.SignedCharter = Signed(room.Signed(newer));
            content.RecordKeys[0].PublicKey = ByteString.CopyFrom(HpkePrivateKey.Generate().PublicKey.ToSpki());
        }));

        Assert.Equal(2u, (await StateAsync(room)).CharterVersion);
    }

    [Fact]
    public async Task TakeOver_AfterAKeyWasDestroyedHere_DoesNotBringItBack()
    {
        await using var room = await TestRoom.StandInAsync();
        await TakeOverAsync(room);
        var statement = (await room.Owner.DestroyRecordKeyAsync(
            new DestroyRecordKeyRequest { Room = room.RoomText, Period = 1, KeyHash = ByteString.CopyFrom(_first.PublicKey.Id.Span) }, cancellationToken: Token)).Statement;

        await TakeOverAsync(room);

        Assert.Equal(2u, Assert.Single((await StateAsync(room)).RecordKeys).Period);
        Assert.True(SignedEntry.TryParse(System.Text.Encoding.ASCII.GetBytes(statement), out var signed, out _));
        Assert.True(signed.Verify(room.BrokerKeys.Verifier.PublicKey));
        Assert.Contains("other brokers state theirs", Assert.IsType<ErasureEntry>(signed.Entry).Remains, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StandIn_WhatIsTheOwnersBrokersAlone_IsRefused()
    {
        await using var room = await TestRoom.StandInAsync();
        var charter = new AcceptCharterRequest { SignedCharter = Signed(room.Signed(room.Charter)) };
        await TestRoom.RefusedAsync(ErrorReason.FailedPrecondition, async () => await room.Owner.AcceptCharterAsync(charter, cancellationToken: Token));
        await TakeOverAsync(room);

        await TestRoom.RefusedAsync(ErrorReason.FailedPrecondition, async () => await room.Enclave.CosignAsync(room.Request(room.Log.Tree, 1, 1), cancellationToken: Token));
        await TestRoom.RefusedAsync(ErrorReason.FailedPrecondition, async () => await room.Owner.RollRecordKeyAsync(new RollRecordKeyRequest { Room = room.RoomText, From = 2 }, cancellationToken: Token));
        await TestRoom.RefusedAsync(ErrorReason.FailedPrecondition, async () => await room.Owner.HandOverAsync(
            new HandOverRequest { Room = room.RoomText, To = ByteString.CopyFrom(room.BrokerKeys.Verifier.PublicKey.Id.Span) }, cancellationToken: Token));
        Assert.Equal(2u, (await room.Owner.AcceptCharterAsync(charter, cancellationToken: Token)).Period);
    }

    [Fact]
    public async Task HandOver_ToAStandInThatTheNewestCharterDoesNotName_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        await TestRoom.RefusedAsync(ErrorReason.NotFound, async () => await room.Owner.HandOverAsync(
            new HandOverRequest { Room = room.RoomText, To = ByteString.CopyFrom(room.BrokerKeys.Verifier.PublicKey.Id.Span) }, cancellationToken: Token));
        await TestRoom.RefusedAsync(ErrorReason.PermissionDenied, async () => await room.Stranger.HandOverAsync(
            new HandOverRequest { Room = room.RoomText, To = ByteString.CopyFrom(room.BrokerKeys.Verifier.PublicKey.Id.Span) }, cancellationToken: Token));
    }

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    private static EntryId NewId() => EntryId.From(Guid.NewGuid());

    private static ByteString Signed(SignedCharter charter) => ByteString.CopyFrom(charter.ToBytes());

    private static void Append(TestRoom room, Entry entry, SigningKey key) => _ = room.Log.Append(entry.Sign(key));

    /// <summary>Puts alpha's two record keys into the log.</summary>
    private void LogKeys(TestRoom room)
    {
        using var approver = SigningKey.Generate();
        Append(room, new PersonEntry(room.Room, NewId(), TestRoom.Alpha, false, "p1", approver.PublicKey, PersonRoles.Approver), room.OrganisationKey("alpha"));
        Append(room, new KeyEntry(room.Room, NewId(), TestRoom.Alpha, KeyPurpose.Record, 1, _first.PublicKey), approver);
        Append(room, new KeyEntry(room.Room, NewId(), TestRoom.Alpha, KeyPurpose.Record, 2, _second.PublicKey), approver);
    }

    private ErasureEntry Erasure(TestRoom room) =>
        new(room.Room, NewId(), TestRoom.Alpha, true, 1, _first.PublicKey.Id, "embedded", room.Clock.Now, LeaseEnds: null, RecoverableUntil: null, "Deleted.");

    private static byte[] Scalar(HpkePrivateKey key)
    {
        var scalar = new byte[HpkePrivateKey.Size];
        key.Export(scalar);
        return scalar;
    }

    private static async Task<GetRoomResponse> StateAsync(TestRoom room) => await room.Owner.GetRoomAsync(new GetRoomRequest { Room = room.RoomText }, cancellationToken: Token);

    /// <summary>Alpha without a stand-in.</summary>
    private static ContributorMember Plain(TestRoom room)
    {
        var member = Assert.IsType<ContributorMember>(room.Member("alpha"));
        return member with { BrokerTerms = member.BrokerTerms with { StandIns = [] } };
    }

    private static async Task<TestInstance> ReadyAsync(TestRoom room)
    {
        var instance = await room.InstanceAsync();
        await instance.PrepareAsync(witness: false);
        return instance;
    }

    private async Task TakeOverAsync(TestRoom room, Action<HandOverContent>? change = null) =>
        _ = await room.Owner.TakeOverAsync(new TakeOverRequest { Package = Package(room, Content(room, change), room.VerifierKey("alpha")) }, cancellationToken: Token);

    /// <summary>What alpha's broker would hand over: two periods, the room as it stands at genesis.</summary>
    private HandOverContent Content(TestRoom room, Action<HandOverContent>? change = null)
    {
        var content = new HandOverContent
        {
            SignedCharter = Signed(room.Signed(room.Charter)),
            Genesis = ByteString.CopyFrom(room.Charter.Hash.Span),
            Size = 1,
            Root = ByteString.CopyFrom(room.Log.Tree.Root(1).Span),
            RoomSecret = new HandOverContent.Types.Secret { Custody = "embedded", Content = ByteString.CopyFrom(_secret) },
        };
        content.RecordKeys.Add(((HpkePrivateKey[])[_first, _second]).Select((key, i) => new HandOverContent.Types.Secret
        {
            Period = (uint)i + 1,
            PublicKey = ByteString.CopyFrom(key.PublicKey.ToSpki()),
            Custody = "embedded",
            Content = ByteString.CopyFrom(Scalar(key)),
        }));
        change?.Invoke(content);
        return content;
    }

    private static string Package(TestRoom room, HandOverContent content, SigningKey signer, HpkePublicKey? to = null, KeyId? info = null, string type = HandOver.Type) => Jws.Sign(
        signer, type, Hpke.Seal(to ?? room.BrokerKeys.HandOver.PublicKey, HandOver.Info(info ?? room.BrokerKeys.Verifier.PublicKey.Id), [], content.ToByteArray()));
}
