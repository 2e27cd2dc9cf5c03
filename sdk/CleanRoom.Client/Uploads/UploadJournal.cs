using System.Text;
using System.Text.Json;
using CleanRoom.Charter.Log;
using CleanRoom.Client.Files;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Uploads;

/// <summary>
/// Sealed batches on disk before they are sent, so that a program that was killed sends the same bytes again. A batch's folder appears under its name whole or
/// not at all, and goes when its records are in the record map.
/// </summary>
internal sealed class UploadJournal
{
    public const string PartsName = "parts.bin";

    private const string BatchName = "batch.json";
    private const string Schema = "cleanroom/sealed-batch/v1";
    private const string TemporaryPrefix = "new-";
    private const string RemovedPrefix = "old-";
    private const int MaxSize = 64 << 20;

    private readonly string _folder;

    public UploadJournal(string roomFolder)
    {
        _folder = Path.Combine(roomFolder, "journal");
        DurableFile.CreateFolder(_folder);
    }

    /// <summary>Writes a batch. Durable once this returns.</summary>
    /// <param name="batch">Its id.</param>
    /// <param name="write">Seals into the stream, and gives signed manifest, lengths and records.</param>
    public SealedBatch Add(BatchId batch, Func<Stream, (SignedEntry Manifest, int[] Lengths, IReadOnlyList<SealedRecord> Records)> write)
    {
        var temporary = Path.Combine(_folder, TemporaryPrefix + batch);
        var final = Path.Combine(_folder, batch.ToString());
        DurableFile.CreateFolder(temporary);
        try
        {
            using var parts = DurableFile.Create(Path.Combine(temporary, PartsName));
            var (manifest, lengths, records) = write(parts);
            parts.Flush(flushToDisk: true);
            DurableFile.Write(Path.Combine(temporary, BatchName), ToBytes(manifest, lengths, records).Span);
            Directory.Move(temporary, final);
            DurableFile.FlushFolder(_folder);
            return new SealedBatch(final, manifest, lengths, records);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ClientException(
                ClientProblem.CannotCreate, $"The sealed batch cannot be written to {_folder}: check the free space and that you may write there.", exception);
        }
        finally
        {
            DeleteFolder(temporary);
        }
    }

    /// <summary>Gives the batches that are not settled, in the order in which they follow each other; sweeps what was never finished.</summary>
    public IReadOnlyList<SealedBatch> Read()
    {
        var batches = new List<SealedBatch>();
        foreach (var folder in Directory.EnumerateDirectories(_folder))
        {
            var name = Path.GetFileName(folder);
            if (name.StartsWith(TemporaryPrefix, StringComparison.Ordinal) || name.StartsWith(RemovedPrefix, StringComparison.Ordinal))
            {
                DeleteFolder(folder);
            }
            else
            {
                batches.Add(Load(folder));
            }
        }

        // Each names the leaf before it.
        var ordered = new List<SealedBatch>();
        while (batches.Count > 0)
        {
            var next = batches.Find(batch => !batches.Exists(other => other.Manifest.LeafHash == batch.Entry.Previous)) ?? batches[0];
            ordered.Add(next);
            batches.Remove(next);
        }

        return ordered;
    }

    /// <summary>Removes a batch that is settled. It loses its name first, so that a program that is killed here leaves no half of a batch.</summary>
    public static void Remove(SealedBatch batch)
    {
        if (Directory.Exists(batch.Folder))
        {
            var removed = Path.Combine(Path.GetDirectoryName(batch.Folder)!, RemovedPrefix + Path.GetFileName(batch.Folder));
            DeleteFolder(removed);
            Directory.Move(batch.Folder, removed);
            DeleteFolder(removed);
        }
    }

    private static void DeleteFolder(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ReadOnlyMemory<byte> ToBytes(SignedEntry manifest, int[] lengths, IReadOnlyList<SealedRecord> records)
    {
        return SealedJson.Write(Schema, "batch", writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("manifest", Encoding.ASCII.GetString(manifest.Leaf.Span));
            writer.WriteStartArray("lengths");
            foreach (var length in lengths)
            {
                writer.WriteNumberValue(length);
            }

            writer.WriteEndArray();
            writer.WriteStartArray("records");
            foreach (var record in records)
            {
                writer.WriteStartObject();
                writer.WriteString("ref", record.Reference);
                writer.WriteString("id", record.RecordId);
                writer.WriteNumber("version", record.Version);
                writer.WriteString("content", record.Content);
                writer.WriteNumber("slot", record.Slot);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    /// <summary>Whether the ciphertexts on disk are the ones that the manifest binds; ingestion would refuse any other.</summary>
    private static bool HasParts(string path, List<int> lengths, IReadOnlyList<Digest> digests)
    {
        var file = new FileInfo(path);
        if (!file.Exists || lengths.Exists(length => length is < 0 or > BatchSealer.MaxPart) || file.Length != lengths.Sum(length => (long)length))
        {
            return false;
        }

        using var stream = file.OpenRead();
        var buffer = new byte[lengths.Max()];
        for (var part = 0; part < lengths.Count; part++)
        {
            var content = buffer.AsSpan(0, lengths[part]);
            stream.ReadExactly(content);
            if (Digest.Of(content) != digests[part])
            {
                return false;
            }
        }

        return true;
    }

    private static SealedBatch Load(string folder)
    {
        var content = DurableFile.Read(Path.Combine(folder, BatchName), MaxSize, "The sealed batch");
        try
        {
            using var json = JsonDocument.Parse(content);
            var sealedBatch = SealedJson.Read(json, Schema, "batch");
            var lengths = sealedBatch.GetProperty("lengths").EnumerateArray().Select(length => length.GetInt32()).ToList();
            if (SignedEntry.TryParse(Encoding.ASCII.GetBytes(sealedBatch.GetProperty("manifest").GetString()!), out var manifest, out _)
                && manifest.Entry is BatchEntry batch && lengths.Count == batch.Parts.Count
                && HasParts(Path.Combine(folder, PartsName), lengths, batch.Parts))
            {
                return new SealedBatch(folder, manifest, lengths, [.. sealedBatch.GetProperty("records").EnumerateArray().Select(record => new SealedRecord(
                    record.GetProperty("ref").GetString()!,
                    record.GetProperty("id").GetGuid(),
                    record.GetProperty("version").GetInt32(),
                    record.GetProperty("content").GetString()!,
                    record.GetProperty("slot").GetInt32()))]);
            }
        }
        catch (Exception exception) when (exception is JsonException or FormatException or KeyNotFoundException or InvalidOperationException)
        {
            // Falls through to the one answer.
        }

        throw new ClientException(ClientProblem.BadData, $"{folder} is not a sealed batch that this program wrote: restore it from your backup, or remove it and upload again.");
    }
}
