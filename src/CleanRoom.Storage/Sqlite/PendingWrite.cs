namespace CleanRoom.Storage.Sqlite;

/// <summary>Work that waits for its write transaction.</summary>
internal abstract class PendingWrite
{
    /// <summary>Runs the work inside a transaction; its result is not told before the transaction is committed. It may run again.</summary>
    public abstract bool Run(SqliteSession session);

    /// <summary>Tells the result: the transaction is on the disk.</summary>
    public abstract void Complete();

    /// <summary>Tells that nothing of it was kept.</summary>
    public abstract void Fail(Exception exception);
}

/// <summary>Work with a result.</summary>
internal sealed class PendingWrite<T>(Func<SqliteSession, T> work) : PendingWrite
{
    private readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _value;

    /// <summary>Ends when the work is on the disk, or has failed.</summary>
    public Task<T> Result => _result.Task;

    public override bool Run(SqliteSession session)
    {
        _value = work(session);
        return true;
    }

    public override void Complete() => _result.SetResult(_value!);

    public override void Fail(Exception exception) => _result.SetException(exception);
}
