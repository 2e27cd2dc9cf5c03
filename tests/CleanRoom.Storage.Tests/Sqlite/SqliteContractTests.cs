using CleanRoom.Storage.Batches;
using CleanRoom.Storage.Brokers;
using CleanRoom.Storage.Logs;
using CleanRoom.Storage.Slots;
using CleanRoom.Storage.Sqlite;
using CleanRoom.Storage.Tests.Contracts;

namespace CleanRoom.Storage.Tests.Sqlite;

public sealed class SqliteLogStoreTests : LogStoreContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SqliteIngestionStore _store;

    public SqliteLogStoreTests() => _store = SqliteIngestionStore.Open(new SqliteOptions { Folder = _folder.Path });

    protected override ILogStore Store => _store.Logs;

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }
}

public sealed class SqliteBatchStoreTests : BatchStoreContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SqliteIngestionStore _store;

    public SqliteBatchStoreTests() => _store = SqliteIngestionStore.Open(new SqliteOptions { Folder = _folder.Path });

    protected override ILogStore Logs => _store.Logs;

    protected override IBatchStore Store => _store.Batches;

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }
}

public sealed class SqliteSlotStoreTests : SlotStoreContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SqliteSlotStore _store;

    public SqliteSlotStoreTests() => _store = SqliteSlotStore.Open(new SqliteOptions { Folder = _folder.Path });

    protected override ISlotStore Store => _store;

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }
}

public sealed class SqliteBrokerStoreTests : BrokerStoreContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SqliteBrokerStore _store;

    public SqliteBrokerStoreTests() => _store = SqliteBrokerStore.Open(new SqliteOptions { Folder = _folder.Path });

    protected override IBrokerStore Store => _store;

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }
}
