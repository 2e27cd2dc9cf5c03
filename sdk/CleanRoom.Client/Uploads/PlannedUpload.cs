using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using CleanRoom.Records.Import;

namespace CleanRoom.Client.Uploads;

/// <summary>
/// A file that was read to its end, and may be uploaded: <see cref="Uploader.PlanAsync"/> makes it, one upload uses it up. It holds no row, only 16 bytes of a
/// digest of each reference: that the rows that are sent are the rows that were checked.
/// </summary>
public sealed class PlannedUpload
{
    private readonly Dictionary<UInt128, int> _rows = [];

    internal PlannedUpload()
    {
    }

    /// <summary>What the upload would do, by this machine's clock and by what the profile knows before it has asked the room.</summary>
    public UploadPlan Plan { get; internal set; } = new(0, 0, 0, 0, 0, 0);

    /// <summary>Number of the first row that a charter with audits does not let in, for nobody has said where its case is filed; null for none.</summary>
    internal int? RowWithoutEvidence { get; set; }

    /// <summary>Whether every row was given back.</summary>
    internal bool IsUsedUp => _rows.Count == 0;

    /// <summary>Notes a row.</summary>
    /// <exception cref="ClientException">Another row has the same reference.</exception>
    internal void Add(ImportedRow row)
    {
        var key = Key(row);
        if (!_rows.TryAdd(key, row.RowNumber))
        {
            throw new ClientException(
                ClientProblem.BadData,
                $"Rows {_rows[key]} and {row.RowNumber} have the same reference: each record needs its own; mend the file, or name another column with --ref.");
        }
    }

    /// <summary>Gives a row back: each once, under the number that it was noted with.</summary>
    internal bool Take(ImportedRow row) => _rows.Remove(Key(row), out var number) && number == row.RowNumber;

    private static UInt128 Key(ImportedRow row) => BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(row.Record.ContributorRecordRef)));
}
