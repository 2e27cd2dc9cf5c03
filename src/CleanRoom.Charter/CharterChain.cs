using CleanRoom.Cryptography;

namespace CleanRoom.Charter;

/// <summary>Why a charter version does not take over.</summary>
public enum CharterRefusal
{
    /// <summary>It does take over.</summary>
    None,

    /// <summary>It belongs to another room.</summary>
    OtherRoom,

    /// <summary>Its number is not the one after the version in force, or it is not version 1 where nothing is.</summary>
    WrongVersion,

    /// <summary>It does not name the version in force as the one before: the other child of a parent, or a lost branch.</summary>
    WrongParent,

    /// <summary>It changes whether the room is simulated.</summary>
    SimulationChanged,

    /// <summary>An approval that it needs is missing or does not verify.</summary>
    ApprovalsMissing,

    /// <summary>A contributor's veto is in the log.</summary>
    Vetoed,
}

/// <summary>The judgement on a version.</summary>
/// <param name="Refusal">Why not, or None.</param>
/// <param name="Missing">Contributors and representatives whose approval is missing.</param>
/// <param name="Invalid">Members with an approval that does not verify.</param>
/// <param name="VetoedBy">Contributors and representatives whose veto counts.</param>
public sealed record CharterVerdict(
    CharterRefusal Refusal, IReadOnlyList<MemberId> Missing, IReadOnlyList<MemberId> Invalid, IReadOnlyList<MemberId> VetoedBy)
{
    /// <summary>Whether the version takes over. Whether it is valid at a room time is asked separately.</summary>
    public bool TakesOver => Refusal == CharterRefusal.None;
}

/// <summary>The rules by which one version follows another (ARCHITECTURE §2.2).</summary>
internal static class CharterChain
{
    public static CharterVerdict Check(SignedCharter signed, RoomCharter? parent, IReadOnlySet<MemberId> vetoedBy)
    {
        var charter = signed.Charter;
        var required = Required(charter, parent);
        var invalid = new List<MemberId>();
        foreach (var (member, detached) in signed.Approvals)
        {
            // Of members that sign without need, agencies and stewards, a wrong signature counts against the file too.
            var key = required.GetValueOrDefault(member) ?? (charter.TryFind(member, out var listed) ? listed.OrganisationKey : null);
            if (key is null || !CharterDecision.Verify(detached, key, charter, member, Decision.Approve))
            {
                invalid.Add(member);
            }
        }

        var missing = required.Keys.Where(member => !signed.Approvals.ContainsKey(member)).Order().ToList();
        var vetoes = Vetoes(charter, parent, vetoedBy);
        return new CharterVerdict(Refusal(), missing, invalid, vetoes);

        CharterRefusal Refusal() => charter switch
        {
            _ when parent is not null && charter.Room != parent.Room => CharterRefusal.OtherRoom,
            _ when charter.Version != (parent?.Version ?? 0) + 1 => CharterRefusal.WrongVersion,
            _ when parent is not null && charter.Previous != parent.Hash => CharterRefusal.WrongParent,
            _ when parent is not null && charter.Simulated != parent.Simulated => CharterRefusal.SimulationChanged,
            _ when vetoes.Count > 0 => CharterRefusal.Vetoed,
            _ when missing.Count > 0 || invalid.Count > 0 => CharterRefusal.ApprovalsMissing,
            _ => CharterRefusal.None,
        };
    }

    /// <summary>Whether the child is the parent without one contributor, and nothing else.</summary>
    public static bool IsPureRemoval(RoomCharter child, RoomCharter parent, out MemberId? removed)
    {
        var gone = parent.Contributors.Where(contributor => child.Contributor(contributor.Id) is null).ToList();
        removed = gone.Count == 1 ? gone[0].Id : null;
        if (removed is null)
        {
            return false;
        }

        var draft = CharterDraft.After(parent);
        draft.Remove(removed);
        return draft.ToBytes().AsSpan().SequenceEqual(child.CanonicalBytes.Span);
    }

    private static Dictionary<MemberId, VerifyingKey> Required(RoomCharter charter, RoomCharter? parent)
    {
        var required = charter.Members.Where(member => charter.HasAVoice(member.Id)).ToDictionary(member => member.Id, member => member.OrganisationKey);

        // By the key that spoke so far: nobody takes a seat from who holds it, by another key or another role.
        foreach (var representative in parent?.Representatives ?? [])
        {
            required[representative.Id] = representative.OrganisationKey;
        }

        if (parent is null || IsPureRemoval(charter, parent, out _))
        {
            return required;
        }

        // Who is left out of a version that changes more than that must agree to go.
        foreach (var contributor in parent.Contributors)
        {
            required.TryAdd(contributor.Id, contributor.OrganisationKey);
        }

        return required;
    }

    private static List<MemberId> Vetoes(RoomCharter charter, RoomCharter? parent, IReadOnlySet<MemberId> vetoedBy)
    {
        if (vetoedBy.Count == 0 || parent is null)
        {
            return [];
        }

        var excluded = IsPureRemoval(charter, parent, out var removed) ? removed : null;
        return [.. vetoedBy.Where(member => member != excluded && parent.HasAVoice(member)).Order()];
    }
}
