using CleanRoom.Linkage.Fields;
using CleanRoom.Linkage.Tables;

namespace CleanRoom.Linkage.Blocking;

/// <summary>The ways to make keys of each kind of field (LINKAGE.md 3.1 and 6.6).</summary>
internal static class KeyAtoms
{
    public static List<KeyAtom> Of(LinkTable table, int threads)
    {
        var makers = new List<Func<KeyAtom>>();
        var columns = Columns(table, threads);
        for (var f = 0; f < table.Fields.Count; f++)
        {
            var (field, values) = (f, columns[f]);
            foreach (var (name, use, survives, keys) in Makers(table, f))
            {
                makers.Add(() => KeyAtom.Make(table, values, field, $"{table.Fields[field].Name}.{name}", use, survives, keys));
            }
        }
        var atoms = new KeyAtom[makers.Count];
        Ranges.Each(Enumerable.Range(0, makers.Count), i => atoms[i] = makers[i](), threads);
        return [.. atoms];
    }

    private static int[][] Columns(LinkTable table, int threads)
    {
        var columns = table.Fields.Select(_ => new int[table.Count]).ToArray();
        Ranges.For(0, table.Count, (from, end) =>
        {
            for (var i = from; i < end; i++)
            {
                ReadOnlySpan<int> row = table.Row(i);
                for (var f = 0; f < columns.Length; f++)
                {
                    columns[f][i] = row[f];
                }
            }
        }, threads);
        return columns;
    }

    private static IEnumerable<(string Name, KeyUse Use, double Survives, Func<int, IEnumerable<ulong>> Keys)> Makers(LinkTable table, int f)
    {
        var values = table.Values[f];
        string Text(int v) => values.Text(v);
        switch (table.Fields[f].Kind)
        {
            case FieldKind.Given or FieldKind.Family:
                var names = (NamePartComparer)table.Comparers[f];
                yield return ("sound", KeyUse.Both, 0.5, v => NameKeys(names, v));
                yield return ("begin", KeyUse.Both, 0.4, v => Text(v).Length >= 3 ? [Hash.Of(Text(v).AsSpan(0, 3))] : []);
                break;
            case FieldKind.Name:
                var whole = (WholeNameComparer)table.Comparers[f];
                yield return ("word", KeyUse.Both, 0.6, v => whole.Sounds(v).SelectMany(w => w));
                yield return ("words", KeyUse.Both, 0.4, v => whole.Sounds(v).SelectMany(Pairs));
                yield return ("skeletons", KeyUse.Both, 0.5, v => whole.Skeletons(v).SelectMany(Pairs));
                break;
            case FieldKind.Date:
                yield return ("day", KeyUse.Both, 0, v => Text(v).EndsWith("00", StringComparison.Ordinal) ? [] : [values.Hashes[v]]);
                yield return ("year", KeyUse.Joined, 0.5, v => [Hash.Of(Text(v).AsSpan(0, 4))]);
                yield return ("monthday", KeyUse.Joined, 0.5, v => Text(v).EndsWith("00", StringComparison.Ordinal) ? [] : [MonthDay(Text(v))]);
                break;
            case FieldKind.Code:
                yield return ("all", KeyUse.Both, 0, v => [values.Hashes[v]]);
                if (Length(values) >= 5)
                {
                    yield return ("less", KeyUse.Alone, 0.6, v => Text(v).Length >= 5 ? Less(Text(v)) : []);
                }
                if (Length(values) >= 6)
                {
                    yield return ("first", KeyUse.Both, 0.4, v => Text(v).Length >= 6 ? [Hash.Of(Text(v).AsSpan(0, Text(v).Length / 2))] : []);
                    yield return ("last", KeyUse.Both, 0.4, v => Text(v).Length >= 6 ? [Hash.Of(Text(v).AsSpan(Text(v).Length - 3))] : []);
                }
                break;
            case FieldKind.Phone:
                yield return ("tail", KeyUse.Both, 0.2, v => [Hash.Of(Tail(Text(v)))]);
                yield return ("less", KeyUse.Alone, 0.6, v => Less(Tail(Text(v)).ToString()));
                break;
            case FieldKind.Email:
                yield return ("all", KeyUse.Both, 0, v => [values.Hashes[v]]);
                yield return ("mailbox", KeyUse.Both, 0.4, v => Text(v).IndexOf('@', StringComparison.Ordinal) is >= 3 and var at ? [Hash.Of(Text(v).AsSpan(0, at))] : []);
                yield return ("begin", KeyUse.Both, 0.4, v => Text(v).Length >= 5 ? [Hash.Of(Text(v).AsSpan(0, 5))] : []);
                yield return ("end", KeyUse.Both, 0.4, v => Text(v).Length >= 8 ? [Hash.Of(Text(v).AsSpan(Text(v).Length - 8))] : []);
                break;
            case FieldKind.Text:
                yield return ("all", KeyUse.Alone, 0, v => [values.Hashes[v]]);
                yield return ("begin", KeyUse.Joined, 0.4, v => Text(v).Length >= 4 ? [Hash.Of(Text(v).AsSpan(0, 4))] : []);
                if (values.Count > 1000)
                {
                    yield return ("end", KeyUse.Joined, 0.4, v => Text(v).Length >= 6 ? [Hash.Of(Text(v).AsSpan(Text(v).Length - 5))] : []);
                }
                break;
            default:
                yield return ("all", KeyUse.Joined, 0, v => [values.Hashes[v]]);
                break;
        }
    }

    private static List<ulong> NameKeys(NamePartComparer names, int value)
    {
        var keys = new List<ulong> { names.Sound(value) };
        if (names.Form(value) is { Tokens.Count: > 1 } form)
        {
            foreach (var token in form.Tokens)
            {
                keys.Add(Hash.Of(token.Sound));
            }
        }
        foreach (var group in names.Groups(value))
        {
            keys.Add(Hash.Mix((ulong)group));
        }
        return keys;
    }

    private static IEnumerable<ulong> Pairs(ulong[] words)
    {
        for (var i = 0; i < words.Length; i++)
        {
            for (var j = i + 1; j < words.Length; j++)
            {
                yield return words[i] < words[j] ? Hash.Join(words[i], words[j]) : Hash.Join(words[j], words[i]);
            }
        }
        if (words.Length == 1)
        {
            yield return words[0];
        }
    }

    // Each text with one character left out, and the text itself: two texts one edit apart share one.
    private static IEnumerable<ulong> Less(string text)
    {
        yield return Hash.Of(text);
        for (var i = 0; i < text.Length && i < KeyAtom.MaxKeys; i++)
        {
            yield return Hash.Without(text, i);
        }
    }

    private static ReadOnlySpan<char> Tail(string text) => text.AsSpan(Math.Max(0, text.Length - 8));

    private static ulong MonthDay(string text)
    {
        var month = text.AsSpan(4, 2);
        var day = text.AsSpan(6, 2);
        return month.SequenceCompareTo(day) < 0 ? Hash.Join(Hash.Of(month), Hash.Of(day)) : Hash.Join(Hash.Of(day), Hash.Of(month));
    }

    private static int Length(ValueTable values)
    {
        long sum = 0;
        for (var v = 1; v < values.Count; v++)
        {
            sum += values.Text(v).Length;
        }
        return (int)(sum / Math.Max(1, values.Count - 1));
    }
}
