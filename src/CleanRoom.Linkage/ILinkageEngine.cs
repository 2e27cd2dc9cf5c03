using CleanRoom.Linkage.Models;
using CleanRoom.Records.V1;

namespace CleanRoom.Linkage;

/// <summary>Says whether two records may be compared at all (consent, different contributors). Asked before anything of the pair is computed; must be pure, symmetric and thread-safe.</summary>
public delegate bool MayCompare(RecordHandle first, RecordHandle second);

/// <summary>
/// An index of records that finds links between them. Pure: no clock, no I/O, no log. The links depend on the set of records and the
/// predicate only, not on the order of arrival nor on the number of threads. One caller at a time.
/// </summary>
public interface ILinkageEngine
{
    /// <summary>Records in the index.</summary>
    int Count { get; }

    /// <summary>Normalises and indexes a record. Keeps no reference to it.</summary>
    /// <exception cref="ArgumentException">The handle is already in the index.</exception>
    /// <exception cref="InvalidOperationException">The index is full (<see cref="LinkageOptions.MaxRecords"/>).</exception>
    void Add(RecordHandle handle, CaseRecord record);

    /// <summary>Normalises a record, without touching the index: on whatever thread, at any time. Keeps no reference to it.</summary>
    PreparedRecord Prepare(RecordHandle handle, CaseRecord record);

    /// <summary>Indexes a record that was normalised before.</summary>
    /// <exception cref="ArgumentException">The handle is already in the index.</exception>
    /// <exception cref="InvalidOperationException">The index is full (<see cref="LinkageOptions.MaxRecords"/>).</exception>
    void Add(PreparedRecord record);

    /// <summary>Takes a record out again; false if it was not there.</summary>
    bool Remove(RecordHandle handle);

    /// <summary>Finds the links between each of the new records and every record in the index.</summary>
    /// <param name="newRecords">Handles in the index; others are ignored. All handles = all links.</param>
    /// <param name="mayCompare">Asked for each candidate pair, before it is compared.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <returns>Links ordered by first handle, second handle, type and holders; of one type and pair of holder roles only the strongest.</returns>
    LinkageResult FindLinks(IReadOnlyCollection<RecordHandle> newRecords, MayCompare mayCompare, CancellationToken cancellationToken = default);

    /// <summary>Finds the links between records of the index and one that is not in it, and leaves no trace of that one: frequencies and blocks stay as they are.</summary>
    /// <param name="subject">The record; it stands on the second side of each link, under <see cref="RecordHandle.OfNoRecord"/>.</param>
    /// <param name="mayCompare">Asked for each candidate, before it is compared.</param>
    /// <returns>Links ordered by record, type and holders.</returns>
    IReadOnlyList<Link> FindLinks(CaseRecord subject, Predicate<RecordHandle> mayCompare);
}

/// <summary>Links and what the search cost.</summary>
/// <param name="Links">The links.</param>
/// <param name="PairsCompared">Pairs of records compared.</param>
/// <param name="BlocksCut">Times a block was over its cap and was narrowed by a second key.</param>
public sealed record LinkageResult(IReadOnlyList<Link> Links, long PairsCompared, long BlocksCut);

/// <summary>Bounds and numbers of the engine.</summary>
public sealed class LinkageOptions
{
    /// <summary>The most records in the index. Defaults to 2,000,000.</summary>
    public int MaxRecords { get; init; } = 2_000_000;

    /// <summary>The largest block of one identifier that is compared pair by pair; a larger one only with a second key. Defaults to 256.</summary>
    public int IdentifierBlock { get; init; } = 256;

    /// <summary>The same for compound keys (two name sounds, name and birth). Defaults to 120.</summary>
    public int CompoundBlock { get; init; } = 120;

    /// <summary>Threads of a search, 1 to 64. Defaults to 2. The result does not depend on it.</summary>
    public int Threads { get; init; } = 2;

    /// <summary>The numbers by which persons are weighed. Defaults to <see cref="RoomModel.Shipped"/>.</summary>
    public RoomModel Model { get; init; } = RoomModel.Shipped;
}
