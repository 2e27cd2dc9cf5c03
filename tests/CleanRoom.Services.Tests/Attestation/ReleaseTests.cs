using System.Text;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Evidence.Results;
using CleanRoom.Protocol.Attestation.V1;
using CleanRoom.Transport;
using Google.Protobuf;

namespace CleanRoom.Services.Tests.Attestation;

public sealed class ReleaseTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ReleaseKey_EverythingRight_SealsTheKeysAfterTheEntryIsCosigned()
    {
        await using var room = await TestRoom.JoinedAsync();
        var record = (await room.Owner.AcceptCharterAsync(
            new AcceptCharterRequest { SignedCharter = ByteString.CopyFrom(room.Signed(room.Charter).ToBytes()) }, cancellationToken: Token)).RecordKey;
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();

        var response = await instance.ReleaseAsync();

        var bundle = instance.Open(response);
        Assert.NotNull(bundle);
        var released = Assert.Single(bundle.RecordKeys);
        using var key = HpkePrivateKey.Import(released.PrivateKey.Span);
        Assert.Equal(1u, released.Period);
        Assert.Equal(record.ToByteArray(), key.PublicKey.ToSpki());
        Assert.Equal(32, bundle.RoomSecret.Length);
        Assert.Equal(room.Clock.Now.AddHours(24).ToUnixTimeSeconds(), bundle.LeaseEnds);

        Assert.True(SignedEntry.TryParse(response.Release.Leaf.Span, out var signed, out _));
        var entry = Assert.IsType<ReleaseEntry>(signed.Entry);
        Assert.True(signed.Verify(room.BrokerKeys.Verifier.PublicKey));
        Assert.Equal((1L, instance.Signing.PublicKey.Id, TestRoom.Alpha), (entry.Generation, entry.Instance, entry.Author));
        Assert.Equal(bundle.LeaseEnds, entry.LeaseEnds.ToUnixTimeSeconds());
        Assert.Equal(room.Log.Tree.Leaves[(int)response.Release.Index], response.Release.Leaf.ToByteArray());
        var state = await room.Owner.GetRoomAsync(new GetRoomRequest { Room = room.RoomText }, cancellationToken: Token);
        Assert.Equal((1UL, bundle.LeaseEnds), (state.Generation, state.LeaseEnds));
    }

    [Fact]
    public async Task ReleaseKey_AnotherKey_OpensNothing()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        using var thief = HpkePrivateKey.Generate();
        await instance.PrepareAsync();

        Assert.Null(instance.Open(await instance.ReleaseAsync(), thief));
    }

    [Fact]
    public async Task ReleaseKey_SameResultAgain_GivesTheSameEntryOnce()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        var first = await instance.ReleaseAsync();
        await room.RestartAsync();
        var second = await instance.ReleaseAsync();

        Assert.Equal(first.Release, second.Release);
        Assert.Equal(instance.Open(first), instance.Open(second));
        Assert.Equal(1, Releases(room));
    }

    [Fact]
    public async Task ReleaseKey_ManyAtOnce_LogOneEntry()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        var request = await instance.ReleaseRequestAsync();
        room.Log.Cosign = size => Task.FromResult(room.CosignedByOthers(room.Log.Tree, size).ToText());

        var responses = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ => await room.Enclave.ReleaseKeyAsync(request, cancellationToken: Token)));

        Assert.Single(responses.Select(response => response.Release).Distinct());
        Assert.Equal(1, Releases(room));
    }

    [Fact]
    public async Task ReleaseKey_StolenResult_IsRefusedForOtherKeys()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var honest = await room.InstanceAsync();
        await honest.PrepareAsync();
        using var thief = await room.InstanceAsync();
        await thief.PrepareAsync(attest: false);
        thief.Result = honest.Result;

        await TestRoom.RefusedAsync(ErrorReason.EntryInvalid, thief.ReleaseAsync);
        Assert.Equal(0, Releases(room));
    }

    [Fact]
    public async Task ReleaseKey_ForeignReleaseKeyInTheEntry_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        using var thief = HpkePrivateKey.Generate();
        _ = await instance.AttestAsync();
        instance.Leaf = (instance.Entry() with { Release = thief.PublicKey }).Sign(instance.Signing);
        instance.Index = room.Log.Append(instance.Leaf);

        await TestRoom.RefusedAsync(ErrorReason.EntryInvalid, instance.ReleaseAsync);
    }

    [Fact]
    public async Task ReleaseKey_EntryNotSignedByTheInstance_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        using var other = SigningKey.Generate();
        _ = await instance.AttestAsync();
        instance.Leaf = instance.Entry().Sign(other);
        instance.Index = room.Log.Append(instance.Leaf);

        await TestRoom.RefusedAsync(ErrorReason.EntryInvalid, instance.ReleaseAsync);
    }

    [Fact]
    public async Task ReleaseKey_EntryThatIsNotWhatTheRequestSaysOfIt_IsRefusedByItsField()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        var hash = await instance.ReleaseRequestAsync();
        hash.Instance.LeafHash = ByteString.CopyFrom(new byte[32]);
        Assert.Equal(
            "instance.leaf_hash", (await TestRoom.RefusedAsync(ErrorReason.InvalidArgument, async () => await room.Enclave.ReleaseKeyAsync(hash, cancellationToken: Token))).Field);
        var index = await instance.ReleaseRequestAsync();
        index.Instance.Index++;
        Assert.Equal("instance.index", (await TestRoom.RefusedAsync(ErrorReason.InvalidArgument, async () => await room.Enclave.ReleaseKeyAsync(index, cancellationToken: Token))).Field);
        Assert.NotNull(instance.Open(await instance.ReleaseAsync()));
    }

    [Fact]
    public async Task ReleaseKey_ResultOfAnotherVerifier_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        Assert.True(AttestationResult.TryVerify(instance.Result, room.BrokerKeys.Verifier.PublicKey, room.Clock.Now, out var claims, out _));
        instance.Result = AttestationResult.Sign(room.VerifierKey("beta"), claims);

        await TestRoom.RefusedAsync(ErrorReason.AttestationInvalid, instance.ReleaseAsync);
    }

    [Theory]
    [InlineData("member")]
    [InlineData("room")]
    public async Task ReleaseKey_ResultForAnotherPurpose_IsRefused(string what)
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        Assert.True(AttestationResult.TryVerify(instance.Result, room.BrokerKeys.Verifier.PublicKey, room.Clock.Now, out var claims, out _));
        instance.Result = AttestationResult.Sign(
            room.BrokerKeys.Verifier, what == "member" ? claims with { Member = "beta" } : claims with { Room = Guid.NewGuid().ToString() });

        await TestRoom.RefusedAsync(ErrorReason.AttestationInvalid, instance.ReleaseAsync);
    }

    [Fact]
    public async Task ReleaseKey_ResultExpired_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        room.Clock.Move(TimeSpan.FromMinutes(5));

        await TestRoom.RefusedAsync(ErrorReason.AttestationInvalid, instance.ReleaseAsync);
    }

    [Fact]
    public async Task ReleaseKey_NewerCharterAccepted_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        _ = await room.Owner.AcceptCharterAsync(
            new AcceptCharterRequest { SignedCharter = ByteString.CopyFrom(room.Signed(TestRoom.Build(room.Draft(2).SetTitle("Second"))).ToBytes()) }, cancellationToken: Token);

        await TestRoom.RefusedAsync(ErrorReason.CharterNotInForce, instance.ReleaseAsync);
    }

    [Fact]
    public async Task ReleaseKey_MeasurementRevokedByANewCharter_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        var next = TestRoom.Build(room.Draft(2).SetEnclaves(Charter.EnclaveTerms.ForSimulation("matching", new string('0', 96))));
        _ = await room.Owner.AcceptCharterAsync(new AcceptCharterRequest { SignedCharter = ByteString.CopyFrom(room.Signed(next).ToBytes()) }, cancellationToken: Token);
        using var instance = await room.InstanceAsync();
        instance.Charter = next.Hash;
        await instance.ChallengeAsync();

        Assert.Contains("MeasurementNotApproved", (await TestRoom.RefusedAsync(ErrorReason.EvidenceRejected, instance.AttestAsync)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReleaseKey_Frozen_IsRefusedUntilResumed()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        Assert.True((await FreezeAsync(room, true)).Frozen);
        await TestRoom.RefusedAsync(ErrorReason.KeyFrozen, instance.ReleaseAsync);
        await room.RestartAsync();
        await TestRoom.RefusedAsync(ErrorReason.KeyFrozen, instance.ReleaseAsync);
        await TestRoom.RefusedAsync(ErrorReason.KeyFrozen, async () => await (await room.InstanceAsync()).AttestAsync());
        Assert.False((await FreezeAsync(room, false)).Frozen);

        Assert.NotNull(instance.Open(await instance.ReleaseAsync()));
    }

    [Fact]
    public async Task ReleaseKey_FrozenWhileTheEntryIsBeingCosigned_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        room.Log.BeforeInclusion = () => FreezeAsync(room, true);

        await TestRoom.RefusedAsync(ErrorReason.KeyFrozen, instance.ReleaseAsync);
    }

    [Fact]
    public async Task ReleaseKey_LowerGeneration_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var second = await room.InstanceAsync(generation: 2);
        await second.PrepareAsync();
        _ = await second.ReleaseAsync();
        using var first = await room.InstanceAsync(generation: 1);
        await first.PrepareAsync();

        await TestRoom.RefusedAsync(ErrorReason.InstanceSuperseded, first.ReleaseAsync);
        await room.RestartAsync();
        await TestRoom.RefusedAsync(ErrorReason.InstanceSuperseded, first.ReleaseAsync);
    }

    [Fact]
    public async Task ReleaseKey_AnotherInstanceOfTheSameGeneration_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var one = await room.InstanceAsync();
        await one.PrepareAsync();
        _ = await one.ReleaseAsync();
        using var other = await room.InstanceAsync();
        await other.PrepareAsync();

        await TestRoom.RefusedAsync(ErrorReason.InstanceSuperseded, other.ReleaseAsync);
    }

    [Fact]
    public async Task ReleaseKey_TooFewCosignatures_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        var tree = room.Log.Tree;
        var weak = room.CosignedByOthers(tree, tree.Size, default, "beta", "gamma");

        await TestRoom.RefusedAsync(ErrorReason.NotCosigned, async () => await room.Enclave.ReleaseKeyAsync(await instance.ReleaseRequestAsync(weak), cancellationToken: Token));
    }

    /// <summary>A quorum forms without the slowest: whose broker has not cosigned yet is asked again, not left out until the renewal.</summary>
    [Fact]
    public async Task ReleaseKey_BeforeTheBrokerHasCosignedAnything_IsNotYetAndNotNo()
    {
        await using var room = await TestRoom.StartAsync();
        _ = await room.Owner.AcceptCharterAsync(new AcceptCharterRequest { SignedCharter = ByteString.CopyFrom(room.Signed(room.Charter).ToBytes()) }, cancellationToken: Token);
        room.LogGenesis();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync(witness: false);

        await TestRoom.RefusedAsync(ErrorReason.Unavailable, instance.ReleaseAsync);

        _ = await room.CosignedAsync(room.Log.Tree, room.Log.Tree.Size);
        Assert.NotNull(instance.Open(await instance.ReleaseAsync()));
    }

    [Fact]
    public async Task ReleaseKey_ForkedLog_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        var fork = room.Log.Tree.Fork(1);
        instance.Index = fork.Append(instance.Leaf);
        _ = CosignTests.Grown(fork, 5);
        _ = await room.AskAsync(CosignTests.Grown(room.Log.Tree, 3), 3);

        await TestRoom.RefusedAsync(ErrorReason.LogForked, async () => await room.Enclave.ReleaseKeyAsync(
            await instance.ReleaseRequestAsync(room.CosignedByOthers(fork, 5), fork), cancellationToken: Token));
    }

    [Fact]
    public async Task ReleaseKey_LogMovedOnMeanwhile_OwnCosignatureIsTheProof()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        var own = await room.CosignedAsync(room.Log.Tree, room.Log.Tree.Size);
        var request = await instance.ReleaseRequestAsync(own);
        var withoutOwn = await instance.ReleaseRequestAsync();
        request.Consistency = withoutOwn.Consistency = null;
        _ = await room.AskAsync(CosignTests.Grown(room.Log.Tree, 7), 7);

        Assert.Equal("7", (await TestRoom.RefusedAsync(ErrorReason.Conflict, async () => await room.Enclave.ReleaseKeyAsync(withoutOwn, cancellationToken: Token))).Field);
        Assert.NotNull(instance.Open(await room.Enclave.ReleaseKeyAsync(request, cancellationToken: Token)));
    }

    [Fact]
    public async Task ReleaseKey_OlderCheckpointWithProof_IsEnough()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        var older = room.CosignedByOthers(room.Log.Tree, room.Log.Tree.Size);
        _ = await room.AskAsync(CosignTests.Grown(room.Log.Tree, 7), 7);

        Assert.NotNull(instance.Open(await room.Enclave.ReleaseKeyAsync(await instance.ReleaseRequestAsync(older), cancellationToken: Token)));
    }

    [Fact]
    public async Task ReleaseKey_NotInTheLog_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        instance.Leaf = instance.Entry().Sign(instance.Signing);

        await TestRoom.RefusedAsync(ErrorReason.EntryInvalid, instance.ReleaseAsync);
    }

    [Theory]
    [InlineData(-16)]
    [InlineData(16)]
    public async Task ReleaseKey_RoomTimeFarFromTheBrokersClock_IsRefused(int minutes)
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        var skewed = room.CosignedByOthers(room.Log.Tree, room.Log.Tree.Size, TimeSpan.FromMinutes(minutes));

        await TestRoom.RefusedAsync(ErrorReason.NotCosigned, async () => await room.Enclave.ReleaseKeyAsync(await instance.ReleaseRequestAsync(skewed), cancellationToken: Token));
    }

    [Theory]
    [InlineData("refuses", ErrorReason.Unavailable)]
    [InlineData("too few witnesses", ErrorReason.NotCosigned)]
    [InlineData("another leaf proved", ErrorReason.NotCosigned)]
    public async Task ReleaseKey_EntryNotCosigned_ReleasesNothingAndTheSameResultGoesOnLater(string how, ErrorReason expected)
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        var honest = room.Log.Cosign;
        room.Log.Refuses = how == "refuses";
        room.Log.ProvesAnother = how == "another leaf proved";
        if (how == "too few witnesses")
        {
            room.Log.Cosign = size => Task.FromResult(room.CosignedByOthers(room.Log.Tree, size, default, "beta", "gamma").ToText());
        }

        await TestRoom.RefusedAsync(expected, instance.ReleaseAsync);
        (room.Log.Refuses, room.Log.ProvesAnother, room.Log.Cosign) = (false, false, honest);

        Assert.NotNull(instance.Open(await instance.ReleaseAsync()));
        Assert.Equal(1, Releases(room));
    }

    [Fact]
    public async Task ReleaseKey_LeaseOfTheOwnerIsShorter_Counts()
    {
        await using var room = await TestRoom.JoinedAsync();
        await room.RestartAsync("--Attestation:Lease=01:00:00");
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();

        Assert.Equal(room.Clock.Now.AddHours(1).ToUnixTimeSeconds(), instance.Open(await instance.ReleaseAsync())!.LeaseEnds);
    }

    [Fact]
    public async Task ReleaseKey_SecretsAtRest_AreInNoFile()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        var bundle = instance.Open(await instance.ReleaseAsync())!;
        await room.StopBrokerAsync();
        byte[][] secrets = [bundle.RecordKeys[0].PrivateKey.ToByteArray(), bundle.RoomSecret.ToByteArray()];

        foreach (var file in Directory.GetFiles(room.DataFolder, "*", SearchOption.AllDirectories))
        {
            var content = await File.ReadAllBytesAsync(file, Token);
            foreach (var secret in secrets)
            {
                Assert.True(content.AsSpan().IndexOf(secret) < 0, file);
                Assert.True(content.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(secret))) < 0, file);
                Assert.True(content.AsSpan().IndexOf(Encoding.ASCII.GetBytes(StrictBase64.EncodeUrl(secret))) < 0, file);
            }
        }
    }

    [Fact]
    public async Task Restart_Everything_IsKept()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        await instance.PrepareAsync();
        var before = instance.Open(await instance.ReleaseAsync());
        var state = await room.Owner.GetRoomAsync(new GetRoomRequest { Room = room.RoomText }, cancellationToken: Token);
        using var next = await room.InstanceAsync(generation: 2);
        await room.RestartAsync();

        Assert.Equal(state, await room.Owner.GetRoomAsync(new GetRoomRequest { Room = room.RoomText }, cancellationToken: Token));
        await next.PrepareAsync();
        var after = next.Open(await next.ReleaseAsync());
        Assert.Equal(before!.RecordKeys, after!.RecordKeys);
        Assert.Equal(before.RoomSecret, after.RoomSecret);
        await TestRoom.RefusedAsync(ErrorReason.NonceUsed, instance.AttestAsync);
    }

    private static async Task<SetFrozenResponse> FreezeAsync(TestRoom room, bool frozen) =>
        await room.Owner.SetFrozenAsync(new SetFrozenRequest { Room = room.RoomText, Frozen = frozen }, cancellationToken: Token);

    private static int Releases(TestRoom room) => room.Log.Tree.Leaves.Count(leaf => SignedEntry.TryParse(leaf, out var entry, out _) && entry.Entry is ReleaseEntry);
}
