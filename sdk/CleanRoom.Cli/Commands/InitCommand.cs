using System.CommandLine;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Client.Charters;
using CleanRoom.Client.Keys;
using CleanRoom.Client.Rooms;
using CleanRoom.Transport;

namespace CleanRoom.Cli.Commands;

/// <summary>"init": leads a newcomer through keys, room and first upload. Every step looks first at what is there, so that it can be left and taken up again.</summary>
internal static class InitCommand
{
    private const int LeastPassphrase = 12;

    public static Command Create()
    {
        var init = new Command("init", "Walk through keys, room and first upload, one question at a time; goes on where it stopped.");
        init.Handle(RunAsync);
        return init;
    }

    private static async Task<int> RunAsync(Call call)
    {
        if (call.Screen.Json)
        {
            throw new ClientException(ClientProblem.Usage, "\"cleanroom init\" talks with a person: leave --json out, or use keys create, room join and records upload.");
        }

        var dialogue = new Dialogue(call);
        call.Screen.Line(call.Words["init.lead"]);
        Step(call, 1, "init.keys");
        var profile = Keys(call, dialogue);
        Step(call, 2, "init.room");
        if (await JoinAsync(call, dialogue, profile).ConfigureAwait(false) is not { } room || !await RegisterAsync(call, dialogue, profile, room).ConfigureAwait(false))
        {
            call.Screen.Line(call.Words["init.stop"]);
            return ExitCodes.Ok;
        }

        Step(call, 3, "init.file");
        if (await InitFile.AskAsync(call, dialogue, profile).ConfigureAwait(false) is not { } file)
        {
            call.Screen.Line(call.Words["init.stop"]);
            return ExitCodes.Ok;
        }

        Step(call, 4, "init.upload");
        return await InitFile.UploadAsync(call, dialogue, profile, room, file).ConfigureAwait(false);
    }

    private static void Step(Call call, int number, string key)
    {
        call.Screen.Line("");
        call.Screen.Line(call.Words.Format("init.step", number, call.Words[key]));
    }

    private static MemberProfile Keys(Call call, Dialogue dialogue)
    {
        if (Existing(call) is { } existing)
        {
            call.Screen.Line(call.Words.Format("init.keys.have", existing.Member, existing.Folder));
            return existing;
        }

        var member = Call.Member(dialogue.Ask(call.Words["init.keys.member"], text => MemberId.TryParse(text, out _) ? null : call.Words["init.keys.member"]));
        var profile = MemberProfile.Create(call.NamedFolder ?? MemberProfile.DefaultFolder(member), member, new ProfileOptions { Passphrase = NewPassphrase(call, dialogue) }, Call.Time);
        call.Screen.Line(call.Words.Format("init.keys.made", profile.Folder));
        return profile;
    }

    /// <summary>The profile that the options name, or the only one there is; null if there is none yet.</summary>
    private static MemberProfile? Existing(Call call)
    {
        var folder = call.NamedFolder;
        return folder is null
            ? Directory.Exists(MemberProfile.DefaultRoot) && Directory.EnumerateDirectories(MemberProfile.DefaultRoot).Any(HoldsKeys) ? call.Profile() : null
            : HoldsKeys(folder) ? call.Profile() : null;
    }

    private static bool HoldsKeys(string folder) => File.Exists(Path.Combine(folder, "profile.json"));

    private static string NewPassphrase(Call call, Dialogue dialogue)
    {
        while (true)
        {
            var first = dialogue.Secret(call.Words["init.keys.passphrase"]);
            if (first.Length is > 0 and < LeastPassphrase)
            {
                call.Screen.Line("  " + call.Words["init.keys.short"]);
            }
            else if (first.Length == 0 || first == dialogue.Secret(call.Words["init.keys.again"]))
            {
                return first;
            }
            else
            {
                call.Screen.Line("  " + call.Words["init.keys.differ"]);
            }
        }
    }

