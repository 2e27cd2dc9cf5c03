using System.Data.Common;
using CleanRoom.Cryptography;

namespace CleanRoom.Storage.Brokers;

/// <summary>How a broker's memory stands in columns: the same for every driver, whose parameters and types of column alone differ.</summary>
internal static class BrokerRows
{
    /// <summary>Columns of a room, as <see cref="Read"/> takes them.</summary>
    public const string Columns =
        "row_version, genesis, signed_charter, sealed_secret, frozen, cosigned_size, cosigned_root, generation, lease_ends, cosigned_time, instance";

    /// <summary>What changes in a room: signed_charter, sealed_secret, frozen, cosigned_size, cosigned_root, cosigned_time, generation, instance, lease_ends.</summary>
    public static object?[] Changing(BrokerRoom record) =>
    [
        Values.Blob(record.SignedCharter),
        Values.Blob(record.SealedRoomSecret),
        record.Frozen ? 1L : 0L,
        record.CosignedSize,
        record.CosignedRoot is { } root ? Values.Blob(root) : null,
        record.CosignedTime?.ToUnixTimeSeconds(),
        record.Generation,
        record.Instance is { } instance ? Values.Blob(instance.Memory) : null,
        record.LeaseEnds?.ToUnixTimeSeconds(),
    ];

    /// <summary>A room from <see cref="Columns"/>.</summary>
    public static BrokerRoom Read(DbDataReader row, Guid room, IReadOnlyList<SealedRecordKey> keys) => new()
    {
        Room = room,
        RowVersion = row.GetInt64(0),
        Genesis = row.GetDigest(1),
        SignedCharter = row.GetBlob(2),
        SealedRoomSecret = row.GetBlob(3),
        Frozen = row.GetInt64(4) != 0,
        CosignedSize = row.GetInt64(5),
        CosignedRoot = row.IsDBNull(6) ? null : row.GetDigest(6),
        Generation = row.GetInt64(7),
        LeaseEnds = row.IsDBNull(8) ? null : DateTimeOffset.FromUnixTimeSeconds(row.GetInt64(8)),
        CosignedTime = row.IsDBNull(9) ? null : DateTimeOffset.FromUnixTimeSeconds(row.GetInt64(9)),
        Instance = row.IsDBNull(10) ? null : new KeyId(row.GetBlob(10)),
        RecordKeys = keys,
    };

    /// <summary>A record key from period, public_key, sealed_key.</summary>
    public static SealedRecordKey ReadKey(DbDataReader row) => new((int)row.GetInt64(0), row.GetBlob(1), row.GetBlob(2));

    /// <summary>A release from generation, leaf, lease_ends.</summary>
    public static BrokerRelease ReadRelease(DbDataReader row, Guid room, Digest result) =>
        new(room, result, row.GetInt64(0), row.GetBlob(1), DateTimeOffset.FromUnixTimeSeconds(row.GetInt64(2)));
}
