using System.CommandLine;
using System.Text.Json.Nodes;
using CleanRoom.Charter;
using CleanRoom.Charter.Consent;
using CleanRoom.Charter.Log;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Client.Charters;
using CleanRoom.Client.Keys;
using CleanRoom.Client.Rooms;

namespace CleanRoom.Cli.Commands;

internal static class RoomCommands
{
    private static readonly Argument<string> CharterFile = new("CHARTER") { Description = "File of the signed charter." };
    private static readonly Argument<string> Key = new("KEYID") { Description = "Id of the key, spki-sha256:…" };
    private static readonly Argument<string> Listing = new("LISTING") { Description = "The listing that waits, as \"room listing\" shows it." };
    private static readonly Option<string?> List = new("--list") { Description = "Contributors that may get pointers about the own records: ids separated by commas, or \"*\" for all." };
    private static readonly Option<string?> Authorise = new("--authorise") { Description = "Agencies of the standing authorisation: ids separated by commas." };
    private static readonly Option<string> Purposes = new("--purposes")
    {
        Description = "Purposes of the standing authorisation, separated by commas.",
        DefaultValueFactory = _ => "C2_BLIND_MATCH,C3_TELL_NGO,C5_LE_NONIDENT",
    };

    public static Command Create()
    {
        var join = new Command("join", "Join a room: hand the signed charter to the own broker and keep it.") { CharterFile };
        join.Handle(JoinAsync);
        var register = new Command("register", "Bring this member's people, keys and listing into the log.") { List, Authorise, Purposes };
        register.Handle(RegisterAsync);
        var listing = new Command("listing", "Show who may learn of this member's records, and what waits for a second person.");
        listing.Handle(ListingAsync);
        var confirm = new Command("confirm-listing", "Sign, as the second person, a listing that another approver has signed.") { Listing, ActOutput.As };
        confirm.Handle(ConfirmListingAsync);
        var status = new Command("status", "Verify the room and show where it and this member stand.") { Common.Offline };
        status.Handle(StatusAsync);
        var revoke = new Command("revoke", "Revoke a person's key or the TLS key.") { Key };
        revoke.Handle(RevokeAsync);
        return new Command("room", "Rooms: join, register, listing, status.") { join, register, listing, confirm, status, revoke };
    }

    private static async Task<int> JoinAsync(Call call)
    {
        var profile = call.Profile();
        var charter = CharterFiles.Read(call.Get(CharterFile));
        call.Screen.Banner(charter.Charter.Simulated);
        var accepted = await RoomClient.JoinAsync(profile, charter, call.Endpoints, call.Token).ConfigureAwait(false);
        call.Screen.Result(
            new JsonObject { ["room"] = charter.Charter.Room.ToString(), ["version"] = accepted.Version, ["recordKey"] = accepted.RecordKey?.Id.ToString(), ["period"] = accepted.Period },
            charter.Charter.Simulated,
            () => call.Screen.Line($"{profile.Member} has joined room {charter.Charter.Room} with version {accepted.Version}."));
        return ExitCodes.Ok;
    }

    private static async Task<int> RegisterAsync(Call call)
    {
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        var registration = new Registration
        {
            ListContributors = call.Get(List) switch
            {
                null => null,
                "*" => [.. room.Charter.Contributors.Select(contributor => contributor.Id).Where(id => id != room.Profile.Member)],
                var text => Members(text),
            },
            AuthoriseAgencies = call.Get(Authorise) is { } agencies ? Members(agencies) : [],
            Purposes = call.Get(Purposes).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        };
        var result = await room.RegisterAsync(registration, call.Passphrase(), call.Token).ConfigureAwait(false);
        call.Screen.Result(
            new JsonObject
            {
                ["room"] = room.Room.ToString(),
                ["appended"] = new JsonArray([.. result.Appended.Select(word => (JsonNode)word)]),
                ["waiting"] = result.Waiting is { } waiting ? Words(waiting) : null,
            },
            room.Simulated,
            () =>
            {
                call.Screen.Line(result.Appended.Count == 0 ? "All of it was in the log already." : $"In the log now: {string.Join(", ", result.Appended)}.");
                ShowWaiting(call, result.Waiting);
            });
        return ExitCodes.Ok;
    }

