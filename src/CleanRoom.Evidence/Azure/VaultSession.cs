using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CleanRoom.Cryptography;
using CleanRoom.Evidence.Platforms;

namespace CleanRoom.Evidence.Azure;

/// <summary>
/// One use of a vault by an attested process: a wrapping key that lives as long as this object, and the token that vouches for it. The token is asked for with the first key, so that nothing is asked
/// when nothing is needed. Not safe for concurrent use.
/// </summary>
/// <param name="vault">The vault.</param>
/// <param name="attestation">The attestation service that the keys' policies name.</param>
/// <param name="evidence">Gives evidence of this process.</param>
/// <param name="wrapping">How keys are to be wrapped.</param>
public sealed class VaultSession(KeyVaultClient vault, AzureAttestationClient attestation, IRuntimeEvidenceProvider evidence, KeyWrapping wrapping) : IDisposable
{
    private const int WrapKeyBits = 3072;

    private readonly RSA _wrapKey = RSA.Create(WrapKeyBits);
    private string? _token;

    /// <summary>Gets a P-256 key out of the vault.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="version">Its version.</param>
    /// <param name="publicKey">The public half that is expected.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The scalar, 32 bytes.</returns>
    /// <exception cref="AzureException">The vault or the attestation service refuses, or what came is another key.</exception>
    /// <exception cref="EvidenceUnavailableException">This machine gives no evidence.</exception>
    public async Task<SecretBytes> ReleaseAsync(string name, string version, HpkePublicKey publicKey, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(publicKey);
        _token ??= await AttestAsync(cancellationToken).ConfigureAwait(false);
        using var pkcs8 = await vault.ReleaseAsync(name, version, _token, _wrapKey, wrapping, cancellationToken).ConfigureAwait(false);
        return Scalar(pkcs8, publicKey);
    }

    /// <inheritdoc/>
    public void Dispose() => _wrapKey.Dispose();

    private async Task<string> AttestAsync(CancellationToken cancellationToken)
    {
        // The service releases to the first key that may encrypt: there is one, and it has no other use (docs/attestation.md).
        var key = _wrapKey.ExportParameters(includePrivateParameters: false);
        var runtime = CanonicalJson.Canonicalize(new JsonObject
        {
            ["keys"] = new JsonArray(new JsonObject
            {
                ["e"] = StrictBase64.EncodeUrl(key.Exponent),
                ["key_ops"] = new JsonArray("encrypt"),
                ["kid"] = "cleanroom-wrap",
                ["kty"] = "RSA",
                ["n"] = StrictBase64.EncodeUrl(key.Modulus),
            }),
        });
        var envelope = await evidence.GetRuntimeEvidenceAsync(runtime, cancellationToken).ConfigureAwait(false);
        return await attestation.AttestAsync(envelope, runtime, cancellationToken).ConfigureAwait(false);
    }

    private static SecretBytes Scalar(SecretBytes pkcs8, HpkePublicKey expected)
    {
        byte[]? scalar = null;
        try
        {
            using var loan = pkcs8.Borrow();
            using var key = ECDiffieHellman.Create();
            key.ImportPkcs8PrivateKey(loan.Span, out var read);
            var parameters = key.ExportParameters(includePrivateParameters: true);
            scalar = parameters.D;
            if (read != loan.Span.Length || parameters.Curve.Oid.Value != ECCurve.NamedCurves.nistP256.Oid.Value || scalar is null)
            {
                throw new AzureException("The vault released what is no P-256 key: look at the vault's keys.");
            }

            // The public half is computed from the scalar, not taken from the file.
            using var own = HpkePrivateKey.Import(scalar);
            return own.PublicKey.Equals(expected) ? new SecretBytes(scalar) : throw new AzureException("The vault released another key than the one that was made there: look at the vault's keys.");
        }
        catch (CryptographicException exception)
        {
            throw new AzureException("The vault released what is no P-256 key: look at the vault's keys.", exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(scalar);
        }
    }
}
