using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace CleanRoom.Cryptography;

/// <summary>
/// A symmetric key that encrypts a broker's secrets at rest: AES-256-GCM (SP 800-38D) with a random 96-bit nonce, good for 2^32
/// blobs under one key. Safe for concurrent use. Zeroed on <see cref="Dispose"/>.
/// </summary>
/// <remarks>Blob: 0x01 (version) ‖ nonce (12) ‖ ciphertext ‖ tag (16). Authenticated: "cleanroom/v1/at-rest" ‖ 0x01 ‖ associated data.</remarks>
public sealed class MasterKey : IDisposable
{
    /// <summary>Bytes of the key.</summary>
    public const int Size = 32;

    /// <summary>Bytes that a blob is longer than its plaintext.</summary>
    public const int Overhead = 1 + NonceSize + TagSize;

    private const byte Version = 0x01;
    private const int NonceSize = 12;
    private const int TagSize = 16;

    private readonly SecretBytes _key;

    private MasterKey(SecretBytes key) => _key = key;

    private static ReadOnlySpan<byte> Domain => "cleanroom/v1/at-rest"u8;

    /// <summary>Makes a new random key.</summary>
    public static MasterKey Generate() => new(SecretBytes.Random(Size));

    /// <summary>Copies a key of exactly 32 bytes.</summary>
    /// <exception cref="CryptographicException">It has another length.</exception>
    public static MasterKey Import(ReadOnlySpan<byte> key) =>
        key.Length == Size ? new MasterKey(new SecretBytes(key)) : throw new CryptographicException("The master key must have 32 bytes.");

    /// <summary>Reads a key from the text of a file or secret: 43 characters of base64url, white space around it allowed.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out MasterKey? key)
    {
        key = null;
        if (!StrictBase64.TryDecodeUrl(text.Trim(), out var bytes))
        {
            return false;
        }

        try
        {
            key = bytes.Length == Size ? Import(bytes) : null;
            return key is not null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>Writes the key as 43 characters of base64url, to be stored where only the broker reads it.</summary>
    public string ExportText()
    {
        using var key = _key.Borrow();
        return StrictBase64.EncodeUrl(key.Span);
    }

    /// <summary>Encrypts.</summary>
    /// <param name="plaintext">What to keep secret.</param>
    /// <param name="associatedData">Names what the blob is, so that one cannot be put in place of another; needed to decrypt.</param>
    /// <returns>The blob, <see cref="Overhead"/> bytes longer.</returns>
    public byte[] Encrypt(ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> associatedData)
    {
        var blob = new byte[checked(plaintext.Length + Overhead)];
        blob[0] = Version;
        var nonce = blob.AsSpan(1, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var aead = CreateAead();
        aead.Encrypt(nonce, plaintext, blob.AsSpan(1 + NonceSize, plaintext.Length), blob.AsSpan(blob.Length - TagSize), Authenticated(associatedData));
        return blob;
    }

    /// <summary>Decrypts.</summary>
    /// <param name="blob">The whole blob.</param>
    /// <param name="associatedData">The same bytes as when it was encrypted.</param>
    /// <param name="plaintext">The secret; the caller zeroes it after use.</param>
    /// <returns><see langword="false"/> for another key, version or associated data, or a changed blob.</returns>
    public bool TryDecrypt(ReadOnlySpan<byte> blob, ReadOnlySpan<byte> associatedData, [NotNullWhen(true)] out byte[]? plaintext)
    {
        plaintext = null;
        if (blob.Length < Overhead || blob[0] != Version)
        {
            return false;
        }

        var opened = new byte[blob.Length - Overhead];
        using var aead = CreateAead();
        try
        {
            aead.Decrypt(blob.Slice(1, NonceSize), blob.Slice(1 + NonceSize, opened.Length), blob[^TagSize..], opened, Authenticated(associatedData));
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }

        plaintext = opened;
        return true;
    }

    /// <summary>Zeroes the key.</summary>
    public void Dispose() => _key.Dispose();

    private AesGcm CreateAead()
    {
        using var key = _key.Borrow();
        return new AesGcm(key.Span, TagSize);
    }

    private static byte[] Authenticated(ReadOnlySpan<byte> associatedData) => [.. Domain, Version, .. associatedData];
}
