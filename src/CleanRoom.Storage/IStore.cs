namespace CleanRoom.Storage;

/// <summary>What every store can be asked.</summary>
public interface IStore
{
    /// <summary>Opens and closes a write transaction, for health checks.</summary>
    /// <exception cref="StorageException">The store cannot be written at present.</exception>
    Task CheckAsync(CancellationToken cancellationToken);
}
