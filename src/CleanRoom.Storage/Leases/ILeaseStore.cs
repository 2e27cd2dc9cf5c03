namespace CleanRoom.Storage.Leases;

/// <summary>
/// Who may lead, for a time. One holder at a time by the store's own clock, so that the clocks of processes do not matter. It serves liveness only: a process that
/// was paused does not know that its lease is over, and what it does then must be harmless by other means (generations in the cosigned log).
/// Safe for concurrent use.
/// </summary>
public interface ILeaseStore : IStore, IDisposable
{
    /// <summary>Takes a lease that is free or over, or prolongs one's own. Of any number of callers at most one holds it.</summary>
    /// <param name="name">What is led: 1 to 128 characters.</param>
    /// <param name="holder">Who asks: a random id, one for each life of a process.</param>
    /// <param name="duration">From now, 100 ms to 1 h.</param>
    /// <param name="cancellationToken">Before the write begins; not after.</param>
    Task<Lease> TryTakeAsync(string name, Guid holder, TimeSpan duration, CancellationToken cancellationToken);

    /// <summary>Gives a lease up, so that the next need not wait for its end. One that is another's stays.</summary>
    /// <returns>Whether it was this holder's.</returns>
    Task<bool> GiveUpAsync(string name, Guid holder, CancellationToken cancellationToken);

    /// <summary>Lists all leases by name, those that are over too. Who holds one is a random id that says nothing, so it is not told.</summary>
    Task<IReadOnlyList<NamedLease>> ListAsync(CancellationToken cancellationToken);
}

/// <summary>How a lease stands.</summary>
/// <param name="Held">The caller holds it.</param>
/// <param name="Term">Counts the holders, from 1; it never goes back.</param>
/// <param name="Remaining">Until it is over, by the store's clock.</param>
public readonly record struct Lease(bool Held, long Term, TimeSpan Remaining);

/// <summary>A lease as others see it.</summary>
/// <param name="Name">What is led.</param>
/// <param name="Term">Counts the holders, from 1.</param>
/// <param name="Remaining">Until it is over, by the store's clock; not more than zero if it is.</param>
public sealed record NamedLease(string Name, long Term, TimeSpan Remaining);

/// <summary>What every driver decides alike about leases.</summary>
internal static class LeaseRules
{
    private const int MaximumName = 128;

    public static void Check(string name, TimeSpan duration)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(name.Length, MaximumName, nameof(name));
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.FromMilliseconds(100));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(duration, TimeSpan.FromHours(1));
    }
}
