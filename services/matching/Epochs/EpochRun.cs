using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Cryptography;
using CleanRoom.Matching.Disclosures;
using CleanRoom.Matching.Emergencies;
using CleanRoom.Matching.Records;
using CleanRoom.Matching.Release;

namespace CleanRoom.Matching.Epochs;

/// <summary>What one member gets in an epoch, sealed.</summary>
internal sealed record RecipientMessages(MemberId Member, long First, IReadOnlyList<byte[]> Ciphertexts, EpochTree Tree)
{
    public EpochRecipient ToEntry() => new(Member, First, First + Ciphertexts.Count - 1, Tree.Root);
}

/// <summary>An epoch, computed: a function of the log up to its checkpoint and of the keys.</summary>
internal sealed record EpochResult(long Epoch, bool Evaluated, DateTimeOffset RoomTime, SignedCheckpoint Checkpoint, IReadOnlyList<RecipientMessages> Recipients)
{
    /// <summary>What is drawn of contributors' records with this epoch.</summary>
    public IReadOnlyList<EpochAudit> Audits { get; init; } = [];

    /// <summary>Requests whose granted fields, and offers whose facts, leave with this epoch.</summary>
    public IReadOnlyList<EntryId> Disclosed { get; init; } = [];

    /// <summary>Facts that leave by a rule of the charter alone.</summary>
    public IReadOnlyList<EntryId> Automatic { get; init; } = [];

    /// <summary>Emergencies that this epoch answers: it is for nothing else then.</summary>
    public IReadOnlyList<EntryId> Emergencies { get; init; } = [];

    /// <summary>The same with only the recipients whose messages are, byte for byte, the ones that an epoch entry of the log binds.</summary>
    public EpochResult As(EpochEntry entry) => this with { Recipients = [.. Recipients.Where(item => entry.Recipients.Contains(item.ToEntry()))] };
}

/// <summary>Ends epochs.</summary>
internal static class EpochRun
{
    /// <summary>Room time of an epoch: from the cosignatures on its checkpoint alone, not before the last epoch; the same after a restart.</summary>
    public static RoomTime TimeOf(SignedCheckpoint note, RoomState state)
    {
        var floor = state.LastEpochTime is { } last ? new RoomTime(last, last) : default;
        return CosignedCheckpoint.TryVerify(note, state.CharterAtSize(note.Checkpoint.Size)!, out var cosigned, out var refusal, floor)
            ? cosigned.Time
            : throw new InvalidOperationException($"An epoch's checkpoint does not count: {refusal}.");
    }

