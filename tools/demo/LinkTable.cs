using CleanRoom.Charter;
using CleanRoom.Charter.Messages;
using CleanRoom.Charter.Queries;
using CleanRoom.Cryptography;

namespace CleanRoom.Demo;

/// <summary>A record, as its contributor knows it.</summary>
internal sealed record KnownRecord(MemberId Contributor, string Reference, Guid Id);

/// <summary>What the parties together were told of one pair.</summary>
internal sealed class ToldLink(string link, KnownRecord one, KnownRecord other)
{
    public string Link { get; } = link;

    public KnownRecord One { get; } = one;

    public KnownRecord Other { get; } = other;

    public MatchStrength Strength { get; set; }

    public bool Review { get; set; }

    public bool ChildProtection { get; set; }

    public HashSet<MemberId> Pointers { get; } = [];

    public HashSet<MemberId> Releasing { get; } = [];

    /// <summary>In the words of code list disposition, as samples/truth.csv has them.</summary>
    public string Disposition
    {
        get
        {
            if (Review)
            {
                return ChildProtection ? "CHILD_PROTECTION+HUMAN_REVIEW" : "HUMAN_REVIEW";
            }
            var pointer = Pointers.Count switch { 2 => "NGO_POINTER", 1 => "NGO_POINTER_ONE_WAY", _ => "" };
            return (pointer.Length, Releasing.Count) switch
            {
                (0, _) => "LE_NONIDENT",
                (_, 0) => pointer,
                _ => pointer + "+LE_NONIDENT",
            };
        }
    }

    /// <summary>In order: tell_owner_of_1, tell_owner_of_2, le_from_1, le_from_2.</summary>
    public IReadOnlyList<string> Telling =>
    [
        Review ? "nothing" : Pointers.Contains(One.Contributor) ? "pointer" : "nothing",
        Review ? "nothing" : Pointers.Contains(Other.Contributor) ? "pointer" : "nothing",
        Review || !Releasing.Contains(One.Contributor) ? "none" : "nonident",
        Review || !Releasing.Contains(Other.Contributor) ? "none" : "nonident",
    ];

    public string Row() => string.Join(',', [Link, One.Reference, Other.Reference, Strength.ToString(), Disposition, .. Telling]);
}

/// <summary>
/// Joins what all parties were told over the references of matches. Nobody in a real room can do this: it takes every owner's room secret and every recipient's inbox.
/// </summary>
internal sealed class LinkTable
{
    public const string Header = "link_type,record_1,record_2,strength,disposition,tell_owner_of_1,tell_owner_of_2,le_from_1,le_from_2";

    private readonly RoomId _room;
    private readonly IReadOnlyDictionary<MemberId, SecretBytes> _secrets;
    private readonly Dictionary<MemberId, KnownRecord[]> _records;
    private readonly Dictionary<(MemberId, string, string?), PairSearch> _searches = [];
    private readonly Dictionary<(MemberId, MemberId, MemberId), SecretBytes> _keys = [];
    private readonly Dictionary<(string, Guid, Guid), ToldLink> _links = [];

    public LinkTable(RoomId room, IReadOnlyDictionary<MemberId, SecretBytes> secrets, IReadOnlyDictionary<MemberId, IReadOnlyList<KnownRecord>> records)
    {
        (_room, _secrets) = (room, secrets);
        _records = records.ToDictionary(pair => pair.Key, pair => pair.Value.OrderBy(record => record.Reference, StringComparer.Ordinal).ToArray());
    }

    /// <summary>One for each link type and pair, in order.</summary>
    public IReadOnlyList<ToldLink> Links =>
        [.. _links.Values.OrderBy(link => link.Link, StringComparer.Ordinal).ThenBy(link => link.One.Reference, StringComparer.Ordinal).ThenBy(link => link.Other.Reference, StringComparer.Ordinal)];

