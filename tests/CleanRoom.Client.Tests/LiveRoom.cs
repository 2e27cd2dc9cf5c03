using CleanRoom.Attestation;
using CleanRoom.Client.Keys;
using CleanRoom.Client.Rooms;
using CleanRoom.Cryptography;
using CleanRoom.Hosting;
using CleanRoom.Ingestion;
using CleanRoom.Linkage.Models;
using CleanRoom.Records.Import;
using CleanRoom.Records.V1;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace CleanRoom.Client.Tests;

/// <summary>A simulated room on the real services in this process: ingestion, and one broker for each of three contributors; profiles in a temporary folder.</summary>
internal sealed class LiveRoom : IAsyncDisposable
{
    private readonly List<WebApplication> _apps = [];
    private readonly List<string> _names = [];

    private LiveRoom() => Folder = Directory.CreateTempSubdirectory("cleanroom-client-");

    public static IReadOnlyList<string> Members { get; } = ["alpha", "bravo", "charlie"];

    public DirectoryInfo Folder { get; }

    public Dictionary<string, MemberProfile> Profiles { get; } = [];

    public SignedCharter Charter { get; private set; } = null!;

    /// <summary>Clocks of the services, by name: "ingestion", "broker-alpha" and so on. They may be set while the room runs.</summary>
    public Dictionary<string, SkewedClock> Clocks { get; } = [];

    public string BrokerAddress(string member) => Charter.Charter.Members.First(item => item.Id.Value == member).Broker!.Endpoint.ToString();

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Starts the services and writes the charter.</summary>
    /// <param name="life">How long the charter is valid; null for 30 days.</param>
    /// <param name="standIn">Alpha's broker has a stand-in.</param>
    /// <param name="alpha">Makes alpha's profile in a folder; null: with keys in files.</param>
    /// <param name="alphaSigns">Signs the charter in a file with alpha's key; null: this process does.</param>
    public static async Task<LiveRoom> StartAsync(TimeSpan? life = null, bool standIn = false, Func<string, Task<MemberProfile>>? alpha = null, Func<string, Task<SignedCharter>>? alphaSigns = null)
    {
        var room = new LiveRoom();
        var ingestion = await room.StartAsync("ingestion", IngestionHost.Build);
        var now = TimeProvider.System.GetUtcNow();
        var service = new ServiceTerms(Address(ingestion), ingestion.Services.GetRequiredService<ServerIdentity>().Key);
        var draft = CharterDraft.Create(RoomId.From(RandomUuid.New()), "Trial (fictional)", simulated: true, now.AddMinutes(-5), now + (life ?? TimeSpan.FromDays(30)))
            .Set(new OperatorTerms(ingestion.Services.GetRequiredService<SigningKey>().PublicKey, service, service, service))
            .SetEnclaves(EnclaveTerms.ForSimulation("trial", new string('a', 96)))
            .SetLinkageModel(RoomModel.Shipped.Digest);
        foreach (var member in Members)
        {
            var id = MemberId.Parse(member);
            var profile = member == "alpha" && alpha is not null ? await alpha(room.HomeOf(member)) : MemberProfile.Create(room.HomeOf(member), id, new ProfileOptions(), TimeProvider.System);
            room.Profiles[member] = profile;
            var (address, tls) = await room.StartBrokerAsync(profile);
            using var client = BrokerClient.Connect(profile, address, tls);
            var terms = (await client.GetIdentityAsync(Token)).ToTerms(address);
            if (standIn && member == "alpha")
            {
                var (second, pin) = await room.StartBrokerAsync(profile, "second");
                using var other = BrokerClient.Connect(profile, second, pin);
                terms = terms with { StandIns = [(await other.GetIdentityAsync(Token)).ToStandIn(second)] };
            }

            draft.Put(new ContributorMember(id, member, profile.OrganisationKey, terms, "desk", now.AddDays(20)));
        }

        Assert.True(draft.TryBuild(out var charter, out var errors), string.Join('\n', errors));
        var path = Path.Combine(room.Folder.FullName, "charter.json");
        Charters.CharterFiles.Write(path, SignedCharter.Begin(charter!));
        foreach (var member in Members)
        {
            room.Charter = member == "alpha" && alphaSigns is not null ? await alphaSigns(path) : Charters.CharterFiles.Sign(path, room.Profiles[member]);
        }

        return room;
    }

