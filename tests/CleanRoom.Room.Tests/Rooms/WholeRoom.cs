using CleanRoom.Charter.Messages;
using CleanRoom.Demo;

namespace CleanRoom.Room.Tests.Rooms;

/// <summary>A room on the real services in this process, with a folder that goes with it.</summary>
internal sealed class WholeRoom : IAsyncDisposable
{
    private WholeRoom(RoomFile file, DirectoryInfo folder, InProcessServices services)
    {
        (File, Home, Services) = (file, folder, services);
        Demo = new DemoRoom(file, folder.FullName, services, Said.Add);
    }

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public RoomFile File { get; }

    /// <summary>Everything of the room: a folder for each service, and members/ID.</summary>
    public DirectoryInfo Home { get; }

    public InProcessServices Services { get; }

    public DemoRoom Demo { get; }

    /// <summary>What the demonstration would have printed.</summary>
    public List<string> Said { get; } = [];

    /// <summary>Opens a room without an enclave.</summary>
    public static async Task<WholeRoom> OpenAsync(RoomFile file, InProcessServices? services = null)
    {
        var room = new WholeRoom(file, Directory.CreateTempSubdirectory("cleanroom-room-"), services ?? new InProcessServices());
        try
        {
            await room.Demo.OpenAsync(Token);
            return room;
        }
        catch
        {
            await room.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the enclave, uploads all files and reads every inbox.</summary>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<RoomMessage>>> RunAsync()
    {
        var files = await CaseFile.ReadAllAsync(File, Token);
        await Demo.StartMatchingAsync(Token);
        await Demo.UploadAsync(files, Token);
        return await Demo.ReadInboxesAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        await Demo.DisposeAsync();
        Home.Delete(recursive: true);
    }

    /// <summary>The project's own case files.</summary>
    public static RoomFile Samples(string? folder = null)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        while (!System.IO.File.Exists(Path.Combine(here!.FullName, "CleanRoom.sln")))
        {
            here = here.Parent;
        }

        // Long enough that all three files are in before the first epoch ends on a slow machine; few slots cost less to seal.
        return RoomFile.Read(folder ?? Path.Combine(here.FullName, "samples")) with { EpochSeconds = 2, Slots = 64 };
    }
}
