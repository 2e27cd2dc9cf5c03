using System.Diagnostics.CodeAnalysis;
using CleanRoom.Charter;
using CleanRoom.Cryptography;

namespace CleanRoom.Matching.Release;

/// <summary>What one owner's broker has released to this instance. Zeroed when it goes.</summary>
internal sealed class MemberKeys(ReadOnlySpan<byte> roomSecret, IReadOnlyDictionary<int, HpkePrivateKey> recordKeys, DateTimeOffset leaseEnds) : IDisposable
{
    public SecretBytes RoomSecret { get; } = new(roomSecret);

    public DateTimeOffset LeaseEnds { get; } = leaseEnds;

    public bool TryRecordKey(int period, [NotNullWhen(true)] out HpkePrivateKey? key) => recordKeys.TryGetValue(period, out key);

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

    /// <summary>Erases the keys whose lease is over, and says whose they were.</summary>
    public IReadOnlyList<MemberId> Expire(DateTimeOffset roomTime)
    {
        var over = _keys.Where(pair => pair.Value.LeaseEnds <= roomTime).Select(pair => pair.Key).ToList();
        foreach (var member in over)
        {
            _keys[member].Dispose();
            _ = _keys.Remove(member);
        }
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
