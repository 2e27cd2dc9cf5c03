using System.Security.Cryptography;
using System.Text;
using CleanRoom.Cryptography;
using CleanRoom.Evidence;
using CleanRoom.Evidence.Results;
using CleanRoom.Evidence.Simulation;
using CleanRoom.Protocol.Attestation.V1;
using CleanRoom.Transport;
using Google.Protobuf;

namespace CleanRoom.Services.Tests.Attestation;

public sealed class AttestTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Attest_GoodEvidence_GivesAResultThatNamesKeysCharterAndSimulation()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();

        Assert.True(AttestationResult.TryVerify(await instance.AttestAsync(), room.BrokerKeys.Verifier.PublicKey, room.Clock.Now, out var claims, out _));
        Assert.True(claims.Simulated);
        Assert.Equal(("alpha", room.RoomText), (claims.Member, claims.Room));
        Assert.Equal((instance.Signing.PublicKey.Id, instance.Release.PublicKey.Id), (claims.Signing, claims.Release));
        Assert.Equal(room.Charter.Hash, claims.Charter);
        Assert.Equal(instance.Nonce, claims.Nonce.ToArray());
        Assert.True(Jws.TryParse(instance.Result, out var jws));
        Assert.Contains("\"ear.status\":\"warning\"", Encoding.UTF8.GetString(jws.Payload.Span), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("measurement", RejectionReason.MeasurementNotApproved)]
    [InlineData("debug", RejectionReason.DebugEnabled)]
    [InlineData("vmpl", RejectionReason.VmplNotApproved)]
    [InlineData("tcb", RejectionReason.TcbBelowFloor)]
    [InlineData("root", RejectionReason.SignatureInvalid)]
    [InlineData("flipped", RejectionReason.SignatureInvalid)]
    [InlineData("nonce of another", RejectionReason.ReportDataMismatch)]
    [InlineData("keys of another", RejectionReason.ReportDataMismatch)]
    [InlineData("charter of another", RejectionReason.ReportDataMismatch)]
    [InlineData("not an envelope", RejectionReason.EnvelopeMalformed)]
    public async Task Attest_BadEvidence_IsRejectedWithItsReason(string attack, RejectionReason expected)
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        using var other = await room.InstanceAsync();
        instance.Evidence = Spoil(attack, instance, other);

        var refusal = await TestRoom.RefusedAsync(ErrorReason.EvidenceRejected, instance.AttestAsync);

        Assert.Contains(expected.ToString(), refusal.Message, StringComparison.Ordinal);
        Assert.Equal("evidence", refusal.Field);
    }

    [Fact]
    public async Task Attest_NonceAgain_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        _ = await instance.AttestAsync();

        await TestRoom.RefusedAsync(ErrorReason.NonceUsed, instance.AttestAsync);
    }

    [Fact]
    public async Task Attest_NonceAgainAfterRejection_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        var good = instance.Evidence;
        instance.Evidence = instance.Prove(new SimulatedEvidenceProvider(room.Measurement) { Debug = true });
        await TestRoom.RefusedAsync(ErrorReason.EvidenceRejected, instance.AttestAsync);
        instance.Evidence = good;

        await TestRoom.RefusedAsync(ErrorReason.NonceUsed, instance.AttestAsync);
    }

    [Fact]
    public async Task Attest_OneNonceManyTimesAtOnce_CountsOnce()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            try
            {
                return (await room.Enclave.AttestAsync(instance.Request(), cancellationToken: Token)).Result;
            }
            catch (CleanRoomException refusal) when (refusal.Reason == ErrorReason.NonceUsed)
            {
                return null;
            }
        }));

        Assert.Single(answers, answer => answer is not null);
    }

    [Theory]
    [InlineData(299, true)]
    [InlineData(300, false)]
    public async Task Attest_Nonce_LivesFiveMinutes(int seconds, bool accepted)
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        room.Clock.Move(TimeSpan.FromSeconds(seconds));

        if (accepted)
        {
            _ = await instance.AttestAsync();
        }
        else
        {
            await TestRoom.RefusedAsync(ErrorReason.NonceUsed, instance.AttestAsync);
        }
    }

    [Fact]
    public async Task Attest_NonceThatWasNeverGiven_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        var request = instance.Request();
        request.Nonce = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(32));

        await TestRoom.RefusedAsync(ErrorReason.NonceUsed, async () => await room.Enclave.AttestAsync(request, cancellationToken: Token));
    }

    [Fact]
    public async Task Attest_OtherCharter_IsRefusedBeforeTheNonceIsUsed()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        instance.Charter = Digest.Of("another"u8);
        await TestRoom.RefusedAsync(ErrorReason.CharterNotInForce, instance.AttestAsync);
        instance.Charter = room.Charter.Hash;

        _ = await instance.AttestAsync();
    }

    [Fact]
    public async Task Attest_ExpiredCharter_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        room.Clock.Move(TimeSpan.FromDays(30));
        using var instance = await room.InstanceAsync();

        await TestRoom.RefusedAsync(ErrorReason.CharterExpired, instance.AttestAsync);
    }

    [Fact]
    public async Task Attest_SimulationNoLongerAllowed_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        await room.RestartAsync("--Attestation:AllowSimulated=false");
        using var instance = await room.InstanceAsync();

        await TestRoom.RefusedAsync(ErrorReason.SimulatedNotAllowed, instance.AttestAsync);
    }

    [Fact]
    public async Task Attest_OneKeyForBothPurposes_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        var request = instance.Request();
        request.ReleaseKey = request.SigningKey;

        await TestRoom.RefusedAsync(ErrorReason.InvalidArgument, async () => await room.Enclave.AttestAsync(request, cancellationToken: Token));
    }

    [Theory]
    [InlineData("nonce")]
    [InlineData("evidence")]
    [InlineData("signing_key")]
    [InlineData("release_key")]
    [InlineData("charter_hash")]
    [InlineData("room")]
    public async Task Attest_MalformedField_IsNamed(string field)
    {
        await using var room = await TestRoom.JoinedAsync();
        using var instance = await room.InstanceAsync();
        var request = instance.Request();
        var bad = ByteString.CopyFrom(1, 2, 3);
        _ = field switch
        {
            "nonce" => (object)(request.Nonce = bad),
            "evidence" => request.Evidence = ByteString.CopyFrom(new byte[EvidenceEnvelope.MaxSize + 1]),
            "signing_key" => request.SigningKey = bad,
            "release_key" => request.ReleaseKey = bad,
            "charter_hash" => request.CharterHash = bad,
            _ => request.Room = "not-a-room",
        };

        var refusal = await TestRoom.RefusedAsync(ErrorReason.InvalidArgument, async () => await room.Enclave.AttestAsync(request, cancellationToken: Token));

        Assert.Equal(field, refusal.Field);
    }

    [Fact]
    public async Task Challenge_RoomNotJoined_IsNotFound()
    {
        await using var room = await TestRoom.StartAsync();

        await TestRoom.RefusedAsync(ErrorReason.UnknownRoom, async () => await room.Enclave.ChallengeAsync(new ChallengeRequest { Room = room.RoomText }, cancellationToken: Token));
    }

    [Fact]
    public async Task Challenge_TooManyUnused_IsRefusedUntilTheyExpire()
    {
        await using var room = await TestRoom.JoinedAsync("--Attestation:MaximumOutstandingNonces=3");
        var request = new ChallengeRequest { Room = room.RoomText };
        var nonces = new HashSet<ByteString>();
        for (var i = 0; i < 3; i++)
        {
            Assert.True(nonces.Add((await room.Enclave.ChallengeAsync(request, cancellationToken: Token)).Nonce));
        }

        await TestRoom.RefusedAsync(ErrorReason.ResourceExhausted, async () => await room.Enclave.ChallengeAsync(request, cancellationToken: Token));
        room.Clock.Move(TimeSpan.FromMinutes(5));
        var later = await room.Enclave.ChallengeAsync(request, cancellationToken: Token);

        Assert.Equal(32, later.Nonce.Length);
        Assert.Equal(room.Clock.Now.AddMinutes(5).ToUnixTimeSeconds(), later.Expires);
    }

    private static byte[] Spoil(string attack, TestInstance instance, TestInstance other)
    {
        switch (attack)
        {
            case "measurement":
                return instance.Prove(new SimulatedEvidenceProvider(new LaunchMeasurement(new byte[48])));
            case "debug":
                return instance.Prove(new SimulatedEvidenceProvider(instance.Room.Measurement) { Debug = true });
            case "vmpl":
                return instance.Prove(new SimulatedEvidenceProvider(instance.Room.Measurement) { Vmpl = 1 });
            case "tcb":
                return instance.Prove(new SimulatedEvidenceProvider(instance.Room.Measurement) { Tcb = new TcbVersion(1, 1, 0, 1) });
            case "root":
                using (var root = ECDsa.Create(ECCurve.NamedCurves.nistP384))
                {
                    var part = Report(instance.Evidence)[..^96];
                    return SimulatedEvidenceProvider.Wrap((byte[])[.. part, .. root.SignData(part, HashAlgorithmName.SHA384)]).Json.ToArray();
                }

            case "flipped":
                var flipped = Report(instance.Evidence);
                flipped[0x60] ^= 1;
                return SimulatedEvidenceProvider.Wrap(flipped).Json.ToArray();
            case "nonce of another" or "keys of another":
                return other.Evidence;
            case "charter of another":
                var charter = instance.Charter;
                instance.Charter = Digest.Of("another"u8);
                var evidence = instance.Prove(new SimulatedEvidenceProvider(instance.Room.Measurement));
                instance.Charter = charter;
                return evidence;
            default:
                return [1];
        }
    }

    private static byte[] Report(byte[] evidence) => EvidenceEnvelope.TryParse(evidence, out var envelope) ? envelope.Parts["report"].ToArray() : [];
}
