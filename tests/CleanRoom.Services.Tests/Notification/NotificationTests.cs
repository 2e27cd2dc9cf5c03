using System.Security.Cryptography.X509Certificates;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Protocol.Notification.V1;
using CleanRoom.Services.Tests.Rooms;
using CleanRoom.Transport;
using Grpc.Core;

namespace CleanRoom.Services.Tests.Notification;

public sealed class NotificationTests(SharedIngestion ingestion, WitnessServers witnesses, NotificationFixture notification) : IClassFixture<NotificationFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private NotificationServer Server => notification.Server;

    [Fact]
    public async Task Deliver_AnEpoch_GivesEachMemberItsOwnMessagesInOrder()
    {
        using var room = await OpenAsync();
        using var enclave = await EnclaveAsync(room);
        var epoch = await CosignedEpochAsync(enclave, 1);
        var answer = await DeliverAsync(Server, enclave.Certificate, epoch.All());
        Assert.Equal((16u, 0u), (answer.Stored, answer.Existed));
        foreach (var party in room.Parties)
        {
            var frames = await ReadAsync(Server, room, party.Transport);
            Assert.Equal(epoch.Frames(party).Select(frame => frame.Ciphertext), frames.Select(frame => frame.Ciphertext));
            Assert.Equal(epoch.Frames(party).Select(frame => frame.Path), frames.Select(frame => frame.Path));
        }

        Assert.Equal(epoch.Ciphertext(room.Alpha, 3), Assert.Single(await ReadAsync(Server, room, room.Alpha.Transport, after: 3)).Ciphertext.ToByteArray());
    }

    [Fact]
    public async Task Deliver_Again_StoresNothingTwice()
    {
        using var room = await OpenAsync();
        using var enclave = await EnclaveAsync(room);
        var epoch = await CosignedEpochAsync(enclave, 1);
        await DeliverAsync(Server, enclave.Certificate, epoch.Frames(room.Alpha));
        var answer = await DeliverAsync(Server, enclave.Certificate, epoch.All());
        Assert.Equal((12u, 4u), (answer.Stored, answer.Existed));
        Assert.Equal(4, (await ReadAsync(Server, room, room.Alpha.Transport)).Count);
    }

    [Fact]
    public async Task Deliver_BeforeTheHeadIsCosigned_IsRefused()
    {
        using var room = await OpenAsync();
        using var enclave = await EnclaveAsync(room);
        var epoch = await enclave.EndEpochAsync(1);
        await Refused.WithAsync(ErrorReason.FailedPrecondition, () => DeliverAsync(Server, enclave.Certificate, epoch.All()));
        await epoch.AppendAsync();
        await DeliverAsync(Server, enclave.Certificate, epoch.All());
    }

    [Fact]
    public async Task Deliver_BySomebodyElse_IsRefused()
    {
        using var room = await OpenAsync();
        using var enclave = await EnclaveAsync(room);
        var epoch = await CosignedEpochAsync(enclave, 1);
        foreach (var certificate in new[] { room.Stranger, room.Matching, room.Alpha.Transport })
        {
            await Refused.WithAsync(ErrorReason.InstanceSuperseded, () => DeliverAsync(Server, certificate, epoch.All()));
        }

        Assert.Empty(await ReadAsync(Server, room, room.Alpha.Transport));
    }

    [Fact]
    public async Task Deliver_ByTheSuccessorOfAnInstanceThatDiedBeforeDelivering_IsTakenOnceItIsTrusted()
    {
        using var room = await OpenAsync();
        using var first = await EnclaveAsync(room);
        var epoch = await CosignedEpochAsync(first, 1);
        using var second = new TestEnclave(room, 2);
        await second.EnterAsync(releases: 1);
        var frames = epoch.All(2, second.Signing);
        await Refused.WithAsync(ErrorReason.PermissionDenied, () => DeliverAsync(Server, second.Certificate, frames));
        await second.ReleaseAsync(room.Beta);
        await DeliverAsync(Server, second.Certificate, frames);
        foreach (var party in room.Parties)
        {
            Assert.Equal(
                Enumerable.Range(0, 4).Select(slot => epoch.Ciphertext(party, slot)), (await ReadAsync(Server, room, party.Transport)).Select(frame => frame.Ciphertext.ToByteArray()));
        }

        // The same bytes again change nothing; the first instance's own signature is not the second's to pass on.
        var again = await DeliverAsync(Server, second.Certificate, frames);
        Assert.Equal((0U, 16U), (again.Stored, again.Existed));
        await Refused.WithAsync(ErrorReason.PermissionDenied, () => DeliverAsync(Server, second.Certificate, epoch.All()));
        await Refused.WithAsync(ErrorReason.InstanceSuperseded, () => DeliverAsync(Server, first.Certificate, epoch.All()));
    }

    [Fact]
    public async Task Deliver_ByASupersededInstance_IsRefused()
    {
        using var room = await OpenAsync();
        using var old = await EnclaveAsync(room);
        var epoch = await CosignedEpochAsync(old, 1);
        using var enclave = await EnclaveAsync(room, 2);
        var next = await CosignedEpochAsync(enclave, 2);
        await DeliverAsync(Server, enclave.Certificate, next.All());
        await Refused.WithAsync(ErrorReason.InstanceSuperseded, () => DeliverAsync(Server, old.Certificate, epoch.All()));
        Assert.Equal(4, (await ReadAsync(Server, room, room.Alpha.Transport)).Count);
    }

    public static TheoryData<string, ErrorReason> Bad => new()
    {
        { "no header", ErrorReason.InvalidArgument },
        { "signed by another key", ErrorReason.PermissionDenied },
        { "flipped bit", ErrorReason.DataLoss },
        { "other ciphertext", ErrorReason.InvalidArgument },
        { "another member's", ErrorReason.InvalidArgument },
        { "number of the next epoch", ErrorReason.InvalidArgument },
        { "unknown epoch", ErrorReason.FailedPrecondition },
        { "other charter", ErrorReason.CharterNotInForce },
        { "path too short", ErrorReason.InvalidArgument },
        { "path of another slot", ErrorReason.InvalidArgument },
        { "hash of 31 bytes", ErrorReason.InvalidArgument },
        { "endless path", ErrorReason.InvalidArgument },
        { "too short", ErrorReason.InvalidArgument },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task Deliver_BadFrame_IsRefusedWithItsReason(string what, ErrorReason expected)
    {
        using var room = await OpenAsync();
        using var enclave = await EnclaveAsync(room);
        using var key = SigningKey.Generate();
        var epoch = await enclave.EndEpochAsync(1);
        if (what == "too short")
        {
            // The log binds it, and yet it has not the room's one size: its size would tell something.
            epoch = ShortMessages(room, enclave, epoch);
        }

        await epoch.AppendAsync();
        var alpha = room.Alpha;
        var header = epoch.Header(alpha, 1);
        var flipped = (byte[])epoch.Ciphertext(alpha, 1).Clone();
        flipped[100] ^= 1;
        var other = new byte[flipped.Length];
        var frame = epoch.Frame(alpha, 1);
        switch (what)
        {
            case "no header":
                frame.Header = "x.y.z";
                break;
            case "signed by another key":
                frame = epoch.Frame(alpha, 1, signing: key);
                break;
            case "flipped bit":
                frame = epoch.Frame(alpha, 1, ciphertext: flipped);
                break;
            case "other ciphertext":
                frame = epoch.Frame(alpha, 1, header with { Ciphertext = Digest.Of(other) }, other);
                break;
            case "another member's":
                frame = epoch.Frame(alpha, 1, header with { Recipient = room.Beta.Id });
                break;
            case "number of the next epoch":
                frame = epoch.Frame(alpha, 1, header with { Number = 6 });
                break;
            case "unknown epoch":
                frame = epoch.Frame(alpha, 1, header with { Epoch = 2 });
                break;
            case "other charter":
                frame = epoch.Frame(alpha, 1, header with { Charter = Digest.Of([1]) });
                break;
            case "path too short":
                frame.Path.RemoveAt(0);
                break;
            case "path of another slot":
                frame.Path.Clear();
                frame.Path.AddRange(epoch.Frame(alpha, 2).Path);
                break;
            case "hash of 31 bytes":
                frame.Path[0] = Google.Protobuf.ByteString.CopyFrom(new byte[31]);
                break;
            case "endless path":
                frame.Path.AddRange(Enumerable.Repeat(frame.Path[0], 1000));
                break;
        }

        await Refused.WithAsync(expected, () => DeliverAsync(Server, enclave.Certificate, [frame]));
        Assert.Empty(await ReadAsync(Server, room, alpha.Transport));
        Assert.Empty(await ReadAsync(Server, room, room.Beta.Transport));
    }

    [Fact]
    public async Task Subscribe_Waiting_GetsMessagesAsTheyAreStored()
    {
        using var room = await OpenAsync();
        using var enclave = await EnclaveAsync(room);
        using var call = Server.Client(room.Beta.Transport).Subscribe(new SubscribeRequest { Room = room.Text }, cancellationToken: Token);
        var waiting = call.ResponseStream.MoveNext(Token);
        var epoch = await CosignedEpochAsync(enclave, 1);
        Assert.False(waiting.IsCompleted);
        await DeliverAsync(Server, enclave.Certificate, epoch.All());
        Assert.True(await waiting);
        Assert.Equal(epoch.Ciphertext(room.Beta, 0), call.ResponseStream.Current.Frame.Ciphertext.ToByteArray());
        for (var slot = 1; slot < 4; slot++)
        {
            Assert.True(await call.ResponseStream.MoveNext(Token));
        }

        var next = await CosignedEpochAsync(enclave, 2);
        await DeliverAsync(Server, enclave.Certificate, next.All());
        Assert.True(await call.ResponseStream.MoveNext(Token));
        Assert.Equal(next.Ciphertext(room.Beta, 0), call.ResponseStream.Current.Frame.Ciphertext.ToByteArray());
    }

    [Fact]
    public async Task Burst_OfTenThousandDeliveredTwiceAtOnce_ReachesBothDevicesOnceAndInOrder()
    {
        const int Slots = 1024;
        const int Epochs = 3;
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses, notification: Server.Pin, slots: Slots);
        using var enclave = await EnclaveAsync(room);
        var devices = new[] { DeviceAsync(), DeviceAsync() };
        var sent = new List<Frame>();
        for (var number = 1; number <= Epochs; number++)
        {
            var epoch = await CosignedEpochAsync(enclave, number);
            var frames = epoch.All();
            sent.AddRange(epoch.Frames(room.Delta));

            // An answer was lost: the same epoch comes twice, at the same time.
            var answers = await Task.WhenAll(DeliverAsync(Server, enclave.Certificate, frames), DeliverAsync(Server, enclave.Certificate, frames));
            Assert.Equal(frames.Count, answers.Sum(answer => (int)answer.Stored));
            Assert.Equal(frames.Count, answers.Sum(answer => (int)answer.Existed));
        }

        foreach (var device in devices)
        {
            Assert.Equal(sent.Select(frame => frame.Ciphertext), (await device).Select(frame => frame.Ciphertext));
        }

        // What one device has read is read for the other too.
        Assert.Equal((ulong)(Slots * Epochs), (await Server.Client(room.Delta.Transport).AcknowledgeAsync(
            new AcknowledgeRequest { Room = room.Text, Through = Slots * Epochs }, cancellationToken: Token)).Through);
        Assert.Equal((ulong)(Slots * Epochs), (await Server.Client(room.Delta.Transport).AcknowledgeAsync(
            new AcknowledgeRequest { Room = room.Text, Through = 1 }, cancellationToken: Token)).Through);

        async Task<List<Frame>> DeviceAsync()
        {
            using var call = Server.Client(room.Delta.Transport).Subscribe(new SubscribeRequest { Room = room.Text }, cancellationToken: Token);
            var frames = new List<Frame>();
            while (frames.Count < Slots * Epochs && await call.ResponseStream.MoveNext(Token))
            {
                frames.Add(call.ResponseStream.Current.Frame);
            }

            return frames;
        }
    }

    [Fact]
    public async Task Subscribe_ByNobodysKey_IsRefused()
    {
        using var room = await OpenAsync();
        await Refused.WithAsync(ErrorReason.UnknownMember, () => ReadAsync(Server, room, room.Stranger));
        await Refused.WithAsync(ErrorReason.UnknownMember, async () => await Server.Client(room.Matching).AcknowledgeAsync(
            new AcknowledgeRequest { Room = room.Text, Through = 1 }, cancellationToken: Token));
    }

    [Fact]
    public async Task Subscribe_ToAnUnknownRoom_IsRefused()
    {
        using var room = new LogRoom(ingestion.Server, witnesses, Server.Pin);
        await Refused.WithAsync(ErrorReason.UnknownRoom, () => ReadAsync(Server, room, room.Alpha.Transport));
    }

    [Fact]
    public async Task Subscribe_WithAKeyThatIsRevokedMeanwhile_Ends()
    {
        await using var server = await NotificationServer.StartAsync(ingestion.Server, "--Notification:RecheckKey=00:00:00.300");
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses, notification: server.Pin);
        using var call = server.Client(room.Alpha.Transport).Subscribe(new SubscribeRequest { Room = room.Text }, cancellationToken: Token);
        var waiting = call.ResponseStream.MoveNext(Token);
        await Task.Delay(500, Token);
        Assert.False(waiting.IsCompleted);
        await room.AppendAsync(room.Alpha.TransportPerson(revoke: true));
        await Refused.WithAsync(ErrorReason.UnknownMember, () => waiting);
    }

    [Fact]
    public async Task Subscribe_MoreStreamsThanAMemberMayHave_IsRefusedUntilOneEnds()
    {
        await using var server = await NotificationServer.StartAsync(ingestion.Server, "--Notification:StreamsPerMember=2");
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses, notification: server.Pin);
        using var enclave = await EnclaveAsync(room);
        await DeliverAsync(server, enclave.Certificate, (await CosignedEpochAsync(enclave, 1)).All());
        using var one = server.Client(room.Alpha.Transport).Subscribe(new SubscribeRequest { Room = room.Text }, cancellationToken: Token);
        using var two = server.Client(room.Alpha.Transport).Subscribe(new SubscribeRequest { Room = room.Text }, cancellationToken: Token);
        Assert.True(await one.ResponseStream.MoveNext(Token) && await two.ResponseStream.MoveNext(Token));
        await Refused.WithAsync(ErrorReason.RateLimited, () => ReadAsync(server, room, room.Alpha.Transport));
        Assert.Equal(4, (await ReadAsync(server, room, room.Beta.Transport)).Count);
        one.Dispose();
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                Assert.Equal(4, (await ReadAsync(server, room, room.Alpha.Transport)).Count);
                return;
            }
            catch (CleanRoomException refusal) when (refusal.Reason == ErrorReason.RateLimited && attempt < 3600)
            {
                await Task.Delay(50, Token);
            }
        }
    }

    [Fact]
    public async Task Acknowledge_NeverGoesBackNorBeyondWhatIsStored()
    {
        using var room = await OpenAsync();
        using var enclave = await EnclaveAsync(room);
        await DeliverAsync(Server, enclave.Certificate, (await CosignedEpochAsync(enclave, 1)).All());
        Assert.Equal(3UL, await AcknowledgeAsync(Server, room, 3));
        Assert.Equal(3UL, await AcknowledgeAsync(Server, room, 1));
        Assert.Equal(4UL, await AcknowledgeAsync(Server, room, 1000));
    }

    [Fact]
    public async Task Restart_KeepsMessagesAndAcknowledgements()
    {
        await using var server = await NotificationServer.StartAsync(ingestion.Server);
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses, notification: server.Pin);
        using var enclave = await EnclaveAsync(room);
        var epoch = await CosignedEpochAsync(enclave, 1);
        await DeliverAsync(server, enclave.Certificate, epoch.All());
        await AcknowledgeAsync(server, room, 2);
        await server.StopAsync();
        await server.RunAsync();
        Assert.Equal(4, (await ReadAsync(server, room, room.Alpha.Transport)).Count);
        Assert.Equal(2UL, await AcknowledgeAsync(server, room, 0));
        Assert.Equal(16u, (await DeliverAsync(server, enclave.Certificate, epoch.All())).Existed);
    }

    [Fact]
    public async Task Ingestion_Restarted_IsFollowedAgain()
    {
        await using var log = await IngestionServer.StartAsync();
        await using var server = await NotificationServer.StartAsync(log);
        using var room = await LogRoom.OpenAsync(log, witnesses, notification: server.Pin);
        using var enclave = await EnclaveAsync(room);
        Assert.Empty(await ReadAsync(server, room, room.Alpha.Transport));
        await log.StopAsync();
        Assert.Empty(await ReadAsync(server, room, room.Alpha.Transport));
        await log.RunAsync();
        var epoch = await CosignedEpochAsync(enclave, 1);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                Assert.Equal(16u, (await DeliverAsync(server, enclave.Certificate, epoch.All())).Stored);
                return;
            }
            catch (CleanRoomException refusal) when (refusal.Reason is ErrorReason.FailedPrecondition or ErrorReason.InstanceSuperseded && attempt < 900)
            {
                // The follower has not connected again yet.
                await Task.Delay(200, Token);
            }
        }
    }

    private static TestEpoch ShortMessages(LogRoom room, TestEnclave enclave, TestEpoch epoch)
    {
        var shortened = new TestEpoch(room, enclave.Signing, 1, 1, room.Charter.Epochs.SlotsPerMember);
        foreach (var party in room.Parties)
        {
            shortened.Shorten(party);
        }

        Assert.True(SignedEntry.TryParse(epoch.Leaf, out var entry, out _));
        var head = (EpochEntry)entry.Entry;
        shortened.Leaf = (head with
        {
            Recipients = [.. head.Recipients.Select(recipient => recipient with { Root = shortened.Tree(room.Parties.First(party => party.Id == recipient.Member)).Root })],
        }).Sign(enclave.Signing);
        return shortened;
    }

    private static async Task<TestEnclave> EnclaveAsync(LogRoom room, long generation = 1)
    {
        var enclave = new TestEnclave(room, generation);
        await enclave.EnterAsync();
        return enclave;
    }

    private static async Task<TestEpoch> CosignedEpochAsync(TestEnclave enclave, long number)
    {
        var epoch = await enclave.EndEpochAsync(number);
        await epoch.AppendAsync();
        return epoch;
    }

    private static async Task<DeliverResponse> DeliverAsync(NotificationServer server, X509Certificate2 certificate, IEnumerable<Frame> frames)
    {
        using var call = server.Client(certificate).Deliver(cancellationToken: Token);
        try
        {
            foreach (var frame in frames)
            {
                await call.RequestStream.WriteAsync(new DeliverRequest { Frame = frame }, Token);
            }

            await call.RequestStream.CompleteAsync();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The server has refused already; its answer says why.
        }

        return await call.ResponseAsync;
    }

    private static async Task<List<Frame>> ReadAsync(NotificationServer server, LogRoom room, X509Certificate2 certificate, ulong after = 0)
    {
        using var call = server.Client(certificate).Subscribe(new SubscribeRequest { Room = room.Text, After = after, Once = true }, cancellationToken: Token);
        var frames = new List<Frame>();
        await foreach (var message in call.ResponseStream.ReadAllAsync(Token))
        {
            frames.Add(message.Frame);
        }

        return frames;
    }

    private static async Task<ulong> AcknowledgeAsync(NotificationServer server, LogRoom room, ulong through) => (await server.Client(room.Alpha.Transport).AcknowledgeAsync(
        new AcknowledgeRequest { Room = room.Text, Through = through }, cancellationToken: Token)).Through;

    private Task<LogRoom> OpenAsync() => LogRoom.OpenAsync(ingestion.Server, witnesses, notification: Server.Pin);
}
