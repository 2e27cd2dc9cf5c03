using CleanRoom.Storage.Batches;
using CleanRoom.Storage.Logs;

namespace CleanRoom.Storage;

/// <summary>Logs and batches, which share their transactions.</summary>
public interface IIngestionStore : IDisposable
{
    /// <summary>The logs.</summary>
    ILogStore Logs { get; }

    /// <summary>The batches.</summary>
    IBatchStore Batches { get; }
}
