using System.Collections.Immutable;

namespace CleanRoom.Evidence.Collateral;

/// <summary>Intel's status of a TCB level, as what it says: parts add up, so that merging statuses never loses one.</summary>
[Flags]
internal enum TcbStatus
{
    /// <summary>Nothing to object to.</summary>
    UpToDate = 0,

    /// <summary>The software must be hardened against known weaknesses.</summary>
    SWHardeningNeeded = 1,

    /// <summary>The platform must be configured otherwise.</summary>
    ConfigurationNeeded = 2,

    /// <summary>Known weaknesses are not patched.</summary>
    OutOfDate = 4,

    /// <summary>Never to be trusted again.</summary>
    Revoked = 8,
}

/// <summary>Intel's names of statuses (PCS API v4, tcbStatus).</summary>
internal static class TcbStatuses
{
    private static readonly ImmutableDictionary<string, TcbStatus> Names = ImmutableDictionary.CreateRange(StringComparer.Ordinal, new Dictionary<string, TcbStatus>
    {
        ["UpToDate"] = TcbStatus.UpToDate,
        ["SWHardeningNeeded"] = TcbStatus.SWHardeningNeeded,
        ["ConfigurationNeeded"] = TcbStatus.ConfigurationNeeded,
        ["ConfigurationAndSWHardeningNeeded"] = TcbStatus.ConfigurationNeeded | TcbStatus.SWHardeningNeeded,
        ["OutOfDate"] = TcbStatus.OutOfDate,
        ["OutOfDateConfigurationNeeded"] = TcbStatus.OutOfDate | TcbStatus.ConfigurationNeeded,
        ["Revoked"] = TcbStatus.Revoked,
    });

    /// <summary>The names.</summary>
    public static string Vocabulary { get; } = string.Join(", ", Names.Keys.Order(StringComparer.Ordinal));

    /// <summary>Reads a name.</summary>
    public static bool TryParse(string? name, out TcbStatus status)
    {
        status = TcbStatus.Revoked;
        return name is not null && Names.TryGetValue(name, out status);
    }

    /// <summary>The name of a status; of merged ones the worst that says as much.</summary>
    public static string Name(TcbStatus status) => status switch
    {
        _ when status.HasFlag(TcbStatus.Revoked) => "Revoked",
        _ when status.HasFlag(TcbStatus.OutOfDate | TcbStatus.ConfigurationNeeded) => "OutOfDateConfigurationNeeded",
        _ when status.HasFlag(TcbStatus.OutOfDate) => "OutOfDate",
        _ => Names.First(row => row.Value == status).Key,
    };
}
