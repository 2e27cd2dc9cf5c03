namespace CleanRoom.Cryptography;

/// <summary>
/// The sealing end of an HPKE context (RFC 9180 §5.2). No message number is used twice: a second use would give away the key
/// stream and the authentication key of AES-GCM. Not safe for concurrent use.
/// </summary>
public sealed class HpkeSender : HpkeContext
{
    /// <summary>Highest number that <see cref="SealAt(ulong, ReadOnlySpan{byte}, ReadOnlySpan{byte})"/> takes: 1,048,575.</summary>
    public const ulong MaxRandomAccessNumber = (1UL << 20) - 1;

    private readonly byte[] _enc;
    private ulong[] _used = [];

    internal HpkeSender(byte[] enc, ReadOnlySpan<byte> sharedSecret, ReadOnlySpan<byte> info)
        : base(sharedSecret, info)
    {
        _enc = enc;
    }

    /// <summary>The encapsulated key that the recipient needs: 65 bytes, public.</summary>
    public ReadOnlyMemory<byte> Enc => _enc;

    /// <summary>Seals the next message.</summary>
    /// <param name="aad">Authenticated, not encrypted; the recipient must present the same bytes.</param>
    /// <param name="plaintext">The message.</param>
    /// <returns>The ciphertext, 16 bytes longer.</returns>
    public byte[] Seal(ReadOnlySpan<byte> aad, ReadOnlySpan<byte> plaintext)
    {
        var ciphertext = new byte[checked(plaintext.Length + TagSize)];
        Seal(aad, plaintext, ciphertext);
        return ciphertext;
    }

    /// <summary>Seals the next message into <paramref name="destination"/>.</summary>
    /// <param name="aad">Authenticated, not encrypted.</param>
    /// <param name="plaintext">The message.</param>
    /// <param name="destination">Exactly 16 bytes longer than the plaintext.</param>
    /// <exception cref="InvalidOperationException">No number is left, or the next one was used by SealAt.</exception>
    public void Seal(ReadOnlySpan<byte> aad, ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        CheckNumber(NextNumber);
        CheckUnused(NextNumber);
        EncryptAt(NextNumber, aad, plaintext, destination);
        NextNumber++;
    }

    /// <summary>Seals message <paramref name="number"/>, in any order, each at most once.</summary>
    /// <param name="number">0 to <see cref="MaxRandomAccessNumber"/>.</param>
    /// <param name="aad">Authenticated, not encrypted.</param>
    /// <param name="plaintext">The message.</param>
    /// <returns>The ciphertext, 16 bytes longer.</returns>
    /// <exception cref="InvalidOperationException">The number was used already.</exception>
    public byte[] SealAt(ulong number, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> plaintext)
    {
        var ciphertext = new byte[checked(plaintext.Length + TagSize)];
        SealAt(number, aad, plaintext, ciphertext);
        return ciphertext;
    }

    /// <summary>Seals message <paramref name="number"/> into <paramref name="destination"/>, in any order, each at most once.</summary>
    /// <param name="number">0 to <see cref="MaxRandomAccessNumber"/>.</param>
    /// <param name="aad">Authenticated, not encrypted.</param>
    /// <param name="plaintext">The message.</param>
    /// <param name="destination">Exactly 16 bytes longer than the plaintext.</param>
    /// <exception cref="InvalidOperationException">The number was used already.</exception>
    public void SealAt(ulong number, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, MaxRandomAccessNumber);
        if (number < NextNumber)
        {
            throw AlreadyUsed();
        }

        CheckUnused(number);
        EncryptAt(number, aad, plaintext, destination);
        var word = (int)(number / 64);
        if (word >= _used.Length)
        {
            Array.Resize(ref _used, Math.Max(word + 1, _used.Length * 2));
        }

        _used[word] |= 1UL << (int)(number % 64);
    }

    /// <summary>For tests of the overflow check.</summary>
    internal void SkipTo(ulong number) => NextNumber = number;

    private void CheckUnused(ulong number)
    {
        if (number / 64 < (ulong)_used.Length && (_used[number / 64] & (1UL << (int)(number % 64))) != 0)
        {
            throw AlreadyUsed();
        }
    }

    private static InvalidOperationException AlreadyUsed() => new("This message number was used already: set up a new context.");
}
