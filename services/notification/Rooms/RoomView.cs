using System.Collections.Immutable;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;

namespace CleanRoom.Notification.Rooms;

/// <summary>An epoch's head in the cosigned log, and the charter in force at it.</summary>
internal sealed record EpochEnd(EpochHead Head, RoomCharter Charter);

/// <summary>What this service needs to know of a room, as far as a quorum has cosigned it. Immutable.</summary>
internal sealed record RoomView(
    long Size, RoomCharter Charter, Instance? Instance, ImmutableDictionary<KeyId, MemberId> Members, ImmutableSortedDictionary<long, EpochEnd> Epochs)
{
    /// <summary>Takes the next view from a reader that stands at a cosigned checkpoint.</summary>
    /// <param name="before">The view before, or <see langword="null"/>.</param>
    /// <param name="segment">The entries since.</param>
    /// <param name="state">The room at the segment's end.</param>
    public static RoomView Next(RoomView? before, LogReaderSegment segment, RoomState state)
    {
        var charter = state.Charter ?? throw new InvalidOperationException("A cosigned log begins with a charter.");
        var epochs = before?.Epochs ?? ImmutableSortedDictionary<long, EpochEnd>.Empty;
        foreach (var head in state.NewestEpochs)
        {
            // The newest first, down to what is known. After a recovery numbers leave a gap; what was known of the gap, the log has no more.
            if (epochs.GetValueOrDefault(head.Entry.Epoch) is { } known && known.Head.LeafHash == head.LeafHash)
            {
                break;
            }

            epochs = epochs.SetItem(head.Entry.Epoch, new EpochEnd(head, state.CharterAtSize(head.Index) ?? charter));
        }

        while (epochs.Count > RoomState.KeptEpochs)
        {
            epochs = epochs.Remove(epochs.Keys.First());
        }

        var members = before is null || segment.MayChangeMembers(before.Size) ? MembersOf(charter, state) : before.Members;
        return new RoomView(segment.Size, charter, state.CurrentInstance, members, epochs);
    }

    private static ImmutableDictionary<KeyId, MemberId> MembersOf(RoomCharter charter, RoomState state)
    {
        var members = ImmutableDictionary.CreateBuilder<KeyId, MemberId>();
        foreach (var member in charter.Members)
        {
            if (member.Broker is { } broker)
            {
                members[broker.Tls] = member.Id;
            }

            foreach (var person in state.PersonsOf(member.Id))
            {
                if (state.HasRole(person.Key.Id, member.Id, PersonRoles.Transport))
                {
                    members[person.Key.Id] = member.Id;
                }
                else
                {
                    // A person's key that is also a broker's pin belongs to the person, revoked or not.
                    members.Remove(person.Key.Id);
                }
            }
        }

        return members.ToImmutable();
    }
}

/// <summary>What a segment of the log brought.</summary>
/// <param name="Size">Entries that are cosigned now.</param>
/// <param name="Outcomes">Of the entries in it; those that came before a connection broke are missing.</param>
internal readonly record struct LogReaderSegment(long Size, IReadOnlyList<EntryOutcome> Outcomes)
{
    public bool MayChangeMembers(long sizeBefore) =>
        Outcomes.Count != Size - sizeBefore || Outcomes.Any(static outcome => outcome is { IsAccepted: true, Entry.Entry: CharterEntry or PersonEntry });
}
