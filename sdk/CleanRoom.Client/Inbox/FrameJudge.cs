using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Client.Attestation;
using CleanRoom.Cryptography;
using CleanRoom.Evidence;

namespace CleanRoom.Client.Inbox;

/// <summary>What the cosigned log shows about epochs beyond the room's state.</summary>
internal interface IEpochFacts
{
    /// <summary>The instance entry of a generation; null if the log holds none.</summary>
    (InstanceEntry Entry, RoomCharter Charter)? InstanceOf(long generation);

    /// <summary>Whether a checkpoint that this member saw proves that an epoch's entry was cosigned too long after, or before, its decision.</summary>
    bool IsUntimely(long epoch);
}

/// <summary>Decides on one frame: every check that the recipient owes itself before it reads a message. Pure. The keys that it asks for stay the giver's.</summary>
internal sealed class FrameJudge(RoomState state, IEpochFacts facts, MemberId member, Func<KeyId, HpkePrivateKey?> openKey, AppraisalContext? context = null)
{
    private readonly Dictionary<long, bool> _appraised = [];

    /// <summary>Judges a frame that should carry a number.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="number">The number that comes next, unless it was declared void.</param>
    /// <returns>Null for a message that was cosigned too late and has been declared void for that, or whose epoch is lost: there is nothing to read, and what it told is told anew.</returns>
    public InboxEvent? Judge(MessageFrame frame, long number)
    {
        var refusal = FrameVerifier.Verify(frame, state, member, out var header);
        if (refusal == FrameRefusal.UnknownEpoch && state.LastRecovery is not null && state.VoidThrough(member, header!.Number) is not null)
        {
            // Its epoch is among the entries that are lost: nothing binds it any more. What it told is told anew.
            return null;
        }

        if (refusal != FrameRefusal.None)
        {
            return Refused(refusal, header?.Number ?? 0);
        }

        if (facts.IsUntimely(header!.Epoch) && state.VoidThrough(member, header.Number) is not null)
        {
            return null;
        }

        if (header.Number != number && !AreVoid(number, header.Number))
        {
            return new InboxEvent.Alarm(
                InboxAlarm.NumberMissing, number,
                $"Message {number} is missing: message {header.Number} came in its place. Tell the operator and the other members; nothing behind it is read until it arrives.");
        }

        var head = state.Epoch(header.Epoch)!;
        if (!IsAppraised(header.Generation))
        {
            return new InboxEvent.Alarm(
                InboxAlarm.EvidenceRejected, header.Number,
                $"The evidence of enclave generation {header.Generation} does not meet the charter: run \"cleanroom evidence verify\" and freeze your keys with \"cleanroom broker freeze\".");
        }

        if (facts.IsUntimely(header.Epoch))
        {
            return new InboxEvent.Alarm(
                InboxAlarm.TooLate, header.Number,
                $"Epoch {header.Epoch} was not cosigned within 15 minutes of its decision: its messages are refused; the enclave declares them void with its next epoch. If it does not, tell the operator and the other members.");
        }

        return Open(frame, header, head);
    }

    /// <summary>Whether all numbers from one up to another were declared void: an instance died before it handed them over, and none could make them again.</summary>
    /// <param name="from">The first, inclusive.</param>
    /// <param name="to">The number behind the last.</param>
    public bool AreVoid(long from, long to)
    {
        var next = from;
        while (next < to && state.VoidThrough(member, next) is { } last)
        {
            next = last + 1;
        }

        return from < to && next == to;
    }

