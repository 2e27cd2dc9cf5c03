using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using CleanRoom.Attestation.Rooms;
using CleanRoom.Cryptography;
using CleanRoom.Protocol.Attestation.V1;
using Google.Protobuf;

namespace CleanRoom.Attestation.Api;

/// <summary>Writes and reads the plaintext of what is handed over (docs/protocol.md §5).</summary>
internal static class HandOverFormat
{
    private const int MaxSecret = 1024;

    /// <summary>Serializes; the caller zeroes the result, every other copy is zeroed here.</summary>
    public static byte[] Write(HandOver handed)
    {
        var copies = new List<byte[]>();
        try
        {
            var content = new HandOverContent
            {
                SignedCharter = UnsafeByteOperations.UnsafeWrap(handed.SignedCharter),
                Genesis = ByteString.CopyFrom(handed.Genesis.Span),
                Frozen = handed.Frozen,
                Size = (ulong)handed.Size,
                Root = handed.Root is { } root ? ByteString.CopyFrom(root.Span) : ByteString.Empty,
                RoomSecret = Wrap(handed.RoomSecret),
            };
            content.RecordKeys.AddRange(handed.RecordKeys.Select(Wrap));
            var bytes = new byte[content.CalculateSize()];
            content.WriteTo(bytes.AsSpan());
            return bytes;
        }
        finally
        {
            copies.ForEach(static copy => CryptographicOperations.ZeroMemory(copy));
        }

        HandOverContent.Types.Secret Wrap(HandedSecret secret)
        {
            var copy = secret.Content.ToArray();
            copies.Add(copy);
            return new HandOverContent.Types.Secret
            {
                Period = (uint)secret.Period,
                PublicKey = ByteString.CopyFrom(secret.PublicKey.Span),
                Custody = secret.Custody,
                Content = UnsafeByteOperations.UnsafeWrap(copy),
            };
        }
    }

    /// <summary>Reads strictly: every period once and rising, every length within its bound.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out HandOver? handed)
    {
        handed = null;
        HandOverContent content;
        try
        {
            content = HandOverContent.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }

        Digest? root = null;
        if (!Digest.TryFromBytes(content.Genesis.Span, out var genesis) || content.Size > (ulong)MerkleTree.MaxSize || content.Root.IsEmpty != (content.Size == 0)
            || (content.Size > 0 && !Digest.TryFromBytes(content.Root.Span, out root))
            || content.RoomSecret is not { Period: 0, PublicKey.IsEmpty: true } secret || content.RecordKeys.Count is 0 or > RecordKeyDesk.MaxPeriods)
        {
            return false;
        }

        var last = 0u;
        foreach (var key in content.RecordKeys.Prepend(secret))
        {
            if (key.Content.Length is 0 or > MaxSecret || key.Custody.Length is 0 or > 32 || key.PublicKey.Length > MaxSecret || key.Period > int.MaxValue || (key != secret && key.Period <= last))
            {
                return false;
            }

            last = key.Period;
        }

        handed = new HandOver(content.SignedCharter.Memory, genesis, content.Frozen, (long)content.Size, root, [.. content.RecordKeys.Select(Take)], Take(secret));
        return true;

        static HandedSecret Take(HandOverContent.Types.Secret secret) => new((int)secret.Period, secret.PublicKey.Memory, secret.Custody, secret.Content.ToByteArray());
    }
}
