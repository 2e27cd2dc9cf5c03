using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Messages;

/// <summary>Pads a message to the room's one size and seals it to the recipient's inbox key (docs/protocol.md §6).</summary>
public static class MessageSeal
{
    /// <summary>Size of a sealed message of a room.</summary>
    /// <param name="messageBytes">The charter's messageBytes.</param>
    public static int SealedSize(int messageBytes) => messageBytes + Hpke.Overhead;

    /// <summary>Most JSON that fits.</summary>
    /// <param name="messageBytes">The charter's messageBytes.</param>
    public static int Capacity(int messageBytes) => messageBytes - 4;

    /// <summary>
    /// Seals a message. The ephemeral key comes from the recipient's room secret and the plaintext, so that a restarted enclave computes the same bytes
    /// and nothing is sent twice.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="place">Where it stands.</param>
    /// <param name="key">The recipient's inbox key.</param>
    /// <param name="messageBytes">The charter's messageBytes.</param>
    /// <param name="roomSecret">The recipient's room secret, 32 bytes.</param>
    /// <exception cref="ArgumentException">The message does not fit.</exception>
    public static byte[] Seal(RoomMessage message, MessagePlace place, HpkePublicKey key, int messageBytes, SecretBytes roomSecret)
    {
        var plaintext = Padme.PadToSize(message.ToBytes(place), messageBytes);
        var info = Encoding.ASCII.GetBytes($"cleanroom/v1/message-ephemeral\0{place.Room}\0{place.Recipient}\0{place.Number}\0");
        using var secret = roomSecret.Borrow();
        using var ikm = SecretBytes.Hkdf(secret.Span, [], [.. info, .. SHA256.HashData(plaintext)], 32);
        using var ephemeral = ikm.Borrow();
        var sealedMessage = Hpke.SealDeterministic(key, Info(place, key), Aad(place), plaintext, ephemeral.Span);
        CryptographicOperations.ZeroMemory(plaintext);
        return sealedMessage;
    }

    /// <summary>Opens a message and reads it.</summary>
    /// <returns><see langword="false"/> if it was not sealed to this key for this place, or has another form.</returns>
    public static bool TryOpen(ReadOnlySpan<byte> ciphertext, MessagePlace place, HpkePrivateKey key, int messageBytes, [NotNullWhen(true)] out RoomMessage? message)
    {
        message = null;
        if (ciphertext.Length != SealedSize(messageBytes) || !Hpke.TryOpen(key, Info(place, key.PublicKey), Aad(place), ciphertext, out var plaintext))
        {
            return false;
        }
        var read = Padme.TryUnpadFromSize(plaintext, messageBytes, out var json) && RoomMessage.TryParse(json, place, out message);
        CryptographicOperations.ZeroMemory(plaintext);
        return read;
    }

    private static byte[] Info(MessagePlace place, HpkePublicKey key) =>
        Encoding.ASCII.GetBytes($"cleanroom/v1/message\0{place.Room}\0{place.Recipient}\0{key.Id}");

    private static byte[] Aad(MessagePlace place) => JsonBuild.Bytes(new JsonObject
    {
        ["epoch"] = place.Epoch,
        ["number"] = place.Number,
        ["recipient"] = place.Recipient.Value,
        ["room"] = place.Room.ToString(),
    });
}
