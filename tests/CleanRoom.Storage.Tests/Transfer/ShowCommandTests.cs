using CleanRoom.Admin;
using CleanRoom.Cryptography;
using CleanRoom.Storage.Batches;
using CleanRoom.Storage.Brokers;
using CleanRoom.Storage.Postgres;
using CleanRoom.Storage.Slots;
using CleanRoom.Storage.Sqlite;
using CleanRoom.Storage.Tests.Postgres;

namespace CleanRoom.Storage.Tests.Transfer;

/// <summary>What <c>cleanroom-admin</c> tells of stores of both kinds: the same figures.</summary>
public sealed class ShowCommandTests(PostgresServer server) : IDisposable
{
    private static readonly Guid Room = Guid.Parse("5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10");
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ingestion_RoomsQuotasAndWitnesses_AreFigures(bool postgres)
    {
        var place = await PlaceAsync(postgres);
        using (var store = place.Postgres is { } options ? (IIngestionStore)PostgresIngestionStore.Open(options) : SqliteIngestionStore.Open(new SqliteOptions { Folder = _folder.Path }))
        {
            await store.Logs.CreateRoomAsync(Room, Bytes.Of("genesis", 100), Token);
            var request = new UploadRequest
            {
                Room = Room,
                Batch = Guid.Parse("11111111-2f0c-4d57-9a58-0f3b8f1f7f10"),
                Author = "harbour",
                Manifest = Bytes.Of("manifest", 200),
                Slots = 64,
                Window = "2026-11",
                Charge = 40,
                Quota = 100,
                OpenUploads = 4,
                Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000),
            };
            Assert.IsType<UploadStart.Open>(await store.Batches.BeginAsync(request, Token));
        }

