using System.Security.Cryptography;
using System.Text.Json;
using CleanRoom.Admin.Commands;
using CleanRoom.Cryptography;
using CleanRoom.Storage;
using CleanRoom.Storage.Transfer;

namespace CleanRoom.Admin.Stores;

/// <summary>
/// Backups: a folder with the export of a store in use, the key files beside it, and <c>backup.json</c> with the SHA-256 of each, written last. Whoever restores an old copy stops
/// the room, because witnesses refuse a log that is shorter than what they cosigned; so a restore asks what they cosigned.
/// </summary>
internal static class Backup
{
    private const string Format = "cleanroom/backup/v1";
    private const string IndexName = "backup.json";
    private const string StoreName = "store";
    private const string None = "none";
    private const int MaximumIndex = 1 << 20;
    private const int MaximumKeyFile = 1 << 20;

    /// <summary>Writes a backup and reads it back.</summary>
    public static async Task<int> WriteAsync(StoreMover store, StoreKind kind, string keys, string folder, TextWriter output, CancellationToken cancellationToken)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new StorageException(StorageProblem.NotWritable, $"{folder} is not empty: name a new folder, a backup never replaces another.");
        }

        OwnFile.MakeFolder(folder);
        var file = Path.Combine(folder, StoreName);
        long rows;
        await using (var target = OwnFile.Create(file))
        {
            rows = await store.ExportAsync(target, null, cancellationToken);
            await target.FlushAsync(cancellationToken);
        }

        var digests = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in KeyFiles(kind, keys))
        {
            var bytes = await ReadAsync(Path.Combine(keys, name), MaximumKeyFile, cancellationToken);
            try
            {
                OwnFile.MakeFolder(Path.GetDirectoryName(Path.Combine(folder, name))!);
                await OwnFile.WriteAsync(Path.Combine(folder, name), bytes, cancellationToken);
                digests.Add(name, Digest.Of(bytes).ToString());
            }
            finally
            {
                CryptographicOperations.ZeroMemory(bytes);
            }
        }

        // What was written, not what was meant.
        digests.Add(StoreName, await DigestAsync(file, cancellationToken));
        var findings = Check(kind, file, []);
        foreach (var problem in findings.Problems)
        {
            await output.WriteLineAsync(problem);
        }

        await OwnFile.WriteAsync(
            Path.Combine(folder, IndexName), JsonSerializer.SerializeToUtf8Bytes(new Index(Format, kind.ToString(), digests), AdminJson.Default.Index), cancellationToken);
        await output.WriteLineAsync($"{rows} rows and {digests.Count - 1} key files written to {folder}; {findings.Rows} rows read back, {findings.Problems.Count} problems.");
        return findings.Problems.Count == 0 ? 0 : AdminCommand.Problems;
    }

    /// <summary>Checks a backup as a whole, then puts it where nothing is.</summary>
    public static async Task<int> RestoreAsync(
        StorePlace place, StoreKind kind, string keys, string folder, string? checkpoint, TextWriter output, CancellationToken cancellationToken)
    {
        var index = await ReadIndexAsync(folder, kind, cancellationToken);
        foreach (var (name, digest) in index.Files)
        {
            if (await DigestAsync(Path.Combine(folder, name), cancellationToken) != digest)
            {
                throw new StorageException(StorageProblem.Damaged, $"{name} in the backup has another SHA-256 than {IndexName} says: take another backup.");
            }
        }

        var names = index.Files.Keys.Where(static name => name != StoreName).ToList();
        if (names.Append(StoreMover.FileOf(kind)).FirstOrDefault(name => File.Exists(Path.Combine(keys, name))) is { } there)
        {
            throw new StorageException(StorageProblem.NotWritable, $"{keys} holds {there} already: move the old folder away, it may hold the newest entries.");
        }

        var known = checkpoint is null or None ? [] : await KnownAsync(checkpoint, cancellationToken);
        var findings = Check(kind, Path.Combine(folder, StoreName), known);
        if (findings.Problems.Count > 0)
        {
            foreach (var problem in findings.Problems)
            {
                await output.WriteLineAsync(problem);
            }

            await output.WriteLineAsync("Nothing was restored.");
            return AdminCommand.Problems;
        }

        OwnFile.MakeFolder(keys);
        using (var store = place.Open(kind))
        {
            await using var source = File.OpenRead(Path.Combine(folder, StoreName));
            await output.WriteLineAsync($"{await store.ImportAsync(source, cancellationToken)} rows restored, {known.Count} logs compared with what members know to be cosigned.");
        }

        foreach (var name in names)
        {
            var bytes = await ReadAsync(Path.Combine(folder, name), MaximumKeyFile, cancellationToken);
            try
            {
                OwnFile.MakeFolder(Path.GetDirectoryName(Path.Combine(keys, name))!);
                await OwnFile.WriteAsync(Path.Combine(keys, name), bytes, cancellationToken);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(bytes);
            }
        }

        await output.WriteLineAsync($"{names.Count} key files restored.");
        return 0;
    }

    /// <summary>
    /// What a service cannot do without beside its store. A broker's keys are encrypted under its master key, which is never among them: a backup that held both would open the
    /// owner's records.
    /// </summary>
    private static IReadOnlyList<string> KeyFiles(StoreKind kind, string folder)
    {
        string[] named = kind switch
        {
            StoreKind.Ingestion => ["operator.pem", "tls.pem"],
            StoreKind.Notification => ["tls.pem"],
            _ => ["collateral-memory.json"],
        };
        var keys = Path.Combine(folder, "keys");
        IEnumerable<string> encrypted = kind == StoreKind.Broker && Directory.Exists(keys)
            ? Directory.EnumerateFiles(keys, "*.key").Select(static path => "keys/" + Path.GetFileName(path)).Order(StringComparer.Ordinal)
            : [];
        return [.. named.Where(name => File.Exists(Path.Combine(folder, name))), .. encrypted];
    }

    private static StoreFindings Check(StoreKind kind, string file, IReadOnlyCollection<KnownCheckpoint> known)
    {
        using var source = File.OpenRead(file);
        return StoreMover.VerifyFile(kind, source, Manifests.PartsOf, known);
    }

    private static async Task<Index> ReadIndexAsync(string folder, StoreKind kind, CancellationToken cancellationToken)
    {
        var index = Path.Combine(folder, IndexName);
        if (!File.Exists(index))
        {
            throw new StorageException(StorageProblem.Damaged, $"There is no {IndexName} in {folder}: it is no backup, or one that was not finished.");
        }

        try
        {
            var read = JsonSerializer.Deserialize(await ReadAsync(index, MaximumIndex, cancellationToken), AdminJson.Default.Index);
            if (read is { Format: Format, Files: not null } && read.Kind == kind.ToString() && read.Files.ContainsKey(StoreName) && read.Files.Keys.All(IsName))
            {
                return read;
            }
        }
        catch (JsonException)
        {
            // Said below.
        }

        throw new StorageException(StorageProblem.Damaged, $"{IndexName} in {folder} is not of a backup of the kind {kind}.");
    }

    /// <summary>No name that leads out of the folder.</summary>
    private static bool IsName(string name) => name.Split('/') is [var only] ? IsPart(only) : name.Split('/') is ["keys", var key] && IsPart(key);

    private static bool IsPart(string part) => part.Length is > 0 and <= 128 && part[0] != '.' && part.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');

    /// <summary>Reads what "cleanroom --json log verify" printed, of one room or of several one after the other.</summary>
    private static async Task<IReadOnlyList<KnownCheckpoint>> KnownAsync(string file, CancellationToken cancellationToken)
    {
        var bytes = await ReadAsync(file, MaximumIndex, cancellationToken);
        var known = new List<KnownCheckpoint>();
        try
        {
            var options = new JsonReaderOptions { AllowMultipleValues = true };
            for (var at = 0; ;)
            {
                var reader = new Utf8JsonReader(bytes.AsSpan(at), options);
                if (!reader.Read())
                {
                    break;
                }

                using var document = JsonDocument.ParseValue(ref reader);
                at += (int)reader.BytesConsumed;
                var root = document.RootElement.GetProperty("result");
                if (!Guid.TryParseExact(root.GetProperty("room").GetString(), "D", out var room) || !Digest.TryParse(root.GetProperty("root").GetString(), out var digest))
                {
                    throw new JsonException();
                }

                known.Add(new KnownCheckpoint(room, root.GetProperty("size").GetInt64(), digest));
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new StorageException(StorageProblem.Damaged, $"{file} does not hold what \"cleanroom --json log verify\" prints.", exception);
        }

        return known.Count > 0 ? known : throw new StorageException(StorageProblem.Damaged, $"{file} does not hold what \"cleanroom --json log verify\" prints.");
    }

    private static async Task<byte[]> ReadAsync(string file, int limit, CancellationToken cancellationToken)
    {
        await using var source = File.OpenRead(file);
        if (source.Length > limit)
        {
            throw new StorageException(StorageProblem.Damaged, $"{file} is longer than such a file can be.");
        }

        var bytes = new byte[source.Length];
        await source.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    private static async Task<string> DigestAsync(string file, CancellationToken cancellationToken)
    {
        await using var source = File.OpenRead(file);
        return new Digest(await SHA256.HashDataAsync(source, cancellationToken)).ToString();
    }

    /// <summary>What a backup consists of.</summary>
    /// <param name="Format">Of this file.</param>
    /// <param name="Kind">Of the store.</param>
    /// <param name="Files">SHA-256 by name.</param>
    internal sealed record Index(string Format, string Kind, SortedDictionary<string, string> Files);
}
