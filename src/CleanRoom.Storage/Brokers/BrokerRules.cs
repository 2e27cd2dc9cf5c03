namespace CleanRoom.Storage.Brokers;

/// <summary>What every driver decides alike about a broker's memory.</summary>
internal static class BrokerRules
{
    public static void CheckNew(BrokerRoom record)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (record.RowVersion != 0)
        {
            throw new ArgumentException("A new record must have row version 0.", nameof(record));
        }
    }

    public static void CheckSuccessor(BrokerRoom stored, BrokerRoom record)
    {
        var goesBack = record.CosignedSize < stored.CosignedSize || (record.CosignedSize == stored.CosignedSize && record.CosignedRoot != stored.CosignedRoot);
        if (record.Genesis != stored.Genesis || (goesBack && !GivesUp(stored, record)) || record.Generation < stored.Generation
            || Nullable.Compare(record.CosignedTime, stored.CosignedTime) < 0)
        {
            throw new ArgumentException("A room's genesis never changes; size, time and generation never go back, size and root but for what a recovery gives up.", nameof(record));
        }
    }

    /// <summary>Whether the record says of exactly what is stored that it is given up.</summary>
    private static bool GivesUp(BrokerRoom stored, BrokerRoom record) =>
        record.GivenUp is var (size, root) && size == stored.CosignedSize && root == stored.CosignedRoot;

    public static void CheckNonce(ReadOnlyMemory<byte> nonce)
    {
        if (nonce.Length is < 16 or > 64)
        {
            throw new ArgumentException("A nonce must have 16 to 64 bytes.", nameof(nonce));
        }
    }

    public static bool SameKeys(IReadOnlyList<SealedRecordKey> left, IReadOnlyList<SealedRecordKey> right) =>
        left.Count == right.Count && left.OrderBy(static key => key.Period).Zip(right).All(static pair =>
            pair.First.Period == pair.Second.Period
            && pair.First.PublicKey.Span.SequenceEqual(pair.Second.PublicKey.Span)
            && pair.First.SealedPrivateKey.Span.SequenceEqual(pair.Second.SealedPrivateKey.Span));
}