    /// <summary>Runs the standing queries if enough is new, fills every member's slots, and seals them.</summary>
    /// <param name="note">The cosigned checkpoint that <paramref name="state"/> and <paramref name="shelf"/> stand at.</param>
    /// <param name="state">The room at that position.</param>
    /// <param name="shelf">The records at that position.</param>
    /// <param name="outbox">What waits and what was told.</param>
    /// <param name="desk">Requests for disclosure, and what people have answered.</param>
    /// <param name="keys">Keys of the owners.</param>
    /// <param name="only">Recipients; null for every member with an inbox key whose room secret is here.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static EpochResult Compute(
        SignedCheckpoint note, RoomState state, RecordShelf shelf, Outbox outbox, DisclosureDesk desk, KeyRing keys, IReadOnlySet<MemberId>? only, CancellationToken cancellationToken)
    {
        var charter = state.Charter!;
        var time = TimeOf(note, state);
        shelf.TakeOverdue(time.Expiring);
        foreach (var contributor in charter.Contributors.Where(contributor => !state.HasLiveApproval(contributor.Id, time)))
        {
            shelf.TakeAll(contributor.Id);
        }

        shelf.Admit(charter.Quotas.RecordsPerMonth, time.Opening, state.SpentUntil);
        var evaluated = shelf.New.Count >= charter.Epochs.MinimumNewRecords && shelf.CountNewContributors() >= charter.Epochs.MinimumContributors;
        if (evaluated)
        {
            var found = shelf.Index.FindLinks(
                shelf.ToEvaluate,
                (a, b) => shelf.Find(a) is { } one && shelf.Find(b) is { } other && PairStory.AreComparable(state, one, other, time.Expiring),
                cancellationToken);
            foreach (var story in StandingQueries.Run(charter, shelf, found.Links))
            {
                outbox.Add(story, story.Decide(state, time.Expiring));
            }
            shelf.MarkEvaluated();
        }

        outbox.Tables.Close(state, shelf, time, cancellationToken);
        outbox.Uses.Close(state, time);
        var epoch = state.LastEpoch + 1;
        var reached = Reached(state, keys, only);
        var (disclosed, automatic) = desk.Work(state, shelf, outbox, keys, time, reached);
        var audits = desk.Audits.Work(state, shelf, outbox, time, note.Checkpoint.Root, keys, reached);
        var recipients = new List<RecipientMessages>();
        foreach (var member in reached)
        {
            _ = keys.TryGet(member, out var held);
            var messages = outbox.Take(member, charter.Epochs.SlotsPerMember - 1, state, shelf, keys, time.Expiring, desk.Book.OwesOutcome(member) || desk.Audits.IsPaused(member, state, time), evaluated);
            recipients.Add(Seal(member, epoch, evaluated, messages, note.Checkpoint, state, state.CurrentKey(member, KeyPurpose.Inbox)!.Key, held!.RoomSecret));
        }
        shelf.WidenConsents();
        return new EpochResult(epoch, evaluated, time.Opening, note, recipients) { Audits = audits, Disclosed = disclosed, Automatic = automatic };
    }

    /// <summary>Ends an epoch between the others, for emergencies alone: no query runs, nothing else leaves, and what waits for the next epoch goes on waiting. Every member gets as many messages as ever.</summary>
    /// <param name="note">The cosigned checkpoint that <paramref name="state"/> and <paramref name="shelf"/> stand at.</param>
    /// <param name="state">The room at that position.</param>
    /// <param name="shelf">The records at that position.</param>
    /// <param name="emergencies">What waits.</param>
    /// <param name="keys">Keys of the owners.</param>
    /// <param name="only">Recipients; null for every member with an inbox key whose room secret is here.</param>
    public static EpochResult ComputeEmergency(SignedCheckpoint note, RoomState state, RecordShelf shelf, EmergencyDesk emergencies, KeyRing keys, IReadOnlySet<MemberId>? only)
    {
        var time = TimeOf(note, state);
        var reached = Reached(state, keys, only);
        var (messages, answered) = emergencies.Work(state, shelf, time, reached, state.Charter!.Epochs.SlotsPerMember - 1);
        var epoch = state.LastEpoch + 1;
        var recipients = reached.ConvertAll(member => Seal(
            member, epoch, false, messages.GetValueOrDefault(member, []), note.Checkpoint, state, state.CurrentKey(member, KeyPurpose.Inbox)!.Key,
            keys.TryGet(member, out var held) ? held.RoomSecret : throw new InvalidOperationException("Only members whose keys are here are reached.")));
        return new EpochResult(epoch, false, time.Opening, note, recipients) { Emergencies = answered };
    }

    private static List<MemberId> Reached(RoomState state, KeyRing keys, IReadOnlySet<MemberId>? only) =>
    [
        .. state.Charter!.Members.Select(member => member.Id)
            .Where(member => state.CurrentKey(member, KeyPurpose.Inbox) is not null && keys.TryGet(member, out _) && only?.Contains(member) != false).Order(),
    ];

    private static RecipientMessages Seal(
        MemberId member, long epoch, bool evaluated, IReadOnlyList<RoomMessage> messages, Checkpoint checkpoint, RoomState state, HpkePublicKey inbox, SecretBytes secret)
    {
        var charter = state.Charter!;
        var first = state.NextNumber(member);
        var last = first + charter.Epochs.SlotsPerMember - 1;
        var ciphertexts = new byte[charter.Epochs.SlotsPerMember][];
        _ = Parallel.For(0, ciphertexts.Length, slot =>
        {
            RoomMessage message = slot == 0 ? new RoomMessage.Head(evaluated, LogPosition.Of(checkpoint), last) : slot <= messages.Count ? messages[slot - 1] : new RoomMessage.Empty();
            var place = new MessagePlace(state.Room, member, first + slot, epoch, charter.Simulated);
            ciphertexts[slot] = MessageSeal.Seal(message, place, inbox, charter.Epochs.MessageBytes, secret);
        });
        return new RecipientMessages(member, first, ciphertexts, new EpochTree(ciphertexts.Select(ciphertext => Digest.Of(ciphertext))));
    }
}