    /// <summary>Submitted, joined by all and registered.</summary>
    public static async Task<LiveRoom> OpenedAsync(TimeSpan? life = null, bool standIn = false)
    {
        var room = await StartAsync(life, standIn);
        _ = await RoomClient.SubmitCharterAsync(room.Profiles["alpha"], room.Charter, "", null, Token);
        foreach (var member in Members)
        {
            _ = await RoomClient.JoinAsync(room.Profiles[member], room.Charter, null, Token);
        }

        using var alpha = await room.ConnectAsync("alpha");
        _ = await alpha.RegisterAsync(new Registration { ListContributors = [MemberId.Parse("bravo"), MemberId.Parse("charlie")] }, "", Token);
        return room;
    }

    public string HomeOf(string member) => Path.Combine(Folder.FullName, "home-" + member);

    public Task<RoomClient> ConnectAsync(string member) => RoomClient.ConnectAsync(Profiles[member], Charter.Charter.Room, null, Token);

    /// <summary>Rows as an import gives them: reference, phone, whether C2 is granted.</summary>
    public static ImportResult Import(params IEnumerable<(string Reference, string Phone, bool Granted)> rows)
    {
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        return new ImportResult(
            [.. rows.Select((row, i) =>
            {
                var record = new CaseRecord { SchemaVersion = "ccr/1", RecordId = ByteString.CopyFrom(RandomUuid.New().ToByteArray(bigEndian: true)), ContributorRecordRef = row.Reference, RecordVersion = 1 };
                var person = new Person { PersonKey = "v1", Role = "Victim" };
                person.Identifiers.Add(new Identifier { Kind = "Phone", Raw = row.Phone });
                record.Persons.Add(person);
                if (row.Granted)
                {
                    record.Consents.Add(new Consent { Purpose = "C2_BLIND_MATCH", State = "Granted", ObtainedDay = 1, ExpiresDay = 1 << 20 });
                }

                return new ImportedRow(i + 1, i + 2, record, [], SealDecision.For(record, today), AggregateOnly: false);
            })],
            new QualityReport(), "test", null);
    }

    /// <summary>Stops a service for good.</summary>
    public async Task StopAsync(string name)
    {
        await _apps[_names.IndexOf(name)].StopAsync(Token);
    }

    /// <summary>Stops ingestion, lets something be done with its folder, and starts it again at the same address.</summary>
    public async Task RestartIngestionAsync(Action<string> meanwhile)
    {
        var index = _names.IndexOf("ingestion");
        await _apps[index].StopAsync(Token);
        await _apps[index].DisposeAsync();
        meanwhile(Path.Combine(Folder.FullName, "ingestion"));
        var app = await StartAsync("ingestion", IngestionHost.Build, $"--Server:Port={Charter.Charter.Operator.Ingestion.Endpoint.Port}");
        _apps.Remove(app);
        _names.RemoveAt(_names.Count - 1);
        _apps[index] = app;
    }

    /// <summary>Starts the broker of a member.</summary>
    public async Task<(Uri Address, KeyId Tls)> StartBrokerAsync(MemberProfile profile, string name = "broker")
    {
        var broker = await StartAsync(
            $"{name}-{profile.Member}",
            AttestationHost.Build,
            "--Attestation:Owner=" + profile.Member,
            "--Attestation:OrganisationKey=" + profile.OrganisationKey.ToJwk().ToJsonString(),
            "--Attestation:AdminKeys:0=" + profile.TransportKey.Id,
            "--Attestation:AllowSimulated=true");
        return (Address(broker), broker.Services.GetRequiredService<ServerIdentity>().Key);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var app in _apps)
        {
            await app.DisposeAsync();
        }

        Folder.Delete(recursive: true);
    }

    private static Uri Address(WebApplication app) => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    private async Task<WebApplication> StartAsync(string name, Func<string[], Action<WebApplicationBuilder>?, WebApplication> build, params string[] args)
    {
        var clock = Clocks[name] = new SkewedClock();
        var app = build(["--Server:DataFolder=" + Path.Combine(Folder.FullName, name), .. args], builder => builder.Services.AddSingleton<TimeProvider>(clock));
        _apps.Add(app);
        _names.Add(name);
        await app.StartAsync(Token);
        return app;
    }
}

/// <summary>The system's clock, off by some time.</summary>
internal sealed class SkewedClock : TimeProvider
{
    public TimeSpan Offset { get; set; }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Offset;
}
