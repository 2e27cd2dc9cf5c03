using CleanRoom.Linkage.Blocking;
using CleanRoom.Linkage.Fields;
using CleanRoom.Linkage.Models;

namespace CleanRoom.Linkage.Tables;

/// <summary>A record that another is linked with.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Weight">Prior and all fields in bits.</param>
/// <param name="Levels">The level of each field, four bits each, from the lowest.</param>
public readonly record struct IndexedLink(string Id, float Weight, ulong Levels)
{
    /// <summary>The probability of a match.</summary>
    public double Probability => LinkModel.Probability(Weight);
}

/// <summary>
/// A table that changes: records are added, replaced and withdrawn one by one, each in the time of its own candidates. Model, key families and
/// frequencies of values are those of the table it began with. The links of a record depend on the records that are there, not on how they came.
/// Not thread-safe.
/// </summary>
/// <remarks>
/// <see cref="TableLinker"/> meets the members of over-full blocks again by third keys; here a key that more records share than its cap finds
/// nobody. Without over-full blocks both find the same links with the same weights.
/// </remarks>
public sealed class LinkIndex
{
    private const int MaxProduct = 24;

    private readonly LinkTable _table;
    private readonly PairScorer _scorer;
    private readonly PairSieve _sieve;
    private readonly IReadOnlyList<KeyAtom> _atoms;
    private readonly KeyFamily[] _families;
    private readonly Postings[] _postings;
    private readonly float _floor;
    private readonly Dictionary<string, int> _records = new(StringComparer.Ordinal);
    private readonly List<string?> _ids = [];
    private readonly Stack<int> _free = [];
    private readonly List<ulong> _keys = [];
    private readonly List<int> _ends = [];
    private readonly List<int> _found = [];

    private LinkIndex(LinkTable table, LinkModel model, TermWeights terms, IReadOnlyList<KeyAtom> atoms, IReadOnlyList<KeyFamily> families, double minProbability, int threads)
    {
        _table = table;
        _atoms = atoms;
        Model = model;
        _floor = (float)LinkModel.WeightOf(minProbability);
        _scorer = new PairScorer(table, model, terms);
        _sieve = new PairSieve(table, _scorer, _floor);
        _families = [.. families];
        _postings = new Postings[_families.Length];
        for (var i = 0; i < table.Count; i++)
        {
            _records.Add(table.Ids[i], i);
            _ids.Add(table.Ids[i]);
        }
        _ = Parallel.For(0, _families.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, f =>
        {
            var postings = _postings[f] = new Postings(KeyPlan.CapOf(_families[f], table.Count), table.Count);
            var keys = new List<ulong>();
            for (var i = 0; i < table.Count; i++)
            {
                keys.Clear();
                AddKeys(_families[f], i, keys);
                foreach (var key in keys)
                {
                    postings.Add(key, i);
                }
            }
        });
    }

    /// <summary>What its pairs are weighed by.</summary>
    public LinkModel Model { get; }

    /// <summary>The fields of a record, in the order in which their values are given.</summary>
    public IReadOnlyList<FieldSpec> Fields => _table.Fields;

    /// <summary>Number of records.</summary>
    public int Count => _records.Count;

