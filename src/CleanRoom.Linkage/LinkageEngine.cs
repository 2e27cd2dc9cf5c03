using System.Collections.Concurrent;
using CleanRoom.Linkage.Comparison;
using CleanRoom.Records.Normalisation.Names;
using CleanRoom.Records.V1;

namespace CleanRoom.Linkage;

/// <summary>The first engine: exact keys, name and birth, sites, organisations and vessels by the Fellegi–Sunter weights of a <see cref="Models.RoomModel"/> and the rules of DATA.md 4.2.</summary>
public sealed class LinkageEngine : ILinkageEngine
{
    private const int MaxCandidates = 4000;

    private readonly LinkageOptions _options;
    private readonly Dictionary<RecordHandle, int> _places = [];
    private readonly RecordBlocks _blocks = new();
    private readonly Stack<int> _empty = [];
    private PreparedRecord?[] _records = [];
    private int _end;
    private readonly TermFrequencies _names;
    private readonly TermFrequencies _words;
    private readonly HouseNumbers _house = new();

    /// <summary>Makes an empty index.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public LinkageEngine(LinkageOptions? options = null)
    {
        _options = options ?? new LinkageOptions();
        (_names, _words) = (new TermFrequencies(_options.Model.Terms), new TermFrequencies(_options.Model.Terms));
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.MaxRecords, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.IdentifierBlock, 2, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.CompoundBlock, 2, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.Threads, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_options.Threads, 64, nameof(options));
    }

    /// <inheritdoc/>
    public int Count => _places.Count;

    /// <summary>Words of records that were read lately.</summary>
    internal NameTokenPool Pool { get; } = new();

    /// <inheritdoc/>
    public void Add(RecordHandle handle, CaseRecord record) => Add(Prepare(handle, record));

    /// <inheritdoc/>
    public PreparedRecord Prepare(RecordHandle handle, CaseRecord record) => PreparedRecord.From(handle, record, Pool);

    /// <inheritdoc/>
    public void Add(PreparedRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (_places.ContainsKey(record.Handle))
        {
            throw new ArgumentException("The handle is already in the index.", nameof(record));
        }
        if (_places.Count >= _options.MaxRecords)
        {
            throw new InvalidOperationException("The index is full.");
        }
        if (!_empty.TryPop(out var place))
        {
            place = _end++;
            if (place == _records.Length)
            {
                Array.Resize(ref _records, Math.Max(16, place * 2));
            }
        }
        _records[place] = record;
        _places.Add(record.Handle, place);
        foreach (var key in record.Keys)
        {
            _blocks.Add(key, place);
        }
        CountTerms(record, add: true);
        _house.Count(record, add: true);
    }

    /// <inheritdoc/>
    public bool Remove(RecordHandle handle)
    {
        if (!_places.Remove(handle, out var place))
        {
            return false;
        }
        var prepared = _records[place]!;
        _records[place] = null;
        _empty.Push(place);
        foreach (var key in prepared.Keys)
        {
            _blocks.Remove(key, place);
        }
        CountTerms(prepared, add: false);
        _house.Count(prepared, add: false);
        // No word may outlive its record here.
        Pool.Clear();
        return true;
    }

    /// <inheritdoc/>
    public LinkageResult FindLinks(IReadOnlyCollection<RecordHandle> newRecords, MayCompare mayCompare, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(newRecords);
        ArgumentNullException.ThrowIfNull(mayCompare);
        var asked = newRecords.Distinct().Order().Select(Find).OfType<PreparedRecord>().ToArray();
        var isNew = asked.Select(r => r.Handle).ToHashSet();
        var comparer = new PairComparer(_names, _words, _house, _options.Model);
        var narrowed = new ConcurrentDictionary<ulong, Lazy<RecordBlocks>>();
        var results = new List<Link>?[asked.Length];
        long pairs = 0;
        long cuts = 0;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = _options.Threads, CancellationToken = cancellationToken };
        _ = Parallel.For(0, asked.Length, parallel, i =>
        {
            var record = asked[i];
            var links = new List<Link>();
            var candidates = Candidates(record, isNew, narrowed, ref cuts);
            var compared = 0;
            foreach (var other in candidates)
            {
                // The question comes before the first look: a pair that may not be compared is never computed.
                if (!mayCompare(record.Handle, other.Handle))
                {
                    continue;
                }
                compared++;
                if (record.Handle < other.Handle)
                {
                    comparer.Compare(record, other, links);
                }
                else
                {
                    comparer.Compare(other, record, links);
                }
            }
            _ = Interlocked.Add(ref pairs, compared);
            results[i] = links;
        });
        return new LinkageResult(InOrder(results.SelectMany(r => r!)), pairs, cuts);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Link> FindLinks(CaseRecord subject, Predicate<RecordHandle> mayCompare)
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(mayCompare);
        // Read with a pool of its own: the question leaves no word in the engine.
        var prepared = PreparedRecord.From(RecordHandle.OfNoRecord, subject, new NameTokenPool());
        prepared.Keys = [.. prepared.Keys.Where(_blocks.Contains)];
        var comparer = new PairComparer(_names, _words, _house, _options.Model);
        var links = new List<Link>();
        long cuts = 0;
        foreach (var other in Candidates(prepared, [], new(), ref cuts))
        {
            if (mayCompare(other.Handle))
            {
                comparer.Compare(other, prepared, links);
            }
        }
        return InOrder(links);
    }

    private static Link[] InOrder(IEnumerable<Link> links) =>
        [.. links.OrderBy(l => l.First.Record).ThenBy(l => l.Second.Record).ThenBy(l => l.Type)
            .ThenBy(l => l.First.HolderRole, StringComparer.Ordinal).ThenBy(l => l.Second.HolderRole, StringComparer.Ordinal)];

    private PreparedRecord? Find(RecordHandle handle) => _places.TryGetValue(handle, out var place) ? _records[place] : null;

    // Records that share a block, each pair once, smallest blocks first; ordered by handle.
    private PreparedRecord[] Candidates(PreparedRecord record, HashSet<RecordHandle> isNew, ConcurrentDictionary<ulong, Lazy<RecordBlocks>> narrowed, ref long cuts)
    {
        var found = new HashSet<int>();
        var members = new List<int>();
        var others = new List<PreparedRecord>();
        void Take(RecordBlocks blocks, RecordBlocks.Block block)
        {
            members.Clear();
            blocks.Gather(block, members);
            foreach (var place in members)
            {
                if (found.Add(place))
                {
                    var other = _records[place]!;
                    if (other.Handle != record.Handle && !(other.Handle < record.Handle && isNew.Contains(other.Handle)))
                    {
                        others.Add(other);
                    }
                }
            }
        }
        foreach (var (key, block) in record.Keys.Select(k => (Key: k, Block: _blocks.Of(k))).OrderBy(b => b.Block.Count).ThenBy(b => b.Key))
        {
            if (others.Count > MaxCandidates)
            {
                _ = Interlocked.Increment(ref cuts);
                break;
            }
            var cap = (key & BlockKeys.IdentifierBit) != 0 ? _options.IdentifierBlock : _options.CompoundBlock;
            if (block.Count <= cap)
            {
                Take(_blocks, block);
                continue;
            }
            // Over its cap: met with a second key instead of dropped (Hashed Dynamic Blocking); what is still too large is left.
            _ = Interlocked.Increment(ref cuts);
            var parts = narrowed.GetOrAdd(key, _ => new Lazy<RecordBlocks>(() => Parts(block))).Value;
            foreach (var second in BlockKeys.Narrow(record))
            {
                var part = parts.Of(second);
                if (part.Count > 1 && part.Count <= cap)
                {
                    Take(parts, part);
                }
            }
        }
        others.Sort((a, b) => a.Handle.CompareTo(b.Handle));
        return [.. others];
    }

    private RecordBlocks Parts(RecordBlocks.Block block)
    {
        var parts = new RecordBlocks();
        var members = new List<int>(block.Count);
        _blocks.Gather(block, members);
        foreach (var place in members)
        {
            foreach (var key in BlockKeys.Narrow(_records[place]!))
            {
                parts.Add(key, place);
            }
        }
        return parts;
    }

    private void CountTerms(PreparedRecord record, bool add)
    {
        foreach (var person in record.Persons)
        {
            _names.Count(person.Names.SelectMany(n => n.Tokens).Select(t => t.Sound).Distinct(StringComparer.Ordinal), add);
        }
        var words = record.Sites.SelectMany(s => s.Form.All).Concat(record.Organisations.SelectMany(o => o.Form.Words)).Concat(record.Localities)
            .Concat(record.Persons.SelectMany(p => p.Home.Concat(p.BirthPlace)));
        _words.Count(words.Select(t => t.Sound).Distinct(StringComparer.Ordinal), add);
    }
}
