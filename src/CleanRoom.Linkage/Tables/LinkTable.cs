using CleanRoom.Linkage.Fields;
using CleanRoom.Records.Normalisation;

namespace CleanRoom.Linkage.Tables;

/// <summary>
/// Records as numbers: for each record and field the number of its value, records side by side in one array. Records stand in an order
/// that depends on their ids only, so nothing later depends on the order in which they came.
/// </summary>
public sealed class LinkTable
{
    internal LinkTable(IReadOnlyList<FieldSpec> fields, ValueTable[] values, DateOrder[] dateOrders, string[] ids, byte[] sources, TableRows rows)
    {
        DateOrders = dateOrders;
        Fields = fields;
        Values = values;
        Ids = ids;
        Sources = sources;
        Rows = rows;
        Comparers = new FieldComparer[fields.Count];
        SwapOf = new int[fields.Count];
        for (var f = 0; f < fields.Count; f++)
        {
            var same = Array.IndexOf(values, values[f], 0, f);
            Comparers[f] = same >= 0 ? Comparers[same] : FieldComparer.For(fields[f].Kind, values[f]);
            SwapOf[f] = -1;
            for (var g = 0; g < fields.Count; g++)
            {
                SwapOf[f] = fields[f].Swap == fields[g].Name && ReferenceEquals(values[f], values[g]) ? g : SwapOf[f];
            }
        }
        Ranges.Each(Comparers.Distinct(), comparer => comparer.Prepare());
        AddDigests();
    }

    /// <summary>The fields that the tables hold.</summary>
    public IReadOnlyList<FieldSpec> Fields { get; }

    /// <summary>Ids of the records.</summary>
    public IReadOnlyList<string> Ids { get; }

    /// <summary>Number of records.</summary>
    public int Count => Ids.Count;

    /// <summary>True if there are two tables: only pairs between them are looked for.</summary>
    public bool TwoSources => Sources.Length > 0;

    /// <summary>The table of each record, 0 or 1; empty if there is one table only.</summary>
    internal byte[] Sources { get; }

    internal ValueTable[] Values { get; }

    internal FieldComparer[] Comparers { get; }

    /// <summary>For each field the one with which it is mixed up, or -1; set on the first of the two only.</summary>
    internal int[] SwapOf { get; }

    /// <summary>How each field's dates are read that could be either way.</summary>
    internal DateOrder[] DateOrders { get; }

    internal TableRows Rows { get; }

    internal int Value(int record, int field) => Rows.Value(record, field);

    /// <summary>Gives the value of a field as it is compared; empty if there is none.</summary>
    public string Text(int record, int field) => Values[field].Text(Value(record, field));

    /// <summary>The table of a record, 0 or 1.</summary>
    public int SourceOf(int record) => Sources.Length == 0 ? 0 : Sources[record];

    /// <summary>Makes room for so many rows.</summary>
    internal void Grow(int records) => Rows.Grow(records);

    /// <summary>The row of a record: values, digests, details.</summary>
    internal Span<int> Row(int record) => Rows.Row(record);

    /// <summary>Writes a value, as it is compared, into a row.</summary>
    internal void Set(int record, int field, string text)
    {
        var value = Values[field].Number(text);
        Comparers[field].Prepare();
        var row = Row(record);
        row[field] = value;
        (row[field + Fields.Count], row[field + (2 * Fields.Count)]) = value == 0 ? (0, 0) : ((int)Comparers[field].Digest(value), (int)Comparers[field].Detail(value));
    }

    private void AddDigests()
    {
        var digests = new (uint Digest, uint Detail)[Fields.Count][];
        for (var f = 0; f < digests.Length; f++)
        {
            var (mine, comparer) = (new (uint, uint)[Values[f].Count], Comparers[f]);
            Ranges.For(1, mine.Length, (from, end) =>
            {
                for (var v = from; v < end; v++)
                {
                    mine[v] = (comparer.Digest(v), comparer.Detail(v));
                }
            });
            digests[f] = mine;
        }
        Ranges.For(0, Count, (from, end) =>
        {
            for (var i = from; i < end; i++)
            {
                var row = Row(i);
                for (var f = 0; f < digests.Length; f++)
                {
                    var (digest, detail) = digests[f][row[f]];
                    row[f + digests.Length] = (int)digest;
                    row[f + (2 * digests.Length)] = (int)detail;
                }
            }
        });
    }

    /// <summary>True if a pair may be a link at all.</summary>
    internal bool MayPair(int first, int second) => Sources.Length == 0 || Sources[first] != Sources[second];
}
