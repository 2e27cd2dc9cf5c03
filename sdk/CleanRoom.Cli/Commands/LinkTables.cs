using CleanRoom.Client;
using CleanRoom.Linkage.Tables;
using CleanRoom.Records.Import;

namespace CleanRoom.Cli.Commands;

/// <summary>Reads the tables that are to be linked.</summary>
internal sealed class LinkTables
{
    public static readonly string[] IdColumns = ["unique_id", "rec_id", "id"];

    /// <summary>For each row as read its truth cell, if a column of truth was named.</summary>
    public Dictionary<string, string> TruthOf { get; } = new(StringComparer.Ordinal);

    public async Task ReadAsync(LinkTableBuilder builder, string path, string? idColumn, string? truthColumn, int source, CancellationToken token)
    {
        var stream = CaseFile.Open(path);
        await using var closing = stream.ConfigureAwait(false);
        using var reader = await TableReader.OpenAsync(stream, token).ConfigureAwait(false);
        string[]? header = null;
        int id = -1, truth = -1;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var row in reader.RowsAsync(token).ConfigureAwait(false))
        {
            if (row.IsBlank)
            {
                continue;
            }
            if (header is null)
            {
                header = [.. row.Cells.Select(c => c.Trim())];
                id = IdColumn(path, header, idColumn);
                truth = truthColumn is null ? -1 : Column(header, truthColumn);
                if (truthColumn is not null && truth < 0)
                {
                    throw new ClientException(ClientProblem.Usage, $"{path} has no column {truthColumn}: name another with --truth-column.");
                }
                // The column of the truth must not be compared.
                builder.Begin([.. header.Select((h, c) => c == truth ? "" : h)], id);
                continue;
            }
            var key = id < row.Cells.Length ? row.Cells[id].Trim() : "";
            if (key.Length == 0 || !seen.Add(key))
            {
                throw new ClientException(ClientProblem.BadData, $"{path}, line {row.Line}: the id is {(key.Length == 0 ? "empty" : "there twice")}; each row needs one of its own, name its column with --id.");
            }
            builder.Add(key, row.Cells);
            if (truth >= 0 && truth < row.Cells.Length)
            {
                TruthOf[TruthKey(source, key)] = row.Cells[truth].Trim();
            }
        }
        if (header is null)
        {
            throw new ClientException(ClientProblem.BadData, $"{path} holds no header: the first row must name the columns.");
        }
    }

    /// <summary>Pairs of ids: the first two columns, or those named id_l and id_r.</summary>
    public static async Task<(string[] Header, List<string[]> Rows)> RowsAsync(string path, CancellationToken token)
    {
        var stream = CaseFile.Open(path);
        await using var closing = stream.ConfigureAwait(false);
        using var reader = await TableReader.OpenAsync(stream, token).ConfigureAwait(false);
        string[]? header = null;
        var rows = new List<string[]>();
        await foreach (var row in reader.RowsAsync(token).ConfigureAwait(false))
        {
            if (row.IsBlank)
            {
                continue;
            }
            var cells = row.Cells.Select(c => c.Trim()).ToArray();
            if (header is null)
            {
                header = cells;
            }
            else
            {
                rows.Add(cells);
            }
        }
        return header is { Length: >= 2 } ? (header, rows) : throw new ClientException(ClientProblem.BadData, $"{path} needs a header and at least two columns.");
    }

    public static string TruthKey(int source, string id) => source == 0 ? id : "\u0001" + id;

    public static int Column(string[] header, string name) => Array.FindIndex(header, h => string.Equals(h, name.Trim(), StringComparison.OrdinalIgnoreCase));

    private static int IdColumn(string path, string[] header, string? wanted)
    {
        foreach (var name in wanted is null ? IdColumns : [wanted])
        {
            if (Column(header, name) is >= 0 and var found)
            {
                return found;
            }
        }
        throw new ClientException(ClientProblem.Usage, wanted is null ? $"{path} has none of the columns {string.Join(", ", IdColumns)}: name the id's column with --id." : $"{path} has no column {wanted}: name another with --id.");
    }
}
