using System.Collections;

namespace CleanRoom.Cryptography;

/// <summary>
/// Digests in one array of 32 bytes each. A log names every ciphertext of its room by a digest, and whoever reads the log keeps them all: as objects of their own they would take two and a
/// half times the memory, and the collector would follow each.
/// </summary>
public sealed class DigestList : IReadOnlyList<Digest>
{
    private readonly byte[] _bytes;

    /// <summary>Keeps a copy.</summary>
    /// <param name="digests">In their order.</param>
    public DigestList(IReadOnlyCollection<Digest> digests)
    {
        ArgumentNullException.ThrowIfNull(digests);
        _bytes = new byte[digests.Count * Digest.Size];
        var at = 0;
        foreach (var digest in digests)
        {
            digest.Span.CopyTo(_bytes.AsSpan(at));
            at += Digest.Size;
        }
    }

    /// <inheritdoc/>
    public int Count => _bytes.Length / Digest.Size;

    /// <summary>Gives a digest.</summary>
    /// <param name="index">From 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is none.</exception>
    public Digest this[int index] => (uint)index < (uint)Count
        ? new Digest(_bytes.AsSpan(index * Digest.Size, Digest.Size))
        : throw new ArgumentOutOfRangeException(nameof(index));

    /// <inheritdoc/>
    public IEnumerator<Digest> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
