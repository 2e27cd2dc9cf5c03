using CleanRoom.Linkage.Fields;

namespace CleanRoom.Linkage.Tables;

/// <summary>
/// Records as numbers: for each record and field the number of its value, records side by side in one array. Records stand in an order
/// that depends on their ids only, so nothing later depends on the order in which they came.
/// </summary>
public sealed class LinkTable
{
    internal LinkTable(IReadOnlyList<FieldSpec> fields, ValueTable[] values, string[] ids, byte[] sources, int[] rows, int stride)
    {
        Fields = fields;
        Values = values;
        Ids = ids;
        Sources = sources;
        Rows = rows;
        Stride = stride;
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
        foreach (var comparer in Comparers.Distinct())
        {
            comparer.Prepare();
        }
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

    internal int[] Rows { get; }

    internal int Stride { get; }

    /// <summary>How many fields a row has room for, 8 or 16. Values stand first in a row, then digests, then details.</summary>
    internal int Lanes => Stride / 3;

    internal int Value(int record, int field) => Rows[(record * Stride) + field];

    /// <summary>Gives the value of a field as it is compared; empty if there is none.</summary>
    public string Text(int record, int field) => Values[field].Text(Value(record, field));

    /// <summary>The table of a record, 0 or 1.</summary>
    public int SourceOf(int record) => Sources.Length == 0 ? 0 : Sources[record];

    private void AddDigests()
    {
        for (var f = 0; f < Fields.Count; f++)
        {
            var digests = new (uint Digest, uint Detail)[Values[f].Count];
            for (var v = 1; v < digests.Length; v++)
            {
                digests[v] = (Comparers[f].Digest(v), Comparers[f].Detail(v));
            }
            for (var at = f; at < Rows.Length; at += Stride)
            {
                var (digest, detail) = digests[Rows[at]];
                Rows[at + Lanes] = (int)digest;
                Rows[at + (2 * Lanes)] = (int)detail;
            }
        }
    }

    /// <summary>True if a pair may be a link at all.</summary>
    internal bool MayPair(int first, int second) => Sources.Length == 0 || Sources[first] != Sources[second];
}
