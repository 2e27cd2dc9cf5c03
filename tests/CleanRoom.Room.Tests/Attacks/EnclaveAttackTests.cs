using CleanRoom.Charter;
using CleanRoom.Client;
using CleanRoom.Client.Inbox;
using CleanRoom.Client.Logs;
using CleanRoom.Client.Rooms;
using CleanRoom.Demo;
using CleanRoom.Evidence;
using CleanRoom.Evidence.Simulation;
using CleanRoom.Protocol.Attestation.V1;
using CleanRoom.Protocol.Matching.V1;
using CleanRoom.Protocol.Notification.V1;
using CleanRoom.Room.Tests.Rooms;
using CleanRoom.Transport;
using Microsoft.Extensions.DependencyInjection;

namespace CleanRoom.Room.Tests.Attacks;

/// <summary>Enclaves that must get nothing, and enclaves that are no longer the newest, in a whole room with real brokers (THREATS T2, T3, T24).</summary>
public sealed class EnclaveAttackTests(ITestOutputHelper output)
{
    [Fact]
    public async Task EnclaveOfOtherCodeOrDebugOrLowerPrivilege_GetsNoKeyAndItsStatusAndTheBrokersSayWhy()
    {
        var cases = Directory.CreateTempSubdirectory("cleanroom-cases-");
        using var recorder = new Recorder();
        var measurement = SimulatedMeasurement.OfFolder(AppContext.BaseDirectory);
        Assert.True(LaunchMeasurement.TryParse(new string('b', 96), out var other));
        var variants = new Dictionary<string, (SimulatedEvidenceProvider Provider, RejectionReason Reason)>
        {
            ["other-code"] = (new SimulatedEvidenceProvider(other), RejectionReason.MeasurementNotApproved),
            ["debug"] = (new SimulatedEvidenceProvider(measurement) { Debug = true }, RejectionReason.DebugEnabled),
            ["vmpl"] = (new SimulatedEvidenceProvider(measurement) { Vmpl = 1 }, RejectionReason.VmplNotApproved),
            ["host-data"] = (new SimulatedEvidenceProvider(measurement) { HostData = Enumerable.Repeat((byte)7, 32).ToArray() }, RejectionReason.HostDataNotApproved),
        };
        try
        {
            await using var room = await WholeRoom.OpenAsync(SmallCases.Write(cases.FullName, matching: true, SmallCases.PlainCase), new InProcessServices((name, builder) =>
            {
                recorder.Attach(name, builder);
                if (variants.TryGetValue(name, out var variant))
                {
                    builder.Services.AddSingleton<IEvidenceProvider>(variant.Provider);
                }
            }));
            foreach (var (name, variant) in variants)
            {
                // The operator has the service's TLS key: it reads the log as the enclave does.
                var service = await room.Services.StartAsync(ServiceKind.Matching, name, room.Demo.Folder("matching"), room.Demo.MatchingSettings(0), WholeRoom.Token);
                var status = await HaltedAsync(room, service);
                output.WriteLine($"{name}: {status.State} {status.Reason}, keys of {status.Keys.Count} owners");
                await room.Services.StopAsync(name);
                Assert.Equal("EvidenceRejected", status.Reason);
                Assert.Empty(status.Keys);
                foreach (var member in room.Demo.Brokered)
                {
                    Assert.Contains(recorder.Lines, line => line.Service == "broker-" + member && line.Values.Contains(new("Reason", variant.Reason.ToString())));
                    Assert.Contains(recorder.Lines, line => line.Service == name && line.Values.Contains(new("Member", member)) && line.Values.Contains(new("Reason", "EvidenceRejected")));
                }
            }

            // No broker has released anything, and the honest one is not kept out.
            using (var client = await RoomClient.ConnectAsync(room.Demo.Profiles[SmallCases.Agency], room.Demo.Room, null, WholeRoom.Token))
            {
                Assert.DoesNotContain((await LogAudit.VerifyAsync(client, WholeRoom.Token)).Lines, line => line.Type == "release");
            }

            await room.Demo.StartMatchingAsync(WholeRoom.Token);
            await room.Demo.WaitAsync(status => status.Keys.Count == room.Demo.Brokered.Count, "all keys", WholeRoom.Token);
        }
        finally
        {
            cases.Delete(recursive: true);
            foreach (var (provider, _) in variants.Values)
            {
                provider.Dispose();
            }
        }
    }

