using CleanRoom.Cryptography;

namespace CleanRoom.Storage.Slots;

/// <summary>
/// Messages that wait for their recipients. A frame that was acknowledged as stored survives a crash and never changes: for one
/// (room, recipient, number) the first ciphertext wins. Safe for concurrent use.
/// </summary>
public interface ISlotStore : IStore
{
    /// <summary>Stores frames, all or none. One whose ciphertext is stored under its number already counts as existing.</summary>
    Task<SlotPut> PutAsync(Guid room, IReadOnlyList<SlotFrame> frames, CancellationToken cancellationToken);

    /// <summary>Reads a recipient's frames after a number, in order.</summary>
    /// <param name="room">The room.</param>
    /// <param name="recipient">Member id.</param>
    /// <param name="after">Last number that is not wanted.</param>
    /// <param name="maximumCount">At most this many.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    Task<IReadOnlyList<SlotFrame>> ReadAsync(Guid room, string recipient, long after, int maximumCount, CancellationToken cancellationToken);

    /// <summary>
    /// Raises the recipient's acknowledged number. It never goes back and never beyond what is stored; the larger of two calls wins.
    /// </summary>
    /// <returns>The number acknowledged now.</returns>
    Task<long> AcknowledgeAsync(Guid room, string recipient, long through, CancellationToken cancellationToken);

    /// <summary>Gives the acknowledged number; 0 at first.</summary>
    Task<long> FindAcknowledgedAsync(Guid room, string recipient, CancellationToken cancellationToken);

    /// <summary>
    /// Completes when frames after <paramref name="after"/> are stored. Puts of this process wake it at once; those of other
    /// processes may be noticed later: give the token a deadline and read again.
    /// </summary>
    Task WaitAsync(Guid room, string recipient, long after, CancellationToken cancellationToken);
}

/// <summary>A message frame as stored.</summary>
/// <param name="Recipient">Member id.</param>
/// <param name="Number">From 1.</param>
/// <param name="Header">Signed header, compact JWS.</param>
/// <param name="Ciphertext">Sealed message.</param>
/// <param name="Path">Audit path in the recipient's epoch root.</param>
public sealed record SlotFrame(string Recipient, long Number, string Header, ReadOnlyMemory<byte> Ciphertext, IReadOnlyList<Digest> Path);

/// <summary>Answer to storing frames.</summary>
public abstract record SlotPut
{
    private SlotPut()
    {
    }

    /// <summary>All frames are stored.</summary>
    /// <param name="Added">By this call.</param>
    /// <param name="Existed">Before it.</param>
    public sealed record Stored(int Added, int Existed) : SlotPut;

    /// <summary>Nothing was stored: this number has another ciphertext.</summary>
    public sealed record Conflict(string Recipient, long Number) : SlotPut;
}
