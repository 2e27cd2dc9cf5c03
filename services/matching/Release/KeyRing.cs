using System.Diagnostics.CodeAnalysis;
using CleanRoom.Charter;
using CleanRoom.Cryptography;

namespace CleanRoom.Matching.Release;

/// <summary>What one owner's broker has released to this instance. Zeroed when it goes.</summary>
internal sealed class MemberKeys(ReadOnlySpan<byte> roomSecret, Dictionary<int, HpkePrivateKey> recordKeys, DateTimeOffset leaseEnds) : IDisposable
{
    public SecretBytes RoomSecret { get; } = new(roomSecret);

    public DateTimeOffset LeaseEnds { get; } = leaseEnds;

    public bool TryRecordKey(int period, [NotNullWhen(true)] out HpkePrivateKey? key) => recordKeys.TryGetValue(period, out key);

    /// <summary>Erases the record key of a period, if it is here.</summary>
    public void Forget(int period)
    {
        if (recordKeys.Remove(period, out var key))
        {
            key.Dispose();
        }
    }

    public void Dispose()
    {
        RoomSecret.Dispose();
        foreach (var key in recordKeys.Values)
        {
            key.Dispose();
        }
    }
}

/// <summary>All keys leased to this instance.</summary>
internal sealed class KeyRing : IDisposable
{
    private readonly SortedDictionary<MemberId, MemberKeys> _keys = [];

    public IReadOnlyCollection<MemberId> Members => _keys.Keys;

    /// <summary>When the first of the leases ends; null without any.</summary>
    public DateTimeOffset? EarliestEnd => _keys.Count == 0 ? null : _keys.Values.Min(static keys => keys.LeaseEnds);

    public bool TryGet(MemberId member, [NotNullWhen(true)] out MemberKeys? keys) => _keys.TryGetValue(member, out keys);

    public void Add(MemberId member, MemberKeys keys) => _keys.Add(member, keys);

    /// <summary>Erases a member's record key of a period.</summary>
    public void Forget(MemberId member, int period)
    {
        if (_keys.TryGetValue(member, out var keys))
        {
            keys.Forget(period);
        }
    }

    /// <summary>Erases all of a member's keys.</summary>
    public void Remove(MemberId member)
    {
        if (_keys.Remove(member, out var keys))
        {
            keys.Dispose();
        }
    }

    /// <summary>Erases the keys whose lease is over, and says whose they were.</summary>
    public IReadOnlyList<MemberId> Expire(DateTimeOffset roomTime)
    {
        var over = _keys.Where(pair => pair.Value.LeaseEnds <= roomTime).Select(pair => pair.Key).ToList();
        over.ForEach(Remove);
        return over;
    }

    public void Dispose()
    {
        foreach (var keys in _keys.Values)
        {
            keys.Dispose();
        }
        _keys.Clear();
    }
}
