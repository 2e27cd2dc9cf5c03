using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CleanRoom.Evidence.Certificates;

namespace CleanRoom.Evidence.Collateral;

/// <summary>
/// A document of Intel's provisioning service: <c>{"tcbInfo":{…},"signature":"hex"}</c>. The signature, r ‖ s, is over the exact bytes of the inner
/// object, so those are kept and never written anew.
/// </summary>
internal sealed class SignedJson
{
    private const int SignatureSize = 64;
    private const int MaxDepth = 16;

    private readonly byte[] _body;
    private readonly byte[] _signature;

    private SignedJson(byte[] body, byte[] signature)
    {
        _body = body;
        _signature = signature;
    }

    /// <summary>SHA-256 of the inner object: tells documents apart.</summary>
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(_body));

    /// <summary>Keeps a body and its signature.</summary>
    /// <param name="body">The inner object as it was signed.</param>
    /// <param name="signature">128 hexadecimal digits.</param>
    /// <param name="json">Both.</param>
    public static bool TryCreate(string? body, string? signature, [NotNullWhen(true)] out SignedJson? json)
    {
        json = body is not null && signature is { Length: 2 * SignatureSize } && signature.All(char.IsAsciiHexDigit)
            ? new SignedJson(Encoding.UTF8.GetBytes(body), Convert.FromHexString(signature))
            : null;
        return json is not null;
    }

    /// <summary>Opens the inner object; null if it is not JSON, or has a member twice. The caller disposes it.</summary>
    public JsonDocument? Open() => ForeignJson.TryParse(_body, MaxDepth, out var document) ? document : null;

    /// <summary>Tells whether a certificate's key signed the inner object.</summary>
    public bool IsSignedBy(Certificate signer)
    {
        try
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(signer.Spki.Span, out _);
            return key.VerifyData(_body, _signature, HashAlgorithmName.SHA256);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