    private static async Task<int> ListingAsync(Call call)
    {
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        await room.SyncAsync(call.Token).ConfigureAwait(false);
        var member = room.Profile.Member;
        var known = room.State.ListingOf(member);
        var waiting = room.State.WaitingListingOf(member);
        call.Screen.Result(
            new JsonObject
            {
                ["twoPeople"] = room.Charter.NeedsSecond.Contains(RoomCharter.ListingNeedsSecond),
                ["counts"] = known is null ? null : Words(known),
                ["waiting"] = waiting is null ? null : Words(waiting),
            },
            room.Simulated,
            () =>
            {
                call.Screen.Line(known is null ? $"{member} lists nobody: nobody is told of its records." : $"{member} lists {Sentence(known)}.");
                ShowWaiting(call, waiting);
            });
        return ExitCodes.Ok;
    }

    private static async Task<int> ConfirmListingAsync(Call call)
    {
        var id = ActOutput.IdOf(call.Get(Listing));
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        var entry = await room.ConfirmListingAsync(id, call.Get(ActOutput.As), call.Token).ConfigureAwait(false);
        call.Screen.Result(
            new JsonObject { ["id"] = id.ToString(), ["index"] = entry.Index, ["counts"] = Words(room.State.ListingOf(room.Profile.Member)!) },
            room.Simulated,
            () => call.Screen.Line($"Confirmed (position {entry.Index}): {room.Profile.Member} lists {Sentence(room.State.ListingOf(room.Profile.Member)!)}."));
        return ExitCodes.Ok;
    }

    public static void ShowWaiting(Call call, WaitingListing? waiting)
    {
        if (waiting is null)
        {
            return;
        }

        call.Screen.Line($"Signed by {waiting.Person}, waits for a second person: {Sentence(waiting.Wanted)}. Until then only what it takes away counts.");
        call.Screen.Line($"    cleanroom room confirm-listing {waiting.Id} --as PERSON");
    }

    private static JsonObject Words(WaitingListing waiting)
    {
        var json = Words(waiting.Wanted);
        json["id"] = waiting.Id.ToString();
        json["signedBy"] = waiting.Person;
        return json;
    }

    private static JsonObject Words(Listing listing) => new()
    {
        ["contributors"] = new JsonArray([.. listing.Contributors.Order().Select(member => (JsonNode)member.Value)]),
        ["agencies"] = new JsonArray([.. listing.Agencies.Order().Select(member => (JsonNode)member.Value)]),
        ["purposes"] = new JsonArray([.. PurposeWords(listing).Select(word => (JsonNode)word)]),
    };

    private static string Sentence(Listing listing) =>
        $"contributors {Join(listing.Contributors.Order().Select(member => member.Value))}; agencies {Join(listing.Agencies.Order().Select(member => member.Value))}; "
        + $"standing authorisation for {Join(PurposeWords(listing))}";

    private static IEnumerable<string> PurposeWords(Listing listing) => ConsentPurposes.Codes.Where(code => listing.Purposes.HasFlag(code.Value)).Select(code => code.Key).Order(StringComparer.Ordinal);

    private static string Join(IEnumerable<string> words) => string.Join(", ", words) is { Length: > 0 } text ? text : "none";

    private static async Task<int> StatusAsync(Call call)
    {
        if (call.Get(Common.Offline))
        {
            var kept = call.Kept();
            return Status(call, kept.Profile.Member, kept.State, kept.Checkpoint);
        }

        using var room = await call.ConnectAsync().ConfigureAwait(false);
        return Status(call, room.Profile.Member, room.State, room.Checkpoint);
    }

