using CleanRoom.Attestation;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Client;
using CleanRoom.Client.Keys;
using CleanRoom.Client.Rooms;
using CleanRoom.Cryptography;
using CleanRoom.Evidence.Simulation;
using CleanRoom.Hosting;
using CleanRoom.Services.Tests.Notification;
using CleanRoom.Services.Tests.Rooms;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>Names the tests that share one <see cref="Consortium"/>; they run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class EnclaveTests : ICollectionFixture<Consortium>
{
    public const string Name = "enclave";
}

/// <summary>Four contributors and an agency with their brokers, and the operator's ingestion and notification: the real services, in this process. Each test opens a room of its own.</summary>
public sealed class Consortium : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-consortium-");

    internal static IReadOnlyList<string> Contributors { get; } = ["alpha", "bravo", "charlie", "echo"];

    internal static IReadOnlyList<string> Brokered { get; } = [.. Contributors, "delta"];

    internal IngestionServer Ingestion { get; private set; } = null!;

    internal NotificationServer Notification { get; private set; } = null!;

    internal Dictionary<string, MemberProfile> Profiles { get; } = [];

    internal Dictionary<string, BrokerServer> Brokers { get; } = [];

    /// <summary>What the brokers, and so the room's witnesses, take for the time.</summary>
    internal ShiftedClock Clock { get; } = new();

    /// <summary>What the brokers see when the matching service runs in this process or from this folder.</summary>
    internal static string Measurement { get; } = SimulatedMeasurement.OfFolder(AppContext.BaseDirectory).ToString();

    public async ValueTask InitializeAsync()
    {
        Ingestion = await IngestionServer.StartAsync();
        Notification = await NotificationServer.StartAsync(Ingestion);
        foreach (var member in Brokered)
        {
            Profiles[member] = MemberProfile.Create(FolderOf("home-" + member), MemberId.Parse(member), new ProfileOptions(), TimeProvider.System);
            Brokers[member] = new BrokerServer(FolderOf("broker-" + member), Profiles[member], Clock);
            await Brokers[member].StartAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var broker in Brokers.Values)
        {
            await broker.StopAsync();
        }

        await Notification.DisposeAsync();
        await Ingestion.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    internal string FolderOf(string name) => Path.Combine(_folder.FullName, name);
}

/// <summary>The system's time and some.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    /// <summary>How far it is ahead.</summary>
    public TimeSpan Ahead { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
}

/// <summary>One owner's attestation service.</summary>
internal sealed class BrokerServer(string folder, MemberProfile owner, TimeProvider? clock = null)
{
    private WebApplication? _app;

    public Uri? Address { get; private set; }

    public KeyId Pin { get; private set; } = null!;

    public string Folder => folder;

    /// <summary>Starts it, on the port that it had.</summary>
    /// <param name="arguments">Settings besides its own.</param>
    public async Task StartAsync(params string[] arguments)
    {
        _app = AttestationHost.Build(
        [
            "--Server:DataFolder=" + folder, "--Server:Port=" + (Address?.Port ?? 0), "--Server:CallsPerSecondAndPeer=0", "--Attestation:Owner=" + owner.Member,
            "--Attestation:OrganisationKey=" + owner.OrganisationKey.ToJwk().ToJsonString(), "--Attestation:AdminKeys:0=" + owner.TransportKey.Id,
            "--Attestation:AllowSimulated=true", .. arguments,
        ],
        builder => builder.Services.AddSingleton(clock ?? TimeProvider.System));
        await _app.StartAsync();
        Address = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Pin = _app.Services.GetRequiredService<ServerIdentity>().Key;
    }

    public async Task StopAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
            _app = null;
        }
    }

    /// <summary>Starts it again, with other settings.</summary>
    public async Task RestartAsync(params string[] arguments)
    {
        await StopAsync();
        await StartAsync(arguments);
    }

    /// <summary>Asks it what stands in a charter about it.</summary>
    public async Task<BrokerTerms> TermsAsync()
    {
        using var client = BrokerClient.Connect(owner, Address!, Pin);
        return (await client.GetIdentityAsync(TestContext.Current.CancellationToken)).ToTerms(Address!);
    }

    /// <summary>What stands in a charter about it if it stands in for another broker of its owner.</summary>
    public async Task<StandInTerms> StandInTermsAsync()
    {
        using var client = BrokerClient.Connect(owner, Address!, Pin);
        return (await client.GetIdentityAsync(TestContext.Current.CancellationToken)).ToStandIn(Address!);
    }

    /// <summary>Lets it hand over to a stand-in that a charter names.</summary>
    public async Task HandOverAsync(RoomCharter charter, StandInTerms standIn)
    {
        using var other = BrokerClient.Connect(owner, charter, standIn);
        _ = await other.TakeOverAsync(await PackageAsync(charter, standIn), TestContext.Current.CancellationToken);
    }

    /// <summary>What it hands over.</summary>
    public async Task<string> PackageAsync(RoomCharter charter, StandInTerms standIn)
    {
        using var own = BrokerClient.Connect(owner, charter);
        return await own.HandOverAsync(charter.Room, standIn.VerifierKey.Id, TestContext.Current.CancellationToken);
    }

    /// <summary>What it says that it holds and has done.</summary>
    public async Task<BrokerRoom> RoomAsync(RoomId room)
    {
        using var client = BrokerClient.Connect(owner, Address!, Pin);
        return await client.GetRoomAsync(room, TestContext.Current.CancellationToken);
    }

    /// <summary>Lets it make the record key of the next period.</summary>
    public async Task RollAsync(RoomId room, int from)
    {
        using var client = BrokerClient.Connect(owner, Address!, Pin);
        _ = await client.RollRecordKeyAsync(room, from, TestContext.Current.CancellationToken);
    }

    /// <summary>Lets it destroy the record key of a period.</summary>
    public async Task<ErasureEntry> DestroyAsync(RoomCharter charter, int period)
    {
        using var client = BrokerClient.Connect(owner, charter);
        var held = (await client.GetRoomAsync(charter.Room, TestContext.Current.CancellationToken)).RecordKeys.Single(key => key.Period == period);
        return (await client.DestroyRecordKeyAsync(charter.Room, period, held.Key, TestContext.Current.CancellationToken)).Statement;
    }

    public async Task FreezeAsync(RoomId room, bool frozen)
    {
        using var client = BrokerClient.Connect(owner, Address!, Pin);
        _ = await client.SetFrozenAsync(room, frozen, TestContext.Current.CancellationToken);
    }
}
