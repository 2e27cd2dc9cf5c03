namespace CleanRoom.Charter.Log;

/// <content>Brokers that hold the same owner's keys: its own and the stand-ins that the charter names.</content>
public sealed partial class RoomState
{
    /// <summary>
    /// Gives every broker that a charter has let hold a record key since the key was logged, also one that no charter names any more: nobody knows whether it destroyed its copy, unless it said so.
    /// </summary>
    /// <param name="member">The owner.</param>
    /// <param name="period">Period of the key; none is given for one that this view does not show.</param>
    public IReadOnlyList<KeyHolder> HoldersOf(MemberId member, int period)
    {
        var keys = KeysOf(member, KeyPurpose.Record);
        if (period < 1 || period > keys.Count)
        {
            return [];
        }

        var logged = keys[period - 1].Index;
        var stated = _erasures.TryGetValue((member, period), out var statements) ? statements.Select(statement => statement.By).ToHashSet() : [];
        return
        [
            .. _charters.Where((_, i) => i + 1 == _charters.Count || _charters[i + 1].Index > logged)
                .SelectMany(item => item.Charter.TryFind(member, out var listed) && listed.Broker is { } broker ? broker.Holders : [])
                .Select(key => key.Id).Distinct().Select(key => new KeyHolder(key, stated.Contains(key))),
        ];
    }

    /// <summary>What is said of an owner's keys is signed by the verifier key of its broker or of a stand-in that the charter in force names, and by no person.</summary>
    private IgnoredReason CheckBroker(SignedEntry signed)
    {
        Charter!.TryFind(signed.Entry.Author!, out var member);
        return member!.Broker is not { } broker ? IgnoredReason.NotAllowed
            : broker.Holders.FirstOrDefault(key => key.Id == signed.SignedBy) is { } key ? CheckKey(signed, key) : IgnoredReason.UnknownSigner;
    }
}
