using CleanRoom.Protocol.Notification.V1;
using CleanRoom.Services.Tests.Rooms;
using CleanRoom.Transport;
using Grpc.Core;

namespace CleanRoom.Services.Tests.Notification;

/// <summary>What callers and operators are told of a store that fails.</summary>
public sealed class StoreFailureTests(SharedIngestion ingestion, WitnessServers witnesses)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Database_DamagedUnderTheService_IsStorageFailedWithoutAPathAndStopsTheNextStart()
    {
        await using var server = await NotificationServer.StartAsync(ingestion.Server);
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses, notification: server.Pin);
        await ReadAsync(server, room);
        foreach (var file in Directory.GetFiles(server.DataFolder, "notification.db*"))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            await stream.WriteAsync(Enumerable.Repeat((byte)0xFF, (int)stream.Length).ToArray(), Token);
        }

        var refusal = await Refused.WithAsync(ErrorReason.StorageFailed, () => ReadAsync(server, room));
        Assert.DoesNotContain(server.DataFolder, refusal.Message, StringComparison.Ordinal);
        await server.StopAsync();
        var start = await Assert.ThrowsAsync<Hosting.Startup.StartupException>(server.RunAsync);
        Assert.Equal(Hosting.Startup.ExitCode.FileError, start.Code);
    }

    private static async Task ReadAsync(NotificationServer server, LogRoom room)
    {
        using var call = server.Client(room.Alpha.Transport).Subscribe(new SubscribeRequest { Room = room.Text, Once = true }, cancellationToken: Token);
        await foreach (var _ in call.ResponseStream.ReadAllAsync(Token))
        {
        }
    }
}
