using System.Diagnostics.CodeAnalysis;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Log;

/// <summary>
/// Reads a room's log from its first entry, computes the Merkle root as it goes and accepts checkpoints only when root, operator
/// and witnesses agree (docs/protocol.md §3). Not safe for concurrent use.
/// </summary>
public sealed class LogVerifier
{
    private readonly MerkleFrontier _frontier = new();
    private readonly SortedList<long, Digest> _kept = [];

    /// <summary>Begins with an empty log.</summary>
    /// <param name="room">The room.</param>
    public LogVerifier(RoomId room) => State = RoomState.Open(room);

    /// <summary>The room after the entries appended; only what <see cref="Cosigned"/> covers may be acted upon.</summary>
    public RoomState State { get; }

    /// <summary>The newest checkpoint that was accepted.</summary>
    public CosignedCheckpoint? Cosigned { get; private set; }

    /// <summary>Entries appended.</summary>
    public long Size => _frontier.Size;

    /// <summary>Root over them.</summary>
    public Digest Root => _frontier.Root;

    /// <summary>Root that an earlier visit trusted: when the log reaches that size, it must have that root. Give it before the entries.</summary>
    /// <param name="kept">Size and root, of a cosigned checkpoint.</param>
    /// <exception cref="InvalidOperationException">The log is past that size.</exception>
    public void Expect(LogPosition kept)
    {
        if (kept.Size < Size || (_kept.TryGetValue(kept.Size, out var root) && root != kept.Root))
        {
            throw new InvalidOperationException("The kept checkpoint comes too late or differs from another kept one.");
        }

        _kept[kept.Size] = kept.Root;
        Contradicted |= kept.Size == Size && kept.Root != Root;
    }

    /// <summary>Whether the entries contradict a kept checkpoint: the log was forked, and nothing is accepted any more.</summary>
    public bool Contradicted { get; private set; }

    /// <summary>Appends an entry that is visible.</summary>
    public EntryOutcome Append(ReadOnlyMemory<byte> leaf)
    {
        var outcome = State.Apply(Size, leaf);
        Grow(outcome.Entry?.LeafHash ?? MerkleTree.LeafHash(leaf.Span));
        return outcome;
    }

    /// <summary>Appends an entry of which only the hash is visible.</summary>
    public EntryOutcome AppendHash(Digest leafHash)
    {
        var outcome = State.ApplyHash(Size, leafHash);
        Grow(leafHash);
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
        var kept = _kept.Count > 0 ? _kept.Keys[^1] : 0;
        if (State.CharterAtSize(size) is not { } charter)
        {
            refusal = CheckpointRefusal.NoGenesis;
            return false;
        }

        if (size < (Cosigned?.Size ?? 0) || size < kept)
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
        return true;
    }

    private void Grow(Digest leafHash)
    {
        _frontier.Append(leafHash);
        if (_kept.TryGetValue(_frontier.Size, out var root) && root != _frontier.Root)
        {
            Contradicted = true;
        }
    }
}
