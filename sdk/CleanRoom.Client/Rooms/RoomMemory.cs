using System.Globalization;
using System.Text.Json.Nodes;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Recovery;
using CleanRoom.Client.Files;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Rooms;

/// <summary>
/// What a profile remembers of one room, so that a hostile operator cannot show it another past: the genesis, the charter versions it signed, the
/// last cosigned checkpoint. Each change is durable before the method returns; processes that change it at the same time wait for each other.
/// </summary>
public sealed class RoomMemory
{
    private const string Schema = "cleanroom/room/v1";
    private const int MaxSize = 1 << 20;

    // What the platform says of a file that another process has locked: errno EAGAIN, or ERROR_SHARING_VIOLATION.
    private const int Again = 11;
    private const int AgainOnMac = 35;
    private const int SharingViolation = unchecked((int)0x80070020);

    private readonly string _path;
    private JsonObject _state;

    internal RoomMemory(string folder, RoomId room)
    {
        Folder = folder;
        Room = room;
        _path = Path.Combine(folder, "room.json");
        _state = Load();
    }

    /// <summary>Its folder in the profile.</summary>
    public string Folder { get; }

    /// <summary>The room.</summary>
    public RoomId Room { get; }

    /// <summary>Hash of genesis as it was first trusted; null before.</summary>
    public Digest? Genesis => Text("genesis") is { } text ? Digest.Parse(text) : null;

    /// <summary>The last cosigned checkpoint that was trusted; null before.</summary>
    public LogPosition? Checkpoint => _state["checkpoint"] is JsonObject kept
        ? new LogPosition((long)kept["size"]!, Digest.Parse((string)kept["root"]!))
        : null;

    /// <summary>Number of the last recovery in the log under <see cref="Checkpoint"/>; 0 for none.</summary>
    public int Recovery => _state["checkpoint"] is JsonObject kept && kept["recovery"] is { } number ? (int)number : 0;

    internal (long Size, DateTimeOffset Time)? CheckpointTime =>
        _state["checkpoint"] is JsonObject kept ? ((long)kept["size"]!, DateTimeOffset.FromUnixTimeSeconds((long)kept["time"]!)) : null;

