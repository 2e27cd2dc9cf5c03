using System.Security.Cryptography;
using CleanRoom.Cryptography;

namespace CleanRoom.Evidence.Collateral;

/// <summary>
/// Collateral from a folder, and what was newest of it in a file: an older TCB info, revocation list or pack is refused ever after, also after a restart. What is new is on the disk before it
/// counts. Not safe for concurrent use; of two processes the last writer's memory stays.
/// </summary>
public sealed class RememberedCollateral
{
    private readonly string? _folder;
    private readonly IReadOnlySet<KeyId>? _signers;
    private readonly string _memoryFile;
    private CollateralContents _contents = CollateralContents.Empty;
    private CollateralMemory _memory;

    /// <summary>Opens the memory.</summary>
    /// <param name="folder">The folder with packs and loose pieces; null: there is none.</param>
    /// <param name="signers">Makers of packs that count; null: everything in the folder counts.</param>
    /// <param name="memoryFile">File with the numbers that never go back; made with the first of them.</param>
    /// <exception cref="InvalidDataException">The memory is damaged: it must not begin anew by itself.</exception>
    public RememberedCollateral(string? folder, IReadOnlySet<KeyId>? signers, string memoryFile)
    {
        ArgumentException.ThrowIfNullOrEmpty(memoryFile);
        (_folder, _signers, _memoryFile) = (folder, signers, memoryFile);
        _memory = !File.Exists(memoryFile)
            ? CollateralMemory.Empty
            : CollateralMemory.TryParse(File.ReadAllBytes(memoryFile), out var memory)
                ? memory
                : throw new InvalidDataException($"{memoryFile} is damaged: restore it from a backup, or delete it and check that the collateral is current.");
    }

    /// <summary>Pieces that count now.</summary>
    public int Count => _contents.Set.Count;

    /// <summary>What an appraisal at a time goes by, as it was read last.</summary>
    /// <param name="time">The time of appraisal.</param>
    public AppraisalContext Context(DateTimeOffset time) => new(time, _contents.Set) { Early = _contents.Early, Memory = _memory };

    /// <summary>Reads the folder again.</summary>
    /// <param name="time">Now: what is not yet valid is not remembered.</param>
    /// <exception cref="IOException">The folder cannot be read, or the memory not be written: then what was read before counts.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public void Read(DateTimeOffset time)
    {
        if (_folder is null)
        {
            return;
        }

        var contents = CollateralFolder.Read(_folder, _signers, _memory);
        var memory = contents.Packs.Aggregate(_memory, (known, pack) => known.After(pack)).After(contents.Set, time);
        if (!ReferenceEquals(memory, _memory))
        {
            Keep(memory);
        }

        (_contents, _memory) = (contents, memory);
    }

    // On the disk before it counts, and whole or not at all.
    private void Keep(CollateralMemory memory)
    {
        var next = $"{_memoryFile}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";
        using (var file = new FileStream(next, FileMode.CreateNew, FileAccess.Write))
        {
            file.Write(memory.ToJson());
            file.Flush(flushToDisk: true);
        }

        File.Move(next, _memoryFile, overwrite: true);
    }
}
