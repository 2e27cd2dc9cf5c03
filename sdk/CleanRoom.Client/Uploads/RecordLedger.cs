using System.Text.Json;
using CleanRoom.Charter.Audits;
using CleanRoom.Charter.Log;
using CleanRoom.Client.Files;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Uploads;

/// <summary>
/// The map from the contributor's own references to record ids and slots: what makes an upload of the same file twice change nothing. It stays on this machine.
/// Changes are kept in memory until <see cref="Save"/>, which writes only them: the file is lines of up to 1,024 records, each line with the digest of its own
/// content, and the last line that names a reference counts. Once more than half of it is outdated it is written anew.
/// </summary>
internal sealed class RecordLedger
{
    private const string FileName = "records.json";
    private const string Schema = "cleanroom/records/v1";
    private const int LineRecords = 1024;

    private readonly string _path;
    private readonly LineFile _file;
    private readonly Dictionary<string, LedgerRecord> _records = new(StringComparer.Ordinal);
    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);
    private int _written;

    private RecordLedger(string path)
    {
        _path = path;
        _file = new LineFile(path, "The record map");
    }

    public IReadOnlyCollection<LedgerRecord> Records => _records.Values;

    public static RecordLedger Open(string folder)
    {
        var ledger = new RecordLedger(Path.Combine(folder, FileName));
        foreach (var line in ledger._file.Read())
        {
            ledger.Load(line);
        }

        return ledger;
    }

    public LedgerRecord? Find(string reference) => _records.GetValueOrDefault(reference);

    /// <summary>Keeps what is known of a record. What is marked as a decoy stays one, and where its case is filed stays known.</summary>
    public void Put(LedgerRecord record)
    {
        var known = Find(record.Reference);
        _records[record.Reference] = record with
        {
            IsDecoy = record.IsDecoy || known?.IsDecoy == true,
            Evidence = record.Evidence.Count > 0 ? record.Evidence : known?.Evidence ?? [],
        };
        _changed.Add(record.Reference);
    }

    /// <summary>Writes what has changed. Durable once this returns; a program that is killed before has changed nothing.</summary>
    public void Save()
    {
        if (_changed.Count == 0)
        {
            return;
        }

        if (_file.IsEmpty || _written + _changed.Count > (2 * _records.Count) + LineRecords)
        {
            _file.Replace(Lines(_records.Values));
            _written = _records.Count;
        }
        else
        {
            _file.Append(Lines(_changed.Select(reference => _records[reference])));
            _written += _changed.Count;
        }

        _changed.Clear();
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Lines(IEnumerable<LedgerRecord> records) => records.Chunk(LineRecords).Select(ToLine);

    private static ReadOnlyMemory<byte> ToLine(LedgerRecord[] records) => SealedJson.Write(Schema, "records", writer =>
    {
        writer.WriteStartArray();
        foreach (var record in records)
        {
            writer.WriteStartObject();
            writer.WriteString("ref", record.Reference);
            writer.WriteString("id", record.RecordId);
            writer.WriteNumber("version", record.Version);
            writer.WriteString("content", record.Content);
            writer.WriteStartArray("slots");
            foreach (var slot in record.Slots)
            {
                writer.WriteStringValue(slot.Batch.ToString());
                writer.WriteNumberValue(slot.Slot);
            }

            writer.WriteEndArray();
            writer.WriteBoolean("withdrawn", record.Withdrawn);
            if (record.IsDecoy)
            {
                writer.WriteBoolean("decoy", true);
            }

            if (record.Evidence.Count > 0)
            {
                writer.WriteStartArray("evidence");
                foreach (var evidence in record.Evidence)
                {
                    writer.WriteStringValue(evidence.Facts.IntakeText);
                    writer.WriteStringValue(evidence.Facts.CaseNumber);
                    writer.WriteStringValue(evidence.Facts.Consent);
                    writer.WriteStringValue(StrictBase64.EncodeUrl(evidence.Opening.Span));
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    private static List<LedgerEvidence> ReadEvidence(string[] texts) =>
    [
        .. Enumerable.Range(0, texts.Length / 4).Select(i => CaseEvidence.TryParseDay(texts[4 * i], out var intake)
            && StrictBase64.TryDecodeUrl(texts[(4 * i) + 3], out var opening) && opening.Length == CaseEvidence.OpeningSize
                ? new LedgerEvidence(new CaseEvidence(intake, texts[(4 * i) + 1], texts[(4 * i) + 2]), opening)
                : throw new FormatException("Evidence of a record is not what this program wrote.")),
    ];

    private void Load(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            foreach (var item in SealedJson.Read(json, Schema, "records").EnumerateArray())
            {
                var slots = item.GetProperty("slots").EnumerateArray().ToList();
                var record = new LedgerRecord(
                    item.GetProperty("ref").GetString()!,
                    item.GetProperty("id").GetGuid(),
                    item.GetProperty("version").GetInt32(),
                    item.GetProperty("content").GetString()!,
                    [.. Enumerable.Range(0, slots.Count / 2).Select(i => new RecordSlot(BatchId.Parse(slots[2 * i].GetString()), slots[(2 * i) + 1].GetInt32()))],
                    item.GetProperty("withdrawn").GetBoolean())
                {
                    IsDecoy = item.TryGetProperty("decoy", out var decoy) && decoy.GetBoolean(),
                    Evidence = item.TryGetProperty("evidence", out var evidence) ? ReadEvidence([.. evidence.EnumerateArray().Select(text => text.GetString() ?? "")]) : [],
                };
                _records[record.Reference] = record;
                _written++;
            }
        }
        catch (Exception exception) when (exception is JsonException or FormatException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new ClientException(
                ClientProblem.BadData, $"{_path} is not what this program wrote: restore it from your backup, or records will not be recognised.", exception);
        }
    }
}
