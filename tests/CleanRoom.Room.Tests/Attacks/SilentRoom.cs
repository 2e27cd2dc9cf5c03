using CleanRoom.Client;
using CleanRoom.Client.Inbox;
using CleanRoom.Client.Rooms;
using CleanRoom.Demo;
using CleanRoom.Protocol.Notification.V1;
using CleanRoom.Room.Tests.Rooms;
using CleanRoom.Transport;

namespace CleanRoom.Room.Tests.Attacks;

/// <summary>Tests that share one silent room.</summary>
[CollectionDefinition(Name)]
public sealed class SilentRoomTests : ICollectionFixture<SilentRoom>
{
    internal const string Name = "silent room";
}

/// <summary>
/// A small room that has done its job and whose enclave was then stopped: nothing in it moves but the witnesses' clocks. Each test gets a profile that has not read its inbox yet.
/// </summary>
public sealed class SilentRoom : IAsyncLifetime
{
    /// <summary>The member whose messages are attacked.</summary>
    internal const string Victim = SmallCases.Agency;

    private readonly DirectoryInfo _cases = Directory.CreateTempSubdirectory("cleanroom-cases-");
    private readonly DirectoryInfo _copies = Directory.CreateTempSubdirectory("cleanroom-copies-");
    private int _copied;

    internal WholeRoom Room { get; private set; } = null!;

    /// <summary>All frames that notification holds for a member, in order of number.</summary>
    internal IReadOnlyDictionary<string, IReadOnlyList<Frame>> Frames { get; private set; } = new Dictionary<string, IReadOnlyList<Frame>>();

    internal int Slots => Room.File.Slots;

    public async ValueTask InitializeAsync()
    {
        var file = SmallCases.Write(_cases.FullName, matching: true, SmallCases.PlainCase) with { Slots = 8, EpochSeconds = 2 };
        Room = await WholeRoom.OpenAsync(file);
        foreach (var member in Room.Demo.Brokered)
        {
            CopyFolder(Room.Demo.Folder(Path.Combine("members", member)), Path.Combine(_copies.FullName, "unread-" + member));
        }

        await Room.Demo.StartMatchingAsync(WholeRoom.Token);
        await Room.Demo.UploadAsync(await CaseFile.ReadAllAsync(file, WholeRoom.Token), WholeRoom.Token);
        await Room.Demo.WaitAsync(status => status.EvaluatedEpoch > 0 && status.Epoch >= 3 && status.Epoch > status.EvaluatedEpoch, "three epochs", WholeRoom.Token);
        while (!await StopWholeAsync())
        {
            // The enclave was stopped between an epoch's entry and its delivery; the next generation delivers it.
            await Room.Demo.StartMatchingAsync(WholeRoom.Token);
        }

        // By room time, in whole seconds, two epochs have not come then.
        await Task.Delay(TimeSpan.FromSeconds((2 * file.EpochSeconds) + 2), WholeRoom.Token);
    }

    /// <summary>Stops the enclave and reads what notification has.</summary>
    /// <returns>False unless that is all that stands in the log.</returns>
    private async Task<bool> StopWholeAsync()
    {
        var epoch = (await Room.Demo.StatusAsync(WholeRoom.Token)).Epoch;
        while ((await ReadAsync(Victim)).Count < (int)epoch * Slots)
        {
            await Task.Delay(50, WholeRoom.Token);
        }

        await Room.Services.StopAsync("matching");
        var frames = new Dictionary<string, IReadOnlyList<Frame>>();
        foreach (var member in Room.Demo.Brokered)
        {
            frames[member] = await ReadAsync(member);
        }

        Frames = frames;
        using var room = await ConnectUnreadAsync(Victim, null);
        return frames.All(pair => pair.Value.Count == room.State.NextNumber(Charter.MemberId.Parse(pair.Key)) - 1);
    }

    public async ValueTask DisposeAsync()
    {
        if (Room is not null)
        {
            await Room.DisposeAsync();
        }

        _copies.Delete(recursive: true);
        _cases.Delete(recursive: true);
    }

    /// <summary>A connection of a member that has registered and read nothing.</summary>
    internal Task<RoomClient> ConnectUnreadAsync(string member, Uri? notification) => RoomClient.ConnectAsync(
        MemberProfile.Open(CopyUnread(member), TimeProvider.System), Room.Demo.Room, new RoomClientOptions { Endpoints = new RoomEndpoints { Notification = notification } }, WholeRoom.Token);

    /// <summary>The profile of a member that has registered and read nothing.</summary>
    internal string CopyUnread(string member) => Copy(Path.Combine(_copies.FullName, "unread-" + member), member);

    /// <summary>A copy of a profile, for one test.</summary>
    internal string Copy(string profile, string member)
    {
        var folder = Path.Combine(_copies.FullName, $"{member}-{Interlocked.Increment(ref _copied)}");
        CopyFolder(profile, folder);
        return folder;
    }

    /// <summary>Reads an inbox as an officer would who looks at what is there.</summary>
    internal static async Task<List<InboxEvent>> ReadAsync(RoomClient room, InboxOptions? options = null)
    {
        var events = new List<InboxEvent>();
        await foreach (var item in new InboxReader(room, options ?? new InboxOptions { DeliveryGrace = TimeSpan.Zero, LeastSilence = TimeSpan.FromHours(1) }).ReadAsync(follow: false, WholeRoom.Token))
        {
            events.Add(item);
        }

        return events;
    }

    internal static void CopyFolder(string from, string to)
    {
        foreach (var path in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, path));
            _ = Directory.CreateDirectory(Path.GetDirectoryName(target)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            File.Copy(path, target, overwrite: true);
        }
    }

    private async Task<List<Frame>> ReadAsync(string member)
    {
        var service = Room.Demo.Charter.Operator.Notification;
        using var certificate = Room.Demo.Profiles[member].OpenTransportCertificate();
        using var channel = PinnedChannel.Create(service.Endpoint, service.Tls, certificate);
        using var call = new NotificationService.NotificationServiceClient(channel.CallInvoker).Subscribe(new SubscribeRequest { Room = Room.Demo.Room.ToString(), Once = true });
        var frames = new List<Frame>();
        while (await call.ResponseStream.MoveNext(WholeRoom.Token))
        {
            frames.Add(call.ResponseStream.Current.Frame);
        }

        return frames;
    }
}
