using CleanRoom.Evidence.Collateral;
using CleanRoom.Evidence.Files;

namespace CleanRoom.Attestation.Appraisals;

/// <summary>
/// Collateral from a folder that the owner keeps current: certificates, revocation lists, TCB info. Read again once a minute at most, so that a new pack counts
/// without a restart; nothing in it is trusted because it lies there. Without a folder there is none, and evidence of real hardware that needs some is refused.
/// </summary>
internal sealed partial class VendorCollateral(string? folder, TimeProvider clock, ILogger<VendorCollateral> logger)
{
    private const int MaxFiles = 4096;
    private static readonly TimeSpan ReadAgainAfter = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private CollateralSet _set = CollateralSet.Empty;
    private long? _readAt;

    /// <summary>The collateral at hand.</summary>
    public CollateralSet Current()
    {
        if (folder is null)
        {
            return _set;
        }

        lock (_gate)
        {
            if (_readAt is { } readAt && clock.GetElapsedTime(readAt) < ReadAgainAfter)
            {
                return _set;
            }

            _readAt = clock.GetTimestamp();
            try
            {
                _set = CollateralSet.Read(Contents(folder));
                LogRead(_set.Count);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // What was read before still counts as long as its own dates say so.
                LogUnreadable();
            }

            return _set;
        }
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Contents(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Take(MaxFiles)
            .Where(file => new FileInfo(file).Length is > 0 and <= EvidenceFile.MaxSize)
            .Select(file => (ReadOnlyMemory<byte>)File.ReadAllBytes(file));

    [LoggerMessage(Level = LogLevel.Debug, Message = "Collateral read: {Pieces} pieces.")]
    private partial void LogRead(int pieces);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The collateral folder cannot be read; what was read before is used.")]
    private partial void LogUnreadable();
}
