using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Messages;

/// <summary>What the enclave signs of every message that leaves (docs/protocol.md §6).</summary>
/// <param name="Room">The room.</param>
/// <param name="Generation">Of the instance that hands it over: the one that ended the epoch, or a later one that has computed the epoch again.</param>
/// <param name="Recipient">The member.</param>
/// <param name="Number">Numbers of a recipient run from 1 without gap.</param>
/// <param name="Epoch">The epoch.</param>
/// <param name="Ciphertext">SHA-256 of the ciphertext.</param>
/// <param name="Charter">Hash of the charter in force at the epoch's head.</param>
public sealed record FrameHeader(RoomId Room, long Generation, MemberId Recipient, long Number, long Epoch, Digest Ciphertext, Digest Charter)
{
    /// <summary>The JWS type.</summary>
    public const string JwsType = "cleanroom-message+jws";

    /// <summary>Longest header, in characters.</summary>
    public const int MaxSize = 2048;

    /// <summary>Signs the header.</summary>
    public string Sign(SigningKey instanceKey) => Jws.Sign(instanceKey, JwsType, JsonBuild.Bytes(new JsonObject
    {
        ["charter"] = Charter.ToString(),
        ["ciphertext"] = Ciphertext.ToString(),
        ["epoch"] = Epoch,
        ["generation"] = Generation,
        ["number"] = Number,
        ["recipient"] = Recipient.Value,
        ["room"] = Room.ToString(),
    }));

    /// <summary>Reads a header; the signature is the caller's to verify with the key of the instance that it names.</summary>
    /// <param name="text">Compact JWS.</param>
    /// <param name="header">What it says.</param>
    /// <param name="jws">To verify.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out FrameHeader? header, [NotNullWhen(true)] out Jws? jws)
    {
        header = null;
        if (text.Length > MaxSize || !Jws.TryParse(text, out jws) || jws.Type != JwsType || !StrictJson.TryParseCanonical(jws.Payload.Span, out var document))
        {
            jws = null;
            return false;
        }
        using (document)
        {
            var problems = new Problems();
            var fields = new JsonFields(document.RootElement, "", problems);
            var charter = fields.Digest("charter");
            var ciphertext = fields.Digest("ciphertext");
            var epoch = fields.Integer("epoch", 1, 1L << 53);
            var generation = fields.Integer("generation", 1, 1L << 53);
            var number = fields.Integer("number", 1, 1L << 53);
            var recipient = fields.Member("recipient");
            var room = JsonFields.TextOf(fields.Value("room") ?? default);
            fields.End();
            if (!problems.Any && RoomId.TryParse(room, out var id))
            {
                header = new FrameHeader(id, generation!.Value, recipient!, number!.Value, epoch!.Value, ciphertext!, charter!);
            }
            return header is not null;
        }
    }
}
