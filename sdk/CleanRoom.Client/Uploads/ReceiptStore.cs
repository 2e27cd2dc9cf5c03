using CleanRoom.Charter.Log;
using CleanRoom.Client.Files;

namespace CleanRoom.Client.Uploads;

/// <summary>Receipts of one room, a file each, beside the manifests that they speak of: they verify offline.</summary>
internal sealed class ReceiptStore
{
    private readonly string _folder;

    public ReceiptStore(string roomFolder)
    {
        _folder = Path.Combine(roomFolder, "receipts");
        DurableFile.CreateFolder(_folder);
    }

    public void Save(Receipt receipt, SignedEntry manifest)
    {
        // The manifest of a batch is one for ever; a file is there whole or not at all.
        var leaf = Path.Combine(_folder, $"{receipt.Batch}.jws");
        if (!File.Exists(leaf))
        {
            DurableFile.Write(leaf, manifest.Leaf.Span);
        }

        DurableFile.Write(Path.Combine(_folder, $"{receipt.Batch}.json"), receipt.ToBytes());
    }

    public bool Contains(BatchId batch) => File.Exists(Path.Combine(_folder, $"{batch}.json"));

    /// <summary>Gives all receipts with their manifests, by position in the log.</summary>
    public IReadOnlyList<(Receipt Receipt, SignedEntry Manifest)> Read() =>
        [.. Directory.EnumerateFiles(_folder, "*.json").Select(Load).OrderBy(item => item.Receipt.Index)];

    private static (Receipt Receipt, SignedEntry Manifest) Load(string path)
    {
        var content = DurableFile.Read(path, Receipt.MaxSize, "The receipt");
        var leaf = DurableFile.Read(Path.ChangeExtension(path, ".jws"), Entry.MaxLeafSize, "The manifest");
        return Receipt.TryParse(content, out var receipt, out _) && SignedEntry.TryParse(leaf, out var manifest, out _)
            ? (receipt, manifest)
            : throw new ClientException(ClientProblem.BadData, $"{path} is not a receipt with its manifest: fetch it again with \"cleanroom receipts verify\".");
    }
}
