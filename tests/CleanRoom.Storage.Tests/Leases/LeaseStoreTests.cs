using CleanRoom.Storage.Leases;
using CleanRoom.Storage.Postgres;
using CleanRoom.Storage.Sqlite;
using CleanRoom.Storage.Tests.Contracts;
using CleanRoom.Storage.Tests.Postgres;

namespace CleanRoom.Storage.Tests.Leases;

public sealed class SqliteLeaseStoreTests : LeaseStoreContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SqliteLeaseStore _store;

    public SqliteLeaseStoreTests() => _store = SqliteLeaseStore.Open(new SqliteOptions { Folder = _folder.Path });

    protected override ILeaseStore Store => _store;

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }
}

public sealed class PostgresLeaseStoreTests(PostgresServer server) : LeaseStoreContract, IAsyncLifetime
{
    private PostgresLeaseStore? _store;

    protected override ILeaseStore Store => _store!;

    public async ValueTask InitializeAsync() => _store = PostgresLeaseStore.Open(await server.GetSchemaAsync());

    public ValueTask DisposeAsync()
    {
        _store?.Dispose();
        return ValueTask.CompletedTask;
    }
}
