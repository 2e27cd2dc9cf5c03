using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Messages;

/// <summary>A message on its way: signed header, ciphertext, audit path in the recipient's epoch root.</summary>
/// <param name="Header">Compact JWS of a <see cref="FrameHeader"/>.</param>
/// <param name="Ciphertext">enc ‖ HPKE ciphertext.</param>
/// <param name="Path">Audit path, leaf to root.</param>
public sealed record MessageFrame(string Header, ReadOnlyMemory<byte> Ciphertext, IReadOnlyList<Digest> Path);

/// <summary>Why a frame is refused.</summary>
public enum FrameRefusal
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>The header does not parse.</summary>
    Malformed,

    /// <summary>It is another room's or another member's.</summary>
    OtherRecipient,

    /// <summary>No epoch head of this number is in the log.</summary>
    UnknownEpoch,

    /// <summary>It is signed neither by the instance that ended the epoch nor by a later one that was trusted.</summary>
    WrongSigner,

    /// <summary>It names another charter than the one in force at the epoch's end.</summary>
    WrongCharter,

    /// <summary>The epoch gave this member other numbers.</summary>
    WrongNumber,

    /// <summary>The ciphertext is not the one that was signed.</summary>
    WrongCiphertext,

    /// <summary>The ciphertext is not the one that the epoch head in the log binds.</summary>
    NotInEpoch,
}

/// <summary>
/// Verifies frames against the log: anyone who follows the log can, nobody needs a key. The epoch head, which only the newest instance of its time could
/// append, binds every ciphertext to its recipient and number. So a later trusted instance that has computed the same bytes again may hand them over
/// when the first one died before it could; an instance that a later one had superseded before the head may not, and nobody can add or change anything.
/// </summary>
public static class FrameVerifier
{
    /// <summary>Verifies a frame.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="state">The room, as far as the cosigned log.</param>
    /// <param name="recipient">The member it should be for.</param>
    /// <param name="header">The header; believe it only if the result is None.</param>
    public static FrameRefusal Verify(MessageFrame frame, RoomState state, MemberId recipient, out FrameHeader? header)
    {
        var head = FrameHeader.TryParse(frame.Header, out header, out _) ? state.Epoch(header.Epoch) : null;
        return Verify(
            frame, state.Room, head, head is null ? null : state.CharterAtSize(head.Index)?.Hash, state.InstanceOf(header?.Generation ?? 0), recipient, out header);
    }

    /// <summary>Verifies a frame, for who has kept the epoch's head and not the room's state.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="room">The room.</param>
    /// <param name="head">Head of the epoch that the header names, from the cosigned log; null if the log has none.</param>
    /// <param name="charter">Hash of the charter in force at the head.</param>
    /// <param name="successor">The instance of the header's generation, which may speak for one that ended an epoch before it if it was trusted; null for none.</param>
    /// <param name="recipient">The member it should be for.</param>
    /// <param name="header">The header; believe it only if the result is None.</param>
    public static FrameRefusal Verify(
        MessageFrame frame, RoomId room, EpochHead? head, Digest? charter, Instance? successor, MemberId recipient, out FrameHeader? header)
    {
        if (!FrameHeader.TryParse(frame.Header, out header, out var jws))
        {
            return FrameRefusal.Malformed;
        }

        if (header.Room != room || header.Recipient != recipient)
        {
            return FrameRefusal.OtherRecipient;
        }

        if (head is null || head.Entry.Epoch != header.Epoch)
        {
            return FrameRefusal.UnknownEpoch;
        }

        if (SignerOf(header.Generation, head, successor) is not { } signer || !jws.Verify(signer))
        {
            return FrameRefusal.WrongSigner;
        }

        if (charter != header.Charter)
        {
            return FrameRefusal.WrongCharter;
        }

        var range = head.Entry.Recipients.FirstOrDefault(item => item.Member == recipient);
        if (range is null || header.Number < range.First || header.Number > range.Last)
        {
            return FrameRefusal.WrongNumber;
        }

        if (Digest.Of(frame.Ciphertext.Span) != header.Ciphertext)
        {
            return FrameRefusal.WrongCiphertext;
        }

        return EpochTree.Verify(header.Ciphertext, header.Number - range.First, range.Last - range.First + 1, frame.Path, range.Root)
            ? FrameRefusal.None
            : FrameRefusal.NotInEpoch;
    }

    private static VerifyingKey? SignerOf(long generation, EpochHead head, Instance? successor) =>
        generation == head.Entry.Generation ? head.Signing
        : generation > head.Entry.Generation && successor is { TrustedAt: not null } && successor.Generation == generation ? successor.Signing
        : null;
}
