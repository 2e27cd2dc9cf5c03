using System.Diagnostics.CodeAnalysis;

namespace CleanRoom.Cryptography;

/// <summary>
/// The name of a public key: SHA-256 of its SubjectPublicKeyInfo in DER (RFC 5280 §4.1.2.7, RFC 5480 §2), 32 bytes.
/// Written as <c>spki-sha256:</c> and 43 characters of base64url. It names signing, TLS and HPKE keys alike.
/// </summary>
public sealed class KeyId : IEquatable<KeyId>
{
    /// <summary>Bytes in a key id.</summary>
    public const int Size = Digest.Size;

    /// <summary>Characters of the text form.</summary>
    public const int TextLength = 55;

    internal const string Prefix = "spki-sha256:";

    /// <summary>Keeps a copy of the 32 bytes.</summary>
    /// <exception cref="ArgumentException">The value has another length.</exception>
    public KeyId(ReadOnlySpan<byte> value) => Digest = new Digest(value);

    private KeyId(Digest digest) => Digest = digest;

    /// <summary>The SHA-256 value itself.</summary>
    public Digest Digest { get; }

    /// <summary>The 32 bytes.</summary>
    public ReadOnlySpan<byte> Span => Digest.Span;

    /// <summary>The 32 bytes, for messages that take memory.</summary>
    public ReadOnlyMemory<byte> Memory => Digest.Memory;

    /// <summary>Names the key with this SubjectPublicKeyInfo. The bytes are hashed, not judged: key types check them.</summary>
    public static KeyId OfSpki(ReadOnlySpan<byte> spki) => new(Digest.Of(spki));

    /// <summary>Reads the text form, exactly as <see cref="ToString"/> writes it.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out KeyId? id)
    {
        id = Digest.TryParse(text, Prefix, out var bytes) ? new KeyId(Digest.Own(bytes)) : null;
        return id is not null;
    }

    /// <summary>Reads the text form, exactly as <see cref="ToString"/> writes it.</summary>
    /// <exception cref="FormatException">It is not.</exception>
    public static KeyId Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var id) ? id : throw new FormatException("A key id must be written as spki-sha256: and 43 characters of base64url.");

    /// <summary>Compares in constant time.</summary>
    public bool Equals([NotNullWhen(true)] KeyId? other) => other is not null && Digest.Equals(other.Digest);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => Equals(obj as KeyId);

    /// <inheritdoc/>
    public override int GetHashCode() => Digest.GetHashCode();

    /// <summary>Writes <c>spki-sha256:</c> and base64url without padding: 55 characters.</summary>
    public override string ToString() => Prefix + StrictBase64.EncodeUrl(Digest.Span);

    /// <summary>Compares in constant time.</summary>
    public static bool operator ==(KeyId? left, KeyId? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Compares in constant time.</summary>
    public static bool operator !=(KeyId? left, KeyId? right) => !(left == right);
}
