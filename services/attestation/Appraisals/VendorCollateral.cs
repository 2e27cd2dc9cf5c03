using System.Collections.Immutable;
using System.Security.Cryptography;
using CleanRoom.Cryptography;
using CleanRoom.Evidence;
using CleanRoom.Evidence.Collateral;

namespace CleanRoom.Attestation.Appraisals;

/// <summary>Where collateral comes from and what is remembered of it.</summary>
/// <param name="Folder">The owner's folder; null: none.</param>
/// <param name="Signers">Makers of packs that count; null: everything in the folder counts.</param>
/// <param name="MemoryFile">File with the numbers that never go back.</param>
internal sealed record CollateralPlaces(string? Folder, ImmutableHashSet<KeyId>? Signers, string MemoryFile);

/// <summary>
/// Collateral from a folder that the owner keeps current, packs or loose pieces. Read again once a minute at most, so that a new pack counts without a restart; nothing in it is
/// trusted because it lies there. What was newest is remembered on disk before it counts: an older TCB info, revocation list or pack is refused ever after, also
/// after a restart. Without a folder there is none, and evidence of real hardware that needs some is refused. No connection to anywhere.
/// </summary>
internal sealed partial class VendorCollateral
{
    private static readonly TimeSpan ReadAgainAfter = TimeSpan.FromMinutes(1);

    private readonly CollateralPlaces _places;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private CollateralContents _contents = CollateralContents.Empty;
    private CollateralMemory _memory;
    private long? _readAt;

    /// <summary>Opens it.</summary>
    /// <exception cref="InvalidDataException">The memory is damaged: it must not begin anew by itself.</exception>
    public VendorCollateral(CollateralPlaces places, TimeProvider clock, ILogger<VendorCollateral> logger)
    {
        (_places, _clock, _logger) = (places, clock, logger);
        _memory = !File.Exists(places.MemoryFile)
            ? CollateralMemory.Empty
            : CollateralMemory.TryParse(File.ReadAllBytes(places.MemoryFile), out var memory)
                ? memory
                : throw new InvalidDataException($"{places.MemoryFile} is damaged: restore it from a backup, or delete it and check that the collateral is current.");
    }

    /// <summary>What an appraisal at a time goes by.</summary>
    public AppraisalContext Context(DateTimeOffset time)
    {
        lock (_gate)
        {
            if (_places.Folder is { } folder && (_readAt is not { } readAt || _clock.GetElapsedTime(readAt) >= ReadAgainAfter))
            {
                _readAt = _clock.GetTimestamp();
                Read(folder, time);
            }

            return new AppraisalContext(time, _contents.Set) { Early = _contents.Early, Memory = _memory };
        }
    }

    private void Read(string folder, DateTimeOffset time)
    {
        try
        {
            var contents = CollateralFolder.Read(folder, _places.Signers, _memory);
            var memory = contents.Packs.Aggregate(_memory, (known, pack) => known.After(pack)).After(contents.Set, time);
            if (!ReferenceEquals(memory, _memory))
            {
                Keep(memory);
            }

            (_contents, _memory) = (contents, memory);
            LogRead(_contents.Set.Count);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What was read before still counts as long as its own dates say so.
            LogUnreadable();
        }
    }

    // On the disk before it counts, and whole or not at all.
    private void Keep(CollateralMemory memory)
    {
        var next = $"{_places.MemoryFile}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";
        using (var file = new FileStream(next, FileMode.CreateNew, FileAccess.Write))
        {
            file.Write(memory.ToJson());
            file.Flush(flushToDisk: true);
        }

        File.Move(next, _places.MemoryFile, overwrite: true);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Collateral read: {Parts} pieces.")]
    private partial void LogRead(int parts);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The collateral folder cannot be read; what was read before is used.")]
    private partial void LogUnreadable();
}
