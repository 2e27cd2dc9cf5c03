using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CleanRoom.Client.Charters;
using CleanRoom.Client.Keys;
using CleanRoom.Client.Logs;
using CleanRoom.Client.Uploads;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Tests;

/// <summary>One room with a little in it, for all cases of <see cref="BadInputTests"/>: nobody changes it, each case works on a copy of a profile.</summary>
public sealed class BadInputRoom : IAsyncLifetime
{
    internal LiveRoom Live { get; private set; } = null!;

    internal string LogFolder => Path.Combine(Live.Folder.FullName, "log");

    internal string CharterFile => Path.Combine(Live.Folder.FullName, "charter.json");

    internal RoomId Room => Live.Charter.Charter.Room;

    public async ValueTask InitializeAsync()
    {
        Live = await LiveRoom.OpenedAsync();
        using var room = await Live.ConnectAsync("alpha");
        _ = await new Uploader(room).UploadAsync(LiveRoom.Import(("CANARY-1", "1", true), ("CANARY-2", "2", true)), "{}"u8.ToArray(), null, LiveRoom.Token);
        _ = await LogExport.WriteAsync(room, LogFolder, LiveRoom.Token);
    }

    /// <summary>Entries in the log, as another member sees them.</summary>
    internal async Task<long> SizeAsync()
    {
        using var room = await Live.ConnectAsync("bravo");
        return room.Checkpoint.Size;
    }

    public ValueTask DisposeAsync() => Live.DisposeAsync();
}

/// <summary>What one case of bad input may use: a folder of its own, and copies of what the room has.</summary>
internal sealed class BadWorld(BadInputRoom room) : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-bad-");

    public BadInputRoom Room => room;

    public string Home => In("home");

    public string RoomFolder => Path.Combine(Home, "rooms", room.Room.ToString());

    public string In(string name) => Path.Combine(_folder.FullName, name);

    public string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    public string Write(string name, byte[] content)
    {
        File.WriteAllBytes(In(name), content);
        return In(name);
    }

    /// <summary>A member's profile, copied with its modes.</summary>
    public string CopyHome(string member = "alpha") => Copy(room.Live.HomeOf(member), Home);

    public string CopyLog() => Path.Combine(Copy(room.LogFolder, In("log")), LogExport.FileName);

    public string CopyCharter() => Copy(room.CharterFile, In("charter.json"));

    /// <summary>A profile of somebody whom the charter does not list, or not with this key.</summary>
    public MemberProfile Stranger(string member = "delta", string passphrase = "") =>
        MemberProfile.Create(Home, MemberId.Parse(member), new ProfileOptions { Passphrase = passphrase }, TimeProvider.System);

    public string ReceiptFile(string extension) => Directory.GetFiles(Path.Combine(RoomFolder, "receipts"), "*" + extension).Single();

    /// <summary>Flips the lowest bits of one character behind a mark, so that base64 stays base64 and a letter a letter.</summary>
    public static void Change(string path, string mark, int behind = 0)
    {
        var text = File.ReadAllText(path);
        var at = text.IndexOf(mark, StringComparison.Ordinal) + mark.Length + behind;
        Assert.True(at >= mark.Length, mark);
        File.WriteAllText(path, string.Concat(text.AsSpan(0, at), text[at] == 'B' ? "C" : "B", text.AsSpan(at + 1)));
    }

    public static void FlipBit(string path, long? at = null)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = at ?? file.Length / 2;
        var value = file.ReadByte();
        file.Position--;
        file.WriteByte((byte)(value ^ 1));
    }

    /// <summary>A charter like the room's, changed, for a room of its own; signed by those named.</summary>
    public string Variant(Action<JsonObject> change, params string[] signers)
    {
        var json = JsonNode.Parse(room.Live.Charter.Charter.CanonicalBytes.Span)!.AsObject();
        json["room"] = RoomId.From(RandomUuid.New()).ToString();
        change(json);
        Assert.True(CharterDraft.TryParse(Encoding.UTF8.GetBytes(json.ToJsonString()), out var draft));
        Assert.True(draft.TryBuild(out var charter, out var errors), string.Join(' ', errors));
        var signed = SignedCharter.Begin(charter);
        foreach (var signer in signers)
        {
            using var key = room.Live.Profiles[signer].OpenOrganisationKey();
            signed = signed.Approve(key, MemberId.Parse(signer));
        }

        CharterFiles.Write(In("variant.json"), signed);
        return In("variant.json");
    }

    /// <summary>Digest of every file, but for locks and what a visit to the room may renew.</summary>
    public IReadOnlyDictionary<string, string> Snapshot(bool visits) => Directory.EnumerateFiles(_folder.FullName, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
        .Where(path => !path.EndsWith(".lock", StringComparison.Ordinal) && !(visits && Path.GetFileName(path) is "room.json" or LogExport.FileName))
        .ToDictionary(path => path, path => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path))));

    public void Dispose() => _folder.Delete(recursive: true);

    private static string Copy(string from, string to)
    {
        using var copy = Process.Start("cp", ["-a", from, to]);
        copy.WaitForExit();
        Assert.Equal(0, copy.ExitCode);
        return to;
    }
}
