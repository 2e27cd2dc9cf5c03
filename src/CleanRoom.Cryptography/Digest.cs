using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace CleanRoom.Cryptography;

/// <summary>A SHA-256 digest (FIPS 180-4): exactly 32 bytes. Immutable; written as <c>sha256:</c> and 43 characters of base64url.</summary>
public sealed class Digest : IEquatable<Digest>
{
    /// <summary>Bytes in a digest.</summary>
    public const int Size = 32;

    private const string Prefix = "sha256:";

    private readonly byte[] _bytes;

    /// <summary>Keeps a copy of 32 bytes that are a SHA-256 value.</summary>
    /// <exception cref="ArgumentException">The value has another length.</exception>
    public Digest(ReadOnlySpan<byte> value)
    {
        if (value.Length != Size)
        {
            throw new ArgumentException("A digest must have 32 bytes.", nameof(value));
        }

        _bytes = value.ToArray();
    }

    private Digest(byte[] owned) => _bytes = owned;

    /// <summary>The 32 bytes.</summary>
    public ReadOnlySpan<byte> Span => _bytes;

    /// <summary>The 32 bytes, for messages that take memory.</summary>
    public ReadOnlyMemory<byte> Memory => _bytes;

    /// <summary>Hashes <paramref name="data"/> with SHA-256.</summary>
    public static Digest Of(ReadOnlySpan<byte> data) => new(SHA256.HashData(data));

    /// <summary>Takes ownership of a 32-byte array that nobody else will write to.</summary>
    internal static Digest Own(byte[] bytes) => new(bytes);

    /// <summary>Takes 32 bytes from outside.</summary>
    /// <returns><see langword="false"/> unless there are exactly 32.</returns>
    public static bool TryFromBytes(ReadOnlySpan<byte> value, [NotNullWhen(true)] out Digest? digest)
    {
        digest = value.Length == Size ? new Digest(value.ToArray()) : null;
        return digest is not null;
    }

    /// <summary>Reads the text form, exactly as <see cref="ToString"/> writes it.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out Digest? digest)
    {
        digest = TryParse(text, Prefix, out var bytes) ? new Digest(bytes) : null;
        return digest is not null;
    }

    /// <summary>Reads the text form, exactly as <see cref="ToString"/> writes it.</summary>
    /// <exception cref="FormatException">It is not.</exception>
    public static Digest Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var digest) ? digest : throw new FormatException("A digest must be written as sha256: and 43 characters of base64url.");

    internal static bool TryParse(ReadOnlySpan<char> text, string prefix, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        return text.StartsWith(prefix, StringComparison.Ordinal)
            && StrictBase64.TryDecodeUrl(text[prefix.Length..], out bytes)
            && bytes.Length == Size;
    }

    /// <summary>Compares in constant time.</summary>
    public bool Equals([NotNullWhen(true)] Digest? other) => other is not null && CryptographicOperations.FixedTimeEquals(_bytes, other._bytes);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => Equals(obj as Digest);

    /// <inheritdoc/>
    public override int GetHashCode() => BinaryPrimitives.ReadInt32LittleEndian(_bytes);

    /// <summary>Writes <c>sha256:</c> and base64url without padding: 50 characters.</summary>
    public override string ToString() => Prefix + StrictBase64.EncodeUrl(_bytes);

    /// <summary>Compares in constant time.</summary>
    public static bool operator ==(Digest? left, Digest? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Compares in constant time.</summary>
    public static bool operator !=(Digest? left, Digest? right) => !(left == right);
}
