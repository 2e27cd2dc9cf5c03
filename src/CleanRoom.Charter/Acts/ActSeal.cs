using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Acts;

/// <summary>Seals an act to its author's own record key (ARCHITECTURE §7.2): only the enclave that the author's broker trusts opens it.</summary>
public static class ActSeal
{
    /// <summary>Bytes of the seed that a copy of an act carries.</summary>
    public const int SeedSize = 32;

    /// <summary>Makes the entry of an act.</summary>
    /// <param name="act">What is done.</param>
    /// <param name="room">The room.</param>
    /// <param name="id">The entry.</param>
    /// <param name="author">The member.</param>
    /// <param name="about">The request, for decisions and outcomes.</param>
    /// <param name="key">The author's current record key.</param>
    /// <param name="seed">
    /// 32 random bytes, for this act alone. Whoever has the act and its seed makes the same entry: so a second person, who cannot open it, sees that it says what she was shown.
    /// </param>
    /// <exception cref="ArgumentException">The act has a form that would not be read.</exception>
    public static ActEntry Seal(RoomAct act, RoomId room, EntryId id, MemberId author, EntryId? about, MemberKey key, ReadOnlySpan<byte> seed)
    {
        var bytes = act.ToBytes();
        if (!RoomAct.TryParse(bytes, act.Kind, out _, out var error))
        {
            throw new ArgumentException(error.ToString(), nameof(act));
        }

        var plaintext = Padme.Pad(bytes);
        var text = Hpke.SealDeterministic(key.Key, Info(room, author, key.Key.Id), Aad(room, id, author, act.Kind, about), plaintext, seed);
        CryptographicOperations.ZeroMemory(plaintext);
        return new ActEntry(room, id, author, act.Kind, about, key.Period, text);
    }

    /// <summary>Whether an entry says exactly this act.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="act">What it should say.</param>
    /// <param name="key">The author's record key of the entry's period.</param>
    /// <param name="seed">The seed that it was sealed with.</param>
    public static bool Says(ActEntry entry, RoomAct act, MemberKey key, ReadOnlySpan<byte> seed) =>
        act.Kind == entry.Kind && key.Period == entry.Period
        && Seal(act, entry.Room, entry.Id, entry.Author!, entry.About, key, seed).Sealed.Span.SequenceEqual(entry.Sealed.Span);

    /// <summary>Opens an act.</summary>
    /// <returns><see langword="false"/> if it was sealed to another key or for another place, or has another form.</returns>
    public static bool TryOpen(ActEntry entry, HpkePrivateKey key, [NotNullWhen(true)] out RoomAct? act)
    {
        act = null;
        if (!Hpke.TryOpen(key, Info(entry.Room, entry.Author!, key.PublicKey.Id), Aad(entry.Room, entry.Id, entry.Author!, entry.Kind, entry.About), entry.Sealed.Span, out var plaintext))
        {
            return false;
        }

        var read = Padme.TryUnpad(plaintext, out var json) && RoomAct.TryParse(json, entry.Kind, out act, out _);
        CryptographicOperations.ZeroMemory(plaintext);
        return read;
    }

    /// <summary>Seals an act anew, to its author's next record key, for the same place. Only the words change hands: what they say is not looked at.</summary>
    /// <param name="entry">The entry, with the words that stand for it now.</param>
    /// <param name="key">Opens them.</param>
    /// <param name="next">The author's current record key.</param>
    /// <returns>The new words; null if the key does not open the old ones.</returns>
    public static byte[]? Reseal(ActEntry entry, HpkePrivateKey key, MemberKey next)
    {
        var aad = Aad(entry.Room, entry.Id, entry.Author!, entry.Kind, entry.About);
        if (!Hpke.TryOpen(key, Info(entry.Room, entry.Author!, key.PublicKey.Id), aad, entry.Sealed.Span, out var plaintext))
        {
            return null;
        }

        var text = Hpke.Seal(next.Key, Info(entry.Room, entry.Author!, next.Key.Id), aad, plaintext);
        CryptographicOperations.ZeroMemory(plaintext);
        return text;
    }

    private static byte[] Info(RoomId room, MemberId author, KeyId key) => Encoding.ASCII.GetBytes($"cleanroom/v1/act\0{room}\0{author}\0{key}");

    private static byte[] Aad(RoomId room, EntryId id, MemberId author, ActKind kind, EntryId? about) => JsonBuild.Bytes(new JsonObject
    {
        ["about"] = about?.ToString(),
        ["author"] = author.Value,
        ["id"] = id.ToString(),
        ["room"] = room.ToString(),
        ["type"] = ActRules.WordOf(kind),
    });
}
