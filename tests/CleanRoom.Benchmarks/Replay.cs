using System.Diagnostics;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Linkage;
using CleanRoom.Linkage.Models;
using CleanRoom.Matching.Records;

namespace CleanRoom.Benchmarks;

/// <summary>
/// What a restarted enclave does with the batches of its log: check the signature of each manifest, open, index, and run the standing queries. From memory: what
/// reading over the network costs stands under "upload".
/// </summary>
internal static class Replay
{
    /// <summary>Pairs grow faster than records: of more, only the replay is measured.</summary>
    private const int MostQueried = 200_000;

    private static readonly string[] Contributors = ["alpha", "bravo", "charlie"];

    public static async Task RunAsync(Report report, int records)
    {
        using var batches = new SealedBatches();
        using var uploader = SigningKey.Generate();
        var leaves = new List<(byte[] Leaf, byte[][] Parts)>();
        for (var from = 0; from < records; from += BatchEntry.SlotCounts[^1])
        {
            var contributor = Contributors[leaves.Count % Contributors.Length];
            var (manifest, parts) = batches.Seal(SealedBatches.Items(from, Math.Min(BatchEntry.SlotCounts[^1], records - from), contributor), contributor);
            leaves.Add((manifest.Sign(uploader), parts));
        }
        GC.Collect();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var shelf = new RecordShelf(RoomModel.Shipped, records);
        var collecting = GC.GetTotalPauseDuration();
        using var process = Process.GetCurrentProcess();
        var processor = process.TotalProcessorTime;
        var (verify, decrypt, all) = (new Stopwatch(), new Stopwatch(), Stopwatch.StartNew());
        for (var i = 0; i < leaves.Count; i++)
        {
            verify.Start();
            var manifest = SignedEntry.TryParse(leaves[i].Leaf, out var entry, out _) && entry.Verify(uploader.PublicKey)
                ? (BatchEntry)entry.Entry
                : throw new InvalidOperationException("A manifest does not verify.");
            verify.Stop();
            using var opener = BatchOpener.Create(manifest, batches.Key)!;
            var intake = new BatchIntake(opener, manifest, i, shelf, limited: false, mostDecoys: 0, needsEvidence: false, _ => false, _ => throw new InvalidOperationException("A part was refused."));
            for (var part = 0; part < leaves[i].Parts.Length; part++)
            {
                decrypt.Start();
                var slot = manifest.IsPart(part, leaves[i].Parts[part])
                    ? opener.Take(part, leaves[i].Parts[part])
                    : throw new InvalidOperationException("A part is not the one in the manifest.");
                decrypt.Stop();
                if (slot is { } plain)
                {
                    await intake.TakeAsync(plain.Slot, plain, false, CancellationToken.None);
                }
            }
            await intake.EndAsync();
        }
        all.Stop();
        process.Refresh();
        processor = process.TotalProcessorTime - processor;
        if (shelf.New.Count != records)
        {
            throw new InvalidOperationException($"{shelf.New.Count} of {records} records are on the shelf.");
        }
        collecting = GC.GetTotalPauseDuration() - collecting;
        var heap = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(leaves);
        report.Add("replay", "records", records, "");
        report.Add("replay", "check manifests", verify.Elapsed.TotalSeconds, "s");
        report.Add("replay", "check parts and decrypt", decrypt.Elapsed.TotalSeconds, "s");
        report.Add("replay", "in all, with parsing and indexing on all processors, until the enclave may answer", all.Elapsed.TotalSeconds, "s");
        report.Add("replay", "processor time for it", processor.TotalSeconds, "s");
        report.Add("replay", "of it, pauses of the garbage collector", collecting.TotalSeconds, "s");
        report.Add("replay", "memory of the index and the records", heap / 1e6, "MB");
        if (records <= MostQueried)
        {
            var link = Stopwatch.StartNew();
            var found = shelf.Index.FindLinks(shelf.New, (a, b) => shelf.Find(a)!.Contributor != shelf.Find(b)!.Contributor);
            link.Stop();
            report.Add("replay", "standing queries over all of them", link.Elapsed.TotalSeconds, "s");
            report.Add("replay", "pairs compared", found.PairsCompared, "");
            report.Add("replay", "links", found.Links.Count(item => item.Strength >= LinkStrength.Probable), "");
        }
        process.Refresh();
        report.Add("replay", "peak of the process, ciphertexts included", process.PeakWorkingSet64 / 1e6, "MB");
    }
}
