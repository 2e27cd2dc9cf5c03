using CleanRoom.Charter.Queries;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Log;

/// <content>The rules of what people do through the log: who may, and that two different persons did where two must.</content>
public sealed partial class RoomState
{
    /// <summary>Whether two officers have asked and two releasers have decided, or two releasers have given what they were offered to give, and nothing has left for it so far.</summary>
    public bool MayBeDisclosed(EntryId request) =>
        _acts.TryGetValue(request, out var act) && act.Counts && !_disclosed.Contains(request)
        && (act.Entry.Kind == ActKind.Facts || (act.Entry.Kind == ActKind.Request && _decided.Contains(request)));

    /// <summary>Whether facts may follow a notice without anybody's signature: the charter in force says so, and the log has not used the id.</summary>
    private bool MayFollow(EntryId id) =>
        !_automatic.Contains(id) && !IsUsed(id) && Charter!.Queries.Any(query => query.Agencies is { Facts: FactsRule.Automatic });

    /// <summary>Whether an act may be about this: a request that two officers have signed; for an outcome also facts that followed a notice.</summary>
    private bool IsThere(EntryId about, ActKind kind) =>
        (_acts.TryGetValue(about, out var act) && act.Counts && (act.Entry.Kind == ActKind.Request || (act.Entry.Kind == ActKind.Facts && kind == ActKind.Outcome)))
        || (kind == ActKind.Outcome && _automatic.Contains(about));

    private IgnoredReason ApplyAct(SignedEntry signed, ActEntry entry)
    {
        Charter!.TryFind(entry.Author!, out var member);
        if (!ActRules.MayAct(entry.Kind, member!) || (entry.Kind == ActKind.Emergency && Charter.Emergencies is null) || (entry.Kind == ActKind.Override && Charter.Overrides is null)
            || (entry.Kind == ActKind.Opening && Charter.Audits is null)
            || (entry.Kind == ActKind.Facts && !Charter.Queries.Any(query => query.Agencies is { Facts: not FactsRule.OnRelease })))
        {
            return IgnoredReason.NotAllowed;
        }

        var reason = CheckPerson(signed, ActRules.RolesOf(entry.Kind, member is AgencyMember));
        if (reason != IgnoredReason.None)
        {
            return reason;
        }

        if (CurrentKey(entry.Author!, KeyPurpose.Record)?.Period != entry.Period)
        {
            return IgnoredReason.WrongRecordKey;
        }

        if (ErasureOf(entry.Author!, entry.Period) is not null)
        {
            return IgnoredReason.KeyErased;
        }

        // Others' requests are hashes to a member: only who sees all entries can say that there is no such request.
        if (entry.About is { } about && !HasUnseen && !IsThere(about, entry.Kind))
        {
            return IgnoredReason.NotApproved;
        }

        var count = _actCounts.GetValueOrDefault(entry.Author!);
        if (count >= MaxActs)
        {
            return IgnoredReason.LimitReached;
        }

        _actCounts[entry.Author!] = count + 1;
        var person = _persons[signed.SignedBy];
        _acts[entry.Id] = new LoggedAct(entry, Size, signed.LeafHash, signed.SignedBy, person.Name, person.Roles);
        _actsByHash[signed.LeafHash] = entry.Id;
        return IgnoredReason.None;
    }

    private IgnoredReason ApplyConfirm(SignedEntry signed, ConfirmEntry entry)
    {
        if (WaitingListingOf(entry.Author!) is { } listing && listing.LeafHash == entry.Of)
        {
            var refused = CheckSecond(signed, PersonRoles.Approver, listing.Signer, listing.Person);
            if (refused == IgnoredReason.None)
            {
                _ = _waitingListings.Remove(entry.Author!);
                _listings[entry.Author!] = listing.Wanted with { Index = Size };
            }

            return refused;
        }

        if (_waitingVerdicts.Values.FirstOrDefault(verdict => verdict.LeafHash == entry.Of && verdict.Entry.Author == entry.Author) is { } waiting)
        {
            return ConfirmVerdict(signed, waiting);
        }

        if (!_actsByHash.TryGetValue(entry.Of, out var id) || _acts[id] is not { ConfirmedAt: null } act || act.Entry.Author != entry.Author || !ActRules.NeedsSecond(act.Entry.Kind))
        {
            return IgnoredReason.UnknownAct;
        }

        Charter!.TryFind(entry.Author!, out var member);
        var reason = CheckSecond(signed, ActRules.RolesOf(act.Entry.Kind, member is AgencyMember), act.Signer, act.Person);
        if (reason != IgnoredReason.None)
        {
            return reason;
        }

        if (ActRules.NeedsTwoRoles(act.Entry.Kind) && !ActRules.AreTwoRoles(act.Entry.Kind, act.Roles, _persons[signed.SignedBy].Roles))
        {
            return IgnoredReason.SameRole;
        }

        _acts[id] = act with { ConfirmedAt = Size };
        if (act.Entry is { Kind: ActKind.Decision, About: { } request })
        {
            _ = _decided.Add(request);
        }

        return IgnoredReason.None;
    }

    /// <summary>Whether the signer may be the second person for what another one has signed.</summary>
    private IgnoredReason CheckSecond(SignedEntry signed, PersonRoles roles, KeyId first, string person) => CheckPerson(signed, roles) switch
    {
        not IgnoredReason.None and var reason => reason,

        // Who is revoked has no say any more, not even in what waits.
        _ when _persons[first].RevokedAt is not null => IgnoredReason.Revoked,

        // By name: a second key of the same person is no second person.
        _ when _persons[signed.SignedBy].Name == person => IgnoredReason.SamePerson,
        _ => IgnoredReason.None,
    };
}
