using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CleanRoom.Cryptography;

/// <summary>
/// A public key to seal to: a P-256 point for DHKEM(P-256, HKDF-SHA256) (RFC 9180 §7.1.1), checked to be on the curve
/// (RFC 9180 §7.1.4). Immutable and safe for concurrent use.
/// </summary>
public sealed class HpkePublicKey : IEquatable<HpkePublicKey>
{
    /// <summary>Bytes of the key: an uncompressed point (SEC 1 §2.3.3).</summary>
    public const int Size = P256.PointSize;

    private readonly byte[] _point;

    private HpkePublicKey(byte[] checkedPoint)
    {
        _point = checkedPoint;
        Id = KeyId.OfSpki(P256.ToSpki(checkedPoint));
    }

    /// <summary>The 65 bytes of the point: 0x04 ‖ x ‖ y.</summary>
    public ReadOnlyMemory<byte> Memory => _point;

    /// <summary>The 65 bytes of the point: 0x04 ‖ x ‖ y.</summary>
    public ReadOnlySpan<byte> Span => _point;

    /// <summary>SHA-256 of the key's SubjectPublicKeyInfo.</summary>
    public KeyId Id { get; }

    /// <summary>Reads the 65 bytes.</summary>
    /// <exception cref="CryptographicException">It is not an uncompressed point on P-256.</exception>
    public static HpkePublicKey FromBytes(ReadOnlySpan<byte> point) =>
        TryFromBytes(point, out var key) ? key : throw new CryptographicException("The HPKE public key is not an uncompressed point on P-256.");

    /// <summary>Reads the 65 bytes.</summary>
    /// <returns><see langword="false"/> unless they are an uncompressed point on P-256.</returns>
    public static bool TryFromBytes(ReadOnlySpan<byte> point, [NotNullWhen(true)] out HpkePublicKey? key)
    {
        key = P256.IsPoint(point) ? new HpkePublicKey(point.ToArray()) : null;
        return key is not null;
    }

    /// <summary>Reads a SubjectPublicKeyInfo in the one accepted encoding (RFC 5480 §2).</summary>
    public static bool TryFromSpki(ReadOnlySpan<byte> spki, [NotNullWhen(true)] out HpkePublicKey? key)
    {
        key = P256.TryPointOfSpki(spki, out var point) ? new HpkePublicKey(point.ToArray()) : null;
        return key is not null;
    }

    /// <summary>Reads a JSON Web Key (RFC 7518 §6.2.1) with the members kty, crv, x, y, each once, and no other.</summary>
    public static bool TryFromJwk(JsonElement jwk, [NotNullWhen(true)] out HpkePublicKey? key)
    {
        key = Jwk.TryParse(jwk, out var point) ? new HpkePublicKey(point) : null;
        return key is not null;
    }

    /// <summary>Reads a JSON Web Key (RFC 7518 §6.2.1) with the members kty, crv, x, y, each once, and no other; up to 1,024 characters.</summary>
    public static bool TryFromJwk(string? jwk, [NotNullWhen(true)] out HpkePublicKey? key)
    {
        key = Jwk.TryParse(jwk, out var point) ? new HpkePublicKey(point) : null;
        return key is not null;
    }

    /// <summary>Writes the JSON Web Key with the members crv, kty, x, y in canonical order.</summary>
    public JsonObject ToJwk() => Jwk.Write(_point);

    /// <summary>Writes the SubjectPublicKeyInfo in DER: 91 bytes (RFC 5480 §2).</summary>
    public byte[] ToSpki() => P256.ToSpki(_point);

    /// <summary>Compares the points.</summary>
    public bool Equals([NotNullWhen(true)] HpkePublicKey? other) => other is not null && Id.Equals(other.Id);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => Equals(obj as HpkePublicKey);

    /// <inheritdoc/>
    public override int GetHashCode() => Id.GetHashCode();

    /// <summary>Writes the key's id.</summary>
    public override string ToString() => Id.ToString();
}
