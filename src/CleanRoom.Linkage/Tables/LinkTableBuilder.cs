using CleanRoom.Linkage.Fields;
using CleanRoom.Records.Normalisation;

namespace CleanRoom.Linkage.Tables;

/// <summary>Takes one or two tables row by row and makes a <see cref="LinkTable"/> of them. Each distinct cell of a column is normalised once.</summary>
public sealed class LinkTableBuilder
{
    /// <summary>The most records.</summary>
    public const int MaxRecords = 20_000_000;

    private readonly LinkConfig _config;
    private readonly Dictionary<string, string> _map;
    private readonly List<string> _ids = [];
    private readonly List<byte> _sources = [];
    private readonly RawColumn[] _columns;
    private int[][] _cellsOf = [];
    private byte _source;
    private bool _begun;

    /// <summary>Makes an empty builder.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="map">Columns by name to fields by name, over and above the configuration's; empty for a column to be left out.</param>
    public LinkTableBuilder(LinkConfig config, IReadOnlyDictionary<string, string>? map = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        _config = config;
        _map = (map ?? new Dictionary<string, string>()).ToDictionary(p => Plain(p.Key), p => p.Value, StringComparer.Ordinal);
        _columns = [.. config.Fields.Select(_ => new RawColumn())];
    }

    /// <summary>Columns of the tables that belong to no field.</summary>
    public IReadOnlyList<string> Unused { get; private set; } = [];

    /// <summary>Fields by the columns they were found in.</summary>
    public IReadOnlyList<(string Column, string Field)> Used { get; private set; } = [];

    /// <summary>Begins a table.</summary>
    /// <param name="headers">Its header.</param>
    /// <param name="idColumn">Index of the id's column.</param>
    /// <exception cref="InvalidOperationException">More than two tables.</exception>
    public void Begin(IReadOnlyList<string> headers, int idColumn)
    {
        ArgumentNullException.ThrowIfNull(headers);
        if (_begun && _source == 1)
        {
            throw new InvalidOperationException("At most two tables.");
        }
        _source = (byte)(_begun ? 1 : 0);
        _begun = true;
        var plain = headers.Select(Plain).ToArray();
        var taken = new HashSet<int> { idColumn };
        var used = new List<(string, string)>();
        _cellsOf = new int[_config.Fields.Count][];
        for (var f = 0; f < _config.Fields.Count; f++)
        {
            var field = _config.Fields[f];
            var cells = new List<int>();
            for (var c = 0; c < plain.Length; c++)
            {
                if (_map.TryGetValue(plain[c], out var wanted) && wanted == field.Name && taken.Add(c))
                {
                    cells.Add(c);
                }
            }
            foreach (var name in field.Columns)
            {
                var c = Array.IndexOf(plain, Plain(name));
                if (c >= 0 && !_map.ContainsKey(plain[c]) && (cells.Count == 0 || field.Kind == FieldKind.Name) && taken.Add(c))
                {
                    cells.Add(c);
                }
            }
            _cellsOf[f] = [.. cells];
        }
        var given = Has(FieldKind.Given);
        var family = Has(FieldKind.Family);
        for (var f = 0; f < _cellsOf.Length; f++)
        {
            if (_config.Fields[f].OnlyWithoutParts && given && family)
            {
                _cellsOf[f] = [];
            }
            used.AddRange(_cellsOf[f].Select(c => (headers[c], _config.Fields[f].Name)));
        }
        Used = [.. Used.Concat(used).Distinct()];
        Unused = [.. headers.Where((_, c) => c != idColumn && !_cellsOf.Any(cells => cells.Contains(c)))];
    }

    /// <summary>Adds a row of the table begun last; missing cells are empty.</summary>
    /// <exception cref="InvalidOperationException">No table was begun, or the builder is full.</exception>
    public void Add(string id, IReadOnlyList<string> cells)
    {
        ArgumentNullException.ThrowIfNull(id);
        ArgumentNullException.ThrowIfNull(cells);
        if (!_begun || _ids.Count >= MaxRecords)
        {
            throw new InvalidOperationException(_begun ? $"More than {MaxRecords} records." : "Begin a table first.");
        }
        _ids.Add(id);
        _sources.Add(_source);
        for (var f = 0; f < _cellsOf.Length; f++)
        {
            var text = "";
            foreach (var c in _cellsOf[f])
            {
                if (c < cells.Count && cells[c].AsSpan().Trim() is { IsEmpty: false } cell)
                {
                    text = text.Length == 0 ? cell.Length == cells[c].Length ? cells[c] : cell.ToString() : $"{text}{ValueReader.Separator}{cell}";
                    if (_config.Fields[f].Kind != FieldKind.Name)
                    {
                        break;
                    }
                }
            }
            _columns[f].Add(text);
        }
    }

