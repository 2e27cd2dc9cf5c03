using System.Collections.Immutable;
using System.IO.Enumeration;
using CleanRoom.Cryptography;

namespace CleanRoom.Evidence.Collateral;

/// <summary>What a folder or file of collateral holds.</summary>
/// <param name="Set">What counts now.</param>
/// <param name="Early">What counts for warnings only.</param>
/// <param name="Packs">The packs among it.</param>
public sealed record CollateralContents(CollateralSet Set, CollateralSet Early, ImmutableArray<CollateralPack> Packs)
{
    /// <summary>Nothing.</summary>
    public static CollateralContents Empty { get; } = new(CollateralSet.Empty, CollateralSet.Empty, []);
}

/// <summary>Reads collateral from a folder or a file: packs, and loose pieces of any form, each told by what it holds; loose pieces in a folder <c>early</c> count for warnings only.</summary>
public static class CollateralFolder
{
    /// <summary>Most files that are looked at.</summary>
    public const int MaxFiles = 4096;

    private const string EarlyFolder = "early";

    /// <summary>Reads it. What is no collateral is passed over.</summary>
    /// <param name="path">A folder, read with what is below it, or a file.</param>
    /// <param name="signers">If given, only packs by these count, of each the newest, and loose pieces do not count at all; null: everything counts.</param>
    /// <param name="memory">Packs older than remembered do not count.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static CollateralContents Read(string path, IReadOnlySet<KeyId>? signers, CollateralMemory memory)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(memory);
        var packs = new Dictionary<KeyId, CollateralPack>();
        var now = new List<ReadOnlyMemory<byte>>();
        var early = new List<ReadOnlyMemory<byte>>();
        foreach (var file in Files(path))
        {
            var info = new FileInfo(file);
            if ((info.ResolveLinkTarget(returnFinalTarget: true) ?? info) is not FileInfo { Exists: true, Length: > 0 and <= CollateralPack.MaxSize })
            {
                continue;
            }

            var content = File.ReadAllBytes(file);
            if (CollateralPack.LooksLikeOne(content))
            {
                if (CollateralPack.TryRead(content, signers, out var pack, out _) && !memory.IsOlder(pack)
                    && (!packs.TryGetValue(pack.Signer, out var other) || pack.Number > other.Number))
                {
                    packs[pack.Signer] = pack;
                }
            }
            else if (signers is null)
            {
                (Path.GetFileName(Path.GetDirectoryName(file)) == EarlyFolder ? early : now).Add(content);
            }
        }

        return new CollateralContents(
            packs.Values.Aggregate(CollateralSet.Read(now), (set, pack) => set.With(pack.Set)), packs.Values.Aggregate(CollateralSet.Read(early), (set, pack) => set.With(pack.Early)),
            [.. packs.Values]);
    }

    // Sorted, so that two runs read the same. Links to folders are not followed: they may lead round in a circle.
    private static IEnumerable<string> Files(string path) => !Directory.Exists(path)
        ? [path]
        : new FileSystemEnumerable<string>(path, static (ref entry) => entry.ToSpecifiedFullPath(), new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false })
        {
            ShouldIncludePredicate = static (ref entry) => !entry.IsDirectory,
            ShouldRecursePredicate = static (ref entry) => (entry.Attributes & FileAttributes.ReparsePoint) == 0,
        }.Order(StringComparer.Ordinal).Take(MaxFiles);
}
