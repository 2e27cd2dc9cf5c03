using System.Collections.Immutable;
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
/// trusted because it lies there. Without a folder there is none, and evidence of real hardware that needs some is refused. No connection to anywhere.
/// </summary>
internal sealed partial class VendorCollateral
{
    private static readonly TimeSpan ReadAgainAfter = TimeSpan.FromMinutes(1);

    private readonly RememberedCollateral _collateral;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private long? _readAt;

    /// <summary>Opens it.</summary>
    /// <exception cref="InvalidDataException">The memory is damaged: it must not begin anew by itself.</exception>
    public VendorCollateral(CollateralPlaces places, TimeProvider clock, ILogger<VendorCollateral> logger) =>
        (_collateral, _clock, _logger) = (new RememberedCollateral(places.Folder, places.Signers, places.MemoryFile), clock, logger);

    /// <summary>What an appraisal at a time goes by.</summary>
    public AppraisalContext Context(DateTimeOffset time)
    {
        lock (_gate)
        {
            if (_readAt is not { } readAt || _clock.GetElapsedTime(readAt) >= ReadAgainAfter)
            {
                _readAt = _clock.GetTimestamp();
                Read(time);
            }

            return _collateral.Context(time);
        }
    }

    private void Read(DateTimeOffset time)
    {
        try
        {
            _collateral.Read(time);
            LogRead(_collateral.Count);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What was read before still counts as long as its own dates say so.
            LogUnreadable();
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Collateral read: {Parts} pieces.")]
    private partial void LogRead(int parts);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The collateral folder cannot be read; what was read before is used.")]
    private partial void LogUnreadable();
}