    /// <summary>Normalises what was added.</summary>
    /// <exception cref="FormatException">No column belongs to a field, or too many do; the message names the remedy.</exception>
    public LinkTable Build(int threads = 2)
    {
        var present = Enumerable.Range(0, _columns.Length).Where(f => _columns[f].Distinct > 1).ToArray();
        if (present.Length == 0)
        {
            throw new FormatException($"No column belongs to a field of the configuration {_config.Name}: name them with --map COLUMN=FIELD.");
        }
        if (present.Length > FieldSpec.MaxFields)
        {
            throw new FormatException($"{present.Length} fields are found, at most {FieldSpec.MaxFields} can be compared: leave some out with --map COLUMN=.");
        }
        var fields = present.Select(f => _config.Fields[f]).ToArray();
        var values = new ValueTable[fields.Length];
        for (var f = 0; f < fields.Length; f++)
        {
            var partner = Array.FindIndex(fields, 0, f, g => g.Swap == fields[f].Name);
            values[f] = partner >= 0 ? values[partner] : new ValueTable();
        }
        var numbers = new int[fields.Length][];
        var dateOrders = new DateOrder[fields.Length];
        var (order, places) = (Array.Empty<int>(), Array.Empty<int>());
        var work = values.Distinct().OrderByDescending(table => present.Where((_, f) => ReferenceEquals(values[f], table)).Sum(c => _columns[c].Distinct)).Select(table => (Action)(() =>
        {
            for (var f = 0; f < fields.Length; f++)
            {
                if (ReferenceEquals(values[f], table))
                {
                    var column = _columns[present[f]];
                    dateOrders[f] = fields[f].Kind == FieldKind.Date ? OrderOf(column) : DateOrder.Unknown;
                    numbers[f] = Normalise(fields[f].Kind, column, dateOrders[f], table);
                }
            }
        }));
        Ranges.Each(work.Append(() => (order, places) = Order()), act => act(), threads);
        var rows = new TableRows(fields.Length, _ids.Count);
        var cells = present.Select(f => _columns[f].Cells).ToArray();
        Ranges.For(0, places.Length, (from, end) =>
        {
            for (var i = from; i < end; i++)
            {
                var row = rows.Row(places[i]);
                for (var f = 0; f < numbers.Length; f++)
                {
                    row[f] = numbers[f][cells[f][i]];
                }
            }
        }, threads);
        var ids = new string[order.Length];
        var sources = _source == 0 ? [] : new byte[order.Length];
        Ranges.For(0, order.Length, (from, end) =>
        {
            for (var i = from; i < end; i++)
            {
                ids[i] = _ids[order[i]];
                if (sources.Length > 0)
                {
                    sources[i] = _sources[order[i]];
                }
            }
        }, threads);
        return new LinkTable(fields, values, dateOrders, ids, sources, rows);
    }

    private bool Has(FieldKind kind) => Enumerable.Range(0, _cellsOf.Length).Any(f => _config.Fields[f].Kind == kind && _cellsOf[f].Length > 0);

    // By hash of the id, then by id, then by table: an order that nobody chooses; and for each row added its place in it.
    private (int[] Order, int[] Places) Order()
    {
        var keys = new ulong[_ids.Count];
        var order = new int[_ids.Count];
        for (var i = 0; i < order.Length; i++)
        {
            keys[i] = Hash.Of(_ids[i]);
            order[i] = i;
        }
        Array.Sort(keys, order);
        for (var i = 0; i < order.Length;)
        {
            var end = i + 1;
            while (end < order.Length && keys[end] == keys[i])
            {
                end++;
            }
            if (end - i > 1)
            {
                Array.Sort(order, i, end - i, Comparer<int>.Create((a, b) =>
                    string.CompareOrdinal(_ids[a], _ids[b]) is var byId and not 0 ? byId : _sources[a] != _sources[b] ? _sources[a].CompareTo(_sources[b]) : a.CompareTo(b)));
            }
            i = end;
        }
        var places = new int[order.Length];
        for (var i = 0; i < order.Length; i++)
        {
            places[order[i]] = i;
        }
        return (order, places);
    }

    private static int[] Normalise(FieldKind kind, RawColumn column, DateOrder order, ValueTable table)
    {
        var numbers = new int[column.Distinct];
        var texts = new string[numbers.Length];
        Ranges.For(1, numbers.Length, (from, end) =>
        {
            for (var i = from; i < end; i++)
            {
                texts[i] = ValueReader.Read(kind, column.Text(i), order);
            }
        });
        table.Expect(table.Count + numbers.Length);
        for (var i = 1; i < numbers.Length; i++)
        {
            numbers[i] = table.Number(texts[i]);
        }
        return numbers;
    }

    private static DateOrder OrderOf(RawColumn column)
    {
        int day = 0, month = 0;
        for (var i = 1; i < column.Distinct; i++)
        {
            var text = column.Text(i);
            if (text.Length is >= 6 and <= 20 && text.AsSpan().ContainsAny('/', '.', '-') && text[Math.Min(4, text.Length - 1)] != '-')
            {
                var order = Dates.OrderOf(text);
                day += order == DateOrder.DayFirst ? 1 : 0;
                month += order == DateOrder.MonthFirst ? 1 : 0;
            }
        }
        return month > day ? DateOrder.MonthFirst : DateOrder.DayFirst;
    }

    // A header without what people write differently.
    private static string Plain(string header) => string.Concat(Text.FoldWords(header).Where(c => c != ' ' && c != '_'));

    /// <summary>Cells of one column, each distinct text once.</summary>
    private sealed class RawColumn
    {
        private readonly TextNumbers _texts = new();

        public List<int> Cells { get; } = [];

        public int Distinct => _texts.Count;

        public string Text(int number) => _texts.Text(number);

        public void Add(string text) => Cells.Add(_texts.Number(text));
    }
}
