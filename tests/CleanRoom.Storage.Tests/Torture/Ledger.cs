using System.Globalization;
using CleanRoom.Cryptography;
using CleanRoom.Storage.Logs;
using CleanRoom.Storage.Transfer;

namespace CleanRoom.Storage.Tests.Torture;

/// <summary>What clients were told, and the comparison with what is there.</summary>
internal sealed class Ledger
{
    private readonly Dictionary<long, byte[]> _leaves = [];
    private readonly Dictionary<Guid, long> _batches = [];
    private readonly HashSet<Guid> _erased = [];
    private readonly Dictionary<string, long> _sent = [];
    private readonly Dictionary<string, long> _acknowledged = [];
    private readonly Dictionary<long, Digest> _roots = [];
    private readonly HashSet<Guid> _unchecked = [];
    private readonly List<string> _violations = [];
    private StoredCheckpoint? _last;

    /// <summary>Acknowledged operations.</summary>
    public long Operations { get; private set; }

    /// <summary>Errors that a store answered, by problem; each was repeated until it went.</summary>
    public SortedDictionary<string, long> Errors { get; } = [];

    public IReadOnlyList<string> Violations => _violations;

    public void Told(string line)
    {
        var words = line.Split(' ');
        Operations += words[0] == "X" ? 0 : 1;
        switch (words)
        {
            case ["L", var name, var index]:
                Expect(_leaves.TryAdd(Number(index), Load.Leaf(name)), $"two answers name entry {index}");
                break;
            case ["B", var id, var index]:
                var batch = Guid.Parse(id);
                Expect(_leaves.TryAdd(Number(index), Load.Manifest(batch)), $"two answers name entry {index}");
                _batches[batch] = Number(index);
                _unchecked.Add(batch);
                break;
            case ["E", var id]:
                _erased.Add(Guid.Parse(id));
                _unchecked.Add(Guid.Parse(id));
                break;
            case ["S", var recipient, var number]:
                _sent[recipient] = Number(number);
                break;
            case ["A", var recipient, var number]:
                _acknowledged[recipient] = Number(number);
                break;
            case ["R", var size, var root]:
                var digest = new Digest(Convert.FromHexString(root));
                Expect(!_roots.TryGetValue(Number(size), out var known) || known == digest, $"two roots for size {size}: a fork");
                _roots[Number(size)] = digest;
                break;
            case ["X", var problem]:
                Errors[problem] = Errors.GetValueOrDefault(problem) + 1;
                break;
            default:
                Expect(false, $"a line that says nothing: {line}");
                break;
        }
    }

    public async Task CompareAsync(Place place, bool whole)
    {
        using var store = place.OpenIngestion();
        await CompareLogAsync(store.Logs);
        foreach (var batch in whole ? [.. _batches.Keys] : _unchecked.ToArray())
        {
            await CompareBatchAsync(store, batch);
        }

        _unchecked.Clear();
        await CompareSlotsAsync(place);
        if (whole)
        {
            // Manifests of a campaign are bytes without meaning: which parts they name follows from the batch's id.
            var manifests = _batches.Keys.ToDictionary(static batch => Digest.Of(Load.Manifest(batch)));
            using var mover = place.OpenMover(StoreKind.Ingestion);
            var findings = await mover.VerifyAsync(
                manifest => manifests.TryGetValue(Digest.Of(manifest.Span), out var batch)
                    ? [.. Enumerable.Range(0, Load.Parts).Select(part => Digest.Of(Load.Part(batch, part)))]
                    : null,
                default);
            foreach (var problem in findings.Problems.Where(static problem => !problem.Contains("does not name", StringComparison.Ordinal) && !problem.Contains("not the one", StringComparison.Ordinal)))
            {
                Expect(false, problem);
            }
        }
    }

