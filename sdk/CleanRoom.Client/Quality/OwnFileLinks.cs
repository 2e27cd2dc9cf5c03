using CleanRoom.Linkage;
using CleanRoom.Records.Import;

namespace CleanRoom.Client.Quality;

/// <summary>
/// Links the rows of one file with each other on this machine, by the engine that links rooms: one person under two spellings, in two scripts, or with her names turned round. What it finds goes into the file's report; nothing is sent, and no row is changed.
/// </summary>
public sealed class OwnFileLinks
{
    /// <summary>Rows that are compared with each other. Of a longer file those beyond are looked at by exact keys only, as the report does in any case.</summary>
    public const int MaxRows = 20_000;

    private readonly LinkageEngine _engine = new(new LinkageOptions { MaxRecords = MaxRows });
    private readonly List<int> _lines = [];

    /// <summary>Rows that were taken.</summary>
    public int Count => _lines.Count;

    /// <summary>Takes a row; nothing happens beyond <see cref="MaxRows"/>, nor for rows of published statistics, which are no persons.</summary>
    public void Add(ImportedRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        if (row.AggregateOnly || _lines.Count == MaxRows)
        {
            return;
        }

        _engine.Add(new RecordHandle(_lines.Count), row.Record);
        _lines.Add(row.Line);
    }

    /// <summary>Finds the links and names them in the report.</summary>
    /// <param name="report">The report of the file whose rows were taken.</param>
    /// <param name="cancellationToken">Stops; the report then lacks what was not found yet.</param>
    /// <returns>Lines that the report had not named before.</returns>
    public int Report(QualityReport report, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(report);
        var found = 0;
        var all = Enumerable.Range(0, _lines.Count).Select(i => new RecordHandle(i)).ToList();
        foreach (var link in _engine.FindLinks(all, (_, _) => true, cancellationToken).Links)
        {
            if (link.Type == LinkType.SamePersonVictim && link.Strength >= LinkStrength.Probable)
            {
                found += report.AddDuplicate(_lines[(int)link.Second.Record.Value], _lines[(int)link.First.Record.Value]) ? 1 : 0;
            }
        }

        return found;
    }
}
