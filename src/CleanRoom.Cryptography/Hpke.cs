using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace CleanRoom.Cryptography;

/// <summary>
/// Hybrid public key encryption (RFC 9180), base mode, one suite: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM
/// (0x0010, 0x0001, 0x0002). Base mode says nothing about who sealed: signatures do.
/// </summary>
public static class Hpke
{
    /// <summary>Bytes of an encapsulated key.</summary>
    public const int EncSize = P256.PointSize;

    /// <summary>Bytes that a single-shot sealed message is longer than its plaintext: encapsulated key and tag.</summary>
    public const int Overhead = EncSize + HpkeContext.TagSize;

    /// <summary>SetupBaseS (RFC 9180 §5.1.1): begins a context to <paramref name="recipient"/> with a fresh random key.</summary>
    /// <param name="recipient">Whom to seal to.</param>
    /// <param name="info">Binds the context to its use; the recipient must present the same bytes.</param>
    public static HpkeSender SetupSender(HpkePublicKey recipient, ReadOnlySpan<byte> info)
    {
        ArgumentNullException.ThrowIfNull(recipient);
        using var ephemeral = HpkePrivateKey.Generate();
        return SetupSender(recipient, info, ephemeral);
    }

    /// <summary>
    /// SetupBaseS with the ephemeral key DeriveKeyPair(<paramref name="ephemeralIkm"/>): the same input gives the same context.
    /// </summary>
    /// <remarks>
    /// For the enclave's replayable outputs only. <paramref name="ephemeralIkm"/> must be secret, and must depend on the
    /// recipient, on <paramref name="info"/> and on every plaintext sealed in the context: two different plaintexts under one ikm
    /// and number break AES-GCM. <see cref="SealDeterministic"/> derives such an input itself; prefer it.
    /// </remarks>
    /// <param name="recipient">Whom to seal to.</param>
    /// <param name="info">Binds the context to its use.</param>
    /// <param name="ephemeralIkm">At least 32 secret bytes.</param>
    public static HpkeSender SetupSenderDeterministic(HpkePublicKey recipient, ReadOnlySpan<byte> info, ReadOnlySpan<byte> ephemeralIkm)
    {
        ArgumentNullException.ThrowIfNull(recipient);
        using var ephemeral = HpkePrivateKey.Derive(ephemeralIkm);
        return SetupSender(recipient, info, ephemeral);
    }

    /// <summary>SetupBaseR (RFC 9180 §5.1.1): takes up the context that <paramref name="enc"/> began.</summary>
    /// <param name="key">The recipient's key.</param>
    /// <param name="enc">The encapsulated key.</param>
    /// <param name="info">The same bytes that the sender used.</param>
    /// <returns><see langword="null"/> unless <paramref name="enc"/> is an uncompressed point on P-256 (RFC 9180 §7.1.4).</returns>
    public static HpkeRecipient? SetupRecipient(HpkePrivateKey key, ReadOnlySpan<byte> enc, ReadOnlySpan<byte> info)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (!HpkePublicKey.TryFromBytes(enc, out var ephemeral))
        {
            return null;
        }

