using System.Globalization;
using System.Text;
using CleanRoom.Client;
using CleanRoom.Linkage.Tables;

namespace CleanRoom.Cli.Commands;

/// <summary>Reads and writes the files of linking.</summary>
internal static class LinkFiles
{
    private const long MaxText = 4 << 20;

    public static string Read(string path, string what)
    {
        var info = new FileInfo(path);
        if (!info.Exists)
        {
            throw new ClientException(ClientProblem.NoInput, $"{path} is not there: name {what}.");
        }
        return info.Length <= MaxText ? File.ReadAllText(path) : throw new ClientException(ClientProblem.BadData, $"{path} is larger than 4 MiB: name {what}.");
    }

    public static async Task WriteAsync(string path, IEnumerable<string> lines, CancellationToken token)
    {
        try
        {
            var writer = new StreamWriter(path, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16) { NewLine = "\n" };
            await using var closing = writer.ConfigureAwait(false);
            foreach (var line in lines)
            {
                await writer.WriteLineAsync(line.AsMemory(), token).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is DirectoryNotFoundException or UnauthorizedAccessException)
        {
            throw new ClientException(ClientProblem.CannotCreate, $"{path} cannot be written: check the folder and your permissions.", exception);
        }
    }

    /// <summary>Surest first; of one table the lesser id stands left.</summary>
    public static IEnumerable<string> Pairs(LinkTable table, IReadOnlyList<LinkedPair> pairs)
    {
        yield return "id_l,id_r,weight,probability";
        var rows = pairs.Select(p => (Ids: Ids(table, p), p.Weight, p.Probability)).OrderByDescending(p => p.Weight)
            .ThenBy(p => p.Ids.Left, StringComparer.Ordinal).ThenBy(p => p.Ids.Right, StringComparer.Ordinal);
        foreach (var (ids, weight, probability) in rows)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{Cell(ids.Left)},{Cell(ids.Right)},{weight:0.####},{probability:0.########}");
        }
    }

    /// <summary>A cluster is named by the least id in it.</summary>
    public static IEnumerable<string> Clusters(LinkTable table, IReadOnlyList<int> clusters)
    {
        var least = new Dictionary<int, string>();
        for (var i = 0; i < clusters.Count; i++)
        {
            if (!least.TryGetValue(clusters[i], out var id) || string.CompareOrdinal(table.Ids[i], id) < 0)
            {
                least[clusters[i]] = table.Ids[i];
            }
        }
        yield return "id,cluster";
        foreach (var i in Enumerable.Range(0, clusters.Count).OrderBy(i => least[clusters[i]], StringComparer.Ordinal).ThenBy(i => table.Ids[i], StringComparer.Ordinal))
        {
            yield return $"{Cell(table.Ids[i])},{Cell(least[clusters[i]])}";
        }
    }

    private static (string Left, string Right) Ids(LinkTable table, LinkedPair pair)
    {
        var (a, b) = (table.Ids[pair.First], table.Ids[pair.Second]);
        var swap = table.TwoSources ? table.SourceOf(pair.First) == 1 : string.CompareOrdinal(a, b) > 0;
        return swap ? (b, a) : (a, b);
    }

    private static string Cell(string text) => text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
