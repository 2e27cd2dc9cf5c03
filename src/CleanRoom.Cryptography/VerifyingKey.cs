using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CleanRoom.Cryptography;

/// <summary>
/// The public half of a signing key: ECDSA on P-256 with SHA-256 (FIPS 186-5 §6). Immutable and safe for concurrent use.
/// There is one accepted encoding: named curve, uncompressed point, DER (RFC 5480 §2).
/// </summary>
public sealed class VerifyingKey : IEquatable<VerifyingKey>
{
    /// <summary>Bytes of the SubjectPublicKeyInfo.</summary>
    public const int SpkiSize = P256.SpkiSize;

    private readonly byte[] _spki;
    private readonly HandlePool<ECDsa> _handles;

    private VerifyingKey(ReadOnlySpan<byte> point)
    {
        _spki = P256.ToSpki(point);
        Id = KeyId.OfSpki(_spki);
        var parameters = P256.ToParameters(point);
        _handles = new HandlePool<ECDsa>(() => ECDsa.Create(parameters));
    }

    /// <summary>The SubjectPublicKeyInfo in DER: 91 bytes.</summary>
    public ReadOnlyMemory<byte> Spki => _spki;

    /// <summary>SHA-256 of <see cref="Spki"/>.</summary>
    public KeyId Id { get; }

    /// <summary>Reads a SubjectPublicKeyInfo.</summary>
    /// <exception cref="CryptographicException">It is not a P-256 key in the one accepted encoding.</exception>
    public static VerifyingKey FromSpki(ReadOnlySpan<byte> spki) =>
        TryFromSpki(spki, out var key) ? key : throw new CryptographicException("The public key is not a P-256 SubjectPublicKeyInfo with an uncompressed point.");

    /// <summary>Reads a SubjectPublicKeyInfo.</summary>
    /// <returns><see langword="false"/> unless it is a P-256 key in the one accepted encoding and its point is on the curve.</returns>
    public static bool TryFromSpki(ReadOnlySpan<byte> spki, [NotNullWhen(true)] out VerifyingKey? key)
    {
        key = P256.TryPointOfSpki(spki, out var point) ? new VerifyingKey(point) : null;
        return key is not null;
    }

    /// <summary>Reads an uncompressed point (SEC 1 §2.3.3).</summary>
    /// <returns><see langword="false"/> unless it has 65 bytes and is on the curve.</returns>
    public static bool TryFromPoint(ReadOnlySpan<byte> point, [NotNullWhen(true)] out VerifyingKey? key)
    {
        key = P256.IsPoint(point) ? new VerifyingKey(point) : null;
        return key is not null;
    }

    /// <summary>Reads a JSON Web Key (RFC 7518 §6.2.1) with the members kty, crv, x, y, each once, and no other.</summary>
    public static bool TryFromJwk(JsonElement jwk, [NotNullWhen(true)] out VerifyingKey? key)
    {
        key = Jwk.TryParse(jwk, out var point) ? new VerifyingKey(point) : null;
        return key is not null;
    }

    /// <summary>Reads a JSON Web Key (RFC 7518 §6.2.1) with the members kty, crv, x, y, each once, and no other; up to 1,024 characters.</summary>
    public static bool TryFromJwk(string? jwk, [NotNullWhen(true)] out VerifyingKey? key)
    {
        key = Jwk.TryParse(jwk, out var point) ? new VerifyingKey(point) : null;
        return key is not null;
    }

    /// <summary>Writes the JSON Web Key with the members crv, kty, x, y in canonical order.</summary>
    public JsonObject ToJwk() => Jwk.Write(_spki.AsSpan(SpkiSize - P256.PointSize));

    /// <summary>Verifies a signature over SHA-256 of <paramref name="data"/>.</summary>
    /// <param name="data">What was signed.</param>
    /// <param name="signature">r ‖ s, 32 bytes each (IEEE P1363, RFC 7518 §3.4).</param>
    /// <returns><see langword="false"/> for a wrong signature and for any length other than 64.</returns>
    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != SigningKey.SignatureSize)
        {
            return false;
        }

        var handle = _handles.Rent();
        try
        {
            return handle.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        finally
        {
            _handles.Return(handle);
        }
    }

    internal static VerifyingKey FromPoint(ReadOnlySpan<byte> point) => new(point);

    /// <summary>Compares the keys' ids.</summary>
    public bool Equals([NotNullWhen(true)] VerifyingKey? other) => other is not null && Id.Equals(other.Id);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => Equals(obj as VerifyingKey);

    /// <inheritdoc/>
    public override int GetHashCode() => Id.GetHashCode();

    /// <summary>Writes the key's id.</summary>
    public override string ToString() => Id.ToString();
}