    private InboxEvent Open(MessageFrame frame, FrameHeader header, EpochHead head)
    {
        var charter = state.CharterAtSize(head.Index)!;
        var place = new MessagePlace(state.Room, member, header.Number, header.Epoch, charter.Simulated);
        foreach (var logged in state.KeysOf(member, KeyPurpose.Inbox).Reverse())
        {
            var key = openKey(logged.Key.Id);
            if (key is null)
            {
                continue;
            }

            if (MessageSeal.TryOpen(frame.Ciphertext.Span, place, key, charter.Epochs.MessageBytes, out var content))
            {
                InboxEvent? alarm = CheckHead(header, head, content);
                return alarm
                    ?? new InboxEvent.Received(new InboxMessage(header.Number, header.Epoch, header.Generation, head.Entry.RoomTime, charter.Simulated, content));
            }

            if (MessageSeal.TryOpen(frame.Ciphertext.Span, place with { Simulated = !place.Simulated }, key, charter.Epochs.MessageBytes, out _))
            {
                return new InboxEvent.Alarm(
                    InboxAlarm.WrongLabel, header.Number,
                    charter.Simulated
                        ? $"Message {header.Number} of a simulated room lacks the label \"simulated\": it is refused; do not act on it."
                        : $"Message {header.Number} is labelled \"simulated\" in a room that is not: it is refused; do not act on it.");
            }
        }

        return new InboxEvent.Alarm(
            InboxAlarm.CannotOpen, header.Number,
            $"Message {header.Number} does not open with this profile's inbox keys: use the profile that holds the key, or tell the operator and the other members.");
    }

    private InboxEvent.Alarm? CheckHead(FrameHeader header, EpochHead head, RoomMessage content)
    {
        var range = head.Entry.Recipients.First(recipient => recipient.Member == member);
        var isFirst = header.Number == range.First;
        var fits = content is RoomMessage.Head sealedHead
            ? isFirst && sealedHead.Last == range.Last && sealedHead.Evaluated == head.Entry.Evaluated
                && sealedHead.Position == LogPosition.Of(head.Entry.Checkpoint.Checkpoint)
            : !isFirst;
        return fits
            ? null
            : new InboxEvent.Alarm(
                InboxAlarm.HeadContradictsLog, header.Number,
                $"The sealed head of epoch {header.Epoch} is missing or contradicts the log: tell the operator and the other members.");
    }

    private bool IsAppraised(long generation)
    {
        if (!_appraised.TryGetValue(generation, out var trusted) && facts.InstanceOf(generation) is { } instance)
        {
            trusted = InstanceAppraisal.Of(instance.Entry, instance.Charter, context).Trusted;
            _appraised[generation] = trusted;
        }

        return trusted;
    }

    private static InboxEvent.Alarm Refused(FrameRefusal refusal, long number)
    {
        const string tell = "it is refused; tell the operator and the other members.";
        var (reason, text) = refusal switch
        {
            FrameRefusal.Malformed => (InboxAlarm.NotForUs, $"A message has no readable header: {tell}"),
            FrameRefusal.OtherRecipient => (InboxAlarm.NotForUs, $"A message is another room's or another member's: {tell}"),
            FrameRefusal.UnknownEpoch => (InboxAlarm.UnknownEpoch, $"Message {number} names an epoch that is not in the cosigned log: {tell}"),
            FrameRefusal.WrongSigner => (InboxAlarm.WrongSigner, $"Message {number} is not signed by the enclave instance that ended its epoch or a trusted later one: {tell}"),
            FrameRefusal.WrongCharter => (InboxAlarm.WrongCharter, $"Message {number} names another charter than the one in force: {tell}"),
            FrameRefusal.WrongNumber => (InboxAlarm.NotInEpoch, $"Message {number} has a number that its epoch did not give this member: {tell}"),
            FrameRefusal.WrongCiphertext => (InboxAlarm.NotInEpoch, $"Message {number} is not the ciphertext that was signed: {tell}"),
            FrameRefusal.NotInEpoch => (InboxAlarm.NotInEpoch, $"Message {number} is not the one that the epoch head in the log binds: {tell}"),
            _ => throw new ArgumentOutOfRangeException(nameof(refusal), refusal, null),
        };
        return new InboxEvent.Alarm(reason, number, text);
    }
}