    /// <summary>Two enclaves at once: the older one holds every key, and nobody takes a word of it any more.</summary>
    [Fact]
    public async Task OlderEnclave_WhenANewerOneRuns_IsRefusedByBrokersLogNotificationAndClient()
    {
        var cases = Directory.CreateTempSubdirectory("cleanroom-cases-");
        try
        {
            var tap = new Tap();
            await using var room = await WholeRoom.OpenAsync(
                SmallCases.Write(cases.FullName, matching: true, SmallCases.PlainCase) with { Slots = 4 }, new InProcessServices(tap.Attach));
            var victim = MemberId.Parse(SmallCases.Agency);
            using var old = new OldEnclave(room.Demo);
            await old.EnterAsync();
            Assert.Equal(room.Demo.Brokered.Count, old.Owners);

            await room.Demo.StartMatchingAsync(WholeRoom.Token);
            await room.Demo.WaitAsync(status => status.Epoch >= 2, "two epochs", WholeRoom.Token);
            Assert.Equal(2UL, (await room.Demo.StatusAsync(WholeRoom.Token)).Generation);

            // Brokers: no key for it, with its own evidence and result. A captured request gets nothing either: its nonce is used.
            foreach (var member in room.Demo.Brokered)
            {
                var refused = await Assert.ThrowsAsync<CleanRoomException>(() => old.CollectAsync(MemberId.Parse(member)));
                output.WriteLine($"broker of {member}: {refused.Reason}");
                Assert.Contains(refused.Reason, new[] { ErrorReason.NonceUsed, ErrorReason.InstanceSuperseded });
            }

            await ReplayAsync(room, tap);

            // The log: everyone would ignore its epoch, so ingestion does not take it.
            var entry = await Assert.ThrowsAsync<CleanRoomException>(old.EndEpochAsync);
            output.WriteLine($"log: {entry.Reason} {entry.Message}");
            Assert.Equal(ErrorReason.InstanceSuperseded, entry.Reason);

            // Notification: nothing under its key, be it its own or the newer one's.
            var genuine = await FramesAsync(room, victim);
            foreach (var frame in new[] { old.Forge(victim, genuine[1]), old.Resign(genuine[1]), genuine[1] })
            {
                var refused = await Assert.ThrowsAsync<CleanRoomException>(() => old.DeliverAsync(frame));
                Assert.Equal(ErrorReason.InstanceSuperseded, refused.Reason);
            }

            // The client: a hostile notification hands them on.
            foreach (var (frame, expected) in new[]
            {
                (old.Forge(victim, genuine[0]), InboxAlarm.WrongSigner),
                (old.Resign(genuine[0]), InboxAlarm.WrongSigner),
                (old.Resign(genuine[0], generation: 2), InboxAlarm.WrongSigner),
            })
            {
                await using var hostile = await HostileNotification.StartAsync(room.Demo.Folder("notification"), [frame]);
                using var client = await RoomClient.ConnectAsync(
                    room.Demo.Profiles[victim.Value], room.Demo.Room, new RoomClientOptions { Endpoints = new RoomEndpoints { Notification = hostile.Address } }, WholeRoom.Token);
                var alarm = Assert.IsType<InboxEvent.Alarm>(Assert.Single(await SilentRoom.ReadAsync(client)));
                Assert.True(expected == alarm.Reason, alarm.Text);
            }
        }
        finally
        {
            cases.Delete(recursive: true);
        }
    }

    /// <summary>What the operator captured of the attestation is worth nothing again.</summary>
    private static async Task ReplayAsync(WholeRoom room, Tap tap)
    {
        using var certificate = room.Demo.Profiles[SmallCases.Agency].OpenTransportCertificate();
        foreach (var member in room.Demo.Charter.Members.Where(member => member.Broker is not null))
        {
            var captured = tap.Exchanges.First(exchange => exchange.Service == "broker-" + member.Id && exchange.Method.EndsWith("/Attest", StringComparison.Ordinal));
            var request = AttestRequest.Parser.ParseFrom(Exchange.Messages(captured.RequestBytes).First().Span);
            using var channel = PinnedChannel.Create(member.Broker!.Endpoint, member.Broker.Tls, certificate);
            var refused = await Assert.ThrowsAsync<CleanRoomException>(async () => await new AttestationService.AttestationServiceClient(channel.CallInvoker).AttestAsync(request));
            Assert.Equal(ErrorReason.NonceUsed, refused.Reason);

            var releases = tap.Exchanges.Where(exchange => exchange.Service == "broker-" + member.Id && exchange.Method.EndsWith("/ReleaseKey", StringComparison.Ordinal))
                .Select(exchange => ReleaseKeyRequest.Parser.ParseFrom(Exchange.Messages(exchange.RequestBytes).First().Span)).ToList();
            foreach (var release in releases.Where(release => release.Instance.Index == releases.Min(other => other.Instance.Index)))
            {
                // The log has grown, which its proof does not cover; or the generation is not the newest.
                var superseded = await Assert.ThrowsAsync<CleanRoomException>(async () => await new AttestationService.AttestationServiceClient(channel.CallInvoker).ReleaseKeyAsync(release));
                Assert.Contains(superseded.Reason, new[] { ErrorReason.InstanceSuperseded, ErrorReason.Conflict });
            }
        }
    }

    private static async Task<List<Frame>> FramesAsync(WholeRoom room, MemberId member)
    {
        var service = room.Demo.Charter.Operator.Notification;
        using var certificate = room.Demo.Profiles[member.Value].OpenTransportCertificate();
        using var channel = PinnedChannel.Create(service.Endpoint, service.Tls, certificate);
        using var call = new NotificationService.NotificationServiceClient(channel.CallInvoker).Subscribe(new SubscribeRequest { Room = room.Demo.Room.ToString(), Once = true });
        var frames = new List<Frame>();
        while (await call.ResponseStream.MoveNext(WholeRoom.Token))
        {
            frames.Add(call.ResponseStream.Current.Frame);
        }

        return frames;
    }

    private static async Task<GetStatusResponse> HaltedAsync(WholeRoom room, RunningService service)
    {
        using var certificate = room.Demo.Profiles[SmallCases.Agency].OpenTransportCertificate();
        using var channel = PinnedChannel.Create(service.Address, service.Key, certificate);
        var client = new MatchingService.MatchingServiceClient(channel.CallInvoker);
        for (var i = 0; i < 3600; i++)
        {
            var status = await client.GetStatusAsync(new GetStatusRequest { Room = room.Demo.Room.ToString() }, cancellationToken: WholeRoom.Token);
            Assert.NotEqual(GetStatusResponse.Types.State.Running, status.State);
            if (status.State == GetStatusResponse.Types.State.Halted)
            {
                return status;
            }

            await Task.Delay(50, WholeRoom.Token);
        }

        throw new TimeoutException("The enclave neither runs nor halts.");
    }
}
