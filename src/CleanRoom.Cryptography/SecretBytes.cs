using System.Security.Cryptography;

namespace CleanRoom.Cryptography;

/// <summary>
/// A secret of fixed length that this object owns: pinned, so that the garbage collector leaves no copies behind, and zeroed on
/// <see cref="Dispose"/>. Printing it shows its length only. Compared in constant time.
/// </summary>
public sealed class SecretBytes : IDisposable
{
    private readonly byte[] _bytes;
    private bool _disposed;

    /// <summary>Copies <paramref name="value"/>; the caller still owns, and should zero, its own copy.</summary>
    public SecretBytes(ReadOnlySpan<byte> value)
        : this(value.Length)
    {
        value.CopyTo(_bytes);
    }

    private SecretBytes(int length) => _bytes = GC.AllocateUninitializedArray<byte>(length, pinned: true);

    /// <summary>Length in bytes.</summary>
    public int Length => _bytes.Length;

    /// <summary>The secret. Do not keep the span beyond the life of this object.</summary>
    /// <exception cref="ObjectDisposedException">It was zeroed.</exception>
    public ReadOnlySpan<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _bytes;
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
    public bool FixedTimeEquals(ReadOnlySpan<byte> other) => CryptographicOperations.FixedTimeEquals(Span, other);

    /// <summary>Shows the length, never the content.</summary>
    public override string ToString() => $"{Length} secret bytes";

    /// <summary>Overwrites the secret with zeros.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_bytes);
        _disposed = true;
    }
}
