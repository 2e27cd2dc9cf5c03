using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Client.Inbox;
using CleanRoom.Client.Logs;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Rooms;

/// <summary>
/// A room as this profile last saw it, without any connection: the kept log is verified from its first entry as if it had just come. What it says may be old;
/// <see cref="Checkpoint"/> says how old.
/// </summary>
public sealed class KeptRoom
{
    private readonly LogVerifier _verifier;

    private KeptRoom(MemberProfile profile, RoomMemory memory)
    {
        Profile = profile;
        Memory = memory;
        _verifier = new LogVerifier(memory.Room);
        EpochFacts = new EpochFacts(memory.CheckpointTime);
    }

    /// <summary>The member.</summary>
    public MemberProfile Profile { get; }

    /// <summary>What the profile remembers of the room.</summary>
    public RoomMemory Memory { get; }

    /// <summary>The room as the kept log says it is, in this member's view.</summary>
    public RoomState State => _verifier.State;

    /// <summary>The newest cosigned checkpoint that was kept.</summary>
    public CosignedCheckpoint Checkpoint => _verifier.Cosigned!;

    /// <summary>The charter that took over last.</summary>
    public RoomCharter Charter => State.Charter!;

    /// <summary>Whether the room is simulated: nothing in it protects anybody.</summary>
    public bool Simulated => Charter.Simulated;

    internal EpochFacts EpochFacts { get; }

    /// <summary>The folder that holds the kept log; <see cref="LogAudit.Verify"/> reads it.</summary>
    /// <exception cref="ClientException">This profile has read no log of the room yet.</exception>
    public static string LogFolder(MemberProfile profile, RoomId room)
    {
        ArgumentNullException.ThrowIfNull(profile);
        var folder = profile.OpenRoom(room).Folder;
        return File.Exists(Path.Combine(folder, LogExport.FileName))
            ? folder
            : throw new ClientException(ClientProblem.Configuration, $"This profile has not read the log of room {room} yet: run \"cleanroom room status\" once while the services run.");
    }

    /// <summary>Opens and verifies what was kept.</summary>
    /// <param name="profile">The member.</param>
    /// <param name="room">A room that the profile has joined and visited.</param>
    /// <exception cref="ClientException">Nothing was kept, it does not verify, or it contradicts what this profile knows.</exception>
    public static KeptRoom Open(MemberProfile profile, RoomId room)
    {
        var folder = LogFolder(profile, room);
        var memory = profile.OpenRoom(room);
        var joined = profile.CharterOf(room).Charter;
        var kept = new KeptRoom(profile, memory);
        var charters = kept.Replay(folder);
        OwnWord.Require(profile, memory, joined, kept.State, charters);
        return kept;
    }

    private List<SignedCharter> Replay(string folder)
    {
        var charters = new List<SignedCharter>();
        var outcomes = new List<EntryOutcome>();
        if (Memory.Checkpoint is { } known)
        {
            _verifier.Expect(known, Memory.Recovery);
        }

        foreach (var item in LogExport.Read(folder, out var room))
        {
            if (room != Memory.Room)
            {
                throw Wrong(folder);
            }

            switch (item)
            {
                case LogItem.Leaf { Bytes.IsEmpty: true } leaf:
                    outcomes.Add(_verifier.AppendHash(leaf.Hash));
                    break;
                case LogItem.Leaf leaf:
                    outcomes.Add(_verifier.Append(leaf.Bytes));
                    break;
                case LogItem.Note note when SignedCheckpoint.TryParse(note.Text, out var parsed) && _verifier.TryAccept(parsed, out var cosigned, out _):
                    EpochFacts.Observe(outcomes, cosigned, State);
                    charters.AddRange(outcomes.Where(outcome => outcome.IsAccepted).Select(outcome => outcome.Entry!.Entry).OfType<CharterEntry>().Select(entry => entry.Content));
                    outcomes.Clear();
                    break;
                case LogItem.Note { Text: var text } when Intermediate(text):
                    // The visit that ended here was followed by a larger one; only what the last checkpoint covers is used.
                    break;
                default:
                    throw Wrong(folder);
            }
        }

        return outcomes.Count == 0 && _verifier.Cosigned is { } last && last.Size >= (Memory.Checkpoint?.Size ?? 0) ? charters : throw Wrong(folder);

        // Checkpoints before the one that the profile remembers are refused by the verifier as rolled back; the last one decides.
        bool Intermediate(string text) =>
            SignedCheckpoint.TryParse(text, out var note) && note.Checkpoint.Size == _verifier.Size && note.Checkpoint.Size < (Memory.Checkpoint?.Size ?? 0)
            && note.Checkpoint.Root == _verifier.Root;
    }

    private static ClientException Wrong(string folder) => new(
        ClientProblem.VerificationFailed,
        $"The kept log {Path.Combine(folder, LogExport.FileName)} does not verify or is older than what this profile has seen: it is written anew by \"cleanroom room status\" while the services run.");
}
