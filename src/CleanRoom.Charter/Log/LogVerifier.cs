using System.Diagnostics.CodeAnalysis;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Log;

/// <summary>
/// Reads a room's log from its first entry, computes the Merkle root as it goes and accepts checkpoints only when root, operator
/// and witnesses agree (docs/protocol.md §3). Not safe for concurrent use.
/// </summary>
public sealed class LogVerifier
{
    private readonly SortedList<long, Kept> _kept = [];

    /// <summary>Begins with an empty log.</summary>
    /// <param name="room">The room.</param>
    public LogVerifier(RoomId room) => State = RoomState.Open(room);

    /// <summary>The room after the entries appended; only what <see cref="Cosigned"/> covers may be acted upon.</summary>
    public RoomState State { get; }

    /// <summary>The newest checkpoint that was accepted.</summary>
    public CosignedCheckpoint? Cosigned { get; private set; }

    /// <summary>Number of the last recovery under <see cref="Cosigned"/>; 0 for none.</summary>
    public int Recovery { get; private set; }

    /// <summary>Entries appended.</summary>
    public long Size => State.Size;

    /// <summary>Root over them.</summary>
    public Digest Root => State.Root;

    /// <summary>
    /// Root that an earlier visit trusted: when the log reaches that size, it must have that root, unless all contributors have signed that it is lost. Give it before the entries.
    /// </summary>
    /// <param name="kept">Size and root, of a cosigned checkpoint.</param>
    /// <param name="recovery">Number of the last recovery in the log under that checkpoint (<see cref="RoomState.LastRecovery"/>); 0 for none. It, and those before it, give up nothing of it.</param>
    /// <exception cref="InvalidOperationException">The log is past that size.</exception>
    public void Expect(LogPosition kept, int recovery = 0)
    {
        ArgumentNullException.ThrowIfNull(kept);
        if (kept.Size < Size || (_kept.TryGetValue(kept.Size, out var known) && known.Root != kept.Root))
        {
            throw new InvalidOperationException("The kept checkpoint comes too late or differs from another kept one.");
        }

        _kept[kept.Size] = new Kept(kept.Root, recovery, kept.Size == Size && kept.Root != Root);
    }

    /// <summary>Whether the entries contradict a kept checkpoint: the log was forked, and nothing is accepted any more.</summary>
    public bool Contradicted => _kept.Values.Any(kept => kept.Wrong);

    /// <summary>The size that the log must reach, for what was kept and is not given up; 0 if nothing is.</summary>
    public long Expected => _kept.Count > 0 ? _kept.Keys[^1] : 0;

    /// <summary>Appends an entry that is visible.</summary>
    public EntryOutcome Append(ReadOnlyMemory<byte> leaf)
    {
        var outcome = State.Apply(Size, leaf);
        if (outcome is { IsAccepted: true, Entry.Entry: RecoveryEntry { Content.Statement: var recovery } })
        {
            foreach (var size in _kept.Keys.Where(size => _kept[size].Recovery < recovery.Number && recovery.GivesUp(new LogPosition(size, _kept[size].Root))).ToList())
            {
                _kept.Remove(size);
            }
        }

        Compare();
        return outcome;
    }

    /// <summary>Appends an entry of which only the hash is visible.</summary>
    public EntryOutcome AppendHash(Digest leafHash)
    {
        var outcome = State.ApplyHash(Size, leafHash);
        Compare();
        return outcome;
    }

    /// <summary>Judges a checkpoint over exactly the entries appended so far.</summary>
    /// <param name="note">The signed note.</param>
    /// <param name="cosigned">The checkpoint that counts.</param>
    /// <param name="refusal">Why it does not.</param>
    public bool TryAccept(SignedCheckpoint note, [NotNullWhen(true)] out CosignedCheckpoint? cosigned, out CheckpointRefusal refusal)
    {
        cosigned = null;
        var size = note.Checkpoint.Size;
        if (State.CharterAtSize(size) is not { } charter)
        {
            refusal = CheckpointRefusal.NoGenesis;
            return false;
        }

        if (size < (Cosigned?.Size ?? 0) || size < Expected)
        {
            refusal = CheckpointRefusal.Shrunk;
            return false;
        }

        if (size != Size)
        {
            refusal = size > Size ? CheckpointRefusal.EntriesMissing : CheckpointRefusal.Shrunk;
            return false;
        }

        if (Contradicted || note.Checkpoint.Root != Root)
        {
            refusal = CheckpointRefusal.WrongRoot;
            return false;
        }

        if (!CosignedCheckpoint.TryVerify(note, charter, out cosigned, out refusal, Cosigned?.Time ?? default))
        {
            return false;
        }

        Cosigned = cosigned;
        Recovery = State.LastRecovery?.Number ?? 0;
        return true;
    }

    private void Compare()
    {
        if (_kept.TryGetValue(Size, out var kept) && kept.Root != Root)
        {
            _kept[Size] = kept with { Wrong = true };
        }
    }

    private readonly record struct Kept(Digest Root, int Recovery, bool Wrong);
}