    /// <summary>Takes a message that a recipient has opened.</summary>
    /// <returns>False if its reference belongs to no pair of records.</returns>
    public bool Take(MemberId recipient, RoomMessage message)
    {
        switch (message)
        {
            case RoomMessage.MatchPointer pointer when Find(recipient, pointer.Link, pointer.Match, pointer.Own) is { } link:
                link.Strength = pointer.Strength;
                _ = link.Pointers.Add(recipient);
                return true;
            case RoomMessage.Review review when Find(recipient, review.Link, review.Match, review.Own) is { } link:
                link.Strength = review.Strength;
                link.Review = true;
                link.ChildProtection |= review.ChildProtection;
                return true;
            case RoomMessage.Notice notice when Find(recipient, notice.Link, notice.Match, null) is { } link:
                link.Strength = notice.Strength;
                link.Releasing.UnionWith(notice.Ask.Select(desk => desk.Member));
                return true;
            case RoomMessage.Head or RoomMessage.Empty or RoomMessage.Ending:
                return true;
            default:
                return false;
        }
    }

    private ToldLink? Find(MemberId recipient, string link, string reference, string? own)
    {
        if (!_searches.TryGetValue((recipient, link, own), out var search))
        {
            search = _searches[(recipient, link, own)] = new PairSearch(References(recipient, link, own).GetEnumerator());
        }
        if (search.Find(reference) is not { } pair)
        {
            return null;
        }
        var (one, other) = string.CompareOrdinal(pair.Item1.Reference, pair.Item2.Reference) <= 0 ? pair : (pair.Item2, pair.Item1);
        var key = (link, one.Id, other.Id);
        return _links.TryGetValue(key, out var told) ? told : _links[key] = new ToldLink(link, one, other);
    }

    /// <summary>The references that a recipient could get for its record (or, for an agency, of any pair), nearest case numbers first.</summary>
    private IEnumerable<(string Reference, (KnownRecord, KnownRecord) Pair)> References(MemberId recipient, string link, string? own)
    {
        var left = own is null ? _records.Values.SelectMany(records => records) : _records[recipient].Where(record => record.Reference == own);
        foreach (var one in left)
        {
            var others = _records.Where(pair => own is null ? pair.Key > one.Contributor : pair.Key != one.Contributor).Select(pair => Nearest(pair.Value, one.Reference)).ToList();
            foreach (var other in Interleave(others))
            {
                yield return (MatchReference.Compute(KeyOf(recipient, one.Contributor, other.Contributor), link, (one.Contributor, one.Id), (other.Contributor, other.Id)), (one, other));
            }
        }
    }

    private SecretBytes KeyOf(MemberId recipient, MemberId one, MemberId other)
    {
        if (!_keys.TryGetValue((recipient, one, other), out var key))
        {
            key = _keys[(recipient, one, other)] = MatchReference.DeriveKey(_room, recipient, one, other, owner => _secrets[owner]);
        }
        return key;
    }

    /// <summary>From the place where a reference would stand, outwards: a guess at the order only, everything comes in the end.</summary>
    private static IEnumerable<KnownRecord> Nearest(KnownRecord[] sorted, string reference)
    {
        var (low, high) = (0, sorted.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = string.CompareOrdinal(sorted[middle].Reference, reference) < 0 ? (middle + 1, high) : (low, middle);
        }
        for (var step = 0; low - 1 - step >= 0 || low + step < sorted.Length; step++)
        {
            if (low + step < sorted.Length)
            {
                yield return sorted[low + step];
            }
            if (low - 1 - step >= 0)
            {
                yield return sorted[low - 1 - step];
            }
        }
    }

    private static IEnumerable<KnownRecord> Interleave(List<IEnumerable<KnownRecord>> lists)
    {
        var rest = lists.Select(list => list.GetEnumerator()).ToList();
        while (rest.Count > 0)
        {
            _ = rest.RemoveAll(list => !list.MoveNext());
            foreach (var list in rest)
            {
                yield return list.Current;
            }
        }
    }

    /// <summary>Goes through the possible references only as far as it has to.</summary>
    private sealed class PairSearch(IEnumerator<(string Reference, (KnownRecord, KnownRecord) Pair)> rest)
    {
        private readonly Dictionary<string, (KnownRecord, KnownRecord)> _seen = new(StringComparer.Ordinal);

        public (KnownRecord, KnownRecord)? Find(string reference)
        {
            if (_seen.TryGetValue(reference, out var pair))
            {
                return pair;
            }
            while (rest.MoveNext())
            {
                _seen[rest.Current.Reference] = rest.Current.Pair;
                if (rest.Current.Reference == reference)
                {
                    return rest.Current.Pair;
                }
            }
            return null;
        }
    }
}
