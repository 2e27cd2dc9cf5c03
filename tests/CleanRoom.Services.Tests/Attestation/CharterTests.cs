using CleanRoom.Charter;
using CleanRoom.Cryptography;
using CleanRoom.Evidence;
using CleanRoom.Protocol.Attestation.V1;
using CleanRoom.Transport;
using Google.Protobuf;

namespace CleanRoom.Services.Tests.Attestation;

public sealed class CharterTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AcceptCharter_Genesis_JoinsAndMakesARecordKeyOnce()
    {
        await using var room = await TestRoom.StartAsync();
        var first = await AcceptAsync(room, room.Signed(room.Charter));
        var again = await AcceptAsync(room, room.Signed(room.Charter));

        Assert.Equal((1u, 1u), (first.Version, first.Period));
        Assert.True(HpkePublicKey.TryFromSpki(first.RecordKey.Span, out _));
        Assert.Equal(first, again);
        var state = await room.Owner.GetRoomAsync(new GetRoomRequest { Room = room.RoomText }, cancellationToken: Token);
        Assert.Equal(room.Charter.Hash.Span.ToArray(), state.CharterHash.ToByteArray());
        Assert.True(state.Simulated);
        Assert.False(state.Frozen);
        Assert.Equal((0UL, 0UL, 0L), (state.Size, state.Generation, state.LeaseEnds));
    }

    [Fact]
    public async Task AcceptCharter_Child_BecomesTheNewest()
    {
        await using var room = await TestRoom.JoinedAsync();
        var child = TestRoom.Build(room.Draft(2).SetTitle("Second"));

        Assert.Equal(2u, (await AcceptAsync(room, room.Signed(child))).Version);
        Assert.Equal(2u, (await AcceptAsync(room, room.Signed(child))).Version);
    }

    [Fact]
    public async Task AcceptCharter_LowerVersion_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        _ = await AcceptAsync(room, room.Signed(TestRoom.Build(room.Draft(2).SetTitle("Second"))));

        await RefusedAsync(room, ErrorReason.CharterNotInForce, room.Signed(room.Charter));
    }

    [Fact]
    public async Task AcceptCharter_OtherChildOfTheSameParent_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        _ = await AcceptAsync(room, room.Signed(TestRoom.Build(room.Draft(2).SetTitle("Second"))));

        await RefusedAsync(room, ErrorReason.CharterNotInForce, room.Signed(TestRoom.Build(room.Draft(2).SetTitle("Another second"))));
    }

    [Fact]
    public async Task AcceptCharter_TwoChildrenAtOnce_OneWins()
    {
        await using var room = await TestRoom.JoinedAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(async i =>
        {
            try
            {
                return (await AcceptAsync(room, room.Signed(TestRoom.Build(room.Draft(2).SetTitle("Child " + i))))).Version;
            }
            catch (CleanRoomException refusal) when (refusal.Reason == ErrorReason.CharterNotInForce)
            {
                return 0u;
            }
        }));

        Assert.Single(answers, 2u);
    }

    [Fact]
    public async Task AcceptCharter_SecondGenesis_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();

        await RefusedAsync(room, ErrorReason.CharterNotInForce, room.Signed(TestRoom.Build(room.Draft().SetTitle("Other genesis"))));
    }

    [Fact]
    public async Task AcceptCharter_VersionLeftOut_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        var second = TestRoom.Build(room.Draft(2).SetTitle("Second"));
        var third = TestRoom.Build(CharterDraft.After(second).SetTitle("Third"));

        await RefusedAsync(room, ErrorReason.CharterInvalid, room.Signed(third));
        _ = await AcceptAsync(room, room.Signed(second));
        Assert.Equal(3u, (await AcceptAsync(room, room.Signed(third))).Version);
    }

    [Theory]
    [InlineData("alpha")]
    [InlineData("beta")]
    public async Task AcceptCharter_ApprovalMissing_IsRefused(string missing)
    {
        await using var room = await TestRoom.StartAsync();

        var refusal = await RefusedAsync(room, ErrorReason.CharterInvalid, room.Signed(room.Charter, missing));

        Assert.Contains(missing, refusal.Message, StringComparison.Ordinal);
        await TestRoom.RefusedAsync(ErrorReason.UnknownRoom, async () => await room.Enclave.ChallengeAsync(new ChallengeRequest { Room = room.RoomText }, cancellationToken: Token));
    }

    [Fact]
    public async Task AcceptCharter_ApprovalByAnotherKey_IsRefused()
    {
        await using var room = await TestRoom.StartAsync();
        var beta = MemberId.Parse("beta");
        var forged = room.Signed(room.Charter, "beta").With(beta, CharterDecision.Sign(room.OrganisationKey("gamma"), room.Charter, beta, Decision.Approve));

        await RefusedAsync(room, ErrorReason.CharterInvalid, forged);
    }

    [Fact]
    public async Task AcceptCharter_OtherVerifierKeyForThisBroker_IsRefused()
    {
        await using var room = await TestRoom.StartAsync();

        await RefusedAsync(room, ErrorReason.CharterInvalid, room.Signed(TestRoom.Build(room.Draft().Put(room.Member("alpha", verifier: SigningKey.Generate())))));
    }

    [Fact]
    public async Task AcceptCharter_OwnerWithAnotherOrganisationKey_IsRefused()
    {
        await using var room = await TestRoom.StartAsync();
        using var other = SigningKey.Generate();
        var charter = TestRoom.Build(room.Draft().Put(room.Member("alpha", organisation: other)));
        var signed = room.Signed(charter, "alpha").With(TestRoom.Alpha, CharterDecision.Sign(other, charter, TestRoom.Alpha, Decision.Approve));

        await RefusedAsync(room, ErrorReason.CharterInvalid, signed);
    }

    [Fact]
    public async Task AcceptCharter_BrokerOfAnotherOwner_IsRefused()
    {
        await using var room = await TestRoom.StartAsync("--Attestation:Owner=epsilon");

        await RefusedAsync(room, ErrorReason.CharterInvalid, room.Signed(room.Charter));
    }

    [Fact]
    public async Task AcceptCharter_SimulatedRoomWithoutTheOption_IsRefused()
    {
        await using var room = await TestRoom.StartAsync("--Attestation:AllowSimulated=false");

        await RefusedAsync(room, ErrorReason.SimulatedNotAllowed, room.Signed(room.Charter));
    }

    [Fact]
    public async Task AcceptCharter_Expired_IsRefused()
    {
        await using var room = await TestRoom.StartAsync();
        room.Clock.Move(TimeSpan.FromDays(30));

        await RefusedAsync(room, ErrorReason.CharterExpired, room.Signed(room.Charter));
    }

    [Fact]
    public async Task AcceptCharter_NotACharter_IsRefused()
    {
        await using var room = await TestRoom.StartAsync();

        await TestRoom.RefusedAsync(ErrorReason.CharterInvalid, async () => await room.Owner.AcceptCharterAsync(
            new AcceptCharterRequest { SignedCharter = ByteString.CopyFromUtf8("{}") }, cancellationToken: Token));
    }

    [Fact]
    public async Task BrokerService_AnybodyElse_IsRefusedEverywhere()
    {
        await using var room = await TestRoom.JoinedAsync();
        var charter = new AcceptCharterRequest { SignedCharter = ByteString.CopyFrom(room.Signed(room.Charter).ToBytes()) };
        Func<Task>[] calls =
        [
            async () => await room.Stranger.GetIdentityAsync(new GetIdentityRequest(), cancellationToken: Token),
            async () => await room.Stranger.AcceptCharterAsync(charter, cancellationToken: Token),
            async () => await room.Stranger.SetFrozenAsync(new SetFrozenRequest { Room = room.RoomText, Frozen = true }, cancellationToken: Token),
            async () => await room.Stranger.GetRoomAsync(new GetRoomRequest { Room = room.RoomText }, cancellationToken: Token),
        ];

        foreach (var call in calls)
        {
            await TestRoom.RefusedAsync(ErrorReason.PermissionDenied, call);
        }

        Assert.False((await room.Owner.GetRoomAsync(new GetRoomRequest { Room = room.RoomText }, cancellationToken: Token)).Frozen);
    }

    [Fact]
    public async Task GetIdentity_Owner_GetsTheKeysOfTheBroker()
    {
        await using var room = await TestRoom.StartAsync();

        var identity = await room.Owner.GetIdentityAsync(new GetIdentityRequest(), cancellationToken: Token);

        Assert.Equal(room.BrokerKeys.Verifier.PublicKey.Spki.ToArray(), identity.VerifierKey.ToByteArray());
        Assert.Equal(room.BrokerKeys.Witness.PublicKey.Spki.ToArray(), identity.WitnessKey.ToByteArray());
        Assert.Equal(room.BrokerKeys.Tls.PublicKey.Id.Span.ToArray(), identity.TlsKeyHash.ToByteArray());
        Assert.Equal(EvidenceKinds.Supported, identity.EvidenceKinds);
    }

    private static async Task<AcceptCharterResponse> AcceptAsync(TestRoom room, SignedCharter signed) =>
        await room.Owner.AcceptCharterAsync(new AcceptCharterRequest { SignedCharter = ByteString.CopyFrom(signed.ToBytes()) }, cancellationToken: Token);

    private static Task<CleanRoomException> RefusedAsync(TestRoom room, ErrorReason expected, SignedCharter signed) =>
        TestRoom.RefusedAsync(expected, () => AcceptAsync(room, signed));
}
