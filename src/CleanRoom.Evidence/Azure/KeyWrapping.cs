using System.Security.Cryptography;
using CleanRoom.Cryptography;

namespace CleanRoom.Evidence.Azure;

/// <summary>
/// How Key Vault and Managed HSM wrap a released key: RSA-OAEP of a one-time AES-256 key, then AES key wrap with padding (RFC 5649) of the key in PKCS#8. RSA1_5 is not among them.
/// </summary>
public sealed class KeyWrapping
{
    private const int KeySize = 32;
    private readonly RSAEncryptionPadding _padding;

    private KeyWrapping(string name, RSAEncryptionPadding padding) => (Name, _padding) = (name, padding);

    /// <summary>OAEP with SHA-384.</summary>
    public static KeyWrapping Sha384 { get; } = new("RSA_AES_KEY_WRAP_384", RSAEncryptionPadding.OaepSHA384);

    /// <summary>OAEP with SHA-256.</summary>
    public static KeyWrapping Sha256 { get; } = new("RSA_AES_KEY_WRAP_256", RSAEncryptionPadding.OaepSHA256);

    /// <summary>OAEP with SHA-1, as PKCS#11 has it. Only where a service knows no other.</summary>
    public static KeyWrapping Pkcs11 { get; } = new("CKM_RSA_AES_KEY_WRAP", RSAEncryptionPadding.OaepSHA1);

    /// <summary>The service's name for it.</summary>
    public string Name { get; }

    /// <summary>Unwraps a key.</summary>
    /// <param name="wrapped">The RSA ciphertext, as long as the modulus, then the wrapped key.</param>
    /// <param name="key">The private half of the key that the attestation token named.</param>
    /// <returns>PKCS#8, or null if it does not open.</returns>
    public SecretBytes? Unwrap(ReadOnlySpan<byte> wrapped, RSA key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var modulus = key.KeySize / 8;
        if (wrapped.Length < modulus + 16 || (wrapped.Length - modulus) % 8 != 0 || wrapped.Length > modulus + (16 << 10))
        {
            return null;
        }

        byte[] once = [];
        byte[] clear = [];
        try
        {
            once = key.Decrypt(wrapped[..modulus], _padding);
            if (once.Length != KeySize)
            {
                return null;
            }

            using var aes = Aes.Create();
            aes.SetKey(once);
            clear = aes.DecryptKeyWrapPadded(wrapped[modulus..]);
            return new SecretBytes(clear);
        }
        catch (CryptographicException)
        {
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(once);
            CryptographicOperations.ZeroMemory(clear);
        }
    }
}