        Assert.Equal(
            (0, "room                                  entries  cosigned  contributors  batches  unfinished  bytes|5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10  1        0         1             1        1           0"),
            await RunAsync(["rooms", "--kind", "ingestion", .. place.Arguments]));
        Assert.Equal(
            (0, "room                                  contributor  month    charged records  batches  bytes|5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10  harbour      2026-11  40               1        0"),
            await RunAsync(["quotas", .. place.Arguments]));
        Assert.Equal(
            (0, "room                                  entries  cosigned  by|5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10  1        0         nobody yet"),
            await RunAsync(["witness", "--kind", "ingestion", .. place.Arguments]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Notification_RoomsAndDeadLetters_CountWhatWaits(bool postgres)
    {
        var place = await PlaceAsync(postgres);
        ISlotStore slots = place.Postgres is { } options ? PostgresSlotStore.Open(options) : SqliteSlotStore.Open(new SqliteOptions { Folder = _folder.Path });
        using ((IDisposable)slots)
        {
            for (var epoch = 1; epoch <= 5; epoch++)
            {
                await slots.PutAsync(Room, [Frame("harbour", epoch), Frame("coast", epoch)], Token);
            }

            await slots.AcknowledgeAsync(Room, "harbour", 4, Token);
            await slots.AcknowledgeAsync(Room, "coast", 1, Token);
        }

        var (_, rooms) = await RunAsync(["rooms", "--kind", "notification", .. place.Arguments]);
        Assert.Contains("coast      5         5       1             4", rooms, StringComparison.Ordinal);
        Assert.Contains("harbour    5         5       4             1", rooms, StringComparison.Ordinal);

        // The oldest that waits for coast is of epoch 2, the newest of the room of epoch 5.
        var (code, letters) = await RunAsync(["dead-letters", .. place.Arguments]);
        Assert.Equal(AdminCommand.Problems, code);
        Assert.EndsWith("|5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10  coast      4        2            3", letters, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync(["dead-letters", "--epochs", "4", .. place.Arguments])).Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Broker_RoomsAndWitness_TellWhatItCosigned(bool postgres)
    {
        var place = await PlaceAsync(postgres);
        IBrokerStore broker = place.Postgres is { } options ? PostgresBrokerStore.Open(options) : SqliteBrokerStore.Open(new SqliteOptions { Folder = _folder.Path });
        using ((IDisposable)broker)
        {
            Assert.True(await broker.TryCreateAsync(
                new BrokerRoom
                {
                    Room = Room,
                    Genesis = Digest.Of(Bytes.Of("genesis", 10)),
                    SignedCharter = Bytes.Of("charter", 100),
                    SealedRoomSecret = Bytes.Of("secret", 60),
                    Frozen = true,
                    CosignedSize = 7,
                    CosignedRoot = Digest.Of(Bytes.Of("root", 10)),
                    CosignedTime = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000),
                    RecordKeys = [new SealedRecordKey(1, Bytes.Of("public", 65), Bytes.Of("private", 90))],
                },
                Token));
        }

        Assert.EndsWith("  yes     7         0           never       1", (await RunAsync(["rooms", "--kind", "broker", .. place.Arguments])).Text, StringComparison.Ordinal);
        Assert.EndsWith("  7         2027-01-15T08:00:00Z", (await RunAsync(["witness", "--kind", "broker", .. place.Arguments])).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Leases_HeldAndFree_AreListed(bool postgres)
    {
        var place = await PlaceAsync(postgres);
        Assert.Equal(0, (await RunAsync(["store", "migrate", "--kind", "lease", .. place.Arguments])).Code);
        using (Storage.Leases.ILeaseStore store = place.Postgres is { } options ? PostgresLeaseStore.Open(options) : SqliteLeaseStore.Open(new SqliteOptions { Folder = _folder.Path }))
        {
            await store.TryTakeAsync("room-a", Room, TimeSpan.FromHours(1), Token);
            await store.TryTakeAsync("room-b", Room, TimeSpan.FromHours(1), Token);
            await store.GiveUpAsync("room-b", Room, Token);
        }

        var (code, text) = await RunAsync(["leases", .. place.Arguments]);
        Assert.Equal(0, code);
        Assert.Matches(@"\Aname    term  seconds\|room-a  1     3[56]\d\d\|room-b  1     free\z", text);
    }

    /// <summary>A mistyped folder must not look like an empty, healthy store.</summary>
    [Theory]
    [InlineData("rooms", "--kind", "ingestion")]
    [InlineData("dead-letters")]
    [InlineData("leases")]
    public async Task Folder_WithoutAStore_IsRefusedAndNotMade(params string[] verb)
    {
        var folder = Path.Combine(_folder.Path, "mistyped");
        Assert.Equal(74, (await RunAsync([.. verb, "--data", folder])).Code);
        Assert.False(Directory.Exists(folder));
    }

    public void Dispose() => _folder.Dispose();

    private static SlotFrame Frame(string recipient, int epoch)
    {
        using var key = SigningKey.Generate();
        var header = new Charter.Messages.FrameHeader(
            CleanRoom.Charter.RoomId.Parse(Room.ToString("D")), 1, CleanRoom.Charter.MemberId.Parse(recipient), epoch, epoch, Digest.Of([1]), Digest.Of([2])).Sign(key);
        return new SlotFrame(recipient, epoch, header, Bytes.Of($"{recipient} {epoch}", 100), []);
    }

    private async Task<(PostgresOptions? Postgres, string[] Arguments)> PlaceAsync(bool postgres)
    {
        if (!postgres)
        {
            return (null, ["--data", _folder.Path]);
        }

        var options = await server.GetSchemaAsync();
        return (options, ["--postgres", options.ConnectionString, "--schema", options.Schema]);
    }

    private static async Task<(int Code, string Text)> RunAsync(string[] arguments)
    {
        await using var output = new StringWriter();
        var code = await AdminCommand.RunAsync(arguments, output, output, Token);
        return (code, output.ToString().TrimEnd().ReplaceLineEndings("|"));
    }
}
