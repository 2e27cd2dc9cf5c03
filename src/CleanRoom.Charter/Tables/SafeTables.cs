namespace CleanRoom.Charter.Tables;

/// <summary>
/// Counts persons into the tables of a charter and leaves out every number that is not safe, or that would let one be got by subtraction: rows from totals, and one table from another
/// (DATA.md §4.5, mode K). A pure function.
/// </summary>
/// <remarks>
/// The tables together are a tree: the total, under it the values of each table's first attribute, under each of these the values of the second. Tables that begin alike share nodes, others share none but the
/// total; a charter in which that is not so is refused. A node that is not shown takes all below it along. So all that arithmetic on what is shown can give are, for each node that is shown and each attribute below it,
/// the sums of the values that are not shown; each of these is safe too, or there is nobody in it.
/// </remarks>
public static class SafeTables
{
    /// <summary>Counts.</summary>
    /// <param name="persons">Each once.</param>
    /// <param name="tables">Tables of one charter.</param>
    /// <returns>The rows of each table in the same order, the total first; none where not even the total is safe.</returns>
    public static IReadOnlyList<IReadOnlyList<TableRow>> Count(IReadOnlyCollection<CountedPerson> persons, IReadOnlyList<TableTerms> tables)
    {
        if (tables.Count == 0)
        {
            return [];
        }

        var root = new Node([]);
        foreach (var person in persons)
        {
            root.Persons.Add(person);
            foreach (var table in tables)
            {
                var node = root;
                foreach (var attribute in table.By)
                {
                    node = node.Below(attribute, person.Values[attribute]);
                    node.Persons.Add(person);
                }
            }
        }

        var terms = tables[0];
        if (!terms.IsSafe(root.Persons))
        {
            return [.. tables.Select(_ => (IReadOnlyList<TableRow>)[])];
        }

        Hide(root, terms);
        return [.. tables.Select(table => (IReadOnlyList<TableRow>)[.. Rows(root, table, 0)])];
    }

    private static void Hide(Node node, TableTerms terms)
    {
        foreach (var values in node.Branches.Values)
        {
            var hidden = new HashSet<CountedPerson>(ReferenceEqualityComparer.Instance);
            foreach (var child in values.Values.Where(child => !terms.IsSafe(child.Persons)))
            {
                child.IsShown = false;
                hidden.UnionWith(child.Persons);
            }

            // What is left over can be got by subtraction: until that is safe too, the smallest number goes along.
            while (hidden.Count > 0 && !terms.IsSafe(hidden) && values.Values.Where(child => child.IsShown).MinBy(child => (child.Persons.Count, child.Values[^1])) is { } smallest)
            {
                smallest.IsShown = false;
                hidden.UnionWith(smallest.Persons);
            }

            foreach (var child in values.Values.Where(child => child.IsShown))
            {
                Hide(child, terms);
            }
        }
    }

    private static IEnumerable<TableRow> Rows(Node node, TableTerms table, int depth)
    {
        yield return new TableRow(node.Values, table.Rounded(node.Persons.Count));
        if (depth < table.By.Count && node.Branches.TryGetValue(table.By[depth], out var values))
        {
            foreach (var row in values.Values.Where(child => child.IsShown).SelectMany(child => Rows(child, table, depth + 1)))
            {
                yield return row;
            }
        }
    }

    private sealed class Node(IReadOnlyList<string> values)
    {
        public IReadOnlyList<string> Values { get; } = values;

        public HashSet<CountedPerson> Persons { get; } = new(ReferenceEqualityComparer.Instance);

        public SortedDictionary<string, SortedDictionary<string, Node>> Branches { get; } = new(StringComparer.Ordinal);

        public bool IsShown { get; set; } = true;

        public Node Below(string attribute, string value)
        {
            if (!Branches.TryGetValue(attribute, out var branch))
            {
                Branches.Add(attribute, branch = new(StringComparer.Ordinal));
            }

            if (!branch.TryGetValue(value, out var child))
            {
                branch.Add(value, child = new Node([.. Values, value]));
            }

            return child;
        }
    }
}
