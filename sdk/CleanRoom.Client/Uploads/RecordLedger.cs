using System.Text.Json;
using CleanRoom.Charter.Log;
using CleanRoom.Client.Files;

namespace CleanRoom.Client.Uploads;

/// <summary>
/// The map from the contributor's own references to record ids and slots: what makes an upload of the same file twice change nothing. It stays on this machine.
/// Changes are kept in memory until <see cref="Save"/>, which is atomic and durable.
/// </summary>
internal sealed class RecordLedger
{
    private const string Schema = "cleanroom/records/v1";
    private const int MaxSize = 1 << 30;

    private readonly string _path;
    private readonly Dictionary<string, LedgerRecord> _records = new(StringComparer.Ordinal);

    private RecordLedger(string path) => _path = path;

    public IReadOnlyCollection<LedgerRecord> Records => _records.Values;

    public static RecordLedger Open(string folder)
    {
        var ledger = new RecordLedger(Path.Combine(folder, "records.json"));
        if (DurableFile.TryRead(ledger._path, MaxSize, "The record map") is { } content)
        {
            ledger.Load(content);
        }

        return ledger;
    }

    public LedgerRecord? Find(string reference) => _records.GetValueOrDefault(reference);

    public void Put(LedgerRecord record) => _records[record.Reference] = record;

    public void Save()
    {
        DurableFile.Write(_path, SealedJson.Write(Schema, "records", writer =>
        {
            writer.WriteStartArray();
            foreach (var record in _records.Values)
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
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }));
    }

    private void Load(byte[] content)
    {
        try
        {
            using var json = JsonDocument.Parse(content);
            foreach (var item in SealedJson.Read(json, Schema, "records").EnumerateArray())
            {
                var slots = item.GetProperty("slots").EnumerateArray().ToList();
                var record = new LedgerRecord(
                    item.GetProperty("ref").GetString()!,
                    item.GetProperty("id").GetGuid(),
                    item.GetProperty("version").GetInt32(),
                    item.GetProperty("content").GetString()!,
                    [.. Enumerable.Range(0, slots.Count / 2).Select(i => new RecordSlot(BatchId.Parse(slots[2 * i].GetString()), slots[(2 * i) + 1].GetInt32()))],
                    item.GetProperty("withdrawn").GetBoolean());
                _records.Add(record.Reference, record);
            }
        }
        catch (Exception exception) when (exception is JsonException or FormatException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new ClientException(
                ClientProblem.BadData, $"{_path} is not what this program wrote: restore it from your backup, or records will not be recognised.", exception);
        }
    }
}
