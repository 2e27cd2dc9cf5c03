namespace CleanRoom.Storage.Transfer;

/// <summary>What every driver decides alike when rows arrive.</summary>
internal static class TransferRules
{
    /// <summary>Moves the numbers that the other store gave beyond those of this one.</summary>
    public static void Shift(StoreTable table, object?[] row, long rooms, long batches)
    {
        for (var i = 0; i < row.Length; i++)
        {
            row[i] = table.Columns[i].Kind switch
            {
                ColumnKind.RoomNumber => checked((long)row[i]! + rooms),
                ColumnKind.BatchNumber => checked((long)row[i]! + batches),
                _ => row[i],
            };
        }
    }

    public static StorageException Taken(Exception cause) =>
        new(StorageProblem.Unknown, "The store has a room of this file already, or the file contradicts itself: nothing was imported; name an empty store.", cause);
}