    private async Task CompareLogAsync(ILogStore logs)
    {
        var entries = await logs.ReadAsync(Load.Room, 0, long.MaxValue, int.MaxValue, default);
        var frontier = new MerkleFrontier();
        var hashes = new HashSet<Digest>();
        for (var i = 0; i < entries.Count; i++)
        {
            Expect(entries[i].Index == i, $"entry {entries[i].Index} where {i} is next");
            Expect(hashes.Add(MerkleTree.LeafHash(entries[i].Leaf.Span)), $"entry {i} is there twice");
            frontier.Append(MerkleTree.LeafHash(entries[i].Leaf.Span));
            if (_roots.TryGetValue(frontier.Size, out var told))
            {
                Expect(told == frontier.Root, $"the root of {frontier.Size} entries is not the one that was told: a fork");
            }
        }

        foreach (var (index, leaf) in _leaves)
        {
            Expect(index < entries.Count && entries[(int)index].Leaf.Span.SequenceEqual(leaf), $"entry {index} was acknowledged and is not there");
        }

        foreach (var size in _roots.Keys)
        {
            Expect(size <= entries.Count, $"a head of {size} entries was told and {entries.Count} are there");
        }

        var head = (await logs.FindHeadAsync(Load.Room, default))!;
        Expect(head.Size == frontier.Size && head.Root == frontier.Root, "the head is not that of the entries");
        await ProveAsync(logs, head);
        _last = new StoredCheckpoint(head.Size, head.Root, string.Empty);
    }

    /// <summary>Receipts: the newest acknowledged entries are proved in the head, and the head extends the one after the round before.</summary>
    private async Task ProveAsync(ILogStore logs, LogHead head)
    {
        foreach (var (index, leaf) in _leaves.Where(item => item.Key >= (_last?.Size ?? 0) && item.Key < head.Size))
        {
            var path = await logs.GetInclusionAsync(Load.Room, index, head.Size, default);
            Expect(MerkleProof.VerifyInclusion(MerkleTree.LeafHash(leaf), index, head.Size, path, head.Root), $"the receipt of entry {index} does not verify");
        }

        if (_last is { } last && last.Size < head.Size)
        {
            var path = await logs.GetConsistencyAsync(Load.Room, last.Size, head.Size, default);
            Expect(MerkleProof.VerifyConsistency(last.Size, last.Root, head.Size, head.Root, path), $"the log of {head.Size} entries does not extend that of {last.Size}");
        }
    }

    private async Task CompareBatchAsync(IIngestionStore store, Guid batch)
    {
        var progress = await store.Batches.FindAsync(Load.Room, batch, default);
        Expect(progress?.Index == _batches[batch], $"batch {batch} was acknowledged at entry {_batches[batch]} and is not there");
        var parts = await store.Batches.ReadPartsAsync(Load.Room, batch, 0, int.MaxValue, default) ?? [];
        Expect(parts.Count == Load.Parts, $"batch {batch} has {parts.Count} parts");
        foreach (var part in parts)
        {
            // A withdrawal that was cut off may have happened: its slot is gone, or whole.
            Expect(
                part.Ciphertext is { } bytes ? bytes.Span.SequenceEqual(Load.Part(batch, part.Part)) && !(part.Part < 2 && _erased.Contains(batch)) : part.Part < 2,
                $"part {part.Part} of batch {batch} is not what it should be");
        }
    }

    private async Task CompareSlotsAsync(Place place)
    {
        var slots = place.OpenSlots();
        using var closing = (IDisposable)slots;
        foreach (var (recipient, last) in _sent)
        {
            var frames = await slots.ReadAsync(Load.Room, recipient, 0, int.MaxValue, default);
            Expect(frames.Count >= last && frames.Count % 2 == 0, $"{recipient}: {frames.Count} frames, {last} acknowledged");
            for (var i = 0; i < frames.Count; i++)
            {
                var expected = Load.Frame(recipient, i + 1);
                Expect(
                    frames[i].Number == i + 1 && frames[i].Header == expected.Header && frames[i].Ciphertext.Span.SequenceEqual(expected.Ciphertext.Span),
                    $"{recipient}: frame {i + 1} is not what was put");
            }

            Expect(
                await slots.FindAcknowledgedAsync(Load.Room, recipient, default) >= _acknowledged.GetValueOrDefault(recipient), $"{recipient}: an acknowledgement is lost");
        }
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private void Expect(bool holds, string violation)
    {
        if (!holds)
        {
            _violations.Add(violation);
        }
    }
}
