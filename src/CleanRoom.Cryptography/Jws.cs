using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace CleanRoom.Cryptography;

/// <summary>
/// A JSON Web Signature in compact form (RFC 7515 §3.1) with ES256 (RFC 7518 §3.4) and one protected header, byte for byte:
/// <c>{"alg":"ES256","kid":"spki-sha256:…","typ":"…"}</c>. What parses writes back to the same text. A parsed signature is not a
/// verified one: <see cref="Verify"/> decides.
/// </summary>
public sealed class Jws
{
    /// <summary>Longest payload that is accepted unless the caller says otherwise: 4 MiB.</summary>
    public const int DefaultMaxPayloadSize = 4 << 20;

    /// <summary>Longest type, in characters.</summary>
    public const int MaxTypeLength = 64;

    private const string HeaderStart = "{\"alg\":\"ES256\",\"kid\":\"";
    private const string HeaderMiddle = "\",\"typ\":\"";
    private const string HeaderEnd = "\"}";

    private readonly JwsParts _parts;

    private Jws(JwsParts parts, KeyId keyId, string type)
    {
        _parts = parts;
        KeyId = keyId;
        Type = type;
    }

    /// <summary>The key that is said to have signed.</summary>
    public KeyId KeyId { get; }

    /// <summary>The kind of payload (header "typ"); check it before reading the payload, so that no signature serves two purposes.</summary>
    public string Type { get; }

    /// <summary>What was signed.</summary>
    public ReadOnlyMemory<byte> Payload => _parts.Payload;

    /// <summary>The 64 bytes r ‖ s.</summary>
    public ReadOnlyMemory<byte> Signature => _parts.Signature;

    /// <summary>Signs a payload: header.payload.signature.</summary>
    /// <param name="key">The signer.</param>
    /// <param name="type">1 to 64 characters out of A–Z a–z 0–9 . / + - _.</param>
    /// <param name="payload">Any bytes.</param>
    public static string Sign(ISigningKey key, string type, ReadOnlySpan<byte> payload)
    {
        var parts = SignParts(key, type, payload);
        return parts.ToCompact(detached: false);
    }

    /// <summary>Signs a payload that travels beside the signature: header..signature (RFC 7515 appendix F).</summary>
    /// <param name="key">The signer.</param>
    /// <param name="type">1 to 64 characters out of A–Z a–z 0–9 . / + - _.</param>
    /// <param name="payload">Any bytes.</param>
    public static string SignDetached(ISigningKey key, string type, ReadOnlySpan<byte> payload)
    {
        var parts = SignParts(key, type, payload);
        return parts.ToCompact(detached: true);
    }

    /// <summary>Parses header.payload.signature.</summary>
    /// <param name="text">The compact form.</param>
    /// <param name="jws">The parts, not verified yet.</param>
    /// <param name="maxPayloadSize">Longest payload accepted, in bytes.</param>
    /// <returns><see langword="false"/> for anything that <see cref="Sign"/> does not write.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Jws? jws, int maxPayloadSize = DefaultMaxPayloadSize)
    {
        jws = null;
        return text is not null && JwsParts.TryParse(text, maxPayloadSize, out var parts) && TryCreate(parts, out jws);
    }

    /// <summary>Parses header.payload.signature from ASCII bytes.</summary>
    /// <param name="ascii">The compact form.</param>
    /// <param name="jws">The parts, not verified yet.</param>
    /// <param name="maxPayloadSize">Longest payload accepted, in bytes.</param>
    public static bool TryParse(ReadOnlySpan<byte> ascii, [NotNullWhen(true)] out Jws? jws, int maxPayloadSize = DefaultMaxPayloadSize)
    {
        jws = null;
        return ascii.Length <= JwsParts.MaxTextLength(maxPayloadSize) && Ascii.IsValid(ascii)
            && TryParse(Encoding.ASCII.GetString(ascii), out jws, maxPayloadSize);
    }

    /// <summary>Parses header..signature (RFC 7515 appendix F) for a payload that is at hand.</summary>
    /// <param name="text">The detached form.</param>
    /// <param name="payload">What is said to be signed; copied.</param>
    /// <param name="jws">The parts, not verified yet.</param>
    public static bool TryParseDetached(string? text, ReadOnlySpan<byte> payload, [NotNullWhen(true)] out Jws? jws)
    {
        jws = null;
        return text is not null && JwsParts.TryParseDetached(text, payload, out var parts) && TryCreate(parts, out jws);
    }

    /// <summary>Verifies the signature.</summary>
    /// <param name="key">The key that the caller trusts for this.</param>
    /// <returns><see langword="false"/> if the header names another key, or the signature is wrong.</returns>
    public bool Verify(VerifyingKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Id.Equals(KeyId) && _parts.Verify(key);
    }

    /// <summary>Writes header.payload.signature.</summary>
    public override string ToString() => _parts.ToCompact(detached: false);

    /// <summary>Writes header..signature.</summary>
    public string ToDetachedString() => _parts.ToCompact(detached: true);

    private static JwsParts SignParts(ISigningKey key, string type, ReadOnlySpan<byte> payload)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(type);
        if (!IsType(type))
        {
            throw new ArgumentException("The type must have 1 to 64 characters out of A-Z a-z 0-9 . / + - _.", nameof(type));
        }

        var header = Encoding.ASCII.GetBytes(HeaderStart + key.PublicKey.Id + HeaderMiddle + type + HeaderEnd);
        var unsigned = new JwsParts(header, payload.ToArray(), []);
        return unsigned with { Signature = key.Sign(unsigned.SigningInput()) };
    }

    /// <summary>Takes the header apart by its one template: what is not exactly that is refused, so JSON parsers cannot disagree on it.</summary>
    private static bool TryCreate(JwsParts parts, [NotNullWhen(true)] out Jws? jws)
    {
        jws = null;
        const int typeAt = 22 + KeyId.TextLength + 9;
        if (parts.Signature.Length != SigningKey.SignatureSize || !Ascii.IsValid(parts.Header)
            || parts.Header.Length <= typeAt + HeaderEnd.Length || parts.Header.Length > typeAt + MaxTypeLength + HeaderEnd.Length)
        {
            return false;
        }

        var header = Encoding.ASCII.GetString(parts.Header);
        if (!header.StartsWith(HeaderStart, StringComparison.Ordinal) || !header.EndsWith(HeaderEnd, StringComparison.Ordinal)
            || !header.AsSpan(typeAt - HeaderMiddle.Length, HeaderMiddle.Length).SequenceEqual(HeaderMiddle)
            || !KeyId.TryParse(header.AsSpan(HeaderStart.Length, KeyId.TextLength), out var keyId))
        {
            return false;
        }

        var type = header[typeAt..^HeaderEnd.Length];
        if (!IsType(type))
        {
            return false;
        }

        jws = new Jws(parts, keyId, type);
        return true;
    }

    private static bool IsType(string type) =>
        type.Length is >= 1 and <= MaxTypeLength && type.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '/' or '+' or '-' or '_');
}