        Span<byte> sharedSecret = stackalloc byte[HpkeKdf.HashSize];
        try
        {
            ExtractAndExpand(key, ephemeral, ephemeral, key.PublicKey, sharedSecret);
            return new HpkeRecipient(sharedSecret, info);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(sharedSecret);
        }
    }

    /// <summary>Seals one message in a context of its own (RFC 9180 §6.1).</summary>
    /// <param name="recipient">Whom to seal to.</param>
    /// <param name="info">Binds the message to its use.</param>
    /// <param name="aad">Authenticated, not encrypted.</param>
    /// <param name="plaintext">The message.</param>
    /// <returns>enc ‖ ciphertext: <see cref="Overhead"/> bytes longer than the message.</returns>
    public static byte[] Seal(HpkePublicKey recipient, ReadOnlySpan<byte> info, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> plaintext)
    {
        using var sender = SetupSender(recipient, info);
        return Seal(sender, aad, plaintext);
    }

    /// <summary>
    /// Seals one message so that a replay with the same inputs gives the same bytes. The ephemeral key comes from
    /// HMAC-SHA256(<paramref name="secret"/>, "cleanroom/v1/hpke-deterministic" ‖ lp(recipient) ‖ lp(info) ‖ lp(aad) ‖ lp(plaintext)),
    /// where lp(x) is the length of x in 8 bytes, big-endian, and x. So another message has another key: the secret may be used
    /// for any number of messages. An onlooker learns only whether two sealed messages are the same one.
    /// </summary>
    /// <param name="recipient">Whom to seal to.</param>
    /// <param name="info">Binds the message to its use.</param>
    /// <param name="aad">Authenticated, not encrypted.</param>
    /// <param name="plaintext">The message.</param>
    /// <param name="secret">At least 32 secret bytes that a replay finds again; used for nothing else.</param>
    /// <returns>enc ‖ ciphertext: <see cref="Overhead"/> bytes longer than the message.</returns>
    public static byte[] SealDeterministic(
        HpkePublicKey recipient,
        ReadOnlySpan<byte> info,
        ReadOnlySpan<byte> aad,
        ReadOnlySpan<byte> plaintext,
        ReadOnlySpan<byte> secret)
    {
        ArgumentNullException.ThrowIfNull(recipient);
        if (secret.Length < HpkePrivateKey.MinimumInputSize)
        {
            throw new ArgumentException("The secret must have at least 32 bytes.", nameof(secret));
        }

        Span<byte> ikm = stackalloc byte[HpkeKdf.HashSize];
        try
        {
            using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
            mac.AppendData("cleanroom/v1/hpke-deterministic"u8);
            AppendWithLength(mac, recipient.Span);
            AppendWithLength(mac, info);
            AppendWithLength(mac, aad);
            AppendWithLength(mac, plaintext);
            mac.GetHashAndReset(ikm);
            using var sender = SetupSenderDeterministic(recipient, info, ikm);
            return Seal(sender, aad, plaintext);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(ikm);
        }
    }

    /// <summary>Opens a message that <see cref="Seal(HpkePublicKey, ReadOnlySpan{byte}, ReadOnlySpan{byte}, ReadOnlySpan{byte})"/> sealed (RFC 9180 §6.1).</summary>
    /// <param name="key">The recipient's key.</param>
    /// <param name="info">The same bytes that the sender used.</param>
    /// <param name="aad">The same bytes that the sender authenticated.</param>
    /// <param name="sealedMessage">enc ‖ ciphertext.</param>
    /// <param name="plaintext">The message; the caller zeroes it when it is secret.</param>
    /// <returns><see langword="false"/> if it was sealed to another key, with other info or aad, or was changed.</returns>
    public static bool TryOpen(
        HpkePrivateKey key,
        ReadOnlySpan<byte> info,
        ReadOnlySpan<byte> aad,
        ReadOnlySpan<byte> sealedMessage,
        [NotNullWhen(true)] out byte[]? plaintext)
    {
        plaintext = null;
        if (sealedMessage.Length < Overhead)
        {
            return false;
        }

        using var recipient = SetupRecipient(key, sealedMessage[..EncSize], info);
        return recipient is not null && recipient.TryOpen(aad, sealedMessage[EncSize..], out plaintext);
    }

    /// <summary>Encap of RFC 9180 §4.1 with a given ephemeral key, then the key schedule.</summary>
    private static HpkeSender SetupSender(HpkePublicKey recipient, ReadOnlySpan<byte> info, HpkePrivateKey ephemeral)
    {
        Span<byte> sharedSecret = stackalloc byte[HpkeKdf.HashSize];
        try
        {
            ExtractAndExpand(ephemeral, recipient, ephemeral.PublicKey, recipient, sharedSecret);
            return new HpkeSender(ephemeral.PublicKey.Span.ToArray(), sharedSecret, info);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(sharedSecret);
        }
    }

    /// <summary>ExtractAndExpand of RFC 9180 §4.1 over DH(own, peer), with kem_context = enc ‖ recipient.</summary>
    private static void ExtractAndExpand(HpkePrivateKey own, HpkePublicKey peer, HpkePublicKey enc, HpkePublicKey recipient, Span<byte> sharedSecret)
    {
        Span<byte> prk = stackalloc byte[HpkeKdf.HashSize];
        var dh = own.Agree(peer);
        try
        {
            HpkeKdf.Extract(HpkeKdf.KemSuite, [], "eae_prk"u8, dh, prk);
            HpkeKdf.Expand(HpkeKdf.KemSuite, prk, "shared_secret"u8, [.. enc.Span, .. recipient.Span], sharedSecret);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(dh);
            CryptographicOperations.ZeroMemory(prk);
        }
    }

    private static byte[] Seal(HpkeSender sender, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> plaintext)
    {
        var output = new byte[checked(plaintext.Length + Overhead)];
        sender.Enc.Span.CopyTo(output);
        sender.Seal(aad, plaintext, output.AsSpan(EncSize));
        return output;
    }

    private static void AppendWithLength(IncrementalHash mac, ReadOnlySpan<byte> part)
    {
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(length, (ulong)part.Length);
        mac.AppendData(length);
        mac.AppendData(part);
    }
}
