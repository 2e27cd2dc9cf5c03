using System.Buffers.Binary;
using System.Security.Cryptography;

namespace CleanRoom.Cryptography;

/// <summary>
/// An HPKE encryption context in base mode (RFC 9180 §5): the key schedule, the nonce of message i and the exporter. One context
/// belongs to one thread at a time. Zeroed on <see cref="Dispose()"/>.
/// </summary>
public abstract class HpkeContext : IDisposable
{
    /// <summary>Bytes that a ciphertext is longer than its plaintext: the AES-GCM tag.</summary>
    public const int TagSize = 16;

    /// <summary>Longest output of <see cref="Export"/>: 255 × 32 bytes (RFC 9180 §5.3).</summary>
    public const int MaxExportSize = 255 * HpkeKdf.HashSize;

    private const int KeySize = 32;
    private const int NonceSize = 12;

    private readonly SecretBytes _baseNonce;
    private readonly SecretBytes _exporterSecret;
    private readonly AesGcm _aead;

    /// <summary>KeySchedule of RFC 9180 §5.1 with mode 0 and an empty pre-shared key.</summary>
    private protected HpkeContext(ReadOnlySpan<byte> sharedSecret, ReadOnlySpan<byte> info)
    {
        Span<byte> context = stackalloc byte[1 + (2 * HpkeKdf.HashSize)];
        context[0] = 0x00;
        HpkeKdf.Extract(HpkeKdf.HpkeSuite, [], "psk_id_hash"u8, [], context.Slice(1, HpkeKdf.HashSize));
        HpkeKdf.Extract(HpkeKdf.HpkeSuite, [], "info_hash"u8, info, context[(1 + HpkeKdf.HashSize)..]);

        Span<byte> secret = stackalloc byte[HpkeKdf.HashSize];
        Span<byte> key = stackalloc byte[KeySize];
        Span<byte> baseNonce = stackalloc byte[NonceSize];
        Span<byte> exporter = stackalloc byte[HpkeKdf.HashSize];
        try
        {
            HpkeKdf.Extract(HpkeKdf.HpkeSuite, sharedSecret, "secret"u8, [], secret);
            HpkeKdf.Expand(HpkeKdf.HpkeSuite, secret, "key"u8, context, key);
            HpkeKdf.Expand(HpkeKdf.HpkeSuite, secret, "base_nonce"u8, context, baseNonce);
            HpkeKdf.Expand(HpkeKdf.HpkeSuite, secret, "exp"u8, context, exporter);
            _aead = new AesGcm(key, TagSize);
            _baseNonce = new SecretBytes(baseNonce);
            _exporterSecret = new SecretBytes(exporter);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(baseNonce);
            CryptographicOperations.ZeroMemory(exporter);
        }
    }

    /// <summary>Number of the next message in sequence. Begins at 0.</summary>
    public ulong NextNumber { get; private protected set; }

    /// <summary>Derives a secret that both ends know: Context.Export of RFC 9180 §5.3.</summary>
    /// <param name="exporterContext">Says what the secret is for.</param>
    /// <param name="length">1 to <see cref="MaxExportSize"/> bytes.</param>
    public SecretBytes Export(ReadOnlySpan<byte> exporterContext, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, MaxExportSize);
        using var exporterSecret = _exporterSecret.Borrow();
        var output = new byte[length];
        try
        {
            HpkeKdf.Expand(HpkeKdf.HpkeSuite, exporterSecret.Span, "sec"u8, exporterContext, output);
            return new SecretBytes(output);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(output);
        }
    }

    /// <summary>Zeroes the keys.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Zeroes the keys.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _aead.Dispose();
            _baseNonce.Dispose();
            _exporterSecret.Dispose();
        }
    }

    private protected void EncryptAt(ulong number, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        if (destination.Length != plaintext.Length + TagSize)
        {
            throw new ArgumentException("The destination must be 16 bytes longer than the plaintext.", nameof(destination));
        }

        Span<byte> nonce = stackalloc byte[NonceSize];
        NonceOf(number, nonce);
        _aead.Encrypt(nonce, plaintext, destination[..plaintext.Length], destination[plaintext.Length..], aad);
    }

    private protected bool TryDecryptAt(ulong number, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> ciphertext, Span<byte> destination)
    {
        Span<byte> nonce = stackalloc byte[NonceSize];
        NonceOf(number, nonce);
        var length = ciphertext.Length - TagSize;
        try
        {
            _aead.Decrypt(nonce, ciphertext[..length], ciphertext[length..], destination, aad);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            CryptographicOperations.ZeroMemory(destination);
            return false;
        }
    }

    /// <summary>ComputeNonce of RFC 9180 §5.2. The counter here ends at 2^64-2, long before the 2^96-2 of the suite.</summary>
    private void NonceOf(ulong number, Span<byte> nonce)
    {
        CheckNumber(number);
        using var baseNonce = _baseNonce.Borrow();
        baseNonce.Span.CopyTo(nonce);
        var low = nonce[(NonceSize - sizeof(ulong))..];
        BinaryPrimitives.WriteUInt64BigEndian(low, BinaryPrimitives.ReadUInt64BigEndian(low) ^ number);
    }

    private protected static void CheckNumber(ulong number)
    {
        if (number == ulong.MaxValue)
        {
            throw new InvalidOperationException("The context has no message numbers left: set up a new one.");
        }
    }
}