    /// <summary>Begins with the records of a table, which belongs to the index from then on.</summary>
    /// <param name="table">One table; its frequencies of values are kept for as long as the index is.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="model">The model, or null to train one on the table.</param>
    /// <param name="minProbability">The least probability of links. Above 0, below 1.</param>
    /// <param name="threads">Threads to begin with, 1 to 64. Nothing depends on it.</param>
    /// <param name="cancellationToken">Stops the training.</param>
    /// <exception cref="ArgumentException">There are two tables, or an id stands there twice.</exception>
    /// <exception cref="FormatException">The model does not fit the table's fields.</exception>
    public static LinkIndex Create(LinkTable table, LinkConfig config, LinkModel? model = null, double minProbability = 0.001, int threads = 2, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(config);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(minProbability, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(minProbability, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, 64);
        if (table.TwoSources)
        {
            throw new ArgumentException("An index holds one table.", nameof(table));
        }
        var terms = TermWeights.Count(table);
        var atoms = KeyAtoms.Of(table, threads);
        var families = KeyPlan.Choose(table, config, atoms, threads);
        if (model is null)
        {
            var blocks = BlockIndex.Build(table, families, atoms, threads, cancellationToken);
            model = new Trainer(table, config.Name, terms, blocks, threads).Train(cancellationToken);
        }
        model.RequireFields(table.Fields);
        return new LinkIndex(table, model, terms, [.. families.SelectMany(f => f.Atoms).Distinct()], families, minProbability, threads);
    }

    /// <summary>Adds a record.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="values">For each of <see cref="Fields"/> its value as written; empty if there is none.</param>
    /// <returns>Its links, the surest first.</returns>
    /// <exception cref="ArgumentException">The id is there already, or the number of values is not that of the fields.</exception>
    /// <exception cref="InvalidOperationException">The index is full.</exception>
    public IReadOnlyList<IndexedLink> Add(string id, IReadOnlyList<string> values)
    {
        ArgumentNullException.ThrowIfNull(id);
        if (_records.ContainsKey(id))
        {
            throw new ArgumentException("The id is there already: update its record.", nameof(id));
        }
        Check(values);
        var record = Place(id);
        Write(record, values);
        CollectKeys(record);
        var links = Links(record);
        for (int f = 0, k = 0; f < _postings.Length; f++)
        {
            for (; k < _ends[f]; k++)
            {
                _postings[f].Add(_keys[k], record);
            }
        }
        return links;
    }

    /// <summary>Replaces a record, or adds it if it is not there.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="values">Its values now, as for <see cref="Add"/>.</param>
    /// <returns>Its links, the surest first.</returns>
    /// <exception cref="ArgumentException">The number of values is not that of the fields.</exception>
    /// <exception cref="InvalidOperationException">The index is full.</exception>
    public IReadOnlyList<IndexedLink> Update(string id, IReadOnlyList<string> values)
    {
        Check(values);
        _ = Withdraw(id);
        return Add(id, values);
    }

    /// <summary>Takes a record out; false if it is not there.</summary>
    public bool Withdraw(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        if (!_records.Remove(id, out var record))
        {
            return false;
        }
        CollectKeys(record);
        for (int f = 0, k = 0; f < _postings.Length; f++)
        {
            for (; k < _ends[f]; k++)
            {
                _postings[f].Remove(_keys[k], record);
            }
        }
        _ids[record] = null;
        _table.Row(record).Clear();
        _free.Push(record);
        return true;
    }

    /// <summary>Gives a record's links, the surest first, equal ones by id; none if it is not there.</summary>
    public IReadOnlyList<IndexedLink> LinksOf(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        if (!_records.TryGetValue(id, out var record))
        {
            return [];
        }
        CollectKeys(record);
        return Links(record);
    }

    private void Check(IReadOnlyList<string> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count != Fields.Count)
        {
            throw new ArgumentException($"{values.Count} values: give one for each of the {Fields.Count} fields, empty if there is none.", nameof(values));
        }
    }

    private int Place(string id)
    {
        if (!_free.TryPop(out var record))
        {
            record = _ids.Count;
            if (record > Math.Min(Postings.MaxRecords, LinkTableBuilder.MaxRecords))
            {
                throw new InvalidOperationException("The index is full.");
            }
            _ids.Add(null);
        }
        _ids[record] = id;
        _records.Add(id, record);
        return record;
    }

    private void Write(int record, IReadOnlyList<string> values)
    {
        _table.Grow(record + 1);
        for (var f = 0; f < Fields.Count; f++)
        {
            _table.Set(record, f, ValueReader.Read(Fields[f].Kind, values[f], _table.DateOrders[f]));
        }
        _scorer.Extend();
        foreach (var atom in _atoms)
        {
            atom.Extend();
        }
    }

    private void CollectKeys(int record)
    {
        _keys.Clear();
        _ends.Clear();
        for (var f = 0; f < _families.Length; f++)
        {
            var from = _keys.Count;
            AddKeys(_families[f], record, _keys);
            for (var k = from; k < _keys.Count; k++)
            {
                _postings[f].Fetch(_keys[k]);
            }
            _ends.Add(_keys.Count);
        }
    }

    private void AddKeys(KeyFamily family, int record, List<ulong> keys)
    {
        var first = family.Atoms[0].Keys(_table.Value(record, family.Atoms[0].Field));
        if (family.IsSingle)
        {
            foreach (var key in first)
            {
                keys.Add(Hash.Mix(key));
            }
            return;
        }
        var second = family.Atoms[1].Keys(_table.Value(record, family.Atoms[1].Field));
        var left = MaxProduct;
        foreach (var x in first)
        {
            foreach (var y in second)
            {
                if (left-- > 0)
                {
                    keys.Add(Hash.Mix(((ulong)x << 32) | y));
                }
            }
        }
    }

    private IndexedLink[] Links(int record)
    {
        _found.Clear();
        for (int f = 0, k = 0; f < _postings.Length; f++)
        {
            for (; k < _ends[f]; k++)
            {
                _postings[f].Gather(_keys[k], _found);
            }
        }
        var candidates = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_found);
        candidates.Sort();
        var count = 0;
        foreach (var other in candidates)
        {
            if (other != record && (count == 0 || candidates[count - 1] != other))
            {
                _table.Rows.Fetch(other);
                candidates[count++] = other;
            }
        }
        candidates = candidates[..count];
        var links = new List<IndexedLink>();
        foreach (var other in candidates[.._sieve.Sieve(record, candidates)])
        {
            if (_scorer.TryScore(record, other, _floor, out var weight, out var levels))
            {
                links.Add(new IndexedLink(_ids[other]!, weight, levels));
            }
        }
        return [.. links.OrderByDescending(l => l.Weight).ThenBy(l => l.Id, StringComparer.Ordinal)];
    }
}
