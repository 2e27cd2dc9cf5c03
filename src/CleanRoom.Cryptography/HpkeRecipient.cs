using System.Diagnostics.CodeAnalysis;

namespace CleanRoom.Cryptography;

/// <summary>The opening end of an HPKE context (RFC 9180 §5.2). Not safe for concurrent use.</summary>
public sealed class HpkeRecipient : HpkeContext
{
    internal HpkeRecipient(ReadOnlySpan<byte> sharedSecret, ReadOnlySpan<byte> info)
        : base(sharedSecret, info)
    {
    }

    /// <summary>Opens the next message. The number advances only if it opens.</summary>
    /// <param name="aad">What the sender authenticated beside it.</param>
    /// <param name="ciphertext">The sealed message.</param>
    /// <param name="plaintext">The message; the caller zeroes it when it is secret.</param>
    /// <returns><see langword="false"/> if it was sealed with another key, number or aad, or was changed.</returns>
    public bool TryOpen(ReadOnlySpan<byte> aad, ReadOnlySpan<byte> ciphertext, [NotNullWhen(true)] out byte[]? plaintext)
    {
        if (!TryOpenAt(NextNumber, aad, ciphertext, out plaintext))
        {
            return false;
        }

        NextNumber++;
        return true;
    }

    /// <summary>Opens the next message into <paramref name="destination"/>. The number advances only if it opens.</summary>
    /// <param name="aad">What the sender authenticated beside it.</param>
    /// <param name="ciphertext">The sealed message.</param>
    /// <param name="destination">At least 16 bytes shorter than the ciphertext; zeroed if it does not open.</param>
    /// <param name="written">Bytes of the message.</param>
    public bool TryOpen(ReadOnlySpan<byte> aad, ReadOnlySpan<byte> ciphertext, Span<byte> destination, out int written)
    {
        if (!TryOpenAt(NextNumber, aad, ciphertext, destination, out written))
        {
            return false;
        }

        NextNumber++;
        return true;
    }

    /// <summary>Opens message <paramref name="number"/>, in any order and any number of times.</summary>
    /// <param name="number">The number it was sealed as.</param>
    /// <param name="aad">What the sender authenticated beside it.</param>
    /// <param name="ciphertext">The sealed message.</param>
    /// <param name="plaintext">The message; the caller zeroes it when it is secret.</param>
    public bool TryOpenAt(ulong number, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> ciphertext, [NotNullWhen(true)] out byte[]? plaintext)
    {
        plaintext = null;
        CheckNumber(number);
        if (ciphertext.Length < TagSize)
        {
            return false;
        }

        var opened = new byte[ciphertext.Length - TagSize];
        if (!TryDecryptAt(number, aad, ciphertext, opened))
        {
            return false;
        }

        plaintext = opened;
        return true;
    }

    /// <summary>Opens message <paramref name="number"/> into <paramref name="destination"/>, in any order and any number of times.</summary>
    /// <param name="number">The number it was sealed as.</param>
    /// <param name="aad">What the sender authenticated beside it.</param>
    /// <param name="ciphertext">The sealed message.</param>
    /// <param name="destination">At least as long as the message; zeroed if it does not open.</param>
    /// <param name="written">Bytes of the message.</param>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public bool TryOpenAt(ulong number, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> ciphertext, Span<byte> destination, out int written)
    {
        written = 0;
        CheckNumber(number);
        if (ciphertext.Length < TagSize)
        {
            return false;
        }

        var length = ciphertext.Length - TagSize;
        if (destination.Length < length)
        {
            throw new ArgumentException("The destination is shorter than the message.", nameof(destination));
        }

        if (!TryDecryptAt(number, aad, ciphertext, destination[..length]))
        {
            return false;
        }

        written = length;
        return true;
    }

    /// <summary>For tests of the overflow check.</summary>
    internal void SkipTo(ulong number) => NextNumber = number;
}