    /// <summary>Takes one purpose of the room, "upload" or "inbox", for this process. Dispose to give it back.</summary>
    /// <exception cref="ClientException">Another process has it.</exception>
    internal IDisposable Lock(string purpose)
    {
        try
        {
            return new FileStream(Path.Combine(Folder, purpose + ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (exception.HResult is Again or AgainOnMac or SharingViolation)
        {
            throw new ClientException(ClientProblem.Unavailable, $"Another command works with room {Room} in this profile: wait until it has ended.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ClientException(ClientProblem.CannotCreate, $"{Folder} cannot be written: check the free space and that you may write in this folder.", exception);
        }
    }

    /// <summary>Gives the newest signed charter that was kept; null if none was.</summary>
    public SignedCharter? FindCharter()
    {
        var folder = Path.Combine(Folder, "charters");
        if (!Directory.Exists(folder))
        {
            return null;
        }

        return Versions(folder) is { Count: > 0 } files ? LoadCharter(files[^1].Path) : null;
    }

    /// <summary>Gives the signed charters that were kept, by version.</summary>
    public IReadOnlyList<SignedCharter> ReadCharters()
    {
        var folder = Path.Combine(Folder, "charters");
        return Directory.Exists(folder) ? [.. Versions(folder).Select(file => LoadCharter(file.Path))] : [];
    }

    /// <summary>Keeps a signed charter: where the services are and by which keys they are known.</summary>
    public void KeepCharter(SignedCharter charter)
    {
        ArgumentNullException.ThrowIfNull(charter);
        var folder = Path.Combine(Folder, "charters");
        DurableFile.CreateFolder(folder);
        DurableFile.Write(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{charter.Charter.Version}.json")), charter.ToBytes());
    }

    /// <summary>Hash of the version with this number that this member signed; null if it signed none.</summary>
    public Digest? SignedVersion(int version) =>
        (_state["signed"] as JsonObject)?[version.ToString(CultureInfo.InvariantCulture)] is { } hash ? Digest.Parse((string)hash!) : null;

    internal void RequireMaySign(RoomCharter charter)
    {
        if (SignedVersion(charter.Version) is { } other && other != charter.Hash)
        {
            throw new ClientException(
                ClientProblem.VerificationFailed,
                $"This member has already signed another version {charter.Version} ({other}): one child per parent; withdraw that one, or let its number go and propose anew.");
        }

        if (charter.Previous is { } parent && SignedVersion(charter.Version - 1) is { } before && before != parent)
        {
            throw new ClientException(
                ClientProblem.VerificationFailed, $"The charter follows a version {charter.Version - 1} that this member did not sign: ask the steward for the one that follows {before}.");
        }
    }

    internal void RememberSigned(RoomCharter charter) => Change(state =>
    {
        var signed = state["signed"] as JsonObject ?? [];
        signed[charter.Version.ToString(CultureInfo.InvariantCulture)] = charter.Hash.ToString();
        state["signed"] = signed;
    });

    internal void RememberGenesis(Digest genesis) => Change(state => state["genesis"] = genesis.ToString());

    /// <summary>Hash of the recovery with this number that this member signed; null if it signed none.</summary>
    public Digest? SignedRecovery(int number) =>
        (_state["recoveries"] as JsonObject)?[number.ToString(CultureInfo.InvariantCulture)] is { } hash ? Digest.Parse((string)hash!) : null;

    /// <summary>The highest number of a recovery that this member signed; 0 for none.</summary>
    public int LastSignedRecovery => (_state["recoveries"] as JsonObject)?.Select(pair => int.Parse(pair.Key, NumberStyles.None, CultureInfo.InvariantCulture)).DefaultIfEmpty().Max() ?? 0;

    internal void RememberSigned(RecoveryStatement statement) => Change(state =>
    {
        var signed = state["recoveries"] as JsonObject ?? [];
        signed[statement.Number.ToString(CultureInfo.InvariantCulture)] = statement.Hash.ToString();
        state["recoveries"] = signed;
    });

    /// <summary>Remembers a checkpoint: a longer log, a later look at the same, or one with a later recovery.</summary>
    internal void RememberCheckpoint(CosignedCheckpoint checkpoint, int recovery)
    {
        var time = checkpoint.Time.Opening.ToUnixTimeSeconds();
        var isNewer = (recovery, checkpoint.Size).CompareTo((Recovery, Checkpoint?.Size ?? 0));
        if (isNewer > 0 || (isNewer == 0 && time > CheckpointTime!.Value.Time.ToUnixTimeSeconds()))
        {
            Change(state =>
            {
                // Another process may have seen a later one meanwhile.
                if (state["checkpoint"] is not JsonObject known
                    || (known["recovery"] is { } number ? (int)number : 0, (long)known["size"]!).CompareTo((recovery, checkpoint.Size)) <= 0)
                {
                    var next = new JsonObject
                    {
                        ["note"] = checkpoint.Note.ToText(),
                        ["root"] = checkpoint.Root.ToString(),
                        ["size"] = checkpoint.Size,
                        ["time"] = time,
                    };
                    if (recovery > 0)
                    {
                        next["recovery"] = recovery;
                    }

                    state["checkpoint"] = next;
                }
            });
        }
    }

    private static List<(string Path, int Version)> Versions(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*.json")
            .Select(path => (Path: path, Version: int.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0))
            .Where(file => file.Version > 0)
            .OrderBy(file => file.Version)];

    private SignedCharter LoadCharter(string path) =>
        SignedCharter.TryParse(DurableFile.Read(path, SignedCharter.MaxSize, "The kept charter"), out var charter, out _) && charter.Charter.Room == Room
            ? charter
            : throw new ClientException(ClientProblem.BadData, $"{path} is not the charter of this room: restore it from your backup, or put the signed charter there.");

    private string? Text(string name) => (string?)_state[name];

    private void Change(Action<JsonObject> change)
    {
        using (LockBriefly())
        {
            var next = Load();
            change(next);
            DurableFile.Write(_path, SealedJson.Write(next));
            _state = next;
        }
    }

    private IDisposable LockBriefly()
    {
        using var pause = new ManualResetEventSlim();
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return Lock("room");
            }
            catch (ClientException exception) when (exception.Problem == ClientProblem.Unavailable && attempt < 200)
            {
                pause.Wait(25);
            }
        }
    }

    private JsonObject Load()
    {
        var content = DurableFile.TryRead(_path, MaxSize, "The memory of the room");
        if (content is null)
        {
            return new JsonObject { ["room"] = Room.ToString(), ["schema"] = Schema };
        }

        return SealedJson.TryRead(content, out var state) && (string?)state["schema"] == Schema && (string?)state["room"] == Room.ToString()
            ? state
            : throw new ClientException(ClientProblem.BadData, $"{_path} is not what this program wrote: restore it from your backup.");
    }
}
