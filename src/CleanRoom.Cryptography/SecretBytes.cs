using System.Security.Cryptography;

namespace CleanRoom.Cryptography;

/// <summary>
/// A secret of fixed length that this object owns: pinned, so that the garbage collector leaves no copies behind, and zeroed on
/// <see cref="Dispose"/>. Printing it shows its length only. Compared in constant time. Safe for concurrent use: who borrows the
/// secret while another thread disposes of it sees all of it or <see cref="ObjectDisposedException"/>, never zeros in its place
/// (a key of zeros is a key that everyone knows).
/// </summary>
public sealed class SecretBytes : IDisposable
{
    private readonly byte[] _bytes;

    /// <summary>How many borrow it now; the sign bit says that it is disposed of.</summary>
    private int _borrowers;

    /// <summary>Copies <paramref name="value"/>; the caller still owns, and should zero, its own copy.</summary>
    public SecretBytes(ReadOnlySpan<byte> value)
        : this(value.Length)
    {
        value.CopyTo(_bytes);
    }

    private SecretBytes(int length) => _bytes = GC.AllocateUninitializedArray<byte>(length, pinned: true);

    /// <summary>Length in bytes.</summary>
    public int Length => _bytes.Length;

    /// <summary>Lends the secret until the loan is disposed of, which every caller does, exactly once: <c>using var key = secret.Borrow();</c>.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public Loan Borrow()
    {
        var now = Volatile.Read(ref _borrowers);
        while (true)
        {
            ObjectDisposedException.ThrowIf(now < 0, this);
            var seen = Interlocked.CompareExchange(ref _borrowers, now + 1, now);
            if (seen == now)
            {
                return new Loan(this);
            }

            now = seen;
        }
    }

    /// <summary>Makes a secret of cryptographically random bytes.</summary>
    /// <param name="length">1 to 1,048,576 bytes.</param>
    public static SecretBytes Random(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, 1 << 20);
        var secret = new SecretBytes(length);
        RandomNumberGenerator.Fill(secret._bytes);
        return secret;
    }

    /// <summary>Derives a secret with HKDF-SHA256 (RFC 5869).</summary>
    /// <param name="inputKey">Input keying material, at least 16 bytes.</param>
    /// <param name="salt">May be empty.</param>
    /// <param name="info">Says what the result is for.</param>
    /// <param name="length">1 to 8,160 bytes.</param>
    public static SecretBytes Hkdf(ReadOnlySpan<byte> inputKey, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> info, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputKey.Length, 16, nameof(inputKey));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, 255 * 32);
        var secret = new SecretBytes(length);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, inputKey, secret._bytes, salt, info);
        return secret;
    }

    /// <summary>Compares in constant time (the lengths are not secret).</summary>
    public bool FixedTimeEquals(ReadOnlySpan<byte> other)
    {
        using var own = Borrow();
        return CryptographicOperations.FixedTimeEquals(own.Span, other);
    }

    /// <summary>Shows the length, never the content.</summary>
    public override string ToString() => $"{Length} secret bytes";

    /// <summary>Overwrites the secret with zeros: now, or when the last loan comes back.</summary>
    public void Dispose()
    {
        if (Interlocked.Or(ref _borrowers, int.MinValue) == 0)
        {
            CryptographicOperations.ZeroMemory(_bytes);
        }
    }

    private void GiveBack()
    {
        if (Interlocked.Decrement(ref _borrowers) == int.MinValue)
        {
            CryptographicOperations.ZeroMemory(_bytes);
        }
    }

    /// <summary>A secret on loan: it is not zeroed before the loan is disposed of.</summary>
    public readonly ref struct Loan : IDisposable
    {
        private readonly SecretBytes _secret;

        internal Loan(SecretBytes secret) => _secret = secret;

        /// <summary>The secret. Do not keep the span beyond the loan.</summary>
        public ReadOnlySpan<byte> Span => _secret._bytes;

        /// <summary>Gives the secret back.</summary>
        public void Dispose() => _secret.GiveBack();
    }
}
