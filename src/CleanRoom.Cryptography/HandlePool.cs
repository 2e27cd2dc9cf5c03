namespace CleanRoom.Cryptography;

/// <summary>
/// Keeps one idle platform key, because those are not safe for concurrent use: a caller that finds it taken gets one of its own.
/// </summary>
internal sealed class HandlePool<T>(Func<T> create)
    where T : class, IDisposable
{
    private T? _idle;
    private volatile bool _closed;

    public T Rent()
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        return Interlocked.Exchange(ref _idle, null) ?? create();
    }

    public void Return(T handle)
    {
        if (_closed || Interlocked.CompareExchange(ref _idle, handle, null) is not null)
        {
            handle.Dispose();
            return;
        }

        if (_closed)
        {
            // Closed between the check and the exchange: nobody else will take it out again.
            Close();
        }
    }

    /// <summary>Disposes the idle key now and the others as they come back. A public key's pool is never closed: its handles finalise themselves.</summary>
    public void Close()
    {
        _closed = true;
        Interlocked.Exchange(ref _idle, null)?.Dispose();
    }
}
