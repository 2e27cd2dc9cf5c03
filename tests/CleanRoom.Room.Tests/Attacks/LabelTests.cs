using System.Text;
using System.Text.Json.Nodes;
using CleanRoom.Attestation.Keys;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Client;
using CleanRoom.Client.Attestation;
using CleanRoom.Client.Rooms;
using CleanRoom.Client.Uploads;
using CleanRoom.Cryptography;
using CleanRoom.Demo;
using CleanRoom.Hosting;
using CleanRoom.Room.Tests.Canaries;
using CleanRoom.Room.Tests.Rooms;

namespace CleanRoom.Room.Tests.Attacks;

/// <summary>
/// A simulated room says so wherever it speaks, and a client refuses what does not: charter, receipt, evidence and answers here; messages in CleanRoom.Client.Tests, a next charter
/// version and the parser of receipts in CleanRoom.Charter.Tests.
/// </summary>
[Collection(SilentRoomTests.Name)]
public sealed class LabelTests(SilentRoom silent, TappedRoom tapped)
{
    [Theory]
    [InlineData("\"simulated\":true", "\"simulated\":false")]
    [InlineData("\"simulated\":true,", "")]
    public async Task Connect_KeptCharterWithoutTheLabel_IsRefused(string label, string replacement)
    {
        var folder = silent.CopyUnread(SilentRoom.Victim);
        var path = Directory.EnumerateFiles(folder, "1.json", SearchOption.AllDirectories).Single();
        var text = await File.ReadAllTextAsync(path, WholeRoom.Token);
        Assert.Contains(label, text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(path, text.Replace(label, replacement, StringComparison.Ordinal), WholeRoom.Token);
        var refused = await Assert.ThrowsAsync<ClientException>(() => RoomClient.ConnectAsync(MemberProfile.Open(folder, TimeProvider.System), silent.Room.Demo.Room, null, WholeRoom.Token));
        Assert.Equal(ClientProblem.BadData, refused.Problem);
    }

    /// <summary>A whole charter of the same room without the label, with an enclave that would fit it: it has another hash, and nobody has signed that.</summary>
    [Fact]
    public async Task Join_CharterWithoutTheLabel_IsRefusedByClientAndBroker()
    {
        var folder = silent.CopyUnread(SilentRoom.Victim);
        var path = Directory.EnumerateFiles(folder, "1.json", SearchOption.AllDirectories).Single();
        var json = JsonNode.Parse(await File.ReadAllTextAsync(path, WholeRoom.Token))!;
        json["charter"]!["simulated"] = false;
        json["charter"]!["enclaves"]![0]!["tee"] = "sev-snp";
        Assert.False(SignedCharter.TryParse(CanonicalJson.Canonicalize(json), out _, out var error));
        Assert.NotNull(error);
    }

    [Fact]
    public async Task Receipts_LabelTakenOff_AreRefusedAndTheRestStands()
    {
        var member = SmallCases.Contributors[0];
        var folder = silent.Copy(silent.Room.Demo.Folder(Path.Combine("members", member)), member);
        Assert.Equal(ReceiptStatus.Final, Assert.Single(Uploader.VerifyOffline(MemberProfile.Open(folder, TimeProvider.System), silent.Room.Demo.Room)).Status);
        var path = Directory.EnumerateFiles(Path.Combine(folder, "rooms", silent.Room.Demo.Room.ToString(), "receipts"), "*.json").Single();
        var text = await File.ReadAllTextAsync(path, WholeRoom.Token);
        await File.WriteAllTextAsync(path, text.Replace("\"simulated\":true", "\"simulated\":false", StringComparison.Ordinal), WholeRoom.Token);
        Assert.Equal(ReceiptStatus.WrongLabel, Assert.Single(Uploader.VerifyOffline(MemberProfile.Open(folder, TimeProvider.System), silent.Room.Demo.Room)).Status);
        await File.WriteAllTextAsync(path, text.Replace(",\"simulated\":true", "", StringComparison.Ordinal), WholeRoom.Token);
        Assert.Throws<ClientException>(() => Uploader.VerifyOffline(MemberProfile.Open(folder, TimeProvider.System), silent.Room.Demo.Room));
    }

    [Fact]
    public async Task Evidence_CalledSomethingElseThanSimulated_IsRejectedByTheClient()
    {
        var room = tapped.Room.Demo;
        var matching = room.Charter.Operator.Matching;
        using var certificate = room.Profiles[SmallCases.Agency].OpenTransportCertificate();
        using var channel = Transport.PinnedChannel.Create(matching.Endpoint, matching.Tls, certificate);
        var response = await new Protocol.Matching.V1.MatchingService.MatchingServiceClient(channel.CallInvoker).GetInstanceAsync(new() { Room = room.Room.ToString() }, cancellationToken: WholeRoom.Token);
        Assert.True(SignedEntry.TryParse(response.Leaf.Span, out var signed, out _));
        var instance = Assert.IsType<InstanceEntry>(signed.Entry);
        Assert.True(InstanceAppraisal.Of(instance, room.Charter).Trusted);
        foreach (var kind in new[] { "sev-snp", "tdx", "Simulated", "" })
        {
            var relabelled = instance with
            {
                Evidence = [.. instance.Evidence.Select(item => item with
                {
                    Evidence = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(item.Evidence.Span).Replace("\"simulated\"", $"\"{kind}\"", StringComparison.Ordinal)),
                })],
            };
            var appraisal = InstanceAppraisal.Of(relabelled, room.Charter);
            Assert.All(appraisal.Evidence, item => Assert.False(item.Trusted, kind));
            Assert.False(appraisal.Trusted);
        }
    }

    [Fact]
    public async Task BrokersAnswerWithoutTheLabel_IsRefusedByTheClient()
    {
        var charter = silent.Room.Demo.Charter;
        var profile = silent.Room.Demo.Profiles[SilentRoom.Victim];
        using (var broker = BrokerClient.Connect(profile, charter))
        {
            Assert.True((await broker.GetRoomAsync(charter.Room, WholeRoom.Token)).Simulated);
        }

        var folder = Directory.CreateTempSubdirectory("cleanroom-hostile-");
        using var keys = BrokerKeys.Open(silent.Room.Demo.Folder("broker-" + SilentRoom.Victim), null);
        using var identity = new ServerIdentity(keys.Tls.CreateSelfSignedCertificate("broker", TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1)));
        await using (var app = await HostileStatus.StartAsync(folder.FullName, 0, identity, charter.Hash))
        {
            using var hostile = BrokerClient.Connect(profile, charter, new RoomEndpoints { Broker = HostileStatus.AddressOf(app) });
            var refused = await Assert.ThrowsAsync<ClientException>(() => hostile.GetRoomAsync(charter.Room, WholeRoom.Token));
            Assert.Equal(ClientProblem.VerificationFailed, refused.Problem);
            Assert.Contains("simulated", refused.Message, StringComparison.Ordinal);
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task EnclavesStatusWithoutTheLabel_IsRefusedByTheDemonstration()
    {
        // In the enclave's place, at its address, with its TLS key.
        var demo = silent.Room.Demo;
        await using var app = await HostileStatus.StartAsync(demo.Folder("matching"), demo.Charter.Operator.Matching.Endpoint.Port, null, demo.Charter.Hash);
        var refused = await Assert.ThrowsAsync<DemoException>(() => demo.StatusAsync(WholeRoom.Token));
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("simulated", refused.Message, StringComparison.Ordinal);
    }
}