    private static async Task<RoomId?> JoinAsync(Call call, Dialogue dialogue, MemberProfile profile)
    {
        if (RoomStanding.Joined(profile) is { Count: > 0 } joined)
        {
            var kept = profile.OpenRoom(joined[0]).FindCharter()!.Charter;
            call.Screen.Banner(kept.Simulated);
            call.Screen.Line(call.Words.Format("init.room.have", kept.Title));
            return joined[0];
        }

        call.Screen.Line(call.Words["init.room.none"]);
        call.Screen.Line($"  cleanroom charter card {profile.Member}.json --role contributor --name NAME --desk DESK --broker URL --broker-tls KEYID");
        var path = dialogue.Ask(call.Words["init.room.file"]);
        if (path.Length == 0)
        {
            return null;
        }

        var charter = CharterFiles.Read(path);
        Show(call, charter);
        if (!charter.Approvals.ContainsKey(profile.Member))
        {
            if (!dialogue.Confirm(call.Words["init.room.sign"]))
            {
                return null;
            }

            charter = CharterFiles.Sign(path, profile, Passphrase(call, dialogue, profile));
        }

        var missing = charter.Check(parent: null).Missing;
        if (missing.Count > 0)
        {
            call.Screen.Line(call.Words.Format("init.room.waits", string.Join(", ", missing), path));
            return null;
        }

        _ = await RoomClient.JoinAsync(profile, charter, call.Endpoints, call.Token).ConfigureAwait(false);
        call.Screen.Line(call.Words["init.room.joined"]);
        return charter.Charter.Room;
    }

    private static void Show(Call call, SignedCharter signed)
    {
        var charter = signed.Charter;
        call.Screen.Banner(charter.Simulated);
        call.Screen.Line(call.Words.Format("init.room.shows", charter.Title, charter.Version, ProtocolTime.Write(charter.Expires)));
        call.Screen.Table(
            ["", "", "", ""],
            charter.Members.Select(member => (IReadOnlyList<string>)
                [member.Id.Value, member.Role, member.Name, call.Words[signed.Approvals.ContainsKey(member.Id) ? "init.room.signed" : "init.room.unsigned"]]));
    }

    /// <summary>Brings people, keys and listing into the log; false if the room is not ready for it.</summary>
    private static async Task<bool> RegisterAsync(Call call, Dialogue dialogue, MemberProfile profile, RoomId id)
    {
        try
        {
            using var room = await RoomClient.ConnectAsync(profile, id, new RoomClientOptions { Endpoints = call.Endpoints, Time = Call.Time }, call.Token).ConfigureAwait(false);
            call.Screen.Banner(room.Simulated);
            if (profile.People.All(person => room.State.PersonOf(person.PublicKey.Id) is not null) && room.State.CurrentKey(profile.Member, KeyPurpose.Record) is not null)
            {
                return true;
            }

            var list = dialogue.Ask(call.Words["init.room.list"]);
            var registration = new Registration
            {
                ListContributors = list switch
                {
                    "" => null,
                    "*" => [.. room.Charter.Contributors.Select(contributor => contributor.Id).Where(other => other != profile.Member)],
                    _ => [.. list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Call.Member)],
                },
            };
            var result = await room.RegisterAsync(registration, Passphrase(call, dialogue, profile), call.Token).ConfigureAwait(false);
            call.Screen.Line(call.Words.Format("init.room.registered", string.Join(", ", result.Appended)));
            RoomCommands.ShowWaiting(call, result.Waiting);
            return true;
        }
        catch (CleanRoomException exception) when (ExitCodes.Of(exception.Reason) == ClientProblem.Unavailable || exception.Reason is ErrorReason.UnknownRoom or ErrorReason.FailedPrecondition)
        {
            call.Screen.Line(call.Words.Format("init.room.later", exception.Message));
            return false;
        }
    }

    private static string Passphrase(Call call, Dialogue dialogue, MemberProfile profile) =>
        call.Passphrase() is { Length: > 0 } given ? given : profile.IsOrganisationKeyEncrypted ? dialogue.Secret(call.Words["init.room.passphrase"]) : "";
}
