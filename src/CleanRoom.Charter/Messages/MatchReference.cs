using System.Security.Cryptography;
using System.Text;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Messages;

/// <summary>
/// The name of a match for one recipient (docs/protocol.md §6). It needs the room secrets of both owners: nobody outside the enclave computes
/// it, recipients cannot join theirs, and a replay gives the same.
/// </summary>
public static class MatchReference
{
    /// <summary>Bytes of a reference.</summary>
    public const int Size = 16;

    /// <summary>Computes the reference.</summary>
    /// <param name="room">The room.</param>
    /// <param name="recipient">Who is told.</param>
    /// <param name="link">Code of the list matchType.</param>
    /// <param name="first">Owner and first record id of one side.</param>
    /// <param name="second">The other side; the order of the two does not matter.</param>
    /// <param name="secretOf">The room secret of a contributor, 32 bytes.</param>
    /// <returns>base64url of 16 bytes.</returns>
    public static string Compute(
        RoomId room, MemberId recipient, string link, (MemberId Owner, Guid Record) first, (MemberId Owner, Guid Record) second, Func<MemberId, SecretBytes> secretOf)
    {
        using var key = DeriveKey(room, recipient, first.Owner, second.Owner, secretOf);
        return Compute(key, link, first, second);
    }

    /// <summary>Derives the key of all references of one recipient and two owners: for callers that compute many.</summary>
    /// <param name="room">The room.</param>
    /// <param name="recipient">Who is told.</param>
    /// <param name="first">One owner.</param>
    /// <param name="second">The other; their order does not matter.</param>
    /// <param name="secretOf">The room secret of a contributor, 32 bytes.</param>
    /// <returns>The key; the caller disposes of it.</returns>
    public static SecretBytes DeriveKey(RoomId room, MemberId recipient, MemberId first, MemberId second, Func<MemberId, SecretBytes> secretOf)
    {
        if (first > second)
        {
            (first, second) = (second, first);
        }
        var ikm = new byte[64];
        using var one = secretOf(first).Borrow();
        using var other = secretOf(second).Borrow();
        one.Span.CopyTo(ikm);
        other.Span.CopyTo(ikm.AsSpan(32));
        var key = SecretBytes.Hkdf(ikm, [], Encoding.ASCII.GetBytes($"cleanroom/v1/match\0{room}\0{recipient}"), 32);
        CryptographicOperations.ZeroMemory(ikm);
        return key;
    }

    /// <summary>Computes the reference with the key of its recipient and owners.</summary>
    /// <param name="key">From <see cref="DeriveKey"/>.</param>
    /// <param name="link">Code of the list matchType.</param>
    /// <param name="first">Owner and first record id of one side.</param>
    /// <param name="second">The other side; the order of the two does not matter.</param>
    /// <returns>base64url of 16 bytes.</returns>
    public static string Compute(SecretBytes key, string link, (MemberId Owner, Guid Record) first, (MemberId Owner, Guid Record) second)
    {
        if (first.Owner > second.Owner)
        {
            (first, second) = (second, first);
        }
        var name = Encoding.ASCII.GetBytes($"{link}\0{first.Owner}\0{first.Record:D}\0{second.Owner}\0{second.Record:D}");
        Span<byte> mac = stackalloc byte[32];
        using var secret = key.Borrow();
        _ = HMACSHA256.HashData(secret.Span, name, mac);
        return StrictBase64.EncodeUrl(mac[..Size]);
    }
}