    private static int Status(Call call, MemberId me, RoomState state, CosignedCheckpoint checkpoint)
    {
        var charter = state.Charter!;
        var status = state.CharterAt(checkpoint.Time).Status;
        var time = checkpoint.Time.Opening;
        var batches = state.Batches.Values.Where(batch => batch.Contributor == me).ToList();
        var json = new JsonObject
        {
            ["room"] = state.Room.ToString(),
            ["title"] = charter.Title,
            ["member"] = me.Value,
            ["charter"] = charter.Hash.ToString(),
            ["version"] = charter.Version,
            ["status"] = status.ToString(),
            ["roomTime"] = ProtocolTime.Write(time),
            ["size"] = checkpoint.Size,
            ["root"] = checkpoint.Root.ToString(),
            ["cosignatures"] = checkpoint.Cosignatures,
            ["generation"] = state.CurrentInstance?.Generation ?? 0,
            ["instanceTrusted"] = state.IsInstanceTrusted,
            ["epoch"] = state.LastEpoch,
            ["evaluatedEpoch"] = state.LastEvaluatedEpoch,
            ["frozen"] = new JsonArray([.. state.Frozen.Order().Select(member => (JsonNode)member.Value)]),
            ["destroyedKeys"] = new JsonArray([.. state.Erasures.Select(erasure => new JsonObject
            {
                ["member"] = erasure.Entry.Author!.Value,
                ["period"] = erasure.Entry.Period,
                ["custody"] = erasure.Entry.Custody,
                ["destroyed"] = ProtocolTime.Write(erasure.Entry.Destroyed),
                ["recoverableUntil"] = erasure.Entry.RecoverableUntil is { } until ? ProtocolTime.Write(until) : null,
                ["index"] = erasure.Index,
                ["by"] = erasure.By.ToString(),
                ["notStated"] = new JsonArray([.. NotStated(state, erasure.Entry).Select(key => (JsonNode)key)]),
            })]),
            ["recordKeyPeriod"] = state.CurrentKey(me, KeyPurpose.Record)?.Period ?? 0,
            ["inboxKeyPeriod"] = state.CurrentKey(me, KeyPurpose.Inbox)?.Period ?? 0,
            ["batches"] = batches.Count,
            ["people"] = new JsonArray([.. state.PersonsOf(me).Select(person => new JsonObject
            {
                ["person"] = person.Name,
                ["roles"] = new JsonArray([.. RoleWords.Write(person.Roles).Select(role => (JsonNode)role)]),
                ["id"] = person.Key.Id.ToString(),
                ["revoked"] = person.RevokedAt is not null,
            })]),
        };
        call.Screen.Result(json, charter.Simulated, () =>
        {
            call.Screen.Line($"{charter.Title}: version {charter.Version}, {status}, room time {ProtocolTime.Write(time)}");
            call.Screen.Line($"  log of {checkpoint.Size} entries, {checkpoint.Cosignatures} cosignatures ({charter.Quorum} needed); verified from its first entry");
            call.Screen.Line(state.CurrentInstance is { } instance
                ? $"  enclave generation {instance.Generation}, {(state.IsInstanceTrusted ? "trusted by enough brokers" : "waiting for brokers")}; last epoch {state.LastEpoch}, evaluated {state.LastEvaluatedEpoch}"
                : "  no enclave yet");
            call.Screen.Line($"  {me}: record key {state.CurrentKey(me, KeyPurpose.Record)?.Period ?? 0}, inbox key {state.CurrentKey(me, KeyPurpose.Inbox)?.Period ?? 0}, {batches.Count} batches{(state.Frozen.Contains(me) ? ", FROZEN" : "")}");
            foreach (var (erasure, index) in state.Erasures)
            {
                call.Screen.Line($"  {erasure.Author}: record key {erasure.Period} destroyed at {ProtocolTime.Write(erasure.Destroyed)} (entry {index}). {erasure.Remains}");
                if (NotStated(state, erasure) is { Count: > 0 } others)
                {
                    call.Screen.Line($"    NOT stated, so not proven, by: {string.Join(", ", others)}");
                }
            }

            call.Screen.Table(
                ["person", "roles", "key", ""],
                state.PersonsOf(me).Select(person => (IReadOnlyList<string>)[person.Name, string.Join(", ", RoleWords.Write(person.Roles)), person.Key.Id.ToString(), person.RevokedAt is null ? "" : "revoked"]));
        });
        return ExitCodes.Ok;
    }

    /// <summary>Brokers that a charter let hold the key and that have not stated its end.</summary>
    private static List<string> NotStated(RoomState state, ErasureEntry erasure) =>
        [.. state.HoldersOf(erasure.Author!, erasure.Period).Where(holder => !holder.Stated).Select(holder => holder.VerifierKey.ToString())];

    private static async Task<int> RevokeAsync(Call call)
    {
        var id = Call.Key(call.Get(Key), "KEYID");
        using var room = await call.ConnectAsync().ConfigureAwait(false);
        var entry = await room.RevokeAsync(id, call.Passphrase(), call.Token).ConfigureAwait(false);
        call.Screen.Result(new JsonObject { ["key"] = id.ToString(), ["index"] = entry.Index }, room.Simulated, () => call.Screen.Line($"{id} counts nowhere from position {entry.Index} on."));
        return ExitCodes.Ok;
    }

    private static List<MemberId> Members(string text) => [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Call.Member)];
}
