using System.CommandLine;
using CleanRoom.Charter;
using CleanRoom.Client;
using CleanRoom.Client.Rooms;
using CleanRoom.Cryptography;
using CleanRoom.Records.Wording;

namespace CleanRoom.Cli.Output;

/// <summary>One run of a command: its options and what they stand for.</summary>
internal sealed class Call(ParseResult result, Screen screen, CancellationToken token)
{
    private const int MaxPassphrase = 4096;

    public Screen Screen => screen;

    public CancellationToken Token => token;

    /// <summary>What this command says, in the person's language.</summary>
    public Words Words { get; } = Words.Load(typeof(Call).Assembly, result.GetValue(Common.Lang) ?? Surroundings.Language);

    public static TimeProvider Time => TimeProvider.System;

    /// <summary>The folder that --home or --member name, or null.</summary>
    public string? NamedFolder => result.GetValue(Common.Home) ?? (result.GetValue(Common.Member) is { } text ? MemberProfile.DefaultFolder(Member(text)) : null);

    public RoomEndpoints Endpoints => new() { Ingestion = Address(Common.Ingestion), Notification = Address(Common.Notification), Broker = Address(Common.Broker) };

    public T Get<T>(Option<T> option) => result.GetValue(option)!;

    public T Get<T>(Argument<T> argument) => result.GetValue(argument)!;

    public string Folder()
    {
        if (result.GetValue(Common.Home) is { } home)
        {
            return home;
        }

        if (result.GetValue(Common.Member) is { } text)
        {
            return MemberProfile.DefaultFolder(Member(text));
        }

        var folders = Directory.Exists(MemberProfile.DefaultRoot)
            ? Directory.EnumerateDirectories(MemberProfile.DefaultRoot).Where(folder => File.Exists(Path.Combine(folder, "profile.json"))).ToList()
            : [];
        return folders.Count switch
        {
            1 => folders[0],
            0 => throw new ClientException(ClientProblem.Configuration, $"{MemberProfile.DefaultRoot} holds no keys of a member: run \"cleanroom keys create --member ID\", or name the folder with --home."),
            _ => throw new ClientException(ClientProblem.Usage, $"{MemberProfile.DefaultRoot} holds the keys of {folders.Count} members: name one with --member or --home."),
        };
    }

    public MemberProfile Profile()
    {
        var profile = MemberProfile.Open(Folder(), Time, AskPin);
        return result.GetValue(Common.Member) is { } text && Member(text) != profile.Member
            ? throw new ClientException(ClientProblem.Usage, $"{profile.Folder} holds the keys of {profile.Member}, not of {text}: name another folder with --home.")
            : profile;
    }

    public RoomId Room(MemberProfile profile)
    {
        if (result.GetValue(Common.Room) is { } text)
        {
            return RoomId.TryParse(text, out var room) ? room : throw new ClientException(ClientProblem.Usage, "--room must be a UUID in lower case with hyphens.");
        }

        return profile.Rooms.Count switch
        {
            1 => profile.Rooms[0],
            0 => throw new ClientException(ClientProblem.Configuration, $"{profile.Member} has joined no room: run \"cleanroom room join CHARTER\" with the signed charter."),
            _ => throw new ClientException(ClientProblem.Usage, $"{profile.Member} has joined {profile.Rooms.Count} rooms: name one with --room."),
        };
    }

    /// <summary>Reads a key id.</summary>
    /// <param name="text">As the person wrote it.</param>
    /// <param name="name">What it is the value of.</param>
    public static KeyId Key(string? text, string name) =>
        KeyId.TryParse(text, out var key) ? key : throw new ClientException(ClientProblem.Usage, $"{name} must be spki-sha256: and 43 characters of base64url.");

    public async Task<RoomClient> ConnectAsync()
    {
        var profile = Profile();
        var room = await RoomClient.ConnectAsync(profile, Room(profile), new RoomClientOptions { Endpoints = Endpoints, Time = Time }, token).ConfigureAwait(false);
        screen.Banner(room.Simulated);
        return room;
    }

    /// <summary>The room as this profile last saw it, without a connection.</summary>
    public KeptRoom Kept()
    {
        var profile = Profile();
        var room = KeptRoom.Open(profile, Room(profile));
        screen.Banner(room.Simulated);
        return room;
    }

    /// <summary>Asks for a token's PIN at the terminal, beside what the command writes; null if nobody sits there.</summary>
    public string? AskPin(string token) => Console.IsInputRedirected ? null : Dialogue.ReadSecret(Console.Error, $"PIN of the token {token}:", Token);

    public string Passphrase()
    {
        if (result.GetValue(Common.PassphraseFile) is not { } path)
        {
            return "";
        }

        try
        {
            var info = new FileInfo(path);
            return info.Exists && info.Length <= MaxPassphrase
                ? File.ReadAllText(path).TrimEnd('\r', '\n')
                : throw new ClientException(ClientProblem.NoInput, $"The passphrase file {path} is missing or longer than 4 KiB: check the path.");
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new ClientException(ClientProblem.NoInput, $"The passphrase file {path} cannot be read: check its permissions.", exception);
        }
    }

    public static MemberId Member(string text) => MemberId.TryParse(text, out var member)
        ? member
        : throw new ClientException(ClientProblem.Usage, "A member id must have 1 to 63 characters out of a-z, 0-9 and -, start with a letter or digit, and not be a reserved word.");

    public static Uri Address(string text, string name) => Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttps
        ? address
        : throw new ClientException(ClientProblem.Usage, $"{name} must be an address that starts with https://.");

    private Uri? Address(Option<string?> option) => result.GetValue(option) is { } text ? Address(text, option.Name) : null;
}
